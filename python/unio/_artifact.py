"""Files that were saved together, and what is known of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from unio import _engine, _errors, _labels, _native, _surroundings
from unio._labels import Labels
from unio._remote_files import Files, Logs, RemoteFile, class_for


@dataclass(frozen=True)
class Metadata:
    """What was recorded of an artifact: the content of its ``metadata.yaml``.

    Example:
        >>> import unio
        >>> artifact = unio.Handler().upload(["photos/labels.json"], labels={"ticket": "AB-123"})
        >>> artifact.metadata.username, artifact.metadata.labels.ticket, artifact.metadata.file_relpaths
        ('ada', 'AB-123', ['labels.json'])
    """

    username: str
    hostname: str
    argv: str
    """The command line."""
    artifact_id: str
    run_id: str
    """The same for all that one `Handler` saves."""
    creation_time: datetime
    """UTC, to the microsecond."""
    python_packages: dict[str, str]
    """What was installed: name to version."""
    labels: Labels
    based_on: list[str]
    """The ids of what it was made from."""
    file_relpaths: list[str]
    log_relpaths: list[str]
    remote_root: str
    """Its folder, as it was when it was saved."""
    local_root: str = ""
    version: int = 1
    capture: str = "off"
    """How much was recorded: ``"off"``, ``"safe"`` or ``"full"``."""
    masked: int = 0
    """How many secrets were masked before anything was written."""
    left_out: list[str] = field(default_factory=list)
    """What was too large to be recorded, or could not be read: a line for each."""
    git: dict[str, Any] | None = None
    """``branch``, ``commit``, ``dirty`` and ``remote``; None outside of git."""
    system: dict[str, str] = field(default_factory=dict)
    """``cpu``, ``image``, ``os`` and ``python``, as far as they are known."""
    revision: int = 0
    """How often labels were given later."""
    revised_by: str | None = None
    revision_time: datetime | None = None

    @staticmethod
    def _of(document: Mapping[str, Any]) -> Metadata:
        known = {each.name: document[each.name] for each in fields(Metadata) if each.name in document}
        known["labels"] = Labels(**document["labels"])
        for name in ("creation_time", "revision_time"):
            if name in known:
                known[name] = datetime.fromisoformat(known[name])
        return Metadata(**known)


@dataclass(frozen=True)
class EnvironmentDifference:
    """Something that is not as it was recorded; of `Artifact.environment_differences`."""

    part: str
    """``"python"``, ``"package"``, ``"system"`` or ``"git"``."""
    name: str
    """Of the package; else ``version``, ``os``, ``machine``, ``cpu``, ``image``, ``commit``, ``branch``, ``remote`` or
    ``changes``."""
    recorded: str | None
    """None: it was not there."""
    present: str | None
    """None: it is not here."""


@dataclass
class Artifact:
    """Files that were saved together. It pickles, since it holds no connection.

    Example:
        >>> import unio
        >>> artifact = unio.Handler().upload(["photos/cats/1.txt", "photos/cats/2.txt"])
        >>> list(artifact.files)
        ['1.txt', '2.txt']
    """

    metadata: Metadata
    files: Files = field(compare=False)
    """By relpath."""
    logs: Logs = field(compare=False)
    """What was logged beside the files: ``logs["pip_freeze.txt"]``, or ``logs.pip_freeze``."""
    _native: _native.Artifact | _native.NewArtifact = field(repr=False, compare=False)

    @property
    def artifact_id(self) -> str:
        """Names it in the whole registry."""
        return self.metadata.artifact_id

    @property
    def file(self) -> RemoteFile:
        """The only file.

        Raises:
            KeyError: there are several.
        """
        if len(self.files) != 1:
            raise KeyError(f"the artifact has {len(self.files)} files: {', '.join(self.files)}")
        return next(iter(self.files.values()))

    def revise(self, labels: Labels | Mapping[str, Any] | None = None, **changes: Any) -> Artifact:
        """Gives labels later, as a new revision of the metadata; what is published does not change.

        Args:
            labels: all labels that it shall have. None: those that it has.
            changes: single labels to set besides. ``infos=`` adds to those that are there; None as the value of one
                removes it.

        Returns:
            The artifact as it is then. Who finds or gets it later has the newest revision.

        Example:
            >>> import unio
            >>> artifact = unio.Handler().upload(["photos/labels.json"], labels={"ticket": "AB-123"})
            >>> artifact.revise(project="photos", infos={"checked": "yes"}).metadata.labels
            Labels(datatype='', ticket='AB-123', project='photos', dataset='', description='', infos={'checked': 'yes'})
        """
        if not isinstance(self._native, _native.Artifact):
            raise _errors.PreconditionError("the artifact is not published yet", "revise it after the with block")
        texts, infos = _changes(self.metadata.labels, labels, changes)
        user = _surroundings.surroundings("off").user
        return published(self._native.revise(user, texts, infos))

    def environment_differences(self) -> list[EnvironmentDifference]:
        """What differs between the environment that it was saved in, and this process and its machine.

        Parts that were not recorded differ from nothing. The command for it is ``unio env diff``, and
        ``unio env restore`` makes an environment with the same packages.

        Example:
            >>> import unio
            >>> unio.Handler().upload(["photos/labels.json"]).environment_differences()
            []
        """
        if not isinstance(self._native, _native.Artifact):
            raise _errors.PreconditionError("the artifact is not published yet", "compare it after the with block")
        return [
            EnvironmentDifference(*each)
            for each in self._native.environment_differences(_surroundings.surroundings("safe"))
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        if not isinstance(self._native, _native.Artifact):
            raise _errors.PreconditionError("the artifact is not published yet", "pickle it after the with block")
        return _unpickled, self._native.pickled()


def published(native: _native.Artifact) -> Artifact:
    """What was saved, or found."""
    metadata = Metadata._of(json.loads(native.document()))
    return Artifact(metadata, Files(_files(native, logs=False)), Logs(_files(native, logs=True)), native)


def _files(native: _native.Artifact, logs: bool) -> dict[str, RemoteFile]:
    return {
        relpath: class_for(url)(native, relpath, url, logs=logs, size=size, sha256=sha256)
        for relpath, url, size, sha256 in native.files(logs)
    }


def begun(native: _native.NewArtifact, relpaths: list[str]) -> Artifact:
    """What is to be written."""
    metadata = Metadata._of(json.loads(native.document()))
    urls = {relpath: native.url(relpath) for relpath in relpaths}
    files = {relpath: class_for(url)(native, relpath, url) for relpath, url in urls.items()}
    return Artifact(metadata, Files(files), Logs(), native)


def finish(artifact: Artifact, native: _native.Artifact) -> None:
    """Makes what was begun what was published."""
    made = published(native)
    artifact.metadata, artifact.files, artifact.logs = made.metadata, made.files, made.logs
    artifact._native = native


def _changes(
    present: Labels, labels: Labels | Mapping[str, Any] | None, changes: dict[str, Any]
) -> tuple[list[tuple[str, str]], list[tuple[str, str | None]]]:
    infos: dict[str, str | None] = {}
    texts: dict[str, str] = {}
    if labels is not None:
        wanted = _labels.labels_of(labels)
        texts = dict(_labels.texts_of(wanted))
        infos = dict.fromkeys(present.infos, None) | dict(_labels.infos_of(wanted))
    single = _labels.labels_of({name: value for name, value in changes.items() if name != "infos"})
    texts |= {name: _labels.label_text(name, getattr(single, name)) for name in changes if name != "infos"}
    for name, value in changes.get("infos", {}).items():
        infos[_labels.label_text("infos", name)] = None if value is None else _labels.info_text(name, value)
    return list(texts.items()), list(infos.items())


def _unpickled(registry: str, folder: str, yaml: str) -> Artifact:
    return published(_native.Artifact.unpickled(_engine.current(), registry, folder, yaml))
