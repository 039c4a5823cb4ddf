"""What something may be based on, as the ids that lineage knows."""

from __future__ import annotations

from collections.abc import Iterable

from unio import _engine, _errors, _native
from unio._artifact import Artifact
from unio._package import Package

Parent = str | Artifact | Package


def parent_ids(parents: Iterable[Parent], registry: str) -> list[str]:
    """The ids of artifacts, packages, and what texts name: ids, or references to packages.

    Args:
        parents: what was used.
        registry: where packages are that are named without one.

    Raises:
        InvalidArgumentError: something is neither.
        NotFoundError: a package is not there.
    """
    if isinstance(parents, (str, Artifact, Package)):
        raise _errors.InvalidArgumentError("based_on is a list", f"write [{parents!r}]")
    return [_parent_id(parent, registry) for parent in parents]


def _parent_id(parent: Parent, registry: str) -> str:
    if isinstance(parent, Artifact):
        return parent.artifact_id
    if isinstance(parent, Package):
        return f"{parent.name}@{parent.hash}"
    if not isinstance(parent, str):
        raise _errors.InvalidArgumentError(
            f"based_on takes artifacts, packages, ids and references, not {type(parent).__name__}"
        )
    return _native.parent_id(_engine.current(), parent, registry)
