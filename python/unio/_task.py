"""What a worker of a transform does: call the user's function with some entries, and store what it makes."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from unio import _engine, _native
from unio._entries import PackageEntry
from unio._package import Package, _package_of

Content: TypeAlias = bytes | bytearray | memoryview | str | os.PathLike[str]
"""What an entry may be made of: bytes, text (which becomes UTF-8), or the path of a local file."""


@dataclass(frozen=True)
class Output:
    """An entry that a transform makes, where key and content alone do not say it.

    Example:
        >>> import unio
        >>> unio.Output("cats/1.json", "{}", metadata={"checked": True})
        Output(logical_key='cats/1.json', content='{}', metadata={'checked': True})
    """

    logical_key: str
    content: Content
    metadata: Any = None
    """The user's metadata: anything that `json` writes. None: that of the entry it is made of where it is the only
    one, else none."""


Returned: TypeAlias = (
    Content | Output | Mapping[str, Content] | Iterable[Output | tuple[str, Content] | tuple[str, Content, Any]] | None
)
"""What the function of a transform may return."""


class Function(Protocol):
    """The function of a transform."""

    def __call__(self, entry: PackageEntry, /) -> Returned: ...


#: Size and digest of a content that was stored.
Stored: TypeAlias = tuple[int, str]
#: Logical key, what is stored for it, and the entry's whole metadata as JSON.
Made: TypeAlias = tuple[str, Stored, str]
#: By the index of the source's entry, what was made of it.
Result: TypeAlias = list[tuple[int, list[Made]]]

#: Contents in memory are stored together up to so many bytes.
_BYTES_TOGETHER = 32 * 1024 * 1024
_NO_METADATA = "{}"


@dataclass(frozen=True)
class Task:
    """Some entries of a package and what to do with them; small, and pickles where the function does."""

    package: tuple[Any, ...]
    """What `_package_of` makes it of."""
    function: Function
    registry: str
    entries: list[tuple[int, str]]
    """Index and logical key."""
    sent: bool = False
    """Whether it came here from another process."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Task, (self.package, self.function, self.registry, self.entries, True)


def run(task: Task) -> Result:
    """Does a task. Doing it twice, even at the same time, leaves what doing it once does."""
    package = opened(task.package)
    writer = _Writer(task.registry)
    for index, key in task.entries:
        try:
            entry = package.get_entry(key)
            for made_key, content, metadata in _outputs(entry, task.function(entry)):
                writer.add(index, made_key, content, metadata)
        except Exception as error:
            error.add_note(f"from entry '{key}' of package '{package.name}'")
            if task.sent and not _is_portable(error):
                raise _told(error) from None
            raise
    made: dict[int, list[Made]] = {index: [] for index, _ in task.entries}
    for index, made_key, metadata, stored in writer.finish():
        made[index].append((made_key, stored, metadata))
    return list(made.items())


_recent: tuple[object, Package] | None = None


def opened(place: tuple[Any, ...], package: Package | None = None) -> Package:
    """The package of tasks; each process has the last one at hand, so that its manifest is read once.

    Args:
        place: what `_package_of` makes it of.
        package: the package itself, where it is open already: forked workers then inherit what was read of it.
    """
    global _recent
    wanted = (_engine.current(), place)
    if package is not None:
        _recent = (wanted, package)
        return package
    recent = _recent
    if recent is None or recent[0] != wanted:
        recent = _recent = (wanted, _package_of(*place))
    return recent[1]


def _is_portable(error: Exception) -> bool:
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:
        return False


def _told(error: Exception) -> RuntimeError:
    """What says the same as an error that would not survive the way to another process."""
    same = RuntimeError(f"{type(error).__name__}: {error}")
    for note in error.__notes__:
        same.add_note(note)
    return same


def _outputs(entry: PackageEntry, returned: Returned) -> Iterator[tuple[str, Content, str]]:
    """Key, content and metadata of each entry to be. What a generator makes is asked for one by one."""
    own = entry._manifest.meta(entry._index)
    if returned is None:
        return
    if isinstance(returned, Output):
        yield _one(returned, own)
    elif isinstance(returned, bytes | bytearray | memoryview | str | os.PathLike):
        yield entry.logical_key, returned, own
    elif isinstance(returned, Mapping):
        for key, content in returned.items():
            yield _one(Output(key, content), _NO_METADATA)
    elif isinstance(returned, Iterable):
        for item in returned:
            yield _one(_output_of(item), _NO_METADATA)
    else:
        raise _not_content(returned)


def _output_of(item: object) -> Output:
    if isinstance(item, Output):
        return item
    if isinstance(item, tuple) and len(item) in (2, 3):
        return Output(*item)
    raise TypeError(f"of many outputs each is an Output or (key, content), not {type(item).__name__}")


def _one(output: Output, otherwise: str) -> tuple[str, Content, str]:
    if not isinstance(output.logical_key, str):
        raise TypeError(f"a logical key is a str, not {type(output.logical_key).__name__}")
    if output.metadata is None:
        return output.logical_key, output.content, otherwise
    return output.logical_key, output.content, json.dumps({"user_meta": output.metadata})


def _not_content(value: object) -> TypeError:
    return TypeError(f"a content is bytes, a str or a path, not {type(value).__name__}")


class _Writer:
    """Stores contents, many small ones together. Files are stored at once, since they may be gone a moment later."""

    def __init__(self, registry: str) -> None:
        self._registry = registry
        self._waiting: list[bytes | str] = []
        self._waiting_bytes = 0
        self._entries: list[tuple[int, str, str]] = []
        self._stored: list[Stored] = []

    def add(self, index: int, key: str, content: Content, metadata: str) -> None:
        if isinstance(content, os.PathLike):
            self._waiting.append(os.path.abspath(os.fsdecode(content)))
        elif isinstance(content, str):
            self._waiting.append(content.encode())
        elif isinstance(content, bytes | bytearray | memoryview):
            self._waiting.append(bytes(content))
        else:
            raise _not_content(content)
        self._entries.append((index, key, metadata))
        is_file = isinstance(content, os.PathLike)
        self._waiting_bytes += _BYTES_TOGETHER if is_file else len(self._waiting[-1])
        if self._waiting_bytes >= _BYTES_TOGETHER:
            self._store()

    def _store(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if waiting:
            self._stored += _native.put_contents(_engine.current(), self._registry, waiting)

    def finish(self) -> Iterator[tuple[int, str, str, Stored]]:
        """Of every content, in order: index, key, metadata and what is stored for it; all is durable."""
        self._store()
        for (index, key, metadata), stored in zip(self._entries, self._stored, strict=True):
            yield index, key, metadata, stored
