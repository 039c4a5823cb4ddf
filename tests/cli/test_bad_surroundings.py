"""A full disk, missing rights, files that change, planted links, two commands at once: said clearly, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from unio_command import Unio, read_tree, write_tree
from unio_scenes import FILES, NAME, fails, listing, objects, publish, start_package, wait_until

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.fail(f"the tests of a full disk need the right to mount a tmpfs (run them as root): {mounted.stderr}")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def test_a_full_disk_stops_a_push_and_the_next_one_completes(unio: Unio, folder: Path, small_disk: Path) -> None:
    unio.env["UNIO_REGISTRY"] = str(small_disk / "registry")
    start_package(unio, folder, {"README.md": b"#", "big.bin": os.urandom(2 * MIB)})
    fails(unio, 12, "push", cwd=folder)
    assert not list((small_disk / "registry").glob(".quilt/named_packages/*/*/*"))
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    unio.run("push", cwd=folder)
    assert unio.json("show", NAME)["entries"] == 2


def test_a_full_disk_stops_an_install_and_the_next_one_completes(unio: Unio, folder: Path, small_disk: Path) -> None:
    content = {"a.bin": os.urandom(MIB // 2), "b.bin": os.urandom(2 * MIB), "README.md": b"#"}
    publish(unio, folder, content)
    fails(unio, 12, "install", NAME, "--location", small_disk / "target")
    assert all(read_tree(small_disk / "target")[key] == content[key] for key in read_tree(small_disk / "target"))
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    unio.run("install", NAME, "--location", small_disk / "target")
    assert read_tree(small_disk / "target") == content


@pytest.fixture
def nobody(public_folder: Path, unprivileged: list[str]) -> Unio:
    """A user without root's rights."""
    user = Unio(public_folder / "home", prefix=unprivileged)
    user.home.chmod(0o777)
    (public_folder / "work").mkdir()
    (public_folder / "work").chmod(0o777)
    return user


def test_a_registry_that_may_not_be_written_is_said_so(nobody: Unio, public_folder: Path) -> None:
    nobody.registry.mkdir()
    nobody.registry.chmod(0o555)
    start_package(nobody, public_folder / "work")
    assert str(nobody.registry) in fails(nobody, 7, "push", cwd=public_folder / "work")
    assert list(nobody.registry.iterdir()) == []


def test_a_read_only_registry_can_be_read(nobody: Unio, public_folder: Path) -> None:
    publish(nobody, public_folder / "work")
    folders = [nobody.registry, *(path for path in nobody.registry.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    nobody.run("install", NAME, "--location", public_folder / "home/target")
    assert read_tree(public_folder / "home/target") == FILES
    for command in [["ls"], ["log", NAME], ["show", NAME], ["cat", NAME, "a.txt"], ["tag", NAME], ["diff", NAME, NAME]]:
        nobody.run(*command)
    fails(nobody, 7, "tag", NAME, "stable")


def test_a_target_that_may_not_be_written_is_said_so(nobody: Unio, public_folder: Path) -> None:
    publish(nobody, public_folder / "work")
    closed = public_folder / "closed"
    closed.mkdir(mode=0o555)
    closed.chmod(0o555)
    assert str(closed) in fails(nobody, 7, "install", NAME, "--location", closed / "target")
    assert str(closed) in fails(nobody, 7, "install", NAME, "--location", closed)
    assert list(closed.iterdir()) == []


def test_status_works_in_a_workspace_that_may_not_be_written(nobody: Unio, public_folder: Path) -> None:
    work = public_folder / "work"
    publish(nobody, work)
    for path in [work, *(p for p in work.rglob("*") if p.is_dir())]:
        path.chmod(0o555)
    assert nobody.json("status", cwd=work)["clean"]
    nobody.run("verify", work)
    fails(nobody, 7, "add", "a.txt", cwd=work)


def test_a_file_that_changes_while_it_is_read_is_found_and_named(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"README.md": b"#"})
    growing = folder / "growing.bin"
    with growing.open("wb") as file:
        file.truncate(64 * MIB)
    done = threading.Event()

    def keep_growing() -> None:
        with growing.open("ab") as file:
            while not done.is_set():
                file.write(b"more")
                file.flush()
                done.wait(0.001)

    for command in [["build-manifest"], ["push"]]:
        done.clear()
        writer = threading.Thread(target=keep_growing)
        writer.start()
        try:
            assert str(growing) in fails(unio, 11, *command, cwd=folder, hint="nothing writes")
        finally:
            done.set()
            writer.join()
    assert not (unio.registry / ".quilt/named_packages").exists()
    unio.run("push", cwd=folder)


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_a_symlink_planted_in_the_target_is_never_followed(
    unio: Unio, folder: Path, tmp_path: Path, options: list[str]
) -> None:
    publish(unio, folder)
    outside, target = tmp_path / "outside", tmp_path / "target"
    write_tree(outside, {"b.txt": b"precious", "a.txt": b"precious"})
    target.mkdir()
    (target / "dir").symlink_to(outside)
    (target / "a.txt").symlink_to(outside / "a.txt")
    before = listing(outside)
    process = unio.start("install", NAME, "--location", target, *options)
    _, err = process.communicate(timeout=60)
    assert listing(outside) == before, "something outside the target was written"
    if not options:
        assert process.returncode == 7 and str(target / "dir") in err, err
    elif process.returncode == 0:
        assert read_tree(target) == FILES and not (target / "a.txt").is_symlink()
    else:
        assert "'dir/b.txt'" in err and str(target) in err, err


def test_a_symlink_that_replaces_a_folder_of_a_workspace_is_not_followed_by_sync(
    unio: Unio, folder: Path, tmp_path: Path
) -> None:
    publish(unio, folder)
    outside, target = tmp_path / "outside", tmp_path / "target"
    unio.run("install", NAME, "--location", target)
    (target / "dir").rename(outside)
    (target / "dir").symlink_to(outside)
    write_tree(outside, {"b.txt": b"precious", "mine.txt": b"mine"})
    before = listing(outside)
    unio.run("verify", target, exit_code=1)
    unio.run("sync", target)
    assert listing(outside) == before
    assert read_tree(target) == FILES and not (target / "dir").is_symlink()


def test_a_state_folder_that_is_a_symlink_is_not_followed(unio: Unio, folder: Path, tmp_path: Path) -> None:
    publish(unio, folder)
    (tmp_path / "outside").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target/.unio").symlink_to(tmp_path / "outside")
    process = unio.start("install", NAME, "--location", tmp_path / "target")
    process.communicate(timeout=60)
    assert list((tmp_path / "outside").iterdir()) == []
    assert process.returncode not in (0, 70)


def test_two_commands_in_one_workspace_at_once_are_a_conflict(unio: Unio, folder: Path, tmp_path: Path) -> None:
    start_package(unio, folder)
    release = tmp_path / "release"
    first = unio.start("push", cwd=folder, UNIO_FAIL="push.after_objects:pause", UNIO_FAIL_RELEASE=str(release))
    wait_until(lambda: len(objects(unio.registry)) == len(FILES), first)
    for command in [["add", "a.txt"], ["push"], ["rm", "a.txt"], ["build-manifest"], ["sync"]]:
        fails(unio, 5, *command, cwd=folder, hint="again")
    assert unio.json("status", cwd=folder)["package"] == NAME
    release.touch()
    _, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    unio.run("add", "a.txt", cwd=folder)


def test_a_workspace_whose_state_is_broken_says_which_file(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    (folder / ".unio/workspace.json").write_text('{"half": ')
    assert "workspace.json" in fails(unio, 9, "status", cwd=folder)


def test_a_broken_stat_index_costs_time_and_nothing_else(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    (folder / ".unio/index").write_bytes(b"garbage" * 10)
    assert unio.json("status", cwd=folder)["clean"]
    write_tree(folder, {"a.txt": b"other"})
    assert unio.json("status", cwd=folder)["changed"] == ["a.txt"]
