"""Queries as Python writes them, and documents as it reads them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from unio import _errors

if TYPE_CHECKING:
    import pandas

Document = dict[str, Any]

#: The columns of a frame that come first, as in ElliptIO; the others follow in the order of the alphabet.
FIRST_COLUMNS = ("creation_time", "username", "file_relpaths", "argv")

_LETTERS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"))


def query_text(query: str | Mapping[str, Any]) -> str:
    """A query as the engine reads it: text as it is, a mapping as JSON (docs/finding.md).

    Raises:
        InvalidArgumentError: a value that no query can hold.
    """
    return query if isinstance(query, str) else json.dumps(_json(query))


def _json(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, date):
        return {"$date": _date_text(value)}
    if isinstance(value, re.Pattern):
        return _regex(value)
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, (Sequence, Set)) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [_json(each) for each in value]
    if isinstance(value, os.PathLike):
        return _json(os.fspath(value))
    if callable(getattr(value, "tolist", None)) and value.dtype.kind not in "Mm":  # NumPy's, but for its times
        return _json(value.tolist())
    raise _errors.InvalidArgumentError(f"a query cannot hold {value!r}, which is a {type(value).__name__}")


def _members(query: Mapping[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in query.items():
        if not isinstance(name, str):
            raise _errors.InvalidArgumentError(f"the names in a query are text, not {name!r}")
        if name == "$regex" and isinstance(value, re.Pattern):
            # Options that are given beside a pattern add to its own.
            pattern = _regex(value)
            letters = pattern.pop("$options", "") + str(query.get("$options", ""))
            members |= pattern | ({"$options": "".join(dict.fromkeys(letters))} if letters else {})
        elif name != "$options" or "$options" not in members:
            members[name] = _json(value)
    return members


def _regex(pattern: re.Pattern[Any]) -> dict[str, Any]:
    if not isinstance(pattern.pattern, str):
        raise _errors.InvalidArgumentError("a query looks in text: write the pattern without b''")
    letters = "".join(letter for flag, letter in _LETTERS if pattern.flags & flag)
    return {"$regex": pattern.pattern, **({"$options": letters} if letters else {})}


def _date_text(moment: date) -> str:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    in_utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return in_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(len("2026-11-27T00:00:00.000000Z"), "0")


def document_of(text: str) -> Document:
    """A document of the catalogue, with datetimes."""
    document: Document = json.loads(text, object_hook=_with_dates)
    return document


def _with_dates(members: dict[str, Any]) -> Any:
    text = members.get("$date")
    return datetime.fromisoformat(text) if len(members) == 1 and isinstance(text, str) else members


def frame_of(documents: Sequence[Document], exclude_columns: Iterable[str]) -> pandas.DataFrame:
    """A row for each artifact, by its id."""
    pandas = import_pandas()
    names = {name for document in documents for name in document} - {*exclude_columns, "artifact_id"}
    first = [name for name in FIRST_COLUMNS if name in names or (not documents and name not in {*exclude_columns})]
    columns = [*first, *sorted(names - {*first})]
    rows = [[document.get(name) for name in columns] for document in documents]
    index = pandas.Index([document["artifact_id"] for document in documents], name="artifact_id", dtype=object)
    return pandas.DataFrame(rows, index=index, columns=columns)


def import_pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise _errors.UnsupportedError(
            "find gives a pandas frame, and pandas is not installed",
            "install it by pip install 'unio[pandas]', or use find_documents, which gives dictionaries",
        ) from error
    return pandas
