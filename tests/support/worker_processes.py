"""Real processes that work on what they are sent, as the workers of a DataLoader do."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any

SECONDS = 120
Job = Callable[..., Any]


def _work(results: Connection, job: Job, arguments: tuple[Any, ...]) -> None:
    try:
        results.send((job(*arguments), None))
    except Exception as error:
        results.send((None, error))


def run_jobs(method: str, job: Job, arguments: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Runs `job` once for each of the arguments, each in a process of its own, all at the same time.

    `method` is "fork" or "spawn". Raises the first error of a job, and fails when a process hangs or dies.
    """
    context = multiprocessing.get_context(method)
    running = []
    for given in arguments:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(sending, job, given), daemon=True)
        process.start()
        sending.close()
        running.append((process, receiving))
    answers = []
    for process, receiving in running:
        assert receiving.poll(SECONDS), "a worker process does not answer"
        answers.append(receiving.recv())
        process.join(SECONDS)
        assert process.exitcode == 0, f"a worker process ended with {process.exitcode}"
    for _, error in answers:
        if error is not None:
            raise error
    return [result for result, _ in answers]
