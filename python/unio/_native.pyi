"""The native module: operations of the engine. What is here is for the package alone and may change with it."""

import builtins
from collections.abc import Sequence
from typing import Any, Protocol, overload

version: str
error_codes: dict[str, str]
"""The error table: name of a code, and the built-in exception or class that stands for it."""

class _Progress(Protocol):
    def update(self, phase: str, items: int, total_items: int, size: int, total_size: int) -> None: ...

class Engine:
    def __init__(self, variables: dict[str, str]) -> None: ...
    def close(self) -> None: ...
    def default_registry(self) -> str: ...
    def url_of(self, registry: str) -> str: ...

class Manifest:
    """A manifest, or the part of one that has been read; entries by their index in the order of keys."""

    def __len__(self) -> int: ...
    @property
    def total_bytes(self) -> int: ...
    def keys(self, first: int, last: int) -> list[str]: ...
    def key(self, index: int) -> str: ...
    def find(self, key: str) -> int | None: ...
    def range(self, folder: str) -> tuple[int, int]: ...
    def physical_key(self, index: int) -> str: ...
    def size(self, index: int) -> int: ...
    def digest(self, index: int) -> tuple[str | None, str | None]:
        """Type and text."""
    def meta(self, index: int) -> str:
        """JSON."""
    def user_meta(self) -> str:
        """JSON."""
    def message(self) -> str | None: ...
    def folder_meta(self) -> dict[str, str]:
        """Folder key, with its slash, and JSON."""
    def sample(self, count: int | None, fraction: float | None, seed: str, by: str | None) -> list[int]: ...
    def split(self, shares: Sequence[tuple[str, float]], seed: str) -> list[list[int]]: ...

class Package:
    def __init__(self, engine: Engine, reference: str, registry: str | None) -> None: ...
    @staticmethod
    def unpickled(engine: Engine, reference: str, tag: str | None, manifest: bytes | None) -> Package: ...
    def pickled(self) -> tuple[str, str | None, bytes | None]: ...
    @property
    def name(self) -> str: ...
    @property
    def registry(self) -> str: ...
    @property
    def tag(self) -> str | None: ...
    @property
    def top_hash(self) -> str: ...
    @property
    def display(self) -> str: ...
    @property
    def manifest_url(self) -> str: ...
    def find_entry(self, key: str) -> tuple[Manifest, int]: ...
    def part(self, keys: Sequence[str]) -> Manifest: ...
    def whole(self, progress: _Progress | None) -> Manifest: ...
    def list(self, folder: str, all: bool) -> builtins.list[tuple[str, bool, int, int]]:
        """Key, whether it is a folder, bytes, entries."""
    def lines(self) -> builtins.list[tuple[str, str, int]]:
        """Key, place, entries."""
    def read(self, manifest: Manifest, index: int) -> bytes: ...
    def read_range(self, manifest: Manifest, index: int, offset: int, length: int) -> bytes: ...
    def read_many(
        self, manifest: Manifest, indexes: Sequence[int], progress: _Progress | None
    ) -> builtins.list[bytes]: ...
    def keep(self, key: str, progress: _Progress | None) -> tuple[int, int]: ...
    def clear_cache(self) -> tuple[int, int]: ...
    def readme_key(self) -> str | None: ...
    def install(
        self, location: str, paths: Sequence[str], foreign: str, progress: _Progress | None
    ) -> dict[str, Any]: ...
    def verify(self, location: str, progress: _Progress | None) -> tuple[int, builtins.list[tuple[str, str, str, str]]]:
        """Files, and of each difference its kind, key, path, detail."""
    def match(
        self, location: str, dry_run: bool, progress: _Progress | None
    ) -> tuple[builtins.list[tuple[str, str, str, str]], str]:
        """Of each change its kind, key, path, URL; and the folder of the trash."""

class Builder:
    def __init__(self, engine: Engine, reference: str, registry: str | None) -> None: ...
    @staticmethod
    def from_package(
        package: Package, manifest: Manifest, indexes: Sequence[int] | None, reference: str | None
    ) -> Builder: ...
    @staticmethod
    def restore(engine: Engine, files: dict[str, bytes]) -> Builder: ...
    def state_files(self) -> dict[str, bytes]: ...
    def describe(self) -> dict[str, Any]: ...
    def lines(self) -> list[tuple[str, str, int]]: ...
    def as_package(self) -> Package: ...
    def add(self, source: str, key: str, overwrite: bool) -> dict[str, Any]: ...
    def add_objects(self, url: str, key: str, overwrite: bool, progress: _Progress | None) -> None: ...
    def add_package(self, package: Package, key: str, overwrite: bool, progress: _Progress | None) -> None: ...
    def set(self, key: str, source: str, meta: str | None) -> None: ...
    def set_meta(self, key: str, meta: str) -> None: ...
    def remove(self, key: str) -> int: ...
    def move(self, source: str, target: str, overwrite: bool) -> int: ...
    def build(self, message: str | None, meta: str | None, progress: _Progress | None) -> dict[str, Any]: ...
    def push_data(self, prefix: str | None, local_files_only: bool, progress: _Progress | None) -> dict[str, Any]: ...
    def push_manifest(
        self,
        tag: str | None,
        message: str | None,
        meta: str | None,
        force: bool,
        allow_local_files: bool,
        origin: Origin,
        progress: _Progress | None,
    ) -> dict[str, Any]: ...
    def push(
        self,
        prefix: str | None,
        keep_pointers: bool,
        tag: str | None,
        message: str | None,
        meta: str | None,
        force: bool,
        origin: Origin,
        progress: _Progress | None,
    ) -> dict[str, Any]: ...

class Origin:
    """Where a published package says that it comes from; whole ids."""

    def __init__(self, surroundings: Surroundings, based_on: Sequence[str]) -> None: ...

def packages(engine: Engine, registry: str | None) -> list[tuple[str, str, list[str], int, int | None]]:
    """Name, top hash of latest, tags, revisions, second of the newest."""

def revisions(
    package: Package, limit: int
) -> list[tuple[str, int, list[str], str | None, str | None, str | None, int | None, int | None]]:
    """Top hash, second, tags, message, user, git commit, entries, bytes."""

def put_contents(engine: Engine, registry: str, contents: Sequence[bytes | str]) -> list[tuple[int, str]]:
    """Stores bytes, and the files whose paths are given; of each its size and digest. For a `SharedPush` of anybody."""

class RepositoryIndex:
    """The index of a repository; versions by their position in the file."""

    def __init__(self) -> None: ...
    @staticmethod
    def parse(text: bytes) -> RepositoryIndex: ...
    def dump(self) -> bytes: ...
    def __len__(self) -> int: ...
    def copy(self) -> RepositoryIndex: ...
    def subset(self, positions: Sequence[int]) -> RepositoryIndex: ...
    def contains(self, name: str) -> bool: ...
    def names(self) -> list[str]: ...
    def versions_of(self, name: str) -> list[int]: ...
    def entry(self, position: int) -> tuple[str, int, str, str, int, int | None, str | None, int | None]:
        """Name, version, handler, file name, microsecond, expiry, SHA-256, size."""
    def text(self, position: int) -> str:
        """JSON."""
    def append(self, version: tuple[str, str, str, int, int | None, str]) -> int:
        """Name, handler, file name, microsecond, expiry, the handler's fields as JSON. Gives its position."""
    def set_expiry(self, position: int, expiry: int | None) -> None: ...
    def resolve(self, name: str, version: Any, as_of: bool, now: int) -> int:
        """`version` is None, a number, text, or the first and last microsecond of a time."""

class Repository:
    """A repository, or project, by the place of its file, and the files beside that."""

    @overload
    def __init__(self, engine: Engine, place: str) -> None: ...
    @overload
    def __init__(self, engine: Engine, files: Any, index: str) -> None:
        """`files` is a `unio.lazyscribe._filesystem.Files`."""
    @property
    def url(self) -> str: ...
    def read(self) -> RepositoryIndex | None: ...
    def save(
        self,
        values: Sequence[tuple[tuple[str, str, str, int, int | None, str], bytes | str]],
        expiries: Sequence[tuple[str, int, int | None]],
        replace: bool,
        known: RepositoryIndex,
    ) -> tuple[RepositoryIndex, list[int]]:
        """Values as for `RepositoryIndex.append`, each with its bytes or the path of a file; `known` is the index as it
        was last read or saved."""
    def place(
        self, values: Sequence[tuple[tuple[str, str, str, int, int | None, str], bytes | str]]
    ) -> list[tuple[str, str, int]]:
        """Stores values in the folders that are their names; of each its file name, SHA-256 and size."""
    def get(self, version: tuple[str, int, str, str | None, int | None]) -> bytes:
        """Of a version its name, number, file name, SHA-256 and size."""
    def fetch(self, version: tuple[str, int, str, str | None, int | None], path: str) -> None: ...
    def export(self, tag: str, versions: Sequence[tuple[str, int]], target: Repository) -> None:
        """Copies versions, with their numbers, to a repository that is not there yet."""
    def add_release(self, tag: str, versions: Sequence[tuple[str, int]], created: int) -> None: ...
    def read_file(self, key: str) -> tuple[bytes, str] | None:
        """Content and etag."""
    def write_file(self, key: str, content: bytes, etag: str | None) -> None: ...
    def verify(self) -> list[tuple[str, int, str]]: ...

def slug(text: str) -> str: ...
def value_file_name(name: str, created: int, suffix: str) -> str: ...
def check_value_name(name: str, index: str) -> None: ...
def value_key(name: str, file_name: str) -> str: ...
def parse_releases(text: bytes) -> list[tuple[str, list[tuple[str, int]], int]]:
    """Of each its tag, the names and numbers of its versions, and its microsecond."""

def time_span(text: str) -> tuple[int, int]:
    """The first and the last microsecond that a time stands for."""

class SharedPush:
    """A push that many processes store contents for: announced until it is closed."""

    def __init__(self, engine: Engine, reference: str, registry: str | None, tag: str | None) -> None: ...
    @property
    def registry(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tag(self) -> str | None: ...
    def may_have(self, key: str) -> bool:
        """Whether an entry with this key was added; rarely also true for another key."""
    def add(self, key: str, stored: tuple[int, str], meta: str) -> None: ...
    def missing(self, contents: Sequence[tuple[int, str]]) -> list[int]:
        """Positions of those that the registry does not have."""
    def publish(
        self,
        parents: Sequence[str],
        message: str | None,
        meta: str | None,
        force: bool,
        surroundings: Surroundings,
        progress: _Progress | None,
    ) -> tuple[Package, bool]:
        """The package, and whether that is news."""
    def close(self) -> None: ...

class Artifact:
    """An artifact as it was saved or found; `logs` says which of its two kinds of files is meant."""

    @staticmethod
    def unpickled(engine: Engine, registry: str, folder: str, yaml: str) -> Artifact: ...
    def pickled(self) -> tuple[str, str, str]:
        """Registry, folder, metadata as YAML."""
    def document(self) -> str:
        """JSON."""
    def files(self, logs: bool) -> list[tuple[str, str, int | None, str | None]]:
        """Relpath, URL, size, SHA-256."""
    def exists(self, logs: bool, relpath: str) -> bool: ...
    def read(self, logs: bool, relpath: str) -> bytes: ...
    def download(
        self, logs: bool, relpath: str, target: tuple[str, str], overwrite: bool, progress: _Progress | None
    ) -> str:
        """To a folder, under a name."""
    def revise(self, user: str, labels: Sequence[tuple[str, str]], infos: Sequence[tuple[str, str | None]]) -> Artifact:
        """Sets these labels and infos; None removes an info."""
    def environment_differences(self, surroundings: Surroundings) -> list[tuple[str, str, str | None, str | None]]:
        """Part, name, recorded, present."""

def get_artifact(engine: Engine, registry: str, id: str) -> Artifact: ...

class Surroundings:
    """What Python tells of itself. None for `user` and `level`: as configured."""

    def __init__(
        self,
        engine: Engine,
        user: str | None,
        level: str | None,
        directory: str,
        arguments: Sequence[str],
        version: str,
        executable: str,
        search_paths: Sequence[str],
        notebook: str | None,
        variables: dict[str, str],
    ) -> None: ...
    @property
    def user(self) -> str: ...

class Described:
    def __init__(
        self,
        surroundings: Surroundings,
        labels: Sequence[tuple[str, str]],
        infos: Sequence[tuple[str, str]],
        based_on: Sequence[str],
        run_id: str,
    ) -> None: ...

class NewArtifact:
    """An artifact whose files are being written: announced until it is finished or closed."""

    def __init__(self, engine: Engine, registry: str, relpaths: Sequence[str], described: Described) -> None: ...
    def document(self) -> str:
        """JSON."""
    def url(self, relpath: str) -> str: ...
    def put(self, relpath: str, source: str) -> None: ...
    def finish(self, progress: _Progress | None) -> Artifact: ...
    def close(self) -> None: ...

def save_artifact(
    engine: Engine,
    registry: str,
    paths: Sequence[str],
    described: Described,
    dedup: bool,
    progress: _Progress | None,
) -> Artifact: ...
def find_published(
    engine: Engine, registry: str, query: str, kind: str | None, limit: int, progress: _Progress | None
) -> tuple[list[str], int]:
    """Documents as JSON, and how many are found in all, up to 10,000; the catalogue is brought up to date before."""

def parent_id(engine: Engine, given: str, registry: str) -> str:
    """An id as it is; of a reference the id of the revision that it means now."""

def lineage(
    engine: Engine, registry: str, id: str, up: bool, depth: int, progress: _Progress | None
) -> list[tuple[str, int, str | None, int | None, str]]:
    """Id, steps, kind, microsecond, user."""
