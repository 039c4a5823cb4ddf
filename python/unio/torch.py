"""Training on a package: datasets for torch's DataLoader, which work without torch too.

    import unio.torch
    def example(entry, content):
        return decode(content), entry.metadata["label"]
    dataset = unio.torch.IterDataset(unio.Package("team/photos:v1"), "train/", example, shuffle=True)
    for epoch in range(10):
        dataset.set_epoch(epoch)
        for images, labels in torch.utils.data.DataLoader(dataset, batch_size=32, num_workers=4):
            step(images, labels)

A dataset that is sent to another process takes the package along by its name and top hash; keys are listed there once.
Functions given to it must be known there: with spawned workers they are those of a module, not lambdas.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from unio import _torch
from unio._entries import PackageEntry
from unio._errors import NotFoundError
from unio._package import Package
from unio._stream import Order, Position, Shard, grouped, read_ahead

Transform = Callable[[PackageEntry, bytes], Any]
Keep = Callable[[PackageEntry], object]

#: Bytes that are read together at most, unless a single entry has more.
_BYTES_TOGETHER = 64 * 1024 * 1024


class _Entries:
    """The entries of a package that a dataset goes through, by place. Lists keys once in a process."""

    def __init__(self, package: Package, prefix: str, keep: Keep | None) -> None:
        if not isinstance(package, Package):
            raise TypeError(f"a dataset is made of a Package, not of a {type(package).__name__}")
        if not isinstance(prefix, str):
            raise TypeError(f"a prefix is a str, not {type(prefix).__name__}")
        self.package = package
        self.prefix = prefix
        self._keep = keep
        self._manifest = package._whole()
        self._indexes = self._chosen()

    def _chosen(self) -> Sequence[int]:
        folder, slash, begin = self.prefix.rpartition("/")
        chosen: Sequence[int] = range(*self._manifest.range(folder + slash))
        if begin or (chosen and not self._manifest.key(chosen[0]).startswith(self.prefix)):
            chosen = array("q", (i for i in chosen if self._manifest.key(i).startswith(self.prefix)))
        if self.prefix and not chosen:
            raise NotFoundError(f"no entry of package '{self.package.name}' begins with '{self.prefix}'")
        if self._keep is None:
            return chosen
        return array("q", (i for i in chosen if self._keep(self._entry(i))))

    def _entry(self, index: int) -> PackageEntry:
        return PackageEntry(self.package, self._manifest, index, self._manifest.key(index))

    def __len__(self) -> int:
        return len(self._indexes)

    def entry(self, place: int) -> PackageEntry:
        """The entry at a place; negative ones count from the end. IndexError where there is none."""
        return self._entry(self._indexes[place])

    def size(self, place: int) -> int:
        """Bytes of the entry at a place."""
        return self._manifest.size(self._indexes[place])

    def read(self, places: Sequence[int]) -> list[bytes]:
        """The contents at some places, asked for together."""
        return self.package._native.read_many(self._manifest, [self._indexes[place] for place in places], None)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Entries, (self.package, self.prefix, self._keep)


def _item(transform: Transform | None, entry: PackageEntry, content: bytes) -> Any:
    if transform is None:
        return entry.logical_key, content
    try:
        return transform(entry, content)
    except Exception as error:
        error.add_note(f"from entry '{entry.logical_key}' of package '{entry.package.name}'")
        raise


class MapDataset(_torch.MapStyle):
    """The entries of a package by number, in the order of their keys: for sampling and for `DistributedSampler`.

    An item is ``(logical_key, content)``, or what `transform` makes of it. torch asks for a whole batch at once, whose
    contents are read together.

    Example::
        dataset = unio.torch.MapDataset(unio.Package("team/photos:v1"), "train/")
        key, content = dataset[0]
        loader = torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True, num_workers=4)

    Args:
        package: an opened package.
        prefix: only entries whose logical keys begin so, for example ``"train/"``.
        transform: called with entry and content; gives the item.
        keep: only entries that it is true for.

    Raises:
        NotFoundError: no key begins with `prefix`; or, when an item is read, its object is gone.
    """

    def __init__(
        self,
        package: Package,
        prefix: str = "",
        transform: Transform | None = None,
        *,
        keep: Keep | None = None,
    ) -> None:
        self._entries = _Entries(package, prefix, keep)
        self._transform = transform

    @property
    def package(self) -> Package:
        return self._entries.package

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, place: int) -> Any:
        entry = self._entries.entry(place)
        return _item(self._transform, entry, entry.get_bytes())

    def __getitems__(self, places: Sequence[int]) -> list[Any]:
        """Many items, asked for together; what torch calls for a batch."""
        contents = self._entries.read(places)
        return [
            _item(self._transform, self._entries.entry(place), content)
            for place, content in zip(places, contents, strict=True)
        ]


class IterDataset(_torch.IterableStyle):
    """The entries of a package as a stream: each comes once in an epoch, over all ranks and workers of a DataLoader.

    An item is ``(logical_key, content)``, or what `transform` makes of it. Contents are read `batch` at a time, the
    next ones while the last are used. The order depends on `seed` and the epoch alone: call `set_epoch` before each.

    One rank may have an entry more than another. Where all must make equally many steps, use torch's ``Join``, or a
    `MapDataset` with `DistributedSampler`, which repeats entries.

    Example::
        dataset = unio.torch.IterDataset(unio.Package("team/photos:v1"), "train/", shuffle=True)
        for epoch in range(10):
            dataset.set_epoch(epoch)
            for keys, contents in torch.utils.data.DataLoader(dataset, batch_size=32, num_workers=4):
                ...

    Args:
        package: an opened package.
        prefix: only entries whose logical keys begin so, for example ``"train/"``.
        transform: called with entry and content; gives the item.
        keep: only entries that it is true for.
        shuffle: in an order by chance instead of that of the keys.
        seed: another one gives other orders.
        buffer: shuffle among so many neighbours at a time only; among all by default, which costs 8 bytes an entry.
        batch: how many entries are read together; fewer where they have more than 64 MiB. Twice that is in memory.
        rank: the number of this process among `world_size` that share the entries. Both or neither; by default those of
            `torch.distributed` where that is initialized, else of the variables ``RANK`` and ``WORLD_SIZE``.
        world_size: how many such processes there are.

    Raises:
        NotFoundError: no key begins with `prefix`; or, in an iteration, an object is gone.
        ValueError: a rank, buffer or batch that cannot be.
    """

    def __init__(
        self,
        package: Package,
        prefix: str = "",
        transform: Transform | None = None,
        *,
        keep: Keep | None = None,
        shuffle: bool = False,
        seed: int = 0,
        buffer: int | None = None,
        batch: int = 64,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        if batch < 1:
            raise ValueError(f"1 entry or more is read at a time, not {batch}")
        if (rank is None) != (world_size is None):
            raise ValueError("rank and world_size are given both or neither")
        self._entries = _Entries(package, prefix, keep)
        self._transform = transform
        self._order = Order(len(self._entries), shuffle, seed, buffer)
        self._batch = batch
        self._rank = None if rank is None or world_size is None else Shard(rank, world_size)
        self._epoch = _torch.shared_number(0)
        self._next = Position()
        self._now = self._next

    @property
    def package(self) -> Package:
        return self._entries.package

    # Iterating.

    def __iter__(self) -> Iterator[Any]:
        worker = _torch.worker()
        return self.shard(worker.index, worker.count)

    def shard(self, worker: int, workers: int) -> Iterator[Any]:
        """The part of one of `workers` that share what this process's rank has: for workers that are not torch's.

        Raises:
            ValueError: no such worker, or a position was loaded that was taken with more or fewer of them.
        """
        begin = self._begin()
        part, taken = begin.part_of(Shard(worker, workers))
        self._next = Position(begin.epoch)
        self._now = begin.of_one(part, taken)
        return self._items(begin, part, taken)

    def _items(self, begin: Position, part: Shard, taken: int) -> Iterator[Any]:
        shard = (self._rank or _torch.rank()).divided(part)
        places = shard.of(self._order.places(begin.epoch), taken)
        groups = grouped(places, self._batch, _BYTES_TOGETHER, self._entries.size)
        for place, content in read_ahead(groups, self._entries.read):
            item = _item(self._transform, self._entries.entry(place), content)
            taken += 1
            self._now = begin.of_one(part, taken)
            yield item

    # Epochs and positions.

    @property
    def epoch(self) -> int:
        """The epoch that the next iteration belongs to."""
        return int(self._epoch[0])

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order of the next iteration. A loaded position stays if it is in this epoch.

        Where torch is installed, persistent workers of a DataLoader learn of it too.
        """
        self._epoch[0] = epoch
        self._now = self._next = self._begin()

    def _begin(self) -> Position:
        return self._next if self._next.epoch == self.epoch else Position(self.epoch)

    def state_dict(self) -> dict[str, Any]:
        """The position, as JSON can hold it: after the last item that this process took in its newest iteration.

        With workers the main process takes no items itself: there use `state_after`. torchdata's
        ``StatefulDataLoader`` calls this in each worker, and `load_state_dict` in the one that takes its place.
        """
        return self._state_of(self._now)

    def state_after(self, batches: int, batch_size: int, num_workers: int) -> dict[str, Any]:
        """The position once a DataLoader with workers gave so many batches since it began this epoch or last went on.

        Going on from it gives the same batches that would have come, if the new loader has the same `batch_size` and
        `num_workers` and gives its batches in order, as it does by default.

        Raises:
            ValueError: there are no workers; then `state_dict` knows.
        """
        if num_workers < 1:
            raise ValueError("without workers this process takes the items itself: state_dict() knows the position")
        return self._state_of(self._begin().after_batches(batches, batch_size, num_workers))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a position: the next iteration gives what had not come, in the order in which it would have.

        Call it before a DataLoader makes its workers, and `set_epoch` before each later epoch. The same state does for
        all ranks that made equally many steps.

        Raises:
            ValueError: the position is one in another package or another order; says what differs.
        """
        for name, value in self._what().items():
            if state.get(name) != value:
                raise ValueError(f"the position is one with {name}={state.get(name)!r}, and here it is {value!r}")
        self._epoch[0] = state["epoch"]
        self._now = self._next = Position(state["epoch"], tuple(state["taken"]), state["turn"])

    def _state_of(self, position: Position) -> dict[str, Any]:
        return {"epoch": position.epoch, "taken": list(position.taken), "turn": position.turn, **self._what()}

    def _what(self) -> dict[str, Any]:
        """What the order depends on."""
        return {
            "top_hash": self.package.hash,
            "prefix": self._entries.prefix,
            "entries": self._order.size,
            "shuffle": self._order.shuffle,
            "seed": self._order.seed,
            "buffer": self._order.buffer,
            "world_size": (self._rank or _torch.rank()).count,
        }

    def __getstate__(self) -> dict[str, Any]:
        # A spawned worker has no torch.distributed to ask.
        return self.__dict__ | {"_rank": self._rank or _torch.distributed_rank()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._epoch = _torch.shared_number(self._epoch)
