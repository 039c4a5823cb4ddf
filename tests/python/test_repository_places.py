"""Repositories and projects in file systems that only Python knows."""

from __future__ import annotations

import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lazyscribe
import pytest
import unio
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import register_implementation
from unio.lazyscribe import release as releases
from unio.lazyscribe.exception import ArtifactLoadError, SaveError

Work = Path


class Elsewhere(LocalFileSystem):
    """A file system that moves files, under a protocol of its own; it may be told to fail."""

    protocol = "elsewhere"
    fails_at = ""

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        return str(LocalFileSystem._strip_protocol(str(path).removeprefix("elsewhere://")))

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        if self.fails_at and path2.endswith(self.fails_at):
            raise OSError(28, "No space left on device")
        super().mv(path1, path2, **options)


register_implementation("elsewhere", Elsewhere, clobber=True)


@pytest.fixture(params=["memory", "elsewhere"])
def folder(request: pytest.FixtureRequest, work: Work, monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL below which nothing is."""
    monkeypatch.setattr(Elsewhere, "fails_at", "")
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    return "memory://some/folder" if request.param == "memory" else f"elsewhere://{work}/folder"


def put(url: str, value: Any, name: str = "weights", handler: str = "json") -> None:
    repository = unio.Repository(url)
    repository.log_artifact(name, value, handler=handler)
    repository.save()


def test_a_value_goes_there_and_comes_back_in_all_its_versions(folder: str) -> None:
    url = f"{folder}/repository.json"
    for number in range(3):
        put(url, [number])
    put(url, bytes(9_000_000), "large", "bytes")
    repository = pickle.loads(pickle.dumps(unio.Repository(url, mode="r")))
    assert [repository.load_artifact("weights", version=n) for n in (0, 1, -1)] == [[0], [1], [2]]
    assert repository.load_artifact("weights", version="2999-01-01", match="asof") == [2]
    assert repository.load_artifact("large") == bytes(9_000_000)
    assert repository.verify() == []
    assert repository.get_artifact_uri("weights", 0).startswith(folder.replace("elsewhere:///", "elsewhere://"))


def test_all_who_save_at_once_keep_their_versions(folder: str) -> None:
    url = f"{folder}/repository.json"

    def save(writer: int) -> None:
        for number in range(4):
            put(url, [writer, number])

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(save, range(5)))
    repository = unio.Repository(url, mode="r")
    assert [each["version"] for each in repository.list_versions("weights")] == list(range(20))
    values = [repository.load_artifact("weights", version=number) for number in range(20)]
    assert sorted(values) == [[writer, number] for writer in range(5) for number in range(4)]


def test_lazyscribe_reads_it_and_its_own_is_read(folder: str) -> None:
    if folder.startswith("elsewhere"):
        pytest.skip("lazyscribe takes the folders of a URL for a host")
    url = f"{folder}/repository.json"
    put(url, [1])
    theirs = lazyscribe.Repository(url, mode="w+")
    assert theirs.load_artifact("weights") == [1]
    theirs.log_artifact("weights", [2], handler="json")
    theirs.save()
    assert unio.Repository(url, mode="r").load_artifact("weights") == [2]


def test_a_changed_value_is_told(folder: str) -> None:
    url = f"{folder}/repository.json"
    put(url, [1])
    repository = unio.Repository(url, mode="r")
    file = f"weights/{repository.get_artifact_metadata('weights')['fname']}"
    fs, path = repository.fs, f"{folder.partition('://')[2]}/{file}"
    fs.pipe_file(path, b"[2]")
    with pytest.raises(ArtifactLoadError, match="other bytes"):
        repository.load_artifact("weights")
    assert len(repository.verify()) == 1
    fs.rm_file(path)
    with pytest.raises(ArtifactLoadError, match="not there"):
        repository.load_artifact("weights")


def test_projects_promote_and_release_there(folder: str) -> None:
    project = unio.Project(f"{folder}/project.json", author="ada")
    with project.log("First try") as experiment:
        experiment.log_metric("auroc", 0.5)
        experiment.log_artifact("weights", [1, 2], handler="json")
    project.save()
    again = unio.Project(f"{folder}/project.json", mode="r")
    assert again["first-try"].load_artifact("weights") == [1, 2]
    repository = unio.Repository(f"{folder}/repository.json")
    again["first-try"].promote_artifact(repository, "weights")
    reading = unio.Repository(f"{folder}/repository.json", mode="r")
    release = releases.create_release(reading, "v1")
    assert release.artifacts == [("weights", 0)]


def test_a_full_file_system_loses_nothing_that_was_there(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"elsewhere://{work}/folder/repository.json"
    put(url, [1])
    for what in (".json", "repository.json"):
        monkeypatch.setattr(Elsewhere, "fails_at", what)
        with pytest.raises(SaveError, match="No space left"):
            put(url, [2])
        monkeypatch.setattr(Elsewhere, "fails_at", "")
        reading = unio.Repository(url, mode="r")
        assert reading.verify() == [] and reading.load_artifact("weights") == [1]
    put(url, [3])
    assert [each["version"] for each in unio.Repository(url, mode="r").list_versions("weights")] == [0, 1]
    assert list((work / "folder/.unio/tmp").iterdir()) == []


def test_an_archive_is_read_and_not_written(work: Work) -> None:
    put("values/repository.json", [1])
    with zipfile.ZipFile("values.zip", "w") as archive:
        for file in Path("values").rglob("*.json"):
            archive.write(file, file.relative_to("values"))
    url = f"zip://repository.json::{work}/values.zip"
    assert unio.Repository(url, mode="r").load_artifact("weights") == [1]
    with pytest.raises(SaveError):
        put(url, [2])
    assert unio.Repository(url, mode="r").load_artifact("weights") == [1]


def test_what_is_at_no_place_is_refused(work: Work) -> None:
    with pytest.raises(unio.UnsupportedError, match="nowhere"):
        unio.Repository("nowhere://x/repository.json")


def test_a_local_path_may_have_two_colons(work: Work) -> None:
    path = work / "a::b" / "repository.json"
    put(str(path), [1])
    assert path.is_file() and unio.Repository(str(path), mode="r").fpath == path
    assert not (work / "a").exists()
