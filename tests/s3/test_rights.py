"""Who may only read, reads; what he may not do is refused with nothing half done. The policies are those of the docs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import model
import pytest

from s3_registry import Bucket, BucketUnio
from s3_server import S3Server
from unio_command import ROOT, read_tree, write_tree
from unio_scenes import FILES, NAME, SECOND, fails, install, listing, objects, publish

READER, WRITER = "reader", "writer"
SECRET = "the-secret-of-the-user"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "users").mkdir()
    with S3Server(folder, "--iam-dir", str(folder / "users")) as server:
        for name in (READER, WRITER):
            server.add_user(name, SECRET)
        yield server


@pytest.fixture
def owner(tmp_path: Path, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> BucketUnio:
    """Who may do everything, and has published two versions of a package."""
    monkeypatch.setenv("UNIO_TEST_S3_FOLDER", str(server.folder))
    owner = BucketUnio(tmp_path / "owner", Bucket(server=server))
    publish(owner, tmp_path / "work", FILES | {"a.txt": b"older"}, "-t", "v0")
    publish(owner, tmp_path / "work", FILES, "-t", "v1")
    return owner


def allow(server: S3Server, bucket: Bucket, principal: str, only_read: bool, *more: dict[str, Any]) -> None:
    """Gives the rights that docs/bucket.md says are needed, and what else is given."""
    [policy] = re.findall(r"```json\n(.*?)```", (ROOT / "docs/bucket.md").read_text(), re.DOTALL)
    policy = json.loads(policy.replace("lab-data", bucket.name))
    of_bucket, of_objects = policy["Statement"]
    if only_read:
        of_bucket["Action"], of_objects["Action"] = of_bucket["Action"][:2], of_objects["Action"][:2]
    who = {"AWS": [principal]} if principal != "*" else "*"
    policy["Statement"] = [statement | {"Principal": who} for statement in (of_bucket, of_objects, *more)]
    server.client().put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(policy))


def user(tmp_path: Path, owner: BucketUnio, name: str) -> BucketUnio:
    user = BucketUnio(tmp_path / name, owner.bucket)
    user.env |= {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": SECRET}
    return user


def anonymous(tmp_path: Path, owner: BucketUnio) -> BucketUnio:
    nobody = BucketUnio(tmp_path / "nobody", owner.bucket)
    del nobody.env["AWS_ACCESS_KEY_ID"], nobody.env["AWS_SECRET_ACCESS_KEY"]
    nobody.env["UNIO_S3_ANONYMOUS"] = "yes"
    return nobody


def check_reads(reader: BucketUnio, target: Path) -> None:
    assert NAME in reader.run("ls").stdout
    assert "a.txt" in reader.run("ls", NAME).stdout
    install(reader, target)
    assert read_tree(target) == FILES
    reader.run("verify", target)
    reader.run("sync", target)
    assert reader.run("cat", NAME, "a.txt").stdout == "one"
    assert reader.json("log", NAME)["revisions"]
    reader.run("diff", f"{NAME}:v0", f"{NAME}:v1")


def check_changes_nothing(reader: BucketUnio, target: Path) -> None:
    before = listing(reader.bucket.folder)
    write_tree(target, SECOND | {"large.bin": bytes(9 << 20)})
    reader.run("add", ".", cwd=target)
    for command in (
        ["push", "-t", "v2", "-m", "second"],
        ["push-data"],
        ["tag", f"{NAME}:v1", "v3"],
        ["rollback", f"{NAME}:v0"],
        ["delete", NAME, "--yes"],
    ):
        assert reader.bucket.name in fails(reader, 7, *command, cwd=target, hint="allow")
    assert listing(reader.bucket.folder) == before
    model.check_registry(reader.registry, NAME)


def test_who_may_read_reads_and_changes_nothing(owner: BucketUnio, server: S3Server, tmp_path: Path) -> None:
    allow(server, owner.bucket, READER, True)
    reader = user(tmp_path, owner, READER)
    check_reads(reader, tmp_path / "target")
    check_changes_nothing(reader, tmp_path / "target")


def test_a_public_bucket_is_read_without_credentials(owner: BucketUnio, server: S3Server, tmp_path: Path) -> None:
    nobody = anonymous(tmp_path, owner)
    assert "Denied" in fails(nobody, 7, "ls")
    allow(server, owner.bucket, "*", True)
    check_reads(nobody, tmp_path / "target")
    check_changes_nothing(nobody, tmp_path / "target")


def test_the_rights_of_the_docs_are_all_that_a_writer_needs(owner: BucketUnio, server: S3Server, tmp_path: Path) -> None:
    allow(server, owner.bucket, WRITER, False)
    writer = user(tmp_path, owner, WRITER)
    check_reads(writer, tmp_path / "target")
    write_tree(tmp_path / "target", SECOND | {"large.bin": bytes(9 << 20)})
    writer.run("push", "-t", "v2", "-m", "second", cwd=tmp_path / "target")
    writer.run("tag", f"{NAME}:v1", "v3")
    writer.run("init", "team/other", cwd=tmp_path)
    writer.run("add", "raw/", f"{writer.registry_url}/.unio/objects/", cwd=tmp_path)
    writer.run("push", "--no-copy", cwd=tmp_path)
    writer.run("rollback", f"{NAME}:v0")
    assert set(model.check_registry(owner.registry, NAME)) >= {"v1", "v2", "v3", "latest"}
    writer.run("delete", NAME, "--yes")
    assert NAME not in owner.run("ls").stdout


def test_who_may_not_look_is_told_so(owner: BucketUnio, tmp_path: Path) -> None:
    stranger = user(tmp_path, owner, READER)
    for command in (["ls"], ["install", NAME, "--location", tmp_path / "target"], ["cat", NAME, "a.txt"]):
        message = fails(stranger, 7, *command)
        assert "AccessDenied" in message
        assert owner.bucket.name in message


def test_one_object_that_may_not_be_read_is_named(owner: BucketUnio, server: S3Server, tmp_path: Path) -> None:
    [place] = [path for path in objects(owner.registry) if path.read_bytes() == b"two"]
    arn = f"arn:aws:s3:::{owner.bucket.name}/{place.relative_to(owner.bucket.folder)}"
    allow(server, owner.bucket, READER, True, {"Effect": "Deny", "Resource": arn, "Action": "s3:GetObject"})
    reader = user(tmp_path, owner, READER)
    target = tmp_path / "target"
    assert place.name in fails(reader, 7, "install", f"{NAME}:v1", "--location", target)
    assert not (target / "dir/b.txt").exists()
    allow(server, owner.bucket, READER, True)
    install(reader, target)
    assert read_tree(target) == FILES


def test_a_writer_who_may_not_move_names_publishes_nothing(owner: BucketUnio, server: S3Server, tmp_path: Path) -> None:
    names = f"arn:aws:s3:::{owner.bucket.name}/some/registry/.quilt/named_packages/*"
    allow(server, owner.bucket, WRITER, False, {"Effect": "Deny", "Resource": names, "Action": "s3:PutObject"})
    writer = user(tmp_path, owner, WRITER)
    before = model.check_registry(owner.registry, NAME)
    install(writer, tmp_path / "target")
    write_tree(tmp_path / "target", SECOND)
    writer.run("add", ".", cwd=tmp_path / "target")
    assert "AccessDenied" in fails(writer, 7, "push", "-t", "v2", "-m", "second", cwd=tmp_path / "target")
    assert model.check_registry(owner.registry, NAME) == before
    allow(server, owner.bucket, WRITER, False)
    writer.run("push", "-t", "v2", "-m", "second", cwd=tmp_path / "target")
    assert model.check_registry(owner.registry, NAME)["v2"].files == FILES | SECOND
    model.check_settled(owner.registry, NAME)
