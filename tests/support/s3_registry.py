"""Registries in buckets of the S3 server that scripts/with-s3 starts."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import boto3

from s3_server import S3Server
from unio_command import Unio


def server_url() -> str:
    url = os.environ.get("UNIO_TEST_S3")
    assert url, "there is no S3 server to test with: run the tests with scripts/with-s3"
    return url


def client(**options: Any) -> Any:
    """boto3's client of the server."""
    return boto3.client("s3", endpoint_url=server_url(), **options)


class Bucket:
    """A fresh bucket, of the shared server if no other is given. `folder` is where the server keeps its objects, as
    plain files: a look behind its back."""

    def __init__(self, versioned: bool = False, server: S3Server | None = None) -> None:
        self.name = f"unio-test-{uuid.uuid4().hex[:16]}"
        self.url = f"s3://{self.name}"
        self.endpoint = server.url if server else server_url()
        self.folder = (server.folder if server else Path(os.environ["UNIO_TEST_S3_FOLDER"])) / self.name
        s3 = server.client() if server else client()
        s3.create_bucket(Bucket=self.name)
        if versioned:
            s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})


class BucketUnio(Unio):
    """A user whose default registry is in a bucket, below `prefix`. `registry` is its folder at the server's."""

    def __init__(self, home: Path, bucket: Bucket, prefix: str = "some/registry", endpoint: str | None = None) -> None:
        super().__init__(home)
        self.bucket = bucket
        self.registry_url = f"{bucket.url}/{prefix}"
        self.registry = bucket.folder / prefix
        self.env |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self.secrets: list[str] = []  # that a test knows of besides those of the environment
        self.env |= {"UNIO_REGISTRY": self.registry_url, "AWS_ENDPOINT_URL_S3": endpoint or bucket.endpoint}

    def run(self, *args: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        """As every user; nothing that is secret may come out, whatever the command and however it ends."""
        result = super().run(*args, **options)
        given = self.env | options
        names = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
        secrets = [*filter(None, map(given.get, names)), *self.secrets, "Authorization:", "AWS4-HMAC", "Signature="]
        for secret in secrets:
            assert secret not in result.stdout + result.stderr, "a secret was printed"
        return result
