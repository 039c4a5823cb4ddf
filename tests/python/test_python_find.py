"""Finding artifacts in Python: queries as Python writes them, the frame, and lineage."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
import unio
from python_scenes import publish, run_python
from unio import Handler, Labels
from unio._query import query_text

WHEN = datetime(2026, 11, 24, 12, 34, 56, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ({"a": 1, "b": [True, None, 1.5, "x"]}, {"a": 1, "b": [True, None, 1.5, "x"]}),
        ({"a": {"$gte": WHEN}}, {"a": {"$gte": {"$date": "2026-11-24T12:34:56.123456Z"}}}),
        ({"a": WHEN.astimezone(timezone(timedelta(hours=5)))}, {"a": {"$date": "2026-11-24T12:34:56.123456Z"}}),
        ({"a": WHEN.replace(tzinfo=None)}, {"a": {"$date": "2026-11-24T12:34:56.123456Z"}}),
        ({"a": date(2026, 11, 24)}, {"a": {"$date": "2026-11-24T00:00:00.000000Z"}}),
        ({"a": datetime(1, 2, 3)}, {"a": {"$date": "0001-02-03T00:00:00.000000Z"}}),
        ({"a": pandas.Timestamp(WHEN)}, {"a": {"$date": "2026-11-24T12:34:56.123456Z"}}),
        ({"a": {"$date": "2026-11-24T00:00:00Z"}}, {"a": {"$date": "2026-11-24T00:00:00Z"}}),
        ({"a": re.compile("^x", re.I | re.S)}, {"a": {"$regex": "^x", "$options": "is"}}),
        ({"a": {"$not": re.compile("x")}}, {"a": {"$not": {"$regex": "x"}}}),
        ({"a": {"$regex": re.compile("x", re.M)}}, {"a": {"$regex": "x", "$options": "m"}}),
        ({"a": {"$regex": re.compile("x", re.M), "$options": "im"}}, {"a": {"$regex": "x", "$options": "mi"}}),
        ({"a": {"$options": "i", "$regex": re.compile("x")}}, {"a": {"$regex": "x", "$options": "i"}}),
        ({"a": {"$in": ("x", "y")}}, {"a": {"$in": ["x", "y"]}}),
        ({"a": {"$in": {"x"}}}, {"a": {"$in": ["x"]}}),
        ({"a": Path("x/y")}, {"a": "x/y"}),
        ({"a": numpy.float32(0.5), "b": numpy.array([1, 2])}, {"a": 0.5, "b": [1, 2]}),
    ],
)  # fmt: skip
def test_values_of_python_become_those_of_queries(written: dict[str, Any], sent: dict[str, Any]) -> None:
    assert json.loads(query_text(written)) == sent


@pytest.mark.parametrize(
    "wrong", [{"a": b"x"}, {"a": re.compile(b"x")}, {"a": object()}, {1: 2}, {"a": numpy.datetime64("2026-11-24")}]
)
def test_what_no_query_can_hold_is_refused(wrong: dict[Any, Any]) -> None:
    with pytest.raises(unio.InvalidArgumentError):
        query_text(wrong)


@pytest.fixture
def h(registry: str, work: Path) -> Handler:
    for name in ("a.txt", "b.csv"):
        (work / name).write_text(name)
    return Handler()


def test_artifacts_are_a_frame_by_their_ids_newest_first(h: Handler) -> None:
    first = h.upload("a.txt", Labels(ticket="AB-1"))
    second = h.upload("b.csv", based_on=[first.artifact_id])
    frame = h.find({})
    assert list(frame.index) == [second.artifact_id, first.artifact_id]
    assert frame.index.name == "artifact_id"
    assert list(frame.columns[:4]) == ["creation_time", "username", "file_relpaths", "argv"]
    assert list(frame.columns[4:]) == sorted(frame.columns[4:])
    assert frame.attrs["total"] == 2
    row = frame.loc[first.artifact_id]
    assert row.creation_time == first.metadata.creation_time
    assert row.labels["ticket"] == "AB-1"
    assert frame.loc[second.artifact_id].based_on == [first.artifact_id]


def test_columns_are_hidden_as_wanted(h: Handler) -> None:
    h.upload("a.txt")
    assert "python_packages" not in h.find({}).columns
    every = h.find({}, exclude_columns=())
    assert every.python_packages.iloc[0]["pytest"] == pytest.__version__
    assert "argv" not in h.find({}, exclude_columns=["argv"]).columns


def test_nothing_found_is_an_empty_frame(h: Handler) -> None:
    frame = h.find({"username": "nobody"})
    assert frame.empty and frame.attrs["total"] == 0 and frame.index.name == "artifact_id"
    assert list(frame.username) == []


def test_seven_rows_unless_more_are_wanted(h: Handler) -> None:
    for _ in range(9):
        h.upload("a.txt")
    frame = h.find({})
    assert (len(frame), frame.attrs["total"]) == (7, 9)
    assert (len(h.find({}, max_docs=100)), len(h.find({}, max_docs=1))) == (9, 1)
    with pytest.raises(ValueError, match="max_docs"):
        h.find({}, max_docs=0)


def test_words_find_as_well(h: Handler) -> None:
    saved = h.upload("a.txt", Labels(datatype="my-dataset", infos={"stratification": "new-cool-method"}))
    h.upload("b.csv")
    for words in (
        "by:ada created:>-10d file:*.txt tag:*dataset*",
        "meta.stratification:new-cool-method",
        "cool-method",
    ):
        assert list(h.find(words).index) == [saved.artifact_id]
    assert list(h.find(json.dumps({"labels.datatype": "my-dataset"})).index) == [saved.artifact_id]


def test_an_operator_that_does_not_exist_is_told_with_the_nearest(h: Handler) -> None:
    with pytest.raises(ValueError, match=r"\$regex"):
        h.find({"file_relpaths": {"$rgex": "x"}})
    with pytest.raises(ValueError, match="where"):
        h.find({"$where": "1"})


def test_patterns_and_datetimes_find(h: Handler) -> None:
    before = datetime.now(UTC)
    saved = h.upload("a.txt")
    found = [saved.artifact_id]
    assert list(h.find({"file_relpaths": re.compile("A.T", re.I)}).index) == found
    assert list(h.find({"creation_time": {"$gte": before}}).index) == found
    assert list(h.find({"creation_time": {"$gte": saved.metadata.creation_time.replace(tzinfo=None)}}).index) == found
    assert h.find({"creation_time": {"$lt": before}}).empty


def test_documents_are_of_every_kind(h: Handler) -> None:
    package = publish(tag="v1")
    artifact = h.upload("a.txt")
    documents = h.find_documents({})
    assert [document["kind"] for document in documents] == ["artifact", "package"]
    assert documents[0]["creation_time"] == artifact.metadata.creation_time
    assert documents[1]["top_hash"] == package.hash
    assert list(h.find({}).index) == [artifact.artifact_id]
    assert h.find_documents("kind:package tag:v1") == documents[1:]


def test_labels_given_later_are_found(h: Handler) -> None:
    artifact = h.upload("a.txt", Labels(ticket="AB-1"))
    assert len(h.find({"labels.ticket": "AB-1"})) == 1
    artifact.revise(ticket="AB-2")
    assert h.find({"labels.ticket": "AB-1"}).empty
    assert list(h.find({"labels.ticket": "AB-2"}).index) == [artifact.artifact_id]


def test_what_is_not_recorded_is_not_found(h: Handler) -> None:
    with pytest.raises(ZeroDivisionError), h.new(["x"]) as new:
        new.file.upload_string("x")
        _ = 1 / 0
    assert h.find({}).empty


def test_lineage_is_followed_both_ways(h: Handler) -> None:
    ids = [h.upload("a.txt").artifact_id]
    for _ in range(3):
        ids.append(h.upload("a.txt", based_on=[ids[-1]]).artifact_id)
    assert [(step.id, step.depth, step.kind) for step in h.lineage(ids[-1])] == [
        (each, depth, "artifact") for depth, each in enumerate(reversed(ids))
    ]
    assert [step.id for step in h.lineage(ids[1], "down")] == ids[1:]
    assert [step.id for step in h.lineage(ids[-1], depth=1)] == [ids[3], ids[2]]
    with pytest.raises(FileNotFoundError):
        h.lineage("artifact_00000000-0000-4000-8000-000000000000")
    with pytest.raises(ValueError, match="sideways"):
        h.lineage(ids[0], "sideways")


def test_a_parent_that_is_missing_is_shown_and_not_known(h: Handler) -> None:
    missing = "artifact_00000000-0000-4000-8000-000000000000"
    child = h.upload("a.txt", based_on=[missing]).artifact_id
    _, parent = h.lineage(child)
    assert (parent.id, parent.kind, parent.creation_time) == (missing, None, None)


def test_a_catalogue_that_is_not_built_in_is_refused_only_where_it_is_asked(h: Handler) -> None:
    other = Handler(catalog="nonsense://somewhere")
    other.upload("a.txt")
    with pytest.raises(unio.UnsupportedError, match="nonsense"):
        other.find_documents({})
    assert len(h.find_documents({})) == 1


WITHOUT_PANDAS = """
import sys
sys.modules["pandas"] = None
import unio
h = unio.Handler()
h.upload("a.txt")
print(len(h.find_documents({})))
try:
    h.find({})
except unio.UnsupportedError as error:
    print(error)
"""


def test_without_pandas_an_error_says_what_does_without(h: Handler) -> None:
    one, told = run_python(WITHOUT_PANDAS).stdout.splitlines()
    assert one == "1"
    assert "pandas" in told and "find_documents" in told
