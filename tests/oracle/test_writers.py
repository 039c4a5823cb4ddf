"""Many processes push to one tag at once: nothing is lost, and who loses is told so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s3_registry import Bucket, BucketUnio
from tag_race import check_race, race
from unio_command import Unio

FULL = os.environ.get("UNIO_FULL") == "1"
WRITERS = 8
PUSHES = 25


@pytest.mark.parametrize("place", ["folder", "bucket", "versioned bucket"] if FULL else ["folder", "bucket"])
def test_eight_writers_lose_no_update(place: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    unio = Unio(home) if place == "folder" else BucketUnio(home, Bucket(versioned=place == "versioned bucket"))
    # In a bucket a push takes longer, so that most of them lose: there each is made once.
    insist = place == "folder"
    won, conflicts = race(unio, tmp_path, WRITERS, PUSHES, insist)
    assert won == WRITERS * PUSHES if insist else won >= PUSHES
    check_race(unio, won, conflicts)
