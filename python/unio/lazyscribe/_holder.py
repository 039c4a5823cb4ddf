"""What experiments and tests have in common: metrics, parameters and artifacts beside them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from unio import _native
from unio.lazyscribe import _fields, _time, _values
from unio.lazyscribe._place import Place
from unio.lazyscribe.artifacts import _get_handler
from unio.lazyscribe.artifacts.base import Artifact
from unio.lazyscribe.exception import ArtifactLoadError, ArtifactLogError, FrozenInstanceError

#: Of an artifact that was stored: SHA-256, size and exact time.
Record = dict[str, Any]


class Holder:
    """Something with artifacts, whose files lie in a folder below the project's."""

    artifacts: list[Artifact]
    _place: Place
    _frozen = False

    def __setattr__(self, name: str, value: Any) -> None:
        if self._frozen:
            raise FrozenInstanceError(f"cannot change '{name}': it was loaded to be read")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if self._frozen:
            raise FrozenInstanceError(f"cannot remove '{name}': it was loaded to be read")
        object.__delattr__(self, name)

    def freeze(self) -> None:
        """From now on nothing can be set."""
        object.__setattr__(self, "_frozen", True)

    @property
    def _folder(self) -> str:
        """Relative to the project's."""
        raise NotImplementedError

    def _log(
        self, kind: str, name: str, value: Any, handler: str, fname: str | None, overwrite: bool, writer: dict[str, Any]
    ) -> None:
        if self._frozen:
            raise FrozenInstanceError("cannot log an artifact: it was loaded to be read")
        artifact = _get_handler(handler).construct(
            name=name, value=value, fname=fname, created_at=_time.utcnow(), writer_kwargs=writer
        )
        _native.value_key(self._folder, artifact.fname)
        same = [index for index, present in enumerate(self.artifacts) if present.name == name]
        if same and not overwrite:
            raise ArtifactLogError(
                f"An artifact with name {name} already exists in the {kind}. Please use another name or set"
                " ``overwrite=True`` to replace the artifact."
            )
        if same:
            self.artifacts = [artifact if index == same[0] else each for index, each in enumerate(self.artifacts)]
        else:
            self.artifacts = [*self.artifacts, artifact]
        _values.warn_output_only(artifact, "is added. It is not meant to be read back as Python Object")

    def _find(self, name: str) -> Artifact:
        for artifact in self.artifacts:
            if artifact.name == name:
                return artifact
        raise ArtifactLoadError(f"No artifact with name {name}")

    def load_artifact(self, name: str, validate: bool = True, **kwargs: Any) -> Any:
        """Loads the value of an artifact, and checks its bytes.

        Raises:
            ArtifactLoadError: there is no such artifact, or it is damaged, not saved yet, of another environment, or
                not trusted (pickles and joblib need ``trust=True``).
        """
        artifact = self._find(name)
        if artifact.dirty:
            raise ArtifactLoadError(f"The artifact '{name}' is not stored yet. Please call `Project.save` first.")
        return _values.load(self._place.files(), artifact, self._wanted(artifact), validate, **kwargs)

    def _wanted(self, artifact: Artifact) -> _values.Wanted:
        record = record_of(artifact)
        return self._folder, artifact.version, artifact.fname, record.get("sha256"), record.get("size")


def record_of(artifact: Artifact) -> Record:
    """What is known of its file; empty when lazyscribe wrote it, or nobody did yet."""
    record: Record = getattr(artifact, "_unio_record", {})
    return record


def set_record(artifact: Artifact, record: Record) -> None:
    """Remembers what is known of its file, where the class has room for it."""
    try:
        _fields.set_field(artifact, "_unio_record", record)
    except AttributeError:
        return


def read_artifact(members: dict[str, Any]) -> Artifact:
    """The artifact that a project describes."""
    artifact = _values.from_members(members)
    record = members.get("unio")
    if isinstance(record, dict):
        set_record(artifact, record)
    return artifact


def write_artifact(artifact: Artifact) -> dict[str, Any]:
    """As a project describes it, with what we know of its file."""
    record = record_of(artifact)
    return _values.to_members(artifact) | ({"unio": record} if record else {})


def below(folder: str | os.PathLike[str], *parts: str) -> Path:
    """A path below a folder."""
    return Path(folder).joinpath(*parts)
