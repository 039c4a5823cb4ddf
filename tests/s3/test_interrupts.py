"""What is interrupted ends at once, and goes on where it was when it is run again."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import model
import pytest

from s3_abilities import needs
from s3_proxy import Fault, RequestRecord, S3Proxy
from s3_registry import Bucket, BucketUnio
from unio_command import read_tree
from unio_scenes import NAME, install, start_package, wait_until

PART = 8 << 20
PARTS = 6
LARGE = {"large.bin": b"".join(bytes([number]) * PART for number in range(PARTS))}


@pytest.fixture
def unio(tmp_path: Path, proxy: S3Proxy) -> BucketUnio:
    return BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Presses Ctrl-C."""
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130, err
    assert time.monotonic() - begin < 1.5


def test_parts_that_arrived_are_not_sent_again(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    needs("keeps-checksums")
    work = start_package(unio, tmp_path / "work", LARGE)
    rule = proxy.fault(Fault.STALL, match=is_part, after=3)
    process = unio.start("push", "-t", "v1", cwd=work)
    wait_until(lambda: rule.fired >= 1 and arrived(proxy) == 3, process)
    interrupt(process)
    proxy.heal()
    proxy.clear()
    unio.run("push", "-t", "v1", cwd=work)
    assert sum(map(is_part, proxy.requests)) == PARTS - 3
    assert model.check_registry(unio.registry, NAME)["v1"].files == LARGE
    model.check_settled(unio.registry, NAME)


def is_part(record: RequestRecord) -> bool:
    return record.operation == "UploadPart" and "/objects/" in record.path


def arrived(proxy: S3Proxy) -> int:
    return sum(is_part(record) and record.status == 200 for record in proxy.requests.copy())


def test_an_interrupted_install_is_run_again(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    files = {f"{number}.txt": str(number).encode() for number in range(300)}
    work = start_package(unio, tmp_path / "work", files)
    unio.run("push", "-t", "v1", cwd=work)
    rule = proxy.fault(Fault.STALL, match=lambda record: "/objects/" in record.path, after=100)
    process = unio.start("install", f"{NAME}:v1", "--location", tmp_path / "target")
    wait_until(lambda: rule.fired >= 1, process)
    interrupt(process)
    proxy.heal()
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == files
