"""Reads packages with unio, as a script of a user does; prints what it took.

python_unio.py each|many|dataset NAME REGISTRY      the contents of all entries, one by one or together
python_unio.py open NAME REGISTRY ENTRIES CHOSEN    opens, goes through all keys, and gets so many random entries
python_unio.py first NAME REGISTRY KEY              opens, and reads one entry
"""

import sys

import unio
import unio.torch
from python_timing import Stopwatch, at_places, some_places


def read_all(how: str, name: str, registry: str) -> None:
    opening = Stopwatch()
    package = unio.Package(name, registry=registry)
    keys = list(package.keys())
    open_seconds = opening.seconds()
    size = 0
    reading = Stopwatch()
    if how == "each":
        for key in keys:
            size += len(package.get_bytes(key))
    elif how == "many":
        for content in package.get_many(keys):
            size += len(content)
    else:
        for _, content in unio.torch.IterDataset(package):
            size += len(content)
    reading.answer(len(keys), size, open_seconds=open_seconds)


def open_large(name: str, registry: str, entries: str, chosen: str) -> None:
    places = some_places(int(entries), int(chosen))
    opening = Stopwatch()
    package = unio.Package(name, registry=registry)
    keys = at_places(package.keys(), places)
    size = sum(package.get_entry(key).size for key in keys)
    opening.answer(len(keys), size)


def read_first(name: str, registry: str, key: str) -> None:
    opening = Stopwatch()
    content = unio.Package(name, registry=registry).get_bytes(key)
    opening.answer(1, len(content))


command, *words = sys.argv[1:]
if command == "open":
    open_large(*words)
elif command == "first":
    read_first(*words)
else:
    read_all(command, *words)
