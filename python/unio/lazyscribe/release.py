"""Releases: versions of a repository that belong together."""

from __future__ import annotations

import json
import logging
import os
import tomllib
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from unio import _errors, _native
from unio.lazyscribe import _time
from unio.lazyscribe._time import utcnow
from unio.lazyscribe.exception import SaveError, VersionNotFoundError
from unio.lazyscribe.repository import Repository

LOG = logging.getLogger(__name__)


@dataclass
class Release:
    """The version of each value, under a tag."""

    tag: str
    artifacts: list[tuple[str, int]]
    created_at: datetime = field(default_factory=utcnow)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a file."""
        return {"tag": self.tag, "artifacts": self.artifacts, "created_at": _time.format(self.created_at)}

    @classmethod
    def from_dict(cls, info: dict[str, Any]) -> Release:
        """The inverse."""
        return cls(info["tag"], info["artifacts"], _time.parse(info["created_at"]))


def create_release(repository: Repository, tag: str) -> Release:
    """A release of the newest version of each value that is not expired, of a repository that was opened to be read."""
    if repository.mode != "r":
        raise RuntimeError("Repository must be in read-only mode for filtering.")
    names = sorted(repository._view.names())
    return Release(tag, [(name, repository._search_artifact_versions(name).version) for name in names])


def find_release(releases: list[Release], version: str | datetime | None = None, match: str = "exact") -> Release:
    """The release with a tag, of a time, as of a time (``match="asof"``), or by default the newest.

    Raises:
        VersionNotFoundError: there is none.
        ValueError: `match` is none, or a tag is asked for with ``"asof"``.
    """
    by_time = sorted(releases, key=lambda each: each.created_at)
    if match not in ("exact", "asof"):
        raise ValueError("Invalid parameterization. Please provide ``exact`` or ``asof`` for ``match``.")
    if not by_time:
        raise VersionNotFoundError("There are no releases")
    if version is None:
        return by_time[-1]
    if match == "asof":
        if isinstance(version, str):
            raise ValueError("Cannot perform an ``asof`` match using a tag. Please provide a ``datetime.datetime``.")
        before = bisect_right(by_time, _time.naive(version), key=lambda each: each.created_at)
        if before == 0:
            first = by_time[0]
            raise VersionNotFoundError(
                f"Creation date {version!s} predates the earliest release: '{first.tag}' ({first.created_at!s})"
            )
        return by_time[before - 1]
    for release in by_time:
        if version == release.tag or (isinstance(version, datetime) and _time.naive(version) == release.created_at):
            return release
    raise VersionNotFoundError(f"Cannot find release '{version!s}'")


def dump(obj: list[Release], fp: Any, **kwargs: Any) -> None:
    """Writes releases to an open file, as JSON."""
    json.dump([release.to_dict() for release in obj], fp, **kwargs)


def dumps(obj: list[Release], **kwargs: Any) -> str:
    """The JSON of releases."""
    return json.dumps([release.to_dict() for release in obj], **kwargs)


def load(fp: Any, **kwargs: Any) -> list[Release]:
    """Reads releases from an open file."""
    return loads(fp.read(), **kwargs)


def loads(s: str | bytes, **kwargs: Any) -> list[Release]:
    """The releases in JSON text.

    Raises:
        unio.CorruptionError: it is none, or one of them is not as it should be.
    """
    if kwargs:
        return [Release.from_dict(each) for each in json.loads(s, **kwargs)]
    parsed = _native.parse_releases(s.encode() if isinstance(s, str) else s)
    return [Release(tag, versions, _time.from_micros(created)) for tag, versions, created in parsed]


def release_from_toml(cfg: str) -> None:
    """Makes a release of every repository that ``[tool.lazyscribe]`` of a pyproject.toml names, tagged with the
    project's version, in the `releases.json` beside it. What has that tag already is left alone."""
    config = tomllib.loads(cfg)
    tool = config["tool"]["lazyscribe"]
    version = config.get("project", {}).get("version") or tool["version"]
    form = tool.get("format")
    if form is not None:
        warnings.warn(
            "Release version formats were deprecated in 2.0.1. In 3.0, the PEP-621 version will be used directly",
            DeprecationWarning,
            stacklevel=2,
        )
    for fpath in tool["repositories"]:
        repository = Repository(fpath, mode="r")
        release = create_release(repository, version)
        if form is not None:
            made = release.created_at
            release.tag = form.format(version=version, year=made.year, month=made.month, day=made.day)
        try:
            repository._place.files().add_release(release.tag, release.artifacts, _time.to_micros(release.created_at))
        except _errors.AlreadyExistsError:
            LOG.warning("Release '%s' already exists for the repository at '%s'. Skipping...", release.tag, fpath)


def minimal_repository_from_release(location: str | os.PathLike[str], repository: Repository, release: Release) -> None:
    """Copies the versions of a release, with their numbers, into a repository of their own in the folder `location`."""
    if repository.mode != "r":
        raise RuntimeError("Repository must be in read-only mode.")
    versions = [(name, number) for name, number in release.artifacts]
    target = Repository(Path(location) / "repository.json", mode="w")
    try:
        repository._place.files().export(release.tag, versions, target._place.files())
    except _errors.UnioError as error:
        raise SaveError(f"Unable to copy release '{release.tag}' to '{location}': {error}") from error
