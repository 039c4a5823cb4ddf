"""Makes the virtual environment FOLDER/venv, with packages installed in each of the ways that pip freeze tells apart.

Nothing is fetched: the packages are built here, by a build backend that each brings itself.
"""

import subprocess
import sys
import textwrap
import venv
from pathlib import Path

BACKEND = '''
import pathlib, zipfile
HERE = pathlib.Path(__file__).parent
NAME, VERSION = {name!r}, {version!r}
INFO = NAME.replace("-", "_") + "-" + VERSION + ".dist-info"

def wheel(folder, files):
    name = NAME.replace("-", "_") + "-" + VERSION + "-py3-none-any.whl"
    files[INFO + "/METADATA"] = "Metadata-Version: 2.1\\nName: " + NAME + "\\nVersion: " + VERSION + "\\n"
    files[INFO + "/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: unio\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[INFO + "/RECORD"] = "".join(file + ",,\\n" for file in [*files, INFO + "/RECORD"])
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return name

def build_wheel(folder, settings=None, metadata=None):
    return wheel(folder, {{NAME.replace("-", "_") + ".py": ""}})

def build_editable(folder, settings=None, metadata=None):
    return wheel(folder, {{NAME + ".pth": str(HERE) + "\\n"}})
'''


def make_project(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "backend.py").write_text(BACKEND.format(name=name, version=version))
    (folder / "pyproject.toml").write_text(
        textwrap.dedent("""
        [build-system]
        requires = []
        build-backend = "backend"
        backend-path = ["."]
        """)
    )
    return folder


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def make_checkout(folder: Path) -> None:
    run("git", "-C", folder, "init", "-q")
    run("git", "-C", folder, "add", "-A")
    run("git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one")


root = Path(sys.argv[1])
python = root / "venv/bin/python"
venv.create(root / "venv", with_pip=True)
pip = [python, "-m", "pip", "install", "-q", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]

make_project(root / "indexed", "Indexed.Name", "1.0.post1")
make_project(root / "archived", "archived", "2.0")
make_checkout(make_project(root / "versioned", "versioned", "3.0"))
make_checkout(make_project(root / "remote", "with-remote", "4.0"))
run("git", "-C", root / "remote", "remote", "add", "origin", "git@example.com:team/with-remote.git")
make_project(root / "plain", "plain", "5.0")

wheels = root / "wheels"
run(python, "-m", "pip", "wheel", "-q", "--no-index", "--no-build-isolation", "-w", wheels, root / "indexed", root / "archived")
run(*pip, "--find-links", wheels, "indexed-name")
run(*pip, next(wheels.glob("archived-*.whl")))
run(*pip, f"git+file://{root / 'versioned'}")
run(*pip, "-e", root / "remote")
run(*pip, "-e", root / "plain")
