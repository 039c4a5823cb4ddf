"""Kills every operation at every failpoint and at every system call that changes files or speaks to a server, then runs it again.

After each kill what the registry shows must be whole; after the second run the operation must have happened, with
nothing half-done left and no repair asked for. The calls are counted by strace first, so that no point is missed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from scenarios import NAME, SCENARIOS, Prepared, Scenario, folder_of

import model
from s3_registry import Bucket, BucketUnio
from unio_command import unio_path

NETWORK = ["sendto", "sendmsg"]
FILES = ["fsync", "fdatasync", "syncfs", "rename", "renameat", "renameat2", "write", "pwrite64", "unlink", "unlinkat", "linkat", "ftruncate", "mkdirat", "mkdir"]
FULL = os.environ.get("UNIO_FULL") == "1"
# Of the calls of one kind in one operation, so many are killed on an ordinary day; all of them in a full run.
POINTS_PER_CALL = 10_000 if FULL else 12


def strace(prepared: Prepared, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*prepared.scenario.command(prepared.work)]
    return subprocess.run(
        ["strace", "-f", "-qq", *options, str(unio_path()), *command],
        cwd=folder_of(prepared.scenario, prepared.work),
        env=prepared.unio.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def count_calls(prepared: Prepared) -> dict[str, int]:
    """How often the operation makes each call when nobody disturbs it: with a bucket those that the server sees, since
    those that only change files are the same as with a folder."""
    calls = NETWORK if isinstance(prepared.unio, BucketUnio) else FILES
    log = prepared.base / "strace.log"
    result = strace(prepared, "-o", str(log), "-e", "trace=" + ",".join(f"?{c}" for c in calls))
    assert result.returncode == 0, result.stderr
    counts = dict.fromkeys(calls, 0)
    for name in re.findall(r"^\d+\s+(\w+)\(", log.read_text(), re.MULTILINE):
        counts[name] += 1
    return {name: count for name, count in counts.items() if count}


def points(counts: dict[str, int]) -> list[tuple[str, int]]:
    """The calls to kill at: of each kind all, or a spread that has the first and the last."""
    chosen: list[tuple[str, int]] = []
    for call, count in counts.items():
        step = max(1, -(-count // POINTS_PER_CALL))
        chosen += [(call, n) for n in sorted({*range(1, count + 1, step), count})]
    return chosen


def run_again_and_check(prepared: Prepared, where: str) -> None:
    scenario, unio, work = prepared.scenario, prepared.unio, prepared.work
    try:
        model.check_registry(unio.registry, NAME)
        unio.run(*scenario.command(work), cwd=folder_of(scenario, work))
        scenario.check(unio, work)
        model.check_settled(unio.registry, NAME)
    except BaseException as error:
        error.add_note(f"killed {scenario.name} at {where}; the state is in {prepared.live}")
        raise


@pytest.fixture(params=["folder", "bucket", "versioned bucket"] if FULL else ["folder", "versioned bucket"])
def new_bucket(request: pytest.FixtureRequest) -> Callable[[], Bucket | None]:
    """Makes the place of a registry: a bucket, or None for a folder."""
    return lambda: None if request.param == "folder" else Bucket(versioned=request.param == "versioned bucket")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_survives_a_kill_at_every_call_that_leaves_the_process(
    scenario: Scenario, new_bucket: Callable[[], Bucket | None], tmp_path: Path
) -> None:
    prepared = Prepared(scenario, tmp_path, new_bucket())
    chosen = points(count_calls(prepared))
    killed = 0
    for call, n in chosen:
        prepared.reset()
        # With several threads the n-th call of a kind need not be the same in each run; any will do.
        result = strace(prepared, "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
        killed += result.returncode in (-9, 137)
        run_again_and_check(prepared, f"{call} number {n}")
    print(f"{scenario.name}: killed {killed} times at {len(chosen)} points")
    # strace counts the calls of each thread by itself, so that the last of all may not be met.
    assert killed >= 0.5 * len(chosen), "the injection did not work"


def test_the_calls_that_are_killed_at_are_more_than_two_hundred(tmp_path: Path) -> None:
    counts = [count_calls(Prepared(scenario, tmp_path / scenario.name)) for scenario in SCENARIOS]
    assert sum(len(points(each)) for each in counts) >= 200


def failpoints() -> list[str]:
    listing = subprocess.run([unio_path(), "--list-failpoints"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listing.splitlines() if line.strip()]


def test_survives_a_kill_at_every_failpoint(new_bucket: Callable[[], Bucket | None], tmp_path: Path) -> None:
    """Every failpoint of the program is met by at least one operation, and killing there does no harm."""
    missed = {name for name in failpoints() if not name.startswith("repo.")}  # test_kill_repository.py has those
    assert len(missed) >= 15
    for number, scenario in enumerate(SCENARIOS):
        prepared = Prepared(scenario, tmp_path / str(number), new_bucket())
        for name in failpoints():
            prepared.reset()
            process = prepared.unio.start(
                *scenario.command(prepared.work), cwd=folder_of(scenario, prepared.work), UNIO_FAIL=f"{name}:kill"
            )
            process.communicate(timeout=60)
            if process.returncode == -9:
                missed.discard(name)
                run_again_and_check(prepared, name)
    assert not missed, f"no operation passes {sorted(missed)}"
