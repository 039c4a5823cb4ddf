"""lazyscribe's guide "Version artifacts", word for word, on Unio: by the name `lazyscribe` and by `unio`."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from user_environment import environment_of

#: The guide's blocks, in its order. Only the dates, which it leaves to the reader, are put in.
GUIDE = [
    """
    from lazyscribe import Repository

    repository = Repository("repository.json", mode="w")
    repository.log_artifact(name="features", value=[0, 1, 2], handler="json", indent=4)
    repository.save()
    """,
    """
    from lazyscribe import Repository

    repository = Repository("repository.json", mode="r")  # read-only mode
    features = repository.load_artifact(name="features")
    """,
    """
    from lazyscribe import Repository

    # append-only mode reads in the existing repository and allows for new artifacts
    repository = Repository("repository.json", mode="a")
    repository.log_artifact(name="features", value=[0, 1, 2, 3], handler="json", indent=4)
    repository.save()
    """,
    """
    from lazyscribe import Repository

    repository = Repository("repository.json", mode="r")
    # Without any additional parameters, Repository will retrieve the most recent version
    newest = repository.load_artifact("features")
    # You can specify a specific integer version (0-indexed)
    oldest = repository.load_artifact("features", version=0)
    # Or the exact datetime
    on_this_date = repository.load_artifact("features", version="YYYY-MM-DDTHH:MM:SS")
    # To "time-travel", use `match="asof"` with a datetime version to get the most recent version
    # as of the given date
    as_of_this_date = repository.load_artifact("features", version="YYYY-MM-DDTHH:MM:SS", match="asof")
    """,
    """
    from lazyscribe import Project

    project = Project("project.json")
    with project.log("my-experiment") as exp:
        exp.log_artifact(name="features", value=[0, 1, 2], handler="json", indent=4)
    project.save()
    """,
    """
    from lazyscribe import Project, Repository

    project = Project("project.json", mode="r")
    repository = Repository("repository.json")
    project["my-experiment"].promote_artifact(repository, "features")
    """,
]

BEFORE = """
import sys
import unio.lazyscribe
sys.modules["lazyscribe"] = unio.lazyscribe
"""


def run_guide(work: Path, blocks: list[str], after: str, before: str = BEFORE) -> None:
    code = before + "\n".join(textwrap.dedent(block) for block in blocks) + textwrap.dedent(after)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=work,
        env=environment_of(work.parent),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """Where the guide was followed up to its second version, with a second between the two."""
    work = tmp_path / "work"
    work.mkdir()
    run_guide(work, GUIDE[:2], "assert features == [0, 1, 2]\nimport time; time.sleep(1.1)")
    run_guide(work, GUIDE[2:3], "")
    return work


def created(work: Path) -> list[str]:
    return [entry["created_at"] for entry in json.loads((work / "repository.json").read_text())]


def test_two_versions_are_found_by_number_and_date(guide: Path) -> None:
    first, second = created(guide)
    dated = GUIDE[3].replace("YYYY-MM-DDTHH:MM:SS", first)
    check = "assert (newest, oldest, on_this_date, as_of_this_date) == ([0, 1, 2, 3], [0, 1, 2], [0, 1, 2], {})"
    run_guide(guide, [dated], check.format("[0, 1, 2]"))
    later = GUIDE[3].replace("YYYY-MM-DDTHH:MM:SS", first, 1).replace("YYYY-MM-DDTHH:MM:SS", second)
    run_guide(guide, [later], check.format("[0, 1, 2, 3]"))
    assert (guide / "features").is_dir()
    texts = sorted(path.read_text() for path in (guide / "features").iterdir())
    assert texts == sorted(json.dumps(value, indent=4) for value in ([0, 1, 2], [0, 1, 2, 3]))


def test_an_artifact_of_a_saved_experiment_is_promoted_and_published(guide: Path) -> None:
    run_guide(guide, ["import time; time.sleep(1.1)", *GUIDE[4:]], "")
    check = "assert repository.load_artifact('features') == [0, 1, 2]; assert repository['features'].version == 0"
    run_guide(guide, GUIDE[1:2], check)
    assert [e["version"] for e in json.loads((guide / "repository.json").read_text())] == [0, 1, 2]


def test_an_artifact_of_an_unsaved_experiment_is_only_logged(guide: Path) -> None:
    promote = """
    exp.promote_artifact(repository, "features")
    assert len(created_before := open("repository.json").read()) > 0
    assert repository.get_artifact_metadata("features")["version"] == 2
    assert '"version": 2' not in created_before
    repository.save()
    assert '"version": 2' in open("repository.json").read()
    """
    opened = (
        'from lazyscribe import Repository\nrepository = Repository("repository.json")\nimport time; time.sleep(1.1)'
    )
    run_guide(guide, [opened, GUIDE[4].replace("project.save()", "")], promote)


def test_what_lies_below_the_other_name_is_the_same_and_no_copy(tmp_path: Path) -> None:
    check = """
    import lazyscribe.exception, lazyscribe.artifacts.base
    from lazyscribe._utils import utcnow
    from lazyscribe.registry import registry
    assert lazyscribe.exception is unio.lazyscribe.exception
    assert lazyscribe.artifacts.base.Artifact is unio.lazyscribe.artifacts.base.Artifact
    assert lazyscribe.exception.__spec__.name == "unio.lazyscribe.exception"
    try:
        import lazyscribe.nothing
    except ImportError:
        pass
    else:
        raise AssertionError
    """
    (tmp_path / "work").mkdir()
    run_guide(tmp_path / "work", [], check)


def test_unio_has_the_same_classes() -> None:
    import unio
    import unio.lazyscribe as lazyscribe

    for name in ("Repository", "Project", "Experiment", "Test"):
        assert getattr(unio, name) is getattr(lazyscribe, name)
