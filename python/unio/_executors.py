"""Giving tasks to an executor: a bounded number at a time, and again those that failed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeAlias, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Tasks that wait in an executor, at least, so that no worker ever waits for the driver.
_AHEAD = 64


class _Submits(Protocol):
    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any: ...


class _Maps(Protocol):
    def map(self, fn: Callable[..., Any], items: Any, /) -> Any: ...


Executor: TypeAlias = _Submits | _Maps


def run_all(
    executor: Executor | None,
    work: Callable[[Task], Result],
    tasks: Iterator[Task],
    *,
    ahead: int | None,
    retries: int,
) -> Generator[Result, None, None]:
    """What `work` gives for each task, in the order in which they end. At the end, whatever it is, none waits to start.

    Args:
        executor: None: tasks are done here, one after the other.
        work: done by workers.
        tasks: made as they are needed.
        ahead: how many the executor has at a time.
        retries: how often one is tried again.

    Raises:
        Exception: what a task raised in its last try.
    """
    running: dict[Future[Result], tuple[Task, int]] = {}
    with _submitting(executor) as submit:
        most = ahead or _ahead(executor)
        try:
            while True:
                while len(running) < most and (task := next(tasks, None)) is not None:
                    running[submit(work, task)] = (task, 0)
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task, failures = running.pop(future)
                    if future.exception() is None:
                        yield future.result()
                    elif failures < retries:
                        running[submit(work, task)] = (task, failures + 1)
                    else:
                        future.result()
        finally:
            for future in running:
                future.cancel()


def _here(work: Callable[[Task], Result], task: Task) -> Future[Result]:
    future: Future[Result] = Future()
    try:
        future.set_result(work(task))
    except Exception as error:
        future.set_exception(error)
    return future


@contextlib.contextmanager
def _submitting(executor: Any) -> Iterator[Any]:
    """How a task is given to the executor."""
    if executor is None:
        yield _here
    elif hasattr(executor, "get_executor"):  # Dask; what failed is tried again only if it does not count as pure
        futures = executor.get_executor(pure=False)
        yield futures.submit
    elif hasattr(executor, "submit"):
        yield executor.submit
    elif hasattr(executor, "map"):
        threads = ThreadPoolExecutor(_ahead(executor), "unio-transform")
        try:
            yield lambda work, task: threads.submit(lambda: next(iter(executor.map(work, [task]))))
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
    else:
        raise TypeError(f"an executor has submit or map, and {type(executor).__name__} has neither")


def _ahead(executor: Any) -> int:
    if executor is None:
        return 1
    workers = os.cpu_count() or 1
    if hasattr(executor, "nthreads"):  # Dask's name for the workers that it has now
        workers = max(workers, sum(executor.nthreads().values()))
    return max(_AHEAD, 2 * workers)
