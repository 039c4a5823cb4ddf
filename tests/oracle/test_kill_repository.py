"""Kills `unio repo put` and `expire` everywhere: the index must never name a value that is not there, and the catalogue
has what the index names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from s3_registry import Bucket, BucketUnio
from unio_command import Unio, unio_path

NETWORK = ["sendto", "sendmsg"]
CALLS = ["fsync", "fdatasync", "rename", "renameat2", "write", "pwrite64", "unlink", "linkat", "mkdir", "flock"]
POINTS_PER_CALL = 10_000 if os.environ.get("UNIO_FULL") == "1" else 8
COMMANDS = {
    "put": ["repo", "put", "weights", "--value", "[1, 2, 3]"],
    "large put": ["repo", "put", "weights", "large.bin"],
    "expire": ["repo", "expire", "weights", "0", "--expiry", "2020-01-01"],
}


@pytest.fixture
def user(tmp_path: Path) -> Unio:
    """Has a repository of one version, to be copied."""
    unio = Unio(tmp_path / "home")
    (tmp_path / "start").mkdir()
    (tmp_path / "start/large.bin").write_bytes(b"x" * 3_000_000)
    unio.run("repo", "put", "weights", "--value", "[0]", cwd=tmp_path / "start")
    return unio


def fresh(tmp_path: Path) -> Path:
    shutil.rmtree(tmp_path / "work", ignore_errors=True)
    shutil.copytree(tmp_path / "start", tmp_path / "work")
    return tmp_path / "work"


def check(unio: Unio, work: Path, command: list[str], where: str) -> None:
    """What the index names is there and right, and the command can simply be run again."""
    try:
        before = unio.json("repo", "verify", cwd=work)
        assert before["problems"] == [] and before["versions"] in (1, 2)
        unio.run(*command, cwd=work)
        after = unio.json("repo", "verify", cwd=work)
        assert after["problems"] == []
        versions = [entry["version"] for entry in json.loads((work / "repository.json").read_text())]
        assert versions == list(range(after["versions"]))
        if "put" in command:
            assert after["versions"] == before["versions"] + 1
    except BaseException as error:
        error.add_note(f"killed at {where}; the state is in {work}")
        raise


def list_calls(unio: Unio, work: Path, command: list[str], calls: list[str]) -> list[str]:
    """The calls that the command makes when nobody disturbs it."""
    log = work.parent / "strace.log"
    assert strace(unio, work, command, "-o", str(log), "-e", "trace=" + ",".join(f"?{c}" for c in calls)) == 0
    return re.findall(r"^\d+\s+(\w+)\(", log.read_text(), re.MULTILINE)


def kill_points(calls: list[str]) -> list[tuple[str, int]]:
    """Of each kind all, or a spread that has the first and the last."""
    points = []
    for call in sorted(set(calls)):
        count = calls.count(call)
        points += [(call, n) for n in sorted({*range(1, count + 1, max(1, -(-count // POINTS_PER_CALL))), count})]
    return points


def strace_kill(unio: Unio, work: Path, command: list[str], call: str, n: int) -> bool:
    """Whether the command was killed at that call."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"]
    return strace(unio, work, command, "-o", "/dev/null", *inject) in (-9, 137)


def strace(unio: Unio, work: Path, command: list[str], *options: str) -> int:
    run = subprocess.run(
        ["strace", "-f", "-qq", *options, str(unio_path()), *command],
        cwd=work, env=unio.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
    )
    return run.returncode


@pytest.mark.parametrize("name", COMMANDS)
def test_survives_a_kill_at_every_call_that_changes_files(user: Unio, tmp_path: Path, name: str) -> None:
    command = COMMANDS[name]
    points = kill_points(list_calls(user, fresh(tmp_path), command, CALLS))
    killed = 0
    for call, n in points:
        work = fresh(tmp_path)
        killed += strace_kill(user, work, command, call, n)
        check(user, work, command, f"{call} number {n}")
    assert killed >= 0.5 * len(points), "the injection did not work"


@pytest.fixture
def in_bucket(tmp_path: Path) -> tuple[BucketUnio, list[str]]:
    """A user whose registry is in a bucket, and how he names his repository in it, which has one version."""
    unio = BucketUnio(tmp_path / "home", Bucket())
    where = ["-R", f"{unio.registry_url}/models/repository.json"]
    (tmp_path / "work").mkdir()
    (tmp_path / "work/large.bin").write_bytes(b"x" * 9_000_000)
    unio.run("repo", "put", "weights", "--value", "[0]", *where)
    return unio, where


def check_bucket(unio: BucketUnio, where: list[str], at: str) -> int:
    """How many versions there are; all of them are whole, numbered without a gap, and found."""
    report = unio.json("repo", "verify", *where)
    assert report["problems"] == [], at
    versions = [each["version"] for each in unio.json("repo", "log", "weights", *where)["versions"]]
    assert versions == list(range(report["versions"] - 1, -1, -1)), at
    found = unio.json("find", "kind:value name:weights", "--limit", "1000")["documents"]
    assert sorted(each["version"] for each in found) == versions[::-1], at
    return len(versions)


@pytest.mark.parametrize("name", COMMANDS)
def test_survives_a_kill_at_every_request_to_a_bucket(
    in_bucket: tuple[BucketUnio, list[str]], tmp_path: Path, name: str
) -> None:
    unio, where = in_bucket
    work, command = tmp_path / "work", [*COMMANDS[name], *where]
    points = kill_points(list_calls(unio, work, command, NETWORK))
    killed = 0
    for call, n in points:
        killed += strace_kill(unio, work, command, call, n)
        at = f"{call} number {n}"
        before = check_bucket(unio, where, at)
        unio.run(*command, cwd=work)
        assert check_bucket(unio, where, at) == before + ("put" in command), at
    assert killed >= 0.5 * len(points), "the injection did not work"


@pytest.mark.parametrize("failpoint", ["repo.after_values", "repo.after_announcement", "repo.after_index", "repo.after_feed"])
def test_what_was_killed_between_index_and_feed_is_found(in_bucket: tuple[BucketUnio, list[str]], failpoint: str) -> None:
    unio, where = in_bucket
    unio.json("find")
    unio.run("repo", "put", "weights", "--value", "[1]", *where, exit_code=-9, UNIO_FAIL=f"{failpoint}:kill")
    assert check_bucket(unio, where, failpoint) == 1 + (failpoint in ("repo.after_index", "repo.after_feed"))


def test_survives_a_kill_at_every_failpoint(user: Unio, tmp_path: Path) -> None:
    listing = subprocess.run([unio_path(), "--list-failpoints"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listing.splitlines() if line.startswith("repo.")]
    assert len(names) >= 2
    for name in names:
        work = fresh(tmp_path)
        user.run(*COMMANDS["put"], cwd=work, exit_code=-9, UNIO_FAIL=f"{name}:kill")
        check(user, work, COMMANDS["put"], name)
