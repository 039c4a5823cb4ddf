"""Buckets over https: an authority of one's own, and certificates that must not be trusted, which is said at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from s3_registry import Bucket, BucketUnio, server_url
from s3_server import Authority, Certificate, S3Server
from skewed_clock import skewed_clock
from unio_command import read_tree
from unio_scenes import FILES, NAME, fails, install, publish, start_package
from web_services import TunnelProxy

LARGE = bytes(range(256)) * (36 << 10)  # 9 MiB: goes in parts
#: In which an answer must be there, and the process ended. Alone it takes a tenth of a second.
SOON = 5
DAY = 24 * 60 * 60


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Authority(tmp_path_factory.mktemp("authority")).certify("IP:127.0.0.1", "DNS:s3.lab.test")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("server"), certificate=certificate) as server:
        yield server


@pytest.fixture
def unio(tmp_path: Path, server: S3Server, certificate: Certificate) -> BucketUnio:
    unio = BucketUnio(tmp_path / "home", Bucket(server=server))
    unio.env["AWS_CA_BUNDLE"] = str(certificate.authority)
    return unio


def fails_soon(unio: BucketUnio, exit_code: int, *args: str, cwd: Path | None = None, hint: str, **env: str) -> str:
    begin = time.monotonic()
    message = fails(unio, exit_code, *args, cwd=cwd, hint=hint, **env)
    assert time.monotonic() - begin < SOON
    return message


def test_a_package_goes_to_a_bucket_over_tls_and_back(unio: BucketUnio, tmp_path: Path) -> None:
    files = FILES | {"large.bin": LARGE}
    publish(unio, tmp_path / "work", files, "-t", "v1")
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == files
    unio.run("verify", tmp_path / "target")


def test_the_authorities_of_the_system_are_trusted(unio: BucketUnio, certificate: Certificate) -> None:
    del unio.env["AWS_CA_BUNDLE"]
    unio.run("ls", SSL_CERT_FILE=str(certificate.authority))  # what the system's library takes for its own


def test_the_authority_may_be_a_setting(unio: BucketUnio, certificate: Certificate) -> None:
    del unio.env["AWS_CA_BUNDLE"]
    fails_soon(unio, 8, "ls", hint="s3.ca_bundle")
    unio.run("config", "set", "s3.ca_bundle", str(certificate.authority))
    unio.run("ls")


@pytest.mark.parametrize("command", ["ls", "push"])
@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]], ids=["plain", "json", "quiet"])
def test_an_authority_that_is_not_known_is_named_at_once(
    unio: BucketUnio, tmp_path: Path, command: str, options: list[str]
) -> None:
    work = start_package(unio, tmp_path / "work")
    unknown = Authority(tmp_path / "other").pem
    begin = time.monotonic()
    result = unio.run(command, *options, cwd=work, exit_code=8, AWS_CA_BUNDLE=str(unknown))
    assert time.monotonic() - begin < SOON
    assert "untrusted" in result.stdout + result.stderr
    assert "AWS_CA_BUNDLE" in result.stdout + result.stderr


def test_a_certificate_for_another_name_is_refused_at_once(unio: BucketUnio) -> None:
    endpoint = unio.env["AWS_ENDPOINT_URL_S3"].replace("127.0.0.1", "localhost")
    assert "hostname" in fails_soon(unio, 8, "ls", hint="s3.ca_bundle", AWS_ENDPOINT_URL_S3=endpoint)


def test_a_certificate_that_expired_is_refused_at_once(unio: BucketUnio, tmp_path: Path) -> None:
    clock = skewed_clock(tmp_path / "clock", 3 * DAY)
    assert "expired" in fails_soon(unio, 8, "ls", hint="clock", **clock)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_service_that_speaks_the_other_scheme_is_told(unio: BucketUnio, server: S3Server, scheme: str) -> None:
    """Both kinds of service just close the connection, which might pass: it is tried some times."""
    url = server.url if scheme == "http" else server_url()
    fails(unio, 8, "ls", hint="https://", AWS_ENDPOINT_URL_S3=url.replace(urlsplit(url).scheme, scheme))


@pytest.mark.parametrize("content", [None, "", "no certificate\n", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_authorities_is_told_at_once(unio: BucketUnio, tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    assert str(bundle) in fails_soon(unio, 2, "ls", hint="s3.ca_bundle", AWS_CA_BUNDLE=str(bundle))


def test_a_folder_instead_of_authorities_is_told_at_once(unio: BucketUnio, tmp_path: Path) -> None:
    assert str(tmp_path) in fails_soon(unio, 2, "ls", hint="", AWS_CA_BUNDLE=str(tmp_path))


def test_tls_goes_through_a_proxy(unio: BucketUnio, server: S3Server, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work", FILES, "-t", "v1")
    with TunnelProxy(server.port) as proxy:
        unio.env |= {"HTTPS_PROXY": proxy.url, "AWS_ENDPOINT_URL_S3": "https://s3.lab.test"}
        assert NAME in unio.run("ls").stdout
    assert proxy.asked and set(proxy.asked) == {"s3.lab.test:443"}


def test_an_authority_that_is_not_known_is_told_at_once_through_a_proxy_too(
    unio: BucketUnio, server: S3Server, tmp_path: Path
) -> None:
    with TunnelProxy(server.port) as proxy:
        env = {"HTTPS_PROXY": proxy.url, "AWS_ENDPOINT_URL_S3": "https://s3.lab.test"}
        fails_soon(unio, 8, "ls", hint="AWS_CA_BUNDLE", AWS_CA_BUNDLE=str(Authority(tmp_path / "other").pem), **env)
