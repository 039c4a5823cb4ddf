"""ElliptIO's own documents, replayed by users with a home each, in a folder and in a bucket. Of the notebook only the
import line is changed."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest
from python_scenes import run_python
from s3_registry import Bucket, server_url
from unio_command import write_tree

TABLE = b"path,class\n/path/to/image0.png,0\n/path/to/image1.png,1\n"

IMPORTS = """
import unio as eio
from pprint import pprint
from datetime import datetime, UTC, timedelta
import pandas as pd
from pathlib import Path

pd.set_option('display.max_colwidth', None)

class DummyModel:
    def train(self, train_path: Path):
        del train_path
        pass

    def save(self, url: Path):
        Path(url).write_text("dummy_model")

repo_path = Path(".").resolve()
"""

SAVE = """
h = eio.Handler(remote_file_cls=eio.LocalFile)

with eio.mock_username("andy"):
    artifact = h.upload(
        local_paths=[
            repo_path / "docs/train.txt",
            repo_path / "docs/test.txt",
        ],
        labels=eio.Labels(
            ticket="AB-123",
            project="awesome-project",
            datatype="annotation_file",
            infos={"stratification": "new special method"},
        ),
    )
"""

FIND = r"""
df= h.find(
    query = {
        "username": "andy",
        "labels.datatype": "annotation_file",
        "creation_time": {"$gte": datetime.now(tz=UTC) - timedelta(days=7)},
        "file_relpaths": {"$regex": "\.txt"},
    },
    max_docs=1,
)
"""

USE = """
artifact_id = df.index[0]
artifact = h.get(artifact_id)
pprint(artifact)
table = pd.read_csv(artifact.files["test.txt"].remote_url)

artifact.files["test.txt"].download()
artifact.files["test.txt"].download_string()
version = artifact.metadata.python_packages["pandas"]
"""

TRAIN = """
with eio.mock_username("brenda"):
    model = DummyModel()
    model.train(train_path=artifact.files["train.txt"].remote_url)
    with h.new(["model.pt"]) as new:
        model.save(new.file.remote_url)
"""

LINEAGE = """
found = h.find(query={"based_on": artifact_id})
"""

#: What the seed shows of what `find` gives.
COLUMNS = ["creation_time", "username", "file_relpaths", "argv", "based_on", "hostname", "labels", "local_root",
           "log_relpaths", "remote_root", "run_id", "version"]  # fmt: skip

CHECK_FOUND = f"""
assert df.index.name == "artifact_id" and len(df) == 1
assert [name for name in df.columns if name in {COLUMNS}] == {COLUMNS}
assert list(df.columns[:4]) == {COLUMNS[:4]} and list(df.columns[4:]) == sorted(df.columns[4:])
row = df.iloc[0]
assert row.username == "andy" and sorted(row.file_relpaths) == ["test.txt", "train.txt"] and row.based_on == []
assert row.labels["infos"] == {{"stratification": "new special method"}} and row.version == 1
assert row.creation_time <= datetime.now(UTC)
"""

CHECK_LINEAGE = """
assert list(found.username) == ["brenda"] and list(found.file_relpaths) == [["model.pt"]]
assert list(found.based_on) == [[artifact_id]]
assert h.get(found.index[0]).file.download_string() == "dummy_model"
"""


class User:
    """Somebody with a home and a folder of her own, and with the others a place to save to."""

    def __init__(self, place: Path, name: str, shared: dict[str, str]) -> None:
        self.folder = place / name
        self.env = {"HOME": str(self.folder / "home"), "UNIO_USER": name, **shared}
        write_tree(self.folder / "work", {"docs/train.txt": TABLE, "docs/test.txt": TABLE + b"/path/2.png,1\n"})

    def runs(self, *cells: str) -> str:
        here = f"import os; os.chdir({str(self.folder / 'work')!r})\n"
        return run_python(here + textwrap.dedent("\n".join(cells)), **self.env).stdout


@pytest.fixture(params=["folder", "bucket"])
def shared(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """ElliptIO's own variables."""
    for name in [name for name in os.environ if name.startswith(("XDG_", "UNIO_REGISTRY", "ELLIPTIO_", "S3_BUCKET"))]:
        monkeypatch.delenv(name)
    if request.param == "folder":
        return {"ELLIPTIO_LOCAL_ROOT": str(tmp_path / "lake")}
    return {"ELLIPTIO_S3_BUCKET_NAME": Bucket().name, "AWS_ENDPOINT_URL_S3": server_url()}


def in_bucket(cell: str) -> str:
    """The same cell for a bucket. pandas reads those only with s3fs, and no path leads there."""
    return (
        cell.replace("eio.LocalFile", "eio.S3File")
        .replace('pd.read_csv(artifact.files["test.txt"].remote_url)', 'pd.read_csv(artifact.files["test.txt"].open())')
        .replace("model.save(new.file.remote_url)", 'model.save("m"); new.file.upload("m")')
    )


def test_the_notebook_runs_with_only_its_import_line_changed(shared: dict[str, str], tmp_path: Path) -> None:
    cells = [IMPORTS, SAVE, FIND, CHECK_FOUND, USE, TRAIN, LINEAGE, CHECK_LINEAGE, "print(version, len(table))"]
    if "ELLIPTIO_S3_BUCKET_NAME" in shared:
        cells = [in_bucket(cell) for cell in cells]
    shown = User(tmp_path, "cgebbe", shared).runs(*cells)
    assert shown.startswith("Artifact(metadata=Metadata(username='andy',\n")
    assert "python_packages={" in shown
    assert shown.split()[-1] == "3"


def test_what_andy_saved_brenda_finds_uses_and_builds_on_and_andy_finds_that(
    shared: dict[str, str], tmp_path: Path
) -> None:
    change = in_bucket if "ELLIPTIO_S3_BUCKET_NAME" in shared else str
    handler = change("h = eio.Handler(remote_file_cls=eio.LocalFile)")
    andy, brenda, charlie = (User(tmp_path, name, shared) for name in ("andy", "brenda", "charlie"))
    andy.runs(IMPORTS, change(SAVE).replace('mock_username("andy")', "mock_username(os.environ['UNIO_USER'])"))

    cells = [IMPORTS, handler, FIND, CHECK_FOUND, USE, TRAIN]
    brenda.runs(*(change(cell) for cell in cells))
    assert (brenda.folder / "work/test.txt").read_bytes() == (andy.folder / "work/docs/test.txt").read_bytes()

    chain = """
    model = h.find({"username": "brenda"}).index[0]
    h.get(model).file.download()
    Path("evaluation.txt").write_text("better")
    h.upload("evaluation.txt", {"datatype": "evaluation"})
    """
    charlie.runs(IMPORTS, handler, textwrap.dedent(chain))

    follow = """
    artifact_id = h.find({"username": "andy"}).index[0]
    model = h.find({"based_on": artifact_id})
    assert list(model.username) == ["brenda"], model
    evaluation = h.find({"based_on": model.index[0]})
    assert list(evaluation.username) == ["charlie"], evaluation
    assert h.get(evaluation.index[0]).file.download_string() == "better"
    """
    andy.runs(IMPORTS, handler, textwrap.dedent(follow))


def test_the_first_generations_story(shared: dict[str, str], tmp_path: Path) -> None:
    andy, brenda = (User(tmp_path, name, shared) for name in ("andy", "brenda"))
    saved = andy.runs("""
        import unio as eio
        os.chdir("docs")
        artifact = eio.save(
          ["train.txt", "test.txt"],
          info={
            "type": "dataset_list",
            "stratification": "new-cool-method",
          },
        )
        print(artifact.artifact_id)
    """)
    artifact_id = saved.strip()
    brenda.runs(f"""
        import unio as eio
        from pathlib import Path
        from pprint import pprint
        found = eio.Handler().find_documents("by:andy created:>-10d file:*.txt tag:*dataset*")
        assert [each["artifact_id"] for each in found] == [{artifact_id!r}], found
        assert found[0]["labels"]["infos"]["stratification"] == "new-cool-method"
        artifact = eio.load({artifact_id!r})
        pprint(artifact.metadata)
        assert artifact.files["train.txt"].s3_url
        artifact.logs.pip_freeze.download()
        assert "pandas==" in Path("pip_freeze.txt").read_text()
        Path("model.pth").write_text("weights")
        model = eio.create_artifact().save_files(["model.pth"], type="model")
        assert model.metadata.based_on == [{artifact_id!r}]
    """)
    andy.runs(f"""
        import unio
        (model,) = unio.Handler().find_documents({{"based_on": {artifact_id!r}}})
        assert (model["username"], model["labels"]["datatype"]) == ("brenda", "model")
    """)
