"""Objects that lie in a bucket become entries of a package without being copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3_registry import Bucket, BucketUnio, client
from unio_command import read_tree
from unio_scenes import NAME, fails, install, published_keys

CONTENT = {"raw/a.csv": b"a", "raw/deep/b.csv": b"bb", "raw/deep/empty": b"", "raw/large.bin": bytes(9 << 20)}


@pytest.fixture
def other(bucket: Bucket) -> Bucket:
    """Another bucket of the same kind, with data."""
    other = Bucket(versioned=bucket.versioned)
    for key, content in CONTENT.items():
        client().put_object(Bucket=other.name, Key=key, Body=content)
    return other


@pytest.fixture
def work(unio: BucketUnio, tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    unio.run("init", NAME, cwd=folder)
    return folder


def below(prefix: str) -> dict[str, bytes]:
    return {key.removeprefix(prefix): content for key, content in CONTENT.items()}


def test_what_is_below_a_prefix_is_added_and_stays_where_it_is(unio: BucketUnio, other: Bucket, work: Path, tmp_path: Path) -> None:
    unio.run("add", "data/", f"{other.url}/raw/", cwd=work)
    assert f"data/  ->  {other.url}/raw/" in unio.run("status", cwd=work).stdout
    unio.run("push", "--no-copy", cwd=work)
    assert not (unio.registry / ".unio/objects").exists()
    install(unio, tmp_path / "target", NAME)
    assert read_tree(tmp_path / "target") == {f"data/{key}": content for key, content in below("raw/").items()}


def test_a_push_copies_it_into_the_registry(unio: BucketUnio, other: Bucket, work: Path, tmp_path: Path) -> None:
    unio.run("add", ".", f"{other.url}/raw/", cwd=work)
    unio.run("push", cwd=work)
    for key in CONTENT:
        client().delete_object(Bucket=other.name, Key=key)
    install(unio, tmp_path / "target", NAME)
    assert read_tree(tmp_path / "target") == below("raw/")


def test_a_single_object_gets_the_key_that_it_is_given(unio: BucketUnio, other: Bucket, work: Path) -> None:
    unio.run("add", "one.csv", f"{other.url}/raw/a.csv", cwd=work)
    unio.run("add", "folder/", f"{other.url}/raw/a.csv", cwd=work)
    unio.run("push", cwd=work)
    assert published_keys(unio) == ["folder/a.csv", "one.csv"]


def test_in_a_versioned_bucket_the_version_of_that_time_is_meant(unio: BucketUnio, other: Bucket, work: Path, tmp_path: Path) -> None:
    unio.run("add", "a.csv", f"{other.url}/raw/a.csv", cwd=work)
    unio.run("push", "--no-copy", cwd=work)
    client().put_object(Bucket=other.name, Key="raw/a.csv", Body=b"changed since")
    if other.versioned:
        assert unio.run("cat", NAME, "a.csv").stdout == "a"
    else:
        assert "'a.csv'" in fails(unio, 9, "install", NAME, "--location", tmp_path / "target")


def test_what_is_not_there_or_in_the_way_is_refused(unio: BucketUnio, other: Bucket, work: Path) -> None:
    fails(unio, 3, "add", "x/", f"{other.url}/nothing/", cwd=work)
    fails(unio, 3, "add", "x", f"{other.url}/nothing", cwd=work, hint=f"{other.url}/nothing/")
    fails(unio, 3, "add", "x/", "s3://unio-no-such-bucket/a/", cwd=work)
    fails(unio, 2, "add", f"{other.url}/raw/", cwd=work, hint="unio add KEY")
    unio.run("add", "a.csv", f"{other.url}/raw/a.csv", cwd=work)
    fails(unio, 4, "add", ".", f"{other.url}/raw/", cwd=work, hint="--overwrite")
    unio.run("add", ".", f"{other.url}/raw/", "--overwrite", cwd=work)
