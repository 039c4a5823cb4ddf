"""What `scripts/install-python` has built and installed, looked at from outside. It has built the wheel that is tested
here from the same build folder as the command, so that nothing is compiled twice or during the tests."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import unio
from unio import _native

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sysconfig.get_path("scripts")) / "unio"
MODULE = Path(_native.__file__)
BINARIES = pytest.mark.parametrize("binary", [COMMAND, MODULE], ids=["command", "module"])
# Of glibc and of the compiler: what every Linux system with Python has.
ALLOWED_LIBRARIES = re.compile(r"(lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)|ld-linux.*)\.so\.\d+")
HEAVY = ["numpy", "pandas", "fsspec", "torch", "pyarrow", "dask", "distributed", "tqdm"]


def output(*command: str | Path) -> str:
    done = subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel() -> Path:
    wheels = list((ROOT / "build/wheel").glob("unio-*.whl"))
    assert len(wheels) == 1, "scripts/install-python makes build/wheel, with one wheel in it"
    return wheels[0]


def test_the_package_the_command_and_the_metadata_have_one_version() -> None:
    assert (
        unio.__version__
        == importlib.metadata.version("unio")
        == output(COMMAND, "--version").removeprefix("unio ").strip()
    )


def test_the_package_needs_nothing_unless_an_extra_asks_for_it() -> None:
    assert all("extra ==" in needed for needed in importlib.metadata.requires("unio") or [])


def test_fsspec_finds_the_package_by_its_entry_point() -> None:
    (found,) = importlib.metadata.entry_points(group="fsspec.specs", name="unio")
    assert found.value == "unio.fs:UnioFileSystem"


def test_importing_the_package_imports_none_of_what_it_works_with() -> None:
    loaded = json.loads(output(sys.executable, "-c", "import json, sys, unio; print(json.dumps(list(sys.modules)))"))
    assert set(HEAVY).isdisjoint(loaded)


def test_the_module_shows_others_nothing_but_its_init_function() -> None:
    symbols = [line.split()[-1] for line in output("nm", "-D", "--defined-only", MODULE).splitlines()]
    assert symbols == ["PyInit__native"]


@BINARIES
def test_only_libraries_that_every_system_has_are_needed(binary: Path) -> None:
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "--dynamic", binary))
    assert needed
    assert [name for name in needed if not ALLOWED_LIBRARIES.fullmatch(name)] == []


@BINARIES
def test_what_is_installed_has_no_debug_information(binary: Path) -> None:
    assert ".debug_" not in output("readelf", "--section-headers", "--wide", binary)


def test_the_stub_names_everything_in_the_module_and_nothing_else() -> None:
    names = set[str]()
    for statement in ast.parse(MODULE.with_name("_native.pyi").read_text()).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.add(statement.target.id)
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
    names = {name for name in names if not name.startswith("_")}
    assert names == {name for name in vars(_native) if not name.startswith("_")}


def test_the_wheel_has_the_package_the_command_and_the_licence_and_nothing_of_the_build(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = f"unio-{unio.__version__}"
    assert {"unio/__init__.py", "unio/py.typed", f"unio/{MODULE.name}", f"{data}.data/scripts/unio"} <= names
    assert f"{data}.dist-info/licenses/LICENSE" in names
    assert {name.split("/")[0] for name in names} == {"unio", f"{data}.data", f"{data}.dist-info"}


def test_the_wheel_works_in_an_environment_with_nothing_else(wheel: Path, tmp_path: Path) -> None:
    output(sys.executable, "-m", "venv", "--without-pip", tmp_path / "clean")
    python = tmp_path / "clean/bin/python"
    install = ["install", "--disable-pip-version-check", "--no-index", "--no-deps", wheel]
    output(sys.executable, "-m", "pip", "--python", python, *install)
    assert output(python, "-c", "import unio; print(unio.__version__)").strip() == unio.__version__
    assert output(tmp_path / "clean/bin/unio", "--version") == f"unio {unio.__version__}\n"
