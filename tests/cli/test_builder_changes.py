"""Changing a package that is being made: set, set-meta, rm, mv, status, build-manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unio_command import Unio, write_tree
from unio_scenes import (
    FILES, NAME, built_keys, entry_row, fails, publish, published_keys, put_rows, start_package, wait_until_files_are_old,
)

# ---------------------------------------------------------------- set, set-meta


def test_set_replaces_one_entry_and_later_changes_of_its_source_count(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    write_tree(folder.parent, {"replacement.txt": b"new"})
    unio.run("set", "dir/b.txt", "../replacement.txt", "--meta", '{"why": "better"}', cwd=folder)
    unio.run("push", cwd=folder)
    assert unio.run("cat", NAME, "dir/b.txt").stdout == "new"
    assert unio.json("show", NAME, "dir/b.txt")["user_meta"] == {"why": "better"}
    write_tree(folder.parent, {"replacement.txt": b"newer"})
    assert unio.json("status", cwd=folder)["changed"] == ["dir/b.txt"]
    unio.run("push", cwd=folder)
    assert unio.run("cat", NAME, "dir/b.txt").stdout == "newer"


def test_set_of_a_folder_or_of_nothing_is_an_error(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    assert "'dir'" in fails(unio, 2, "set", "x", "dir", cwd=folder, hint="unio add x dir --overwrite")
    assert "'nothing'" in fails(unio, 3, "set", "x", "nothing", cwd=folder)


@pytest.mark.parametrize("key", ["../x", "/x", "a/../b", "a//b", "", ".", "a/./b"])
def test_keys_that_leave_the_package_are_refused(unio: Unio, folder: Path, key: str) -> None:
    start_package(unio, folder)
    fails(unio, 2, "set", key, "a.txt", cwd=folder)


META = '{"float": 1.0, "big": 123456789012345678901234567890, "e": 1e400, "s": "\\u00fc\\ud83d\\ude00", "n": null, "z": []}'


@pytest.mark.parametrize("key", ["", "dir/", "a.txt"])
def test_metadata_is_kept_exactly(unio: Unio, folder: Path, key: str) -> None:
    start_package(unio, folder)
    unio.run("set-meta", key, META, cwd=folder)
    unio.run("push", cwd=folder)
    shown = unio.run("show", NAME, *([key] if key else []), "--json").stdout
    assert "123456789012345678901234567890" in shown and "1.0" in shown
    meta = json.loads(shown)["user_meta"]
    assert meta == json.loads(META)


def test_metadata_survives_new_content_and_null_removes_it(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    unio.run("set-meta", "a.txt", '{"x": 1}', cwd=folder)
    unio.run("push", cwd=folder)
    write_tree(folder, {"a.txt": b"other"})
    unio.run("push", cwd=folder)
    assert unio.json("show", NAME, "a.txt")["user_meta"] == {"x": 1}
    unio.run("set-meta", "a.txt", "null", cwd=folder)
    unio.run("push", cwd=folder)
    assert not unio.json("show", NAME, "a.txt")["user_meta"]


def test_changed_metadata_shows_in_status_and_makes_a_revision(unio: Unio, folder: Path) -> None:
    first = publish(unio, folder)
    unio.run("set-meta", "a.txt", '{"x": 1}', cwd=folder)
    unio.run("set-meta", "", '{"p": 1}', cwd=folder)
    status = unio.json("status", cwd=folder)
    assert sorted(status["meta_changed"]) == ["", "a.txt"] and not status["clean"]
    assert "(the package)" in unio.run("status", cwd=folder).stdout
    assert unio.json("push", cwd=folder)["top_hash"] != first


def test_metadata_that_is_no_json_or_for_nothing_is_refused(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    assert "JSON" in fails(unio, 2, "set-meta", "a.txt", "{x: 1}", cwd=folder, hint="quote")
    assert "--meta" in fails(unio, 2, "set", "a.txt", "a.txt", "--meta", "[1", cwd=folder)
    assert "'nothing'" in fails(unio, 3, "set-meta", "nothing", "{}", cwd=folder, hint="unio status")
    assert "'nothing" in fails(unio, 3, "set-meta", "nothing/", "{}", cwd=folder)


# ---------------------------------------------------------------- rm, mv


def test_rm_takes_entries_out_and_leaves_files(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    assert unio.run("rm", "a.txt", cwd=folder).stdout == f"Removing a.txt (1 entry) from {NAME}; local files stay\n"
    unio.run("rm", "dir/", cwd=folder)
    assert (folder / "a.txt").exists() and (folder / "dir/b.txt").exists()
    unio.run("push", cwd=folder)
    assert published_keys(unio) == ["README.md"]
    unio.run("push", cwd=folder)
    assert published_keys(unio) == ["README.md"], "what rm took out came back by itself"


def test_what_rm_took_out_comes_back_with_add(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    unio.run("rm", "a.txt", cwd=folder)
    assert "a.txt" not in built_keys(unio, folder)
    unio.run("add", "a.txt", cwd=folder)
    assert "a.txt" in built_keys(unio, folder)


def test_rm_and_mv_of_what_is_not_there_are_not_found(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    assert "'nothing'" in fails(unio, 3, "rm", "nothing", cwd=folder, hint="unio status")
    assert "'nothing'" in fails(unio, 3, "mv", "nothing", "x", cwd=folder, hint="unio status")


def test_mv_renames_entries_and_folders_with_their_metadata(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    unio.run("set-meta", "dir/b.txt", '{"x": 1}', cwd=folder)
    unio.run("set-meta", "dir/", '{"f": 1}', cwd=folder)
    unio.run("push", cwd=folder)
    unio.run("mv", "dir/", "tables/", cwd=folder)
    unio.run("mv", "a.txt", "first.txt", cwd=folder)
    unio.run("push", cwd=folder)
    assert published_keys(unio) == ["README.md", "first.txt", "tables/b.txt", "tables/c.txt"]
    assert unio.json("show", NAME, "tables/b.txt")["user_meta"] == {"x": 1}
    assert unio.json("show", NAME, "tables/")["user_meta"] == {"f": 1}
    assert sorted(p.name for p in (folder / "dir").iterdir()) == ["b.txt", "c.txt"]


def test_mv_onto_present_keys_needs_overwrite(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    message = fails(unio, 4, "mv", "a.txt", "dir/b.txt", cwd=folder, hint="--overwrite")
    assert '"a.txt"' in message and '"dir/b.txt"' in message
    unio.run("mv", "a.txt", "dir/b.txt", "--overwrite", cwd=folder)
    unio.run("push", cwd=folder)
    assert published_keys(unio) == ["README.md", "dir/b.txt", "dir/c.txt"]
    assert unio.run("cat", NAME, "dir/b.txt").stdout == "one"


def test_mv_of_a_folder_into_itself_is_refused(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    fails(unio, 2, "mv", "dir/", "dir/below/", cwd=folder)
    assert built_keys(unio, folder) == sorted(FILES)


# ---------------------------------------------------------------- status, build-manifest


def test_status_names_what_changed_is_missing_new_and_unknown(unio: Unio, folder: Path) -> None:
    publish(unio, folder, FILES, "-t", "v1")
    write_tree(folder, {"a.txt": b"1ne", "new.txt": b"n"})
    (folder / "dir/b.txt").unlink()
    status = unio.json("status", cwd=folder)
    assert (status["changed"], status["missing"], status["added"]) == (["a.txt"], ["dir/b.txt"], ["new.txt"])
    text = unio.run("status", cwd=folder).stdout
    assert "\nChanged:\n  a.txt\n" in text and "\nMissing:\n  dir/b.txt\n" in text and "\nNew:\n  new.txt\n" in text


def test_status_after_install_calls_other_files_unknown(unio: Unio, folder: Path, tmp_path: Path) -> None:
    publish(unio, folder)
    unio.run("install", NAME, "--location", tmp_path / "installed")
    write_tree(tmp_path / "installed", {"mine.txt": b"m"})
    assert unio.json("status", tmp_path / "installed")["unknown"] == ["mine.txt"]
    assert "unio add" in unio.run("status", tmp_path / "installed").stdout


def test_status_finds_a_change_of_the_same_size_and_time(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    stat = (folder / "a.txt").stat()
    (folder / "a.txt").write_bytes(b"eno")
    os.utime(folder / "a.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert unio.json("status", cwd=folder)["changed"] == ["a.txt"]


def test_the_root_is_shown_as_a_place_of_its_own(unio: Unio, folder: Path) -> None:
    write_tree(folder, FILES)
    unio.run("init", NAME, cwd=folder)
    assert "to team/data... (" in unio.run("add", ".", cwd=folder).stdout
    assert "\nData:\n  ./  ->  ./\n" in unio.run("status", cwd=folder).stdout


def test_build_manifest_takes_message_and_metadata(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    unio.run("build-manifest", "-m", "first try", "--meta", '{"x": 1.50}', cwd=folder)
    unio.run("push", cwd=folder)
    shown = unio.json("show", NAME)
    assert (shown["message"], shown["user_meta"]) == ("first try", {"x": 1.5})


def test_a_build_reads_only_what_changed(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    assert unio.json("build-manifest", cwd=folder)["hashed"] == len(FILES)
    wait_until_files_are_old(folder)
    unio.run("build-manifest", cwd=folder)
    write_tree(folder, {"a.txt": b"changed"})
    assert unio.json("build-manifest", cwd=folder)["hashed"] == 1


def test_an_empty_package_can_be_built_and_published(unio: Unio, folder: Path) -> None:
    unio.run("init", NAME, cwd=folder)
    unio.run("push", cwd=folder)
    assert published_keys(unio) == []


def test_a_package_that_another_tool_wrote_can_be_added_to_a_builder(unio: Unio, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"bytes")
    put_rows(unio, [entry_row("data.bin", tmp_path / "data.bin")], "team/theirs")
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "--package", "team/theirs", cwd=folder)
    unio.run("push", cwd=folder)
    assert unio.run("cat", NAME, "data.bin").stdout == "bytes"
