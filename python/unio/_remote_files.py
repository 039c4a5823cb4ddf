"""The files of artifacts."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from unio import _engine, _errors, _messages, _native


class RemoteFile:
    """A file of an artifact, where the registry keeps it.

    Every read compares the bytes with the size and SHA-256 that were recorded when the file was saved.

    Example:
        >>> import unio
        >>> artifact = unio.Handler().upload(["photos/cats/1.txt"])
        >>> artifact.files["1.txt"].download_string()
        'a tabby'
    """

    relpath: str
    """Its name in the artifact; of a log, the log's."""
    size: int | None
    """Bytes; None where that was not recorded, or the file is still to be written."""
    sha256: str | None
    """In hexadecimal digits; None where that was not recorded."""

    def __init__(
        self,
        native: _native.Artifact | _native.NewArtifact,
        relpath: str,
        remote_url: str,
        *,
        logs: bool = False,
        size: int | None = None,
        sha256: str | None = None,
    ) -> None:
        self._native = native
        self._remote_url = remote_url
        self._logs = logs
        self.relpath = relpath
        self.size = size
        self.sha256 = sha256

    @property
    def remote_url(self) -> str:
        """Where other programs, such as pandas, open it: a path in a folder, ``s3://bucket/key`` in a bucket."""
        return self._remote_url

    @property
    def s3_url(self) -> str:
        """The same; in a folder it is a path as well, so that ``pandas.read_csv(file.s3_url)`` works anywhere."""
        return self._remote_url

    def exists(self) -> bool:
        """Whether its bytes are still there."""
        return self._published().exists(self._logs, self.relpath)

    def download(self, path: str | os.PathLike[str] | None = None, *, force: bool = False) -> Path:
        """Copies it to this machine, and gives the path there.

        Args:
            path: a file, or a folder to put it in. Default: the present folder.
            force: replace a file with other content. One with the same content may stand there already.

        Raises:
            AlreadyExistsError: a file with other content stands there.
            CorruptionError: the bytes are not what was saved. Nothing appears then.
        """
        name = os.path.basename(self.relpath)
        target = Path(name if path is None else path)
        if target.is_dir() or str(path).endswith("/"):
            target = target / name
        with _messages.progress() as shown:
            there = self._published().download(
                self._logs, self.relpath, (str(target.parent), target.name), force, shown
            )
        return Path(there)

    def download_bytes(self) -> bytes:
        """Its content."""
        return self._published().read(self._logs, self.relpath)

    def download_string(self, encoding: str = "utf-8") -> str:
        """Its content as text."""
        return self.download_bytes().decode(encoding)

    def open(self, mode: str = "r", encoding: str | None = None, newline: str | None = None) -> IO[Any]:
        """A local copy, to read: text, or bytes with ``"rb"``. It goes when it is closed.

        Example:
            >>> import unio
            >>> artifact = unio.Handler().upload(["photos/cats/1.txt"])
            >>> with artifact.file.open() as stream:
            ...     stream.read()
            'a tabby'
        """
        if mode not in ("r", "rt", "rb"):
            raise _errors.InvalidArgumentError(f"'{mode}' is no mode for reading; use 'r' or 'rb'")
        with tempfile.TemporaryDirectory(prefix="unio-") as folder:
            self._published().download(self._logs, self.relpath, (folder, "content"), False, None)
            copy = open(os.path.join(folder, "content"), "rb")  # noqa: SIM115
        return copy if mode == "rb" else io.TextIOWrapper(copy, encoding or "utf-8", newline=newline)

    def upload(self, local_path: str | os.PathLike[str]) -> None:
        """Writes it from a local file, inside a ``with`` block of `Handler.new`.

        A registry in a folder takes what is written to `remote_url` as well; a bucket needs this, or a program that
        writes to S3.
        """
        self._writable().put(self.relpath, os.path.abspath(local_path))

    def upload_string(self, content: str | bytes) -> None:
        """The same from text, written as UTF-8, or from bytes."""
        with tempfile.NamedTemporaryFile(prefix="unio-") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            self.upload(file.name)

    def _published(self) -> _native.Artifact:
        if isinstance(self._native, _native.Artifact):
            return self._native
        raise _errors.PreconditionError(
            f"'{self.relpath}' is not published yet", "read it after the with block that writes it"
        )

    def _writable(self) -> _native.NewArtifact:
        if isinstance(self._native, _native.NewArtifact):
            return self._native
        raise _errors.PreconditionError(
            f"'{self.relpath}' is published, and never changes", "save it as a new artifact"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"logs": self._logs, "size": self.size, "sha256": self.sha256}
        return _unpickled, (type(self), self._published().pickled(), self.relpath, self.remote_url, state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.remote_url!r})"


def _unpickled(
    kind: type[RemoteFile], artifact: tuple[str, str, str], relpath: str, url: str, state: dict[str, Any]
) -> RemoteFile:
    return kind(_native.Artifact.unpickled(_engine.current(), *artifact), relpath, url, **state)


class LocalFile(RemoteFile):
    """A file in a registry that is a folder. As ``remote_file_cls`` it says that artifacts go to a folder."""


class S3File(RemoteFile):
    """A file in a bucket. As ``remote_file_cls`` it says that artifacts go to a bucket."""


def class_for(url: str) -> type[RemoteFile]:
    return S3File if url.startswith("s3://") else LocalFile


class Files(dict[str, RemoteFile]):
    """The files of an artifact, by relpath."""

    def __missing__(self, relpath: str) -> RemoteFile:
        raise KeyError(_no_such(f"no file '{relpath}' in the artifact", str(relpath), self))


class Logs(dict[str, RemoteFile]):
    """What was logged beside the files, by name; without their endings the names are attributes as well.

    Example:
        >>> import unio
        >>> artifact = unio.Handler().upload(["photos/labels.json"])
        >>> artifact.logs.pip_freeze.download()
        PosixPath('pip_freeze.txt')
    """

    def __missing__(self, name: str) -> RemoteFile:
        raise KeyError(_no_such(f"no log '{name}' in the artifact", str(name), self))

    def __getattr__(self, name: str) -> RemoteFile:
        for each, file in self.items():
            if os.path.splitext(each)[0] == name:
                return file
        raise AttributeError(_no_such(f"no log '{name}' in the artifact", name, self))

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *(os.path.splitext(name)[0] for name in self)]


def _no_such(message: str, name: str, there: Iterable[str]) -> str:
    near = get_close_matches(name, list(there), n=1)
    return f"{message}; is it '{near[0]}'?" if near else f"{message}; it has {', '.join(there) or 'none'}"
