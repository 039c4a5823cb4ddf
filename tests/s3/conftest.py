from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from s3_registry import Bucket, BucketUnio  # noqa: E402


@pytest.fixture(params=[False, True], ids=["unversioned", "versioned"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return Bucket(versioned=request.param)


@pytest.fixture
def unio(tmp_path: Path, bucket: Bucket) -> BucketUnio:
    return BucketUnio(tmp_path / "home", bucket)
