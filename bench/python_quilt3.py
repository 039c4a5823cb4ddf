"""Reads packages with quilt3, as a script of a user does; prints what it took.

python_quilt3.py each NAME REGISTRY                   the contents of all entries, one by one: it has nothing else
python_quilt3.py some NAME REGISTRY COUNT             the same, without help and for the first ones only
python_quilt3.py open NAME REGISTRY ENTRIES CHOSEN    opens, goes through all keys, and gets so many random entries
python_quilt3.py first NAME REGISTRY KEY              opens, and reads one entry
"""

import sys

import boto3
import quilt3
import quilt3.hooks
from python_timing import Stopwatch, at_places, some_places


def read_all(name: str, registry: str) -> None:
    """quilt3 makes a client for each entry, and left alone reads boto3's descriptions of services each time. With one
    session for all, which its hook allows, it is several times as fast."""
    session = boto3.Session()
    quilt3.hooks.set_build_s3_client_hook(lambda build, _, options: build(session, options))
    read_some(name, registry)


def read_some(name: str, registry: str, count: str | None = None) -> None:
    opening = Stopwatch()
    package = quilt3.Package.browse(name, registry=registry)
    keys = [key for key, _ in package.walk()][: count and int(count)]
    open_seconds = opening.seconds()
    size = 0
    reading = Stopwatch()
    for key in keys:
        size += len(package[key].get_bytes())
    reading.answer(len(keys), size, open_seconds=open_seconds)


def open_large(name: str, registry: str, entries: str, chosen: str) -> None:
    places = some_places(int(entries), int(chosen))
    opening = Stopwatch()
    package = quilt3.Package.browse(name, registry=registry)
    keys = at_places((key for key, _ in package.walk()), places)
    size = sum(package[key].size for key in keys)
    opening.answer(len(keys), size)


def read_first(name: str, registry: str, key: str) -> None:
    opening = Stopwatch()
    content = quilt3.Package.browse(name, registry=registry)[key].get_bytes()
    opening.answer(1, len(content))


command, *words = sys.argv[1:]
{"each": read_all, "some": read_some, "open": open_large, "first": read_first}[command](*words)
