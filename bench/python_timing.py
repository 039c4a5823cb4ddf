"""What the measured Python scripts share. They time the work alone, without the interpreter's start, and print JSON."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> float:
        return time.perf_counter() - self._wall

    def answer(self, entries: int, size: int, **more: float) -> None:
        """Prints the time until now, also the processor's for all threads, and what was had for it."""
        seconds, cpu = self.seconds(), time.process_time() - self._cpu
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "entries": entries, "bytes": size, **more}))


def some_places(entries: int, count: int) -> frozenset[int]:
    """The same random numbers below `entries` for everyone."""
    return frozenset(random.Random(entries).sample(range(entries), count))


def at_places(keys: Iterable[str], places: frozenset[int]) -> list[str]:
    """Goes through all keys and gives those at some places, in an order by chance."""
    found = [key for place, key in enumerate(keys) if place in places]
    random.Random(len(found)).shuffle(found)
    return found
