"""Where the file of a project or repository is, as users write it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from unio import _engine, _errors, _native
from unio.lazyscribe import _filesystem

#: Where the engine gets by itself.
_ENGINES = ("file", "local", "s3")


class Place:
    """A file by path or URL, and the engine's way to it. Pickles, since it holds no connection."""

    def __init__(self, fpath: str | os.PathLike[str], storage_options: dict[str, Any]) -> None:
        self._given = os.fspath(fpath)
        self.storage_options = storage_options
        parsed = urlparse(self._given) if isinstance(fpath, str) else None
        self.protocol = (parsed and parsed.scheme) or "file"
        self.fpath = Path(parsed.netloc + parsed.path) if parsed and parsed.scheme else Path(fpath)
        if "::" in self._given and not self._is_engines:
            self.fpath = Path(self._inside()[1])
        if self._is_engines and storage_options:
            _errors.warn("storage options are not used: buckets are set up by unio config and the environment")

    @property
    def _is_engines(self) -> bool:
        """Whether the engine gets there by itself; else it goes through fsspec."""
        return self.protocol in _ENGINES

    def files(self) -> _native.Repository:
        """The file and its folder."""
        if self._is_engines:
            url = f"s3://{self.fpath.as_posix()}" if self.protocol == "s3" else str(self.fpath)
            return _native.Repository(_engine.current(), url)
        fs, path = self._inside()
        folder, _, name = path.rpartition("/")
        return _native.Repository(_engine.current(), _filesystem.Files(fs, folder, self.protocol), name)

    def _inside(self) -> tuple[Any, str]:
        """The file system, and the path of the file in it."""
        try:
            from fsspec.core import url_to_fs

            fs, path = url_to_fs(self._given, **self.storage_options)
        except ImportError as error:
            raise _errors.UnsupportedError(
                f"'{self._given}' needs a library that is not installed: {error}",
                "install fsspec, and what it names",
            ) from error
        except ValueError as error:
            raise _errors.UnsupportedError(
                f"'{self._given}' is at no place that Unio can write to: {error}",
                "use a local path, s3://bucket/prefix/file, or a URL that fsspec knows",
            ) from error
        return fs, path

    def beside(self, fpath: str) -> str:
        """The URL of another path there."""
        return fpath if self.protocol in ("file", "local") else f"{self.protocol}://{fpath}"

    def fs(self) -> Any:
        """fsspec's file system there."""
        import fsspec

        return fsspec.filesystem(self.protocol, **self.storage_options) if self._is_engines else self._inside()[0]


class Placed:
    """Something whose file is at a `Place`; what users may ask of that."""

    _place: Place

    @property
    def storage_options(self) -> dict[str, Any]:
        """What fsspec is given beside the URL."""
        return self._place.storage_options

    @property
    def fpath(self) -> Path:
        """The file."""
        return self._place.fpath

    @property
    def protocol(self) -> str:
        """``"file"``, ``"s3"``, or another one of fsspec."""
        return self._place.protocol

    @property
    def fs(self) -> Any:
        """fsspec's file system there."""
        return self._place.fs()
