"""Functions that workers call with entries, in a module that each of them can import."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from unio import Output, PackageEntry


def upper(entry: PackageEntry) -> bytes:
    return entry.get_bytes().upper()


class Noted:
    """Makes capitals of entries, and notes in a file which it was called with and where."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, entry: PackageEntry) -> bytes:
        with self.file.open("a") as notes:
            notes.write(f"{entry.logical_key}\t{os.getpid()}/{threading.get_ident()}\n")
        return upper(entry)

    def calls(self) -> list[str]:
        """The keys, in the order of the calls."""
        return [line.split("\t")[0] for line in self._lines()]

    def processes(self) -> set[str]:
        return {line.split("\t")[1].split("/")[0] for line in self._lines()}

    def _lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []


class Waiting(Noted):
    """Does not come back from one entry while there is no file `go`."""

    def __init__(self, file: Path, key: str) -> None:
        super().__init__(file)
        self.key = key

    def __call__(self, entry: PackageEntry) -> bytes:
        made = super().__call__(entry)
        while entry.logical_key == self.key and not self.file.with_name("go").exists():
            threading.Event().wait(0.01)
        return made


class FailsAtFirst(Noted):
    """Fails at the first calls with each entry."""

    def __init__(self, file: Path, times: int) -> None:
        super().__init__(file)
        self.times = times

    def __call__(self, entry: PackageEntry) -> bytes:
        made = super().__call__(entry)
        if self.calls().count(entry.logical_key) <= self.times:
            raise ValueError("not yet")
        return made


class DiesOnce(Noted):
    """Takes its whole process along, once."""

    def __call__(self, entry: PackageEntry) -> bytes:
        made = super().__call__(entry)
        try:
            os.close(os.open(self.file.with_name("died"), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return made
        os._exit(9)


class Stubborn(Exception):
    """One that no other process can read."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def stubborn(entry: PackageEntry) -> bytes:
    raise Stubborn("this", "that")


def parts(entry: PackageEntry) -> Iterator[Output]:
    """A file for each letter, each gone when the next one is asked for."""
    for letter in entry.get_bytes().decode():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "letter")
            path.write_text(letter)
            yield Output(f"{entry.logical_key}/{letter}", path, metadata={"of": entry.logical_key})
