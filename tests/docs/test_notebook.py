"""docs/tutorial.ipynb runs from top to bottom, and its cells give what its text promises."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from unio_command import ROOT  # noqa: E402
from user_environment import environment_of  # noqa: E402

NOTEBOOK = ROOT / "docs/tutorial.ipynb"


def read() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def executed(user: Path) -> nbformat.NotebookNode:
    """The notebook as it is after a run, in a kernel of its own that stands in a user's home."""
    home = user / "home"
    home.mkdir()
    scratch = user / "tmp"
    scratch.mkdir()
    notebook = read()
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(home)}})
    client.execute(env=environment_of(home) | {"TMPDIR": str(scratch), "NO_COLOR": "1"})
    return notebook


def outputs(notebook: nbformat.NotebookNode, cell: str) -> list[nbformat.NotebookNode]:
    (found,) = [each for each in notebook.cells if each.id == cell]
    return list(found.outputs)


def printed(notebook: nbformat.NotebookNode, cell: str) -> str:
    return "".join(output.text for output in outputs(notebook, cell) if output.output_type == "stream")


def result(notebook: nbformat.NotebookNode, cell: str, kind: str = "text/plain") -> str:
    (value,) = [output.data[kind] for output in outputs(notebook, cell) if output.output_type == "execute_result"]
    return str(value)


def test_no_outputs_are_committed() -> None:
    code = [cell for cell in read().cells if cell.cell_type == "code"]
    assert len(code) > 20
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_nothing_is_told_on_standard_error(executed: nbformat.NotebookNode) -> None:
    told = [
        output.text
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert told == [], "".join(told)


def test_it_publishes_two_versions(executed: nbformat.NotebookNode) -> None:
    assert "Linking team/weather:v1 to manifest" in printed(executed, "publish")
    assert "Linking team/weather:v2 to manifest" in printed(executed, "publish-again")
    history = result(executed, "history")
    assert re.search(r"correct Oslo, add Rome +7 ", history) and re.search(r"the first month +6 ", history)


def test_a_package_shows_itself_as_a_tree(executed: nbformat.NotebookNode) -> None:
    tree = result(executed, "tree", "text/html")
    assert "<details><summary>days/" in tree
    assert "oslo.csv <small>" in tree
    assert result(executed, "readme", "text/markdown").startswith("# Weather\n")


def test_its_contents_are_read(executed: nbformat.NotebookNode) -> None:
    assert "°C" in result(executed, "metadata")
    assert result(executed, "read-json") == "[59.9, 10.8]"
    assert "2024-01-01" in result(executed, "read-table", "text/html")
    assert re.search(r"days/cairo.csv +15\.0", result(executed, "read-all"))


def test_the_versions_differ_by_what_was_changed(executed: nbformat.NotebookNode) -> None:
    assert "".join(result(executed, "compare").split()) == (
        "{'added':['days/rome.csv'],'removed':[],'changed':['days/oslo.csv']}"
    )
    assert float(re.sub(r"np\.float64\((.*)\)", r"\1", result(executed, "frozen"))) == pytest.approx(2)


def test_damage_is_found_and_mended(executed: nbformat.NotebookNode) -> None:
    assert result(executed, "download") == "True"
    assert result(executed, "damage") == "False"
    assert "cairo.csv exists locally, but contents do not match manifest team/weather:v2" in printed(executed, "damage")
    assert "stations.json is in the manifest team/weather:v2, but does not exist locally" in printed(executed, "damage")
    assert "cairo.csv replaced with" in printed(executed, "mend")
    assert result(executed, "mend") == "True"


def test_samples_and_splits_are_made(executed: nbformat.NotebookNode) -> None:
    assert len(re.findall(r"'[\w./]+'", result(executed, "sample"))) == 2
    keys = re.findall(r"days/\w+\.csv", result(executed, "split"))
    assert sorted(keys) == [f"days/{name}.csv" for name in ("bergen", "cairo", "lima", "oslo", "rome")]
    assert all(re.findall(r"\[(.*?)\]", result(executed, "split"), re.DOTALL))
    assert result(executed, "split-read") == "True"
    assert result(executed, "packages") == "[('team/weather', ('v1', 'v2')), ('team/weather-train', ('v2',))]"


def test_it_leaves_nothing_behind(executed: nbformat.NotebookNode, user: Path) -> None:
    assert result(executed, "cleanup") == "False"
    assert list((user / "tmp").iterdir()) == []
    assert not (user / "home/.local/share/unio").exists()
