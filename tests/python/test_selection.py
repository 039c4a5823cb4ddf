"""Derived packages: filter, sample and split make builders of pointers and touch no data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_scenes import NAME, publish, put_manifest
from s3_proxy import S3Proxy
from unio import Package, PackageBuilder

from model import place_of

CLASSES = {f"train/{kind}/{i}.jpg": f"{kind} {i}".encode() for kind in ("cat", "dog") for i in range(40)}
SOURCE = CLASSES | {"README.md": b"#", "train/labels.csv": b"l"}


def keys(builder: PackageBuilder) -> list[str]:
    return list(builder.build_manifest().as_package(allow_local_manifest=True, allow_local_files=True).keys())


def place(key: str, seed: str = "0") -> float:
    """Where a key stands between 0 and 1, by the recipe that the engine documents."""
    return int.from_bytes(hashlib.sha256(seed.encode() + b"\0" + key.encode()).digest()[:8], "big") / 2**64


@pytest.fixture
def pkg(registry: str) -> Package:
    return publish(files=SOURCE)


SELECTIONS: list[Callable[[Package], PackageBuilder]] = [
    lambda pkg: pkg.filter(lambda entry: entry.logical_key.startswith("train/cat/")),
    lambda pkg: pkg.sample(n=10),
    lambda pkg: pkg.sample(fraction=0.3, by="train/"),
    lambda pkg: pkg.split({"train": 0.7, "test": 0.3})["test"],
]


@pytest.mark.parametrize("select", SELECTIONS)
def test_no_data_is_read_or_copied(select: Callable[[Package], PackageBuilder], pkg: Package) -> None:
    places = {entry.logical_key: entry.physical_key for entry in pkg}
    for url in set(places.values()):
        place_of(url).unlink()
    selected = select(Package(NAME)).build_manifest().as_package(allow_local_manifest=True)
    assert 0 < len(selected) < len(pkg)
    assert {entry.logical_key: entry.physical_key for entry in selected}.items() <= places.items()
    assert set(selected) <= set(pkg)


@pytest.mark.parametrize("select", SELECTIONS)
def test_publishing_a_selection_reads_no_object(select: Callable[[Package], PackageBuilder], proxy: S3Proxy) -> None:
    pkg = publish(files=SOURCE)
    proxy.clear()
    selected = select(Package(NAME)).push()
    assert [record for record in proxy.requests if record.method != "HEAD" and "/objects/" in record.path] == []
    assert {entry.logical_key: entry.get_bytes() for entry in selected}.items() <= SOURCE.items()
    assert {entry.physical_key for entry in selected} <= {entry.physical_key for entry in pkg}


def test_a_filter_sees_entries_with_their_size_and_metadata(folder_registry: str) -> None:
    pkg = publish(files={"a": b"1", "b": b"22", "c": b"333"}).as_package_builder().set_meta("a", {"keep": True}).push()
    assert keys(pkg.filter(lambda entry: entry.size > 1 or entry.metadata.get("keep"))) == ["a", "b", "c"]
    assert keys(pkg.filter(lambda entry: entry.metadata.get("keep"))) == ["a"]
    assert keys(pkg.filter(lambda entry: False)) == []
    with pytest.raises(ZeroDivisionError):
        pkg.filter(lambda entry: 1 / 0)


def test_a_sample_is_of_the_size_that_was_asked_for(folder_registry: str) -> None:
    pkg = publish(files=SOURCE)
    for n in (0, 1, 7, len(SOURCE), 10**9):
        assert len(keys(pkg.sample(n=n))) == min(n, len(SOURCE))
    assert keys(pkg.sample(fraction=0)) == []
    assert len(keys(pkg.sample(fraction=1))) == len(SOURCE)
    assert keys(pkg.sample(fraction=0.25)) == [key for key in sorted(SOURCE) if place(key) < 0.25]
    assert keys(pkg.sample(5)) == sorted(sorted(SOURCE, key=place)[:5])


def test_seeds_decide_and_repeat(folder_registry: str) -> None:
    pkg = publish(files=SOURCE)
    assert keys(pkg.sample(n=10, seed=1)) == keys(pkg.sample(n=10, seed="1")) != keys(pkg.sample(n=10, seed=2))
    assert keys(pkg.sample(n=10)) == keys(pkg.sample(n=10, seed=0))
    one, two = (pkg.split({"a": 1, "b": 1}, seed=seed) for seed in (1, 2))
    assert keys(one["a"]) == keys(pkg.split({"a": 0.5, "b": 0.5}, seed=1)["a"]) != keys(two["a"])


def test_by_takes_from_each_folder_on_its_own(folder_registry: str) -> None:
    pkg = publish(files=SOURCE)
    chosen = keys(pkg.sample(n=3, by="train/"))
    assert [sum(key.startswith(f"train/{kind}/") for key in chosen) for kind in ("cat", "dog")] == [3, 3]
    assert "train/labels.csv" in chosen and "README.md" not in chosen
    assert keys(pkg.sample(n=3, by="train")) == chosen
    assert len(keys(pkg.sample(n=3, by=""))) == 1 + 3


def test_a_split_has_every_entry_once_in_about_its_share(pkg: Package) -> None:
    parts = pkg.split({"train": 7, "test": 2, "rest": 1})
    assert list(parts) == ["train", "test", "rest"]
    found = {name: keys(builder) for name, builder in parts.items()}
    assert sorted(key for part in found.values() for key in part) == sorted(SOURCE)
    assert len(found["train"]) > len(found["test"]) > 0


def test_metadata_of_entries_and_folders_comes_along_and_that_of_the_package_does_not(registry: str) -> None:
    builder = publish(files=SOURCE, meta={"all": 1}).as_package_builder()
    pkg = (
        builder.set_meta("train/cat/1.jpg", {"m": 1})
        .set_meta("train/cat/", {"c": 1})
        .set_meta("train/dog/", {"d": 1})
        .push()
    )
    cats = pkg.filter(lambda entry: "/cat/" in entry.logical_key).push(message="cats")
    assert (cats.get_metadata("train/cat/1.jpg"), cats.get_metadata("train/cat/")) == ({"m": 1}, {"c": 1})
    assert cats.metadata == {}
    assert cats.message == "cats"
    assert not any(key.startswith("train/dog") for key in list(cats.keys()))


def test_a_selection_is_published_where_its_source_is_and_reads(pkg: Package, registry: str) -> None:
    sampled = pkg.sample(n=4)
    assert (sampled.name, sampled.registry) == (pkg.name, registry)
    published = PackageBuilder("team/sample").add(sampled.push()).push(copy=False)
    assert {entry.logical_key: entry.get_bytes() for entry in published}.items() <= SOURCE.items()
    by_hand = PackageBuilder("team/by-hand")
    for entry in published:
        by_hand.add(pkg.filter(lambda e, key=entry.logical_key: e.logical_key == key).push_manifest())
    assert by_hand.push().hash == published.hash


SENSELESS: list[Callable[[Package], Any]] = [
    lambda pkg: pkg.sample(),
    lambda pkg: pkg.sample(n=1, fraction=0.5),
    lambda pkg: pkg.sample(n=-1),
    lambda pkg: pkg.sample(fraction=-0.1),
    lambda pkg: pkg.sample(fraction=1.1),
    lambda pkg: pkg.sample(fraction=float("nan")),
    lambda pkg: pkg.split({}),
    lambda pkg: pkg.split({"a": 0}),
    lambda pkg: pkg.split({"a": -1, "b": 2}),
    lambda pkg: pkg.split({"a": float("inf")}),
    lambda pkg: pkg.split({"a": float("nan")}),
]


@pytest.mark.parametrize("call", SENSELESS)
def test_options_that_make_no_sense_are_value_errors(call: Callable[[Package], Any], folder_registry: str) -> None:
    with pytest.raises(ValueError):
        call(publish(files={"a": b""}))


MISTYPED: list[Callable[[Any], Any]] = [
    lambda pkg: pkg.sample(n="3"),
    lambda pkg: pkg.sample(n=1.5),
    lambda pkg: pkg.sample(fraction="0.5"),
    lambda pkg: pkg.sample(n=1, by=7),
    lambda pkg: pkg.split(["a", "b"]),
    lambda pkg: pkg.split({"a": "1"}),
    lambda pkg: pkg.split({7: 1.0}),
    lambda pkg: pkg.filter(None),
    lambda pkg: pkg.sample(n=1, seed=None),
    lambda pkg: pkg.sample(n=1, seed=0.5),
]


@pytest.mark.parametrize("call", MISTYPED)
def test_wrong_types_are_type_errors(call: Callable[[Any], Any], folder_registry: str) -> None:
    with pytest.raises(TypeError):
        call(publish(files={"a": b""}))


def test_a_folder_that_is_not_there_is_not_found(folder_registry: str) -> None:
    with pytest.raises(FileNotFoundError, match="nope"):
        publish(files=SOURCE).sample(n=1, by="nope/")


def test_a_large_package_is_sampled(folder_registry: str) -> None:
    pkg = publish(files={"x": b""})
    row = place_of(pkg.manifest).read_text().splitlines()[1]
    header = '{"version": "v0", "message": null}'
    large = put_manifest(
        folder_registry, "team/large", [header, *(row.replace('"x"', f'"{i:06}"', 1) for i in range(100_000))]
    )
    assert len(large) == 100_000
    assert len(large.sample(n=1000).push_manifest()) == 1000
    parts = large.split({"train": 0.8, "test": 0.2})
    assert 79_000 < len(parts["train"].push_manifest()) < 81_000


PATHS = st.lists(st.text("abü/ ", min_size=1, max_size=6), min_size=1, max_size=12, unique=True)


def as_keys(paths: list[str]) -> list[str]:
    """Keys that can stand side by side: each below a folder of its own length."""
    return sorted({f"{len(path)}/{path.replace('/', '_')}" for path in paths})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=PATHS, added=PATHS, seed=st.integers(0, 5))
def test_what_is_added_later_moves_nothing(
    before: list[str], added: list[str], seed: int, folder_registry: str
) -> None:
    old = publish(files=dict.fromkeys(as_keys(before), b""))
    new = publish(files=dict.fromkeys(as_keys(before + added), b""))
    shares = {"train": 0.6, "test": 0.4}
    then, now = (pkg.split(shares, seed=seed) for pkg in (old, new))
    for name in shares:
        assert set(keys(then[name])) <= set(keys(now[name]))
    assert set(keys(old.sample(fraction=0.5, seed=seed))) == set(keys(new.sample(fraction=0.5, seed=seed))) & set(
        old.keys()
    )
    few = keys(new.sample(n=3, seed=seed))
    assert set(few) & set(old.keys()) <= set(keys(old.sample(n=3, seed=seed)))
