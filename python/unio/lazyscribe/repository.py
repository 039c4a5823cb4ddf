"""Named values in versions."""

from __future__ import annotations

import copy
import difflib
import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from unio import _errors, _native
from unio.lazyscribe import _fields, _time, _values
from unio.lazyscribe._indexed import Indexed, Version
from unio.lazyscribe._place import Place, Placed
from unio.lazyscribe.artifacts import _get_handler
from unio.lazyscribe.artifacts.base import Artifact
from unio.lazyscribe.exception import (
    ArtifactLoadError,
    ReadOnlyError,
    SaveError,
    VersionNotFoundError,
)

LOG = logging.getLogger(__name__)

_NOT_SAVED = "Artifact version not found on the filesystem. Please call `Repository.save` before calling this method."


class Repository(Placed, Indexed):
    """Named values in versions: an index, and the files beside it.

    Args:
        fpath: the index, by path or URL.
        mode: ``"r"`` to read; ``"w+"`` or ``"a"`` to read and add; ``"w"`` to begin anew, which replaces the index
            when it is saved (the one before is kept under ``.unio/replaced``).
        storage_options: for fsspec, where it leads to the place; buckets are set up by Unio's configuration.

    Example:
        >>> import unio
        >>> repository = unio.Repository("repository.json")
        >>> repository.log_artifact("limits", {"low": 0}, handler="json")
        >>> repository.save()
        >>> repository.load_artifact("limits", version=-1)
        {'low': 0}
    """

    def __init__(
        self, fpath: str | os.PathLike[str] = "repository.json", mode: str = "w+", **storage_options: Any
    ) -> None:
        if mode not in ("r", "a", "w", "w+"):
            raise ValueError("Please provide a valid ``mode`` value.")
        self._place = Place(fpath, storage_options)
        self.mode = "w+" if mode == "a" else mode
        self._replaces = mode == "w"
        #: Of artifacts that are copied rather than written by their handlers, files that have their bytes.
        self._ready: dict[int, Any] = {}
        self._set_index(_native.RepositoryIndex())
        if mode != "w":
            self.load()

    # ------------------------------------------------------------ what is there

    @property
    def dir(self) -> Path:
        """The folder that it lies in."""
        return self.fpath.parent

    def load(self) -> None:
        """Reads the index again; what was logged and not saved is forgotten."""
        index = self._place.files().read()
        self._set_index(_native.RepositoryIndex() if index is None else index)

    # ------------------------------------------------------------ logging

    def log_artifact(self, name: str, value: Any, handler: str, fname: str | None = None, **kwargs: Any) -> None:
        """Adds a version, which `save` stores.

        Args:
            name: what the value is called.
            value: the value.
            handler: what writes it: ``"json"``, ``"pickle"``, ``"text"``, ``"bytes"``, ``"yaml"``, ``"joblib"``,
                ``"numpy"``, ``"csv"``, ``"parquet"``, ``"arrow"``, ``"file"``, ``"folder"``, one of a plug-in or
                of your own.
            fname: the file's name; where one stands already, a number is put into it.
            kwargs: for the handler.

        Raises:
            ReadOnlyError: the repository was opened to be read.
            unio.InvalidArgumentError: the name, or file name, leads out of the folder.
        """
        self._check_writable()
        _native.check_value_name(name, self.fpath.name)
        kind = _get_handler(handler)
        self._sync()
        artifact = kind.construct(
            name=name, value=value, fname=fname, created_at=_time.utcnow(), writer_kwargs=kwargs, version=0
        )
        _native.value_key(name, artifact.fname)
        self._append(artifact)
        if self._artifacts is not None:
            self._artifacts.append(artifact)
        _values.warn_output_only(artifact, "is added. It is not meant to be read back as Python Object")

    def _promote(self, artifact: Artifact) -> None:
        """Adds an artifact of an experiment, with its time."""
        _native.check_value_name(artifact.name, self.fpath.name)
        self._append(artifact)
        if self._artifacts is not None:
            self._artifacts.append(artifact)

    def _promote_stored(self, artifact: Artifact, file: Any) -> None:
        """Adds one whose bytes are there already, and saves."""
        self._promote(artifact)
        self._ready[id(artifact)] = file
        _fields.set_field(artifact, "dirty", True)
        try:
            self.save()
        except SaveError:
            self._take_back(artifact)
            raise
        finally:
            self._ready.clear()

    def _take_back(self, artifact: Artifact) -> None:
        self.artifacts[:] = [each for each in self.artifacts if each is not artifact]
        self._sync()

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise ReadOnlyError("Repository is in read-only mode.")

    def set_artifact_expiry(
        self, name: str, version: Version = None, match: str = "exact", expiry: datetime | str | None = None
    ) -> None:
        """Says when a version expires, now unless a time is given; `save` publishes it."""
        self._check_writable()
        position = self._search(name, version, match)
        if isinstance(expiry, str):
            expiry = _time.parse(expiry)
        elif expiry is None:
            expiry = _time.utcnow()
        elif not isinstance(expiry, datetime):
            raise ValueError(f"Value '{expiry}' cannot be coerced to a datetime")
        self._changing().set_expiry(position, _time.to_micros(expiry))
        _fields.set_field(self._artifact_at(position), "expiry", _time.naive(expiry).replace(microsecond=0))

    def save(self) -> None:
        """Stores the values that are new, and publishes the index.

        Values that others published meanwhile stay; the new versions get their numbers behind them.

        Raises:
            ReadOnlyError: the repository was opened to be read.
            SaveError: something could not be stored. Nothing is published then.
        """
        self._check_writable()
        self._sync()
        first = len(self._saved)
        new = [self._artifact_at(position) for position in range(first, len(self._view))]
        with _values.written(new, self._ready, self._save_error) as contents:
            values = [(self._describe(artifact), content) for artifact, content in zip(new, contents, strict=True)]
            try:
                index, positions = self._place.files().save(
                    values, self._changed_expiries(), self._replaces, self._saved
                )
            except (_errors.UnioError, OSError) as error:
                raise SaveError(f"Unable to save the Repository to {self.fpath!s}: {error}") from error
        self._replaces = False
        known = {position: artifact for position, artifact in self._known.items() if position < first}
        listed = self._artifacts
        same = all(position < len(index) and index.text(position) == self._saved.text(position) for position in known)
        self._set_index(index)
        self._known = known if same else {}
        for artifact, position in zip(new, positions, strict=True):
            self._take_over(artifact, index, position)
            _fields.set_field(artifact, "dirty", False)
            self._known[position] = artifact
            _values.warn_output_only(artifact, "is added. It is not meant to be read back as Python Object")
        if listed is not None:
            listed[:] = [self._artifact_at(position) for position in range(len(index))]
            self._artifacts = listed

    def _save_error(self, artifact: Artifact) -> Exception:
        return SaveError(f"Unable to write '{artifact.name}' to '{self.dir / artifact.name / artifact.fname!s}'")

    # ------------------------------------------------------------ reading

    def load_artifact(
        self, name: str, validate: bool = True, version: Version = None, match: str = "exact", **kwargs: Any
    ) -> Any:
        """Loads a version of a value, and checks its bytes.

        Args:
            name: what the value is called.
            validate: refuse what was made in an environment that its handler says is another.
            version: a number, from the end when it is negative; ``"v3"``; a time, without a zone in UTC; by default the
                newest that is not expired.
            match: ``"exact"``, or ``"asof"`` for the newest that was there at that time.
            kwargs: for the handler; pickles and joblib need ``trust=True``.

        Raises:
            ValueError: there is no such name.
            VersionNotFoundError: there is no such version, or it is expired.
            InvalidVersionError: `version` is none, or a time that fits several.
            ArtifactLoadError: the value is damaged, not saved yet, of another environment, or not trusted.
        """
        position = self._search(name, version, match)
        artifact = self._artifact_at(position)
        if position >= len(self._saved):
            raise ArtifactLoadError(_NOT_SAVED)
        _, number, _, file_name, _, _, sha256, size = self._view.entry(position)
        wanted = (name, number, file_name, sha256, size)
        return _values.load(self._place.files(), artifact, wanted, validate, **kwargs)

    def get_artifact_metadata(self, name: str, version: Version = None, match: str = "exact") -> dict[str, Any]:
        """What the index says of a version, as lazyscribe has it."""
        return _values.to_members(self._search_artifact_versions(name, version, match))

    def get_artifact_uri(self, name: str, version: Version = None, match: str = "exact") -> str:
        """Where its bytes are."""
        artifact = self._search_artifact_versions(name, version, match)
        folder = self._place.files().url.rsplit("/", 1)[0]
        from urllib.parse import quote

        return f"{folder}/{quote(_native.value_key(artifact.name, artifact.fname), safe='/~')}"

    def list_versions(self, name: str) -> list[dict[str, Any]]:
        """What the index says of all versions of a value, in order of time."""
        self._sync()
        if not self._view.contains(name):
            raise ValueError(f"No artifact with name {name}")
        return [_values.to_members(self._artifact_at(position)) for position in self._view.versions_of(name)]

    def get_version_diff(self, name: str, version: Any, match: str = "exact") -> str:
        """The unified diff of two versions, or of one and the newest.

        Raises:
            ArtifactLoadError: one of them is not saved yet, or damaged.
            ValueError: their handler writes no text.
        """
        if isinstance(version, tuple):
            positions = sorted(
                (self._search(name, each, match) for each in version), key=lambda p: self._view.entry(p)[4]
            )
        else:
            positions = [self._search(name, version, match), self._search(name)]
        if positions[0] == positions[1]:
            LOG.warning("Only version '%s' was supplied for comparison", self._view.entry(positions[0])[1])
        return "\n".join(difflib.unified_diff(self._lines(positions[0]), self._lines(positions[1])))

    def _lines(self, position: int) -> list[str]:
        artifact = self._artifact_at(position)
        if position >= len(self._saved):
            raise ArtifactLoadError(_NOT_SAVED)
        if artifact.binary:
            raise ValueError(
                f"Version {artifact.version} of '{artifact.name}' is written using binary handler"
                f" '{_values.alias_of(artifact)}'. Binary file formats cannot be compared using diffs."
            )
        name, number, _, file_name, _, _, sha256, size = self._view.entry(position)
        try:
            content = self._place.files().get((name, number, file_name, sha256, size))
        except _errors.CorruptionError as error:
            raise ArtifactLoadError(str(error)) from error
        return content.decode().splitlines()

    def filter(self, version: datetime | str | Sequence[tuple[str, datetime | str | int]]) -> Repository:
        """A repository to read, with at most one version of each value: those as of a time, or those that are named."""
        if self.mode != "r":
            raise RuntimeError("Repository must be in read-only mode for filtering.")
        if isinstance(version, (datetime, str)):
            positions = []
            for name in self._view.names():
                try:
                    positions.append(self._search(name, version, "asof"))
                except VersionNotFoundError:
                    LOG.warning("Artifact '%s' does not have a version that predates %s", name, version)
        else:
            positions = [self._search(name, each) for name, each in version]
        new = copy.copy(self)
        new._set_index(self._view.subset(positions))
        return new

    def verify(self) -> list[str]:
        """Reads every published value; a line for each that is damaged."""
        return [f"{name} v{version}: {what}" for name, version, what in self._place.files().verify()]

    # ------------------------------------------------------------ pickling

    def __getstate__(self) -> dict[str, Any]:
        self._sync()
        new = [self._artifact_at(position) for position in range(len(self._saved), len(self._view))]
        return {
            "place": self._place,
            "mode": self.mode,
            "replaces": self._replaces,
            "saved": self._saved.dump(),
            "expiries": self._changed_expiries() if self.mode != "r" else [],
            "new": new,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._place = state["place"]
        self.mode = state["mode"]
        self._replaces = state["replaces"]
        self._ready = {}
        self._set_index(_native.RepositoryIndex.parse(state["saved"]))
        for name, version, expiry in state["expiries"]:
            position = self._search(name, version)
            self._changing().set_expiry(position, expiry)
            time = None if expiry is None else _time.from_micros(expiry)
            _fields.set_field(self._artifact_at(position), "expiry", time)
        for artifact in state["new"]:
            self._append(artifact)
