"""Many processes fill one cache, and some are killed: what is read is right, and nothing is left in the way."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import unio
import unio.torch
from s3_faults import of
from s3_proxy import Fault, S3Proxy
from unio_command import write_tree
from worker_processes import run_jobs

CHANCE = random.Random(1)
FILES = {f"{n:03}.bin": CHANCE.randbytes(3000 + n) for n in range(120)} | {"large.bin": CHANCE.randbytes(40 << 20)}


def cache_of(home: Path) -> Path:
    return home / ".cache/unio"


def publish(work: Path, home: Path) -> unio.Package:
    """A package of which the cache has nothing."""
    write_tree(work, FILES)
    package = unio.PackageBuilder("team/images").add(".").push(tag="v1")
    for path in sorted(cache_of(home).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return package


def everything(dataset: unio.torch.IterDataset) -> dict[str, bytes]:
    return dict(dataset)


def small_files_with_a_small_cache(reference: str) -> dict[str, bytes]:
    os.environ["UNIO_CACHE_SIZE"] = "100 KiB"
    return dict(unio.torch.IterDataset(unio.Package(reference), keep=lambda entry: entry.size < 10000))


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.001)


def size_of(path: Path) -> int:
    """0 for what is gone: a file may be finished, and have its name, while one looks."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def killed_while_reading(method: str, dataset: unio.torch.IterDataset, happened: Callable[[], bool]) -> None:
    process = multiprocessing.get_context(method).Process(target=everything, args=(dataset,))
    process.start()
    wait_until(lambda: happened() or not process.is_alive())
    assert process.is_alive(), "it ended before it could be killed"
    process.kill()
    process.join()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_sixteen_processes_that_fill_one_cache_get_right_bytes(
    bucket_registry: str, home: Path, work: Path, method: str
) -> None:
    package = publish(work, home)
    datasets = [unio.torch.IterDataset(package, shuffle=True, seed=seed, batch=16) for seed in range(16)]
    assert all(found == FILES for found in run_jobs(method, everything, [(dataset,) for dataset in datasets]))
    assert not list((cache_of(home) / "tmp").iterdir())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_killed_while_it_reads_is_in_nobodys_way(proxy: S3Proxy, home: Path, work: Path, method: str) -> None:
    dataset = unio.torch.IterDataset(publish(work, home), shuffle=True, batch=8)
    objects = cache_of(home) / "objects"
    for kept in (1, 40, 80):
        killed_while_reading(method, dataset, lambda kept=kept: len(list(objects.glob("*/*"))) > kept)
    assert run_jobs(method, everything, [(dataset,)]) == [FILES]


def test_what_a_killed_worker_had_half_written_goes_when_space_is_made(proxy: S3Proxy, home: Path, work: Path) -> None:
    dataset = unio.torch.IterDataset(publish(work, home), "large")
    temporaries = cache_of(home) / "tmp"
    # One of its requests gets no answer, so that the file stays half-written.
    proxy.fault(Fault.STALL, of("GetObject", "/objects/"), times=1, after=3)
    killed_while_reading("spawn", dataset, lambda: any(size_of(path) > 0 for path in temporaries.glob("*")))
    proxy.heal()
    left = list(temporaries.iterdir())
    assert run_jobs("spawn", everything, [(dataset,)]) == [{"large.bin": FILES["large.bin"]}]
    for path in left:
        os.utime(path, (time.time() - 3 * 86400,) * 2)
    [small] = run_jobs("spawn", small_files_with_a_small_cache, [("team/images:v1",)])
    assert small == {key: content for key, content in FILES.items() if key != "large.bin"}
    assert not list(temporaries.iterdir())
