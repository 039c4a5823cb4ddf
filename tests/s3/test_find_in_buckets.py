"""Finding in a bucket: what one saved another finds, and what that costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio
from unio_command import write_tree
from unio_scenes import FILES, NAME, publish


def save(unio: BucketUnio, folder: Path, *options: str) -> str:
    write_tree(folder, {"train.txt": b"data"})
    return unio.json("save", "train.txt", *options, cwd=folder)["artifact_id"]


def found(unio: BucketUnio, *query: str) -> list[str]:
    return [document["id"] for document in unio.json("find", *query)["documents"]]


@pytest.fixture
def brenda(tmp_path: Path, bucket: Bucket, proxy: S3Proxy) -> BucketUnio:
    """Another user, on another machine, whose requests are counted."""
    brenda = BucketUnio(tmp_path / "brenda", bucket, endpoint=proxy.url)
    brenda.env["UNIO_USER"] = "brenda"
    return brenda


def test_what_one_user_saved_another_finds_with_an_empty_index(unio: BucketUnio, brenda: BucketUnio, tmp_path: Path) -> None:
    artifact = save(unio, tmp_path / "work", "--type", "annotation_file")
    publish(unio, tmp_path / "package", FILES, "-t", "v1")
    assert found(brenda, "tag:annotation_file") == [artifact]
    assert found(brenda)[1:] == [artifact]
    newer = save(unio, tmp_path / "work")
    assert found(brenda, "kind:artifact") == [newer, artifact]
    assert found(brenda, f"name:{NAME}") == found(brenda, "kind:package")
    before = brenda.json("find")
    brenda.run("reindex")
    assert brenda.json("find") == before


def test_finding_needs_at_most_two_requests_when_nothing_is_new(tmp_path: Path, proxy: S3Proxy) -> None:
    bucket = Bucket()  # the server lists folders in which a bucket with versions has only removed objects
    unio, brenda = BucketUnio(tmp_path / "home", bucket), BucketUnio(tmp_path / "brenda", bucket, endpoint=proxy.url)
    artifact = save(unio, tmp_path / "work")
    found(brenda)
    proxy.clear()
    assert found(brenda) == [artifact]
    assert len(proxy.requests) <= 2, proxy.requests
    proxy.clear()
    assert found(brenda, "--offline") == [artifact]
    assert proxy.requests == []


def test_many_processes_save_and_each_is_found_once(unio: BucketUnio, brenda: BucketUnio, tmp_path: Path) -> None:
    write_tree(tmp_path / "work", {"train.txt": b"data"})
    savers = [unio.start("save", "train.txt", "--json", cwd=tmp_path / "work") for _ in range(16)]
    saved = [json.loads(saver.communicate(timeout=300)[0])["artifact_id"] for saver in savers]
    assert sorted(found(brenda, "--limit", "100")) == sorted(saved)
