"""What a push records of where a package came from: git and container always, the rest when it is asked for, and what it was
based on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from python_environments import git
from unio_command import Unio, write_tree
from unio_scenes import FILES, NAME, fails, publish

SECRET = "hunter2-Zq8vX31kLmP0"


@pytest.fixture
def checkout(folder: Path) -> Path:
    write_tree(folder, {"train.py": b"one\n"})
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "remote", "add", "origin", f"https://andy:{SECRET}@example.org/team/x.git")
    return folder


def environment_of(unio: Unio, reference: str = NAME) -> dict[str, Any]:
    return unio.json("show", reference)["revision"].get("environment")


def test_git_and_the_image_are_recorded_with_every_push(unio: Unio, checkout: Path) -> None:
    unio.env["UNIO_CONTAINER_IMAGE"] = "team/image:1"
    publish(unio, checkout)
    commit = git(checkout, "rev-parse", "HEAD")
    environment = environment_of(unio)
    system = environment.pop("system")
    assert system["image"] == "team/image:1" and set(system) <= {"image", "container"}
    remote = "https://example.org/team/x.git"
    assert environment == {
        "capture": "references", "masked": 0, "git": {"branch": "main", "commit": commit, "dirty": False, "remote": remote},
    }  # fmt: skip
    shown = unio.run("show", NAME).stdout
    for line in (f"git commit  {commit}", "git branch  main", f"git remote  {remote}", "image       team/image:1"):
        assert line in shown
    assert f"    git {commit}\n" in unio.run("log", NAME).stdout
    assert unio.json("log", NAME)["revisions"][0]["environment"]["git"]["branch"] == "main"


@pytest.mark.parametrize("how", ["option", "setting"])
def test_nothing_is_recorded_when_capture_is_off(unio: Unio, checkout: Path, how: str) -> None:
    if how == "setting":
        unio.run("config", "set", "capture", "off")
    publish(unio, checkout, FILES, *(["--capture", "off"] if how == "option" else []))
    revision = unio.json("show", NAME)["revision"]
    assert "environment" not in revision and "git_commit" not in revision
    if how == "setting":
        publish(unio, checkout, {"new": b""}, "--capture", "safe")
        assert environment_of(unio)["capture"] == "safe"


def test_the_rest_is_recorded_when_it_is_asked_for_and_shared_by_revisions(unio: Unio, checkout: Path) -> None:
    write_tree(checkout, {"train.py": b"two\n", "untracked.txt": b""})
    publish(unio, checkout, FILES, "-t", "v1", "--capture", "full", "-m", "first")
    environment = environment_of(unio)
    assert environment["argv"].startswith("unio push -t v1 --capture full")
    assert environment["system"]["env.UNIO_USER"] == "ada" and environment["python_packages"]
    logs = {log["relpath"]: unio.registry / log["object"] for log in environment["logs"]}
    assert b"-one\n+two\n" in logs["git_diff.patch"].read_bytes()
    assert b"untracked.txt\n" in logs["git_untracked.txt"].read_bytes()
    assert "==" in logs["pip_freeze.txt"].read_text()
    publish(unio, checkout, {"new": b""}, "--capture", "safe", "-m", "second")
    again = {log["relpath"]: unio.registry / log["object"] for log in environment_of(unio)["logs"]}
    assert again["pip_freeze.txt"] == logs["pip_freeze.txt"]
    assert "env.UNIO_USER" not in environment_of(unio)["system"]
    shown = unio.run("show", NAME).stdout
    assert "logs        git_diff.patch git_untracked.txt pip_freeze.txt" in shown and "python      " in shown


def test_the_manifest_is_the_same_whatever_is_recorded(unio: Unio, checkout: Path, tmp_path: Path) -> None:
    top_hash = publish(unio, checkout, FILES, "-m", "same", "--capture", "safe", "--based-on", f"x/y@{'a' * 64}")
    manifest = (unio.registry / ".quilt/packages" / top_hash).read_bytes()
    named = sorted(path.name for path in (unio.registry / ".quilt").rglob("*") if path.is_file())
    other = Unio(tmp_path / "other")
    plain = publish(other, tmp_path / "copy", FILES | {"train.py": b"one\n"}, "-m", "same", "--capture", "off")
    assert plain == top_hash
    there = (other.registry / ".quilt/packages" / plain).read_bytes()
    assert there.replace(bytes(other.registry), bytes(unio.registry)) == manifest
    assert named == sorted([top_hash, "latest", next(name for name in named if name.isdigit() and len(name) == 10)])


def test_what_was_captured_is_found(unio: Unio, checkout: Path) -> None:
    publish(unio, checkout, FILES, "--capture", "safe")
    top_hash = unio.json("show", NAME)["top_hash"]
    commit = git(checkout, "rev-parse", "HEAD")
    for query in (
        {"git.commit": commit}, {"git.branch": "main", "git.remote": {"$regex": "example"}}, {"capture": "safe"},
        {"python_packages.pip": {"$exists": True}}, {"system.python": {"$regex": r"^3\."}}, {"argv": {"$regex": "unio push"}},
    ):  # fmt: skip
        documents = unio.json("find", json.dumps(query))["documents"]
        assert [document["id"] for document in documents] == [f"{NAME}@{top_hash}"], query


def test_no_secret_is_in_the_store_the_catalogue_or_the_output(unio: Unio, checkout: Path) -> None:
    write_tree(checkout, {"train.py": f'password = "{SECRET}"\n'.encode(), ".unioignore": b""})
    unio.run("init", NAME, cwd=checkout)
    write_tree(checkout / "data", {"a.txt": b"a"})
    unio.run("add", "data/", cwd=checkout)
    said = unio.run("push", "--capture", "full", "-m", "x", cwd=checkout, API_TOKEN=SECRET)
    said_more = unio.run("show", NAME), unio.run("find", "", "--json"), unio.run("log", NAME, "--json")
    environment = environment_of(unio)
    assert environment["masked"] >= 2 and environment["system"]["env.API_TOKEN"] == "<masked>"
    for result in (said, *said_more):
        assert SECRET not in result.stdout + result.stderr
    stored = [path for root in (unio.registry, unio.home) for path in root.rglob("*") if path.is_file()]
    assert len(stored) > 5
    assert not [path for path in stored if SECRET.encode() in path.read_bytes()]


def test_wrong_levels_and_parents_are_refused_before_anything_is_pushed(unio: Unio, folder: Path) -> None:
    write_tree(folder, FILES)
    unio.run("init", NAME, cwd=folder)
    unio.run("add", ".", cwd=folder)
    fails(unio, 2, "push", "--capture", "some", cwd=folder, hint="off, safe or full")
    fails(unio, 2, "push", "--based-on", "artifact_b4", cwd=folder, hint="whole id")
    fails(unio, 3, "push", "--based-on", "no/package", cwd=folder)
    assert not (unio.registry / ".quilt").exists()


def test_lineage_goes_through_artifacts_and_packages(unio: Unio, folder: Path) -> None:
    write_tree(folder, {"raw.csv": b"1\n", "model.bin": b"weights"})
    raw = unio.json("save", "raw.csv", cwd=folder)["artifact_id"]
    publish(unio, folder / "data", FILES, "-t", "v1", "--based-on", raw, "--based-on", raw)
    data = f"{NAME}@{unio.json('show', f'{NAME}:v1')['top_hash']}"
    model = unio.json("save", "model.bin", "--based-on", f"{NAME}:v1", "--based-on", data, cwd=folder)
    assert model["based_on"] == [data]
    publish(unio, folder / "report", {"r.txt": b"r"}, "--based-on", model["artifact_id"], name="team/report")
    report = f"team/report@{unio.json('show', 'team/report')['top_hash']}"
    up = unio.json("lineage", "team/report")
    assert [node["id"] for node in up["nodes"]] == [report, model["artifact_id"], data, raw]
    down = unio.json("lineage", raw, "--down")
    assert [node["id"] for node in down["nodes"]] == [raw, data, model["artifact_id"], report]
    assert [document["id"] for document in unio.json("find", json.dumps({"based_on": data}))["documents"]] == [model["artifact_id"]]
    # A later revision of the data is no parent.
    publish(unio, folder / "data", {"new": b""}, "-t", "v2")
    assert [node["id"] for node in unio.json("lineage", model["artifact_id"])["nodes"]] == [model["artifact_id"], data, raw]


def test_missing_parents_and_cycles_are_shown_and_end(unio: Unio, folder: Path, tmp_path: Path) -> None:
    elsewhere = Unio(tmp_path / "elsewhere")
    publish(elsewhere, folder / "other", FILES, name="other/data")
    write_tree(folder, {"x.txt": b"x"})
    foreign = f"file://{elsewhere.registry}#package=other/data"
    saved = unio.json("save", "x.txt", "--based-on", foreign, cwd=folder)
    missing = f"other/data@{elsewhere.json('show', 'other/data')['top_hash']}"
    nodes = unio.json("lineage", saved["artifact_id"])["nodes"]
    assert [(node["id"], node["missing"]) for node in nodes] == [(saved["artifact_id"], False), (missing, True)]
    # A record may say anything, also that a package was made from what was made from it.
    publish(unio, folder / "data", FILES)
    data = f"{NAME}@{unio.json('show', NAME)['top_hash']}"
    child = unio.json("save", "x.txt", "--based-on", data, cwd=folder)["artifact_id"]
    record = next((unio.registry / ".unio/revisions").rglob("*.json"))
    revision = json.loads(record.read_text()) | {"based_on": [child, data, 5, "x" * 5000, "\x1b[31m"]}
    record.write_text(json.dumps(revision))
    unio.run("reindex")
    graph = unio.json("lineage", child)
    assert {edge["parent"] for edge in graph["edges"] if edge["closes_cycle"]} == {child, data}
    assert "\x1b" not in unio.run("lineage", child).stdout
    assert "(cycle)" in unio.run("lineage", NAME).stdout
