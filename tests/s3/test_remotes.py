"""Each remote may be at a service of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio, server_url
from unio_command import read_tree
from unio_scenes import FILES, NAME, install, publish

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def unio(tmp_path: Path) -> BucketUnio:
    """A user whose default service is not there."""
    return BucketUnio(tmp_path / "home", Bucket(), endpoint=NOWHERE)


def add(unio: BucketUnio, name: str, *flags: str, bucket: Bucket | None = None) -> None:
    url = f"{(bucket or unio.bucket).url}/some/registry"
    unio.run(*flags, "remote", "add", name, url)


def test_a_remote_keeps_the_endpoint_that_it_was_added_with(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    add(unio, "lab", "--endpoint-url", proxy.url)
    assert unio.json("remote")["lab"] == {"url": unio.registry_url, "endpoint": proxy.url}
    work = tmp_path / "work"
    publish(unio, work, name=f"lab/{NAME}")
    install(unio, tmp_path / "target", f"lab/{NAME}")
    assert read_tree(tmp_path / "target") == FILES
    assert proxy.requests


def test_two_remotes_are_at_two_services(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    other = Bucket()
    add(unio, "one", "--endpoint-url", proxy.url)
    add(unio, "two", "--endpoint-url", server_url(), bucket=other)
    publish(unio, tmp_path / "one", name=f"one/{NAME}")
    publish(unio, tmp_path / "two", {"x": b"x"}, name=f"two/{NAME}")
    assert not [record for record in proxy.requests if other.name in record.path]
    install(unio, tmp_path / "target", f"two/{NAME}")
    assert read_tree(tmp_path / "target") == {"x": b"x"}


def test_a_package_goes_from_one_service_to_another(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    other = Bucket()
    add(unio, "one", "--endpoint-url", proxy.url)
    add(unio, "two", "--endpoint-url", server_url(), bucket=other)
    publish(unio, tmp_path / "one", FILES | {"large.bin": bytes(20 << 20)}, name=f"one/{NAME}")
    work = tmp_path / "two"
    work.mkdir()
    unio.run("init", f"two/{NAME}", cwd=work)
    unio.run("add", "--package", f"one/{NAME}", cwd=work)
    unio.run("push", cwd=work)
    assert (other.folder / "some/registry/.unio/objects").exists()
    assert unio.json("show", f"two/{NAME}")["entries"] == len(FILES) + 1


def test_a_flag_goes_over_what_the_remote_keeps(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    add(unio, "lab", "--endpoint-url", NOWHERE)
    publish_with = ["--endpoint-url", proxy.url]
    unio.run(*publish_with, "remote", "check", "lab")
    assert proxy.requests


def test_a_remote_keeps_its_profile(unio: BucketUnio, tmp_path: Path) -> None:
    config, credentials = tmp_path / "aws-config", tmp_path / "aws-credentials"
    config.write_text(f"[profile lab]\nregion = us-east-1\nendpoint_url = {server_url()}\n")
    key, secret = unio.env.pop("AWS_ACCESS_KEY_ID"), unio.env.pop("AWS_SECRET_ACCESS_KEY")
    credentials.write_text(f"[lab]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    unio.env |= {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    del unio.env["AWS_ENDPOINT_URL_S3"]
    add(unio, "lab", "--profile", "lab")
    publish(unio, tmp_path / "work", name=f"lab/{NAME}")
    assert unio.json("show", f"lab/{NAME}")["entries"] == len(FILES)
    assert secret not in unio.run("remote", "ls").stdout


def test_one_bucket_has_one_place(unio: BucketUnio, proxy: S3Proxy) -> None:
    add(unio, "lab", "--endpoint-url", proxy.url)
    message = "'lab' reaches the bucket"
    result = unio.run(
        "--endpoint-url", NOWHERE, "remote", "add", "again", f"{unio.bucket.url}/elsewhere", exit_code=5
    )
    assert message in result.stderr
    add(unio, "same", "--endpoint-url", proxy.url)


def test_a_removed_remote_leaves_nothing(unio: BucketUnio, proxy: S3Proxy) -> None:
    add(unio, "lab", "--endpoint-url", proxy.url, "--region", "eu-west-1")
    unio.run("remote", "rm", "lab")
    assert unio.json("remote") == {}
    assert "lab" not in (unio.home / ".config/unio/config.toml").read_text()
