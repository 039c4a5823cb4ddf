"""Projects in Python."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import unio
from unio.lazyscribe import interchange
from unio.lazyscribe.exception import (
    ArtifactLoadError,
    ArtifactLogError,
    FrozenInstanceError,
    ReadOnlyError,
    SaveError,
)
from unio.lazyscribe.registry import registry


def entries(path: str = "project.json") -> list[dict[str, Any]]:
    return json.loads(Path(path).read_text())


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, work: Path) -> str:
    """Where a project may be."""
    if request.param == "folder":
        return "project.json"
    return request.getfixturevalue("bucket_registry") + "/project.json"


def one(place: str = "project.json") -> unio.Project:
    project = unio.Project(place, author="ada")
    with project.log("My try") as experiment:
        experiment.log_metric("auroc", 0.5)
        experiment.log_parameter("features", ["a"])
        experiment.tag("good")
        experiment.tag("best")
        experiment.log_artifact("features", [0, 1], handler="json")
        with experiment.log_test("Part one", description="some") as test:
            test.log_metric("auroc", 0.25)
            test.log_parameter("rows", 7)
            test.log_artifact("matrix", [[1]], handler="json")
    project.save()
    return project


def test_what_was_saved_is_there_again(place: str) -> None:
    one(place)
    experiment = unio.Project(place, mode="r")["my-try"]
    assert (experiment.metrics, experiment.parameters, experiment.tags) == (
        {"auroc": 0.5},
        {"features": ["a"]},
        ["good", "best"],
    )
    assert experiment.load_artifact("features") == [0, 1]
    assert experiment.tests[0].load_artifact("matrix") == [[1]]
    assert experiment.tests[0].to_dict()["parameters"] == {"rows": 7}
    assert experiment.author == experiment.last_updated_by == "ada"
    with pytest.raises(ArtifactLoadError):
        experiment.load_artifact("other")


def test_an_exception_in_the_block_records_nothing(work: Path) -> None:
    project = unio.Project()
    with pytest.raises(RuntimeError), project.log("bad"):
        raise RuntimeError
    with project.log("good") as experiment, pytest.raises(RuntimeError), experiment.log_test("bad"):
        raise RuntimeError
    assert [each.name for each in project.experiments] == ["good"] and experiment.tests == []


def test_modes_say_what_may_be_changed(work: Path) -> None:
    one()
    reader = unio.Project(mode="r")
    for change in (reader.save, lambda: reader.append(reader["my-try"]), lambda: reader.log("x").__enter__()):
        with pytest.raises(ReadOnlyError):
            change()
    for mode in ("r", "a"):
        experiment = unio.Project(mode=mode)["my-try"]
        for change in (
            lambda e=experiment: e.log_metric("x", 1),
            lambda e=experiment: e.tag("x"),
            lambda e=experiment: e.log_artifact("x", 1, handler="json"),
            lambda e=experiment: e.tests[0].log_metric("x", 1),
            lambda e=experiment: setattr(e, "name", "x"),
        ):
            with pytest.raises(FrozenInstanceError):
                change()
    editor = unio.Project(mode="w+", author="bob")
    editor["my-try"].log_metric("auroc", 0.75)
    editor.save()
    assert len(entries()) == 1
    assert (entries()[0]["metrics"], entries()[0]["last_updated_by"], entries()[0]["author"]) == (
        {"auroc": 0.75},
        "bob",
        "ada",
    )
    with pytest.raises(ValueError):
        unio.Project(mode="x")
    anew = unio.Project(mode="w")
    anew.save()
    assert entries() == []


def test_an_artifact_is_replaced_only_if_asked_for(work: Path) -> None:
    project = one()
    experiment = project["my-try"]
    with pytest.raises(ArtifactLogError):
        experiment.log_artifact("features", [], handler="json")
    experiment.log_artifact("features", [2], handler="json", overwrite=True)
    with pytest.raises(ArtifactLoadError, match="save"):
        experiment.load_artifact("features")
    project.save()
    assert unio.Project()["my-try"].load_artifact("features") == [2]


def test_a_changed_artifact_is_not_loaded(work: Path) -> None:
    experiment = one()["my-try"]
    (Path(experiment.slug) / experiment.artifacts[0].fname).write_text("[9, 9]")
    with pytest.raises(ArtifactLoadError, match="other bytes"):
        unio.Project(mode="r")["my-try"].load_artifact("features")


def test_merge_keeps_the_newest_of_one_experiment(work: Path) -> None:
    mine = one()
    theirs = pickle.loads(pickle.dumps(mine))
    theirs["my-try"].log_metric("auroc", 0.9)
    with theirs.log("another"):
        pass
    merged = mine.merge(theirs)
    assert [each.short_slug for each in merged.experiments] == ["my-try", "another"]
    assert merged["my-try"].metrics == {"auroc": 0.9}
    with pytest.warns(DeprecationWarning):
        assert len(mine.merge(other=theirs).experiments) == 2
    assert [each.name for each in merged.filter(lambda each: not each.metrics)] == ["another"]
    assert "my-try" in merged and "nothing" not in merged
    with pytest.raises(KeyError):
        merged["nothing"]


def test_dependencies_are_found_again(work: Path) -> None:
    one("up.json")
    up = unio.Project("up.json", mode="r")
    project = unio.Project("down.json")
    with project.log("down") as experiment:
        experiment.dependencies["my-try"] = up["my-try"]
    project.save()
    assert entries("down.json")[0]["dependencies"] == [f"up.json|{up['my-try'].slug}"]
    assert unio.Project("down.json", mode="r")["down"].dependencies["my-try"].metrics == {"auroc": 0.5}
    registry.add_project("upstream", up)
    try:
        project.experiments[0].dirty = True
        project.save()
        assert entries("down.json")[0]["dependencies"][0].startswith("upstream|")
        assert unio.Project("down.json", mode="r")["down"].dependencies["my-try"] is up["my-try"]
    finally:
        registry.projects.clear()


def test_promotion_takes_time_handler_and_bytes_along(place: str) -> None:
    experiment = one(place)["my-try"]
    where = place.replace("project.json", "repository.json")
    repository = unio.Repository(where)
    experiment.promote_artifact(repository, "features")
    published = unio.Repository(where, mode="r")
    assert published.load_artifact("features") == [0, 1]
    assert published["features"].created_at == experiment.artifacts[0].created_at
    with pytest.raises(ArtifactLogError, match="not newer"):
        unio.Project(place, mode="r")["my-try"].promote_artifact(repository, "features")
    with pytest.raises(ArtifactLoadError):
        experiment.promote_artifact(repository, "other")
    with pytest.raises(ReadOnlyError):
        experiment.promote_artifact(unio.Repository(where.replace("repository", "none"), mode="r"), "features")


def test_a_promotion_that_fails_leaves_the_repository_as_it_was(work: Path) -> None:
    experiment = one()["my-try"]
    repository = unio.Repository()
    (Path(experiment.slug) / experiment.artifacts[0].fname).unlink()
    with pytest.raises(ArtifactLoadError):
        experiment.promote_artifact(repository, "features")
    assert repository.artifacts == [] and not Path("repository.json").exists()


def test_a_tampered_project_names_the_entry(work: Path) -> None:
    one()
    for change in ({"slug": 3}, {"created_at": "now"}):
        Path("project.json").write_text(json.dumps([entries()[0] | change]))
        with pytest.raises(unio.CorruptionError, match="entry 0"):
            unio.Project()
        Path("project.json").unlink()
        one()
    for text in ("{", "{}", "[3]"):
        Path("project.json").write_text(text)
        with pytest.raises(unio.CorruptionError):
            unio.Project()


def test_a_slug_that_leads_elsewhere_writes_nothing(work: Path) -> None:
    project = unio.Project()
    with project.log("x") as experiment:
        experiment.log_artifact("a", 1, handler="json")
        experiment.slug = "../../escape"
    with pytest.raises(SaveError):
        project.save()
    assert not Path("project.json").exists()


def log_some(place: str, writer: int) -> None:
    for number in range(5):
        project = unio.Project(place, author=f"writer {writer}")
        with project.log(f"try {writer} {number}") as experiment:
            experiment.log_artifact("a", [writer, number], handler="json")
        project.save()


def test_many_processes_keep_all_their_experiments(place: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(log_some, [place] * 4, range(4)))
    project = unio.Project(place, mode="r")
    found = sorted(experiment.load_artifact("a") for experiment in project.experiments)
    assert found == [[writer, number] for writer in range(4) for number in range(5)]


def test_projects_and_repositories_become_tables(work: Path) -> None:
    project = one()
    frame = interchange.to_pandas(project)
    assert frame["metrics.auroc"][0] == 0.5 and frame["created_at"][0] is not None
    table = interchange.to_table(project)
    assert table["slug"].to_pylist() == [project["my-try"].slug]
    repository = unio.Repository()
    project["my-try"].promote_artifact(repository, "features")
    table = interchange.to_table(repository)
    assert table["version"].to_pylist() == [0] and str(table["created_at"].type) == "timestamp[s, tz=UTC]"
    created = project["my-try"].artifacts[0].created_at
    assert abs(table["created_at"].to_pylist()[0].replace(tzinfo=None) - created) < timedelta(seconds=1)
