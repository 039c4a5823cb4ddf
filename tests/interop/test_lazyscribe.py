"""The real lazyscribe 2.2 reads what Unio writes, and the other way round."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import lazyscribe
import packaging.version
import pytest
from lazyscribe import release as their_releases
from lazyscribe.artifacts.base import Artifact as TheirArtifact

import unio
import unio.lazyscribe as ours
from unio.lazyscribe import artifacts as our_artifacts
from unio.lazyscribe import release as our_releases
from unio.lazyscribe.exception import ArtifactLoadError

START = datetime(2030, 1, 2, 3, 4, 5)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("UNIO_TRUST_PICKLES", "1")
    return tmp_path


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def fill(library: Any, clock_of: list[str]) -> None:
    """Three versions of one value, one of another, in one save and another one."""
    clock = Clock()
    patches = [mock.patch(name, clock) for name in clock_of]
    for patch in patches:
        patch.start()
    try:
        repository = library.Repository("repository.json", mode="w")
        repository.log_artifact("features", [0], handler="json", indent=4)
        repository.log_artifact("features", [0, 1], handler="json")
        repository.save()
        repository = library.Repository("repository.json", mode="w+")
        repository.log_artifact("features", {"ö": 1.5}, handler="json", fname="deep/er.json")
        repository.log_artifact("model Größe", {1, 2}, handler="pickle")
        repository.save()
    finally:
        for patch in patches:
            patch.stop()


def read(library: Any) -> list[Any]:
    repository = library.Repository("repository.json", mode="r")
    second = (START + timedelta(seconds=2)).isoformat()
    return [
        repository.load_artifact("features"),
        *(repository.load_artifact("features", version=number) for number in range(3)),
        repository.load_artifact("features", version=second),
        repository.load_artifact("features", version=second, match="asof"),
        repository.load_artifact("model Größe"),
        [(each["name"], each["version"], each["fname"], each["created_at"], each["handler"]) for each in repository],
        repository.get_artifact_metadata("model Größe"),
        repository.get_version_diff("features", (0, 1)),
        [each.version for each in repository.filter([("features", 1)]).artifacts],
    ]


OURS = ["unio.lazyscribe._time.utcnow"]
THEIRS = ["lazyscribe.repository.utcnow"]


@pytest.mark.parametrize(("writer", "clocks"), [(lazyscribe, THEIRS), (ours, OURS)], ids=["lazyscribe", "unio"])
def test_both_read_the_same_out_of_what_either_wrote(work: Path, writer: Any, clocks: list[str]) -> None:
    fill(writer, clocks)
    found = read(ours)
    assert found == read(lazyscribe)
    assert found[:7] == [{"ö": 1.5}, [0], [0, 1], {"ö": 1.5}, [0, 1], [0, 1], {1, 2}]


def test_both_give_the_same_names_to_files(work: Path) -> None:
    fill(ours, OURS)
    mine = sorted(str(path) for path in Path().rglob("*") if path.is_file() and ".unio" not in path.parts)
    fill(lazyscribe, THEIRS)
    theirs = sorted(str(path) for path in Path().rglob("*") if path.is_file() and ".unio" not in path.parts)
    assert mine == theirs


def test_they_take_turns_in_one_repository(work: Path) -> None:
    for turn, library in enumerate([ours, lazyscribe, ours, lazyscribe]):
        repository = library.Repository("repository.json")
        repository.log_artifact("x", turn, handler="json", fname=f"{turn}.json")
        repository.save()
    for library in (ours, lazyscribe):
        repository = library.Repository("repository.json", mode="r")
        assert [repository.load_artifact("x", version=number) for number in range(4)] == [0, 1, 2, 3]
    # lazyscribe drops what it does not know when it saves: what is left has nothing to be checked by.
    assert all("unio" not in entry for entry in json.loads(Path("repository.json").read_text()))


def log_project(library: Any) -> None:
    project = library.Project("project.json", mode="w", author="ada")
    with project.log("My try") as experiment:
        experiment.log_metric("auroc", 0.5)
        experiment.log_parameter("features", ["a"])
        experiment.tag("best")
        experiment.log_artifact("features", [0, 1], handler="json")
        with experiment.log_test("My part", description="some") as test:
            test.log_metric("auroc", 0.25)
            test.log_artifact("matrix", [[1]], handler="json")
    project.save()


@pytest.mark.parametrize("writer", [lazyscribe, ours], ids=["lazyscribe", "unio"])
def test_both_read_the_same_project(work: Path, writer: Any) -> None:
    log_project(writer)
    found = []
    for library in (ours, lazyscribe):
        project = library.Project("project.json", mode="r")
        experiment = project["my-try"]
        found.append([list(project), experiment.load_artifact("features"), experiment.tests[0].load_artifact("matrix")])
    assert found[0] == found[1]
    for library in (ours, lazyscribe):
        project = library.Project("project.json", mode="w+", author="bob")
        project["my-try"].log_metric("by", len(library.__name__))
        project.save()
    assert ours.Project("project.json", mode="r")["my-try"].metrics == {"auroc": 0.5, "by": len("lazyscribe")}


@pytest.mark.parametrize("writer", [lazyscribe, ours], ids=["lazyscribe", "unio"])
def test_an_artifact_of_either_is_promoted_by_either(work: Path, writer: Any) -> None:
    log_project(writer)
    for number, library in enumerate((ours, lazyscribe)):
        repository = library.Repository(f"{number}/repository.json")
        os.makedirs(str(number), exist_ok=True)
        library.Project("project.json", mode="r")["my-try"].promote_artifact(repository, "features")
        for reader in (ours, lazyscribe):
            assert reader.Repository(f"{number}/repository.json", mode="r").load_artifact("features") == [0, 1]


def test_releases_go_both_ways(work: Path) -> None:
    fill(ours, OURS)
    made = our_releases.create_release(ours.Repository(mode="r"), "v1")
    theirs = their_releases.create_release(lazyscribe.Repository(mode="r"), "v1")
    assert made.artifacts == theirs.artifacts
    back = their_releases.loads(our_releases.dumps([made]))
    assert their_releases.find_release(back, "v1").created_at == made.created_at.replace(microsecond=0)
    assert our_releases.loads(their_releases.dumps([theirs]))[0].tag == "v1"
    our_releases.minimal_repository_from_release(work / "small", ours.Repository(mode="r"), made)
    assert lazyscribe.Repository("small/repository.json", mode="r").load_artifact("model Größe") == {1, 2}


def test_a_1x_file_is_read_and_keeps_its_entries(work: Path) -> None:
    seconds = [("2025-01-13T14:23:40", 0), ("2025-01-13T14:23:51", 1), ("2025-01-13T14:23:54", 2), ("2025-01-13T14:24:08", 3)]
    old = [
        {"created_at": when, "fname": f"test-{n}.json", "handler": "json", "name": "test", "python_version": "3.9", "version": n}
        for when, n in seconds
    ]
    Path("repository.json").write_text(json.dumps(old, indent=4))
    repository = ours.Repository()
    find = repository._search_artifact_versions
    assert find("test", "2025-01-13T14:23:52", "asof").version == 1
    assert find("test", "2025-01-13T14:23:40", "asof").version == 0
    assert find("test", "2025-01-13T14:23:54").version == 2 and find("test").version == 3
    repository.log_artifact("test", 1, handler="json")
    repository.save()
    entries = json.loads(Path("repository.json").read_text())
    assert entries[:4] == old and entries[4]["version"] == 4
    assert len(lazyscribe.Repository(mode="r").artifacts) == 5


def test_a_plug_in_for_lazyscribe_works_here(work: Path) -> None:
    """lazyscribe-joblib, which derives from the real lazyscribe's class, through its entry point."""
    handler = our_artifacts._get_handler("joblib")
    assert issubclass(handler, TheirArtifact)
    assert our_artifacts._get_handler("pickle").__module__ == "unio.lazyscribe.artifacts.pickle"
    value = packaging.version.Version("1.2")
    repository = ours.Repository()
    repository.log_artifact("j", value, handler="joblib")
    repository.save()
    assert json.loads(Path("repository.json").read_text())[0]["package"] == "packaging"
    assert ours.Repository(mode="r").load_artifact("j") == value
    assert lazyscribe.Repository(mode="r").load_artifact("j") == value


def test_a_handler_that_is_a_class_of_attrs_may_derive_from_ours(work: Path) -> None:
    from attrs import define, field

    from unio.lazyscribe.artifacts.base import Artifact

    @define(auto_attribs=True)
    class Tagged(Artifact):
        alias = "tagged"
        suffix = "txt"
        binary = False
        output_only = False
        mark: str = field()

        @classmethod
        def construct(cls, name: str, value: Any = None, fname: Any = None, created_at: Any = None, expiry: Any = None,
                      writer_kwargs: Any = None, version: int = 0, dirty: bool = True, **kwargs: Any) -> Any:
            return cls(name=name, value=value, fname=fname or f"{name}.txt", created_at=created_at, expiry=expiry,
                       writer_kwargs=writer_kwargs or {}, version=version, dirty=dirty, mark=kwargs.get("mark") or "here")

        @classmethod
        def read(cls, buf: Any, **kwargs: Any) -> Any:
            return buf.read()

        @classmethod
        def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
            buf.write(obj)

    repository = ours.Repository()
    repository.log_artifact("t", "text", handler="tagged")
    repository.save()
    text = Path("repository.json").read_text()
    assert '"mark": "here"' in text
    assert ours.Repository(mode="r").load_artifact("t") == "text"
    Path("repository.json").write_text(text.replace("here", "there"))
    with pytest.raises(ArtifactLoadError, match="environments"):
        ours.Repository(mode="r").load_artifact("t")


def test_the_command_reads_what_lazyscribe_wrote(work: Path) -> None:
    fill(lazyscribe, THEIRS)
    assert unio.Repository(mode="r").verify() == []
