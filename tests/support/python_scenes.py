"""What tests of the Python package have in common: published packages, processes, and the command beside them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import unio
from unio_command import Unio, write_tree

from model import canonical, place_of

NAME = "team/data"
FILES = {"README.md": b"# data\n", "a.txt": b"one", "dir/b.txt": b"two", "dir/c.txt": b"three"}
#: A later version: a.txt changed, dir/b.txt dropped, dir/d.txt new.
SECOND = {"README.md": b"# data\n", "a.txt": b"other", "dir/c.txt": b"three", "dir/d.txt": b"four"}


def publish(name: str = NAME, files: dict[str, bytes] = FILES, **options: Any) -> unio.Package:
    """Publishes files as a package of the default registry; they need not stay."""
    with tempfile.TemporaryDirectory() as folder:
        write_tree(Path(folder), files)
        return unio.PackageBuilder(name).add("", folder).push(**options)


def run_python(code: str, *options: str, exit_code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a Python of its own, to its end, and expects its exit code."""
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, timeout=60)
    assert done.returncode == exit_code, f"exit {done.returncode}, not {exit_code}\n{done.stdout}\n{done.stderr}"
    return done


def command(home: Path) -> Unio:
    """The command, for the user and the registry that Python works with now."""
    beside = Unio(home)
    beside.env |= {key: value for key, value in os.environ.items() if key.startswith(("AWS_", "XDG_", "UNIO_"))}
    return beside


def put_manifest(registry: str, name: str, lines: list[str]) -> unio.Package:
    """Puts a manifest of these lines into a registry that is a folder, under the top hash that they have."""
    header, *rows = map(json.loads, lines)
    digest = hashlib.sha256(canonical(header))
    for row in rows:
        digest.update(canonical({key: row[key] for key in ("hash", "logical_key", "meta", "size")}))
    folder = place_of(registry) / ".quilt"
    (folder / "packages" / digest.hexdigest()).write_text("\n".join([*lines, ""]))
    write_tree(
        folder / "named_packages" / name,
        {"latest": digest.hexdigest().encode(), "1700000000": digest.hexdigest().encode()},
    )
    return unio.Package(name, registry=registry)
