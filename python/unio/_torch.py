"""What is asked of torch, and what holds where that is not installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from unio._stream import Shard

if TYPE_CHECKING:
    _torch: Any

    class MapStyle: ...

    class IterableStyle: ...
else:
    # DataLoader tells the two kinds of datasets apart by these classes.
    try:
        import torch as _torch
        from torch.utils.data import Dataset as MapStyle
        from torch.utils.data import IterableDataset as IterableStyle
    except ImportError:
        _torch = None
        MapStyle = IterableStyle = object


def shared_number(number: Any) -> Any:
    """A sequence of one number, from an int or from another; with torch the processes of a DataLoader share it."""
    if _torch is None:
        return [number] if isinstance(number, int) else number
    return _torch.as_tensor([number] if isinstance(number, int) else number).share_memory_()


def worker() -> Shard:
    """Which of how many workers of a DataLoader this process is."""
    info = None if _torch is None else _torch.utils.data.get_worker_info()
    return Shard() if info is None else Shard(info.id, info.num_workers)


def distributed_rank() -> Shard | None:
    """Which process this is of those that `torch.distributed` has brought together; None where it has not."""
    distributed = None if _torch is None else _torch.distributed
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return Shard(distributed.get_rank(), distributed.get_world_size())


def rank() -> Shard:
    """Which process of a training run this is: by `torch.distributed`, else by ``RANK`` and ``WORLD_SIZE``."""
    found = distributed_rank()
    if found is not None:
        return found
    try:
        return Shard(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))
    except ValueError as error:
        error.add_note("from the variables RANK and WORLD_SIZE; rank=0 and world_size=1 leave them aside")
        raise
