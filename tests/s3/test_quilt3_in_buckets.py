"""Packages go both ways between Unio and the real quilt3, in one bucket."""

from __future__ import annotations

from pathlib import Path

import pytest
import quilt3

from s3_abilities import needs
from s3_registry import Bucket, BucketUnio, server_url
from unio_command import read_tree, write_tree
from unio_scenes import FILES, NAME, install, publish

MIB = 1024 * 1024
TREE = FILES | {
    "odd names/plus+ & 100%.txt": b"odd",
    "é/日本語 #1.txt": b"unicode",
    "empty": b"",
    "large.bin": bytes(range(256)) * (40 << 10),
}


@pytest.fixture(autouse=True)
def quilt_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """quilt3 keeps its state in the user's folders and reports usage; neither may leave the test."""
    for variable, folder in [("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")]:
        monkeypatch.setenv(variable, str(tmp_path / "quilt" / folder))
    monkeypatch.setenv("QUILT_DISABLE_USAGE_METRICS", "true")
    monkeypatch.setenv("QUILT_MINIMIZE_STDOUT", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server_url())


@pytest.fixture
def unio(tmp_path: Path, bucket: Bucket) -> BucketUnio:
    """quilt3's registries are whole buckets."""
    return BucketUnio(tmp_path / "home", bucket, prefix="")


def quilt_push(folder: Path, bucket: Bucket, name: str = NAME) -> str:
    """quilt3 asks the server for the checksum of what it sent."""
    needs("keeps-checksums", bucket.versioned)
    package = quilt3.Package()
    package.set_dir("/", str(folder))
    return package.push(name, registry=bucket.url, message="from quilt3", force=True).top_hash


def test_quilt3_installs_what_unio_published(unio: BucketUnio, bucket: Bucket, tmp_path: Path) -> None:
    top_hash = publish(unio, tmp_path / "work", TREE)
    package = quilt3.Package.browse(NAME, registry=bucket.url)
    assert package.top_hash == top_hash
    package.fetch(str(tmp_path / "fetched"))
    assert read_tree(tmp_path / "fetched") == TREE
    assert package.verify(str(tmp_path / "fetched"))


def test_quilt3_installs_what_unio_published_under_a_prefix(unio: BucketUnio, bucket: Bucket, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", TREE, "--prefix", "data/v1")
    quilt3.Package.browse(NAME, registry=bucket.url).fetch(str(tmp_path / "fetched"))
    assert read_tree(tmp_path / "fetched") == TREE


def test_unio_installs_what_quilt3_published(unio: BucketUnio, bucket: Bucket, tmp_path: Path) -> None:
    write_tree(tmp_path / "work", TREE)
    top_hash = quilt_push(tmp_path / "work", bucket)
    install(unio, tmp_path / "target", NAME)
    assert read_tree(tmp_path / "target") == TREE
    assert unio.run("hash", tmp_path / "target").stdout.strip() == top_hash
    unio.run("verify", tmp_path / "target")


def test_both_publish_revisions_of_one_package(unio: BucketUnio, bucket: Bucket, tmp_path: Path) -> None:
    first = publish(unio, tmp_path / "work", TREE)
    write_tree(tmp_path / "theirs", TREE | {"a.txt": b"changed by quilt3"})
    second = quilt_push(tmp_path / "theirs", bucket)
    unio.run("install", NAME, "--location", tmp_path / "work")
    assert (tmp_path / "work/a.txt").read_bytes() == b"changed by quilt3"
    third = publish(unio, tmp_path / "work", {"a.txt": b"changed by unio"})
    revisions = [revision["top_hash"] for revision in unio.json("log", NAME)["revisions"]]
    assert revisions == [third, second, first]
    assert quilt3.Package.browse(NAME, registry=bucket.url).top_hash == third


def test_an_object_that_changed_under_a_prefix_is_read_in_its_old_version(
    unio: BucketUnio, bucket: Bucket, tmp_path: Path
) -> None:
    """quilt3 writes readable keys; in a versioned bucket its manifests say which version they mean."""
    write_tree(tmp_path / "work", {"a.txt": b"old"})
    old = quilt_push(tmp_path / "work", bucket)
    write_tree(tmp_path / "work", {"a.txt": b"new"})
    quilt_push(tmp_path / "work", bucket)
    if not unio.run("cat", NAME, "a.txt").stdout == "new":
        pytest.fail("the newest version is not read")
    versioned = "versionId=" in (bucket.folder / ".quilt/packages" / old).read_text()
    if versioned:
        assert unio.run("cat", f"{NAME}@{old}", "a.txt").stdout == "old"
    else:
        assert "digest" in unio.run("cat", f"{NAME}@{old}", "a.txt", exit_code=9).stderr
