"""The fields of artifacts, which are dataclasses or, in plug-ins, classes of attrs."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

#: What every artifact has; the others are of its handler and say in which environment it can be read.
COMMON = ("name", "fname", "value", "writer_kwargs", "created_at", "expiry", "version", "dirty")


def names(kind: type) -> list[str]:
    """The names of all fields."""
    found = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    found += [attribute.name for attribute in getattr(kind, "__attrs_attrs__", ()) if attribute.name not in found]
    return found


def compared(kind: type) -> list[str]:
    """The names of the fields that make two artifacts different: those of the handler."""
    ignored = {a.name for a in getattr(kind, "__attrs_attrs__", ()) if not a.eq}
    if dataclasses.is_dataclass(kind):
        ignored |= {field.name for field in dataclasses.fields(kind) if not field.compare}
    return [name for name in names(kind) if name not in ignored]


def of_handler(artifact: Any) -> dict[str, Any]:
    """The fields of its handler, which are kept in the index."""
    return {name: getattr(artifact, name) for name in names(type(artifact)) if name not in COMMON}


def make_known_to_attrs(kind: type) -> None:
    """Lets classes of attrs derive from this dataclass: attrs looks for the fields of a base class there."""
    try:
        import attrs
    except ImportError:
        return
    fields = {name: attrs.field(eq=False) for name in names(kind)}
    kind.__attrs_attrs__ = attrs.fields(attrs.make_class(kind.__name__, fields))  # type: ignore[attr-defined]


def set_field(target: Any, name: str, value: Any) -> None:
    """Sets a field of an object that may be frozen."""
    object.__setattr__(target, name, value)


PYTHON_VERSION = ".".join(str(number) for number in sys.version_info[:2])
