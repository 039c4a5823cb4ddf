"""The examples that help() shows do what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import unio  # noqa: E402
from unio_command import write_tree  # noqa: E402

FILES = {
    "README.md": b"# Photos\n",
    "labels.json": b'{"cats/1.txt": "tabby"}',
    "cats/1.txt": b"a tabby",
    "cats/2.txt": b"a siamese",
    "dogs/1.txt": b"a boxer",
}


def modules() -> list[ModuleType]:
    names = [info.name for info in pkgutil.iter_modules(unio.__path__)]
    return [unio, *(importlib.import_module(f"unio.{name}") for name in names if name != "_native")]


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for module in modules() for test in finder.find(module) if test.examples]


@pytest.fixture
def pkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> unio.Package:
    """What the examples call so; they stand in the folder above its files."""
    for name in [name for name in os.environ if name.startswith(("UNIO_", "XDG_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("UNIO_USER", "ada")
    monkeypatch.setenv("UNIO_QUIET", "1")
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path / "photos", FILES)
    builder = unio.PackageBuilder("team/photos").add("", "photos/").set_meta("cats/1.txt", {"indoors": True})
    return builder.push_data_and_manifest(tag="v1", message="the first", meta={"license": "CC0"})


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example_shows_what_happens(example: doctest.DocTest, pkg: unio.Package) -> None:
    told: list[str] = []
    example.globs = {**example.globs, "pkg": pkg}
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append)
    assert not told, "".join(told)


def test_everything_public_says_what_it_is() -> None:
    silent = []
    for name in unio.__all__:
        thing = getattr(unio, name)
        if isinstance(thing, str):
            continue
        members = vars(thing).items() if inspect.isclass(thing) else []
        public = [(f"{name}.{each}", member) for each, member in members if not each.startswith("_")]
        for title, member in [(name, thing), *public]:
            if (callable(member) or isinstance(member, property)) and not inspect.getdoc(member):
                silent.append(title)
    assert not silent
