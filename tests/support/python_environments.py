"""Wheels made here, virtual environments with them, and records that somebody tampered with: nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

#: The Pythons that make virtual environments, before all others.
PYTHON_FOLDER = Path(sys.base_prefix) / "bin"


def make_wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel of one empty module."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = name.replace("-", "_").replace(".", "_")
    info = f"{plain}-{version}.dist-info"
    files = {
        f"{plain}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: unio\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{file},sha256={digest},{len(text)}\n"
    path = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in (files | {f"{info}/RECORD": record + f"{info}/RECORD,,\n"}).items():
            archive.writestr(file, text)
    return path


def make_environment(folder: Path, *requirements: str | Path, find_links: Path) -> Path:
    """A virtual environment with these installed."""
    subprocess.run([PYTHON_FOLDER / "python3", "-m", "venv", folder], check=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, "--find-links", find_links, *requirements], check=True)
    return folder


def frozen(folder: Path) -> list[str]:
    """What pip says is installed."""
    pip = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "freeze"]
    return subprocess.run(pip, check=True, capture_output=True, text=True).stdout.splitlines()


def tamper(saved: dict[str, Any], change: Callable[[dict[str, Any]], None], **logs: str) -> None:
    """Rewrites what an artifact's record says, as somebody may who has the registry; logs by name without ending."""
    folder = Path(saved["remote_root"])
    metadata = yaml.safe_load((folder / "metadata.yaml").read_bytes())
    change(metadata)
    for name, content in logs.items():
        file = {"pip_freeze": "pip_freeze.txt", "git_diff": "git_diff.patch"}[name]
        (folder / "logs").mkdir(exist_ok=True)
        _replace(folder / "logs" / file, content)
        metadata["logs"] = [log for log in metadata["logs"] if log["relpath"] != file]
        digest = hashlib.sha256(content.encode()).hexdigest()
        metadata["logs"].append({"relpath": file, "sha256": digest, "size": len(content.encode())})
    _replace(folder / "metadata.yaml", yaml.safe_dump(metadata, sort_keys=True))


def _replace(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(content)


def git(folder: Path, *arguments: str | Path) -> str:
    """Runs git as somebody with a name; what it prints."""
    command = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout.strip()
