from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from s3_proxy import S3Proxy  # noqa: E402
from s3_registry import Bucket, BucketUnio, server_url  # noqa: E402


@pytest.fixture(params=[False, True], ids=["unversioned", "versioned"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return Bucket(versioned=request.param)


@pytest.fixture
def unio(tmp_path: Path, bucket: Bucket) -> BucketUnio:
    return BucketUnio(tmp_path / "home", bucket)


@pytest.fixture
def proxy() -> Iterator[S3Proxy]:
    """Stands before the S3 server, and breaks what it is told to break."""
    with S3Proxy(server_url()) as proxy:
        yield proxy
