"""The handlers of artifacts, by alias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unio.lazyscribe.artifacts.base import Artifact

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["_get_handler"]

GROUP = "lazyscribe.artifact_type"

_entries: dict[str, EntryPoint] | None = None
_loaded: dict[str, type[Artifact]] = {}


def _entry_points() -> dict[str, EntryPoint]:
    """Those of the installed plug-ins, looked up once."""
    global _entries
    if _entries is None:
        from importlib.metadata import entry_points

        _entries = {}
        for entry in entry_points(group=GROUP):
            # What lazyscribe itself registers has its counterpart here.
            if not entry.value.startswith("lazyscribe."):
                _entries.setdefault(entry.name, entry)
    return _entries


def _load(entry: EntryPoint) -> type[Artifact]:
    try:
        kind: Any = entry.load()
    except ImportError as error:
        raise ImportError(f"Unable to import handler for {entry.name} through entry points") from error
    if not isinstance(kind, type):
        raise TypeError(f"{entry} is not a class")
    return kind


def _subclasses(kind: Any) -> list[type[Artifact]]:
    direct: list[type[Artifact]] = kind.__subclasses__()
    return direct + [below for each in direct for below in _subclasses(each)]


def _get_handler(alias: str) -> type[Artifact]:
    """The handler with this alias: of a plug-in, of the user's own classes, or of this package.

    Raises:
        ImportError: a plug-in has it and cannot be imported.
        TypeError: what a plug-in has is no class.
        ValueError: nobody has it.
    """
    from unio.lazyscribe.artifacts import arrow, files, json, libraries, pickle, text  # noqa: F401

    entry = _entry_points().get(alias)
    if entry is not None:
        if alias not in _loaded:
            _loaded[alias] = _load(entry)
        return _loaded[alias]
    # The newest class counts, so that one that is defined again in a notebook replaces the one before.
    found = [kind for kind in _subclasses(Artifact) if getattr(kind, "alias", None) == alias]
    own = [kind for kind in found if not kind.__module__.startswith("unio.lazyscribe.")]
    if not found:
        raise ValueError(f"No handler available with the name {alias} in `artifact_type` group.")
    return (own or found)[-1]
