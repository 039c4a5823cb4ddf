"""Many processes push to one tag at once: nothing is lost, and who loses is told so."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import model
import pytest

from s3_registry import Bucket, BucketUnio
from unio_command import Unio, write_tree

NAME = "test/counter"
FULL = os.environ.get("UNIO_FULL") == "1"
WRITERS = 8
PUSHES = 25


def try_increment(unio: Unio, folder: Path, conflicts: list[str]) -> bool:
    """Adds one to the number in the package's file, unless somebody was faster."""
    unio.run("install", f"{NAME}:main", "--location", folder, "--force")
    number = int((folder / "count.txt").read_text())
    (folder / "count.txt").write_text(str(number + 1))
    process = unio.start("push", "-t", "main", "-m", f"{folder.name} {number + 1}", cwd=folder)
    _, err = process.communicate(timeout=120)
    if process.returncode == 0:
        return True
    assert process.returncode == 5, err
    conflicts.append(err)
    return False


@pytest.mark.parametrize("place", ["folder", "bucket", "versioned bucket"] if FULL else ["folder", "bucket"])
def test_eight_writers_lose_no_update(place: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    unio = Unio(home) if place == "folder" else BucketUnio(home, Bucket(versioned=place == "versioned bucket"))
    write_tree(tmp_path / "first", {"count.txt": b"0", "README.md": b"a counter"})
    unio.run("init", NAME, cwd=tmp_path / "first")
    unio.run("add", ".", cwd=tmp_path / "first")
    unio.run("push", "-t", "main", cwd=tmp_path / "first")

    # In a bucket a push takes longer, so that most of them lose: there each is made once.
    insist = place == "folder"
    conflicts: list[str] = []
    failures: list[BaseException] = []

    won: list[int] = []

    def write(number: int) -> None:
        try:
            for _ in range(PUSHES):
                while not (is_won := try_increment(unio, tmp_path / f"writer{number}", conflicts)) and insist:
                    pass
                won.append(is_won)
        except BaseException as error:  # handed to the test's own thread below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]

    found = model.check_registry(unio.registry, NAME)
    assert not insist or sum(won) == WRITERS * PUSHES
    assert int(found["main"].files["count.txt"]) == sum(won) >= PUSHES
    model.check_settled(unio.registry, NAME)
    # Every value was published by exactly one push that was told it had won.
    moves = list((unio.registry / ".unio/reflog" / NAME / "main").iterdir())
    assert len(moves) == sum(won) + 1
    for message in conflicts:
        assert len(set(re.findall(r"[0-9a-f]{64}", message))) >= 2, message
