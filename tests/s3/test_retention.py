"""What is published under a policy of retention cannot be removed: told by the server, not by the command."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3_plain import ignore_protection
from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio, client
from s3_server import S3Server
from unio_command import ROOT, Unio, write_tree
from unio_scenes import NAME, fails, install, publish

BASE = "some/registry/"
LARGE = bytes(9 << 20)
WARNING = "did not protect what was just published"
SECRET = "the-secret-of-the-user"


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(locked=True)


def save(unio: BucketUnio, folder: Path, files: dict[str, bytes], *options: str) -> dict[str, Any]:
    write_tree(folder, files)
    return unio.json("save", *(str(folder / name) for name in files), *options)


def head(unio: BucketUnio, key: str) -> dict[str, Any]:
    """What the server says of an object of the registry."""
    return client().head_object(Bucket=unio.bucket.name, Key=key if key.startswith(BASE) else BASE + key)


def days_left(unio: BucketUnio, key: str) -> float:
    return (head(unio, key)["ObjectLockRetainUntilDate"] - datetime.now(UTC)) / timedelta(days=1)


def keys(unio: BucketUnio) -> list[str]:
    """Of all objects, below the registry."""
    listing = client().list_objects_v2(Bucket=unio.bucket.name, Prefix=BASE)
    return [row["Key"].removeprefix(BASE) for row in listing["Contents"]]


def versions(unio: BucketUnio) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Every version of every object with how it is protected."""
    rows = client().list_object_versions(Bucket=unio.bucket.name)["Versions"]
    found = {}
    for row in rows:
        place = {"Key": row["Key"], "VersionId": row["VersionId"]}
        told = client().head_object(Bucket=unio.bucket.name, **place)
        names = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
        found[row["Key"], row["VersionId"]] = (row["ETag"], *map(told.get, names))
    return found


def states(unio: BucketUnio, subject: str) -> dict[str, str]:
    return {row["key"]: row["state"] for row in unio.json("retention", "show", subject)["objects"]}


def is_kept(key: str) -> bool:
    """Whether docs/formats/registry.md says that it is protected."""
    own = key.startswith((".unio/objects/", ".quilt/packages/", ".unio/revisions/"))
    return own or (not key.startswith((".unio/", ".quilt/")) and "/" in key)


def test_everything_published_is_protected_from_its_upload_on_and_nothing_that_moves(
    unio: BucketUnio, tmp_path: Path
) -> None:
    unio.run("retention", "set", "governance", "--days", "2")
    saved = save(unio, tmp_path / "a", {"small.txt": b"small", "large.bin": LARGE}, "--label", "dataset=x")
    publish(unio, tmp_path / "work", {"a.txt": b"a", "b.bin": LARGE + b"b"}, "-t", "v1")
    unio.run("tag", NAME, "stable")
    for key in keys(unio):
        told = head(unio, key)
        assert (told.get("ObjectLockMode") == "GOVERNANCE") is is_kept(key), key
        if is_kept(key):
            assert 1.9 < days_left(unio, key) < 2.1, key
    assert set(states(unio, saved["artifact_id"]).values()) == {"protected"}
    of_package = states(unio, f"{NAME}:v1")
    assert len(of_package) == 4 and set(of_package.values()) == {"protected"}
    assert not [key for key in keys(unio) if "/sessions/" in key or "/intents/" in key], "what is removed is not locked"


def test_names_move_and_work_goes_on_under_a_policy(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "compliance", "--days", "1")
    for number in range(3):
        publish(unio, tmp_path / "work", {"a.txt": str(number).encode()}, "-t", "v1", "-m", str(number))
    unio.run("rollback", f"{NAME}:v1")
    unio.run("tag", f"{NAME}:v1", "old")
    unio.run("tag", NAME, "old", "--delete")
    install(unio, tmp_path / "target", f"{NAME}:v1")
    assert (tmp_path / "target/a.txt").read_text() == "2"
    saved = save(unio, tmp_path / "a", {"x": b"x"})
    found = unio.json("find", "kind:artifact")["documents"]
    assert [document["id"] for document in found] == [saved["artifact_id"]]
    unio.run("get", saved["artifact_id"], "-o", tmp_path / "got")


def test_a_later_policy_counts_for_what_comes_later(unio: BucketUnio, tmp_path: Path) -> None:
    before = save(unio, tmp_path / "a", {"x": b"before"})["artifact_id"]
    unio.run("retention", "set", "compliance", "--days", "1")
    during = save(unio, tmp_path / "b", {"x": b"during"})["artifact_id"]
    unio.run("retention", "set", "none")
    after = save(unio, tmp_path / "c", {"x": b"after"})["artifact_id"]
    assert set(states(unio, before).values()) == set(states(unio, after).values()) == {"unprotected"}
    assert set(states(unio, during).values()) == {"protected"}
    assert json.loads((unio.registry / ".unio/format.json").read_text())["required"] == []
    assert "no policy" in fails(unio, 11, "retention", "extend", before, hint="unio retention set")
    unio.run("retention", "set", "legal-hold")
    assert {row["state"] for row in unio.json("retention", "extend", before)["objects"]} == {"protected"}
    assert "unprotected" not in unio.run("retention", "show", before).stdout


def test_whoever_saves_keeps_the_policy_that_somebody_set(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "legal-hold")
    other = BucketUnio(tmp_path / "other", unio.bucket)
    saved = save(other, tmp_path / "a", {"x": b"x"})
    assert head(other, saved["folder"] + "/files/x")["ObjectLockLegalHoldStatus"] == "ON"
    publish(other, tmp_path / "work", {"y": b"y"})
    publish(other, tmp_path / "work", {"y": b"z"})
    assert set(states(other, NAME).values()) == {"protected"}


def test_a_shared_object_stays_as_long_as_the_longest_of_its_users_wants(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "governance", "--days", "1")
    first = save(unio, tmp_path / "a", {"x.bin": LARGE})
    shared = first["folder"] + "/files/x.bin"
    unio.run("retention", "set", "governance", "--days", "30")
    second = save(unio, tmp_path / "b", {"y.bin": LARGE})
    assert second["files"][0]["object"] == shared
    assert 29.9 < days_left(unio, shared) < 30.1
    unio.run("retention", "set", "governance", "--days", "2")
    third = save(unio, tmp_path / "c", {"z.bin": LARGE})
    assert third["files"][0]["object"] == shared
    assert days_left(unio, shared) > 29.9
    assert days_left(unio, first["folder"] + "/metadata.yaml") < 1.1, "only what is shared"


def test_what_cannot_become_as_strict_is_not_shared(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "governance", "--days", "1")
    save(unio, tmp_path / "a", {"x.bin": LARGE})
    unio.run("retention", "set", "compliance", "--days", "2")
    second = save(unio, tmp_path / "b", {"y.bin": LARGE})
    assert "object" not in second["files"][0]
    assert head(unio, second["folder"] + "/files/y.bin")["ObjectLockMode"] == "COMPLIANCE"
    assert unio.json("retention", "prove", second["artifact_id"])["proved"]


def test_all_of_a_new_revision_stays_as_long_as_the_revision(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "governance", "--days", "1")
    publish(unio, tmp_path / "work", {"a.txt": b"a", "b.txt": b"b"}, "-t", "v1")
    unio.run("retention", "set", "governance", "--days", "10")
    publish(unio, tmp_path / "work", {"b.txt": b"changed"}, "-t", "v2")
    left = {key: days_left(unio, key) for key in states(unio, f"{NAME}:v2")}
    assert len(left) == 4 and min(left.values()) > 9.9
    assert min(days_left(unio, key) for key in states(unio, f"{NAME}:v1")) < 1.1, "what only the old one has"


def test_logs_of_a_revision_stay_as_long_as_the_revision(unio: BucketUnio, tmp_path: Path) -> None:
    unio.env["VIRTUAL_ENV"] = sys.prefix
    unio.run("retention", "set", "governance", "--days", "1")
    publish(unio, tmp_path / "one", {"a.txt": b"a"}, "--capture", "safe")
    unio.run("retention", "set", "governance", "--days", "30")
    publish(unio, tmp_path / "two", {"a.txt": b"b"}, "--capture", "safe")
    log = unio.json("show", NAME)["revision"]["environment"]["logs"][0]["object"]
    assert 29.9 < days_left(unio, log) < 30.1
    assert states(unio, NAME)[log] == "protected"


def test_values_of_a_repository_in_the_registry_are_protected_and_its_index_is_not(
    unio: BucketUnio, tmp_path: Path
) -> None:
    unio.run("retention", "set", "governance", "--days", "2")
    write_tree(tmp_path, {"weights.bin": b"weights"})
    repository = f"s3://{unio.bucket.name}/{BASE}deep/models/repository.json"
    for _ in range(2):
        unio.run("repo", "put", "weights", str(tmp_path / "weights.bin"), "--repository", repository)
    written = [key for key in keys(unio) if key.startswith("deep/models/")]
    protected = {key for key in written if head(unio, key).get("ObjectLockMode") == "GOVERNANCE"}
    assert len(protected) == 2 and all(key.startswith("deep/models/weights/") for key in protected)
    assert sorted(set(written) - protected) == ["deep/models/repository.json"]
    assert all(1.9 < days_left(unio, key) < 2.1 for key in protected)


def test_a_package_that_cannot_become_as_strict_is_told_of(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "governance", "--days", "1")
    publish(unio, tmp_path / "work", {"a.txt": b"a", "b.txt": b"b"})
    unio.run("retention", "set", "compliance", "--days", "10")
    (tmp_path / "work/b.txt").write_text("changed")
    warned = unio.run("push", cwd=tmp_path / "work").stderr
    assert "1 object of the package could not be protected" in warned
    assert min(days_left(unio, key) for key in states(unio, NAME)) > 9.9


@pytest.mark.parametrize(
    ("policy", "attacks"),
    [
        (["governance", "--days", "3"], 7),
        (["compliance", "--days", "3"], 8),
        (["legal-hold"], 4),
    ],
)
def test_the_proof_attacks_only_what_it_made(unio: BucketUnio, tmp_path: Path, policy: list[str], attacks: int) -> None:
    unio.run("retention", "set", *policy)
    saved = save(unio, tmp_path / "a", {"x": b"x"})["artifact_id"]
    before = versions(unio)
    # The user of these tests may do everything, so also go round governance.
    proved = policy[0] != "governance"
    proof = unio.json("retention", "prove", saved, exit_code=0 if proved else 1)
    assert len(proof["attacks"]) == attacks and proof["proved"] is proved
    broken = {row["attack"] for row in proof["attacks"] if not row["held"]}
    bypassing = {"shorten its time, bypassing governance", "delete its version, bypassing governance"}
    assert broken == (set() if proved else bypassing)
    assert {row["state"] for row in proof["objects"]} == {"protected"}
    after = versions(unio)
    assert {place for place in after if place not in before} <= {
        place for place in after if place[0] == BASE + proof["canary"] or place[0].startswith(BASE + ".unio/")
    }
    assert {place: after[place] for place in before} == before, "what was there is as it was"
    assert BASE + proof["canary"] not in keys(unio)
    out = unio.run("retention", "prove", exit_code=0 if proved else 1).stdout
    assert ("Proved: " if proved else "Not proved") in out and ("BROKEN" in out) is not proved


def test_what_is_not_protected_is_not_proved(unio: BucketUnio, tmp_path: Path) -> None:
    saved = save(unio, tmp_path / "a", {"x": b"x"})["artifact_id"]
    nothing = unio.json("retention", "prove", exit_code=1)
    assert nothing["attacks"] == [] and "no policy" in nothing["why_not"]
    unio.run("retention", "set", "legal-hold")
    assert unio.json("retention", "prove")["proved"]
    proof = unio.json("retention", "prove", saved, exit_code=1)
    assert all(row["held"] for row in proof["attacks"]) and not proof["proved"]
    assert {row["state"] for row in proof["objects"]} == {"unprotected"}


def test_what_was_hidden_behind_a_mark_of_removal_is_seen_and_still_protected(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "compliance", "--days", "1")
    saved = save(unio, tmp_path / "a", {"x": b"x", "y": b"y"})
    hidden = f"{saved['folder']}/files/x"
    client().delete_object(Bucket=unio.bucket.name, Key=BASE + hidden)
    found = {row["key"]: row for row in unio.json("retention", "show", saved["artifact_id"])["objects"]}
    assert found[hidden]["state"] == "removed" and found[hidden]["mode"] == "compliance"
    assert found[f"{saved['folder']}/files/y"]["state"] == "protected"
    place = {"Bucket": unio.bucket.name, "Key": BASE + hidden, "VersionId": found[hidden]["version"]}
    assert client().get_object(**place)["Body"].read() == b"x"
    with pytest.raises(ClientError, match="AccessDenied"):
        client().delete_object(**place)


def test_a_bucket_without_object_lock_takes_no_policy(tmp_path: Path) -> None:
    unio = BucketUnio(tmp_path / "home", Bucket(versioned=True))
    saved = save(unio, tmp_path / "a", {"x": b"x"})["artifact_id"]
    assert "no Object Lock" in fails(unio, 10, "retention", "set", "governance", "--days", "1", hint="retention.md")
    assert "No policy" in unio.run("retention", "show").stdout
    assert set(states(unio, saved).values()) == {"unprotected"}
    assert "no policy" in unio.run("retention", "prove", exit_code=1).stdout
    save(unio, tmp_path / "b", {"y": b"y"})


def test_a_folder_says_what_it_gives(tmp_path: Path) -> None:
    unio = Unio(tmp_path / "home")
    write_tree(tmp_path / "work", {"x": b"x"})
    saved = unio.json("save", tmp_path / "work/x")["artifact_id"]
    assert "can protect nothing" in fails(unio, 10, "retention", "set", "compliance", "--days", "1", hint="bucket")
    assert "their owner can change that" in unio.run("retention", "show").stdout
    objects = unio.json("retention", "show", saved)["objects"]
    assert len(objects) >= 2 and {row["state"] for row in objects} == {"read-only"}
    out = unio.run("retention", "prove", saved, exit_code=1).stdout
    assert "protects from mistakes only" in out and "read-only" in out and "Not proved" in out
    unio.run("retention", "set", "none")


def test_a_service_that_ignores_protection_gets_no_policy(tmp_path: Path, bucket: Bucket, proxy: S3Proxy) -> None:
    ignore_protection(proxy)
    unio = BucketUnio(tmp_path / "home", bucket, endpoint=proxy.url)
    fails(unio, 10, "retention", "set", "governance", "--days", "1")
    assert not json.loads((unio.registry / ".unio/format.json").read_text())["store"]["object_lock"]


def test_a_service_that_ignores_protection_later_is_noticed_by_who_saves_and_who_proves(
    unio: BucketUnio, tmp_path: Path, proxy: S3Proxy
) -> None:
    unio.run("retention", "set", "governance", "--days", "1")
    ignore_protection(proxy)
    behind = BucketUnio(tmp_path / "home", unio.bucket, endpoint=proxy.url)
    write_tree(tmp_path / "a", {"x": b"x"})
    assert behind.run("save", tmp_path / "a/x").stderr.count(WARNING) == 1
    write_tree(tmp_path / "work", {"a.txt": b"a"})
    behind.run("init", NAME, cwd=tmp_path / "work")
    behind.run("add", ".", cwd=tmp_path / "work")
    assert behind.run("push", cwd=tmp_path / "work").stderr.count(WARNING) == 1
    proof = behind.json("retention", "prove", exit_code=1)
    assert [row["held"] for row in proof["attacks"]] == [False]
    assert not [record for record in proxy.requests if record.query in ("retention=", "legal-hold=")]


def test_a_policy_that_this_version_does_not_understand_stops_who_writes_but_not_who_reads(
    unio: BucketUnio, tmp_path: Path
) -> None:
    unio.run("retention", "set", "governance", "--days", "1")
    saved = save(unio, tmp_path / "a", {"x": b"x"})
    format_json = json.loads((unio.registry / ".unio/format.json").read_text())
    assert format_json["required"] == ["retention"]
    format_json["retention"]["mode"] = "forever"
    place = {"Bucket": unio.bucket.name, "Key": BASE + ".unio/format.json"}
    client().put_object(**place, Body=json.dumps(format_json).encode())
    write_tree(tmp_path / "b", {"y": b"y"})
    assert "forever" in fails(unio, 10, "save", tmp_path / "b/y")
    unio.run("get", saved["artifact_id"], "-o", tmp_path / "got")
    unio.run("retention", "set", "governance", "--days", "1")
    unio.run("save", tmp_path / "b/y")


def test_a_policy_does_not_count_in_a_copy_of_the_registry(unio: BucketUnio, tmp_path: Path) -> None:
    unio.run("retention", "set", "compliance", "--days", "1")
    save(unio, tmp_path / "a", {"x": b"x"})
    other = BucketUnio(tmp_path / "other", Bucket())
    for key in keys(unio):
        body = client().get_object(Bucket=unio.bucket.name, Key=BASE + key)["Body"].read()
        client().put_object(Bucket=other.bucket.name, Key=BASE + key, Body=body)
    assert other.json("retention", "show")["policy"] == {"mode": "none"}
    save(other, tmp_path / "b", {"y": b"y"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["forget"],
        ["set"],
        ["set", "forever"],
        ["set", "governance"],
        ["set", "governance", "--days", "0"],
        ["set", "governance", "--days", "-1"],
        ["set", "compliance", "--days", "1.5"],
        ["set", "compliance", "--days", "36501"],
        ["set", "compliance", "--days", "99999999999999999999"],
        ["set", "legal-hold", "--days", "3"],
        ["set", "none", "--days", "3"],
        ["show", "--days", "3"],
        ["extend"],
    ],
    ids=" ".join,
)
def test_nonsense_is_refused_and_changes_nothing(unio: BucketUnio, arguments: list[str]) -> None:
    fails(unio, 2, "retention", *arguments)
    assert unio.json("retention")["policy"] == {"mode": "none"}


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[BucketUnio, BucketUnio]]:
    """The owner of a bucket, and one who has the rights that the pages say are needed, and no other."""
    folder = tmp_path / "server"
    (folder / "users").mkdir(parents=True)
    with S3Server(folder, "--iam-dir", str(folder / "users")) as server:
        server.add_user("writer", SECRET)
        bucket = Bucket(server=server, locked=True)
        [policy] = re.findall(r"```json\n(.*?)```", (ROOT / "docs/bucket.md").read_text(), re.DOTALL)
        [more] = re.findall(r"```json\n(.*?)```", (ROOT / "docs/retention.md").read_text(), re.DOTALL)
        statements = json.loads(policy.replace("lab-data", bucket.name))["Statement"]
        statements += json.loads(more.replace("lab-data", bucket.name))
        of_writer = [row | {"Principal": {"AWS": ["writer"]}} for row in statements]
        policy = json.dumps({"Version": "2012-10-17", "Statement": of_writer})
        server.client().put_bucket_policy(Bucket=bucket.name, Policy=policy)
        writer = BucketUnio(tmp_path / "writer", bucket)
        writer.env |= {"AWS_ACCESS_KEY_ID": "writer", "AWS_SECRET_ACCESS_KEY": SECRET}
        yield BucketUnio(tmp_path / "owner", bucket), writer


def test_who_has_the_rights_of_the_page_saves_and_cannot_undo_governance(
    team: tuple[BucketUnio, BucketUnio], tmp_path: Path
) -> None:
    owner, writer = team
    owner.run("retention", "set", "governance", "--days", "1")
    saved = save(writer, tmp_path / "a", {"x": b"x", "large.bin": LARGE})
    again = save(writer, tmp_path / "b", {"y.bin": LARGE})
    assert "object" in again["files"][0]
    publish(writer, tmp_path / "work", {"a.txt": b"a"}, "-t", "v1")
    proof = writer.json("retention", "prove", saved["artifact_id"])
    assert proof["proved"] and len(proof["attacks"]) == 7
    assert owner.json("retention", "prove", exit_code=1)["proved"] is False
    writer.run("retention", "set", "compliance", "--days", "1")
    assert writer.json("retention", "prove")["proved"]
