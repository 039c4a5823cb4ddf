"""Where packages and artifacts come from, as Python records it: surroundings of pushes, and parents of both kinds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import unio
from unio import Handler, Package, PackageBuilder


@pytest.fixture
def files(work: Path) -> Path:
    (work / "data").mkdir()
    (work / "data/a.txt").write_text("a")
    (work / "model.bin").write_text("weights")
    return work


def push(name: str = "team/data", **options: Any) -> Package:
    return PackageBuilder(name).add("", "data/").push(**options)


def document_of(package: Package) -> dict[str, Any]:
    documents = Handler().find_documents({"kind": "package", "name": package.name, "top_hash": package.hash})
    assert len(documents) == 1
    return documents[0]


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_push_records_git_and_the_image(folder_registry: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    monkeypatch.setenv("JUPYTER_IMAGE", "team/notebook:3")
    package = push()
    document = document_of(package)
    assert document["git"] == {"branch": "main", "commit": git("rev-parse", "HEAD"), "dirty": False, "remote": ""}
    assert document["system"]["image"] == "team/notebook:3"
    assert document["capture"] == "references" and "python_packages" not in document
    assert unio.revisions(package)[0].git_commit == git("rev-parse", "HEAD")


def test_the_rest_is_recorded_when_it_is_asked_for(
    folder_registry: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = document_of(push(capture="safe"))
    assert document["capture"] == "safe" and document["python_packages"]["pytest"] == pytest.__version__
    assert [log["relpath"] for log in document["logs"]] == ["pip_freeze.txt"]
    (files / "data/a.txt").write_text("b")
    assert "capture" not in document_of(push("team/off", capture="off"))
    with pytest.raises(ValueError, match="off, safe or full"):
        push(capture="some")
    monkeypatch.setenv("UNIO_CAPTURE", "off")
    assert "capture" not in document_of(push("team/configured"))
    assert document_of(push("team/asked", capture="full"))["capture"] == "full"


def test_parents_are_artifacts_packages_ids_and_references(folder_registry: str, files: Path) -> None:
    h = Handler()
    raw = h.upload(["data/a.txt"])
    data = push(tag="v1", based_on=[raw])
    revision = f"team/data@{data.hash}"
    assert document_of(data)["based_on"] == [raw.artifact_id]
    for parents in ([data], ["team/data:v1"], [revision], [data, "team/data", revision]):
        assert h.upload(["model.bin"], based_on=parents).metadata.based_on == [revision]
    model = unio.save(["model.bin"], based_on=[data, raw])
    assert model.metadata.based_on == [revision, raw.artifact_id]
    h.based_on = [data]
    assert h.based_on == [revision]
    report = h.upload(["model.bin"])
    assert [step.id for step in h.lineage(report.artifact_id)] == [report.artifact_id, revision, raw.artifact_id]
    assert report.artifact_id in {step.id for step in h.lineage(raw.artifact_id, "down")}
    assert {step.kind for step in h.lineage(report.artifact_id)} == {"artifact", "package"}


def test_what_can_be_no_parent_is_refused(folder_registry: str, files: Path) -> None:
    h = Handler()
    for wrong in ("artifact_b4", [5], "team/data", h.upload(["model.bin"]), ["artifact_b4"], ["@" + "a" * 64], ["a b"]):
        with pytest.raises(ValueError):
            h.upload(["model.bin"], based_on=wrong)  # type: ignore[arg-type]
    with pytest.raises(unio.NotFoundError):
        h.upload(["model.bin"], based_on=["no/package"])
    assert len(h.find_documents("")) == 1


def test_a_package_remembers_what_it_was_pushed_with(folder_registry: str, files: Path) -> None:
    builder = PackageBuilder("team/data").add("", "data/").push_data()
    package = builder.push_manifest(tag="v1", capture="safe", based_on=["x/y@" + "a" * 64])
    record = next((files.parent / "home/registry/.unio/revisions").rglob("*.json"))
    revision = json.loads(record.read_text())
    assert revision["top_hash"] == package.hash and revision["based_on"] == ["x/y@" + "a" * 64]
    assert revision["environment"]["argv"]


def test_differences_of_environments(folder_registry: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    h = Handler()
    assert h.upload(["model.bin"]).environment_differences() == []
    monkeypatch.setenv("UNIO_CONTAINER_IMAGE", "team/image:1")
    artifact = h.upload(["model.bin"])
    monkeypatch.setenv("UNIO_CONTAINER_IMAGE", "team/image:2")
    assert artifact.environment_differences() == [
        unio.EnvironmentDifference(part="system", name="image", recorded="team/image:1", present="team/image:2")
    ]
    with h.new(["x"]) as new:
        with pytest.raises(unio.PreconditionError):
            new.environment_differences()
        Path(new.file.remote_url).write_text("x")


def test_what_was_too_large_to_record_is_said(folder_registry: str, files: Path) -> None:
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    (files / "model.bin").write_bytes(bytes(range(256)) * 80_000)
    (files / "data/a.txt").write_bytes(("line\n" * 4_000_000).encode())
    metadata = Handler().upload(["data/a.txt"]).metadata
    assert metadata.left_out == ["git_diff.patch: larger than 16777216 bytes, or not readable"]
    assert metadata.git is not None and metadata.git["dirty"]


def test_a_package_may_be_called_as_ids_begin(folder_registry: str, files: Path) -> None:
    data = push("artifact_photos/cats", tag="v1")
    revision = f"artifact_photos/cats@{data.hash}"
    there = f"{folder_registry}#package=artifact_photos/cats@{data.hash}"
    for parent in ("artifact_photos/cats:v1", there, revision):
        assert document_of(push("team/model", based_on=[parent], message=parent))["based_on"][-1] == revision
    value = "models/repository.json#weights@v3"
    assert Handler().upload(["model.bin"], based_on=[value]).metadata.based_on == [value]


def test_a_working_folder_that_is_gone_keeps_nobody_from_publishing(
    folder_registry: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = files / "gone"
    gone.mkdir()
    builder = PackageBuilder("team/data").add("", str(files / "data") + "/")
    monkeypatch.chdir(gone)
    gone.rmdir()
    package = builder.push(tag="v1")
    artifact = Handler().upload([str(files / "model.bin")])
    monkeypatch.chdir(files)
    assert Package("team/data:v1").hash == package.hash
    assert artifact.files["model.bin"].download_string() == "weights"
