"""The S3 server for works with buckets, and the counting of requests to it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from measure import CommandFailed, Environment
from s3_proxy import RequestRecord, S3Proxy

ROOT = Path(__file__).resolve().parents[1]


MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 12 << 30


def place_for_buckets(scratch: Path) -> Path:
    """In memory where there is room, as if the server were another machine: the flushes of one side must not wait for
    what the other side writes to the same disk."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    return MEMORY if in_memory else scratch


class S3Server:
    """The server of scripts/with-s3, until `end`, or until this process is gone in whatever way.

    `environment` is what clients need, `folder` where the server keeps the buckets.
    """

    def __init__(self, scratch: Path) -> None:
        reading, self._writing = os.pipe()
        # with-s3 ends the server with its command, which ends with our end of the pipe.
        wanted = f"env | grep -E '^(AWS_|UNIO_TEST_S3)'; echo; exec cat <&{reading}"
        command = [ROOT / "scripts/with-s3", "bash", "-c", wanted]
        env = os.environ | {"TMPDIR": str(place_for_buckets(scratch))}
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=env, pass_fds=[reading], start_new_session=True
        )
        os.close(reading)
        assert self._process.stdout
        lines = itertools.takewhile(str.strip, self._process.stdout)
        variables = dict(line.rstrip("\n").split("=", 1) for line in lines)
        if "UNIO_TEST_S3" not in variables:
            self.end()
            raise CommandFailed("there is no S3 server to measure with\nhint: scripts/setup")
        self.url = variables["UNIO_TEST_S3"]
        self.folder = Path(variables["UNIO_TEST_S3_FOLDER"])
        self.environment = {name: value for name, value in variables.items() if name.startswith("AWS_")}
        self.environment["AWS_ENDPOINT_URL_S3"] = self.url

    def end(self) -> None:
        os.close(self._writing)
        self._process.wait()

    def count_requests(self, command: Callable[[Environment], object]) -> list[RequestRecord]:
        """The requests of one command, which is given the environment that leads it through a proxy."""
        with S3Proxy(self.url) as proxy:
            command({"AWS_ENDPOINT_URL_S3": proxy.url})
            return proxy.requests.copy()
