"""The operations whose requests meet faults: how to get ready, what to run, and what must hold afterwards."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import model
from s3_registry import Bucket, BucketUnio, client
from unio_command import read_tree, write_tree
from unio_scenes import FILES, NAME, SECOND, publish, start_package

CHUNK = 8 << 20
LARGE = bytes(range(256)) * (36 << 10)  # 9 MiB: goes in two parts
LARGER = bytes(range(1, 256)) * (68 << 10)  # 17 MiB: in three
RAW = {"a.csv": b"a", "b.csv": b"bb", "large.bin": LARGE}


class Scene:
    """A user of a bucket, who asks the service itself; whoever is tested asks it through a proxy. What has been prepared
    is saved and can be put back, since making it takes longer than what is tested."""

    def __init__(self, folder: Path, versioned: bool) -> None:
        self.folder = folder / "live"
        self.bucket = Bucket(versioned)
        self.direct = BucketUnio(self.folder / "home", self.bucket)
        self.shown = ""  #: what a command that only reads must print
        versions = self.bucket.folder.parents[1] / "versions" / self.bucket.name
        self._copies = {
            self.folder: folder / "saved",
            self.bucket.folder: folder / "saved bucket",
            versions: folder / "saved versions",
        }

    def save(self) -> None:
        for place, copy in self._copies.items():
            if place.exists():
                shutil.copytree(place, copy, symlinks=True)

    def put_back(self) -> None:
        for place, copy in self._copies.items():
            for below in place.iterdir() if place.exists() else []:
                shutil.rmtree(below) if below.is_dir() else below.unlink()
            if copy.exists():
                shutil.copytree(copy, place, symlinks=True, dirs_exist_ok=True)

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def installed(self, reference: str, where: str) -> dict[str, bytes]:
        """The files of a package as another user gets them."""
        other = BucketUnio(self.folder / "reader", self.bucket)
        other.run("install", reference, "--location", self.folder / where, "--force")
        return read_tree(self.folder / where)


def whole(scene: Scene) -> None:
    model.check_registry(scene.direct.registry, NAME)


@dataclass
class Ended:
    """What became of a command."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True)
class Operation:
    """`check` holds once the command has ended well; `always` holds whatever became of it. Run again without a fault it
    ends with one of `again`."""

    name: str
    prepare: Callable[[Scene], None]
    command: Callable[[Scene], list[str | Path]]
    check: Callable[[Scene, Ended], None]
    always: Callable[[Scene], None] = whole
    versioned: bool = False
    again: frozenset[int] = frozenset({0})


def prepare_push(scene: Scene) -> None:
    publish(scene.direct, scene.work, FILES, "-t", "v1")
    write_tree(scene.work, SECOND | {"large.bin": LARGE})


def check_push(scene: Scene, _: Ended) -> None:
    found = model.check_registry(scene.direct.registry, NAME)
    assert found["v1"].files == FILES
    assert found["v2"].files == found["latest"].files == FILES | SECOND | {"large.bin": LARGE}
    model.check_settled(scene.direct.registry, NAME)


def prepare_first(scene: Scene) -> None:
    start_package(scene.direct, scene.work, FILES)


def the_service_is_not_mistaken(scene: Scene) -> None:
    """What was found out of the service, if anything, is what it can do."""
    whole(scene)
    record = scene.direct.registry / ".unio/format.json"
    if record.exists() and (found := json.loads(record.read_text()).get("store")):
        able = {"create_only", "swap", "quoted_etags", "conditional_completion", "checks_bytes", "keeps_checksums"}
        assert all(found[name] for name in able), found


def check_first(scene: Scene, _: Ended) -> None:
    assert model.check_registry(scene.direct.registry, NAME)["latest"].files == FILES
    model.check_settled(scene.direct.registry, NAME)


def prepare_install(scene: Scene) -> None:
    publish(scene.direct, scene.work, FILES | {"large.bin": LARGE}, "-t", "v1")


def check_install(scene: Scene, _: Ended) -> None:
    assert read_tree(scene.target) == FILES | {"large.bin": LARGE}
    scene.direct.run("verify", scene.target)


def no_wrong_file(scene: Scene) -> None:
    whole(scene)
    right = FILES | {"large.bin": LARGE}
    if scene.target.exists():
        assert all(right[name] == content for name, content in read_tree(scene.target).items())


def prepare_two(scene: Scene) -> None:
    publish(scene.direct, scene.work, FILES, "-t", "v1")
    publish(scene.direct, scene.work, SECOND, "-t", "v2")


def prepare_reading(*command: str) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        prepare_two(scene)
        # Another user, so that nothing of it is cached.
        scene.shown = BucketUnio(scene.folder / "other", scene.bucket).run(*command).stdout

    return prepare


def check_shown(scene: Scene, ended: Ended) -> None:
    """What could not be read may be missing, but not without a word."""
    assert ended.out == scene.shown or re.search(f"(?m)^warning: .*{scene.bucket.url}", ended.err), ended


def check_tag(scene: Scene, _: Ended) -> None:
    found = model.check_registry(scene.direct.registry, NAME)
    assert found["stable"].files == FILES
    assert found["latest"].files == found["v2"].files == FILES | SECOND
    model.check_settled(scene.direct.registry, NAME)


def prepare_remade_tag(scene: Scene) -> None:
    prepare_two(scene)
    scene.direct.run("tag", f"{NAME}:v2", "stable")
    scene.direct.run("tag", NAME, "stable", "--delete")


def check_deleted(scene: Scene, _: Ended) -> None:
    assert model.pointers(scene.direct.registry, NAME) == {}
    model.check_settled(scene.direct.registry, NAME)
    scene.direct.run("cat", NAME, "a.txt", exit_code=3)


def put_in_parts(bucket: Bucket, key: str, content: bytes, whole: bool = True) -> None:
    """Uploads an object in checked parts, or only begins to: the first part has arrived, the upload is not complete."""
    s3, checked = client(), {"ChecksumAlgorithm": "SHA256"}
    place = {"Bucket": bucket.name, "Key": key}
    upload = place | {"UploadId": s3.create_multipart_upload(**place, **checked, ChecksumType="COMPOSITE")["UploadId"]}
    pieces = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]
    parts = []
    for number, piece in enumerate(pieces if whole else pieces[:1], 1):
        sent = s3.upload_part(**upload, **checked, PartNumber=number, Body=piece)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
    if whole:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def prepare_added(scene: Scene) -> None:
    """Data of somebody else in the same bucket, which knows its SHA-256."""
    for key, content in RAW.items():
        if len(content) > CHUNK:
            put_in_parts(scene.bucket, f"raw/{key}", content)
        else:
            client().put_object(Bucket=scene.bucket.name, Key=f"raw/{key}", Body=content, ChecksumAlgorithm="SHA256")
    scene.work.mkdir()
    scene.direct.run("init", NAME, cwd=scene.work)


def check_added(scene: Scene, _: Ended) -> None:
    scene.direct.run("push", "--no-copy", cwd=scene.work)
    assert scene.installed(NAME, "added") == RAW


def prepare_copy(scene: Scene) -> None:
    prepare_added(scene)
    scene.direct.run("add", ".", f"{scene.bucket.url}/raw/", cwd=scene.work)


def check_copied(scene: Scene, _: Ended) -> None:
    found = model.check_registry(scene.direct.registry, NAME)
    assert found["latest"].files == RAW
    model.check_settled(scene.direct.registry, NAME)


def prepare_resume(scene: Scene) -> None:
    """A push was interrupted when the first part of a large file had arrived."""
    publish(scene.direct, scene.work, FILES, "-t", "v1")
    write_tree(scene.work, {"larger.bin": LARGER})
    address = base64.b64decode(model.chunked_digest(LARGER)).hex()
    key = f"some/registry/.unio/objects/{address[:2]}/{address}"
    put_in_parts(scene.bucket, key, LARGER, whole=False)


def check_resumed(scene: Scene, _: Ended) -> None:
    found = model.check_registry(scene.direct.registry, NAME)
    assert found["v2"].files == found["latest"].files == FILES | {"larger.bin": LARGER}
    model.check_settled(scene.direct.registry, NAME)


def prepare_prefix(scene: Scene) -> None:
    publish(scene.direct, scene.work, FILES, "-t", "v1", "--prefix", "readable")
    write_tree(scene.work, SECOND)


def the_first_is_as_it_was(scene: Scene) -> None:
    """What stands under a prefix now need not be what an older manifest means, so that only a reader can tell."""
    assert scene.installed(f"{NAME}:v1", "v1") == FILES


def check_prefix(scene: Scene, _: Ended) -> None:
    the_first_is_as_it_was(scene)
    assert scene.installed(f"{NAME}:v2", "v2") == FILES | SECOND


def in_work(*command: str) -> Callable[[Scene], list[str | Path]]:
    """A command that needs nothing of the scene."""
    return lambda _: list(command)


PUSH = in_work("push", "-t", "v2", "-m", "second")
OPERATIONS = [
    Operation("push", prepare_push, PUSH, check_push),
    Operation("first push", prepare_first, in_work("push"), check_first, the_service_is_not_mistaken),
    Operation(
        "install", prepare_install, lambda s: ["install", f"{NAME}:v1", "--location", s.target], check_install, no_wrong_file
    ),
    Operation("tag", prepare_two, in_work("tag", f"{NAME}:v1", "stable"), check_tag),
    Operation("remake", prepare_remade_tag, in_work("tag", f"{NAME}:v1", "stable"), check_tag, versioned=True),
    Operation("ls", prepare_reading("ls"), in_work("ls"), check_shown),
    Operation("log", prepare_reading("log", NAME), in_work("log", NAME), check_shown),
    Operation("delete", prepare_two, in_work("delete", NAME, "--yes"), check_deleted, again=frozenset({0, 3})),
    Operation("add", prepare_added, lambda s: ["add", ".", f"{s.bucket.url}/raw/"], check_added),
    Operation("add versions", prepare_added, lambda s: ["add", ".", f"{s.bucket.url}/raw/"], check_added, versioned=True),
    Operation("copy", prepare_copy, in_work("push"), check_copied),
    Operation("resume", prepare_resume, PUSH, check_resumed),
    Operation(
        "prefix",
        prepare_prefix,
        in_work("push", "-t", "v2", "--prefix", "readable"),
        check_prefix,
        the_first_is_as_it_was,
        versioned=True,
    ),
]
