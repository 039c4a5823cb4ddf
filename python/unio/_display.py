"""How packages, builders and lists look."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from unio import _entries

if TYPE_CHECKING:
    from unio._package import Package

_LINES_AT_MOST = 20
_ROWS_AT_MOST = 500

Line = tuple[str, str, int]


def local_place(place: str) -> str:
    """A local path as the user would write it: relative to where he stands, unless that is longer."""
    if not place.startswith("/"):
        return place
    folder = place.endswith("/")
    relative = os.path.relpath(place)
    if relative == ".":
        shown = "./"
    else:
        shown = (relative if relative.startswith("..") else "./" + relative) + ("/" if folder else "")
    return shown if len(shown) < len(place) else place


def _arrows(lines: Sequence[Line]) -> list[str]:
    shown = []
    for key, place, _ in lines[:_LINES_AT_MOST]:
        folder = key == "" or key.endswith("/")
        shown.append((f'"{key or "./"}"', f'"{local_place(place)}{"..." if folder else ""}"'))
    width = max((len(key) for key, _ in shown), default=0)
    rows = [f"    {key:<{width}} -> {place}" for key, place in shown]
    if len(lines) > _LINES_AT_MOST:
        rows.append(f"    and {len(lines) - _LINES_AT_MOST} more")
    return rows


def block(kind: str, fields: Iterable[tuple[str, str]], lines: Sequence[Line]) -> str:
    """The form that a package or builder has at a prompt."""
    head = [f'  {name}: "{value}"' for name, value in fields]
    return "\n".join([f"{kind}(", *(f"{line}," for line in head), "  contents: [", *_arrows(lines), "  ]", ")"])


def package_html(package: Package) -> str:
    """A collapsible tree with sizes; folders are opened one level deep, so that large packages stay small here."""
    title = html.escape(f"{package.name} @ {package.hash[:9]}")
    return f"<div><strong>{title}</strong>{_rows(package.ls(), depth=1)}</div>"


def listing_html(listing: _entries.Listing) -> str:
    return f"<div>{_rows(listing, depth=0)}</div>"


def _rows(listing: _entries.Listing, depth: int) -> str:
    rows = []
    for item in listing[:_ROWS_AT_MOST]:
        name = html.escape(item.logical_key.rstrip("/").rpartition("/")[2])
        size = html.escape(_entries.human_size(item.size))
        if isinstance(item, _entries.PackageEntry):
            rows.append(f"<li>{name} <small>{size}</small></li>")
            continue
        summary = f"{name}/ <small>{item.entries:,} entries, {size}</small>"
        if depth > 0:
            rows.append(f"<li><details><summary>{summary}</summary>{_rows(item.ls(), depth - 1)}</details></li>")
        else:
            rows.append(f"<li>{summary}</li>")
    if len(listing) > _ROWS_AT_MOST:
        rows.append(f"<li>and {len(listing) - _ROWS_AT_MOST:,} more</li>")
    return f"<ul>{''.join(rows)}</ul>"
