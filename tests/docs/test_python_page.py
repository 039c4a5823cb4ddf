"""The Python that docs/python.md and the README show does what they say, and the table of errors is the package's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import unio  # noqa: E402
from python_blocks import blocks_of  # noqa: E402
from unio import _native  # noqa: E402
from unio_command import ROOT, write_tree  # noqa: E402
from user_environment import environment_of  # noqa: E402

PAGE = ROOT / "docs/python.md"


def run_page(page: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """All blocks of a page, in an interpreter of their own that stands in a user's home."""
    home.mkdir(exist_ok=True)
    command = [sys.executable, Path(__file__).with_name("python_blocks.py"), page]
    return subprocess.run(
        command,
        cwd=home,
        env=environment_of(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_page_shows_what_happens(tmp_path: Path) -> None:
    assert len(list(blocks_of(PAGE.read_text()))) > 20
    result = run_page(PAGE, tmp_path / "home")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_readme_shows_what_happens(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    assert list(blocks_of(page.read_text()))
    write_tree(tmp_path / "home", {"photos/README.md": b"# Photos\n", "photos/cat.png": b"pixels\n"})
    result = run_page(page, tmp_path / "home")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_page_of_repositories_shows_what_happens(tmp_path: Path) -> None:
    page = ROOT / "docs/repositories.md"
    assert len(list(blocks_of(page.read_text()))) >= 5
    result = run_page(page, tmp_path / "home")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_page_of_handlers_shows_what_happens(tmp_path: Path) -> None:
    page = ROOT / "docs/handler.md"
    assert len(list(blocks_of(page.read_text()))) >= 10
    result = run_page(page, tmp_path / "home")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("block", "ending"),
    [
        (">>> 1 + 1\n2", None),
        (">>> 1 + 1\n3", "Expected:"),
        (">>> 'a b c'\n'a ... c'", None),
        (">>> 'a b c'\n'a ... d'", "Expected:"),
        (">>> print('2026-01-01 00:00:00')\n2027-12-31 23:59:59", None),
        (">>> print(__import__('os').environ['HOME'])\n/home/ada", None),
        ("a = 1\nassert a == 2", "AssertionError"),
        (">>> undefined\n1", "NameError"),
    ],
)
def test_a_block_that_is_wrong_is_found(block: str, ending: str | None, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```python\n{block}\n```\n")
    result = run_page(page, tmp_path / "home")
    assert result.returncode == (0 if ending is None else 1)
    if ending is not None:
        assert ending in result.stdout + result.stderr


def test_blocks_share_their_names(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\na = 1\n```\n\n```python\n>>> b = a + 1\n```\n\n```python\nassert b == 2\n```\n")
    result = run_page(page, tmp_path / "home")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_table_of_errors_is_that_of_the_package() -> None:
    section = PAGE.read_text().split("\n## Errors\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `(?:unio\.)?(\w+)` \| (?:`(\w+)`)? ?\|", section, re.MULTILINE)
    documented = {code: (name, built_in) for code, name, built_in in rows}
    assert set(documented) == set(_native.error_codes)
    for code, (name, built_in) in documented.items():
        kind = getattr(unio, name, None)
        if kind is None:  # a built-in exception itself
            assert (name, built_in) == (_native.error_codes[code], "")
            continue
        assert kind.code == code
        own = [base.__name__ for base in kind.__bases__ if base is not unio.UnioError]
        assert own == ([built_in] if built_in else [])
