"""The race of tests/oracle with as many writers as a large team has."""

from __future__ import annotations

from pathlib import Path

from s3_registry import Bucket, BucketUnio
from tag_race import check_race, race

WRITERS = 64
PUSHES = 100


def test_sixty_four_writers_lose_no_update(tmp_path: Path) -> None:
    unio = BucketUnio(tmp_path / "home", Bucket())
    won, conflicts = race(unio, tmp_path, WRITERS, PUSHES, insist=False)
    print(f"{won} of {WRITERS * PUSHES} pushes won, {len(conflicts)} were told of a conflict")
    assert won + len(conflicts) == WRITERS * PUSHES
    assert won >= PUSHES
    check_race(unio, won, conflicts)
