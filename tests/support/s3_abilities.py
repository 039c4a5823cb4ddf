"""What the S3 server of this run lacks, from tests/data/s3_servers.txt, which the C++ tests read too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TABLE = Path(__file__).resolve().parents[1] / "data/s3_servers.txt"
#: The server that scripts/with-s3 has started.
SERVER = os.environ.get("UNIO_TEST_S3_SERVER", "versitygw")


def lacks(server: str, versioned: bool) -> dict[str, str]:
    """What a server lacks in buckets of a kind, with what it does instead."""
    rows = [line.split(None, 3) for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    kinds = {"all", "versioned" if versioned else "unversioned"}
    return {what: instead for name, kind, what, instead in rows if name == server and kind in kinds}


def needs(what: str, versioned: bool = False) -> None:
    """Skips the test, and says why, where the server lacks what it needs."""
    instead = lacks(SERVER, versioned).get(what)
    if instead is not None:
        pytest.skip(f"{SERVER} lacks {what}: {instead}")
