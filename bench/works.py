"""The works that are measured with packages in folders. Each makes its data, measures, and gives a row for each bar.

Nothing large is removed before the end: ext4 does not give out the inodes of deleted files for minutes, and looks at
each of them whenever a file is made meanwhile, which then takes several times as long.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_scratch import Scratch, remove, say
from measure import CommandFailed, Sample, interleaved, median

MIB = 1 << 20
MEMORY = 256 * MIB  # what a command may use at its peak, if nothing else is said
PACKAGE = "bench/data"
# Long enough for a change to be told by its time from what was there before (docs/formats/index.md).
SETTLE_SECONDS = 1.1


@dataclass(frozen=True)
class Bar:
    """What must be reached: a limit on time relative to `other`, or on seconds when there is no other."""

    limit: float
    at_least: bool = False  # how many times as fast as the other, instead of how many times as long
    memory: int = MEMORY


@dataclass(frozen=True)
class Count:
    """Something beside time that must not be more than a limit: requests, bytes."""

    what: str
    value: float
    limit: float


@dataclass(frozen=True)
class Row:
    work: str
    unio: Sample
    bar: Bar | None  # None, and no counts: for information
    other_name: str = ""
    other: Sample | None = None
    note: str = ""
    counts: tuple[Count, ...] = ()

    def figure(self) -> float:
        """What is compared with the limit."""
        if self.other is None:
            return self.unio.wall
        at_least = self.bar is None or self.bar.at_least
        return self.other.wall / self.unio.wall if at_least else self.unio.wall / self.other.wall

    def met(self) -> bool | None:
        if self.bar is None and not self.counts:
            return None
        counted = all(count.value <= count.limit for count in self.counts)
        return counted and self.unio.peak <= self.memory_limit() and self.in_time()

    def in_time(self) -> bool:
        if self.bar is None:
            return True
        return self.figure() >= self.bar.limit if self.bar.at_least else self.figure() <= self.bar.limit

    def memory_limit(self) -> int:
        return self.bar.memory if self.bar else MEMORY


@dataclass(frozen=True)
class Sizes:
    hash_entries: int
    status_files: tuple[int, ...]
    push_files: int
    change_files: int
    bucket_files: int
    bucket_change_files: int
    bucket_large_bytes: int
    bucket_entries: int
    artifacts: int
    stored_artifacts: int
    repository_values: int
    repository_versions: int


FULL = Sizes(
    1_000_000, (100_000, 1_000_000), 100_000, 100_000, 5_000, 100_000, 4 << 30, 1_000_000, 1_000_000, 20_000, 2_000, 100_000
)
QUICK = Sizes(20_000, (5_000, 20_000), 2_000, 5_000, 500, 1_000, 64 << 20, 20_000, 20_000, 2_000, 200, 5_000)
# Small files that repeat: what counts for status is their number, and they need little space in the registry.
STATUS_FILE = (16, 64)
STATUS_CONTENTS = 1000
PUSHED_FILE = (4 << 10, 12 << 10)


def expect(sample: Sample, text: str) -> Sample:
    """Measuring the wrong thing would look like success."""
    if text not in sample.output:
        raise CommandFailed(f"expected a line with '{text}', got:\n{sample.output[-1000:]}")
    return sample


def measure_hash(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    for order in ("ordered", "shuffled"):
        manifest = scratch.make_manifest(sizes.hash_entries, order)
        say(f"top hash, {order}")
        samples = interleaved(
            runs,
            {
                "unio": lambda _: scratch.run_unio("hash", manifest),
                "quilt3": lambda _: scratch.run_python("quilt3_hash.py", manifest),
            },
        )
        ours, theirs = median(samples["unio"]), median(samples["quilt3"])
        answer = json.loads(theirs.output)
        expect(ours, answer["top_hash"])
        note = f"quilt3 without its start {answer['seconds']:.2f} s, {theirs.peak / MIB:.0f} MiB"
        work = f"top hash of {sizes.hash_entries:,} entries, {order}"
        yield Row(work, ours, Bar(20, at_least=True, memory=200 * MIB), "quilt3", theirs, note)


def settle(scratch: Scratch, workspace: Path) -> None:
    """Leaves the workspace as it is when nobody has written to it for a while."""
    time.sleep(SETTLE_SECONDS)
    scratch.run_unio("status", workspace)


def unchanged_status(scratch: Scratch, workspace: Path) -> Sample:
    return expect(scratch.run_unio("status", workspace), "No files have been changed")


def measure_status(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    for files in sizes.status_files:
        tree = scratch.make_tree(f"status-{files}", files, STATUS_FILE, STATUS_CONTENTS)
        say("pushing them")
        scratch.start_package(tree, PACKAGE, scratch.new_folder("registry"))
        scratch.run_unio("push", cwd=tree)
        settle(scratch, tree)
        say("status")
        samples = interleaved(
            runs,
            {
                "unio": lambda _: unchanged_status(scratch, tree),
                "walk": lambda _: scratch.run_program("bench_walk", tree),
            },
        )
        work = f"status of {files:,} files, nothing changed"
        yield Row(work, median(samples["unio"]), Bar(1.5), "walk and stat", median(samples["walk"]))


def flush() -> None:
    """Before what flushes: what others left to be written is not for it to wait for."""
    os.sync()


def push_afresh(scratch: Scratch, tree: Path) -> Sample:
    remove(tree / ".unio")
    scratch.start_package(tree, PACKAGE, scratch.new_folder("registry"))
    flush()
    return expect(scratch.run_unio("push", cwd=tree), "Tophash: ")


def copy_afresh(scratch: Scratch, tree: Path, threads: int) -> Sample:
    flush()
    return scratch.run_program("bench_copy", tree, scratch.new_folder("copy"), threads)


def measure_push(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    tree = scratch.make_tree("push", sizes.push_files, PUSHED_FILE, sizes.push_files)
    threads = len(os.sched_getaffinity(0))
    say("push")
    samples = interleaved(
        runs,
        {
            "unio": lambda _: push_afresh(scratch, tree),
            "copy": lambda _: copy_afresh(scratch, tree, threads),
        },
    )
    ours = median(samples["unio"])
    work = f"push of {sizes.push_files:,} files of 4 to 12 KiB"
    yield Row(work, ours, Bar(1.3), "hash and write", median(samples["copy"]), f"{threads} threads each")
    say("the same with quilt3")
    remove(tree / ".unio")
    flush()
    theirs = scratch.run_python("quilt3_push.py", tree, scratch.new_folder("quilt3"), PACKAGE)
    note = f"quilt3 once: hash, copy and build, not flushed; {theirs.peak / MIB:.0f} MiB"
    yield Row("the same beside quilt3", ours, None, "quilt3", theirs, note)


def change_and_push(scratch: Scratch, workspace: Path, run: int) -> Sample:
    key = f"part-00000/file-{7 * run:08}.bin"
    (workspace / key).write_bytes(f"changed in run {run}".encode())
    flush()
    status = expect(scratch.run_unio("status", workspace), key)
    return status + expect(scratch.run_unio("push", cwd=workspace), "Tophash: ")


def measure_change(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    tree = scratch.make_tree("change", sizes.change_files, STATUS_FILE, STATUS_CONTENTS)
    workspace, registry = scratch.new_folder("installed"), scratch.new_folder("registry")
    say("pushing and installing them")
    scratch.start_package(tree, PACKAGE, registry)
    scratch.run_unio("push", cwd=tree)
    scratch.run_unio("install", PACKAGE, "--location", workspace, "--registry", registry)
    settle(scratch, workspace)
    say("status and push after a change")
    samples = interleaved(
        runs,
        {
            "unio": lambda run: change_and_push(scratch, workspace, run),
            "walk": lambda _: scratch.run_program("bench_walk", workspace),
        },
    )
    ours = median(samples["unio"])
    note = "{:.3f} s + {:.3f} s".format(*ours.parts)
    work = f"status + push, one of {sizes.change_files:,} installed files changed"
    yield Row(work, ours, Bar(3), "walk and stat", median(samples["walk"]), note)


def measure_start(scratch: Scratch, _: Sizes, runs: int) -> Iterator[Row]:
    say("start")
    samples = interleaved(7 * runs, {"unio": lambda _: scratch.run_unio("--version")})
    yield Row("unio --version", median(samples["unio"]), Bar(0.010))


Work = Callable[[Scratch, Sizes, int], Iterator[Row]]
FOLDER_WORKS: dict[str, Work] = {
    "push": measure_push,
    "change": measure_change,
    "status": measure_status,
    "hash": measure_hash,
    "start": measure_start,
}
