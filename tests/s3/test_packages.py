"""What packages do in a folder they do in a bucket, versioned or not."""

from __future__ import annotations

from pathlib import Path

import model
import pytest

from s3_abilities import needs
from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio
from unio_command import read_tree, write_tree
from unio_scenes import FILES, NAME, SECOND, damage, fails, install, objects, publish

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def tags_can_move(bucket: Bucket) -> None:
    """Where names cannot move safely, a push with a tag is refused."""
    needs("create-only", bucket.versioned)


def test_a_package_goes_through_a_bucket_and_comes_back(unio: BucketUnio, tmp_path: Path) -> None:
    top_hash = publish(unio, tmp_path / "work", FILES, "-t", "v1", "-m", "first")
    assert model.check_registry(unio.registry, NAME)["v1"].files == FILES
    model.check_settled(unio.registry, NAME)
    assert install(unio, tmp_path / "target")["fetched"] == len(FILES)
    assert read_tree(tmp_path / "target") == FILES
    assert unio.run("hash", tmp_path / "target").stdout.strip() == top_hash
    unio.run("verify", tmp_path / "target")
    assert unio.run("cat", NAME, "a.txt").stdout == "one"


def test_a_new_version_stores_only_what_is_new(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    stored = len(objects(unio.registry))
    (tmp_path / "work/dir/b.txt").unlink()
    publish(unio, tmp_path / "work", SECOND, "-t", "v2")
    assert len(objects(unio.registry)) == stored + 2
    found = model.check_registry(unio.registry, NAME)
    assert found["v1"].files == FILES
    assert found["v2"].files == SECOND
    unio.run("rollback", f"{NAME}:v1")
    assert model.check_registry(unio.registry, NAME)["latest"].files == FILES
    diff = unio.run("diff", f"{NAME}:v1", f"{NAME}:v2").stdout
    assert "1 added, 1 removed, 1 changed" in diff
    assert [line["top_hash"] for line in unio.json("log", NAME)["revisions"]] == [found["v2"].top_hash, found["v1"].top_hash]


def test_damage_is_found_and_mended(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    install(unio, tmp_path / "target")
    damage(tmp_path / "target")
    unio.run("verify", tmp_path / "target", exit_code=1)
    unio.run("sync", tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES


def test_large_files_go_in_parts_and_are_checked(unio: BucketUnio, tmp_path: Path) -> None:
    content = b"".join(number.to_bytes(4, "big") for number in range(5 * MIB))
    files = {"large.bin": content, "exact.bin": content[: 8 * MIB], "one-more.bin": content[: 8 * MIB + 1], "empty": b""}
    publish(unio, tmp_path / "work", files, "-t", "v1")
    assert model.check_registry(unio.registry, NAME)["v1"].files == files
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == files


def test_data_under_a_prefix_has_readable_keys(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1", "--prefix", "data/v1/")
    assert (unio.registry / "data/v1/dir/b.txt").read_bytes() == b"two"
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES


def test_other_data_under_a_prefix_is_a_new_version_or_goes_elsewhere(unio: BucketUnio, tmp_path: Path) -> None:
    work = tmp_path / "work"
    publish(unio, work, FILES, "-t", "v1", "--prefix", "data")
    shown = publish_text(unio, work, {"a.txt": b"other"}, "-t", "v2", "--prefix", "data")
    versioned = "versionId=" in manifest_of(unio, "v1")
    assert (unio.registry / "data/a.txt").read_bytes() == (b"other" if versioned else b"one")
    assert ("other data stands under the prefix" in shown) is not versioned
    for tag, content in [("v1", "one"), ("v2", "other")]:
        assert unio.run("cat", f"{NAME}:{tag}", "a.txt").stdout == content
    # What is in its place already is not sent again.
    assert "0 objects new" in publish_text(unio, work, {}, "-t", "v3", "-m", "again", "--prefix", "data")


def manifest_of(unio: BucketUnio, tag: str) -> str:
    top_hash = (unio.registry / ".quilt/named_packages" / NAME / tag).read_text()
    return (unio.registry / ".quilt/packages" / top_hash).read_text()


def publish_text(unio: BucketUnio, work: Path, files: dict[str, bytes], *options: str) -> str:
    """What a push says, its warnings included."""
    write_tree(work, files)
    result = unio.run("push", *options, cwd=work)
    return result.stdout + result.stderr


def test_a_deleted_package_can_be_published_again(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    unio.run("delete", NAME, "--yes")
    assert fails(unio, 3, "install", NAME, "--location", tmp_path / "target")
    assert "No packages" in unio.run("ls").stdout
    publish(unio, tmp_path / "work", SECOND, "-t", "v1")
    assert model.check_registry(unio.registry, NAME)["v1"].files == FILES | SECOND


def test_a_damaged_object_is_named_and_not_installed(unio: BucketUnio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    [place] = [path for path in objects(unio.registry) if path.read_bytes() == b"two"]
    unio.bucket.damage(place, b"tw0")
    assert "'dir/b.txt'" in fails(unio, 9, "install", f"{NAME}:v1", "--location", tmp_path / "target")
    assert not (tmp_path / "target/dir/b.txt").exists()


@pytest.mark.parametrize("name", ["with space.txt", "plus+.txt", "hash#tag", "percent%20", "é/日本語", "a&b=c?d", "line\nbreak"])
def test_odd_keys(unio: BucketUnio, tmp_path: Path, name: str) -> None:
    if "\n" in name:
        needs("line-breaks")
    publish(unio, tmp_path / "work", {name: b"odd"}, "-t", "v1", "--prefix", "odd")
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == {name: b"odd"}


def test_the_root_of_a_bucket_is_a_registry_too(tmp_path: Path, bucket: Bucket) -> None:
    unio = BucketUnio(tmp_path / "home", bucket, prefix="")
    write_tree(tmp_path / "work", FILES)
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES


def test_a_selection_of_a_bucket_becomes_packages_without_reading_an_object(
    unio: BucketUnio, proxy: S3Proxy, tmp_path: Path
) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    unio.run("remote", "add", "lab", tmp_path / "lab")
    stored = objects(unio.registry)
    unio.env["AWS_ENDPOINT_URL_S3"] = proxy.url
    for command in (["sample", "-n", "2", "--to", "team/few"], ["split", "a=1", "b=1", "--to", "team/{}"]):
        unio.run(*command, "--entries", f"{NAME}:v1", "-t", "v1")
    unio.run("sample", "--entries", f"{NAME}:v1", "-n", "2", "--to", "lab/team/few")
    assert [record for record in proxy.requests if record.method != "HEAD" and "/objects/" in record.path] == []
    assert objects(unio.registry) == stored
    parts = [model.check_registry(unio.registry, name)["v1"].files for name in ("team/a", "team/b")]
    assert parts[0] | parts[1] == FILES and not parts[0].keys() & parts[1].keys()
    few = model.check_registry(unio.registry, "team/few")["v1"].files
    assert len(few) == 2 and few.items() <= FILES.items()
    install(unio, tmp_path / "target", "lab/team/few")
    assert read_tree(tmp_path / "target") == few
