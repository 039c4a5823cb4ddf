"""Where the bucket stands in a request: in the path, or in the name of the host. HTTP proxies stand for name servers that
know all hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio
from s3_server import Authority, S3Server
from unio_command import read_tree
from unio_scenes import FILES, NAME, fails, install, publish
from web_services import Answer, AnswerServer, TunnelProxy

DOMAIN = "s3.lab.test"
REFUSED = Answer(403, "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("server"), "--virtual-domain", DOMAIN) as server:
        yield server


@pytest.fixture
def proxy(server: S3Server) -> Iterator[S3Proxy]:
    with S3Proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def unio(tmp_path: Path, server: S3Server, proxy: S3Proxy) -> BucketUnio:
    unio = BucketUnio(tmp_path / "home", Bucket(server=server), endpoint=f"http://{DOMAIN}")
    unio.env["http_proxy"] = proxy.url
    return unio


def test_a_bucket_in_the_host_works_like_one_in_the_path(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    files = FILES | {"a space/ümläut+%.txt": b"name", "large.bin": bytes(9 << 20)}
    unio.run("config", "set", "s3.addressing", "virtual")
    publish(unio, tmp_path / "work", files, "-t", "v1")
    install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == files
    assert proxy.requests
    assert {record.headers["host"] for record in proxy.requests} == {f"{unio.bucket.name}.{DOMAIN}"}
    assert not [record for record in proxy.requests if unio.bucket.name in record.path]


def test_both_ways_lead_to_the_same_bucket(unio: BucketUnio, proxy: S3Proxy, tmp_path: Path) -> None:
    publish(unio, tmp_path / "work")
    assert {record.headers["host"] for record in proxy.requests} == {DOMAIN}
    assert all(record.path.startswith(f"/{unio.bucket.name}") for record in proxy.requests)
    assert NAME in unio.run("ls", UNIO_S3_ADDRESSING="virtual").stdout


@pytest.mark.parametrize(
    ("bucket", "endpoint", "asked"),
    [
        ("lab-data", "http://s3.eu-west-1.amazonaws.com", "http://lab-data.s3.eu-west-1.amazonaws.com:80/?"),
        ("lab.data", "http://s3.eu-west-1.amazonaws.com", "http://s3.eu-west-1.amazonaws.com:80/lab.data?"),
        ("lab-data", "http://s3.lab.test", "http://s3.lab.test:80/lab-data?"),
        ("lab-data", "http://s3.lab.test:9000/", "http://s3.lab.test:9000/lab-data?"),
        ("lab-data", "", "lab-data.s3.eu-north-1.amazonaws.com:443"),
        ("lab.data", "", "s3.eu-north-1.amazonaws.com:443"),
    ],
)
def test_left_to_itself_it_is_as_aws_has_it_or_else_in_the_path(
    tmp_path: Path, bucket: str, endpoint: str, asked: str
) -> None:
    unio = BucketUnio(tmp_path / "home", Bucket())
    unio.env |= {"UNIO_REGISTRY": f"s3://{bucket}/x", "AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": "eu-north-1"}
    with AnswerServer(lambda _: REFUSED) as everywhere:
        unio.env |= {"http_proxy": everywhere.url, "https_proxy": everywhere.url}
        fails(unio, 7 if endpoint else 8, "ls")
    assert everywhere.asked[0].target.startswith(asked)


def test_a_bucket_in_the_host_needs_a_certificate_that_covers_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    certificate = authority.certify(f"DNS:*.{DOMAIN}", "IP:127.0.0.1")
    with (
        S3Server(tmp_path / "server", "--virtual-domain", DOMAIN, certificate=certificate) as server,
        TunnelProxy(server.port) as proxy,
    ):
        unio = BucketUnio(tmp_path / "home", Bucket(server=server), endpoint=f"https://{DOMAIN}")
        unio.env |= {"https_proxy": proxy.url, "AWS_CA_BUNDLE": str(authority.pem), "UNIO_S3_ADDRESSING": "virtual"}
        publish(unio, tmp_path / "work", FILES, "-t", "v1")
        install(unio, tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES
    assert set(proxy.asked) == {f"{unio.bucket.name}.{DOMAIN}:443"}
