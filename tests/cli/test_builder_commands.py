"""Starting a package: init and add."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from unio_command import Unio, write_tree
from unio_scenes import NAME, built_keys, fails, publish, published_keys, start_package, warnings

# ---------------------------------------------------------------- init


def test_init_makes_a_workspace_and_says_so(unio: Unio, folder: Path) -> None:
    result = unio.run("init", NAME, cwd=folder)
    assert result.stdout == f"New PackageBuilder {NAME} created\n"
    assert unio.json("status", cwd=folder)["package"] == NAME


def test_init_makes_a_folder_that_is_missing(unio: Unio, tmp_path: Path) -> None:
    unio.run("init", NAME, tmp_path / "new/folder")
    assert unio.json("status", tmp_path / "new/folder")["builder"]


def test_init_of_a_one_segment_name_notes_that_quilt3_cannot_read_it(unio: Unio, folder: Path) -> None:
    [note] = warnings(unio.run("init", "photos", cwd=folder).stderr)
    assert "quilt3" in note and "'photos'" in note


def test_init_of_a_workspace_or_below_one_is_refused(unio: Unio, folder: Path) -> None:
    unio.run("init", NAME, cwd=folder)
    assert NAME in fails(unio, 4, "init", "team/other", cwd=folder)
    assert NAME in fails(unio, 4, "init", "team/other", folder / "below")
    assert not (folder / "below").exists()


def test_init_of_a_version_is_refused(unio: Unio, folder: Path) -> None:
    assert "v1" in fails(unio, 2, "init", "team/data:v1", cwd=folder)
    assert not (folder / ".unio").exists()


@pytest.mark.parametrize("command", [["status"], ["add", "x"], ["push"], ["build-manifest"], ["sync"], ["verify"]])
def test_outside_a_workspace_commands_say_how_to_make_one(unio: Unio, folder: Path, command: list[str]) -> None:
    fails(unio, 11, *command, cwd=folder, hint="unio init")


# ---------------------------------------------------------------- add


def test_keys_are_relative_to_the_root_from_wherever_add_is_called(unio: Unio, folder: Path) -> None:
    write_tree(folder, {"dir/deep/a.txt": b"a", "dir/b.txt": b"b"})
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "deep/", cwd=folder / "dir")
    unio.run("add", "../b.txt", cwd=folder / "dir/deep")
    assert built_keys(unio, folder) == ["dir/b.txt", "dir/deep/a.txt"]


def test_add_of_the_root_takes_dotfiles_but_not_tools_folders(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {
        ".hidden": b"h", "a.txt": b"a", ".git/config": b"", ".venv/x": b"", "sub/__pycache__/y": b"", "node_modules/z": b"",
    })
    assert built_keys(unio, folder) == [".hidden", "a.txt"]


def test_an_added_folder_stays_connected(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"data/a": b"a", "data/b": b"b"})
    assert built_keys(unio, folder) == ["data/a", "data/b"]
    write_tree(folder, {"data/c": b"c"})
    (folder / "data/a").unlink()
    assert built_keys(unio, folder) == ["data/b", "data/c"]


def test_a_source_outside_needs_a_key_and_the_hint_says_which_command(unio: Unio, folder: Path) -> None:
    write_tree(folder.parent, {"outside/o.txt": b"o"})
    unio.run("init", NAME, cwd=folder)
    for source in ["../outside", "../outside/o.txt", str(folder.parent / "outside")]:
        assert source in fails(unio, 2, "add", source, cwd=folder, hint=f"unio add KEY {source}")
    unio.run("add", "in/", "../outside", cwd=folder)
    unio.run("add", "single.txt", folder.parent / "outside/o.txt", cwd=folder)
    assert built_keys(unio, folder) == ["in/o.txt", "single.txt"]


def test_two_sources_of_one_key_are_an_error_that_names_both(unio: Unio, folder: Path) -> None:
    write_tree(folder, {"one/x.txt": b"1", "one/only.txt": b"o", "two/x.txt": b"2"})
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "one/", cwd=folder)
    message = fails(unio, 4, "add", "one/", "two/", cwd=folder, hint="--overwrite")
    assert str(folder / "one/x.txt") in message and str(folder / "two/x.txt") in message
    assert built_keys(unio, folder) == ["one/only.txt", "one/x.txt"], "what was refused left something behind"

    unio.run("add", "one/", "two/", "--overwrite", cwd=folder)
    unio.run("push", cwd=folder)
    assert unio.run("cat", NAME, "one/x.txt").stdout == "2"
    assert unio.run("cat", NAME, "one/only.txt").stdout == "o"


def test_a_file_beside_a_folder_of_its_name_is_refused(unio: Unio, folder: Path) -> None:
    write_tree(folder, {"d/a": b"a"})
    write_tree(folder.parent, {"outside.txt": b"o"})
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "d/", cwd=folder)
    assert "'d'" in fails(unio, 4, "add", "d", "../outside.txt", cwd=folder, hint="unio rm")
    assert "'d/a/x'" in fails(unio, 4, "add", "d/a/x", "../outside.txt", cwd=folder, hint="unio rm")
    assert "'d/a/x'" in fails(unio, 4, "set", "d/a/x", "../outside.txt", cwd=folder)
    assert built_keys(unio, folder) == ["d/a"]


def test_what_cannot_be_packaged_is_named_and_left_out(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"dir/a.txt": b"a"})
    (folder / "dir/link").symlink_to("a.txt")
    (folder / "dir/folder-link").symlink_to(folder.parent)
    (folder / "dir/dangling").symlink_to("nowhere")
    (folder / "dir/empty").mkdir()
    os.mkfifo(folder / "dir/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(folder / "dir", os.O_RDONLY)
        try:
            server.bind(f"/proc/self/fd/{here}/socket")  # the path of a socket may not be long
        finally:
            os.close(here)
        expected = {
            "left out './dir/dangling': symbolic links are not packaged",
            "left out './dir/folder-link': symbolic links are not packaged",
            "left out './dir/link': symbolic links are not packaged",
            "left out './dir/empty': empty folders are not packaged",
            "left out './dir/pipe': devices, pipes and sockets are not packaged",
            "left out './dir/socket': devices, pipes and sockets are not packaged",
        }
        for command in [["add", "dir/"], ["status"], ["build-manifest"]]:
            assert set(warnings(unio.run(*command, cwd=folder).stderr)) == expected, command
    assert built_keys(unio, folder) == ["dir/a.txt"]


@pytest.mark.parametrize(("make", "what"), [
    (lambda path: path.symlink_to("a.txt"), "symbolic link"),
    (lambda path: os.mkfifo(path), "neither a file nor a folder"),
])
def test_adding_a_link_or_a_pipe_by_name_is_an_error(unio: Unio, folder: Path, make, what: str) -> None:  # type: ignore[no-untyped-def]
    start_package(unio, folder, {"a.txt": b"a"})
    make(folder / "odd")
    assert what in fails(unio, 2, "add", "odd", cwd=folder)


def test_an_unreadable_file_stops_a_build_and_is_named(public_folder: Path, unprivileged: list[str]) -> None:
    user = Unio(public_folder / "home", prefix=unprivileged)
    folder = public_folder / "work"
    folder.mkdir()
    for path in [folder, user.home]:
        path.chmod(0o777)
    write_tree(folder, {"a.txt": b"a", "secret.txt": b"s"})
    user.run("init", NAME, cwd=folder)
    user.run("add", ".", cwd=folder)
    (folder / "secret.txt").chmod(0)
    message = fails(user, 7, "push", cwd=folder, hint=".unioignore")
    assert str(folder / "secret.txt") in message
    assert not list(user.registry.glob(".quilt/packages/*"))


def test_quiltignore_and_unioignore_are_obeyed(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {
        ".quiltignore": b"*.tmp\nbuild/\n", ".unioignore": b"*.log\n!keep.log\n/top\n", "a.txt": b"a", "b.tmp": b"b",
        "sub/c.tmp": b"c", "build/d": b"d", "x.log": b"x", "keep.log": b"k", "top": b"t", "sub/top": b"s",
    })
    keys = built_keys(unio, folder)
    assert {"a.txt", "keep.log", "sub/top"} <= set(keys)
    assert not {"b.tmp", "sub/c.tmp", "build/d", "x.log", "top"} & set(keys)


def test_what_looks_like_a_secret_is_named_before_and_at_the_push(unio: Unio, folder: Path) -> None:
    write_tree(folder, {".env": b"TOKEN=1", "id_rsa": b"-----BEGIN", "README.md": b"#"})
    unio.run("init", NAME, cwd=folder)
    said = unio.run("add", ".", cwd=folder).stderr
    assert "'.env' looks like a secret" in said and "'id_rsa' looks like a secret" in said
    assert "'.env' looks like a secret" in unio.run("push", cwd=folder).stderr


def test_add_of_what_is_missing_is_not_found(unio: Unio, folder: Path) -> None:
    unio.run("init", NAME, cwd=folder)
    assert "'nothing'" in fails(unio, 3, "add", "nothing", cwd=folder)
    fails(unio, 2, "add", cwd=folder, hint="unio add FILE_OR_FOLDER")


def test_add_package_brings_entries_with_their_metadata(unio: Unio, folder: Path, tmp_path: Path) -> None:
    start_package(unio, tmp_path / "labels", {"l.json": b"{}", "README.md": b"#"}, "team/labels")
    unio.run("set-meta", "l.json", '{"kind": "labels"}', cwd=tmp_path / "labels")
    unio.run("push", "-t", "v1", cwd=tmp_path / "labels")
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "--package", "team/labels:v1", "labels/", cwd=folder)
    unio.run("push", cwd=folder)
    assert published_keys(unio) == ["labels/README.md", "labels/l.json"]
    assert unio.json("show", NAME, "labels/l.json")["user_meta"] == {"kind": "labels"}


def test_add_package_over_present_keys_names_both_sides(unio: Unio, folder: Path, tmp_path: Path) -> None:
    publish(unio, tmp_path / "other", {"a.txt": b"theirs"}, name="team/other")
    start_package(unio, folder, {"a.txt": b"ours"})
    message = fails(unio, 4, "add", "--package", "team/other", cwd=folder, hint="--overwrite")
    assert "'a.txt'" in message and "team/other" in message
    unio.run("add", "--package", "team/other", "--overwrite", cwd=folder)
    unio.run("push", cwd=folder)
    assert unio.run("cat", NAME, "a.txt").stdout == "theirs"
