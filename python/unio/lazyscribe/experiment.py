"""Experiments: metrics, parameters, tags, tests and artifacts."""

from __future__ import annotations

import copy
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from unio import _errors, _native
from unio.lazyscribe import _fields, _time, _values
from unio.lazyscribe._holder import Holder
from unio.lazyscribe._place import Place
from unio.lazyscribe.artifacts.base import Artifact
from unio.lazyscribe.exception import ArtifactLoadError, ArtifactLogError, ReadOnlyError, SaveError
from unio.lazyscribe.registry import registry
from unio.lazyscribe.repository import Repository
from unio.lazyscribe.test import Test

_COMPARED = (
    *("name", "author", "last_updated_by", "metrics", "parameters", "created_at", "last_updated"),
    *("short_slug", "slug", "tests", "artifacts", "tags"),
)


class Experiment(Holder):
    """What was tried, and what came of it. `Project.log` makes it."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        name: str,
        project: Path,
        dir: Path | None = None,
        fs: Any = None,
        author: str | None = None,
        last_updated_by: str | None = None,
        metrics: dict[str, Any] | None = None,
        parameters: dict[str, Any] | None = None,
        created_at: datetime | None = None,
        last_updated: datetime | None = None,
        dependencies: dict[str, Experiment] | None = None,
        short_slug: str | None = None,
        slug: str | None = None,
        tests: list[Test] | None = None,
        artifacts: list[Artifact] | None = None,
        tags: list[str] | None = None,
        dirty: bool = True,
        place: Place | None = None,
    ) -> None:
        self.name = name
        self.project = Path(project)
        self.dir = dir or self.project.parent
        self.fs = fs
        self.author = author or getpass.getuser()
        self.last_updated_by = last_updated_by or self.author
        self.metrics = {} if metrics is None else metrics
        self.parameters = {} if parameters is None else parameters
        self.created_at = created_at or _time.utcnow()
        self.last_updated = last_updated or _time.utcnow()
        self.dependencies = {} if dependencies is None else dependencies
        self.short_slug = short_slug or _native.slug(name)
        self.slug = slug or _native.slug(f"{name}-{self.created_at:%Y%m%d%H%M%S}")
        self.tests = [] if tests is None else tests
        self.artifacts = [] if artifacts is None else artifacts
        self.tags = [] if tags is None else tags
        self.dirty = dirty
        self.mutex_ = Lock()
        self._place = place or Place(self.project, {})

    @property
    def path(self) -> Path:
        """The folder of its artifacts; a place for plots and the like too."""
        return self.dir / self.slug

    @property
    def _folder(self) -> str:
        return self.slug

    def _touch(self) -> None:
        self.last_updated = _time.utcnow()
        self.dirty = True

    def log_metric(self, name: str, value: float) -> None:
        """Sets a metric."""
        self._touch()
        self.metrics[name] = value

    def log_parameter(self, name: str, value: Any) -> None:
        """Sets a parameter."""
        self._touch()
        self.parameters[name] = value

    def tag(self, *args: str, overwrite: bool = False) -> None:
        """Adds tags, or puts them in place of those that are there."""
        self._touch()
        self.tags = list(args) if overwrite else [*self.tags, *args]

    def log_artifact(
        self, name: str, value: Any, handler: str, fname: str | None = None, overwrite: bool = False, **kwargs: Any
    ) -> None:
        """Adds an artifact, which `Project.save` stores; raises `ArtifactLogError` when there is one of this name."""
        self._touch()
        self._log("experiment", name, value, handler, fname, overwrite, kwargs)

    @contextmanager
    def log_test(self, name: str, description: str | None = None) -> Iterator[Test]:
        """A test, which is added when the block ends without an exception. Threads may do so at once."""
        part = _native.slug(name)
        test = Test(
            name, description, path=self.path / part, fs=self.fs, place=self._place, folder=f"{self._folder}/{part}"
        )
        yield test
        with self.mutex_:
            self.tests.append(test)
            self._touch()

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a file."""
        return {
            "name": self.name,
            "author": self.author,
            "last_updated_by": self.last_updated_by,
            "metrics": self.metrics,
            "parameters": self.parameters,
            "created_at": _time.format(self.created_at),
            "last_updated": _time.format(self.last_updated),
            "dependencies": [_dependency(each) for each in self.dependencies.values()],
            "short_slug": self.short_slug,
            "slug": self.slug,
            "tests": [test.to_dict() for test in self.tests],
            "artifacts": [_values.to_members(artifact) for artifact in self.artifacts],
            "tags": self.tags,
        }

    def promote_artifact(self, repository: Repository, name: str) -> None:
        """Makes an artifact the newest version of its name in a repository.

        What is not stored yet is logged there, and `Repository.save` stores it. What is stored is copied, and the
        repository saved.

        Raises:
            ArtifactLoadError: there is no such artifact, or its file is damaged.
            ArtifactLogError: it is not newer than the newest version there.
            SaveError: the repository could not be saved, and is as it was.
        """
        artifact = self._find(name)
        repository._sync()
        if name in repository:
            positions = repository._view.versions_of(name)
            newest = repository._artifact_at(positions[-1])
            if _time.naive(newest.created_at).replace(microsecond=0) >= artifact.created_at:
                raise ArtifactLogError(
                    f"Artifact `{name}` is not newer than the latest version available in the repository."
                )
        if artifact.dirty:
            repository._promote(copy.copy(artifact))
            return
        if repository.mode == "r":
            raise ReadOnlyError("Repository is in read-only mode.")
        self._copy_to(repository, artifact)

    def _copy_to(self, repository: Repository, artifact: Artifact) -> None:
        """Through this process, so that places of any two kinds will do."""
        promoted = copy.copy(artifact)
        try:
            with _values.opened(self._place.files(), self._wanted(artifact)) as file:
                repository._promote_stored(promoted, file)
        except _errors.UnioError as error:
            raise SaveError(f"Unable to copy the artifact '{artifact.name}': {error}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Experiment):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in _COMPARED)

    def _key(self, other: Experiment) -> tuple[datetime, datetime]:
        field = "last_updated" if self.slug == other.slug else "created_at"
        return getattr(self, field), getattr(other, field)

    def __lt__(self, other: Experiment) -> bool:
        mine, theirs = self._key(other)
        return mine < theirs

    def __gt__(self, other: Experiment) -> bool:
        mine, theirs = self._key(other)
        return mine > theirs

    def __le__(self, other: Experiment) -> bool:
        return self == other or self < other

    def __ge__(self, other: Experiment) -> bool:
        return self == other or self > other

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("mutex_", "fs")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "mutex_": Lock(), "fs": None}.items():
            _fields.set_field(self, name, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(slug={self.slug!r}, metrics={self.metrics!r})"


def _dependency(experiment: Experiment) -> str:
    return f"{registry.search(experiment.project) or experiment.project}|{experiment.slug}"


class ReadOnlyExperiment(Experiment):
    """An experiment that was loaded to be read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.freeze()


__all__ = ["ArtifactLoadError", "Experiment", "ReadOnlyExperiment"]
