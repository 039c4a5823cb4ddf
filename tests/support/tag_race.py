"""Many processes push to one tag at once, each adding one to a number that the package holds."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import model

from unio_command import Unio, write_tree

NAME = "test/counter"


def try_increment(unio: Unio, folder: Path, conflicts: list[str]) -> bool:
    """Adds one to the number in the package's file, unless somebody was faster."""
    unio.run("install", f"{NAME}:main", "--location", folder, "--force", timeout=600)
    number = int((folder / "count.txt").read_text())
    (folder / "count.txt").write_text(str(number + 1))
    process = unio.start("push", "-t", "main", "-m", f"{folder.name} {number + 1}", cwd=folder)
    _, err = process.communicate(timeout=600)
    if process.returncode == 0:
        return True
    assert process.returncode == 5, err
    conflicts.append(err)
    return False


def race(unio: Unio, folder: Path, writers: int, pushes: int, insist: bool) -> tuple[int, list[str]]:
    """How many pushes won, and what the others were told. Who insists pushes again until it has won."""
    write_tree(folder / "first", {"count.txt": b"0", "README.md": b"a counter"})
    unio.run("init", NAME, cwd=folder / "first")
    unio.run("add", ".", cwd=folder / "first")
    unio.run("push", "-t", "main", cwd=folder / "first")
    won: list[bool] = []
    conflicts: list[str] = []
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(pushes):
                while not (is_won := try_increment(unio, folder / f"writer{number}", conflicts)) and insist:
                    pass
                won.append(is_won)
        except BaseException as error:  # handed to the test's own thread below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return sum(won), conflicts


def check_race(unio: Unio, won: int, conflicts: list[str]) -> None:
    """Every value was published by exactly one push that was told it had won, and who lost was told to what."""
    found = model.check_registry(unio.registry, NAME)
    assert int(found["main"].files["count.txt"]) == won
    model.check_settled(unio.registry, NAME)
    moves = model.files_in(unio.registry / ".unio/reflog" / NAME / "main")
    assert len(moves) == won + 1
    for message in conflicts:
        assert len(set(re.findall(r"[0-9a-f]{64}", message))) >= 2, message
