"""Works with a repository of versioned values; prints what it took.

python_repository.py make VERSIONS PATH             writes an index of so many versions, without their values
python_repository.py LIBRARY save VALUES FOLDER     logs so many small values and saves them, with `unio.lazyscribe` or `lazyscribe`
python_repository.py unio open PATH WHEN            opens a repository, and loads the version of `value-00007` as of a date
python_repository.py json open PATH WHEN            reads the index with Python's json
python_repository.py unio append PATH               opens a repository, logs a value, saves
python_repository.py json append PATH               reads the index, adds an entry, writes it
"""

import hashlib
import importlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

from python_timing import Stopwatch

NAMES = 1000
BEGIN = datetime(2020, 1, 1)
CONTENT = "[0, 1, 2]"


def entry(number: int) -> dict[str, object]:
    """As Unio writes it."""
    name, created = f"value-{number % NAMES:05}", BEGIN + timedelta(minutes=number)
    return {
        "created_at": created.isoformat(),
        "expiry": None,
        "fname": f"{name}-{created:%Y%m%d%H%M%S}.json",
        "handler": "json",
        "name": name,
        "unio": {
            "created": f"{created.isoformat()}.000000Z",
            "sha256": hashlib.sha256(CONTENT.encode()).hexdigest(),
            "size": len(CONTENT),
        },
        "version": number // NAMES,
    }


def write_index(entries: list[dict[str, object]], path: str) -> None:
    with open(path, "w") as file:
        json.dump(entries, file, sort_keys=True, indent=4)


def make(versions: str, path: str) -> None:
    entries = [entry(number) for number in range(int(versions))]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_index(entries, path)
    for number in range(7, len(entries), NAMES):
        file = Path(path).parent / str(entries[number]["name"]) / str(entries[number]["fname"])
        file.parent.mkdir(exist_ok=True)
        file.write_text(CONTENT)


def save(library: str, values: str, folder: str) -> None:
    module = importlib.import_module(library)
    Path(folder).mkdir(parents=True, exist_ok=True)
    saving = Stopwatch()
    repository = module.Repository(Path(folder) / "repository.json", mode="w")
    for number in range(int(values)):
        repository.log_artifact(f"value-{number:05}", {"number": number}, handler="json")
    repository.save()
    saving.answer(int(values), 0)


def open_with_unio(path: str, when: str) -> None:
    import unio

    opening = Stopwatch()
    value = unio.Repository(path, mode="r").load_artifact("value-00007", version=when, match="asof")
    opening.answer(len(value), 0)


def open_with_json(path: str, _: str) -> None:
    opening = Stopwatch()
    with open(path) as file:
        json.load(file)
    opening.answer(3, 0)


def append_with_unio(path: str) -> None:
    import unio

    appending = Stopwatch()
    repository = unio.Repository(path)
    repository.log_artifact("value-00007", [1], handler="json")
    repository.save()
    appending.answer(1, 0)


def append_with_json(path: str) -> None:
    appending = Stopwatch()
    with open(path) as file:
        entries = json.load(file)
    write_index([*entries, entry(len(entries))], path)
    appending.answer(1, 0)


if sys.argv[1] == "make":
    make(*sys.argv[2:])
elif sys.argv[2] == "save":
    save(sys.argv[1], *sys.argv[3:])
else:
    works = {
        ("unio", "open"): open_with_unio,
        ("json", "open"): open_with_json,
        ("unio", "append"): append_with_unio,
        ("json", "append"): append_with_json,
    }
    works[sys.argv[1], sys.argv[2]](*sys.argv[3:])
