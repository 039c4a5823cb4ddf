"""The works that are measured with packages in buckets, of an S3 server on this machine.

Times are taken without anything between a command and the server; what is counted is counted by a proxy in a run of
its own. All buckets are new, and so are the caches of whoever installs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench_scratch import Scratch, say
from measure import Environment, Sample, interleaved, median
from s3_commands import (
    check_same,
    install_bare,
    install_quilt3,
    install_unio,
    operations,
    push_bare,
    push_quilt3,
    push_unio,
    url,
)
from works import MIB, PACKAGE, PUSHED_FILE, STATUS_CONTENTS, Bar, Count, Row, Sizes, Work, expect, flush, settle
from works_s3_large import measure_large

SMALL_FILE = (64, 128)
#: A publication later than this after the one before needs not ask whether its second is free.
SECONDS_APART = 11

#: Where nothing is: of a package that is only looked at, the manifest is all there has to be.
ELSEWHERE = "s3://bench-elsewhere/data"

BESIDE_QUILT3 = Bar(8, at_least=True)
AGAIN_BESIDE_QUILT3 = Bar(50, at_least=True)
BESIDE_BARE = Bar(0.7, at_least=True)
Samples = Mapping[str, Sequence[Sample]]


def rows_of_three(work: str, files: int, samples: Samples) -> Iterator[Row]:
    ours, theirs, bare = (median(samples[name]) for name in ("unio", "quilt3", "bare"))
    rates = "{:,.0f}, {:,.0f} and bare {:,.0f} files/s".format(*(files / each.wall for each in (ours, theirs, bare)))
    yield Row(work, ours, BESIDE_QUILT3, "quilt3", theirs, f"{rates}; quilt3 {theirs.peak / MIB:.0f} MiB")
    note = f"bare: {bare.output.strip()}; {bare.peak / MIB:.0f} MiB"
    yield Row("the same beside bare", ours, BESIDE_BARE, "bare", bare, note)


def measure_files(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    tree = scratch.make_tree("bucket-files", sizes.bucket_files, PUSHED_FILE, sizes.bucket_files)
    buckets = [{name: scratch.new_bucket(name) for name in ("unio", "quilt3", "bare")} for _ in range(runs)]
    say("push into buckets")
    samples = interleaved(
        runs,
        {
            "unio": lambda run: push_unio(scratch, tree, buckets[run]["unio"]),
            "quilt3": lambda run: push_quilt3(scratch, tree, buckets[run]["quilt3"]),
            "bare": lambda run: push_bare(scratch, tree, buckets[run]["bare"]),
        },
    )
    what = f"{sizes.bucket_files:,} files of 4 to 12 KiB"
    yield from rows_of_three(f"push of {what} into a bucket", sizes.bucket_files, samples)
    say("install from buckets")
    targets = [{name: scratch.new_folder(f"{name}-target") for name in buckets[run]} for run in range(runs)]
    samples = interleaved(
        runs,
        {
            "unio": lambda run: install_unio(scratch, buckets[run]["unio"], targets[run]["unio"]),
            "quilt3": lambda run: install_quilt3(scratch, buckets[run]["quilt3"], targets[run]["quilt3"]),
            "bare": lambda run: install_bare(scratch, tree, buckets[run]["bare"], targets[run]["bare"]),
        },
    )
    for target in targets[-1].values():
        check_same(tree, target)
    yield from rows_of_three(f"install of {what} from a bucket", sizes.bucket_files, samples)


def push_unchanged(scratch: Scratch, tree: Path, env: Environment | None = None) -> Sample:
    return expect(scratch.run_unio("push", cwd=tree, env=env), "Nothing to push")


def measure_again(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    # Each has a folder of its own, because ours becomes a workspace.
    tree, other = (
        scratch.make_tree(f"bucket-again-{name}", sizes.bucket_files, PUSHED_FILE, sizes.bucket_files)
        for name in ("unio", "quilt3")
    )
    ours, theirs = scratch.new_bucket("unio"), scratch.new_bucket("quilt3")
    say("pushing them")
    push_unio(scratch, tree, ours)
    push_quilt3(scratch, other, theirs)
    settle(scratch, tree)
    requests = scratch.server.count_requests(lambda env: push_unchanged(scratch, tree, env))
    say("push again")
    samples = interleaved(
        runs,
        {
            "unio": lambda _: push_unchanged(scratch, tree),
            "quilt3": lambda _: expect(push_quilt3(scratch, other, theirs, "--dedupe"), "nothing to push"),
        },
    )
    work = f"push of {sizes.bucket_files:,} files again, nothing changed"
    counts = (Count("requests", len(requests), 4),)
    medians = {name: median(samples[name]) for name in samples}
    yield Row(work, medians["unio"], AGAIN_BESIDE_QUILT3, "quilt3", medians["quilt3"], operations(requests), counts)


def change_and_push(scratch: Scratch, workspace: Path, run: int, env: Environment | None = None) -> Sample:
    (workspace / f"part-00000/file-{7 * run:08}.bin").write_bytes(f"changed in run {run}".encode())
    time.sleep(SECONDS_APART)
    flush()
    return expect(scratch.run_unio("push", cwd=workspace, env=env), "Tophash: ")


def measure_change(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    files = sizes.bucket_change_files
    tree = scratch.make_tree("bucket-change", files, SMALL_FILE, STATUS_CONTENTS)
    bucket, workspace = scratch.new_bucket("change"), scratch.new_folder("workspace")
    say("pushing and installing them")
    pushed, installed = push_unio(scratch, tree, bucket), install_unio(scratch, bucket, workspace)
    note = f"once; {min(files, STATUS_CONTENTS):,} different contents"
    yield Row(f"push of {files:,} tiny files into a bucket", pushed, None, note=note)
    yield Row(f"install of {files:,} tiny files from a bucket", installed, None, note=note)
    settle(scratch, workspace)
    say("push after a change")
    samples = [change_and_push(scratch, workspace, run) for run in range(runs)]
    requests = scratch.server.count_requests(lambda env: change_and_push(scratch, workspace, runs, env))
    others = [record for record in requests if "/.quilt/packages/" not in record.path]
    note = f"{operations(others)}; the manifest {len(requests) - len(others)}"
    counts = (Count("requests besides the manifest", len(others), 12),)
    yield Row(f"push, one of {files:,} installed files changed", median(samples), None, note=note, counts=counts)


def publish_by_hand(scratch: Scratch, manifest: Path) -> Path:
    """Makes the manifest a package in a folder, which it gives."""
    registry = scratch.new_folder("registry")
    top_hash = scratch.run_unio("hash", manifest).output.strip()
    pointers = registry / ".quilt/named_packages" / PACKAGE
    pointers.mkdir(parents=True)
    (pointers / "latest").write_text(top_hash)
    (registry / ".quilt/packages").mkdir()
    (registry / ".quilt/packages" / top_hash).hardlink_to(manifest)
    return registry


def add_by_hand(scratch: Scratch, manifest: Path, bucket: str) -> tuple[Path, Sample]:
    """A workspace of a package for the bucket, with the manifest's entries; and what adding them took."""
    workspace = scratch.new_folder("workspace")
    workspace.mkdir()
    scratch.run_unio("init", PACKAGE, "--registry", url(bucket), cwd=workspace)
    source = f"{publish_by_hand(scratch, manifest).as_uri()}#package={PACKAGE}"
    return workspace, scratch.run_unio("add", "--package", source, cwd=workspace)


def push_pointers(scratch: Scratch, workspace: Path) -> Sample:
    """What is elsewhere stays there."""
    return expect(scratch.run_unio("push", "--no-copy", "-m", "listed", cwd=workspace), "Tophash: ")


def list_folder(scratch: Scratch, bucket: str, env: Environment | None = None) -> Sample:
    env = {"UNIO_CACHE_DIR": str(scratch.new_folder("cache")), **(env or {})}
    sample = scratch.run_unio("ls", PACKAGE, "part-00007/", "--registry", url(bucket), env=env)
    return expect(sample, "part-00007/file-00007123.bin")


def measure_list(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    entries = sizes.bucket_entries
    manifest = scratch.make_manifest(entries, "ordered", ELSEWHERE)
    bucket = scratch.new_bucket("list")
    say("publishing them")
    workspace, added = add_by_hand(scratch, manifest, bucket)
    yield Row(f"add --package of {entries:,} entries", added, None, note="once")
    pushed = push_pointers(scratch, workspace)
    yield Row(f"push of {entries:,} entries that are elsewhere", pushed, None, note="once")
    requests = scratch.server.count_requests(lambda env: list_folder(scratch, bucket, env))
    say("ls")
    samples = [list_folder(scratch, bucket) for _ in range(runs)]
    received = sum(record.response_bytes for record in requests)
    share = 100 * received / manifest.stat().st_size
    counts = (Count("requests", len(requests), 6), Count("% of the manifest's bytes", share, 2))
    work = f"ls of one folder of {entries:,} entries, first time"
    yield Row(work, median(samples), None, note=operations(requests), counts=counts)


S3_WORKS: dict[str, Work] = {
    "s3-files": measure_files,
    "s3-again": measure_again,
    "s3-change": measure_change,
    "s3-large": measure_large,
    "s3-list": measure_list,
}
