"""What a registry holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from unio import _engine, _native
from unio._package import Package


@dataclass(frozen=True)
class PackageInfo:
    """A package of a registry, as `packages` lists it."""

    name: str
    hash: str
    """The top hash of ``latest``."""
    tags: tuple[str, ...]
    """Its tags, without ``latest``."""
    revisions: int
    """How often it was published."""
    newest: datetime | None
    """When the newest revision was published; UTC."""


def packages(registry: str | os.PathLike[str] | None = None) -> list[PackageInfo]:
    """The packages of a registry, by name.

    Args:
        registry: a folder, a URL or the name of a remote. Default: as the command finds it.

    Example:
        >>> import unio
        >>> [(info.name, info.tags, info.revisions) for info in unio.packages()]
        [('team/photos', ('v1',), 1)]
    """
    place = None if registry is None else os.fspath(registry)
    return [
        PackageInfo(name, top_hash, tuple(tags), count, None if newest is None else _time(newest))
        for name, top_hash, tags, count, newest in _native.packages(_engine.current(), place)
    ]


@dataclass(frozen=True)
class Revision:
    """One publication of a package, as `revisions` lists it."""

    hash: str
    """The top hash of what was published."""
    time: datetime
    """UTC."""
    tags: tuple[str, ...]
    """What points at it now, also ``latest``."""
    message: str | None
    user: str | None
    """Who published it; None where another tool did, as for the rest."""
    git_commit: str | None
    """The commit of the git repository that it was published from, if any."""
    entries: int | None
    """How many."""
    size: int | None
    """Bytes."""


def revisions(package: Package | str, *, limit: int = 20) -> list[Revision]:
    """The newest publications of a package, the newest first.

    Args:
        package: a package, or its name in the default registry.
        limit: how many at most.

    Raises:
        NotFoundError: there is no such package.

    Example:
        >>> import unio
        >>> [(revision.message, revision.tags) for revision in unio.revisions("team/photos")]
        [('the first', ('latest', 'v1'))]
    """
    opened = Package(package) if isinstance(package, str) else package
    return [
        Revision(top_hash, _time(second), tuple(tags), message, user, git_commit, entries, size)
        for top_hash, second, tags, message, user, git_commit, entries, size in _native.revisions(opened._native, limit)
    ]


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
