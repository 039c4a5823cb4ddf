"""Projects: experiments in one file."""

from __future__ import annotations

import bisect
import copy
import getpass
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from unio import _errors, _native
from unio.lazyscribe import _fields, _holder, _time, _values
from unio.lazyscribe._place import Place, Placed
from unio.lazyscribe.exception import ReadOnlyError, SaveError
from unio.lazyscribe.experiment import Experiment, ReadOnlyExperiment
from unio.lazyscribe.registry import registry
from unio.lazyscribe.test import ReadOnlyTest, Test

_MOST_TRIES = 500


class Project(Placed):
    """Experiments, in one file; what they made lies beside it.

    Args:
        fpath: the file, by path or URL.
        mode: ``"r"`` to read; ``"a"`` to read what is there and add to it; ``"w+"`` to change what is there too;
            ``"w"`` to begin anew, which replaces the file when it is saved.
        author: who makes and changes experiments (default: the user).
        storage_options: for fsspec, where it leads to the place; buckets are set up by Unio's configuration.

    Example:
        >>> import unio
        >>> project = unio.Project("project.json", author="ada")
        >>> with project.log("First try") as experiment:
        ...     experiment.log_metric("auroc", 0.5)
        >>> project.save()
        >>> unio.Project("project.json", mode="r")["first-try"].metrics
        {'auroc': 0.5}
    """

    def __init__(
        self,
        fpath: str | os.PathLike[str] = "project.json",
        mode: str = "a",
        author: str | None = None,
        **storage_options: Any,
    ) -> None:
        if mode not in ("r", "a", "w", "w+"):
            raise ValueError("Please provide a valid ``mode`` value.")
        self._place = Place(fpath, storage_options)
        self.mode = mode
        self.author = getpass.getuser() if author is None else author
        self.mutex_ = Lock()
        self.experiments: list[Experiment] = []
        self._replaces = mode == "w"
        self._published: list[Experiment] = []
        if mode != "w":
            self.load()

    # ------------------------------------------------------------ the file

    def load(self) -> None:
        """Reads the file again; what was not saved is forgotten. Nothing when there is none."""
        self.experiments = []
        found = self._place.files().read_file(self.fpath.name)
        upstream: dict[str, Project] = {}
        for entry in _parse(found[0], self.fpath) if found else []:
            bisect.insort(self.experiments, self._read(entry, upstream))
        self._published = list(self.experiments)

    def _read(self, entry: dict[str, Any], upstream: dict[str, Project]) -> Experiment:
        frozen = self.mode in ("r", "a")
        given = {name: value for name, value in entry.items() if name not in ("dependencies", "tests", "artifacts")}
        for name in ("created_at", "last_updated"):
            given[name] = _time.parse(entry[name])
        dependencies = [self._upstream(each, upstream) for each in entry.get("dependencies", [])]
        kind = ReadOnlyExperiment if frozen else Experiment
        return kind(
            **given,
            project=self.fpath,
            place=self._place,
            dependencies={each.short_slug: each for each in dependencies},
            tests=[self._read_test(entry["slug"], each, frozen) for each in entry.get("tests", [])],
            artifacts=[_holder.read_artifact(each) for each in entry.get("artifacts", [])],
            dirty=False,
        )

    def _read_test(self, slug: str, entry: dict[str, Any], frozen: bool) -> Test:
        part = _native.slug(entry["name"])
        given = entry | {"artifacts": [_holder.read_artifact(each) for each in entry.get("artifacts", [])]}
        path = _holder.below(self.fpath.parent, slug, part)
        return (ReadOnlyTest if frozen else Test)(**given, path=path, place=self._place, folder=f"{slug}/{part}")

    def _upstream(self, dependency: str, known: dict[str, Project]) -> Experiment:
        where, slug = dependency.rsplit("|", 1)
        key = where if where in registry else registry.search(where)
        if key is not None:
            return registry[key][slug]
        if where not in known:
            known[where] = Project(self._place.beside(where), mode="r", **self.storage_options)
        return known[where][slug]

    def save(self) -> None:
        """Stores the artifacts that are new, and publishes the file. Experiments that others saved meanwhile stay.

        Raises:
            ReadOnlyError: the project was opened to be read.
            SaveError: something could not be stored. Nothing is published then.
        """
        if self.mode == "r":
            raise ReadOnlyError("Project is in read-only mode.")
        for experiment in self.experiments:
            if self.mode == "w+" and experiment.dirty:
                experiment.last_updated_by = self.author
        try:
            self._store_artifacts()
            self._publish()
        except (_errors.UnioError, OSError) as error:
            raise SaveError(f"Unable to save the Project to {self.fpath!s}: {error}") from error
        self._replaces = False
        self._published = list(self.experiments)
        for experiment in self.experiments:
            if experiment.dirty:
                _fields.set_field(experiment, "dirty", False)

    def _store_artifacts(self) -> None:
        holders: list[_holder.Holder] = [each for each in self.experiments if not isinstance(each, ReadOnlyExperiment)]
        holders += [test for each in holders for test in getattr(each, "tests", [])]
        new = [(holder, artifact) for holder in holders for artifact in holder.artifacts if artifact.dirty]
        if not new:
            return
        artifacts = [artifact for _, artifact in new]
        with _values.written(artifacts, {}, self._save_error) as contents:
            given = [
                ((holder._folder, "", artifact.fname, _time.to_micros(artifact.created_at), None, "{}"), content)
                for (holder, artifact), content in zip(new, contents, strict=True)
            ]
            placed = self._place.files().place(given)
        for artifact, (file_name, sha256, size) in zip(artifacts, placed, strict=True):
            _fields.set_field(artifact, "fname", file_name)
            created = _time.naive(artifact.created_at).isoformat(timespec="microseconds") + "Z"
            _holder.set_record(artifact, {"created": created, "sha256": sha256, "size": size})
            _fields.set_field(artifact, "dirty", False)
            _values.warn_output_only(artifact, "is added. It is not meant to be read back as Python Object")

    def _save_error(self, artifact: Any) -> Exception:
        return SaveError(f"Unable to write artifact '{artifact.name}' of the Project {self.fpath!s}")

    def _publish(self) -> None:
        """By compare-and-swap: what others saved since is read and kept."""
        files = self._place.files()
        for attempt in range(_MOST_TRIES):
            found = files.read_file(self.fpath.name)
            others = [] if found is None or self._replaces else _parse(found[0], self.fpath)
            text = json.dumps(self._merged(others), sort_keys=True, indent=4)
            try:
                files.write_file(self.fpath.name, text.encode(), found and found[1])
                return
            except _errors.ConflictError:
                time.sleep(min(0.001 * attempt, 0.05))
        raise _errors.ConflictError(f"others always changed '{self.fpath}' first", "try again")

    def _merged(self, others: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What is in the file, with ours in the places of those that they are."""
        entries = list(others)
        known = [_identity(each.to_dict()) for each in self._published]
        for experiment in self.experiments:
            if isinstance(experiment, ReadOnlyExperiment) and any(experiment is each for each in self._published):
                continue
            entry = _write(experiment)
            identity = _identity(entry)
            place = [n for n, each in enumerate(entries) if _identity(each) == identity] if identity in known else []
            if place and experiment.dirty:
                entries[place[-1]] = entry
            elif not place:
                entries.append(entry)
        return sorted(entries, key=lambda each: each["created_at"])

    # ------------------------------------------------------------ experiments

    @contextmanager
    def log(self, name: str) -> Iterator[Experiment]:
        """An experiment, which is added when the block ends without an exception. Threads may do so at once."""
        if self.mode == "r":
            raise ReadOnlyError("Project is in read-only mode.")
        experiment = Experiment(name=name, project=self.fpath, author=self.author, place=self._place)
        yield experiment
        self.append(experiment)

    def append(self, other: Experiment) -> None:
        """Adds an experiment where its time is."""
        if self.mode == "r":
            raise ReadOnlyError("Project is in read-only mode.")
        with self.mutex_:
            bisect.insort(self.experiments, other)

    def merge(self, *others: Project, other: Project | None = None) -> Project:
        """A project with the experiments of all; of those with one slug the one that was updated last."""
        if other is not None:
            warnings.warn(
                "Named argument ``other`` is deprecated and will be removed in version 3.0. Please use a positional"
                " argument",
                DeprecationWarning,
                stacklevel=2,
            )
            others = (*others, other)
        experiments = list(self.experiments)
        for project in others:
            for experiment in project.experiments:
                if experiment not in experiments:
                    bisect.insort(experiments, experiment)
        new = copy.copy(self)
        new.mutex_ = Lock()
        slugs = [experiment.slug for experiment in experiments]
        new.experiments = [each for n, each in enumerate(experiments) if each.slug not in slugs[n + 1 :]]
        return new

    def filter(self, func: Callable[[Experiment], bool]) -> Iterator[Experiment]:
        """The experiments of which this is true."""
        return (experiment for experiment in self.experiments if func(experiment))

    def __contains__(self, item: object) -> bool:
        return any(item in (experiment.slug, experiment.short_slug) for experiment in self.experiments)

    def __getitem__(self, arg: str) -> Experiment:
        """The newest experiment with this slug, or short slug."""
        for experiment in reversed(self.experiments):
            if arg in (experiment.slug, experiment.short_slug):
                return experiment
        raise KeyError(f"No experiment with slug {arg}")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (experiment.to_dict() for experiment in self.experiments)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "mutex_"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.mutex_ = Lock()


def _identity(entry: dict[str, Any]) -> tuple[str, str, str]:
    """What stays the same of an experiment while it is changed."""
    return entry["slug"], entry["created_at"], entry["author"]


def _write(experiment: Experiment) -> dict[str, Any]:
    """As it stands in the file, with what we know of its artifacts' files."""
    entry = experiment.to_dict()
    entry["artifacts"] = [_holder.write_artifact(artifact) for artifact in experiment.artifacts]
    for test, described in zip(experiment.tests, entry["tests"], strict=True):
        described["artifacts"] = [_holder.write_artifact(artifact) for artifact in test.artifacts]
    return entry


_TEXTS = ("name", "author", "created_at", "last_updated", "short_slug", "slug")


def _parse(text: bytes, fpath: Path) -> list[dict[str, Any]]:
    """The experiments in a file; raises `unio.CorruptionError` that names the one that is none."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise _errors.CorruptionError(f"'{fpath}' is no JSON: {error}", "restore the file") from None
    if not isinstance(entries, list):
        raise _errors.CorruptionError(f"'{fpath}' is no list of experiments", "restore the file")
    for number, entry in enumerate(entries):
        wrong = "object" if not isinstance(entry, dict) else _find_wrong(entry)
        if wrong:
            name = entry.get("name") if isinstance(entry, dict) else None
            raise _errors.CorruptionError(f"'{fpath}': entry {number} ({name!r}): no valid {wrong}", "restore the file")
    return entries


def _find_wrong(entry: dict[str, Any]) -> str | None:
    for member in _TEXTS:
        if not isinstance(entry.get(member), str):
            return f"'{member}'"
    for member in ("created_at", "last_updated"):
        try:
            _time.parse(entry[member])
        except ValueError:
            return f"'{member}'"
    return None
