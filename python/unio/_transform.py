"""Making a package of another one on many machines."""

from __future__ import annotations

import contextlib
import json
import os
from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from unio import _engine, _native, _task
from unio._entries import PackageEntry
from unio._errors import AlreadyExistsError, NotFoundError
from unio._messages import progress, say
from unio._package import Package
from unio._surroundings import surroundings
from unio._task import Function, Result, Task

if TYPE_CHECKING:  # loaded when they are used: they would take a good part of `import unio`
    from unio._executors import Executor
    from unio._journal import Journal

#: Results of an earlier run that are looked for in the store together.
_CHECKED_TOGETHER = 1024


Where: TypeAlias = Callable[[PackageEntry], object] | str


def transform(
    package: Package,
    fn: Function,
    to: str,
    *,
    executor: Executor | None = None,
    registry: str | os.PathLike[str] | None = None,
    where: Where | None = None,
    batch: int = 16,
    ahead: int | None = None,
    retries: int = 2,
    tag: str | None = None,
    message: str | None = None,
    meta: Any = None,
    force: bool = False,
    resume: bool | str | os.PathLike[str] = True,
    key: str | None = None,
) -> Package:
    """Makes a package of another one: calls `fn` with every entry, and publishes what it returns.

    The calls run where the executor's workers are. These read what `fn` reads and store what it returns straight from
    and to the registries; only keys and digests pass through this process, which publishes one manifest in the end.
    Until then nobody sees anything of the package.

    A task that fails is tried again; one that runs twice changes nothing. What was done is noted in a local file
    (``~/.local/state/unio/transforms``): after an interruption the same call goes on where it was, so long as package,
    target and function are the same. Objects that were collected meanwhile are made again.

    Args:
        package: what to make it of.
        fn: called with each `PackageEntry`. It returns what the new entry holds: bytes, a `str` (stored as UTF-8), or
            the path of a local file of any size. The entry keeps its key and its metadata. Other than that: `Output`
            for another key or metadata; a dict or an iterable of `Output` or ``(key, content)`` for any number of
            entries; None for none. A generator may remove each file that it yielded when it goes on. With processes
            it must be known there: the function of a module, unless the executor says otherwise, as Dask does.
        to: the name of the new package, ``"ns/name"``; with a tag as in ``"ns/name:v1"``, that is set.
        executor: anything with `submit` or `map`: an executor of `concurrent.futures`, a Dask `Client`, a `Pool` of
            `multiprocessing` or Ray. None: everything happens in this process, one after the other. It stays open.
        registry: where to publish: a folder, a URL or the name of a remote. Default: where `package` is. All workers
            must reach it.
        where: which entries to use: what is true for them, or what their keys begin with. Default: all.
        batch: entries in a task: what is done again after an interruption. More are better where each is quick.
        ahead: tasks given to the executor at a time. Default: two for each worker, at least 64.
        retries: how often a task that failed is tried again.
        tag: a name for the new revision.
        message: what to say of it.
        meta: the metadata of the new package.
        force: move the tag even if it is at another revision.
        resume: False neither goes on with an earlier call nor lets a later one go on with this. A path keeps the notes
            there.
        key: what `fn` is, in place of its name, source and the values it holds: by this an earlier call is recognised.
            Functions that `fn` calls do not count by themselves.

    Returns:
        the package that was published; its revision names `package` as a parent.

    Raises:
        Exception: whatever `fn` raised in the last try, with a note that names the entry. Nothing is published.
        AlreadyExistsError: two entries of the new package have the same key; names both that they were made of.
        NotFoundError: there are no such entries.
        PreconditionError: another process is at the same work.
        ConflictError: somebody else made or moved the tag.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> def shout(entry):
        ...     return entry.get_bytes().upper()
        >>> with ThreadPoolExecutor(4) as pool:
        ...     loud = transform(Package("team/photos:v1"), shout, "team/loud", where="cats/", executor=pool)
        >>> loud.get("cats/1.txt")
        'A TABBY'
    """
    from unio._executors import run_all
    from unio._journal import Journal, journal_path, work_identity

    _check(package, fn, to, batch, retries)
    manifest = package._whole()
    chosen = _chosen(package, manifest, where)
    place = package.__reduce__()[1]
    _task.opened(place, package)
    target = package.registry if registry is None else os.fspath(registry)
    with contextlib.ExitStack() as stack:
        push = stack.enter_context(contextlib.closing(_native.SharedPush(_engine.current(), to, target, tag)))
        identity = work_identity([package.registry, package.name, package.hash, push.registry, push.name], fn, key)
        journal = stack.enter_context(Journal(journal_path(resume, identity), identity))
        shown = stack.enter_context(progress())
        making = _Making(manifest, push, journal, chosen)
        tasks = _tasks(place, fn, push.registry, making.resume(), batch)
        results = run_all(executor, _task.run, tasks, ahead=ahead, retries=retries)
        for result in stack.enter_context(contextlib.closing(results)):
            making.add(result)
            shown.update("transforming", making.done, len(chosen), 0, 0)
        text = None if meta is None else json.dumps(meta)
        native, is_new = push.publish([package.hash], message, text, force, surroundings(), shown)
        journal.remove()
    return _told(Package._of(native), is_new)


def _check(package: Package, fn: Function, to: str, batch: int, retries: int) -> None:
    if not isinstance(package, Package):
        raise TypeError(f"what is transformed is a Package, not a {type(package).__name__}")
    if not callable(fn):
        raise TypeError(f"what makes entries is a function, not {type(fn).__name__}")
    if not isinstance(to, str):
        raise TypeError(f"the name of a package is a str, not {type(to).__name__}")
    if batch < 1:
        raise ValueError(f"a task has 1 entry or more, not {batch}")
    if retries < 0:
        raise ValueError(f"a task is tried again 0 times or more, not {retries}")


def _told(package: Package, is_new: bool) -> Package:
    if not is_new:
        say(f"Nothing to push: {package.name} is published as {package.hash[:9]}")
        return package
    say(f"Pushing manifest to {package.manifest}")
    if package.tag is not None:
        say(f"Linking {package.name}:{package.tag} to manifest {package.hash[:9]}")
    return package


def _chosen(package: Package, manifest: _native.Manifest, where: Where | None) -> array[int]:
    """The indexes of the entries to use."""
    if where is None:
        chosen = array("q", range(len(manifest)))
    elif isinstance(where, str):
        chosen = array("q", (i for i, key in enumerate(package.keys()) if key.startswith(where)))
    else:
        chosen = array("q", (entry._index for entry in package if where(entry)))
    if not chosen:
        raise NotFoundError(f"package '{package.name}' has no entries to transform")
    return chosen


class _Making:
    """The package as far as it is made; results go into the push and into the journal, and nowhere else."""

    def __init__(
        self, manifest: _native.Manifest, push: _native.SharedPush, journal: Journal, chosen: array[int]
    ) -> None:
        self._manifest = manifest
        self._push = push
        self._journal = journal
        self._chosen = chosen
        # Of each entry of the source, whether something has to be made of it yet.
        self._wanted = bytearray(len(manifest))
        for index in chosen:
            self._wanted[index] = 1
        self.done = 0

    def resume(self) -> Iterator[tuple[int, str]]:
        """Takes what an earlier run did; returns index and key of the entries that are left."""
        waiting: Result = []
        for result in self._journal.lines():
            waiting += [(index, made) for index, made in result if self._wanted[index]]
            if len(waiting) >= _CHECKED_TOGETHER:
                self._take(waiting)
                waiting = []
        self._take(waiting)
        return ((index, self._manifest.key(index)) for index in self._chosen if self._wanted[index])

    def _take(self, results: Result) -> None:
        """Only what is still there: nothing kept the objects while no run was at it."""
        stored = [stored for _, made in results for _, stored, _ in made]
        lost = {tuple(stored[i]) for i in self._push.missing([(size, digest) for size, digest in stored])}
        for index, made in results:
            # An entry whose objects were lost once stands in the journal twice.
            if self._wanted[index] and not any(tuple(stored) in lost for _, stored, _ in made):
                self._add(index, made, [])

    def add(self, result: Result) -> None:
        """Takes what a task made."""
        for place, (index, made) in enumerate(result):
            self._add(index, made, result[:place])
        self._journal.append(result)

    def _add(self, index: int, made: list[_task.Made], before: Result) -> None:
        for place, (key, (size, digest), metadata) in enumerate(made):
            if self._push.may_have(key):
                self._refuse_second(key, index, [*before, (index, made[:place])])
            try:
                self._push.add(key, (size, digest), metadata)
            except Exception as error:
                error.add_note(f"from entry '{self._manifest.key(index)}'")
                raise
        self._wanted[index] = 0
        self.done += 1

    def _refuse_second(self, key: str, index: int, before: Result) -> None:
        """Looks for what was made with this key before."""
        for result in (before, *self._journal.lines()):
            for other, made in result:
                # What is journaled and still wanted was not taken.
                taken = result is before or not self._wanted[other]
                if taken and any(made_key == key for made_key, _, _ in made):
                    first, second = self._manifest.key(other), self._manifest.key(index)
                    whom = f"'{first}' and '{second}' both give" if other != index else f"'{first}' gives twice"
                    raise AlreadyExistsError(f"{whom} the entry '{key}'", "give each entry a key of its own")


def _tasks(
    place: tuple[Any, ...], fn: Function, registry: str, entries: Iterator[tuple[int, str]], batch: int
) -> Iterator[Task]:
    taken: list[tuple[int, str]] = []
    for entry in entries:
        taken.append(entry)
        if len(taken) == batch:
            yield Task(place, fn, registry, taken)
            taken = []
    if taken:
        yield Task(place, fn, registry, taken)
