from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from unio_command import Unio  # noqa: E402


@pytest.fixture
def unio(tmp_path: Path) -> Unio:
    return Unio(tmp_path / "home")


@pytest.fixture(autouse=True)
def quilt_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """quilt3 keeps its state in the user's folders and reports usage; neither may leave the test."""
    for variable, folder in [("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")]:
        monkeypatch.setenv(variable, str(tmp_path / "quilt" / folder))
    monkeypatch.setenv("QUILT_DISABLE_USAGE_METRICS", "true")
    monkeypatch.setenv("QUILT_MINIMIZE_STDOUT", "true")
