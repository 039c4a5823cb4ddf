"""The order of a training run, without packages: each entry once, the same again, on from where it was."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unio._stream import Order, Position, Shard, grouped, read_ahead

sizes = st.integers(0, 300)
counts = st.integers(1, 7)
epochs = st.integers(0, 1000)
orders = st.builds(Order, sizes, st.booleans(), st.integers(), st.none() | st.integers(1, 400))


def batches_of_workers(
    order: Order, rank: Shard, begin: Position, workers: int, batch_size: int
) -> Iterator[list[int]]:
    """What a DataLoader gives: batches of its workers by turns, and no more turns for those who are at their end."""
    streams = []
    for worker in range(workers):
        part, taken = begin.part_of(Shard(worker, workers))
        streams.append(rank.divided(part).of(order.places(begin.epoch), taken))
    while streams:
        for stream in streams.copy():
            batch = list(islice(stream, batch_size))
            if batch:
                yield batch
            else:
                streams.remove(stream)


@given(orders, epochs, counts, counts)
def test_every_place_comes_exactly_once_over_all_ranks_and_workers(
    order: Order, epoch: int, ranks: int, workers: int
) -> None:
    of_ranks = []
    for rank in range(ranks):
        shards = [Shard(rank, ranks).divided(Shard(worker, workers)) for worker in range(workers)]
        of_ranks.append([place for shard in shards for place in shard.of(order.places(epoch))])
    assert sorted(place for places in of_ranks for place in places) == list(range(order.size))
    lengths = [len(places) for places in of_ranks]
    assert max(lengths) - min(lengths) <= 1


@given(orders, epochs)
def test_the_same_seed_and_epoch_give_the_same_order(order: Order, epoch: int) -> None:
    again = Order(order.size, order.shuffle, order.seed, order.buffer)
    random.seed(1)
    first = list(order.places(epoch))
    random.seed(2)
    assert list(again.places(epoch)) == first


def test_an_order_by_chance_is_the_same_on_every_machine() -> None:
    assert list(Order(10, shuffle=True, seed=7).places(3)) == [0, 3, 4, 7, 2, 5, 8, 1, 9, 6]
    assert list(Order(10, shuffle=True, seed=7, buffer=3).places(3)) == [0, 1, 4, 2, 5, 7, 6, 8, 3, 9]


@given(st.integers(30, 300), st.integers(), epochs, st.none() | st.integers(2, 400))
def test_other_epochs_and_seeds_give_other_orders(size: int, seed: int, epoch: int, buffer: int | None) -> None:
    order = list(Order(size, shuffle=True, seed=seed, buffer=buffer).places(epoch))
    assert order != list(Order(size, shuffle=True, seed=seed, buffer=buffer).places(epoch + 1))
    assert order != list(Order(size, shuffle=True, seed=seed + 1, buffer=buffer).places(epoch))


@given(sizes, st.integers(), st.integers(1, 400))
def test_nothing_comes_earlier_than_the_buffer_reaches(size: int, seed: int, buffer: int) -> None:
    for turn, place in enumerate(Order(size, shuffle=True, seed=seed, buffer=buffer).places(0)):
        assert place < turn + buffer


def test_every_order_is_about_equally_likely() -> None:
    times: dict[tuple[int, ...], int] = {}
    for epoch in range(6000):
        order = tuple(Order(3, shuffle=True).places(epoch))
        times[order] = times.get(order, 0) + 1
    assert len(times) == 6
    assert all(850 < count < 1150 for count in times.values())


@given(orders, epochs, counts, counts, st.integers(1, 9), st.data())
def test_batches_resumed_are_those_that_would_have_come(
    order: Order, epoch: int, ranks: int, workers: int, batch_size: int, data: st.DataObject
) -> None:
    rank = Shard(data.draw(st.integers(0, ranks - 1)), ranks)
    whole = list(batches_of_workers(order, rank, Position(epoch), workers, batch_size))
    first = data.draw(st.integers(0, len(whole)))
    second = data.draw(st.integers(0, len(whole) - first))
    position = Position(epoch).after_batches(first, batch_size, workers)
    assert list(batches_of_workers(order, rank, position, workers, batch_size)) == whole[first:]
    position = position.after_batches(second, batch_size, workers)
    assert list(batches_of_workers(order, rank, position, workers, batch_size)) == whole[first + second :]


@given(counts, st.integers(0, 20), st.data())
def test_what_one_worker_knows_brings_it_alone_back(workers: int, batches: int, data: st.DataObject) -> None:
    position = Position(2).after_batches(batches, 4, workers)
    worker = Shard(data.draw(st.integers(0, workers - 1)), workers)
    part, taken = position.part_of(worker)
    known = position.of_one(part, taken + 3)
    assert known.part_of(worker) == (part, taken + 3)
    if workers > 1:
        with pytest.raises(ValueError, match="of one worker alone"):
            known.part_of(Shard((worker.index + 1) % workers, workers))


def test_a_position_is_refused_with_other_numbers_of_workers() -> None:
    position = Position().after_batches(3, 8, 2)
    with pytest.raises(ValueError, match="taken with 2 workers, and there are 4"):
        position.part_of(Shard(0, 4))


@pytest.mark.parametrize(("index", "count"), [(2, 2), (-1, 2), (0, 0)])
def test_there_is_no_shard_beyond_the_last(index: int, count: int) -> None:
    with pytest.raises(ValueError, match="no shard"):
        Shard(index, count)


def test_a_buffer_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a buffer holds 1 entry or more, not 0"):
        Order(3, shuffle=True, buffer=0)


@given(st.lists(st.integers(0, 50)), st.integers(1, 8), st.integers(0, 60))
def test_groups_keep_to_count_and_bytes_and_lose_nothing(items: list[int], count: int, limit: int) -> None:
    groups = list(grouped(items, count, limit, lambda item: item))
    assert [item for group in groups for item in group] == items
    assert all(1 <= len(group) <= count for group in groups)
    assert all(sum(group) <= limit or len(group) == 1 for group in groups)


def test_only_the_next_group_is_read_ahead() -> None:
    begun: list[Sequence[int]] = []
    next_is_read = threading.Event()

    def read(group: Sequence[int]) -> Sequence[int]:
        begun.append(group)
        if len(begun) == 2:
            next_is_read.set()
        return [item * 10 for item in group]

    stream = read_ahead([[1, 2], [3, 4], [5, 6]], read)
    assert next(stream) == (1, 10)
    assert next_is_read.wait(10), "the next group is not read while the first is used"
    assert next(stream) == (2, 20)
    assert begun == [[1, 2], [3, 4]]
    assert list(stream) == [(3, 30), (4, 40), (5, 50), (6, 60)]


def test_a_failed_read_is_raised_when_it_is_its_turn() -> None:
    def read(group: Sequence[int]) -> Sequence[int]:
        if 3 in group:
            raise KeyError(3)
        return group

    stream = read_ahead([[1, 2], [3, 4]], read)
    assert [next(stream), next(stream)] == [(1, 1), (2, 2)]
    with pytest.raises(KeyError):
        next(stream)


def test_who_stops_early_leaves_no_thread() -> None:
    stream = read_ahead(([n] for n in range(100)), lambda group: group)
    next(stream)
    threads = [t for t in threading.enumerate() if t.name.startswith("unio-read-ahead")]
    assert threads
    stream.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
