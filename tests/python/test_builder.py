"""A package in the making."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
import unio
from python_scenes import FILES, NAME, SECOND, publish
from s3_registry import Bucket, client
from unio import Package, PackageBuilder
from unio_command import write_tree

from model import check_registry, check_settled, place_of


@pytest.fixture
def files(work: Path) -> Path:
    """Some files where the test stands."""
    write_tree(work, FILES)
    return work


def contents(pkg: Package) -> dict[str, bytes]:
    return {entry.logical_key: entry.get_bytes() for entry in pkg}


def test_calls_can_be_chained_and_the_result_is_published_whole(registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME)
    assert builder.add("a.txt").add("dir/").set("README.md", "README.md").move("a.txt", "z.txt") is builder
    pkg = builder.remove("dir/b.txt").set_meta("z.txt", {"n": 1}).push_data_and_manifest(tag="v1")
    assert contents(pkg) == {"README.md": b"# data\n", "dir/c.txt": b"three", "z.txt": b"one"}
    found = check_registry(place_of(registry), NAME)
    assert found["v1"].files == found["latest"].files == contents(pkg)
    check_settled(place_of(registry), NAME)


@pytest.mark.parametrize("source", ["dir", "dir/", "./dir", Path("dir")])
def test_a_folder_is_added_under_the_key_that_it_is_written_as(source: Any, folder_registry: str, files: Path) -> None:
    pkg = PackageBuilder(NAME).add(source).push()
    assert sorted(pkg.keys()) == ["dir/b.txt", "dir/c.txt"]


def test_sources_go_where_their_key_says(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME).add("x/y.txt", "a.txt").add("deep/er/", files / "dir").add("", "dir")
    assert sorted(builder.push().keys()) == ["b.txt", "c.txt", "deep/er/b.txt", "deep/er/c.txt", "x/y.txt"]


def test_what_lies_elsewhere_needs_a_key(folder_registry: str, files: Path) -> None:
    for source in (str(files / "a.txt"), "../work/a.txt", files / "a.txt", ".."):
        if source == "../work/a.txt":
            PackageBuilder(NAME).add(source)  # leads to where the user stands
            continue
        with pytest.raises(ValueError, match=r"add\(key, "):
            PackageBuilder(NAME).add(source)
    with pytest.raises(ValueError, match=r"add\(key, "):
        PackageBuilder(NAME).add("s3://bucket/x/")


def test_objects_are_added_as_pointers(bucket_registry: str) -> None:
    bucket = Bucket()
    for key in ("abc/1.jpg", "abc/deep/2.jpg"):
        client().put_object(Bucket=bucket.name, Key=key, Body=key.encode())
    builder = PackageBuilder(NAME).add("val/", f"{bucket.url}/abc/").add("one.jpg", f"{bucket.url}/abc/1.jpg")
    pkg = builder.push(copy=False)
    assert {entry.logical_key: entry.physical_key for entry in pkg} == {
        "one.jpg": f"{bucket.url}/abc/1.jpg",
        "val/1.jpg": f"{bucket.url}/abc/1.jpg",
        "val/deep/2.jpg": f"{bucket.url}/abc/deep/2.jpg",
    }
    assert pkg.get_bytes("val/deep/2.jpg") == b"abc/deep/2.jpg"
    copied = pkg.as_package_builder().push("copied/")
    assert copied["one.jpg"].physical_key == f"{bucket_registry}/copied/one.jpg"
    assert copied.hash == pkg.hash


def test_packages_are_added_with_and_without_a_folder(registry: str) -> None:
    other = publish("other/data", {"x.txt": b"x"})
    pkg = PackageBuilder(NAME).add(other).add("sub/", other).push()
    assert contents(pkg) == {"sub/x.txt": b"x", "x.txt": b"x"}


def test_two_sources_of_one_key_collide_unless_that_is_said(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME).add("a.txt")
    with pytest.raises(FileExistsError, match=r"a\.txt") as raised:
        builder.add("a.txt", "README.md")
    assert isinstance(raised.value, unio.AlreadyExistsError)
    assert "overwrite=True" in raised.value.hint
    with pytest.raises(FileExistsError):
        builder.add(publish("other/data", {"a.txt": b"x"}))
    assert contents(builder.add("a.txt", "README.md", overwrite=True).push()) == {"a.txt": b"# data\n"}


def test_set_replaces_whatever_stands_there(registry: str, files: Path) -> None:
    pkg = publish().as_package_builder().set("a.txt", Path("dir/b.txt"), meta={"k": 1}).push()
    assert (pkg.get_bytes("a.txt"), pkg.get_metadata("a.txt")) == (b"two", {"k": 1})


def test_moving_keeps_data_where_it_is(registry: str) -> None:
    pkg = publish()
    moved = pkg.as_package_builder().set_meta("dir/b.txt", {"b": 1}).move_dir_contents("dir", "new/folder").push()
    assert moved["new/folder/b.txt"].physical_key == pkg["dir/b.txt"].physical_key
    assert moved.get_metadata("new/folder/b.txt") == {"b": 1}
    with pytest.raises(FileNotFoundError):
        moved.as_package_builder().move("dir/", "x/")


def test_metadata_of_none_is_removed(folder_registry: str) -> None:
    builder = publish(meta={"p": 1}).as_package_builder().set_meta("a.txt", {"a": 1}).set_meta("dir/", {"d": 1})
    first = builder.push()
    for key in ("a.txt", "dir/", ""):
        builder.set_meta(key, None)
    second = builder.push()
    assert [first.get_metadata(key) for key in ("a.txt", "dir/", "")] == [{"a": 1}, {"d": 1}, {"p": 1}]
    assert [second.get_metadata(key) for key in ("a.txt", "dir/", "")] == [{}, {}, {}]


def test_metadata_of_a_folder_alone_makes_no_revision_and_says_so(registry: str) -> None:
    builder = publish().as_package_builder().set_meta("dir/", {"d": 1})
    with pytest.warns(unio.UnioWarning, match="metadata of folders alone"):
        builder.push()
    pkg = builder.set_meta("dir/", {"d": 2}).push_data_and_manifest(message="the folder has its metadata")
    assert pkg.get_metadata("dir/") == Package(NAME).get_metadata("dir/") == {"d": 2}


def test_message_and_metadata_are_published(registry: str, files: Path) -> None:
    pkg = PackageBuilder(NAME).add("dir").push_data_and_manifest(message="süß\nand long", meta={"k": ["v", 1, True]})
    assert (Package(NAME).message, pkg.metadata) == ("süß\nand long", {"k": ["v", 1, True]})


def test_a_builder_becomes_a_package_only_when_others_can_find_it(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME).add("a.txt")
    with pytest.raises(unio.PreconditionError, match=r"build_manifest\(\)"):
        builder.as_package(allow_local_files=True, allow_local_manifest=True)
    builder.build_manifest()
    with pytest.raises(unio.PreconditionError, match=r"push_data\(\).*\n.*push_manifest\(\)"):
        builder.as_package()
    with pytest.raises(unio.PreconditionError, match=r"^Manifest contains pointers to local files"):
        builder.as_package(allow_local_manifest=True)
    with pytest.raises(unio.PreconditionError, match=r"^The manifest has not been pushed"):
        builder.as_package(allow_local_files=True)
    local = builder.as_package(allow_local_files=True, allow_local_manifest=True)
    assert (local.hash, contents(local)) == (builder.hash, {"a.txt": b"one"})
    assert unio.packages() == []
    assert builder.push_data().as_package(allow_local_manifest=True).hash == local.hash
    published = builder.push_manifest()
    assert builder.as_package() == published == Package(NAME)


def test_local_files_are_published_only_when_that_is_said(registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME).add("a.txt")
    with pytest.raises(unio.PreconditionError, match="pointers to local files"):
        builder.push_manifest()
    assert unio.packages() == []
    pkg = builder.push_manifest(allow_local_files=True)
    assert pkg["a.txt"].physical_key == (files / "a.txt").as_uri()
    assert Package(NAME).get_bytes("a.txt") == b"one"


def test_pushing_again_says_that_there_is_nothing_to_push(
    registry: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = PackageBuilder(NAME).add("dir")
    first = builder.push()
    capsys.readouterr()
    assert builder.push() == first
    assert f"Nothing to push: {NAME} is published as {first.hash[:9]}" in capsys.readouterr().out
    assert len(unio.revisions(NAME)) == 1


def test_a_tag_that_somebody_else_moved_is_a_conflict_that_names_both(registry: str, files: Path) -> None:
    publish(tag="main")
    ours = Package(f"{NAME}:main").as_package_builder().set_meta("a.txt", {"ours": 1})
    theirs = Package(f"{NAME}:main").as_package_builder().set_meta("a.txt", {"theirs": 1}).push(tag="main")
    ours.build_manifest()
    with pytest.raises(unio.ConflictError) as raised:
        ours.push(tag="main")
    assert ours.hash
    assert ours.hash in str(raised.value) and theirs.hash in str(raised.value)
    assert Package(f"{NAME}:main") == theirs
    assert ours.push(tag="main", force=True) == Package(f"{NAME}:main")


def test_the_same_content_has_the_same_hash_wherever_it_is(folder_registry: str, files: Path) -> None:
    built = PackageBuilder(NAME).add(".").build_manifest()
    assert built.hash == built.top_hash == publish("other/name").hash
    assert built.set_meta("a.txt", {"new": 1}).hash is None


def test_dotfiles_are_added_and_the_workspace_is_not(folder_registry: str, work: Path) -> None:
    write_tree(work, {".hidden": b"h", ".config/x": b"x", ".unio/y": b"y"})
    assert sorted(PackageBuilder(NAME).add(".").push().keys()) == [".config/x", ".hidden"]


KEYS = [
    "süß/ü",
    "with space",
    "new\nline",
    "quote'\"",
    "#?%&+",
    "emoji \U0001f600",
    "tab\t",
    "back\\slash",
    "combining e\u0301",
]


def test_any_name_of_a_file_is_a_key(registry: str, work: Path) -> None:
    write_tree(work, {key: key.encode() for key in KEYS})
    pkg = PackageBuilder(NAME).add(".").push("plain/")
    assert sorted(pkg.keys()) == sorted(KEYS)
    assert {key: pkg.get_bytes(key) for key in KEYS} == {key: key.encode() for key in KEYS}
    assert dict(zip(KEYS, pkg.get_many(KEYS), strict=True)) == contents(Package(NAME))
    pkg.download("copy")
    assert pkg.verify_directory_matches_manifest("copy")


def test_keys_with_lone_surrogates_come_back_as_they_were_written(folder_registry: str, files: Path) -> None:
    pkg = PackageBuilder(NAME).add("a\ud800.txt", "a.txt").set_meta("a\ud800.txt", {"\udfff": "\ud800"}).push()
    assert list(Package(NAME).keys()) == ["a\ud800.txt"]
    assert pkg.get_metadata("a\ud800.txt") == {"\udfff": "\ud800"}
    assert pkg["a\ud800.txt"].get_bytes() == b"one"


def test_numbers_in_metadata_keep_their_value(folder_registry: str, files: Path) -> None:
    meta = {"nan": math.nan, "inf": -math.inf, "big": 10**40, "small": 5e-324, "float": 1.0}
    found = PackageBuilder(NAME).set("a.txt", "a.txt", meta=meta).push().get_metadata("a.txt")
    assert math.isnan(found.pop("nan"))
    assert found == {key: value for key, value in meta.items() if key != "nan"}
    assert isinstance(found["float"], float)


def test_what_a_folder_loses_before_it_is_built_is_not_in_the_package(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME).add("dir").build_manifest()
    Path("dir/b.txt").unlink()
    Path("dir/new.txt").write_text("new")
    with pytest.warns(unio.UnioWarning, match=r"dir/b\.txt.*is gone"):
        builder.build_manifest()
    assert sorted(builder.push().keys()) == ["dir/c.txt", "dir/new.txt"]


def test_warnings_point_at_the_line_that_called(folder_registry: str, work: Path) -> None:
    write_tree(work, {"id_rsa": b"-----BEGIN OPENSSH PRIVATE KEY-----"})
    with pytest.warns(unio.UnioWarning, match="looks like a secret") as caught:
        PackageBuilder(NAME).add(".").push()
    assert {Path(warning.filename) for warning in caught} == {Path(__file__)}


def test_what_is_missing_is_a_file_not_found_error_and_changes_nothing(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME).add("a.txt")
    for call in (
        lambda: builder.add("nope.txt"),
        lambda: builder.set("k", "nope.txt"),
        lambda: builder.remove("nope"),
        lambda: builder.move("nope", "x"),
        lambda: builder.set_meta("nope", {}),
    ):
        with pytest.raises(FileNotFoundError, match="nope"):
            call()
    assert contents(builder.push()) == {"a.txt": b"one"}


def test_wrong_types_are_refused_at_the_call(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder(NAME)
    wrong_calls: list[Any] = [
        lambda: PackageBuilder(7),
        lambda: PackageBuilder(None),
        lambda: builder.add(),
        lambda: builder.add(7),
        lambda: builder.add(7, "a.txt"),
        lambda: builder.add("k", None),
        lambda: builder.add("a", "b", "c"),
        lambda: builder.set("k", 7),
        lambda: builder.set(7, "a.txt"),
        lambda: builder.set_meta(7, {}),
        lambda: builder.remove(None),
        lambda: builder.move("a", None),
        lambda: builder.push(tag=7),
        lambda: builder.push(message=7),
        lambda: builder.push(prefix=7),
        lambda: builder.set_meta("", {"x": object()}),
        lambda: builder.add("a.txt", overwrite="yes"),
        lambda: builder.add(b"a.txt"),
    ]
    for number, call in enumerate(wrong_calls):
        with pytest.raises(TypeError):
            call()
            pytest.fail(f"call {number} was taken")


@pytest.mark.parametrize("key", ["/abs", "../up", "a//b", "a/../b", "", "a/./b"])
def test_keys_that_lead_elsewhere_are_value_errors(key: str, folder_registry: str, files: Path) -> None:
    with pytest.raises(ValueError):
        PackageBuilder(NAME).set(key, "a.txt")


def test_an_explicit_hash_is_no_name_for_a_new_package(folder_registry: str) -> None:
    with pytest.raises(ValueError):
        PackageBuilder(f"{NAME}@{'ab' * 32}")


def test_a_builder_leaves_nothing_behind(folder_registry: str, files: Path, home: Path) -> None:
    builder = PackageBuilder(NAME).add("dir")
    builder.push()
    del builder
    assert [
        path for path in home.rglob("*") if path.name in (".unio", "workspace.json") and "registry" not in path.parts
    ] == []
    assert not (files / ".unio").exists()


def test_a_builder_needs_no_folder_for_the_cache(
    folder_registry: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert contents(PackageBuilder(NAME).add("a.txt").push()) == {"a.txt": b"one"}


def test_what_python_publishes_is_json_that_quilt_reads(folder_registry: str, files: Path) -> None:
    pkg = publish(files=SECOND, meta={"m": 1})
    header, *rows = [json.loads(line) for line in place_of(pkg.manifest).read_text().splitlines()]
    assert header["user_meta"] == {"m": 1}
    assert [row["logical_key"] for row in rows] == sorted(SECOND)
    assert os.path.exists(place_of(rows[0]["physical_keys"][0]))
