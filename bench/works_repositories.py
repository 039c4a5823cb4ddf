"""The works of repositories, beside lazyscribe and beside Python's json on the same index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench_scratch import Scratch, say
from measure import Sample, interleaved, median
from works import MIB, Bar, Row, Sizes, Work, flush
from works_python import timed

#: Behind most versions, and before some.
WHEN = "2020-02-01"
SAVE_BESIDE_LAZYSCRIBE = Bar(10, at_least=True)
OPEN_BESIDE_JSON = Bar(1.5, memory=200 * MIB)
APPEND_BESIDE_JSON = Bar(2, memory=300 * MIB)


def run(scratch: Scratch, *words: str | int | Path) -> Sample:
    flush()
    env = {"UNIO_CACHE_DIR": str(scratch.new_folder("cache"))}
    return timed(scratch.run_python("python_repository.py", *map(str, words), env=env))


def make_index(scratch: Scratch, versions: int, name: str) -> Path:
    path = scratch.new_folder(name) / "repository.json"
    scratch.run_python("python_repository.py", "make", str(versions), path)
    return path


def measure_save(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    say(f"saving {sizes.repository_values:,} small values")
    samples = interleaved(
        runs,
        {
            library: lambda _, library=library: run(
                scratch, library, "save", sizes.repository_values, scratch.new_folder("repository")
            )
            for library in ("unio.lazyscribe", "lazyscribe")
        },
    )
    ours, theirs = (median(of_one) for of_one in samples.values())
    work = f"logging and saving {sizes.repository_values:,} small values"
    yield Row(work, ours, SAVE_BESIDE_LAZYSCRIBE, "lazyscribe", theirs, f"lazyscribe {theirs.peak / MIB:.0f} MiB")


def measure_open(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    index = make_index(scratch, sizes.repository_versions, "repository-open")
    say("opening it, and loading one as of a date")
    samples = interleaved(
        runs, {who: lambda _, who=who: run(scratch, who, "open", index, WHEN) for who in ("unio", "json")}
    )
    ours, theirs = (median(of_one) for of_one in samples.values())
    work = f"opening a repository of {sizes.repository_versions:,} versions, loading one as of a date"
    yield Row(work, ours, OPEN_BESIDE_JSON, "json.load", theirs, f"json {theirs.peak / MIB:.0f} MiB")


def measure_append(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    indexes = {who: make_index(scratch, sizes.repository_versions, f"append-{who}") for who in ("unio", "json")}
    say("appending one version")
    samples = interleaved(
        runs, {who: lambda _, who=who: run(scratch, who, "append", indexes[who]) for who in indexes}
    )
    ours, theirs = (median(of_one) for of_one in samples.values())
    work = f"appending one version to {sizes.repository_versions:,}"
    yield Row(work, ours, APPEND_BESIDE_JSON, "json.load and dump", theirs, f"json {theirs.peak / MIB:.0f} MiB")


REPOSITORY_WORKS: dict[str, Work] = {
    "repository-save": measure_save,
    "repository-open": measure_open,
    "repository-append": measure_append,
}
