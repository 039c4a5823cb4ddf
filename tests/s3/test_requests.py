"""How many requests operations need, counted by a proxy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from s3_proxy import RequestRecord, S3Proxy
from s3_registry import Bucket, BucketUnio
from unio_scenes import FILES, NAME, install, publish

#: A publication later than this after the one before needs not ask whether its second is free.
SECONDS_APART = 11


@pytest.fixture
def counted(tmp_path: Path, proxy: S3Proxy) -> BucketUnio:
    """A user whose requests the proxy counts, with a package that is published; its workspace is `work`."""
    unio = BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)
    publish(unio, tmp_path / "work")
    proxy.clear()
    return unio


def is_manifest(record: RequestRecord) -> bool:
    return "/.quilt/packages/" in record.path


def test_a_push_of_nothing_new_needs_at_most_four_requests(counted: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    counted.run("push", cwd=tmp_path / "work")
    assert len(proxy.requests) <= 4, proxy.requests


def test_a_push_of_one_changed_file_needs_at_most_twelve_besides_the_manifest(
    counted: BucketUnio, proxy: S3Proxy, tmp_path: Path
) -> None:
    (tmp_path / "work/a.txt").write_text("changed")
    time.sleep(SECONDS_APART)
    counted.run("push", cwd=tmp_path / "work")
    requests = [record for record in proxy.requests if not is_manifest(record)]
    assert len(requests) <= 12, requests
    assert len(proxy.requests) <= 13


def test_small_new_files_are_sent_without_asking_first(counted: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"work/new{number}").write_text(str(number))
    counted.run("push", cwd=tmp_path / "work")
    about_objects = [record.operation for record in proxy.requests if "/.unio/objects/" in record.path]
    assert about_objects == ["PutObject"] * 50


def test_install_asks_once_for_each_file(counted: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    install(counted, tmp_path / "target", NAME)
    assert len(proxy.requests) <= len(FILES) + 2, proxy.requests


def test_what_is_cached_is_not_asked_for_again(counted: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    counted.run("ls", NAME)
    proxy.clear()
    counted.run("ls", NAME)
    assert len(proxy.requests) == 1, proxy.requests


def test_every_write_brings_a_checksum(counted: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    (tmp_path / "work/large").write_bytes(bytes(17 << 20))
    (tmp_path / "work/small").write_bytes(b"small")
    counted.run("push", cwd=tmp_path / "work")
    bodies = [record for record in proxy.requests if record.operation in ("PutObject", "UploadPart")]
    assert len(bodies) > 3
    assert all("x-amz-checksum-sha256" in record.headers for record in bodies), bodies
