"""The folder that a benchmark works in: its environment, its programs, and the data in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from measure import Environment, Runner, Sample
from s3_server import S3Server

ROOT = Path(__file__).resolve().parents[1]


def say(text: str) -> None:
    print(f"-- {text}", file=sys.stderr, flush=True)


class Scratch:
    """A folder that is removed at the end of the `with`. Nothing is read or written outside of it."""

    def __init__(self, parent: Path | None, build: Path, python: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="unio-bench-", dir=parent)).resolve()
        self.unio = build / "unio"
        self.programs = build / "bench"
        self.python = python
        self.folders = 0
        self.environment = self._environment()
        self.runner = Runner(self.environment, self.folder)

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        if "server" in self.__dict__:
            self.server.end()
        say("removing the scratch folder")
        remove(self.folder)

    def _environment(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir()
        folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
        return folders | {
            "HOME": str(home),
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.folder),
            "USER": "bench",
            "QUILT_DISABLE_USAGE_METRICS": "true",
            "QUILT_MINIMIZE_STDOUT": "true",
        }

    @cached_property
    def server(self) -> S3Server:
        """Started when it is first asked for; then all commands find it."""
        say("starting an S3 server")
        server = S3Server(self.folder)
        self.environment.update(server.environment)
        return server

    def new_bucket(self, name: str) -> str:
        self.folders += 1
        bucket = f"bench-{os.getpid()}-{name}-{self.folders}"
        self.runner.run([self.programs / "bench_s3", "make", bucket], env=self.server.environment)
        return bucket

    def bucket_folder(self, bucket: str) -> Path:
        """Where the server keeps the bucket, as plain files."""
        return self.server.folder / bucket

    def new_folder(self, name: str) -> Path:
        """A name for a folder that is not there yet."""
        self.folders += 1
        return self.folder / f"{name}-{self.folders}"

    def run_unio(self, *words: str | Path, cwd: Path | None = None, env: Environment | None = None) -> Sample:
        return self.runner.run([self.unio, *words], cwd, env)

    def run_program(self, name: str, *words: str | Path | int) -> Sample:
        return self.runner.run([self.programs / name, *map(str, words)])

    def run_python(self, script: str, *words: str | Path, env: Environment | None = None) -> Sample:
        return self.runner.run([self.python, ROOT / "bench" / script, *words], env=env)

    def make_tree(self, name: str, files: int, sizes: tuple[int, int], contents: int) -> Path:
        say(f"making {files:,} files")
        tree = self.folder / name
        self.run_program("bench_data", "tree", tree, files, *sizes, contents)
        return tree

    def make_manifest(self, entries: int, order: str, *url: str) -> Path:
        """The entries are content-addressed, or lie below the URL."""
        say(f"making a manifest of {entries:,} entries, {order}")
        path = self.new_folder(order).with_suffix(".jsonl")
        self.run_program("bench_data", "manifest", path, entries, order, *url)
        return path

    def start_package(self, tree: Path, name: str, registry: str | Path) -> None:
        """Makes a folder the workspace of a package with all that is in it."""
        self.run_unio("init", name, "--registry", registry, cwd=tree)
        self.run_unio("add", ".", cwd=tree)


def remove(path: Path) -> None:
    """Removes a folder with whatever is in it; rm is several times faster than Python at that."""
    if path.exists():
        subprocess.run(["rm", "-rf", path], check=True)


def free_bytes(path: Path) -> int:
    return shutil.disk_usage(path).free
