"""Artifacts by plain functions: a handler for each registry, which lasts as long as the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from unio import _artifact_root, _errors, _labels
from unio._artifact import Artifact
from unio._handler import Handler, LocalPaths
from unio._labels import Labels
from unio._parents import Parent

_handlers: dict[str, Handler] = {}


def _handler() -> Handler:
    registry = _artifact_root.registry_for(None, None)
    # Of two threads that come first both get the same one.
    return _handlers.setdefault(registry, Handler(root=registry))


def save(
    paths: LocalPaths,
    info: Mapping[str, Any] | None = None,
    type: str | None = None,
    *,
    labels: Labels | Mapping[str, Any] | None = None,
    based_on: Iterable[Parent] | None = None,
) -> Artifact:
    """Saves local files as a new artifact of the default registry.

    Args:
        paths: the files.
        info: anything to find them by; the same as ``labels=Labels(infos=…)``.
        type: what kind of data they are; the same as ``labels=Labels(datatype=…)``.
        labels: all other labels.
        based_on: what they were made from: artifacts, packages, their ids, or references. Default: what `load` gave
            before.

    Example:
        >>> import unio
        >>> artifact = unio.save(["photos/labels.json"], info={"type": "labels", "round": 2})
        >>> artifact.metadata.labels.infos
        {'round': '2', 'type': 'labels'}
    """
    return _handler().upload(paths, labels=_with(labels, info, type), based_on=based_on)


def load(artifact_id: str) -> Artifact:
    """The artifact of the default registry with this id, or whose id alone begins so.

    From here on it counts as used: what is saved afterwards is based on it.

    Raises:
        NotFoundError: there is none.

    Example:
        >>> import unio
        >>> artifact = unio.save(["photos/labels.json"])
        >>> unio.load(artifact.artifact_id).files["labels.json"].download_string()
        '{"cats/1.txt": "tabby"}'
    """
    return _handler().get(artifact_id)


class ArtifactDraft:
    """An artifact that is about to be saved; of `create_artifact`."""

    def save_files(
        self,
        paths: LocalPaths,
        type: str | None = None,
        info: Mapping[str, Any] | None = None,
        *,
        labels: Labels | Mapping[str, Any] | None = None,
        based_on: Iterable[Parent] | None = None,
    ) -> Artifact:
        """Saves local files, as `unio.save` does."""
        return save(paths, info, type, labels=labels, based_on=based_on)


def create_artifact() -> ArtifactDraft:
    """The beginning of ``create_artifact().save_files([…], type="model")``.

    Example:
        >>> import unio
        >>> unio.create_artifact().save_files(["photos/labels.json"], type="labels").metadata.labels.datatype
        'labels'
    """
    return ArtifactDraft()


def _with(labels: Labels | Mapping[str, Any] | None, info: Mapping[str, Any] | None, type: str | None) -> Labels:
    given = _labels.labels_of(labels)
    if type is not None and given.datatype:
        raise _errors.InvalidArgumentError("type and labels.datatype are the same label; give one of them")
    datatype = given.datatype if type is None else type
    return replace(given, datatype=datatype, infos={**given.infos, **(info or {})})
