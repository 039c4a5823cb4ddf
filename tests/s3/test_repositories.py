"""Repositories of values in buckets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from s3_registry import BucketUnio
from unio_scenes import fails


def test_a_value_goes_there_and_comes_back(unio: BucketUnio, tmp_path: Path) -> None:
    where = f"{unio.bucket.url}/models/repository.json"
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 40_000)
    unio.run("repo", "put", "large", tmp_path / "large.bin", "-R", where)
    unio.run("repo", "put", "small", "--value", "[1]", "-R", where)
    unio.run("repo", "get", "large", "-R", where, "-o", tmp_path / "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "large.bin").read_bytes()
    assert unio.run("repo", "get", "small", "-R", where).stdout == "[1]"
    assert unio.json("repo", "verify", "-R", where)["versions"] == 2
    fails(unio, 3, "repo", "get", "other", "-R", where)


def test_a_repository_may_lie_at_the_top_of_a_bucket(unio: BucketUnio) -> None:
    where = f"{unio.bucket.url}/repository.json"
    unio.run("repo", "put", "a", "--value", "1", "-R", where)
    assert unio.run("repo", "get", "a", "-R", where).stdout == "1"
    unio.run("repo", "release", "v1", "-R", where)
    unio.run("repo", "release", "v1", "-R", where, "-o", f"{unio.bucket.url}/deploy")
    assert unio.run("repo", "get", "a", "-R", f"{unio.bucket.url}/deploy/repository.json").stdout == "1"


def test_a_damaged_value_is_found(unio: BucketUnio) -> None:
    where = f"{unio.bucket.url}/repository.json"
    # Where a service has no create-only writes a number stands in the file's name.
    file = f"a/{unio.json('repo', 'put', 'a', '--value', '1', '--fname', 'a.json', '-R', where)['fname']}"
    unio.bucket.damage(unio.bucket.folder / file, b"2")
    assert file in fails(unio, 9, "repo", "get", "a", "-R", where)
    unio.run("repo", "verify", "-R", where, exit_code=1)


def test_many_processes_keep_all_their_versions_numbered_without_a_gap(unio: BucketUnio) -> None:
    where = f"{unio.bucket.url}/repository.json"

    def save(writer: int) -> None:
        for number in range(10):
            unio.run("repo", "put", "shared", "--value", json.dumps([writer, number]), "-R", where)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(8)))
    versions = unio.json("repo", "log", "shared", "-R", where)["versions"]
    assert [version["version"] for version in versions] == list(range(79, -1, -1))
    assert unio.json("repo", "verify", "-R", where)["problems"] == []
    text = {unio.run("repo", "get", "shared", str(number), "-R", where).stdout for number in range(0, 80, 8)}
    assert len(text) == 10
