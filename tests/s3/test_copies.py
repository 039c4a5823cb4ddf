"""Large objects are copied by the service, from bucket to bucket, and proven by its checksums."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio, client
from unio_command import read_tree
from unio_scenes import NAME, fails, install

LARGE = random.Random(1).randbytes(20 << 20)


@pytest.fixture
def unio(tmp_path: Path, bucket: Bucket, proxy: S3Proxy) -> BucketUnio:
    return BucketUnio(tmp_path / "home", bucket, endpoint=proxy.url)


def start(unio: BucketUnio, folder: Path) -> Path:
    folder.mkdir()
    unio.run("init", NAME, cwd=folder)
    return folder


def bytes_sent(proxy: S3Proxy) -> int:
    return sum(record.request_bytes for record in proxy.requests)


def test_a_package_of_another_bucket_is_published_without_its_bytes_passing_here(
    unio: BucketUnio, proxy: S3Proxy, tmp_path: Path
) -> None:
    source = BucketUnio(tmp_path / "source", Bucket(), endpoint=proxy.url)
    (tmp_path / "first").mkdir()
    (tmp_path / "first/large.bin").write_bytes(LARGE)
    source.run("init", NAME, cwd=tmp_path / "first")
    source.run("add", ".", cwd=tmp_path / "first")
    source.run("push", cwd=tmp_path / "first")
    unio.run("remote", "add", "source", source.registry_url)
    work = start(unio, tmp_path / "work")
    unio.run("add", "--package", f"source/{NAME}", cwd=work)
    proxy.clear()
    unio.run("push", cwd=work)
    operations = [record.operation for record in proxy.requests]
    assert "CompleteMultipartUpload" in operations
    assert bytes_sent(proxy) + proxy.response_bytes() < 1 << 20
    install(unio, tmp_path / "target", NAME)
    assert read_tree(tmp_path / "target") == {"large.bin": LARGE}


def test_what_was_replaced_since_it_was_read_is_not_taken(unio: BucketUnio, tmp_path: Path) -> None:
    other = Bucket()
    client().put_object(Bucket=other.name, Key="large.bin", Body=LARGE)
    work = start(unio, tmp_path / "work")
    unio.run("add", "large.bin", f"{other.url}/large.bin", cwd=work)
    unio.run("build-manifest", cwd=work)
    client().put_object(Bucket=other.name, Key="large.bin", Body=bytes(len(LARGE)))
    fails(unio, 9, "push-data", cwd=work)
    assert not list((unio.registry / ".unio").glob("objects/*/*"))


def test_uploads_that_were_abandoned_are_removed(unio: BucketUnio, bucket: Bucket, tmp_path: Path) -> None:
    key = "some/registry/.unio/objects/00/" + "0" * 64
    young = client().create_multipart_upload(Bucket=bucket.name, Key=key)["UploadId"]
    old = client().create_multipart_upload(Bucket=bucket.name, Key=key)["UploadId"]
    others = client().create_multipart_upload(Bucket=bucket.name, Key="data/of/others")["UploadId"]
    for upload in (old, others):
        make_old(bucket, upload)
    assert unio.json("remote", "check")["swept_uploads"] == 1
    left = {upload["UploadId"] for upload in client().list_multipart_uploads(Bucket=bucket.name)["Uploads"]}
    assert left == {young, others}


def make_old(bucket: Bucket, upload: str) -> None:
    """The server takes the time of an upload's folder for when it was begun."""
    (folder,) = bucket.folder.glob(f".sgwtmp/multipart/*/{upload}")
    os.utime(folder, (1_000_000_000, 1_000_000_000))
