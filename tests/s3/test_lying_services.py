"""Services, or what stands before them, that say what is not so: an error or a right result, and always an end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3_proxy import Fault, RequestRecord, S3Proxy
from s3_registry import Bucket, BucketUnio
from unio_scenes import NAME, fails, publish


@pytest.fixture
def far(tmp_path: Path, proxy: S3Proxy) -> BucketUnio:
    """A user behind the proxy, in a versioned bucket with a package whose tag `stable` was removed."""
    bucket = Bucket(versioned=True)
    direct = BucketUnio(tmp_path / "home", bucket)
    publish(direct, tmp_path / "work")
    direct.run("tag", NAME, "stable")
    direct.run("tag", NAME, "stable", "--delete")
    return BucketUnio(tmp_path / "home", bucket, endpoint=proxy.url)


def of_tag(operation: str) -> object:
    return lambda record: record.operation == operation and record.path.endswith("/stable")


def test_a_write_that_is_answered_by_something_else_did_not_happen(far: BucketUnio, proxy: S3Proxy) -> None:
    proxy.fault(Fault.GARBAGE_200, match=of_tag("PutObject"))  # type: ignore[arg-type]
    assert "stable" in fails(far, 9, "tag", NAME, "stable")
    proxy.heal()
    far.run("tag", NAME, "stable")
    assert "stable" in far.json("show", NAME)["tags"]


@pytest.mark.parametrize("fault", [Fault.GARBAGE_200, Fault.ERROR_IN_200], ids=lambda fault: fault.name)
def test_a_tag_that_is_said_to_be_there_and_is_not_ends_in_an_error(
    far: BucketUnio, proxy: S3Proxy, fault: Fault
) -> None:
    proxy.fault(fault, match=of_tag("HeadObject"))  # type: ignore[arg-type]
    result = far.start("tag", NAME, "stable")
    result.communicate(timeout=30)
    assert result.returncode in (8, 9)


@pytest.mark.parametrize("fault", [Fault.GARBAGE_200, Fault.STATUS_403, Fault.EXPIRED_TOKEN], ids=lambda fault: fault.name)
def test_nothing_is_learnt_about_a_service_from_such_answers(
    tmp_path: Path, proxy: S3Proxy, fault: Fault
) -> None:
    def is_probe(record: RequestRecord) -> bool:
        return record.operation == "PutObject" and "/probes/" in record.path

    unio = BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)
    proxy.fault(fault, match=is_probe, times=1, after=2)
    (tmp_path / "work").mkdir()
    (tmp_path / "work/x").write_text("x")
    unio.run("init", NAME, cwd=tmp_path / "work")
    unio.run("add", ".", cwd=tmp_path / "work")
    process = unio.start("push", cwd=tmp_path / "work")
    process.communicate(timeout=30)
    assert process.returncode in (6, 7, 9)
    unio.run("push", cwd=tmp_path / "work")
    store = json.loads((unio.registry / ".unio/format.json").read_text())["store"]
    assert store["create_only"] and store["swap"]


def test_a_removal_that_a_login_page_answers_did_not_happen(far: BucketUnio, proxy: S3Proxy) -> None:
    far.run("tag", NAME, "stable")
    proxy.fault(Fault.PORTAL, match=of_tag("DeleteObject"))  # type: ignore[arg-type]
    assert "stable" in fails(far, 9, "tag", NAME, "stable", "--delete")
    assert "stable" in far.json("show", NAME)["tags"]
    proxy.heal()
    far.run("tag", NAME, "stable", "--delete")
    assert "stable" not in far.json("show", NAME)["tags"]


@pytest.mark.parametrize("operation", ["ListMultipartUploads", "CreateMultipartUpload"])
def test_an_answer_that_is_none_is_an_error_that_names_the_object(
    far: BucketUnio, proxy: S3Proxy, tmp_path: Path, operation: str
) -> None:
    (tmp_path / "work/large.bin").write_bytes(bytes(9 << 20))
    proxy.fault(Fault.GARBAGE_200, match=lambda record: record.operation == operation and "objects" in str(record))
    message = fails(far, 9, "push", cwd=tmp_path / "work")
    assert "/objects/" in message and far.bucket.name in message
    proxy.heal()
    far.run("push", cwd=tmp_path / "work")


def test_an_answer_to_head_which_has_no_words_is_explained(far: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    """An expired token is a bare 400 there."""
    proxy.fault(Fault.EXPIRED_TOKEN, match=lambda record: record.path.endswith("/data.csv"))
    fails(far, 6, "add", "data.csv", f"{far.bucket.url}/data.csv", cwd=tmp_path / "work", hint="credentials")
