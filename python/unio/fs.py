"""Packages as a file system for `fsspec <https://filesystem-spec.readthedocs.io>`_, and so for pandas, pyarrow, DuckDB
and Dask: ``unio://team/photos:v1/labels.csv``.

    pandas.read_csv("unio://team/photos:v1/labels.csv")
    fs = fsspec.filesystem("unio", registry="s3://lab/data")
    pyarrow.dataset.dataset("team/photos/rows", filesystem=fs)

A URL is ``unio://``, a reference and a logical key, with a ``/`` between them. Where the reference ends:

1. with the first or second segment if that has a ``:tag`` or an ``@hash``: ``dataset:v1/key``, ``team/photos:v1/key``;
2. with the third if that has one and the first is a configured remote: ``lab/team/photos:v1/key``;
3. else with the second: ``team/photos/key``, or ``lab/dataset/key`` of a remote.

So a name of one segment, and one of two behind a remote, needs its version; ``:latest`` is one: ``dataset:latest/key``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from fsspec.spec import AbstractBufferedFile, AbstractFileSystem, make_instance
from fsspec.utils import tokenize

from unio import _engine
from unio._entries import PackageEntry, PackageFolder
from unio._errors import NotFoundError, UnsupportedError
from unio._package import Package
from unio._registry import revisions as published_revisions

#: Entries up to this size are read whole, so that they are checked and cached.
WHOLE_UP_TO = 8 * 2**20

#: Bytes that are read ahead in larger ones.
BLOCK_SIZE = 4 * 2**20

_KEYS_AT_ONCE = 4096
_NAME_WITH_VERSION = re.compile(r"[\w-]+(:[\w.-]+|@[0-9a-f]{6,64})")

Info = dict[str, Any]


class UnioFileSystem(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """What is in packages, to read: a package is a folder, its entries are files.

    Each package is opened once by an instance and stays the revision that it was then, also when its tag or ``latest``
    moves on; `invalidate_cache` forgets it. fsspec keeps one instance a thread for the same options. What is pickled
    takes its revisions along, so that all workers read what the driver sees.

    What is read whole, and every entry of up to 8 MiB, comes from the cache or the store, is checked against its digest
    and is in the cache afterwards. Ranges of larger entries are asked of the store, 4 MiB ahead, and neither checked
    (the digest is one of all bytes) nor cached.

    Beside fsspec's ``name``, ``size`` and ``type``, `info` tells the ``logical_key``, and of a file the ``digest``, the
    ``digest_type`` (mostly ``"sha2-256-chunked"``) and the user's ``metadata``.

    Example::
        fs = fsspec.filesystem("unio", registry="s3://lab/data")
        fs.ls("team/photos:v1", detail=False)
        ['team/photos:v1/cats', 'team/photos:v1/labels.csv']
        fs.cat_file("team/photos:v1/cats/1.jpg", 0, 4)

    Args:
        registry: where packages are: a folder, a URL or the name of a remote. Default: as the command finds it.
        revisions: by reference, what to open in its place: ``"s3://lab/data#package=team/photos@…"``. What pickles use.
        storage_options: those of `AbstractFileSystem`.

    Raises:
        NotFoundError: of every method: there is no such package, entry or folder. It is a `FileNotFoundError`.
        UnsupportedError: of every method that would write.
    """

    protocol = "unio"

    def __init__(
        self,
        *,
        registry: str | os.PathLike[str] | None = None,
        revisions: Mapping[str, str] | None = None,
        **storage_options: Any,
    ) -> None:
        super().__init__(**storage_options)
        self._registry = registry
        self._revisions = dict(revisions or {})
        self._packages: dict[str, Package] = {}
        self._times: dict[str, datetime] = {}

    def _locate(self, path: str) -> tuple[Package, str, str]:
        """The package that a path is in, its reference as it is written there, and the logical key."""
        reference, key = _split(self._strip_protocol(path))
        package = self._packages.get(reference)
        if package is None:
            opened = (
                Package(self._revisions[reference])
                if reference in self._revisions
                else Package(reference, registry=self._registry)
            )
            package = self._packages.setdefault(reference, opened)
        return package, reference, key

    def _entry(self, path: str) -> PackageEntry:
        package, _, key = self._locate(path)
        return package.get_entry(key)

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forgets which revision each package is, so that tags are looked up again when they are next used. An instance
        from a pickle stays with what the pickle took along."""
        self._packages.clear()
        self._times.clear()
        super().invalidate_cache(path)

    def __reduce__(self) -> tuple[Any, ...]:
        opened = {reference: package._native.pickled()[0] for reference, package in self._packages.copy().items()}
        # Sorted, so that all pickles of the same revisions become one instance of a worker.
        revisions = dict(sorted((self._revisions | opened).items()))
        options = self.storage_options | ({"revisions": revisions} if revisions else {})
        return make_instance, (type(self), (), options)

    # Looking.

    def info(self, path: str, **kwargs: Any) -> Info:
        package, reference, key = self._locate(path)
        if not key:
            return _info_of(reference, key)
        found = next(_entries_at(package, key), None)
        if found is None:
            found = package.get_entry(key)  # says that it is not there, and names a near one
        return _info_of(reference, found if found.logical_key == key else key)

    def _find_type(self, path: str) -> str | None:
        # fsspec takes every error for absence, even of a store that cannot be reached.
        try:
            return str(self.info(path)["type"])
        except FileNotFoundError:
            return None

    def exists(self, path: str, **kwargs: Any) -> bool:
        return self._find_type(path) is not None

    def isdir(self, path: str) -> bool:
        return self._find_type(path) == "directory"

    def isfile(self, path: str) -> bool:
        return self._find_type(path) == "file"

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Info] | list[str]:
        package, reference, key = self._locate(path)
        items = (item.logical_key.rstrip("/") if isinstance(item, PackageFolder) else item for item in package.ls(key))
        infos = [_info_of(reference, item) for item in items]
        return infos if detail else [info["name"] for info in infos]

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **kwargs: Any
    ) -> list[str] | dict[str, Info]:
        """All files below a folder, by one look at the manifest; none where there is no such folder.

        Raises:
            NotFoundError: there is no such package, also of `glob`.
        """
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        package, reference, key = self._locate(path)
        top = len(key.split("/")) if key else 0
        deepest = sys.maxsize if maxdepth is None else top + maxdepth
        found: dict[str, PackageEntry | str] = {}
        for entry in _entries_at(package, key):
            names = entry.logical_key.split("/")
            if withdirs:
                folders = ("/".join(names[:length]) for length in range(top, min(len(names), deepest + 1)))
                found |= {_path(reference, folder): folder for folder in folders}
            if len(names) <= deepest:
                found[_path(reference, entry.logical_key)] = entry
        if not detail:
            return sorted(found)
        return {path: _info_of(reference, item) for path, item in sorted(found.items())}

    def ukey(self, path: str) -> str:
        """The digest of an entry, with its type. For a folder, and for types that are unknown, the top hash and key."""
        info = self.info(path)
        if info.get("digest"):
            return f"{info['digest_type']}:{info['digest']}"
        return f"{self._locate(path)[0].hash}/{info['logical_key']}"

    def checksum(self, path: str) -> int:
        """`ukey` as a number."""
        return int(tokenize(self.ukey(path)), 16)

    def created(self, path: str) -> NoReturn:
        raise UnsupportedError(
            f"a manifest does not tell when '{path}' was made", "modified(…) is when it was published"
        )

    def modified(self, path: str) -> datetime:
        """When the revision was published, UTC: no file has a time of its own, and DuckDB asks for one.

        Raises:
            UnsupportedError: the registry does not know when, because another program has removed that.
        """
        package, reference, _ = self._locate(path)
        if reference not in self._times:
            for limit in (20, sys.maxsize):  # mostly it is one of the newest
                known = {revision.hash: revision.time for revision in published_revisions(package, limit=limit)}
                if package.hash in known:
                    self._times[reference] = known[package.hash]
                    break
            else:
                raise UnsupportedError(f"the registry does not tell when '{reference}' was published")
        return self._times[reference]

    # Reading.

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        entry = self._entry(path)
        first, last, _ = slice(start, end).indices(entry.size)
        return _read(entry, first, max(first, last))

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_type: str = "readahead",
        **options: Any,
    ) -> UnioFile:
        if mode != "rb":
            self._refuse_to_write()
        return UnioFile(self, path, self._entry(path), block_size or BLOCK_SIZE, cache_type, options)

    # Writing.

    def _refuse_to_write(self, *arguments: Any, **options: Any) -> NoReturn:
        raise UnsupportedError(
            "packages never change, so 'unio://' is for reading only",
            "unio.PackageBuilder(…), add(…) and push_data_and_manifest() publish a new revision",
        )

    mkdir = makedirs = rmdir = rm = rm_file = _rm = _refuse_to_write
    put_file = pipe_file = cp_file = mv = touch = _refuse_to_write


class UnioFile(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """An entry that is open to read; what `UnioFileSystem.open` returns. Stays the same entry, come what may."""

    def __init__(
        self,
        fs: UnioFileSystem,
        path: str,
        entry: PackageEntry,
        block_size: int,
        cache_type: str,
        options: dict[str, Any],
    ) -> None:
        self._entry = entry
        whole = entry.size <= WHOLE_UP_TO
        options = options | {"size": entry.size, "cache_type": "all" if whole else cache_type}
        super().__init__(fs, path, "rb", block_size, **options)

    def _fetch_range(self, start: int, end: int) -> bytes:
        return _read(self._entry, start, end)


def _read(entry: PackageEntry, first: int, last: int) -> bytes:
    if entry.size <= WHOLE_UP_TO or last - first == entry.size:
        return entry.get_bytes()[first:last]
    return entry.package._native.read_range(entry._manifest, entry._index, first, last - first)


def _split(path: str) -> tuple[str, str]:
    """The reference and the logical key of a path, by the rule above."""
    segments = path.split("/")
    versioned = next((count for count, segment in enumerate(segments[:2], 1) if re.search("[:@]", segment)), None)
    third = segments[2] if len(segments) > 2 else ""
    if versioned is None and _NAME_WITH_VERSION.fullmatch(third) and _is_remote(segments[0]):
        versioned = 3
    length = versioned or 2
    if len(segments) < length:
        raise NotFoundError(
            f"'unio://{path}' names no package",
            f"write unio://ns/name/key or, of one segment, unio://{path or 'name'}:latest",
        )
    return "/".join(segments[:length]), "/".join(segments[length:])


def _is_remote(name: str) -> bool:
    engine = _engine.current()
    # What is no remote is a path.
    return engine.url_of(name) != engine.url_of(os.path.abspath(name))


def _entries_at(package: Package, key: str) -> Iterator[PackageEntry]:
    """The entry with this key, or those of the folder; none where neither is there."""
    manifest = package._native.part([key])
    index = manifest.find(key)
    first, last = manifest.range(key) if index is None else (index, index + 1)
    for begin in range(first, last, _KEYS_AT_ONCE):
        for place, logical_key in enumerate(manifest.keys(begin, min(begin + _KEYS_AT_ONCE, last)), begin):
            yield PackageEntry(package, manifest, place, logical_key)


def _path(reference: str, key: str) -> str:
    return f"{reference}/{key}" if key else reference


def _info_of(reference: str, item: PackageEntry | str) -> Info:
    """Of an entry, or of a folder by its key without the slash at its end."""
    if isinstance(item, str):
        logical_key = f"{item}/" if item else ""
        return {"name": _path(reference, item), "size": 0, "type": "directory", "logical_key": logical_key}
    return {
        "name": _path(reference, item.logical_key),
        "size": item.size,
        "type": "file",
        "logical_key": item.logical_key,
        "digest": item.hash,
        "digest_type": item.hash_type,
        "metadata": item.metadata,
    }
