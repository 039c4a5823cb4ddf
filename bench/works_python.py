"""The works of the Python package, beside quilt3 and beside loops that do nothing but fetch or read.

Each runs in a process of its own, which times the work without the start of the interpreter; the peak of memory is that
of the whole process. Caches are new, where the work is not to read from one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from bench_scratch import Scratch, remove, say
from measure import CommandFailed, Environment, Sample, interleaved, median
from s3_commands import fresh_quilt3, operations, push_unio, url
from works import MIB, PACKAGE, PUSHED_FILE, Bar, Count, Row, Sizes, Work, flush
from works_s3 import ELSEWHERE, Samples, add_by_hand, publish_by_hand, push_pointers

#: So many random entries are looked up in a large package.
CHOSEN = 1000
#: So many entries are read by quilt3 as it is, which takes long.
UNAIDED = 100
#: bench_s3 has so many requests on their way, as unio has.
AT_ONCE = 192
EACH_BESIDE_QUILT3, TOGETHER_BESIDE_QUILT3 = Bar(5, at_least=True), Bar(15, at_least=True)
EACH_BESIDE_BARE, TOGETHER_BESIDE_BARE = Bar(0.8, at_least=True), Bar(0.6, at_least=True)
CACHED_BESIDE_FILES = Bar(0.5, at_least=True)
OPEN_BESIDE_QUILT3 = Bar(10, at_least=True, memory=400 * MIB)


def timed(sample: Sample) -> Sample:
    """With the times that the program took itself, in place of those of all that it did."""
    answer = json.loads(sample.output)
    return replace(sample, wall=answer["seconds"], cpu=answer["cpu_seconds"])


def same_answers(samples: Samples) -> Samples:
    """Reading something else, or less, would look like success."""
    answers = [json.loads(sample.output) for of_one in samples.values() for sample in of_one]
    if len({(answer["entries"], answer["bytes"]) for answer in answers}) != 1:
        raise CommandFailed(f"not all have read the same entries and bytes: {answers}")
    return samples


def fresh_cache(scratch: Scratch) -> dict[str, str]:
    return {"UNIO_CACHE_DIR": str(scratch.new_folder("cache"))}


def run_unio(scratch: Scratch, env: Environment, *words: str | int) -> Sample:
    flush()
    return timed(scratch.run_python("python_unio.py", *map(str, words), env=env))


def run_quilt3(scratch: Scratch, *words: str | int) -> Sample:
    flush()
    return timed(scratch.run_python("python_quilt3.py", *map(str, words), env=fresh_quilt3(scratch)))


class Reads:
    """One package in a bucket whose entries are all read, in one way or another."""

    def __init__(self, scratch: Scratch, entries: int, runs: int) -> None:
        self.scratch = scratch
        self.tree = scratch.make_tree("python-files", entries, PUSHED_FILE, entries)
        self.bucket = scratch.new_bucket("python")
        self.caches = [{how: fresh_cache(scratch) for how in ("each", "many", "dataset")} for _ in range(runs)]
        say("pushing them")
        scratch.run_program("bench_s3", "put", f"{self.bucket}/bare", self.tree)
        push_unio(scratch, self.tree, self.bucket)
        remove(self.tree / ".unio")

    def unio(self, how: str) -> Callable[[int], Sample]:
        """Fills the run's cache for this way; what is called again reads from it."""
        return lambda run: run_unio(self.scratch, self.caches[run][how], how, PACKAGE, url(self.bucket))

    def quilt3(self, _: int) -> Sample:
        return run_quilt3(self.scratch, "each", PACKAGE, url(self.bucket))

    def quilt3_unaided(self) -> Sample:
        return run_quilt3(self.scratch, "some", PACKAGE, url(self.bucket), UNAIDED)

    def bare(self, at_once: int) -> Callable[[int], Sample]:
        words = ("read", f"{self.bucket}/bare", self.tree, at_once)
        return lambda _: timed(self.scratch.run_program("bench_s3", *words))

    def files(self, _: int) -> Sample:
        return timed(self.scratch.run_python("python_files.py", self.tree))


def rates(entries: int, ours: Sample, other: Sample) -> str:
    return "{:,.0f} and {:,.0f} entries/s".format(*(entries / each.wall for each in (ours, other)))


def measure_reads(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    entries = sizes.bucket_files
    reads = Reads(scratch, entries, runs)
    say("reading entries from a bucket in Python, and again from the cache")
    samples = interleaved(
        runs,
        {
            "quilt3": reads.quilt3,
            "bare GETs, one by one": reads.bare(1),
            "bare GETs": reads.bare(AT_ONCE),
            "each": reads.unio("each"),
            "many": reads.unio("many"),
            "dataset": reads.unio("dataset"),
            "each cached": reads.unio("each"),
            "many cached": reads.unio("many"),
            "dataset cached": reads.unio("dataset"),
            "plain files": reads.files,
        },
    )
    medians = {name: median(of_one) for name, of_one in same_answers(samples).items()}
    opened = [json.loads(medians[name].output)["open_seconds"] for name in ("each", "quilt3")]
    before = "opened before in {:.2f} and {:.2f} s".format(*opened)
    aid = f"quilt3 with one boto3 session for all; without, {UNAIDED / reads.quilt3_unaided().wall:.0f} entries/s, once"

    def row(work: str, how: str, bar: Bar | None, other: str, *notes: str) -> Row:
        said = (rates(entries, medians[how], medians[other]), *notes)
        return Row(work, medians[how], bar, other, medians[other], "; ".join(said))

    yield row(f"`get_bytes` of {entries:,} entries in a bucket", "each", EACH_BESIDE_QUILT3, "quilt3", before, aid)
    yield row("the same beside bare", "each", EACH_BESIDE_BARE, "bare GETs, one by one")
    for work, how in (("`get_many` of them", "many"), ("`IterDataset` of them", "dataset")):
        yield row(work, how, TOGETHER_BESIDE_QUILT3, "quilt3")
        yield row("the same beside bare", how, TOGETHER_BESIDE_BARE, "bare GETs")
    yield row("`get_bytes` of them, cached", "each cached", CACHED_BESIDE_FILES, "plain files")
    yield row("`get_many` of them, cached", "many cached", None, "plain files")
    yield row("`IterDataset` of them, cached", "dataset cached", None, "plain files")


def open_beside_quilt3(scratch: Scratch, place: str, registry: str, entries: int, runs: int) -> Row:
    say(f"opening them in Python, {place}")
    words = ("open", PACKAGE, registry, entries, CHOSEN)
    samples = interleaved(
        runs,
        {
            "unio": lambda _: run_unio(scratch, fresh_cache(scratch), *words),
            "quilt3": lambda _: run_quilt3(scratch, *words),
        },
    )
    ours, theirs = (median(of_one) for of_one in same_answers(samples).values())
    work = f"opening {entries:,} entries in a {place}, all keys, `get_entry` of {CHOSEN:,}"
    return Row(work, ours, OPEN_BESIDE_QUILT3, "quilt3", theirs, f"quilt3 {theirs.peak / MIB:.0f} MiB")


def measure_open(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    entries = sizes.bucket_entries
    manifest = scratch.make_manifest(entries, "ordered", ELSEWHERE)
    yield open_beside_quilt3(scratch, "folder", publish_by_hand(scratch, manifest).as_uri(), entries, runs)
    bucket = scratch.new_bucket("open")
    say("publishing them there")
    push_pointers(scratch, add_by_hand(scratch, manifest, bucket)[0])
    yield open_beside_quilt3(scratch, "bucket", url(bucket), entries, runs)


def measure_first(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    entries = sizes.bucket_entries
    manifest = scratch.make_manifest(entries, "ordered", ELSEWHERE)
    bucket = scratch.new_bucket("first")
    say("publishing them, and one that is there")
    workspace, _ = add_by_hand(scratch, manifest, bucket)
    key = "part-00007/read.bin"
    (workspace / key).parent.mkdir()
    (workspace / key).write_bytes(bytes(8192))
    scratch.run_unio("add", key, cwd=workspace)
    push_pointers(scratch, workspace)

    def read(env: Environment | None = None) -> Sample:
        return run_unio(scratch, fresh_cache(scratch) | dict(env or {}), "first", PACKAGE, url(bucket), key)

    requests = scratch.server.count_requests(read)
    share = 100 * sum(record.response_bytes for record in requests) / manifest.stat().st_size
    counts = (Count("requests", len(requests), 8), Count("% of the manifest's bytes", share, 2))
    say("reading one entry in Python")
    samples = {
        "unio": [read() for _ in range(runs)],
        "quilt3": [run_quilt3(scratch, "first", PACKAGE, url(bucket), key)],
    }
    ours, theirs = (median(of_one) for of_one in same_answers(samples).values())
    note = f"{operations(requests)}; quilt3 once, {theirs.peak / MIB:.0f} MiB"
    yield Row(f"opening {entries:,} entries in a bucket, reading one", ours, None, "quilt3", theirs, note, counts)


PYTHON_WORKS: dict[str, Work] = {
    "python-reads": measure_reads,
    "python-open": measure_open,
    "python-first": measure_first,
}
