"""The order in which a training run goes through entries: shuffling, sharding, positions, reading ahead.

Nothing here knows packages or torch. A place is a number from 0: where something stands before it is shuffled.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Order:
    """In which order the places from 0 to `size` - 1 come.

    Args:
        size: how many places there are.
        shuffle: by chance; else one after the other.
        seed: with the number of the epoch it decides what chance does, on every machine alike.
        buffer: how many places are drawn from at a time: what stands at place `i` comes at most ``buffer - 1`` earlier.
            None draws from all of them, so that every order is equally likely.
    """

    size: int
    shuffle: bool = False
    seed: int = 0
    buffer: int | None = None

    def __post_init__(self) -> None:
        if self.buffer is not None and self.buffer < 1:
            raise ValueError(f"a buffer holds 1 entry or more, not {self.buffer}")

    def places(self, epoch: int) -> Iterator[int]:
        """All places, each once; the same for the same seed and epoch. Memory: 8 bytes for each in the buffer."""
        if not self.shuffle:
            return iter(range(self.size))
        return self._shuffled(epoch)

    def _shuffled(self, epoch: int) -> Iterator[int]:
        # Of Python's generator only random() gives the same numbers in all versions; so does seeding with a str.
        chance = random.Random(f"{self.seed}/{epoch}").random
        filled = self.size if self.buffer is None else min(self.buffer, self.size)
        drawn_from = array("q", range(filled))
        for coming in range(filled, self.size):
            chosen = int(chance() * filled)
            yield drawn_from[chosen]
            drawn_from[chosen] = coming
        while drawn_from:
            chosen = int(chance() * len(drawn_from))
            yield drawn_from[chosen]
            last = drawn_from.pop()
            if chosen < len(drawn_from):
                drawn_from[chosen] = last


@dataclass(frozen=True)
class Shard:
    """The part of one process: every `count`-th place, from `index` on. The shards of all have each place once.

    Raises:
        ValueError: no such shard.
    """

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(f"there is no shard {self.index} of {self.count}: they count from 0")

    def divided(self, worker: Shard) -> Shard:
        """The part of one worker of this shard's process. The shards of a process's workers make up its own."""
        return Shard(self.index + self.count * worker.index, self.count * worker.count)

    def of(self, places: Iterable[T], taken: int = 0) -> Iterator[T]:
        """What is in the shard, less the first `taken`."""
        return islice(places, self.index + self.count * taken, None, self.count)


@dataclass(frozen=True)
class Position:
    """Where in an epoch the workers of a process are.

    Args:
        epoch: its number.
        taken: how many entries of its part each worker has given, None where that is unknown; empty at the beginning,
            when it does not matter how many workers there are.
        turn: whose turn it is: the first worker goes on with this one's part.
    """

    epoch: int = 0
    taken: tuple[int | None, ...] = ()
    turn: int = 0

    def part_of(self, worker: Shard) -> tuple[Shard, int]:
        """What a worker goes on with: the part, and how many entries of it are taken.

        Raises:
            ValueError: it cannot go on from here, since there were more or fewer workers, or only others are known.
        """
        if not self.taken:
            return worker, 0
        if len(self.taken) != worker.count:
            raise ValueError(
                f"the position was taken with {len(self.taken)} workers, and there are {worker.count}: "
                "go on with as many, or begin an epoch"
            )
        index = (worker.index + self.turn) % worker.count
        taken = self.taken[index]
        if taken is None:
            raise ValueError(f"the position is that of one worker alone, and not of worker {index}")
        return Shard(index, worker.count), taken

    def of_one(self, part: Shard, taken: int) -> Position:
        """The position as the one worker knows it that has taken so many entries of a part."""
        known = (taken if index == part.index else None for index in range(part.count))
        return Position(self.epoch, tuple(known), self.turn)

    def after_batches(self, batches: int, batch_size: int, workers: int) -> Position:
        """The position once so many more batches came, each of one worker, by turns, as from torch's DataLoader."""
        moved = []
        for index in range(workers):
            part, taken = self.part_of(Shard(index, workers))
            of_it = len(range(index, batches, workers))
            moved.append((part.index, taken + of_it * batch_size))
        return Position(self.epoch, tuple(taken for _, taken in sorted(moved)), (self.turn + batches) % workers)


def grouped(items: Iterable[T], count: int, limit: int, size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """Consecutive items in groups of at most `count`, whose sizes add up to `limit` at most; a larger item is alone."""
    group: list[T] = []
    total = 0
    for item in items:
        size = size_of(item)
        if group and (len(group) == count or total + size > limit):
            yield group
            group, total = [], 0
        group.append(item)
        total += size
    if group:
        yield group


def read_ahead(
    groups: Iterable[Sequence[T]], read: Callable[[Sequence[T]], Sequence[Result]]
) -> Generator[tuple[T, Result], None, None]:
    """Each item with what `read` gives for it; one group is read on another thread while the one before is used.

    Two groups are in memory at most. What `read` raises is raised when it is that group's turn.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="unio-read-ahead")
    try:
        coming = iter(groups)
        group = next(coming, None)
        reading = None if group is None else pool.submit(read, group)
        while group is not None and reading is not None:
            results = reading.result()
            following = next(coming, None)
            reading = None if following is None else pool.submit(read, following)
            yield from zip(group, results, strict=True)
            group = following
    finally:
        # A read that nobody waits for must not hold up whoever has stopped.
        pool.shutdown(wait=False, cancel_futures=True)
