"""Where the file of a project or repository is, as users write it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from unio import _engine, _errors, _native


class Place:
    """A file by path or URL, and the engine's way to it. Pickles, since it holds no connection."""

    def __init__(self, fpath: str | os.PathLike[str], storage_options: dict[str, Any]) -> None:
        if isinstance(fpath, str):
            parsed = urlparse(fpath)
            self.protocol = parsed.scheme or "file"
            self.fpath = Path(parsed.netloc + parsed.path) if parsed.scheme else Path(fpath)
        else:
            self.protocol, self.fpath = "file", Path(fpath)
        if self.protocol not in ("file", "s3"):
            raise _errors.UnsupportedError(
                f"'{fpath}' is at no place that Unio can write to", "use a local path or s3://bucket/prefix/file"
            )
        if storage_options:
            _errors.warn("storage options are not used: buckets are set up by unio config and the environment")

    @property
    def url(self) -> str:
        """What the engine understands."""
        return f"s3://{self.fpath.as_posix()}" if self.protocol == "s3" else str(self.fpath)

    def files(self) -> _native.Repository:
        """The file and its folder."""
        return _native.Repository(_engine.current(), self.url)

    def fs(self, storage_options: dict[str, Any]) -> Any:
        """fsspec's file system there, for code that asks for it."""
        import fsspec

        return fsspec.filesystem(self.protocol, **storage_options)


class Placed:
    """Something whose file is at a `Place`; what users may ask of that."""

    _place: Place
    storage_options: dict[str, Any]

    @property
    def fpath(self) -> Path:
        """The file."""
        return self._place.fpath

    @property
    def protocol(self) -> str:
        """``"file"`` or ``"s3"``."""
        return self._place.protocol

    @property
    def fs(self) -> Any:
        """fsspec's file system there."""
        return self._place.fs(self.storage_options)
