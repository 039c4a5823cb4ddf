"""The S3 server for works with buckets, and the counting of requests to it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from measure import CommandFailed, Environment
from s3_proxy import RequestRecord, S3Proxy

ROOT = Path(__file__).resolve().parents[1]


MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 12 << 30


def place_for_buckets(scratch: Path) -> Path:
    """In memory where there is room, as if the server were another machine: the flushes of one side must not wait for
    what the other side writes to the same disk."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    return MEMORY if in_memory else scratch


class ScriptServer:
    """A server that a script runs beside its command, until `end`, or until this process is gone in whatever way.

    `variables` are those by which the command finds it. What it keeps is in a folder in `place`.
    """

    def __init__(self, script: str, wanted: str, place: Path) -> None:
        reading, self._writing = os.pipe()
        # The script ends the server with its command, which ends with our end of the pipe.
        command = f"env | grep -E '^({wanted})'; echo; exec cat <&{reading}"
        self._process = subprocess.Popen(
            [ROOT / "scripts" / script, "bash", "-c", command],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": str(place)},
            pass_fds=[reading],
            start_new_session=True,
        )
        os.close(reading)
        assert self._process.stdout
        lines = itertools.takewhile(str.strip, self._process.stdout)
        self.variables = dict(line.rstrip("\n").split("=", 1) for line in lines)
        if not self.variables:
            self.end()
            raise CommandFailed(f"scripts/{script} runs no server to measure with\nhint: scripts/setup")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        os.close(self._writing)
        self._process.wait()


class S3Server(ScriptServer):
    """`environment` is what clients need, `folder` where the server keeps the buckets."""

    def __init__(self, scratch: Path) -> None:
        super().__init__("with-s3", "AWS_|UNIO_TEST_S3", place_for_buckets(scratch))
        self.url = self.variables["UNIO_TEST_S3"]
        self.folder = Path(self.variables["UNIO_TEST_S3_FOLDER"])
        self.environment = {name: value for name, value in self.variables.items() if name.startswith("AWS_")}
        self.environment["AWS_ENDPOINT_URL_S3"] = self.url

    def count_requests(self, command: Callable[[Environment], object]) -> list[RequestRecord]:
        """The requests of one command, which is given the environment that leads it through a proxy."""
        with S3Proxy(self.url) as proxy:
            command({"AWS_ENDPOINT_URL_S3": proxy.url})
            return proxy.requests.copy()
