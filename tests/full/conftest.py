"""What takes long: scripts/test --full runs each file here as a step of its own, with the machine to itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("UNIO_FULL") == "1":
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="takes long; set UNIO_FULL=1 to run it"))
