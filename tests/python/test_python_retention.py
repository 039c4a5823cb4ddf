"""What Python saves is protected as the registry's policy says, also what other programs wrote in place of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import unio
from python_scenes import command
from s3_registry import Bucket, client, server_url
from unio import Handler


@pytest.fixture
def locked(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket with Object Lock, whose registry is the default one and has a policy."""
    bucket = Bucket(locked=True)
    monkeypatch.setenv("UNIO_REGISTRY", bucket.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server_url())
    command(home).run("retention", "set", "governance", "--days", "2")
    yield bucket


def mode(url: str) -> Any:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return client().head_object(Bucket=bucket, Key=key).get("ObjectLockMode")


def test_files_written_in_place_by_any_program_are_protected_when_they_are_recorded(locked: Bucket) -> None:
    with Handler().new(["model.pt", "by_boto.bin"]) as new:
        new.files["model.pt"].upload_string("weights")
        url = new.files["by_boto.bin"].remote_url
        client().put_object(Bucket=locked.name, Key=url.removeprefix(locked.url + "/"), Body=b"other")
        assert mode(url) is None
    assert {mode(file.s3_url) for file in new.files.values()} == {"GOVERNANCE"}
    assert mode(f"{new.metadata.remote_root}/metadata.yaml") == "GOVERNANCE"


def test_labels_given_later_are_protected_too(locked: Bucket, work: Path) -> None:
    (work / "x.txt").write_text("x")
    saved = Handler().upload([work / "x.txt"])
    saved.revise(description="better")
    assert mode(f"{saved.metadata.remote_root}/metadata.1.yaml") == "GOVERNANCE"


def test_a_package_is_protected(locked: Bucket, home: Path, work: Path) -> None:
    (work / "x.txt").write_text("x")
    unio.PackageBuilder("team/data").add("", work).push()
    shown = command(home).json("retention", "show", "team/data")["objects"]
    assert len(shown) == 3 and {row["state"] for row in shown} == {"protected"}
