"""Kills `unio repo put` and `expire` everywhere: the index must never name a value that is not there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from unio_command import Unio, unio_path

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


def strace(unio: Unio, work: Path, command: list[str], *options: str) -> int:
    run = subprocess.run(
        ["strace", "-f", "-qq", *options, str(unio_path()), *command],
        cwd=work, env=unio.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
    )
    return run.returncode


@pytest.mark.parametrize("name", COMMANDS)
def test_survives_a_kill_at_every_call_that_changes_files(user: Unio, tmp_path: Path, name: str) -> None:
    command = COMMANDS[name]
    log = tmp_path / "strace.log"
    assert strace(user, fresh(tmp_path), command, "-o", str(log), "-e", "trace=" + ",".join(f"?{c}" for c in CALLS)) == 0
    calls = re.findall(r"^\d+\s+(\w+)\(", log.read_text(), re.MULTILINE)
    killed = points = 0
    for call in sorted(set(calls)):
        count = calls.count(call)
        for n in sorted({*range(1, count + 1, max(1, -(-count // POINTS_PER_CALL))), count}):
            work = fresh(tmp_path)
            inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"]
            killed += strace(user, work, command, "-o", "/dev/null", *inject) in (-9, 137)
            points += 1
            check(user, work, command, f"{call} number {n}")
    assert killed >= 0.5 * points, "the injection did not work"


def test_survives_a_kill_at_every_failpoint(user: Unio, tmp_path: Path) -> None:
    listing = subprocess.run([unio_path(), "--list-failpoints"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listing.splitlines() if line.startswith("repo.")]
    assert len(names) >= 2
    for name in names:
        work = fresh(tmp_path)
        user.run(*COMMANDS["put"], cwd=work, exit_code=-9, UNIO_FAIL=f"{name}:kill")
        check(user, work, COMMANDS["put"], name)
