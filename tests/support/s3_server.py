"""S3 servers of a test's own, for what the shared one does not offer: TLS, users, another region, hosts for buckets."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, and the file of the authority that vouches for it."""

    pem: Path
    key: Path
    authority: Path


class Authority:
    """A certificate authority; `pem` is the file that makes it trusted."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.pem = folder / "authority.pem"
        self.key = folder / "authority.key"
        (folder / "config").write_text("[req]\ndistinguished_name=dn\n[dn]\n")
        self._make("authority", "-addext", "basicConstraints=critical,CA:TRUE")

    def certify(self, *names: str) -> Certificate:
        """A certificate for names such as "IP:127.0.0.1" and "DNS:*.lab.test"."""
        issuer = ["-CA", str(self.pem), "-CAkey", str(self.key)]
        self._make("server", *issuer, "-addext", f"subjectAltName={','.join(names)}")
        return Certificate(self.folder / "server.pem", self.folder / "server.key", self.pem)

    def _make(self, name: str, *options: str) -> None:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
        command = ["openssl", "req", "-config", "config", "-x509", *key, "-out", f"{name}.pem", "-days", "2"]
        subprocess.run([*command, "-subj", f"/CN={name}", *options], cwd=self.folder, check=True, capture_output=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class S3Server:
    """Runs versitygw with `options` from `with` to the end of its block. Its root user is the one of the environment;
    `folder` is where it keeps each bucket's objects, as plain files; old versions lie in `versions`."""

    def __init__(
        self, folder: Path, *options: str, certificate: Certificate | None = None, region: str = "us-east-1"
    ) -> None:
        self.folder = folder / "buckets"
        self.folder.mkdir(parents=True)
        self.versions = folder / "versions"
        self.versions.mkdir()
        self.certificate = certificate
        self.region = region
        self._log = folder / "log"
        self._options = ["--region", region, *options]
        if certificate:
            self._options += ["--cert", str(certificate.pem), "--key", str(certificate.key)]

    def __enter__(self) -> Self:
        program = os.environ["UNIO_TEST_S3_PROGRAM"]
        for _ in range(3):  # another program may take the port between the asking and the listening
            self.port = free_port()
            command = [program, "--quiet", "--keep-alive", "--port", f"127.0.0.1:{self.port}", *self._options]
            with self._log.open("wb") as log:
                backend = ["posix", "--versioning-dir", str(self.versions), str(self.folder)]
                self._process = subprocess.Popen([*command, *backend], stdout=log, stderr=log)
            if self._answers():
                return self
            self.__exit__()
        raise AssertionError(self._log.read_text())

    def __exit__(self, *_: Any) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self) -> bool:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return True
            except OSError:
                time.sleep(0.01)
        return False

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> Any:
        """boto3's client of the server."""
        verify = str(self.certificate.authority) if self.certificate else None
        return boto3.client("s3", endpoint_url=self.url, verify=verify, region_name=self.region, **options)

    def add_user(self, name: str, secret: str) -> None:
        """Makes a user who may do what bucket policies say; the server has to have --iam-dir."""
        root = ["--access", os.environ["AWS_ACCESS_KEY_ID"], "--secret", os.environ["AWS_SECRET_ACCESS_KEY"]]
        command = [os.environ["UNIO_TEST_S3_PROGRAM"], "admin", *root, "--endpoint-url", self.url, "create-user"]
        user = ["--access", name, "--secret", secret, "--role", "user"]
        subprocess.run([*command, *user], check=True, capture_output=True)
