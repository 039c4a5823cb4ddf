"""Projects and repositories as tables."""

from __future__ import annotations

from typing import Any

from unio.lazyscribe import _time
from unio.lazyscribe.project import Project
from unio.lazyscribe.repository import Repository

_TIMES = {"created_at", "last_updated", "expiry"}


def _rows(source: Project | Repository) -> list[dict[str, Any]]:
    rows = [dict(each) for each in source]
    for row in rows:
        for name in _TIMES & row.keys():
            row[name] = _time.parse(row[name]) if row[name] else None
    return rows


def to_table(source: Project | Repository) -> Any:
    """A row for each experiment of a project, or version of a repository: a `pyarrow.Table`, times in UTC."""
    import pyarrow

    rows = _rows(source)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    arrays = {}
    for name in columns:
        kind = pyarrow.timestamp("s", "UTC") if name in _TIMES else None
        arrays[name] = pyarrow.array([row.get(name) for row in rows], type=kind)
    return pyarrow.table(arrays)


def to_pandas(source: Project | Repository) -> Any:
    """The same as a `pandas.DataFrame`, with a column for each metric and parameter."""
    import pandas

    rows = []
    for row in _rows(source):
        for group in ("metrics", "parameters"):
            row |= {f"{group}.{name}": value for name, value in row.pop(group, {}).items()}
        rows.append(row)
    return pandas.DataFrame(rows)
