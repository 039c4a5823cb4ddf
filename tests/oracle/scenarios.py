"""The operations that the oracle kills: how to get ready, what to run, and what must hold afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import model
from s3_registry import Bucket, BucketUnio
from unio_command import Unio, write_tree

NAME = "test/package"
FIRST = {"README.md": b"# first\n", "a.txt": b"one", "dir/b.txt": b"two", "dir/c.bin": bytes(70_000), "same.txt": b"same"}
SECOND = FIRST | {"a.txt": b"changed", "dir/d.txt": b"new"}

SAVED = ["train.txt", "sub/test.txt", "twin.txt", "large.bin"]


@dataclass(frozen=True)
class Scenario:
    """`prepare` makes the state before; `command` is killed and then run again; `check` says what must hold."""

    name: str
    prepare: Callable[[Unio, Path], None]
    command: Callable[[Path], list[str]]
    check: Callable[[Unio, Path], None]


def source(work: Path) -> Path:
    return work / "source"


def target(work: Path) -> Path:
    return work / "target"


def prepare_first(unio: Unio, work: Path) -> None:
    write_tree(source(work), FIRST)
    unio.run("init", NAME, cwd=source(work))
    unio.run("add", ".", cwd=source(work))


def prepare_second(unio: Unio, work: Path) -> None:
    prepare_first(unio, work)
    unio.run("push", "-t", "v1", "-m", "first", cwd=source(work))
    write_tree(source(work), SECOND)


def prepare_both(unio: Unio, work: Path) -> None:
    prepare_second(unio, work)
    unio.run("push", "-t", "v2", "-m", "second", cwd=source(work))


def prepare_installed(unio: Unio, work: Path) -> None:
    prepare_both(unio, work)
    unio.run("install", f"{NAME}:v1", "--location", target(work))


def prepare_damaged(unio: Unio, work: Path) -> None:
    prepare_installed(unio, work)
    (target(work) / "a.txt").write_bytes(b"damaged")
    (target(work) / "same.txt").unlink()
    (target(work) / "extra.txt").write_bytes(b"mine")


def check_pushed_first(unio: Unio, work: Path) -> None:
    found = model.check_registry(unio.registry, NAME)
    assert found["latest"].files == FIRST
    assert found["v1"].files == FIRST


def check_pushed_second(unio: Unio, work: Path) -> None:
    found = model.check_registry(unio.registry, NAME)
    assert found["latest"].files == SECOND
    assert found["v2"].files == SECOND
    assert found["v1"].files == FIRST
    assert sum(name.isdigit() for name in found) >= 2


def check_installed(expected: dict[str, bytes]) -> Callable[[Unio, Path], None]:
    def check(unio: Unio, work: Path) -> None:
        assert model.files_below(target(work)) == expected
        unio.run("verify", target(work))

    return check


def check_synced(unio: Unio, work: Path) -> None:
    check_installed(FIRST)(unio, work)
    trashed = [p.read_bytes() for p in (target(work) / ".unio/trash").rglob("*") if p.is_file()]
    assert b"damaged" in trashed and b"mine" in trashed, "what sync took away is not in the trash"


def check_tagged(unio: Unio, work: Path) -> None:
    found = model.check_registry(unio.registry, NAME)
    assert found["stable"].files == FIRST
    assert len(list((unio.registry / ".unio/reflog" / NAME / "stable").iterdir())) == 1


def check_rolled_back(unio: Unio, work: Path) -> None:
    assert model.check_registry(unio.registry, NAME)["latest"].files == FIRST


def prepare_save(unio: Unio, work: Path) -> None:
    """One artifact stands; the next one has a file in common with it."""
    write_tree(source(work), {"train.txt": b"train", "sub/test.txt": b"test", "twin.txt": b"test", "large.bin": bytes(9 << 20)})
    unio.run("save", source(work) / "train.txt", cwd=work)


def check_saved(unio: Unio, work: Path) -> None:
    """The run after the kill has saved one; the killed one is whole and found as well, or absent."""
    saved = model.check_artifacts(unio.registry)
    whole = [files for files in saved.values() if files == set(SAVED)]
    assert len(saved) - len(whole) == 1, "the first artifact is gone, or one is in pieces"
    assert 1 <= len(whole) <= 2
    for artifact_id in saved:
        unio.run("get", artifact_id, "-o", work / "got" / artifact_id)
        assert (work / "got" / artifact_id / "train.txt").read_bytes() == b"train"


SCENARIOS = [
    Scenario("first push", prepare_first, lambda w: ["push", "-t", "v1", "-m", "first"], check_pushed_first),
    Scenario("second push", prepare_second, lambda w: ["push", "-t", "v2", "-m", "second"], check_pushed_second),
    Scenario("install", prepare_both, lambda w: ["install", f"{NAME}:v1", "--location", str(target(w))], check_installed(FIRST)),
    Scenario("update", prepare_installed, lambda w: ["install", f"{NAME}:v2", "--location", str(target(w))], check_installed(SECOND)),
    Scenario("sync", prepare_damaged, lambda w: ["sync", str(target(w))], check_synced),
    Scenario("tag", prepare_both, lambda w: ["tag", f"{NAME}:v1", "stable"], check_tagged),
    Scenario("rollback", prepare_both, lambda w: ["rollback", f"{NAME}:v1"], check_rolled_back),
    Scenario("save", prepare_save, lambda w: ["save", *(str(source(w) / name) for name in SAVED)], check_saved),
]


def folder_of(scenario: Scenario, work: Path) -> Path:
    """Where the command is run: pushes in the workspace, the rest anywhere."""
    return source(work) if scenario.command(work)[0] == "push" else work


class Prepared:
    """The state before a scenario, made once and copied for every point at which it is killed."""

    def __init__(self, scenario: Scenario, base: Path, bucket: Bucket | None = None) -> None:
        self.scenario = scenario
        self.base = base
        self.live = base / "live"
        self.work = self.live / "work"
        self.work.mkdir(parents=True)
        self.unio = BucketUnio(self.live / "home", bucket) if bucket else Unio(self.live / "home")
        scenario.prepare(self.unio, self.work)
        #: What a run changes, and the copies of it. Of a bucket it is where the server keeps it.
        self.saved = {self.live: base / "saved"}
        if bucket:
            self.saved[bucket.folder] = base / "saved bucket"
        for place, copy in self.saved.items():
            shutil.copytree(place, copy, symlinks=True)

    def reset(self) -> None:
        """Puts the state back under the same paths, since manifests hold absolute ones."""
        for place, copy in self.saved.items():
            for below in place.iterdir():
                shutil.rmtree(below)
            shutil.copytree(copy, place, symlinks=True, dirs_exist_ok=True)
