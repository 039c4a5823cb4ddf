"""What tests of the command have in common: published packages, registries made by hand, and how errors read."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unio_command import Unio, write_tree

NAME = "team/data"
FILES = {"README.md": b"# data\n", "a.txt": b"one", "dir/b.txt": b"two", "dir/c.txt": b"three"}
#: A later version: a.txt changed, dir/b.txt dropped, dir/d.txt new.
SECOND = {"README.md": b"# data\n", "a.txt": b"other", "dir/c.txt": b"three", "dir/d.txt": b"four"}


def start_package(unio: Unio, folder: Path, files: dict[str, bytes] = FILES, name: str = NAME) -> Path:
    """Makes `folder` the workspace of a package with all of its files added."""
    write_tree(folder, files)
    unio.run("init", name, cwd=folder)
    unio.run("add", ".", cwd=folder)
    return folder


def publish(unio: Unio, folder: Path, files: dict[str, bytes] = FILES, *options: str, name: str = NAME) -> str:
    """Publishes files as a package, in a workspace made for it or there already; the top hash."""
    if (folder / ".unio").exists():
        write_tree(folder, files)
    else:
        start_package(unio, folder, files, name)
    return unio.json("push", *options, cwd=folder)["top_hash"]


def fails(unio: Unio, exit_code: int, *args: str | Path, cwd: Path | None = None, hint: str = "", **env: str) -> str:
    """Runs a command that must fail: one line of error, at most one of hint, nothing that looks like a crash."""
    result = unio.run(*args, cwd=cwd, exit_code=exit_code, **env)
    lines = [line for line in result.stderr.splitlines() if not line.startswith("warning: ")]
    assert lines and lines[0].startswith("error: "), result.stderr
    assert len(lines) <= 2, result.stderr
    assert all(line.startswith("hint: ") for line in lines[1:]), result.stderr
    assert "this is a bug" not in result.stderr
    assert hint in "".join(lines[1:]), result.stderr
    return lines[0].removeprefix("error: ")


def listing(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below a folder."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def objects(registry: Path) -> list[Path]:
    """The content-addressed objects of a registry."""
    return sorted(path for path in (registry / ".unio/objects").rglob("*") if path.is_file())


def pointer(unio: Unio, which: str = "latest", name: str = NAME) -> str:
    return (unio.registry / ".quilt/named_packages" / name / which).read_text()


def chunked_digest(content: bytes) -> str:
    """quilt3's digest of content below 8 MiB."""
    return base64.b64encode(hashlib.sha256(hashlib.sha256(content).digest() if content else b"").digest()).decode()


def entry_row(key: str, place: Path, **changes: Any) -> dict[str, Any]:
    """A manifest's row for a file that exists."""
    content = place.read_bytes()
    row = {
        "logical_key": key,
        "physical_keys": [place.as_uri()],
        "size": len(content),
        "hash": {"type": "sha2-256-chunked", "value": chunked_digest(content)},
        "meta": {},
    }
    return row | changes


def top_hash_of(rows: list[dict[str, Any]]) -> str:
    """quilt3's recipe: the header and every entry without its place, as canonical JSON."""
    digest = hashlib.sha256()
    header, *entries = rows
    for value in [header, *({k: v for k, v in row.items() if k != "physical_keys"} for row in entries)]:
        digest.update(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
    return digest.hexdigest()


def put_manifest(unio: Unio, content: str | bytes, top_hash: str = "ab" * 32, name: str = NAME) -> Path:
    """Puts a manifest into the registry as somebody with bad intentions would; returns its path."""
    manifest = unio.registry / ".quilt/packages" / top_hash
    named = unio.registry / ".quilt/named_packages" / name
    manifest.parent.mkdir(parents=True, exist_ok=True)
    named.mkdir(parents=True, exist_ok=True)
    manifest.write_bytes(content.encode() if isinstance(content, str) else content)
    (named / "latest").write_text(top_hash)
    (named / "1700000000").write_text(top_hash)
    return manifest


def put_rows(unio: Unio, rows: list[dict[str, Any]], name: str = NAME) -> Path:
    """The same with rows, under the hash that they really have."""
    header = {"version": "v0", "message": None}
    text = "".join(json.dumps(row) + "\n" for row in [header, *rows])
    return put_manifest(unio, text, top_hash_of([header, *rows]), name)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[Any] | None = None, seconds: float = 60) -> None:
    """Waits for something that another process does, as long as that process runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for does not happen"
        assert process is None or process.poll() is None, "the process ended before"
        os.sched_yield()


def wait_until_files_are_old(folder: Path) -> None:
    """Waits until the clock of the file system is well past every file, so that a stat index may trust them."""
    probe = folder.parent / "clock"
    newest = max(path.stat().st_ctime_ns for path in folder.rglob("*"))

    def is_later() -> bool:
        probe.write_bytes(b"")
        return probe.stat().st_mtime_ns > newest + 100_000_000

    wait_until(is_later)


def built_keys(unio: Unio, folder: Path) -> list[str]:
    """The keys of the package that a build here makes."""
    unio.run("build-manifest", cwd=folder)
    [manifest] = (folder / ".unio").glob("manifest-*")
    rows = [json.loads(line) for line in manifest.read_text().splitlines()[1:]]
    return [row["logical_key"] for row in rows if "physical_keys" in row]


def published_keys(unio: Unio, name: str = NAME) -> list[str]:
    return [entry["key"] for entry in unio.json("ls", name, "--all")["entries"] if not entry["folder"]]


def warnings(text: str) -> list[str]:
    return [line.removeprefix("warning: ") for line in text.splitlines() if line.startswith("warning: ")]


def install(unio: Unio, target: Path, reference: str = f"{NAME}:v1", *options: str) -> dict[str, Any]:
    """Installs a package and returns what the command tells of it."""
    return unio.json("install", reference, "--location", target, *options)


def damage(target: Path) -> None:
    """Changes, adds and removes a file of an installed package."""
    write_tree(target, {"a.txt": b"damaged", "mine.txt": b"mine"})
    (target / "dir/b.txt").unlink()


#: Runs a command and ends with its exit code; the last line of standard error is its peak memory in KiB. A process of its
#: own, because the kernel counts in what the parent has used.
MEASURE = """
import os, sys
process = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(process, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_memory(unio: Unio, *args: str | Path) -> tuple[int, int, str]:
    """Exit code, peak memory in bytes and standard error of a command."""
    measured = Unio(unio.home, prefix=[sys.executable, "-S", "-c", MEASURE])
    process = measured.start(*args)
    _, err = process.communicate(timeout=120)
    *lines, peak = err.splitlines()
    return process.returncode, int(peak) * 1024, "\n".join(lines)
