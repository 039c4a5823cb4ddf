"""Training on a package: the datasets of `unio.torch` and the seed's, in one process and in workers."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import unio
import unio.torch
from s3_proxy import S3Proxy
from unio_command import write_tree
from worker_processes import run_jobs

from model import place_of

KINDS = ("cat", "dog", "rat")
IMAGES = {f"train/{kind}/{n:02}.img": f"{kind} {n}".encode() * 20 for kind in KINDS for n in range(20)}
OTHERS = {"train-notes.txt": b"notes", "val/cat/00.img": b"another cat"}


@pytest.fixture(params=["fork", "spawn"])
def method(request: pytest.FixtureRequest) -> str:
    """How worker processes come into being."""
    return str(request.param)


def publish(work: Path) -> unio.Package:
    annotations = {
        "images": [{"image_id": n, "path": key.removeprefix("train/")} for n, key in enumerate(IMAGES)],
        "annotations": [{"image_id": n, "label": key.split("/")[1]} for n, key in enumerate(IMAGES)],
    }
    write_tree(work, IMAGES | OTHERS | {"annotations/train.json": json.dumps(annotations).encode()})
    builder = unio.PackageBuilder("team/images").add(".")
    for key in IMAGES:
        builder.set_meta(key, {"annotations": [{"label": key.split("/")[1]}]})
    return builder.push(tag="v1")


@pytest.fixture
def package(registry: str, work: Path) -> unio.Package:
    return publish(work)


def example(entry: unio.PackageEntry, content: bytes) -> tuple[str, int, str]:
    return entry.logical_key, len(content), entry.metadata["annotations"][0]["label"]


def refuse_dogs(entry: unio.PackageEntry, content: bytes) -> bytes:
    if content.startswith(b"dog"):
        raise RuntimeError("no dogs here")
    return content


def is_first(entry: unio.PackageEntry) -> bool:
    return entry.logical_key.endswith("/00.img")


def some_items(dataset: Any, places: list[int]) -> list[Any]:
    return list(dataset.__getitems__(places)) if hasattr(dataset, "__getitems__") else [dataset[i] for i in places]


def items_of_worker(dataset: unio.torch.IterDataset, worker: int, workers: int, first: int | None = None) -> list[Any]:
    return list(islice(dataset.shard(worker, workers), first))


def items_and_state(dataset: unio.torch.IterDataset, count: int) -> tuple[list[Any], dict[str, Any]]:
    items = list(islice(dataset, count))
    return items, dataset.state_dict()


def items_from(dataset: unio.torch.IterDataset, state: dict[str, Any]) -> list[Any]:
    dataset.load_state_dict(state)
    return list(dataset)


class SeedDataset:
    """The dataset class of the seed, with its slips mended."""

    def __init__(self, package_name: str, tag: str | None = None, hash: str | None = None) -> None:
        self.pkg = unio.Package(package_name, tag=tag, hash=hash)
        self.img_entries = [entry for entry in self.pkg if entry.logical_key.startswith("train/")]
        self.annotations = self.pkg.get("annotations/train.json")

    def __len__(self) -> int:
        return len(self.img_entries)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        entry = self.img_entries[idx]
        path = entry.logical_key.removeprefix("train/")
        (image,) = [image for image in self.annotations["images"] if image["path"] == path]
        of_file = [ann for ann in self.annotations["annotations"] if ann["image_id"] == image["image_id"]]
        assert [ann["label"] for ann in of_file] == [ann["label"] for ann in entry.metadata["annotations"]]
        return {"image": entry.get_bytes(), "annotations": entry.metadata["annotations"]}


# The map-style dataset.


def test_a_map_dataset_gives_keys_and_contents_in_order(package: unio.Package) -> None:
    dataset = unio.torch.MapDataset(package, "train/")
    assert len(dataset) == len(IMAGES)
    assert [dataset[place] for place in range(len(dataset))] == list(IMAGES.items())
    assert dataset[-1] == ("train/rat/19.img", IMAGES["train/rat/19.img"])
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    assert dataset.__getitems__([5, 0, 5]) == [dataset[5], dataset[0], dataset[5]]


def test_a_prefix_and_a_function_choose_entries(package: unio.Package) -> None:
    everything = unio.torch.MapDataset(package)
    assert [everything[i][0] for i in range(len(everything))] == list(package.keys())
    assert len(unio.torch.MapDataset(package, "train")) == len(IMAGES) + 1
    assert len(unio.torch.MapDataset(package, "train/d")) == 20
    firsts = unio.torch.MapDataset(package, "train/", example, keep=is_first)
    assert [firsts[i] for i in range(len(firsts))] == [
        (f"train/{kind}/00.img", len(IMAGES[f"train/{kind}/00.img"]), kind) for kind in KINDS
    ]


@pytest.mark.parametrize("prefix", ["nothing/", "train/x", "/"])
def test_a_prefix_of_nothing_is_told(folder_registry: str, work: Path, prefix: str) -> None:
    package = publish(work)
    for kind in (unio.torch.MapDataset, unio.torch.IterDataset):
        with pytest.raises(unio.NotFoundError, match=f"no entry of package 'team/images' begins with '{prefix}'"):
            kind(package, prefix)


def test_wrong_calls_are_told_at_once(folder_registry: str, work: Path) -> None:
    package = publish(work)
    with pytest.raises(TypeError, match="made of a Package, not of a str"):
        unio.torch.MapDataset("team/images")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a prefix is a str, not int"):
        unio.torch.IterDataset(package, 3)  # type: ignore[arg-type]
    for wrong in ({"batch": 0}, {"buffer": 0}, {"rank": 1}, {"rank": 2, "world_size": 2}):
        with pytest.raises(ValueError, match=r"not 0|both or neither|no shard 2 of 2"):
            unio.torch.IterDataset(package, **wrong)  # type: ignore[arg-type]


def test_a_map_dataset_works_in_worker_processes(package: unio.Package, method: str) -> None:
    dataset = unio.torch.MapDataset(package, "train/", example)
    halves = [list(range(0, 60, 2)), list(range(1, 60, 2))]
    found = run_jobs(method, some_items, [(dataset, half) for half in halves])
    assert found == [[dataset[place] for place in half] for half in halves]
    assert {label for _, _, label in found[0]} == set(KINDS)


def test_the_dataset_of_the_seed_works_in_worker_processes(package: unio.Package, method: str) -> None:
    dataset = SeedDataset("team/images", tag="v1")
    assert len(dataset) == len(SeedDataset("team/images", hash=package.hash)) == len(IMAGES)
    halves = [list(range(0, 60, 2)), list(range(1, 60, 2))]
    found = run_jobs(method, some_items, [(dataset, half) for half in halves])
    for half, items in zip(halves, found, strict=True):
        assert [item["image"] for item in items] == [list(IMAGES.values())[place] for place in half]


# The iterable dataset.


def test_an_iterable_dataset_gives_each_entry_once(package: unio.Package) -> None:
    assert list(unio.torch.IterDataset(package, "train/", batch=7)) == list(IMAGES.items())
    shuffled = list(unio.torch.IterDataset(package, "train/", shuffle=True, batch=7))
    assert shuffled != list(IMAGES.items())
    assert sorted(shuffled) == list(IMAGES.items())


def test_workers_of_all_ranks_together_give_each_entry_once(package: unio.Package, method: str) -> None:
    ranks = [unio.torch.IterDataset(package, "train/", shuffle=True, rank=rank, world_size=2) for rank in range(2)]
    shards = [(dataset, worker, 2) for dataset in ranks for worker in range(2)]
    found = run_jobs(method, items_of_worker, shards)
    assert [len(items) for items in found] == [15, 15, 15, 15]
    assert sorted(item for items in found for item in items) == list(IMAGES.items())


def test_ranks_are_those_of_the_environment(package: unio.Package, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = unio.torch.IterDataset(package, "train/")
    monkeypatch.setenv("WORLD_SIZE", "3")
    found = []
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        found += list(dataset)
    assert sorted(found) == list(IMAGES.items())
    monkeypatch.setenv("RANK", "three")
    with pytest.raises(ValueError, match="three"):
        list(dataset)


def test_epochs_have_orders_of_their_own_that_come_again(package: unio.Package) -> None:
    dataset = unio.torch.IterDataset(package, "train/", shuffle=True, seed=5)
    orders = {}
    for epoch in (0, 1, 2):
        dataset.set_epoch(epoch)
        orders[epoch] = list(dataset)
    assert orders[0] != orders[1] != orders[2] != orders[0]
    again = unio.torch.IterDataset(unio.Package("team/images:v1"), "train/", shuffle=True, seed=5, batch=3)
    again.set_epoch(1)
    assert list(again) == orders[1]
    assert list(unio.torch.IterDataset(package, "train/", shuffle=True, seed=6)) != orders[0]


@pytest.mark.parametrize("taken", [0, 1, 22, 23, 60])
def test_a_resumed_run_in_another_process_gives_what_had_not_come(
    package: unio.Package, method: str, taken: int
) -> None:
    dataset = unio.torch.IterDataset(package, "train/", shuffle=True, seed=3, batch=7)
    dataset.set_epoch(4)
    whole = list(dataset)
    [(items, state)] = run_jobs(method, items_and_state, [(dataset, taken)])
    state = json.loads(json.dumps(state))
    fresh = unio.torch.IterDataset(unio.Package("team/images"), "train/", shuffle=True, seed=3)
    [rest] = run_jobs(method, items_from, [(fresh, state)])
    assert items + rest == whole
    fresh.load_state_dict(state)
    fresh.set_epoch(4)
    assert list(fresh) == rest
    assert list(fresh) == whole, "only the first iteration goes on in the middle"
    fresh.set_epoch(5)
    assert sorted(fresh) == list(IMAGES.items())


def test_workers_go_on_after_the_batches_that_came(package: unio.Package, method: str) -> None:
    dataset = unio.torch.IterDataset(package, "train/", shuffle=True)
    before = run_jobs(method, items_of_worker, [(dataset, 0, 2, 12), (dataset, 1, 2, 8)])
    dataset.load_state_dict(dataset.state_after(batches=5, batch_size=4, num_workers=2))
    after = run_jobs(method, items_of_worker, [(dataset, worker, 2) for worker in range(2)])
    assert sorted(item for items in before + after for item in items) == list(IMAGES.items())
    with pytest.raises(ValueError, match="taken with 2 workers, and there are 3"):
        run_jobs(method, items_of_worker, [(dataset, 0, 3)])
    with pytest.raises(ValueError, match=r"state_dict\(\) knows"):
        dataset.state_after(batches=5, batch_size=4, num_workers=0)


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ({"seed": 1}, "seed"),
        ({"buffer": 9}, "buffer"),
        ({"prefix": "train/cat/"}, "prefix"),
        ({"world_size": 2}, "world"),
    ],
)
def test_a_position_in_another_order_is_refused(
    folder_registry: str, work: Path, other: dict[str, Any], differs: str
) -> None:
    package = publish(work)
    state = unio.torch.IterDataset(package, "train/", shuffle=True).state_dict()
    options = {"prefix": "train/", "shuffle": True} | other | ({"rank": 0} if "world_size" in other else {})
    with pytest.raises(ValueError, match=f"the position is one with {differs}"):
        unio.torch.IterDataset(package, **options).load_state_dict(state)


# Errors, cost, and life without torch.


@pytest.mark.parametrize("kind", [unio.torch.MapDataset, unio.torch.IterDataset])
def test_an_error_in_a_transform_names_the_entry(folder_registry: str, work: Path, kind: Any) -> None:
    dataset = kind(publish(work), "train/dog/", refuse_dogs)
    with pytest.raises(RuntimeError, match="no dogs here") as failed:
        list(dataset)
    assert failed.value.__notes__ == ["from entry 'train/dog/00.img' of package 'team/images'"]


def test_a_missing_object_is_told_with_its_key(package: unio.Package, method: str) -> None:
    place_of(package["train/dog/07.img"].physical_key).unlink()
    dataset = unio.torch.IterDataset(package, "train/")
    with pytest.raises(unio.NotFoundError, match=r"train/dog/07\.img"):
        run_jobs(method, items_of_worker, [(dataset, 0, 1)])
    mapped = unio.torch.MapDataset(package, "train/")
    with pytest.raises(unio.NotFoundError, match=r"train/dog/07\.img"):
        run_jobs(method, some_items, [(mapped, [26, 27, 28])])


def test_no_more_than_the_next_batch_is_read_ahead(proxy: S3Proxy, work: Path) -> None:
    dataset = unio.torch.IterDataset(publish(work), "train/", batch=5)
    proxy.clear()
    items = iter(dataset)
    for taken in range(1, 31):
        next(items)
        reads = [record for record in proxy.requests if record.operation == "GetObject"]
        assert 5 * -(-taken // 5) <= len(reads) <= 5 * (-(-taken // 5) + 1)


def test_keys_are_listed_once(proxy: S3Proxy, home: Path, work: Path) -> None:
    publish(work)
    shutil.rmtree(home / ".cache/unio")
    package = unio.Package("team/images:v1")
    proxy.clear()
    dataset = unio.torch.IterDataset(package, "train/")
    mapped = unio.torch.MapDataset(package, "val/")
    assert sorted(dataset) == sorted(dataset) and len(mapped) == 1
    manifests = [record for record in proxy.requests if "/.quilt/packages/" in record.path]
    assert len([record for record in manifests if record.operation == "GetObject"]) == 1


@pytest.mark.parametrize("kind", [unio.torch.MapDataset, unio.torch.IterDataset])
def test_a_dataset_is_sent_as_a_reference(folder_registry: str, work: Path, kind: Any) -> None:
    write_tree(work, {f"{n:05}.txt": b"x" for n in range(2000)})
    dataset = kind(unio.PackageBuilder("team/many").add(".").push(), keep=is_first)
    assert len(pickle.dumps(dataset)) < 2000


def test_the_datasets_work_where_torch_is_not_installed(package: unio.Package) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import unio, unio.torch\n"
        "package = unio.Package('team/images:v1')\n"
        "shuffled = unio.torch.IterDataset(package, 'train/', shuffle=True)\n"
        "print(sorted(shuffled) == sorted(unio.torch.MapDataset(package, 'train/')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
