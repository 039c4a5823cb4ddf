"""The datasets of `unio.torch` under the real DataLoader. Collected only where torch is installed: see scripts/test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import unio
import unio.torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset
from unio_command import write_tree

IMAGES = {f"train/{n:03}.img": f"image {n}".encode() for n in range(103)}
LOADERS: list[dict[str, Any]] = [
    {"num_workers": 0},
    *(
        {"num_workers": 2, "multiprocessing_context": method, "persistent_workers": stay}
        for method in ("fork", "spawn")
        for stay in (False, True)
    ),
]


def _name(options: dict[str, Any]) -> str:
    return "-".join(str(value) for value in options.values())


@pytest.fixture(params=LOADERS, ids=_name)
def loader_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = request.param
    return options


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> unio.Package:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("UNIO_REGISTRY", (tmp_path / "registry").as_uri())
    monkeypatch.setenv("UNIO_USER", "ada")
    write_tree(tmp_path / "work", IMAGES)
    monkeypatch.chdir(tmp_path / "work")
    return unio.PackageBuilder("team/images").add(".").push(tag="v1")


def number(entry: unio.PackageEntry, content: bytes) -> int:
    assert content == IMAGES[entry.logical_key]
    return int(entry.logical_key.removeprefix("train/").removesuffix(".img"))


def fail(entry: unio.PackageEntry, content: bytes) -> int:
    raise RuntimeError("cannot decode")


def batches(loader: Any) -> list[list[int]]:
    return [batch.tolist() for batch in loader]


def flat(found: list[list[int]]) -> list[int]:
    return [item for batch in found for item in batch]


def test_the_datasets_are_torchs_kinds(package: unio.Package) -> None:
    assert isinstance(unio.torch.MapDataset(package), Dataset)
    assert isinstance(unio.torch.IterDataset(package), IterableDataset)


def test_a_loader_gives_the_entries_of_a_map_dataset(package: unio.Package, loader_options: dict[str, Any]) -> None:
    loader = DataLoader(unio.torch.MapDataset(package, "train/", number), batch_size=10, **loader_options)
    for _ in range(2):
        assert flat(batches(loader)) == list(range(103))
    loader = DataLoader(unio.torch.MapDataset(package, "train/"), batch_size=10, shuffle=True, **loader_options)
    assert dict(pair for keys, contents in loader for pair in zip(keys, contents, strict=True)) == IMAGES


def test_a_distributed_sampler_divides_a_map_dataset(package: unio.Package) -> None:
    dataset = unio.torch.MapDataset(package, "train/", number)
    found = []
    for rank in range(2):
        sampler: Any = DistributedSampler(dataset, num_replicas=2, rank=rank)
        found.append(flat(batches(DataLoader(dataset, batch_size=8, sampler=sampler))))
    assert len(found[0]) == len(found[1])
    assert set(found[0]) | set(found[1]) == set(range(103))


def test_each_epoch_has_each_entry_once_in_its_own_order(package: unio.Package, loader_options: dict[str, Any]) -> None:
    dataset = unio.torch.IterDataset(package, "train/", number, shuffle=True, batch=16)
    loader = DataLoader(dataset, batch_size=10, **loader_options)
    found = {}
    for epoch in (0, 1, 5):
        dataset.set_epoch(epoch)
        found[epoch] = batches(loader)
        assert sorted(flat(found[epoch])) == list(range(103))
    assert found[0] != found[1] != found[5] != found[0]
    dataset.set_epoch(1)
    assert batches(loader) == found[1]


@pytest.mark.parametrize("came", [0, 1, 4, 9])
def test_a_resumed_loader_gives_the_batches_that_had_not_come(
    package: unio.Package, loader_options: dict[str, Any], came: int
) -> None:
    dataset = unio.torch.IterDataset(package, "train/", number, shuffle=True, seed=2)
    dataset.set_epoch(3)
    whole = batches(DataLoader(dataset, batch_size=10, **loader_options))
    fresh = unio.torch.IterDataset(package, "train/", number, shuffle=True, seed=2)
    fresh.set_epoch(3)
    workers = loader_options["num_workers"]
    loader = iter(DataLoader(fresh, batch_size=10, **loader_options))
    assert [next(loader).tolist() for _ in range(came)] == whole[:came]
    state = fresh.state_after(came, 10, workers) if workers else fresh.state_dict()
    resumed = unio.torch.IterDataset(package, "train/", number, shuffle=True, seed=2)
    resumed.load_state_dict(state)
    loader = DataLoader(resumed, batch_size=10, **loader_options)
    assert batches(loader) == whole[came:]
    resumed.set_epoch(4)
    assert sorted(flat(batches(loader))) == list(range(103))


def test_an_error_in_a_worker_names_the_entry(package: unio.Package, loader_options: dict[str, Any]) -> None:
    for kind in (unio.torch.MapDataset, unio.torch.IterDataset):
        with pytest.raises(RuntimeError, match="cannot decode") as failed:
            batches(DataLoader(kind(package, "train/", fail), batch_size=10, **loader_options))
        told = str(failed.value) + "".join(getattr(failed.value, "__notes__", []))
        assert "from entry 'train/000.img' of package 'team/images'" in told


def _rank_of(rank: int, address: str, dataset: Any, results: Any) -> None:
    torch.distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    loader = DataLoader(dataset, batch_size=10, num_workers=2, multiprocessing_context="spawn")
    results.put(flat(batches(loader)))
    torch.distributed.destroy_process_group()


def test_ranks_are_those_of_torch_distributed_in_spawned_workers_too(package: unio.Package, tmp_path: Path) -> None:
    dataset = unio.torch.IterDataset(package, "train/", number, shuffle=True)
    context = torch.multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    address = f"file://{tmp_path / 'meeting'}"
    ranks = [context.Process(target=_rank_of, args=(rank, address, dataset, results)) for rank in range(2)]
    for process in ranks:
        process.start()
    found = [results.get() for _ in ranks]
    for process in ranks:
        process.join(60)
        assert process.exitcode == 0
    assert abs(len(found[0]) - len(found[1])) <= 1
    assert sorted(found[0] + found[1]) == list(range(103))
