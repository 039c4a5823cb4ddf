"""The versions in an index, as artifacts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from unio import _errors, _native
from unio.lazyscribe import _fields, _time, _values
from unio.lazyscribe.artifacts.base import Artifact
from unio.lazyscribe.exception import InvalidVersionError, SaveError, VersionNotFoundError

Version = datetime | str | int | None


class Indexed:
    """What is published, and behind it what is to be saved: by position, as in the index's file. An artifact is made
    when it is asked for, and from then on the same one is given."""

    mode: str
    _artifacts: list[Artifact] | None

    @property
    def artifacts(self) -> list[Artifact]:
        """All versions, in the order in which they were published, those to be saved last."""
        if self._artifacts is None:
            self._artifacts = [self._artifact_at(position) for position in range(len(self._view))]
        return self._artifacts

    @artifacts.setter
    def artifacts(self, artifacts: list[Artifact]) -> None:
        self._artifacts = artifacts

    def _set_index(self, index: _native.RepositoryIndex) -> None:
        """`_saved` is what is published; `_view` has what is to be saved too, behind it, once there is anything."""
        self._saved = self._view = index
        self._known: dict[int, Artifact] = {}  #: by position in the view
        self._artifacts = None

    def _artifact_at(self, position: int) -> Artifact:
        if position not in self._known:
            _, _, _, _, created, expiry, _, _ = self._view.entry(position)
            artifact = _values.from_members(json.loads(self._view.text(position)), _time.from_micros(created))
            _fields.set_field(artifact, "expiry", None if expiry is None else _time.from_micros(expiry))
            self._known[position] = artifact
        return self._known[position]

    def _sync(self) -> None:
        """Takes into account what was done to the list of artifacts, and to those in it."""
        if self._artifacts is None:
            return
        positions = {id(artifact): position for position, artifact in self._known.items()}
        listed = [positions.get(id(artifact)) for artifact in self._artifacts]
        if listed == list(range(len(self._view))):
            return
        kept = [position for position in listed if position is not None and position < len(self._saved)]
        if kept != list(range(len(self._saved))) and self.mode != "r":
            raise SaveError("Versions that are published cannot be taken out of a repository; set_artifact_expiry can")
        known = {position: self._known[position] for position in kept}
        self._view, self._known = self._saved.copy(), known
        for artifact, position in zip(self._artifacts, listed, strict=True):
            if position is None or position >= len(self._saved):
                self._append(artifact)

    def _changing(self) -> _native.RepositoryIndex:
        """The view, to be changed."""
        if self._view is self._saved:
            self._view = self._saved.copy()
        return self._view

    def _append(self, artifact: Artifact) -> int:
        position = self._changing().append(self._describe(artifact))
        self._take_over(artifact, self._view, position)
        self._known[position] = artifact
        return position

    def _describe(self, artifact: Artifact) -> tuple[str, str, str, int, int | None, str]:
        return (
            artifact.name,
            _values.alias_of(artifact),
            artifact.fname,
            _time.to_micros(artifact.created_at),
            None if artifact.expiry is None else _time.to_micros(artifact.expiry),
            json.dumps(_values.fields_of(artifact)),
        )

    @staticmethod
    def _take_over(artifact: Artifact, index: _native.RepositoryIndex, position: int) -> None:
        """The number, time and file name that the index gave it."""
        _, version, _, file_name, created, _, _, _ = index.entry(position)
        _fields.set_field(artifact, "version", version)
        _fields.set_field(artifact, "created_at", _time.from_micros(created))
        _fields.set_field(artifact, "fname", file_name)

    def _changed_expiries(self) -> list[tuple[str, int, int | None]]:
        """Of published versions; whoever changes one has its artifact."""
        changed = []
        for position in sorted(known for known in self._known if known < len(self._saved)):
            name, version, _, _, _, before, _, _ = self._saved.entry(position)
            expiry = self._known[position].expiry
            now = None if expiry is None else _time.to_micros(expiry)
            if now != before:
                changed.append((name, version, now))
        return changed

    # ------------------------------------------------------------ finding

    def _search(self, name: str, version: Version = None, match: str = "exact") -> int:
        if match not in ("exact", "asof"):
            raise ValueError("Please provide ``exact`` or ``asof`` for match.")
        self._sync()
        if not self._view.contains(name):
            raise ValueError(f"No artifact with name {name}")
        if isinstance(version, int) and match == "asof":
            raise ValueError("``asof`` is only valid for str/datetime versions.")
        now = _time.to_micros(_time.utcnow())
        try:
            return self._view.resolve(name, _time.to_version(version), match == "asof", now)
        except _errors.InvalidArgumentError as error:
            raise InvalidVersionError(str(error)) from error
        except (_errors.NotFoundError, _errors.PreconditionError) as error:
            raise VersionNotFoundError(str(error)) from error

    def _search_artifact_versions(self, name: str, version: Version = None, match: str = "exact") -> Artifact:
        """The artifact that is meant."""
        return self._artifact_at(self._search(name, version, match))

    # ------------------------------------------------------------ as a collection

    def __contains__(self, name: object) -> bool:
        self._sync()
        return isinstance(name, str) and self._view.contains(name)

    def __getitem__(self, name: str) -> Artifact:
        """The first version of a value, as in lazyscribe."""
        self._sync()
        if not self._view.contains(name):
            raise KeyError(f"No artifact with name {name}")
        return self._artifact_at(min(self._view.versions_of(name)))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for artifact in list(self.artifacts):
            yield _values.to_members(artifact)
