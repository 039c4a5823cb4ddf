"""scripts/demo does what it says, and fails when the command does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from unio_command import ROOT, unio_path  # noqa: E402


def demo(scratch: Path, unio: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"UNIO": str(unio), "TMPDIR": str(scratch)}
    return subprocess.run(
        [ROOT / "scripts/demo", *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )


def faulty_unio(folder: Path, command: str, action: str) -> Path:
    """A unio that does `action` instead of one command."""
    path = folder / "unio"
    path.write_text(f'#!/bin/sh\nif [ "$1" = {command} ]; then {action}; fi\nexec "{unio_path()}" "$@"\n')
    path.chmod(0o755)
    return path


def test_the_demo_passes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    result = demo(tmp_path, unio_path())
    assert result.returncode == 0, result.stdout + result.stderr
    assert "contents do not match" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_demo_keeps_its_folder_when_told_to(tmp_path: Path) -> None:
    result = demo(tmp_path, unio_path(), "--keep")
    assert result.returncode == 0, result.stdout + result.stderr
    (scratch,) = tmp_path.iterdir()
    assert (scratch / "vega/.unio/workspace.json").exists()
    assert (scratch / "home/.local/share/unio/.quilt/named_packages/demo/vega/corrected").exists()


def test_the_demo_fails_when_damage_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    result = demo(tmp_path / "scratch", faulty_unio(tmp_path, "verify", "exit 0"))
    assert result.returncode == 1
    assert "exit code 0 instead of 1" in result.stderr


def test_the_demo_fails_when_a_rollback_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    result = demo(tmp_path / "scratch", faulty_unio(tmp_path, "rollback", "exit 0"))
    assert result.returncode == 1
    assert "is not the latest" in result.stderr
