"""Tests: metrics of a part of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unio import _native
from unio.lazyscribe import _values
from unio.lazyscribe._holder import Holder
from unio.lazyscribe._place import Place
from unio.lazyscribe.artifacts.base import Artifact

_FIELDS = ("name", "description", "metrics", "parameters", "artifacts")


class Test(Holder):
    """Metrics and parameters of an experiment for a part of the data. `Experiment.log_test` makes it."""

    __test__ = False  # for pytest
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        name: str,
        description: str | None = None,
        metrics: dict[str, Any] | None = None,
        parameters: dict[str, Any] | None = None,
        artifacts: list[Artifact] | None = None,
        path: Path = Path("."),
        fs: Any = None,
        place: Place | None = None,
        folder: str | None = None,
    ) -> None:
        self.name = name
        self.description = description
        self.metrics = {} if metrics is None else metrics
        self.parameters = {} if parameters is None else parameters
        self.artifacts = [] if artifacts is None else artifacts
        self.path = path
        self.fs = fs
        self._place = place or Place(path / "project.json", {})
        self._inside = folder or _native.slug(name)

    @property
    def _folder(self) -> str:
        return self._inside

    def log_metric(self, name: str, value: float) -> None:
        """Sets a metric."""
        self.metrics = self.metrics | {name: value}

    def log_parameter(self, name: str, value: Any) -> None:
        """Sets a parameter."""
        self.parameters = self.parameters | {name: value}

    def log_artifact(
        self, name: str, value: Any, handler: str, fname: str | None = None, overwrite: bool = False, **kwargs: Any
    ) -> None:
        """Adds an artifact, which `Project.save` stores; raises `ArtifactLogError` when there is one of this name."""
        self._log("test", name, value, handler, fname, overwrite, kwargs)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a file."""
        return {field: getattr(self, field) for field in _FIELDS} | {
            "artifacts": [_values.to_members(artifact) for artifact in self.artifacts]
        }

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in _FIELDS)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, metrics={self.metrics!r})"


class ReadOnlyTest(Test):
    """A test that was loaded to be read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.freeze()
