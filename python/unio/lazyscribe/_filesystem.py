"""File systems of fsspec, as the engine wants to be given them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

#: Where unfinished files lie, as in a folder of the engine's own; never listed.
_UNFINISHED = ".unio/tmp/"

_ETAGS = ("ETag", "etag", "md5Hash", "md5", "checksum", "content_md5", "sha")
_TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "timeModified", "created")

#: Of larger objects the file system's own marks are the etag, where it keeps none.
_LARGEST_READ = 64 << 20

#: Size, etag (or ``""``: the engine reads the content for it), and microsecond.
Told = tuple[int, str, int]


class Files:
    """A folder in a file system: objects under keys, each of which appears whole.

    A file is written aside and then moved, where the file system can do that; the others write an object in one step.
    """

    def __init__(self, fs: Any, folder: str, protocol: str) -> None:
        self._fs = fs
        self._folder = folder.rstrip("/")
        self._moves = _moves_files(fs)
        #: For messages.
        self.url = f"{protocol}://{self._folder.lstrip('/')}".rstrip("/")

    def _path(self, key: str) -> str:
        return f"{self._folder}/{key}" if self._folder or self._fs.root_marker == "/" else key

    def info(self, key: str) -> Told | None:
        """Of an object; None when there is none."""
        self._forget_listings()
        try:
            info = self._fs.info(self._path(key))
        except (FileNotFoundError, NotADirectoryError):
            return None
        if info.get("type") == "directory":
            return None
        return _told(info)

    def open(self, key: str, offset: int) -> _Reader:
        """An object to be read from there on."""
        return _Reader(self._fs, self._path(key), offset)

    def put(self, key: str, content: bytes) -> None:
        """Writes an object."""
        with _Place(self, key) as path:
            self._fs.pipe_file(path, content)

    def put_file(self, key: str, local: str) -> None:
        """Writes a local file as an object."""
        with _Place(self, key) as path:
            self._fs.put_file(local, path)

    def remove(self, key: str) -> None:
        """Removes an object that is there."""
        self._fs.rm_file(self._path(key))

    def list(self, prefix: str) -> list[tuple[str, Told]]:
        """All objects whose keys begin so."""
        self._forget_listings()
        folder = prefix.rpartition("/")[0]
        if any(part in ("", ".", "..") for part in folder.split("/")) and prefix.count("/"):
            return []
        root = self._path(folder) if folder else (self._folder or self._fs.root_marker)
        try:
            found = self._fs.find(root, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        inside = self._fs._strip_protocol(self._folder).strip("/")
        begin = len(inside) + 1 if inside else 0
        keys = ((path.lstrip("/")[begin:], info) for path, info in found.items())
        return [(key, _told(info)) for key, info in keys if key.startswith(prefix) and not key.startswith(_UNFINISHED)]

    def _forget_listings(self) -> None:
        """Others write there too."""
        self._fs.invalidate_cache()


class _Place:
    """Where an object is written: aside, from where it is moved when it is whole, or under its key."""

    def __init__(self, files: Files, key: str) -> None:
        self._fs = files._fs
        self._target = files._path(key)
        self._aside = files._path(f"{_UNFINISHED}{uuid.uuid4().hex}") if files._moves else None

    def __enter__(self) -> str:
        if self._aside is None:
            return self._target
        for path in (self._aside, self._target):
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        return self._aside

    def __exit__(self, kind: Any, *_: Any) -> None:
        if self._aside is None:
            return
        try:
            if kind is None:
                self._fs.mv(self._aside, self._target)
        finally:
            if self._fs.exists(self._aside):
                self._fs.rm_file(self._aside)


class _Reader:
    """Reads an object in pieces. A file of `memory://` is one object with one position for all who open it."""

    def __init__(self, fs: Any, path: str, offset: int) -> None:
        self._file = None if _in_memory(fs) else fs.open(path, "rb")
        if self._file is None:
            self._content = memoryview(fs.cat_file(path))[offset:]
        else:
            self._file.seek(offset)

    def read(self, count: int) -> bytes:
        if self._file is not None:
            return bytes(self._file.read(count))
        piece, self._content = self._content[:count], self._content[count:]
        return bytes(piece)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _in_memory(fs: Any) -> bool:
    return "memory" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)


def _moves_files(fs: Any) -> bool:
    """Whether it moves a file by itself; fsspec's own way is to copy and to remove."""
    from fsspec import AbstractFileSystem

    return getattr(type(fs), "mv", None) is not AbstractFileSystem.mv


def _told(info: dict[str, Any]) -> Told:
    size = int(info.get("size") or 0)
    etag = next((str(info[name]) for name in _ETAGS if info.get(name)), "")
    if not etag and size > _LARGEST_READ:
        etag = repr(sorted(info.items(), key=str))
    return size, etag, _micros(info)


def _micros(info: dict[str, Any]) -> int:
    """When it was written; 0 where the file system does not say."""
    moment = next((info[name] for name in _TIMES if info.get(name)), None)
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            moment = None
    if isinstance(moment, datetime):
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return int(moment * 1_000_000) if isinstance(moment, (int, float)) else 0
