"""Comparing the environment that something was made in with the present one, and making it again, from real records and
from those of an enemy. Packages come from wheels made here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from python_environments import PYTHON_FOLDER, frozen, git, make_environment, make_wheel, tamper
from unio_command import Unio, read_tree, unio_path, write_tree
from unio_scenes import fails, publish


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for name, version in (("Indexed.Name", "1.0.post1"), ("other", "2.0"), ("other", "3.0"), ("extra", "1.0")):
        make_wheel(folder, name, version)
    return folder


@pytest.fixture(scope="module")
def recorded(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that things are saved in: one package from an index, one from a file."""
    direct = make_wheel(tmp_path_factory.mktemp("direct"), "direct", "5.0")
    folder = tmp_path_factory.mktemp("recorded") / "venv"
    return make_environment(folder, "indexed-name", "other==2.0", direct, find_links=wheels)


@pytest.fixture
def andy(unio: Unio, wheels: Path) -> Unio:
    unio.env |= {
        "PATH": f"{PYTHON_FOLDER}:{unio.env['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_CACHE_DIR": "1",
        "UNIO_USER": "andy",
        "UNIO_PROGRESS": "never",
    }
    return unio


def save(unio: Unio, folder: Path, environment: Path) -> dict[str, Any]:
    write_tree(folder, {"model.txt": b"weights"})
    unio.env["VIRTUAL_ENV"] = str(environment)
    try:
        return unio.json("save", "model.txt", cwd=folder)
    finally:
        del unio.env["VIRTUAL_ENV"]


@pytest.fixture
def saved(andy: Unio, recorded: Path, folder: Path) -> dict[str, Any]:
    return save(andy, folder, recorded)


# The environment.


def test_what_was_recorded_is_made_again(andy: Unio, saved: dict[str, Any], recorded: Path, folder: Path) -> None:
    restored = andy.json("env", "restore", saved["artifact_id"][:20], cwd=folder)
    assert frozen(folder / ".venv") == frozen(recorded)
    assert len(frozen(recorded)) == 3
    assert restored["equal"] and restored["differences"] == [] and restored["left_out"] == []
    assert (restored["installed"], restored["python"]) == (3, saved["system"]["python"])
    assert not [path for path in (folder / ".venv").iterdir() if path.name.startswith("unio")]
    andy.env["VIRTUAL_ENV"] = str(folder / ".venv")
    assert andy.run("env", "diff", saved["artifact_id"], cwd=folder).stdout.endswith("no difference; 3 packages as recorded\n")


def test_every_difference_is_shown(andy: Unio, saved: dict[str, Any], wheels: Path, folder: Path, tmp_path: Path) -> None:
    def pretend(metadata: dict[str, Any]) -> None:
        metadata["system"] |= {"python": "3.99.1", "os": "Plan 9", "cpu": "abacus"}
        metadata["python_packages"]["indexed_NAME"] = metadata["python_packages"].pop("Indexed.Name")

    tamper(saved, pretend)
    andy.env["VIRTUAL_ENV"] = str(make_environment(tmp_path / "here", "indexed-name", "other==3.0", "extra", find_links=wheels))
    differences = andy.json("env", "diff", saved["artifact_id"], cwd=folder, exit_code=1)
    assert not differences["equal"] and differences["same_packages"] == 1 and differences["not_recorded"] == ["git"]
    changes = {(each["part"], each["name"]): (each["change"], each["recorded"]) for each in differences["differences"]}
    assert changes == {
        ("python", "version"): ("changed", "3.99.1"),
        ("package", "direct"): ("missing", "5.0"),
        ("package", "extra"): ("added", None),
        ("package", "other"): ("changed", "2.0"),
        ("system", "os"): ("changed", "Plan 9"),
        ("system", "cpu"): ("changed", "abacus"),
    }
    lines = andy.run("env", "diff", saved["artifact_id"], cwd=folder, exit_code=1).stdout.splitlines()
    assert lines[0].split() == ["recorded", "here"]
    assert ["package", "other", "2.0", "3.0"] in [line.split() for line in lines]
    assert lines[-1] == "6 differences; 1 package as recorded"


def test_many_packages_that_were_not_recorded_are_counted(
    andy: Unio, saved: dict[str, Any], wheels: Path, folder: Path, tmp_path: Path
) -> None:
    many = make_environment(tmp_path / "here", "other==3.0", find_links=wheels)
    site = next((many / "lib").glob("python*/site-packages"))
    for number in range(11):
        write_tree(site, {f"more{number:02}-1.dist-info/METADATA": f"Name: more{number:02}\nVersion: 1\n".encode()})
    andy.env["VIRTUAL_ENV"] = str(many)
    lines = andy.run("env", "diff", saved["artifact_id"], cwd=folder, exit_code=1).stdout.splitlines()
    assert lines[0] == "not recorded, but here: 11 packages (more00, more01, more02, ...)"
    assert [line.split()[1] for line in lines if line.startswith("package")] == ["direct", "Indexed.Name", "other"]
    differences = andy.json("env", "diff", saved["artifact_id"], cwd=folder, exit_code=1)["differences"]
    assert sum(each["change"] == "added" for each in differences) == 11


def test_a_folder_that_is_there_is_replaced_only_when_it_is_an_environment_and_asked_for(
    andy: Unio, saved: dict[str, Any], wheels: Path, folder: Path
) -> None:
    write_tree(folder, {"work/data.txt": b"mine", "empty/.keep": b""})
    for options in ([], ["--force"]):
        assert "is there" in fails(andy, 4, "env", "restore", saved["artifact_id"], "work", *options, cwd=folder)
    make_environment(folder / "old", "extra", find_links=wheels)
    fails(andy, 4, "env", "restore", saved["artifact_id"], "old", cwd=folder, hint="--force")
    assert frozen(folder / "old") == ["extra==1.0"]
    andy.run("env", "restore", saved["artifact_id"], "old", "--force", cwd=folder)
    assert "other==2.0" in frozen(folder / "old") and "extra==1.0" not in frozen(folder / "old")
    assert sorted(path.name for path in folder.iterdir()) == ["empty", "model.txt", "old", "work"]
    (folder / "link").symlink_to(folder / "old")
    fails(andy, 4, "env", "restore", saved["artifact_id"], "link", "--force", cwd=folder)


def test_when_pip_fails_nothing_is_left_and_what_was_there_stays(
    andy: Unio, saved: dict[str, Any], wheels: Path, folder: Path
) -> None:
    tamper(saved, lambda metadata: None, pip_freeze="indexed.name==1.0.post1\nother==9.9\n")
    message = fails(andy, 11, "env", "restore", saved["artifact_id"], cwd=folder, hint="pip config list")
    assert "other==9.9" in message
    assert sorted(path.name for path in folder.iterdir()) == ["model.txt"]
    make_environment(folder / ".venv", "extra", find_links=wheels)
    fails(andy, 11, "env", "restore", saved["artifact_id"], "--force", cwd=folder)
    assert frozen(folder / ".venv") == ["extra==1.0"]
    assert sorted(path.name for path in folder.iterdir()) == [".venv", "model.txt"]


@pytest.fixture
def silent_index() -> Iterator[socket.socket]:
    """A package index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


@pytest.mark.parametrize("to_group", [True, False], ids=["as from a terminal", "to the command alone"])
def test_an_interrupt_leaves_nothing(
    andy: Unio, saved: dict[str, Any], silent_index: socket.socket, folder: Path, to_group: bool
) -> None:
    andy.env.pop("PIP_NO_INDEX")
    andy.env["PIP_INDEX_URL"] = f"http://127.0.0.1:{silent_index.getsockname()[1]}/"
    process = subprocess.Popen(
        [unio_path(), "env", "restore", saved["artifact_id"]],
        cwd=folder, env=andy.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    connection, _ = silent_index.accept()
    with connection:
        assert (folder / ".venv/unio-unfinished").exists()
        (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130
    # On a slow machine the command may be over before all files of it are.
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".venv.unio-")] == ["model.txt"]


def test_the_version_of_python_that_is_wanted_is_named(andy: Unio, saved: dict[str, Any], folder: Path) -> None:
    tamper(saved, lambda metadata: metadata["system"].update(python="3.99.1"))
    message = fails(andy, 11, "env", "restore", saved["artifact_id"], cwd=folder, hint="pyenv install 3.99")
    assert "3.99" in message
    assert sorted(path.name for path in folder.iterdir()) == ["model.txt"]
    for python in ("/nowhere/python", "unio-no-python", "/bin/true"):
        fails(andy, 3, "env", "restore", saved["artifact_id"], "--python", python, cwd=folder)
    restored = andy.json("env", "restore", saved["artifact_id"], "--python", "python3", cwd=folder, exit_code=1)
    assert [each["part"] for each in restored["differences"]] == ["python"]
    assert restored["installed"] == 3


def test_a_record_of_elliptio_has_names_and_versions_alone(andy: Unio, saved: dict[str, Any], folder: Path) -> None:
    def as_elliptio(metadata: dict[str, Any]) -> None:
        for name in ("system", "logs", "files"):
            metadata.pop(name)
        metadata["log_relpaths"] = []
        metadata["python_packages"] = {"other": "2.0", "pip": "1.0", "--pre": "1"}

    tamper(saved, as_elliptio)
    fails(andy, 11, "env", "restore", saved["artifact_id"], cwd=folder, hint="--python")
    restored = andy.json("env", "restore", saved["artifact_id"], "--python", "python3", cwd=folder, exit_code=1)
    assert frozen(folder / ".venv") == ["other==2.0"]
    assert [each["requirement"] for each in restored["left_out"]] == ["--pre==1"]


def test_what_was_not_recorded_cannot_be_made(andy: Unio, folder: Path) -> None:
    write_tree(folder, {"model.txt": b"weights"})
    saved = andy.json("save", "model.txt", "--capture", "off", cwd=folder)
    fails(andy, 11, "env", "restore", saved["artifact_id"], cwd=folder, hint="capture")
    nothing = andy.json("env", "diff", saved["artifact_id"], cwd=folder)
    assert nothing["not_recorded"] == ["python", "package", "system", "git"]
    fails(andy, 3, "env", "diff", "artifact_00000000", cwd=folder)
    fails(andy, 2, "env", "forget", saved["artifact_id"], cwd=folder, hint="diff and restore")
    fails(andy, 2, "env", "diff", saved["artifact_id"], "--force", cwd=folder)


def test_nothing_of_a_hostile_record_becomes_an_option_of_pip(
    andy: Unio, saved: dict[str, Any], silent_index: socket.socket, folder: Path, tmp_path: Path
) -> None:
    evil = f"http://127.0.0.1:{silent_index.getsockname()[1]}"
    write_tree(tmp_path / "evil", {"setup.py": f"open({str(tmp_path / 'ran')!r}, 'w')\n".encode()})
    hostile = [
        f"--index-url {evil}/", f"-i {evil}/", f"--extra-index-url={evil}/", f"-f {evil}", f"-r {evil}/x.txt",
        f"-e {tmp_path / 'evil'}", f"evil @ file://{tmp_path / 'evil'}", f"{tmp_path / 'evil'}",
        f"evil @ {evil}/${{HOME}}/evil.whl", f"evil @ git+ext::sh -c touch% {tmp_path / 'ran'}",
        "other==2.0 --config-settings x=y", "--pre", "evil==1;--pre", "\x1b[31mred==1",
    ]  # fmt: skip
    tamper(saved, lambda metadata: None, pip_freeze="\n".join([*hostile, "other==2.0"]) + "\n")
    silent_index.setblocking(False)
    restored = andy.json("env", "restore", saved["artifact_id"], cwd=folder, exit_code=1)
    assert [each["requirement"] for each in restored["left_out"]] == hostile
    assert frozen(folder / ".venv") == ["other==2.0"]
    assert {each["name"] for each in restored["differences"]} == {"Indexed.Name", "direct"}
    assert not (tmp_path / "ran").exists()
    with pytest.raises(BlockingIOError):
        silent_index.accept()
    said = andy.run("env", "restore", saved["artifact_id"], "--force", cwd=folder, exit_code=1).stderr
    assert "\x1b" not in said and "is left out: it is an option of pip" in said


def test_variables_of_the_shell_lead_nowhere_else(andy: Unio, saved: dict[str, Any], recorded: Path, folder: Path) -> None:
    site = next((recorded / "lib").glob("python*/site-packages"))
    andy.env |= {"PYTHONPATH": str(site), "PIP_TARGET": str(folder / "target"), "PIP_USER": "1"}
    assert andy.json("env", "restore", saved["artifact_id"], cwd=folder)["equal"]
    assert frozen(folder / ".venv") == frozen(recorded)
    assert not (folder / "target").exists()


# The checkout.


@pytest.fixture
def repository(folder: Path) -> Path:
    write_tree(folder, {"train.py": b"one\n", "model.txt": b"weights"})
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    write_tree(folder, {"train.py": b"two\n", "notes/new.txt": b"staged\n", "scratch.txt": b"untracked"})
    git(folder, "add", "notes")
    return folder


def state(repository: Path) -> tuple[str, str, dict[str, bytes]]:
    files = {name: content for name, content in read_tree(repository).items() if not name.startswith(".git/")}
    return git(repository, "rev-parse", "HEAD"), git(repository, "status", "--porcelain=v2", "--branch"), files


def test_the_commit_is_checked_out_beside_with_the_changes(
    andy: Unio, repository: Path, recorded: Path, tmp_path: Path
) -> None:
    saved = save(andy, repository, recorded)
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "commit", "-q", "-a", "-m", "two")
    write_tree(repository, {"train.py": b"three\n"})
    before = state(repository)
    target = tmp_path / "then"
    restored = andy.json("env", "restore", saved["artifact_id"], tmp_path / "venv", "--checkout", target, cwd=repository)
    assert restored["equal"]
    assert restored["checkout"] == {
        "folder": str(target), "commit": commit, "remote": None, "patched": True, "not_patched": None,
        "untracked": ["scratch.txt"],
    }  # fmt: skip
    assert git(target, "rev-parse", "HEAD") == commit
    assert (target / "train.py").read_bytes() == b"two\n" and (target / "notes/new.txt").read_bytes() == b"staged\n"
    assert state(repository) == before
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".unio")]
    andy.env["VIRTUAL_ENV"] = str(tmp_path / "venv")
    differences = andy.json("env", "diff", saved["artifact_id"], cwd=target, exit_code=1)["differences"]
    assert [each["name"] for each in differences] == ["branch"]


def test_elsewhere_the_commit_comes_from_the_recorded_remote(
    andy: Unio, repository: Path, recorded: Path, tmp_path: Path
) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", repository, tmp_path / "remote.git"], check=True)
    git(repository, "remote", "add", "origin", f"file://{tmp_path / 'remote.git'}")
    saved = save(andy, repository, recorded)
    here = tmp_path / "elsewhere"
    here.mkdir()
    restored = andy.json("env", "restore", saved["artifact_id"], "--checkout", "code", cwd=here)
    assert restored["checkout"]["remote"] == f"file://{tmp_path / 'remote.git'}" and restored["checkout"]["patched"]
    assert (here / "code/train.py").read_bytes() == b"two\n"
    assert sorted(path.name for path in here.iterdir()) == [".venv", "code"]
    git(repository, "commit", "-q", "-a", "-m", "never pushed")
    unpushed = save(andy, repository, recorded)
    fails(andy, 3, "env", "restore", unpushed["artifact_id"], "v", "--checkout", "code2", cwd=here, hint="pushed")
    fails(andy, 4, "env", "restore", saved["artifact_id"], "v", "--checkout", "code", cwd=here)
    fails(andy, 2, "env", "restore", saved["artifact_id"], "code2/venv", "--checkout", "code2", cwd=here)
    assert sorted(path.name for path in here.iterdir()) == [".venv", "code"]


def test_a_masked_patch_is_not_applied_and_the_reason_is_said(
    andy: Unio, repository: Path, recorded: Path, tmp_path: Path
) -> None:
    write_tree(repository, {"train.py": b'password = "hunter2-Zq8vX31kLmP0"\n'})
    saved = save(andy, repository, recorded)
    result = andy.run("env", "restore", saved["artifact_id"], tmp_path / "v", "--checkout", tmp_path / "c", cwd=repository, exit_code=1)
    assert "masked" in result.stderr
    assert (tmp_path / "c/train.py").read_bytes() == b"one\n"


NEW_FILE = "diff --git a/{0} b/{0}\nnew file mode 100644\nindex 0000000..9766475\n--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n+evil\n"
LINK = "diff --git a/way b/way\nnew file mode 120000\nindex 0000000..9766475\n--- /dev/null\n+++ b/way\n@@ -0,0 +1 @@\n+{0}\n\\ No newline at end of file\n"


def test_a_hostile_patch_changes_nothing(andy: Unio, repository: Path, recorded: Path, tmp_path: Path) -> None:
    saved = save(andy, repository, recorded)
    outside = tmp_path / "outside"
    outside.mkdir()
    patches = [NEW_FILE.format(name) for name in ("../outside/evil", ".git/hooks/post-checkout", "a/../../evil", ".GIT/evil")]
    patches += [NEW_FILE.format(f"{outside}/evil"), LINK.format(outside) + NEW_FILE.format("way/evil"), "no patch\n"]
    for number, patch in enumerate(patches):
        tamper(saved, lambda metadata: metadata.update(python_packages={}, system={}), git_diff=patch)
        target = tmp_path / f"code{number}"
        restored = andy.json("env", "restore", saved["artifact_id"], "--checkout", target, cwd=repository, exit_code=1)
        assert restored["checkout"]["not_patched"] and not restored["checkout"]["patched"], patch
        assert restored["folder"] is None, "no Python was recorded"
        assert sorted(path.name for path in target.iterdir()) == [".git", "model.txt", "train.py"], patch
        assert git(target, "status", "--porcelain") == ""
    assert not list(outside.iterdir()) and not (tmp_path / "evil").exists()
    assert not (repository / ".git/hooks/post-checkout").exists()


def test_a_hostile_remote_or_commit_runs_nothing(andy: Unio, repository: Path, recorded: Path, tmp_path: Path) -> None:
    saved = save(andy, repository, recorded)
    here = tmp_path / "elsewhere"
    here.mkdir()
    ran = tmp_path / "ran"
    for remote in (
        f"ext::sh -c touch% {ran}", f"--upload-pack=touch {ran}", f"-u touch {ran}", f"ssh://-oProxyCommand=touch%20{ran}/x",
        f"file:///x;touch {ran}", "../x", "",
    ):  # fmt: skip
        tamper(saved, lambda metadata: metadata["git"].update(remote=remote))  # noqa: B023
        fails(andy, 11, "env", "restore", saved["artifact_id"], "--checkout", "code", cwd=here, hint="clone")
    for commit in ("--help", "HEAD", f"$(touch {ran})", ""):
        tamper(saved, lambda metadata: metadata["git"].update(commit=commit))  # noqa: B023
        fails(andy, 11, "env", "restore", saved["artifact_id"], "--checkout", "code", cwd=repository)
    assert not ran.exists() and not list(here.iterdir())


def test_variables_of_git_do_not_lead_to_the_users_repository(
    andy: Unio, repository: Path, recorded: Path, tmp_path: Path
) -> None:
    saved = save(andy, repository, recorded)
    write_tree(repository, {".git/hooks/post-checkout": f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n".encode()})
    (repository / ".git/hooks/post-checkout").chmod(0o755)
    before = state(repository)
    andy.env |= {"GIT_DIR": str(repository / ".git"), "GIT_WORK_TREE": str(repository), "GIT_INDEX_FILE": str(repository / ".git/index")}
    andy.run("env", "restore", saved["artifact_id"], tmp_path / "v", "--checkout", tmp_path / "c", cwd=repository)
    assert (tmp_path / "c/train.py").read_bytes() == b"two\n"
    assert state(repository) == before
    assert not (tmp_path / "ran").exists(), "a hook of the user's repository"


def test_a_failure_takes_the_checkout_away_again(andy: Unio, repository: Path, recorded: Path, tmp_path: Path) -> None:
    saved = save(andy, repository, recorded)
    tamper(saved, lambda metadata: None, pip_freeze="other==9.9\n")
    fails(andy, 11, "env", "restore", saved["artifact_id"], tmp_path / "v", "--checkout", tmp_path / "c", cwd=repository)
    assert git(repository, "worktree", "list").count("\n") == 0
    assert not [path.name for path in tmp_path.iterdir() if path.name in ("v", "c") or path.name.startswith(".unio")]


# Packages.


def test_the_environment_of_a_package_is_compared_and_made_again(
    andy: Unio, repository: Path, recorded: Path, tmp_path: Path
) -> None:
    andy.env["VIRTUAL_ENV"] = str(recorded)
    publish(andy, repository, {"README.md": b"# data\n"}, "-t", "v1", "--capture", "safe")
    del andy.env["VIRTUAL_ENV"]
    restored = andy.json("env", "restore", "team/data:v1", tmp_path / "v", "--checkout", tmp_path / "c", cwd=repository)
    assert restored["equal"] and restored["id"].startswith("team/data@")
    assert frozen(tmp_path / "v") == frozen(recorded)
    assert (tmp_path / "c/train.py").read_bytes() == b"two\n"
    andy.env["VIRTUAL_ENV"] = str(tmp_path / "v")
    assert andy.json("env", "diff", "team/data:v1", cwd=repository)["equal"]
    publish(andy, repository, {"more.txt": b"x"}, "-t", "v2")
    assert andy.json("env", "diff", "team/data:v2", cwd=repository)["not_recorded"] == ["python", "package", "system"]
    fails(andy, 11, "env", "restore", "team/data:v2", cwd=repository, hint="--checkout")


def test_two_at_once_do_not_share_a_folder(andy: Unio, saved: dict[str, Any], folder: Path, recorded: Path) -> None:
    codes: list[int] = []

    def restore() -> None:
        process = andy.start("env", "restore", saved["artifact_id"], cwd=folder)
        process.communicate()
        codes.append(process.returncode)

    threads = [threading.Thread(target=restore) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0, 4]
    assert frozen(folder / ".venv") == frozen(recorded)
