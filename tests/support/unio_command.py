"""Runs the real `unio` in a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def unio_path() -> Path:
    """The command under test: $UNIO, else the release build."""
    return Path(os.environ.get("UNIO", ROOT / "build/release/unio")).resolve()


class Unio:
    """One user: a home folder, a default registry in it, and a way to run commands there. `prefix` stands before
    every command, for example to run it with other rights."""

    def __init__(self, home: Path, prefix: Sequence[str] = ()) -> None:
        self.home = home
        self.prefix = list(prefix)
        home.mkdir(parents=True, exist_ok=True)
        self.env = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "UNIO_REGISTRY": str(home / "registry"),
            "UNIO_USER": "ada",
            "NO_COLOR": "1",
        }

    @property
    def registry(self) -> Path:
        return self.home / "registry"

    def start(self, *args: str | Path, cwd: Path | None = None, **env: str) -> subprocess.Popen[str]:
        """Starts a command with pipes for its output."""
        return subprocess.Popen(
            [*self.prefix, str(unio_path()), *map(str, args)],
            cwd=cwd or self.home,
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *args: str | Path, cwd: Path | None = None, exit_code: int = 0, timeout: float = 120, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end and expects its exit code."""
        process = self.start(*args, cwd=cwd, **env)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        result = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        assert result.returncode == exit_code, (
            f"unio {' '.join(map(str, args))}: exit {result.returncode}, not {exit_code}\n{out}\n{err}"
        )
        return result

    def json(self, *args: str | Path, cwd: Path | None = None, exit_code: int = 0) -> Any:
        """Runs a command with --json and parses what it prints."""
        return json.loads(self.run(*args, "--json", cwd=cwd, exit_code=exit_code).stdout)


def write_tree(root: Path, files: dict[str, bytes]) -> None:
    """Writes files by relative path."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def read_tree(root: Path) -> dict[str, bytes]:
    """All files below a folder except the workspace's own state."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".unio" not in path.relative_to(root).parts
    }
