"""How `get` turns the bytes of an entry into an object: a table by file ending that users extend.

    >>> import unio
    >>> @unio.readers.register(".shout")
    ... def read_shout(content: bytes) -> str:
    ...     return content.decode().upper()
    >>> unio.readers.read("a.shout", b"hello")
    'HELLO'

Where the library that a type needs is not installed, `get` gives bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

Reader = Callable[[bytes], Any]

_readers: dict[str, Reader] = {}


def register(*endings: str) -> Callable[[Reader], Reader]:
    """Registers a reader for file endings such as ``".csv"``; the last one registered for an ending counts.

    A reader takes the bytes and gives the object. When it raises `ImportError`, `get` gives the bytes. It is registered
    for this process only. A large or small letter makes no difference in an ending.

    Raises:
        ValueError: an ending that does not begin with a dot.
    """
    for ending in endings:
        if not ending.startswith(".") or len(ending) < 2:
            raise ValueError(f"a file ending begins with a dot, as '.csv' does, and {ending!r} does not")

    def add(reader: Reader) -> Reader:
        for ending in endings:
            _readers[ending.lower()] = reader
        return reader

    return add


def find(logical_key: str) -> Reader | None:
    """The reader for a key: that of its longest registered ending, ``.tar.gz`` before ``.gz``."""
    name = logical_key.rpartition("/")[2].lower()
    dot = name.find(".", 1)
    while dot > 0:
        reader = _readers.get(name[dot:])
        if reader is not None:
            return reader
        dot = name.find(".", dot + 1)
    return None


def read(logical_key: str, content: bytes, reader: Reader | None = None) -> Any:
    """The object for `content`, by `reader` or by the ending of the key; the bytes where neither is there."""
    chosen = reader or find(logical_key)
    if chosen is None:
        return content
    try:
        return chosen(content)
    except ImportError:
        if reader is not None:
            raise
        return content


def text_or_bytes(content: bytes) -> str | bytes:
    """Text where it is UTF-8 without NULs, else the bytes."""
    if b"\0" in content:
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


@register(".json", ".ipynb", ".geojson")
def read_json(content: bytes) -> Any:
    return json.loads(content)


@register(".jsonl", ".ndjson")
def read_json_lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines() if line.strip()]


@register(".txt", ".md", ".rst", ".log", ".html", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".py", ".sql")
def read_text(content: bytes) -> str | bytes:
    return text_or_bytes(content)


@register(".csv")
def read_csv(content: bytes) -> Any:
    import pandas

    return pandas.read_csv(io.BytesIO(content))


@register(".tsv")
def read_tsv(content: bytes) -> Any:
    import pandas

    return pandas.read_csv(io.BytesIO(content), sep="\t")


@register(".parquet")
def read_parquet(content: bytes) -> Any:
    import pandas

    return pandas.read_parquet(io.BytesIO(content))


@register(".arrow", ".feather")
def read_arrow(content: bytes) -> Any:
    import pyarrow

    # Only files begin so (https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format), but streams are named
    # .arrow too.
    is_file = content.startswith(b"ARROW1")
    with (pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream)(content) as table:
        return table.read_pandas()


@register(".npy", ".npz")
def read_numpy(content: bytes) -> Any:
    import numpy

    # Pickled objects could run code: they are for who asks for them by name.
    return numpy.load(io.BytesIO(content), allow_pickle=False)


@register(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
def read_image(content: bytes) -> Any:
    from PIL import Image

    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def read_pickle(content: bytes) -> Any:
    """Unpickles. A pickle can run any code: only for data that you trust. Never chosen by itself:

    ``pkg.get("model.pkl", reader=unio.readers.read_pickle)``.
    """
    import pickle

    return pickle.loads(content)
