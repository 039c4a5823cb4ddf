"""Registries in buckets of the S3 server that scripts/with-s3 starts."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import boto3

from unio_command import Unio


def server_url() -> str:
    url = os.environ.get("UNIO_TEST_S3")
    assert url, "there is no S3 server to test with: run the tests with scripts/with-s3"
    return url


def client(**options: Any) -> Any:
    """boto3's client of the server."""
    return boto3.client("s3", endpoint_url=server_url(), **options)


class Bucket:
    """A fresh bucket. `folder` is where the server keeps its objects, as plain files: a look behind its back."""

    def __init__(self, versioned: bool = False) -> None:
        self.name = f"unio-test-{uuid.uuid4().hex[:16]}"
        self.url = f"s3://{self.name}"
        self.folder = Path(os.environ["UNIO_TEST_S3_FOLDER"]) / self.name
        s3 = client()
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
        self.env |= {"UNIO_REGISTRY": self.registry_url, "AWS_ENDPOINT_URL_S3": endpoint or server_url()}
