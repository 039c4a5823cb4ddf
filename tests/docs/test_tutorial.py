"""The sessions shown in the tutorial and in the README are what the command prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from console_blocks import matches, run, steps_of  # noqa: E402
from s3_registry import client  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
UNIO = Path(os.environ.get("UNIO", ROOT / "build/release/unio")).resolve()


@pytest.fixture(scope="module")
def lab_data() -> None:
    """The bucket of docs/bucket.md."""
    client().create_bucket(Bucket="lab-data")


@pytest.mark.parametrize("page", ["docs/tutorial.md", "README.md", "docs/bucket.md", "docs/repositories.md", "docs/artifacts.md", "docs/environments.md"])
def test_a_page_shows_what_the_commands_print(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if page == "docs/bucket.md":
        request.getfixturevalue("lab_data")
    steps = steps_of((ROOT / page).read_text())
    assert len(steps) > 10
    printed = run(steps, UNIO, tmp_path / "home")
    assert len(printed) == len(steps)
    wrong = []
    for step, real in zip(steps, printed, strict=True):
        if not matches(step.expected, real.lines):
            wrong += [f"{page} {step}", *(f"  - {line}" for line in step.expected), *(f"  + {line}" for line in real.lines)]
    assert not wrong, "\n".join(["tests/docs/console_blocks.py PAGE UNIO writes the page anew", *wrong])

    # An exit code that is not zero must be shown, or a reader would take the step for done.
    followed = [step.command == "echo $?" for step in steps[1:]] + [False]
    silent = [str(step) for step, real, told in zip(steps, printed, followed, strict=True) if real.exit_code and not told]
    assert not silent


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a"], [], False),
        (["a ... c"], ["a b c"], True),
        (["a ... c"], ["a b d"], False),
        (["a", "...", "z"], ["a", "b", "c", "z"], True),
        (["a", "...", "z"], ["a", "b"], False),
        (["at 2026-01-01 00:00:00"], ["at 2027-12-31 23:59:59"], True),
        (["(1 file)"], ["(2 files)"], False),
    ],
)
def test_what_counts_as_the_same_output(expected: list[str], printed: list[str], same: bool) -> None:
    assert matches(expected, printed) is same
