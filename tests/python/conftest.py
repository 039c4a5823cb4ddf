from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from s3_proxy import S3Proxy
from s3_registry import Bucket, server_url
from unio import _engine

TESTS_OWN = ("UNIO_TEST_", "UNIO_FULL")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of a user who has set up nothing, in whose name the test works from here on. Connections end with it."""
    for name in list(os.environ):
        if name.startswith(("UNIO_", "XDG_")) and not name.startswith(TESTS_OWN):
            monkeypatch.delenv(name)
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("UNIO_USER", "ada")
    yield path
    _engine._close()


@pytest.fixture
def work(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the test stands."""
    path = home.parent / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def folder_registry(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty registry in a folder, which is the default one."""
    url = (home / "registry").as_uri()
    monkeypatch.setenv("UNIO_REGISTRY", url)
    return url


@pytest.fixture
def bucket_registry(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty registry in a bucket, which is the default one."""
    url = f"{Bucket().url}/some/registry"
    monkeypatch.setenv("UNIO_REGISTRY", url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server_url())
    return url


@pytest.fixture(params=["folder", "bucket"])
def registry(request: pytest.FixtureRequest) -> str:
    """The URL of an empty registry, in a folder and in a bucket, which is the default one. `model.place_of` gives the
    files behind it."""
    url: str = request.getfixturevalue(f"{request.param}_registry")
    return url


@pytest.fixture
def proxy(bucket_registry: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Proxy]:
    """Stands between Python and the S3 server, counts requests, and breaks what it is told to break."""
    with S3Proxy(server_url()) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        yield proxy
