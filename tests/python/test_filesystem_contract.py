"""Asks of fsspec's file systems what is asked of every store of the engine: tests/contract."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Runs the questions in a process of their own. GoogleTest prints what failed.
RUN = """
import importlib.util, itertools, sys, tempfile
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from unio.lazyscribe._filesystem import Files

spec = importlib.util.spec_from_file_location("unio_contract", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
numbers = itertools.count()
folder = tempfile.mkdtemp(dir=sys.argv[3])
def memory():
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    return Files(MemoryFileSystem(), f"/some/prefix{next(numbers)}", "memory")
def moving():
    return Files(LocalFileSystem(), f"{folder}/{next(numbers)}", "file")
def top():
    path = f"{folder}/top{next(numbers)}"
    return Files(DirFileSystem(path, LocalFileSystem(auto_mkdir=True)), "", "dir")
sys.exit(module.run(["contract", *sys.argv[4:]], {"memory": memory, "moving": moving, "top": top}[sys.argv[2]]))
"""


@pytest.fixture(scope="session")
def contract_module() -> Path:
    """The module, built where the native one was."""
    folder = ROOT / "build/release"
    with (folder / "unio_contract.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one build at a time, however many workers test
        build = subprocess.run(
            ["cmake", "--build", folder, "--target", "unio_contract"], capture_output=True, text=True, check=False
        )
    assert build.returncode == 0, build.stdout[-2000:] + build.stderr
    return next((folder / "python").glob("unio_contract*.so"))


@pytest.mark.parametrize("kind", ["memory", "moving", "top"])
def test_keeps_what_every_store_promises(kind: str, contract_module: Path, tmp_path: Path) -> None:
    """`memory` writes an object in one step; the others move a file, below a folder and at the top of a file system."""
    run = subprocess.run(
        [sys.executable, "-c", RUN, contract_module, kind, tmp_path],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    failed = [line for line in run.stdout.splitlines() if "FAILED" in line or "Failure" in line]
    assert run.returncode == 0, "\n".join(failed) + run.stdout[-3000:] + run.stderr[-3000:]
    assert "[  PASSED  ]" in run.stdout
