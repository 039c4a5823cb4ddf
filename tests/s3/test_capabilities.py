"""What a service can do is found out once, by trying, and decides how safely names move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from s3_plain import compare_bare_etags, ignore_conditions
from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio, client
from unio_scenes import NAME, fails, install, publish

WARNING = "only one person push at a time"


@pytest.fixture
def plain(tmp_path: Path, proxy: S3Proxy) -> BucketUnio:
    """A user of a service that takes conditions and ignores them."""
    ignore_conditions(proxy)
    return BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)


def store_of(unio: BucketUnio) -> dict[str, Any]:
    return json.loads((unio.registry / ".unio/format.json").read_text())["store"]


def test_the_first_push_finds_out_what_the_service_can_do(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work")
    store = store_of(unio)
    assert store["url"] == unio.registry_url
    assert all(store[name] for name in ("create_only", "swap", "conditional_completion", "checks_bytes"))
    versioned = client().get_bucket_versioning(Bucket=unio.bucket.name).get("Status") == "Enabled"
    assert store["versions"] is versioned
    listing = client().list_objects_v2(Bucket=unio.bucket.name, Prefix="some/registry/.unio/probes/")
    assert listing["KeyCount"] == 0, "the probe removes what it made"


def test_object_lock_is_seen_where_it_works(tmp_path: Path) -> None:
    bucket = Bucket(versioned=True)
    locked = {"ObjectLockEnabled": "Enabled"}
    client().put_object_lock_configuration(Bucket=bucket.name, ObjectLockConfiguration=locked)
    unio = BucketUnio(tmp_path / "home", bucket)
    check = unio.json("remote", "check")
    assert check["store"]["object_lock"] and check["store"]["versions"]
    publish(unio, tmp_path / "work")
    install(unio, tmp_path / "target", NAME)


def test_later_pushes_believe_the_first(tmp_path: Path, proxy: S3Proxy) -> None:
    unio = BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)
    publish(unio, tmp_path / "work")
    proxy.clear()
    publish(unio, tmp_path / "other", {"x": b"x"}, name="team/other")
    assert not [record for record in proxy.requests if "/probes/" in record.path]


def test_a_service_with_ways_of_its_own_is_remembered_by_every_push(tmp_path: Path, proxy: S3Proxy) -> None:
    compare_bare_etags(proxy)
    unio = BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)
    for content in (b"first", b"second", b"third"):
        publish(unio, tmp_path / "work", {"a.txt": content}, "-t", "v1")
    assert store_of(unio)["swap"] and not store_of(unio)["quoted_etags"]
    assert unio.run("cat", f"{NAME}:v1", "a.txt").stdout == "third"


def test_reading_never_probes(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work")
    before = (unio.registry / ".unio/format.json").stat().st_mtime_ns
    unio.run("ls", NAME)
    install(unio, tmp_path / "target", NAME)
    assert (unio.registry / ".unio/format.json").stat().st_mtime_ns == before


def test_a_registry_that_was_copied_to_another_bucket_is_probed_again(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work")
    other = BucketUnio(tmp_path / "other-home", Bucket())
    for path in unio.registry.rglob("*"):
        if path.is_file():
            client().upload_file(str(path), other.bucket.name, f"some/registry/{path.relative_to(unio.registry)}")
    publish(other, tmp_path / "more", {"x": b"x"}, name="team/more")
    assert store_of(other)["url"] == other.registry_url


def test_without_conditions_one_person_may_push_and_is_warned(plain: BucketUnio, tmp_path: Path) -> None:
    publish(plain, tmp_path / "work")
    (tmp_path / "work/a.txt").write_text("second")
    result = plain.run("push", cwd=tmp_path / "work")
    assert result.stderr.count(WARNING) == 1
    assert not store_of(plain)["create_only"] and not store_of(plain)["swap"]
    assert len(plain.json("log", NAME)["revisions"]) == 2
    install(plain, tmp_path / "target", NAME)
    assert (tmp_path / "target/a.txt").read_text() == "second"


def test_without_conditions_a_tag_does_not_move(plain: BucketUnio, tmp_path: Path) -> None:
    publish(plain, tmp_path / "work")
    (tmp_path / "work/a.txt").write_text("second")
    assert "cannot move safely" in fails(plain, 10, "push", "-t", "v1", cwd=tmp_path / "work", hint="--force")
    assert "cannot move safely" in fails(plain, 10, "tag", NAME, "v1", hint="--force")
    plain.run("push", "-t", "v1", "--force", cwd=tmp_path / "work")
    assert plain.json("show", f"{NAME}:v1")["top_hash"] == plain.json("show", NAME)["top_hash"]


def test_without_conditions_what_is_published_is_not_overwritten(plain: BucketUnio, tmp_path: Path) -> None:
    publish(plain, tmp_path / "work")
    objects = {path: path.stat().st_ino for path in (plain.registry / ".quilt/packages").iterdir()}
    publish(plain, tmp_path / "again", name="team/again")
    assert {path: path.stat().st_ino for path in (plain.registry / ".quilt/packages").iterdir()} == objects


def test_check_tells_what_a_service_can_do(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("remote", "add", "lab", unio.registry_url)
    out = unio.run("remote", "check", "lab").stdout
    assert unio.registry_url in out and "several people may publish at once" in out
    check = unio.json("remote", "check")
    assert check["writable"] and check["safe_for_many"] and check["store"]["swap"]
    assert unio.json("remote", "check", unio.registry_url) == check


def test_check_says_no_where_conditions_are_missing(plain: BucketUnio) -> None:
    result = plain.run("remote", "check", exit_code=1)
    assert "no   several people may publish at once" in result.stdout


def test_check_of_a_folder_says_yes(tmp_path: Path) -> None:
    unio = BucketUnio(tmp_path / "home", Bucket())
    assert unio.json("remote", "check", tmp_path / "folder") == {
        "registry": (tmp_path / "folder").as_uri(), "writable": True, "safe_for_many": True, "swept_uploads": 0,
    }  # fmt: skip


def test_check_of_nothing_that_is_there_fails(tmp_path: Path) -> None:
    unio = BucketUnio(tmp_path / "home", Bucket())
    fails(unio, 3, "remote", "check", "s3://unio-test-no-such-bucket")
