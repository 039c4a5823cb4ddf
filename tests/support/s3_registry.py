"""Registries in buckets of the S3 server that scripts/with-s3 starts."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import boto3

from s3_abilities import SERVER
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
    """A fresh bucket, of the shared server if no other is given. One with Object Lock keeps versions."""

    def __init__(self, versioned: bool = False, server: S3Server | None = None, locked: bool = False) -> None:
        self.name = f"unio-test-{uuid.uuid4().hex[:16]}"
        self.url = f"s3://{self.name}"
        self.versioned = versioned or locked
        self.endpoint = server.url if server else server_url()
        self._folder = (server.folder if server else Path(os.environ["UNIO_TEST_S3_FOLDER"])) / self.name
        self._has_files = server is not None or SERVER == "versitygw"
        self._copied: dict[str, str] = {}
        s3 = server.client() if server else client()
        s3.create_bucket(Bucket=self.name, ObjectLockEnabledForBucket=locked)
        if versioned and not locked:
            s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    @property
    def folder(self) -> Path:
        """The objects as plain files: where versitygw keeps them, a look behind its back; else copies of what is there."""
        if not self._has_files:
            self._copy_objects()
        return self._folder

    def damage(self, file: Path, content: bytes) -> None:
        """Changes the object behind a file of the folder, without a word to anybody where that can be done."""
        if self._has_files:
            file.write_bytes(content)
        else:
            client().put_object(Bucket=self.name, Key=file.relative_to(self._folder).as_posix(), Body=content)

    def _copy_objects(self) -> None:
        s3 = client()
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        there = {row["Key"]: row["ETag"] for page in pages for row in page.get("Contents", [])}
        for key in self._copied.keys() - there.keys():
            (self._folder / key).unlink()
        for key, etag in there.items():
            if self._copied.get(key) != etag:
                (self._folder / key).parent.mkdir(parents=True, exist_ok=True)
                (self._folder / key).write_bytes(s3.get_object(Bucket=self.name, Key=key)["Body"].read())
        self._copied = there


class BucketUnio(Unio):
    """A user whose default registry is in a bucket, below `prefix`."""

    def __init__(self, home: Path, bucket: Bucket, prefix: str = "some/registry", endpoint: str | None = None) -> None:
        super().__init__(home)
        self.bucket = bucket
        self._below = prefix
        self.registry_url = f"{bucket.url}/{prefix}".rstrip("/")
        self.env |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self.secrets: list[str] = []  # that a test knows of besides those of the environment
        self.env |= {"UNIO_REGISTRY": self.registry_url, "AWS_ENDPOINT_URL_S3": endpoint or bucket.endpoint}

    @property
    def registry(self) -> Path:
        """The registry's objects as plain files."""
        return self.bucket.folder / self._below

    def run(self, *args: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        """As every user; nothing that is secret may come out, whatever the command and however it ends."""
        result = super().run(*args, **options)
        given = self.env | options
        names = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
        secrets = [*filter(None, map(given.get, names)), *self.secrets, "Authorization:", "AWS4-HMAC", "Signature="]
        for secret in secrets:
            assert secret not in result.stdout + result.stderr, "a secret was printed"
        return result
