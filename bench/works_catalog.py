"""The works of artifacts and of the catalogue: saving, finding, and building the index anew.

The corpus is made from a seed (artifact_corpus.hpp): five files and six labels an artifact, and 50 environments of 150
packages. A catalogue is filled and asked by a program that uses the engine's classes as commands do, without the start
of a command for each question.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from bench_scratch import ROOT, Scratch, say
from measure import Sample, interleaved, median
from s3_commands import operations, url
from s3_server import ScriptServer
from works import Bar, Count, Row, Sizes, Work, expect, flush
from works_python import AT_ONCE

#: How often each question is asked.
TIMES = 200
#: How often the whole table is gone through.
SCANS = 3
#: What must be answered within 20 ms; the others within 50.
QUICKLY = {"seed", "label", "common label", "range", "wide range", "lineage", "based on", "package"}
SAVED_FILES, REPOSITORY_FILES = 10, 10_000
SAVE_SECONDS, CAPTURE_SECONDS = 0.060, 0.025
BYTES_AN_ARTIFACT = 2560
BESIDE_SCAN, BESIDE_YAML, BESIDE_GETS = Bar(50, at_least=True), Bar(4, at_least=True), Bar(0.6, at_least=True)


def milliseconds(value: float, sample: Sample) -> Sample:
    return Sample(value / 1000, value / 1000, sample.peak)


def answers(sample: Sample) -> dict[str, dict]:
    return {answer["question"]: answer for answer in map(json.loads, sample.output.splitlines())}


def ask(scratch: Scratch, catalogue: object, count: int, runs: int) -> list[Sample]:
    say("asking it")
    return [scratch.run_program("bench_catalog", "ask", catalogue, count, TIMES) for _ in range(runs)]


def middle_answer(asked: list[Sample], question: str) -> dict:
    """What is known of a question from the run in which its p95 is the median of all runs."""
    told = sorted((answers(run)[question] for run in asked), key=lambda answer: answer["p95"])
    return told[(len(told) - 1) // 2]


def rows_of_questions(where: str, asked: list[Sample], counts: tuple[Count, ...]) -> Iterator[Row]:
    for name in answers(asked[0]):
        answer = middle_answer(asked, name)
        bar = Bar(0.020 if name in QUICKLY else 0.050)
        note = f"p95; median {answer['p50']:.1f} ms; {answer['found']} found"
        sample = milliseconds(answer["p95"], median(asked))
        yield Row(f"find in {where}: {name}", sample, bar, note=note, counts=counts)
        counts = ()


def measure_sqlite(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    count = sizes.artifacts
    file, plain = scratch.new_folder("catalogue.sqlite"), scratch.new_folder("plain.sqlite")
    say(f"filling a catalogue with {count:,} artifacts")
    filled = scratch.run_program("bench_catalog", "fill", file, count)
    yield Row(f"filling a catalogue with {count:,} artifacts", filled, None)
    flush()
    asked = ask(scratch, file, count, runs)
    size = Count("bytes an artifact", file.stat().st_size / count, BYTES_AN_ARTIFACT)
    yield from rows_of_questions(f"{count:,}", asked, (size,))
    say("going through a plain table")
    scanned = scratch.run_program("bench_catalog", "scan", plain, count, SCANS)
    ours = milliseconds(middle_answer(asked, "range")["p95"], median(asked))
    theirs = milliseconds(answers(scanned)["range"]["p50"], scanned)
    yield Row("the range by json_extract", ours, BESIDE_SCAN, "a plain table", theirs, "packages left out of it")


class Postgres(ScriptServer):
    """It does not wait for the disk."""

    def __init__(self, place: Path) -> None:
        say("starting a PostgreSQL server")
        super().__init__("with-postgres", "UNIO_TEST_POSTGRES", place)
        self.url = f"{self.variables['UNIO_TEST_POSTGRES'].rstrip('/')}/postgres"

    def run(self, statement: str) -> str:
        psql = f"source '{ROOT}/scripts/common.sh'; exec \"$(postgres_programs)/psql\" \"$@\""
        words = ["bash", "-c", psql, "psql", "-At", "-d", self.url, "-c", statement]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def size(self) -> int:
        """Of the database, in bytes."""
        return int(self.run("SELECT pg_database_size('postgres')"))

    def settle(self) -> None:
        """What filling left to be written is not for a question to wait for."""
        self.run("CHECKPOINT")
        flush()


def measure_postgres(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    count = sizes.artifacts
    with Postgres(scratch.folder.parent) as server:
        say(f"filling a catalogue on it with {count:,} artifacts")
        empty = server.size()
        filled = scratch.run_program("bench_catalog", "fill", server.url, count)
        size = (server.size() - empty) / count
        note = f"{size:,.0f} bytes an artifact; the server does not wait for the disk"
        yield Row(f"filling a catalogue on PostgreSQL with {count:,}", filled, None, note=note)
        server.settle()
        yield from rows_of_questions("PostgreSQL", ask(scratch, server.url, count, runs), ())


class Project:
    """A git checkout of many files, in which ten are saved with all that is captured."""

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        self.folder = scratch.make_tree("project", REPOSITORY_FILES, (16, 64), REPOSITORY_FILES)
        self.registry = scratch.new_folder("registry")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "all")
        (self.folder / "part-00000/file-00000000.bin").write_text("changed\n")
        self.files = [f"result-{i}.txt" for i in range(SAVED_FILES)]

    def git(self, *words: str) -> None:
        user = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
        subprocess.run(["git", *user, *words], cwd=self.folder, check=True, env=self.scratch.environment)

    def save(self, number: str, capture: str) -> Sample:
        for name in self.files:
            (self.folder / name).write_text(f"{name} {number}\n" * 100)
        flush()
        # The environment of this Python, as if it were active.
        env = {"VIRTUAL_ENV": str(self.scratch.python.parents[1])}
        words = ("--registry", self.registry.as_uri(), "--capture", capture, "--label", "project=bench")
        return self.scratch.run_unio("save", *self.files, *words, cwd=self.folder, env=env)


def measure_save(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    project = Project(scratch)
    say("saving artifacts")
    project.save("first", "safe")
    # A few milliseconds want more than a few runs.
    samples = interleaved(
        10 * runs,
        {
            "safe": lambda run: project.save(f"{run} safe", "safe"),
            "off": lambda run: project.save(f"{run} off", "off"),
        },
    )
    safe, off = median(samples["safe"]), median(samples["off"])
    work = f"`save` of {SAVED_FILES} files in a checkout of {REPOSITORY_FILES:,}"
    count = Count("ms for capturing", 1000 * (safe.wall - off.wall), 1000 * CAPTURE_SECONDS)
    yield Row(work, safe, Bar(SAVE_SECONDS), note=f"without capturing {off.wall * 1000:.0f} ms", counts=(count,))


def measure_reindex(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    count, store = sizes.stored_artifacts, scratch.new_folder("store")
    say(f"making a store of {count:,} artifacts")
    scratch.run_program("bench_data", "artifacts", store, count)
    said = f"Indexed {count:,} publications"

    def reindex(registry: str) -> Callable[[int], Sample]:
        return lambda _: expect(scratch.run_unio("reindex", "--registry", registry), said)

    say("reindexing it")
    yaml = {"unio": reindex(store.as_uri()), "yaml": lambda _: scratch.run_program("bench_yaml", store)}
    samples = interleaved(runs, yaml)
    work = f"`reindex` of {count:,} artifacts"
    yield Row(f"{work} in a folder", median(samples["unio"]), BESIDE_YAML, "yaml-cpp parse", median(samples["yaml"]))
    bucket = scratch.new_bucket("reindex")
    shutil.copytree(store, scratch.bucket_folder(bucket), dirs_exist_ok=True)
    scratch.run_program("bench_s3", "put", f"{bucket}/bare", store)
    say("reindexing it in a bucket")
    gets = ("read", f"{bucket}/bare", store, AT_ONCE)
    samples = interleaved(
        runs,
        {"unio": reindex(url(bucket)), "bare": lambda _: scratch.run_program("bench_s3", *gets)},
    )
    yield Row(f"{work} in a bucket", median(samples["unio"]), BESIDE_GETS, "bare GETs", median(samples["bare"]))
    again = ("find", "by:user1", "--registry", url(bucket))
    scratch.run_unio(*again)
    requests = scratch.server.count_requests(lambda env: scratch.run_unio(*again, env=env))
    counts = (Count("requests", len(requests), 2),)
    yield Row("`find` there, nothing new", scratch.run_unio(*again), None, note=operations(requests), counts=counts)


CATALOG_WORKS: dict[str, Work] = {
    "catalog-sqlite": measure_sqlite,
    "catalog-postgres": measure_postgres,
    "artifact-save": measure_save,
    "catalog-reindex": measure_reindex,
}
