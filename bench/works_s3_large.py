"""The work with one large file in a bucket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bench_scratch import Scratch, remove, say
from measure import Environment, Sample, interleaved, median
from s3_commands import install_unio, push_unio
from works import MIB, Bar, Count, Row, Sizes, flush

BLOCK = 8 << 20
#: What is counted is counted with a file of this size: the proxy is slow.
COUNTED_BYTES = 256 << 20
BESIDE_BARE = Bar(0.75, at_least=True)


def make_file(path: Path, size: int) -> Path:
    say(f"making a file of {size:,} bytes")
    path.parent.mkdir()
    with path.open("wb") as file:
        for start in range(0, size, BLOCK):
            file.write(os.urandom(min(BLOCK, size - start)))
    return path


class LargeFile:
    """One file that is pushed and installed again and again. There is room for one of each kind at a time."""

    def __init__(self, scratch: Scratch, size: int) -> None:
        self.scratch, self.size = scratch, size
        self.file = make_file(scratch.new_folder("large") / "large.bin", size)
        self.buckets: dict[str, str] = {}

    def fresh_bucket(self, name: str) -> str:
        if name in self.buckets:
            remove(self.scratch.bucket_folder(self.buckets[name]))
        self.buckets[name] = self.scratch.new_bucket(name)
        return self.buckets[name]

    def push_unio(self, env: Environment | None = None) -> Sample:
        return push_unio(self.scratch, self.file.parent, self.fresh_bucket("unio"), env)

    def push_bare(self) -> Sample:
        bucket = self.fresh_bucket("bare")
        flush()
        return self.scratch.run_program("bench_s3", "put-large", f"{bucket}/large", self.file)

    def install_unio(self, env: Environment | None = None) -> Sample:
        target = self.scratch.new_folder("target")
        sample = install_unio(self.scratch, self.buckets["unio"], target, env)
        self.check_and_remove(target / self.file.name)
        return sample

    def install_bare(self) -> Sample:
        target = self.scratch.new_folder("target")
        flush()
        sample = self.scratch.run_program("bench_s3", "get-large", f"{self.buckets['bare']}/large", target, self.size)
        self.check_and_remove(target)
        return sample

    def check_and_remove(self, target: Path) -> None:
        self.scratch.runner.run(["/usr/bin/cmp", self.file, target])
        target.unlink()


def count_large(scratch: Scratch, size: int) -> tuple[Count, Count]:
    """How often its bytes go up in a push, and come down in an install."""
    large = LargeFile(scratch, size)
    up = scratch.server.count_requests(large.push_unio)
    down = scratch.server.count_requests(large.install_unio)
    sent = sum(record.request_bytes for record in up)
    received = sum(record.response_bytes for record in down)
    return Count("times its bytes sent", sent / size, 1.01), Count("times its bytes received", received / size, 1.01)


def measure_large(scratch: Scratch, sizes: Sizes, runs: int) -> Iterator[Row]:
    sent, received = count_large(scratch, min(COUNTED_BYTES, sizes.bucket_large_bytes))
    large = LargeFile(scratch, sizes.bucket_large_bytes)
    say("push into buckets, and install")
    samples = interleaved(
        runs,
        {
            "push": lambda _: large.push_unio(),
            "bare push": lambda _: large.push_bare(),
            "install": lambda _: large.install_unio(),
            "bare install": lambda _: large.install_bare(),
        },
    )
    for work, count in (("push", sent), ("install", received)):
        ours, bare = median(samples[work]), median(samples[f"bare {work}"])
        rates = "{:,.0f} and bare {:,.0f} MiB/s".format(*(large.size / MIB / each.wall for each in (ours, bare)))
        name = f"{work} of one file of {large.size / MIB:,.0f} MiB, bucket"
        yield Row(name, ours, BESIDE_BARE, "bare", bare, f"{rates}; bare {bare.peak / MIB:.0f} MiB", (count,))
