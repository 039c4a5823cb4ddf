from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from unio_command import Unio  # noqa: E402


@pytest.fixture
def unio(tmp_path: Path) -> Unio:
    return Unio(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to work in."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture
def unprivileged() -> list[str]:
    """What to put before a command so that it runs without root's rights, for which every file is readable."""
    if os.geteuid() != 0:
        return []
    assert shutil.which("setpriv"), "setpriv (util-linux) is missing, and without it root cannot test rights"
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that users other than the one who runs the tests can reach too."""
    path = Path(tempfile.mkdtemp(prefix="unio-test-"))
    path.chmod(0o777)
    yield path
    for below in path.rglob("*"):
        if below.is_dir() and not below.is_symlink():
            below.chmod(0o777)
    shutil.rmtree(path)
