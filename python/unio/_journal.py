"""What a long run has done so far, in a local file, so that the same run can go on after it was interrupted."""

from __future__ import annotations

import fcntl
import functools
import inspect
import json
import marshal
import os
import pickle
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from unio._errors import PreconditionError

#: A run that nobody went on with for so long is given up.
_KEPT_SECONDS = 30 * 24 * 3600


class Journal:
    """One JSON line for each piece of work that was finished, after a line that says what the work is.

    A run that is killed while it writes leaves a torn line, which is dropped. The lines need not survive the machine:
    what is lost is done again. Only one process at a time has a journal open.

    Args:
        path: the file; None for one that nobody can go on with.
        identity: what the work is: another one must not go on with this journal.

    Raises:
        PreconditionError: another process has it open, or it is that of other work.
    """

    def __init__(self, path: Path | None, identity: str) -> None:
        self._path = path
        self._file = _open_unnamed() if path is None else _open_alone(path)
        try:
            self._begin((json.dumps({"format": 1, "work": identity}) + "\n").encode())
        except BaseException:
            self._file.close()
            raise

    def _begin(self, header: bytes) -> None:
        found = self._file.readline()
        if not found.endswith(b"\n"):
            self._file.seek(0)
            self._file.truncate()
            self._file.write(header)
            self._file.flush()
        elif found != header:
            raise PreconditionError(
                f"'{self._path}' is the journal of something else", "name another file, or remove this one"
            )
        self._first = len(header)

    def lines(self) -> Iterator[Any]:
        """Everything that was appended, by this run or those before it."""
        begin = self._first
        while True:
            self._file.seek(begin)
            line = self._file.readline()
            if not line.endswith(b"\n"):
                self._file.seek(begin)
                self._file.truncate()
                return
            yield json.loads(line)
            begin += len(line)

    def append(self, value: Any) -> None:
        """Adds a line."""
        self._file.seek(0, os.SEEK_END)
        self._file.write((json.dumps(value) + "\n").encode())
        self._file.flush()

    def remove(self) -> None:
        """The work is done: nobody needs it any more."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _open_unnamed() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _open_alone(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        # A lock of this process alone: children that outlive it do not keep it.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise PreconditionError(f"another process is at this work: it has '{path}' open", "wait for it") from error
    return file


def folder() -> Path:
    """Where journals are, by the XDG base directory specification's rule for state; old ones are removed."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    journals = Path(base) / "unio" / "transforms"
    for path in journals.glob("*.jsonl"):
        if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
            path.unlink(missing_ok=True)
    return journals


def function_identity(fn: Any) -> list[str]:
    """Where a function comes from, how it is written, and what values it holds."""
    code = fn
    while isinstance(code, functools.partial):
        code = code.func
    if not hasattr(code, "__code__"):
        code = code if inspect.isbuiltin(code) else type(code)
    try:
        text = inspect.getsource(code)
    except (OSError, TypeError):
        text = marshal.dumps(code.__code__).hex() if hasattr(code, "__code__") else ""
    return [code.__module__ or "", code.__qualname__, text, _state_of(fn)]


def _state_of(fn: Any) -> str:
    """The arguments of a partial function, the object of a method, what is around a local function."""
    try:
        defaults = pickle.dumps((getattr(fn, "__defaults__", None), getattr(fn, "__kwdefaults__", None)))
        if inspect.isfunction(fn):
            cells = fn.__closure__ or ()
            return (defaults + pickle.dumps([cell.cell_contents for cell in cells])).hex()
        return (defaults + pickle.dumps(fn)).hex()
    except Exception:
        return os.urandom(16).hex()  # it cannot be told, so no other run is taken for the same
