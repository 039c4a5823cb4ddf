"""Each kind of request meets each kind of fault: the result is right or a clear error, in time, and never wrong bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import model
import pytest

from s3_faults import EXIT_CODES, LASTING, PASSING, check_error, of
from s3_proxy import Fault, RequestRecord, S3Proxy
from s3_registry import Bucket, BucketUnio, server_url
from unio_command import read_tree, write_tree
from unio_scenes import FILES, NAME, SECOND, publish, start_package

LARGE = bytes(range(256)) * (36 << 10)  # 9 MiB: goes in parts


@dataclass(frozen=True)
class Call:
    """A kind of request, in the operation that makes it."""

    name: str
    operation: str  # "push" or "install"
    match: Callable[[RequestRecord], bool]
    needed: bool = True  # without it the operation fails


CALLS = [
    Call("read pointer", "push", of("GetObject", "/latest")),
    Call("list", "push", of("ListObjectsV2")),
    Call("write session", "push", of("PutObject", "/sessions/")),
    Call("write object", "push", of("PutObject", "/objects/")),
    Call("begin upload", "push", of("CreateMultipartUpload")),
    Call("upload part", "push", of("UploadPart")),
    Call("complete upload", "push", of("CompleteMultipartUpload")),
    Call("write manifest", "push", of("PutObject", "/packages/")),
    Call("move latest", "push", of("PutObject", "/latest")),
    Call("write second", "push", of("PutObject", "/named_packages/team/data/1")),
    Call("move tag", "push", of("PutObject", "/v2")),
    Call("remove intent and session", "push", of("DeleteObjects"), needed=False),
    Call("read manifest", "install", of("GetObject", "/packages/")),
    Call("read object", "install", of("GetObject", "/objects/")),
]


@dataclass
class Scene:
    unio: BucketUnio
    direct: BucketUnio  # the same user past the proxy
    proxy: S3Proxy
    work: Path
    target: Path
    wanted: dict[str, bytes]

    def run(self, operation: str) -> tuple[int, str, float]:
        begin = time.monotonic()
        if operation == "push":
            process = self.unio.start("push", "-t", "v2", "-m", "second", cwd=self.work)
        else:
            process = self.unio.start("install", f"{NAME}:v1", "--location", self.target)
        _, err = process.communicate(timeout=150)
        return process.returncode, err, time.monotonic() - begin


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    bucket = Bucket()
    direct = BucketUnio(tmp_path / "home", bucket)
    work = start_package(direct, tmp_path / "work", FILES | {"first.bin": LARGE[::-1]})
    publish(direct, work, {}, "-t", "v1")
    write_tree(work, SECOND | {"large.bin": LARGE})
    proxy = S3Proxy(server_url())
    unio = BucketUnio(tmp_path / "home", bucket, endpoint=proxy.url)
    wanted = FILES | SECOND | {"first.bin": LARGE[::-1], "large.bin": LARGE}
    return Scene(unio, direct, proxy, work, tmp_path / "target", wanted)


def check_push(scene: Scene) -> None:
    found = model.check_registry(scene.unio.registry, NAME)
    assert found["v2"].files == scene.wanted
    assert found["latest"].files == scene.wanted
    model.check_settled(scene.unio.registry, NAME)


def check_install(scene: Scene) -> None:
    assert read_tree(scene.target) == FILES | {"first.bin": LARGE[::-1]}
    scene.direct.run("verify", scene.target)


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.name)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_what_passes_is_not_noticed(scene: Scene, call: Call, fault: Fault) -> None:
    with scene.proxy as proxy:
        rule = proxy.fault(fault, match=call.match, times=1)
        code, err, seconds = scene.run(call.operation)
    assert rule.fired == 1
    assert code == 0, err
    assert seconds < 30
    check_push(scene) if call.operation == "push" else check_install(scene)


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_what_lasts_is_a_clear_error_and_never_a_wrong_file(scene: Scene, call: Call, fault: Fault) -> None:
    with scene.proxy as proxy:
        rule = proxy.fault(fault, match=call.match, times=None)
        code, err, seconds = scene.run(call.operation)
    assert rule.fired >= 1
    assert seconds < 60
    assert code in (EXIT_CODES.get(fault, {0, 1, 3, 5, 8, 9}) if call.needed else {0}), err
    if code != 0:
        check_error(err, scene.unio.bucket.name)
    # What there is, is whole; without the fault the same command does the work.
    model.check_registry(scene.unio.registry, NAME)
    scene.unio = scene.direct
    code, err, _ = scene.run(call.operation)
    assert code == 0, err
    check_push(scene) if call.operation == "push" else check_install(scene)


@pytest.mark.parametrize("name", ["write object", "read object"])
def test_a_service_that_stops_answering_is_given_up_and_asked_again(scene: Scene, name: str) -> None:
    [call] = [call for call in CALLS if call.name == name]
    with scene.proxy as proxy:
        rule = proxy.fault(Fault.STALL, match=call.match, times=1)
        code, err, seconds = scene.run(call.operation)
    assert rule.fired == 1
    assert code == 0, err
    assert seconds < 30
    check_push(scene) if call.operation == "push" else check_install(scene)


def test_another_range_than_the_one_that_was_asked_for_is_refused(scene: Scene) -> None:
    with scene.proxy as proxy:
        rule = proxy.fault(Fault.WRONG_RANGE, match=of("GetObject", "/objects/"))
        code, err, _ = scene.run("install")
    assert rule.fired >= 1
    assert code == 9, err
    assert not [path for path in scene.target.rglob("*") if path.is_file() and ".unio" not in path.parts]
