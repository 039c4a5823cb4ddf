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
from unio_scenes import FILES, SECOND, publish  # noqa: E402


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


@pytest.fixture
def versions(unio: Unio, folder: Path) -> dict[str, str]:
    """Two published versions: v2 changes a.txt, drops dir/b.txt and has a new dir/d.txt."""
    first = publish(unio, folder, FILES, "-t", "v1", "-m", "first")
    (folder / "dir/b.txt").unlink()
    return {"v1": first, "v2": publish(unio, folder, SECOND, "-t", "v2", "-m", "second")}


@pytest.fixture
def history(unio: Unio, folder: Path) -> dict[str, str]:
    """Two revisions: "v1" is tagged, the second is latest only."""
    first = publish(unio, folder, FILES, "-t", "v1", "-m", "first")
    (folder / "dir/b.txt").unlink()
    second = publish(unio, folder, {"a.txt": b"0ne", "new1": b"", "new2": b""}, "-m", "second")
    return {"first": first, "second": second}
