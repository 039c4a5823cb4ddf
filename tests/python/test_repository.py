"""Repositories in Python."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

import numpy
import pyarrow
import pytest
import unio
from unio.lazyscribe import release as releases
from unio.lazyscribe.artifacts.base import Simple
from unio.lazyscribe.exception import (
    ArtifactLoadError,
    InvalidVersionError,
    ReadOnlyError,
    SaveError,
    VersionNotFoundError,
)


def index(path: str | Path = "repository.json") -> list[dict[str, Any]]:
    return json.loads(Path(path).read_text())


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, work: Path) -> str:
    """Where a repository may be."""
    if request.param == "folder":
        return "repository.json"
    return request.getfixturevalue("bucket_registry") + "/repository.json"


def three(place: str = "repository.json") -> unio.Repository:
    repository = unio.Repository(place, mode="w")
    for number in range(3):
        repository.log_artifact("x", list(range(number)), handler="json")
    repository.save()
    return repository


def test_every_handler_gives_back_what_it_got(place: str, work: Path) -> None:
    table = pyarrow.table({"a": [1, 2], "b": ["x", "y"]})
    values: dict[str, Any] = {
        "json": {"a": [1.5, None]},
        "pickle": {1, 2},
        "text": "Größe\r\n😀",
        "bytes": bytes(range(256)),
        "yaml": {"a": [1]},
        "numpy": numpy.arange(6).reshape(2, 3),
        "csv": table,
        "parquet": table,
        "arrow": table,
    }
    repository = unio.Repository(place)
    for handler, value in values.items():
        repository.log_artifact(f"a {handler}", value, handler=handler)
    repository.save()
    loaded = unio.Repository(place, mode="r")
    for handler, value in values.items():
        back = loaded.load_artifact(f"a {handler}", **({"trust": True} if handler == "pickle" else {}))
        if handler == "numpy":
            assert (back == value).all()
        else:
            assert back == value


def test_files_and_folders_are_streamed(place: str, work: Path) -> None:
    (work / "in/deep").mkdir(parents=True)
    (work / "in/deep/x").write_bytes(b"x" * 6_000_000)
    (work / "in/y").write_text("y")
    repository = unio.Repository(place)
    repository.log_artifact("file", work / "in/deep/x", handler="file")
    repository.log_artifact("folder", work / "in", handler="folder")
    repository.save()
    repository = unio.Repository(place, mode="r")
    assert repository.load_artifact("file", path="back").read_bytes() == b"x" * 6_000_000
    assert (repository.load_artifact("folder", path="out") / "deep/x").stat().st_size == 6_000_000
    assert (work / "out/y").read_text() == "y"
    with pytest.raises(ValueError, match="path="):
        repository.load_artifact("file")
    with pytest.raises(FileExistsError):
        repository.load_artifact("file", path="back")


def test_versions_are_found_in_every_way(place: str) -> None:
    repository = three(place)
    moments = [artifact.created_at for artifact in repository.artifacts]
    for loaded in (repository, unio.Repository(place, mode="r")):
        assert loaded.load_artifact("x") == loaded.load_artifact("x", version=-1) == [0, 1]
        assert loaded.load_artifact("x", version=1) == loaded.load_artifact("x", version="v1") == [0]
        assert loaded.load_artifact("x", version=moments[1]) == [0]
        assert loaded.load_artifact("x", version=moments[1].replace(tzinfo=UTC)) == [0]
        elsewhere = moments[1].replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=5)))
        assert loaded.load_artifact("x", version=elsewhere, match="asof") == [0]
        assert loaded.load_artifact("x", version=moments[0].isoformat() + "Z") == []
        assert loaded.load_artifact("x", version=date(2999, 1, 1), match="asof") == [0, 1]
        with pytest.raises(VersionNotFoundError, match="predates"):
            loaded.load_artifact("x", version="2020-01-01T00:00:00", match="asof")
        for missing in (3, -4, "2020-01-01T00:00:00"):
            with pytest.raises(VersionNotFoundError):
                loaded.load_artifact("x", version=missing)
        with pytest.raises(InvalidVersionError):
            loaded.load_artifact("x", version="newest")
        for wrong in ({"version": 1, "match": "asof"}, {"match": "about"}):
            with pytest.raises(ValueError):
                loaded.load_artifact("x", **wrong)
        with pytest.raises(ValueError, match="No artifact with name y"):
            loaded.load_artifact("y")


def test_two_versions_of_one_second_stay_two(work: Path) -> None:
    repository = three()
    assert len({artifact.fname for artifact in repository.artifacts}) == 3
    assert [repository.load_artifact("x", version=number) for number in range(3)] == [[], [0], [0, 1]]
    repository.log_artifact("y", 1, handler="json", fname="same.json")
    repository.log_artifact("y", 2, handler="json", fname="same.json")
    repository.save()
    assert [repository.load_artifact("y", version=number) for number in range(2)] == [1, 2]


def test_modes_are_those_of_the_guide(work: Path) -> None:
    three()
    with pytest.raises(ValueError, match="mode"):
        unio.Repository("repository.json", mode="x")
    for mode in ("a", "w+"):
        repository = unio.Repository("repository.json", mode=mode)
        repository.log_artifact("x", mode, handler="json")
        repository.save()
    assert len(index()) == 5
    reader = unio.Repository("repository.json", mode="r")
    for change in (
        lambda: reader.log_artifact("x", 1, handler="json"),
        reader.save,
        lambda: reader.set_artifact_expiry("x"),
    ):
        with pytest.raises(ReadOnlyError):
            change()
    repository = unio.Repository("repository.json", mode="w")
    assert "x" not in repository
    repository.log_artifact("y", 1, handler="json")
    repository.save()
    assert [entry["name"] for entry in index()] == ["y"]
    assert len(list(Path(".unio/replaced").iterdir())) == 1
    assert unio.Repository("missing.json", mode="r").artifacts == []


def test_a_value_that_was_changed_cut_or_removed_is_not_loaded(work: Path) -> None:
    repository = three()
    file = Path("x", repository.artifacts[2].fname)
    for damaged in ("[0, 2]", "[0"):
        file.write_text(damaged)
        with pytest.raises(ArtifactLoadError, match="published"):
            repository.load_artifact("x")
        with pytest.raises(ArtifactLoadError):
            repository.get_version_diff("x", 1)
    file.unlink()
    with pytest.raises(ArtifactLoadError, match="not there"):
        repository.load_artifact("x")
    assert len(repository.verify()) == 1 and "x v2" in repository.verify()[0]


def test_pickles_load_only_with_explicit_trust(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = unio.Repository()
    repository.log_artifact("p", {1}, handler="pickle")
    repository.save()
    with pytest.raises(ArtifactLoadError, match="trust=True"):
        repository.load_artifact("p")
    assert repository.load_artifact("p", trust=True) == {1}
    monkeypatch.setenv("UNIO_TRUST_PICKLES", "1")
    assert unio.Repository(mode="r").load_artifact("p") == {1}


def test_another_environment_is_refused_unless_it_is_not_asked_for(work: Path) -> None:
    repository = unio.Repository()
    repository.log_artifact("p", {1}, handler="pickle")
    repository.save()
    text = Path("repository.json").read_text()
    Path("repository.json").write_text(text.replace('"python_version": "3.', '"python_version": "2.'))
    repository = unio.Repository(mode="r")
    with pytest.raises(ArtifactLoadError, match="Runtime environments do not match"):
        repository.load_artifact("p", trust=True)
    assert repository.load_artifact("p", trust=True, validate=False) == {1}


def test_expired_versions_are_passed_over_after_loading_again(work: Path) -> None:
    three()
    repository = unio.Repository()
    repository.set_artifact_expiry("x", version=2)
    repository.set_artifact_expiry("x", version=1, expiry="2020-01-01T00:00:00")
    repository.save()
    repository = unio.Repository()
    assert repository.load_artifact("x") == [] and repository.load_artifact("x", version=2) == [0, 1]
    repository.set_artifact_expiry("x", version=0, expiry=datetime(2021, 1, 1))
    repository.save()
    with pytest.raises(VersionNotFoundError, match="expired"):
        unio.Repository(mode="r").load_artifact("x")
    assert unio.Repository(mode="r").get_artifact_metadata("x", version=0)["expiry"] == "2021-01-01T00:00:00"


def test_unknown_handlers_and_members_survive_and_load_no_other(work: Path) -> None:
    three()
    entries = index()
    entries[1] |= {"handler": "martian", "antennas": [1, {"a": 1.0}]}
    Path("repository.json").write_text(json.dumps(entries))
    repository = unio.Repository()
    repository.log_artifact("y", 1, handler="json")
    repository.save()
    assert index()[1] == entries[1]
    assert repository.load_artifact("x") == [0, 1]
    assert list(repository)[1]["handler"] == "martian"
    with pytest.raises(ValueError, match="martian"):
        repository.load_artifact("x", version=1)


@dataclass
class Shout(Simple):
    """A handler of the user's own."""

    alias: ClassVar[str] = "shout"
    suffix: ClassVar[str] = "txt"
    binary: ClassVar[bool] = False
    output_only: ClassVar[bool] = True

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        return buf.read()

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        buf.write(obj.upper())


def test_users_register_handlers_by_defining_them(work: Path) -> None:
    repository = unio.Repository()
    with pytest.warns(UserWarning, match="not meant to be read back"):
        repository.log_artifact("loud", "hello", handler="shout")
    with pytest.warns(UserWarning):
        repository.save()
    with pytest.warns(UserWarning, match="not the original"):
        assert repository.load_artifact("loud") == "HELLO"


def test_a_handler_that_fails_leaves_everything_as_it_was(work: Path) -> None:
    three()
    before = Path("repository.json").read_bytes()
    repository = unio.Repository()
    repository.log_artifact("good", 1, handler="json")
    repository.log_artifact("bad", object(), handler="json")
    with pytest.raises(SaveError, match="bad"):
        repository.save()
    assert Path("repository.json").read_bytes() == before and not Path("good").exists()


def test_names_that_lead_elsewhere_are_refused(work: Path) -> None:
    repository = unio.Repository()
    for name in ("../escape", "/abs", "a\0b", "a" * 300, "", ".unio", "repository.json"):
        with pytest.raises(ValueError):
            repository.log_artifact(name, 1, handler="json")
    with pytest.raises(ValueError):
        repository.log_artifact("a", 1, handler="json", fname="../../x")
    repository.save()
    assert index() == []


def test_a_tampered_index_names_the_entry(work: Path) -> None:
    three()
    Path("repository.json").write_text(json.dumps([*index(), index()[1]]))
    with pytest.raises(unio.CorruptionError, match=r"entry 3 .*version 1 stands twice"):
        unio.Repository()


def test_diff_filter_and_lists(work: Path) -> None:
    repository = three()
    repository.log_artifact("y", {"a": 1}, handler="json", indent=4)
    repository.log_artifact("y", {"a": 2}, handler="json", indent=4)
    with pytest.raises(ArtifactLoadError, match="save"):
        repository.get_version_diff("y", 0)
    repository.save()
    assert '-    "a": 1' in repository.get_version_diff("y", 0) and '+    "a": 2' in repository.get_version_diff(
        "y", (1, 0)
    )
    assert repository.get_version_diff("y", 1) == ""
    assert [each["version"] for each in repository.list_versions("x")] == [0, 1, 2]
    assert repository.get_artifact_uri("x", 0).startswith("file:///") and "/x/x-" in repository.get_artifact_uri("x", 0)
    with pytest.raises(RuntimeError):
        repository.filter([("x", 1)])
    reader = unio.Repository(mode="r")
    chosen = reader.filter([("x", 1)])
    assert [each["version"] for each in chosen] == [1] and chosen.load_artifact("x") == [0]
    assert len(reader.filter("2999-01-01T00:00:00").artifacts) == 2
    assert reader.filter("1999-01-01T00:00:00").artifacts == []
    assert len(reader.filter((("x", 0), ("y", 1))).artifacts) == 2


def test_releases_are_made_found_and_copied(work: Path) -> None:
    three()
    reader = unio.Repository(mode="r")
    made = releases.create_release(reader, "v1")
    assert made.artifacts == [("x", 2)]
    again = releases.loads(releases.dumps([made]))
    assert releases.find_release(again).tag == releases.find_release(again, "v1").tag == "v1"
    for nothing in ([], again):
        with pytest.raises(VersionNotFoundError):
            releases.find_release(nothing, "v2")
    releases.minimal_repository_from_release(work / "small", reader, releases.Release("v0", [("x", 1)]))
    small = unio.Repository(work / "small/repository.json", mode="r")
    assert small.load_artifact("x") == [0] and small["x"].version == 1
    with pytest.raises(SaveError):
        releases.minimal_repository_from_release(work / "small", reader, made)
    releases.release_from_toml('[project]\nversion = "1.2"\n[tool.lazyscribe]\nrepositories = ["repository.json"]')
    assert index("releases.json")[0]["tag"] == "1.2"


def test_the_list_of_artifacts_may_be_added_to(work: Path) -> None:
    repository = three()
    listed = repository.artifacts
    repository.log_artifact("x", "logged", handler="json")
    assert listed is repository.artifacts and len(listed) == 4
    other = unio.Repository("other.json")
    other.log_artifact("x", "appended", handler="json")
    repository.artifacts.append(other.artifacts[0])
    repository.save()
    assert [each["version"] for each in index()] == [0, 1, 2, 3, 4]
    assert unio.Repository(mode="r").load_artifact("x") == "appended"


def test_pickles_of_a_repository_keep_what_was_not_saved(work: Path) -> None:
    repository = three()
    repository.log_artifact("x", "new", handler="json")
    repository.set_artifact_expiry("x", version=0, expiry="2020-01-01T00:00:00")
    copy = pickle.loads(pickle.dumps(repository))
    copy.save()
    assert unio.Repository(mode="r").load_artifact("x") == "new"
    assert index()[0]["expiry"] == "2020-01-01T00:00:00"


def save_some(place: str, writer: int) -> None:
    for number in range(10):
        repository = unio.Repository(place)
        repository.log_artifact("shared", [writer, number], handler="json")
        repository.save()


def test_many_processes_keep_all_their_versions(place: str) -> None:
    with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as pool:
        list(pool.map(save_some, [place] * 8, range(8)))
    repository = unio.Repository(place, mode="r")
    assert [artifact.version for artifact in repository.artifacts] == list(range(80))
    assert [repository.artifacts[n].created_at for n in range(80)] == sorted(a.created_at for a in repository.artifacts)
    values = sorted(repository.load_artifact("shared", version=number) for number in range(80))
    assert values == sorted([writer, number] for writer in range(8) for number in range(10))


def test_threads_may_log_into_one_repository_each_with_a_number_of_its_own(work: Path) -> None:
    repository = unio.Repository()
    threads = [threading.Thread(target=repository.log_artifact, args=("x", n, "json")) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    repository.save()
    assert sorted(repository.load_artifact("x", version=n) for n in range(50)) == list(range(50))


def test_without_attrs_or_fsspec_it_works_all_the_same(work: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfor name in ('attrs', 'attr', 'fsspec', 'slugify'): sys.modules[name] = None\n"
        "import unio\nr = unio.Repository()\nr.log_artifact('x', 1, handler='json')\nr.save()\n"
        "p = unio.Project()\nwith p.log('e') as e: e.log_artifact('a', 1, handler='json')\np.save()\n"
        "assert unio.Repository(mode='r').load_artifact('x') == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


#: Saves a file, a table in batches, and loads them into a file; its peak memory in bytes is printed.
STREAM = """
import re, sys
from pathlib import Path
import pyarrow, unio
def batches():
    column = pyarrow.array(range(250_000))
    for _ in range(200):
        yield pyarrow.record_batch({"a": column})
repository = unio.Repository("repository.json")
if sys.argv[1] == "file":
    repository.log_artifact("x", "large.bin", handler="file")
    repository.save()
    unio.Repository("repository.json", mode="r").load_artifact("x", path="back.bin")
else:
    schema = pyarrow.schema({"a": pyarrow.int64()})
    reader = pyarrow.RecordBatchReader.from_batches(schema, batches())
    repository.log_artifact("x", reader, handler=sys.argv[1])
    repository.save()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
"""


@pytest.mark.parametrize("handler", ["file", "csv", "parquet", "arrow"])
def test_what_memory_does_not_hold_is_streamed(handler: str, work: Path) -> None:
    with open("large.bin", "wb") as file:
        file.truncate(400 << 20)
    out = subprocess.run(
        [sys.executable, "-c", STREAM, handler], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert int(out.stdout) < 330 << 20
    if handler == "file":
        assert Path("back.bin").stat().st_size == 400 << 20
    else:
        assert unio.Repository("repository.json", mode="r").load_artifact("x").num_rows == 50_000_000


def test_a_table_in_batches_comes_back(work: Path) -> None:
    table = pyarrow.table({"a": [1, 2], "b": ["x", "y"]})
    repository = unio.Repository("repository.json")
    for handler in ("csv", "parquet", "arrow"):
        repository.log_artifact(handler, table.to_reader(), handler=handler)
    repository.save()
    for handler in ("csv", "parquet", "arrow"):
        assert repository.load_artifact(handler) == table
