"""As many processes as a large team has, saving into one repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from s3_registry import Bucket, BucketUnio
from unio_command import Unio, unio_path

PROCESSES = 64
SAVES = 20

#: One process of the race: a save, again and again.
SAVE = 'for n in $(seq "$2"); do "$0" repo put shared --value "[$1, $n]" -R "$3" >/dev/null || exit; done'


@pytest.fixture(params=["folder", "bucket"])
def user_and_place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Unio, str]:
    if request.param == "folder":
        user = Unio(tmp_path / "home")
        user.env["UNIO_REGISTRY"] = str(tmp_path / "registry")
        return user, str(tmp_path / "registry/models/repository.json")
    unio = BucketUnio(tmp_path / "home", Bucket())
    return unio, f"{unio.registry_url}/models/repository.json"


def test_sixty_four_processes_keep_all_that_they_save(user_and_place: tuple[Unio, str]) -> None:
    unio, place = user_and_place
    running = [
        subprocess.Popen(["bash", "-c", SAVE, str(unio_path()), str(number), str(SAVES), place], env=unio.env)
        for number in range(PROCESSES)
    ]
    assert [process.wait(timeout=3600) for process in running] == [0] * PROCESSES
    versions = unio.json("repo", "log", "shared", "-R", place)["versions"]
    assert [each["version"] for each in versions] == list(range(PROCESSES * SAVES - 1, -1, -1))
    assert len({each["fname"] for each in versions}) == PROCESSES * SAVES
    report = unio.json("repo", "verify", "-R", place)
    assert report["versions"] == PROCESSES * SAVES and report["problems"] == [] and report["without_digest"] == 0
    values = [unio.run("repo", "get", "shared", str(number), "-R", place).stdout for number in range(PROCESSES * SAVES)]
    wanted = [[process, number] for process in range(PROCESSES) for number in range(1, SAVES + 1)]
    assert sorted(map(json.loads, values)) == wanted
    found = unio.json("find", "kind:value name:shared", "--limit", "100000")["documents"]
    assert sorted(each["version"] for each in found) == list(range(PROCESSES * SAVES))
