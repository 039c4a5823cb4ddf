"""Handlers that need a library: YAML, joblib, NumPy."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any, ClassVar

from unio.lazyscribe.artifacts.base import Artifact, Simple


def _version_of(package: str | None) -> str | None:
    """The version of what is imported under this name."""
    if package is None:
        return None
    try:
        return version(packages_distributions().get(package, [package])[0])
    except PackageNotFoundError:
        return None


@dataclass
class YAMLArtifact(Simple):
    """What PyYAML writes. Reading is safe unless a `Loader` is given."""

    alias: ClassVar[str] = "yaml"
    suffix: ClassVar[str] = "yaml"
    binary: ClassVar[bool] = False
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        import yaml

        return yaml.load(buf, **{"Loader": yaml.SafeLoader, **kwargs})

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        import yaml

        yaml.dump(obj, buf, **kwargs)


@dataclass
class JoblibArtifact(Simple):
    """What joblib writes; loading needs ``trust=True``, since it runs code."""

    alias: ClassVar[str] = "joblib"
    suffix: ClassVar[str] = "joblib"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False
    package: str | None = field()
    package_version: str | None = field()
    joblib_version: str | None = field()

    @classmethod
    def environment(cls) -> dict[str, Any]:
        return {"package": None, "package_version": None, "joblib_version": _version_of("joblib")}

    @classmethod
    def construct(cls, name: str, value: Any = None, *args: Any, **kwargs: Any) -> Artifact:
        if kwargs.get("package") is None and value is not None:
            kwargs["package"] = type(value).__module__.partition(".")[0]
        kwargs["package_version"] = kwargs.get("package_version") or _version_of(kwargs.get("package"))
        return super().construct(name, value, *args, **kwargs)

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        import joblib

        return joblib.load(buf, **kwargs)

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        import joblib

        joblib.dump(obj, buf, **kwargs)


@dataclass
class NumPyArtifact(Simple):
    """An array, as `numpy.save` writes it; arrays of objects are refused."""

    alias: ClassVar[str] = "numpy"
    suffix: ClassVar[str] = "npy"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        import numpy

        return numpy.load(buf, allow_pickle=False, **kwargs)

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        import numpy

        numpy.save(buf, obj, allow_pickle=False, **kwargs)
