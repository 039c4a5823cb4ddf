"""Who may not, or is not asked rightly, is told what is wrong and what to do; no secret is shown."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from s3_abilities import needs
from s3_registry import Bucket, BucketUnio
from unio_scenes import fails, start_package

SECRET = "this-is-a-secret"
WRONG_SECRET = {"AWS_SECRET_ACCESS_KEY": SECRET}
UNKNOWN_KEY = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": SECRET}


@pytest.fixture
def unio(tmp_path: Path) -> BucketUnio:
    return BucketUnio(tmp_path / "home", Bucket())


@pytest.mark.parametrize("command", ["ls", "push"])
@pytest.mark.parametrize(
    ("exit_code", "hint", "env"),
    [
        (6, "AWS_SECRET_ACCESS_KEY", WRONG_SECRET),
        (6, "AWS_ACCESS_KEY_ID", UNKNOWN_KEY),
        (6, "--no-sign-request", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}),
        (6, "~/.aws", {"UNIO_S3_PROFILE": "no-such-profile"}),
        (3, "--endpoint-url", {"UNIO_REGISTRY": "s3://unio-no-such-bucket/x"}),
        (8, "", {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}),
        (8, "--endpoint-url", {"AWS_ENDPOINT_URL_S3": "http://no.such.host.invalid"}),
        (2, "https://host", {"AWS_ENDPOINT_URL_S3": "nonsense"}),
    ],
    ids=["wrong secret", "unknown key", "no credentials", "no profile", "no bucket", "refused", "no host", "no endpoint"],
)
def test_what_is_wrong_is_said_quickly(
    unio: BucketUnio, tmp_path: Path, command: str, exit_code: int, hint: str, env: dict[str, str]
) -> None:
    if env in (WRONG_SECRET, UNKNOWN_KEY):
        needs("signatures")
    unio.env |= env
    work = start_package(unio, tmp_path / "work")
    begin = time.monotonic()
    message = fails(unio, exit_code, command, "--quiet", cwd=work, hint=hint)
    assert time.monotonic() - begin < 10
    assert SECRET not in message


def test_a_bucket_for_which_nothing_is_signed_is_refused_here(unio: BucketUnio) -> None:
    """The tests' server has no public buckets; what counts is that no credentials were sent."""
    needs("signatures")
    assert "AccessDenied" in fails(unio, 7, "ls", "--no-sign-request")
