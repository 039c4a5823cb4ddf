"""Small entries of a bucket that a program reads one after the other are asked for several at once."""

from __future__ import annotations

import threading

import pytest
import unio
from python_scenes import NAME, publish
from s3_proxy import S3Proxy
from unio import Package

from model import place_of

FILES = {f"{number:03}.bin": f"content {number}".encode() for number in range(100)}
KEYS = list(FILES)


@pytest.fixture
def pkg(proxy: S3Proxy) -> Package:
    publish(files=FILES)
    package = Package(NAME)
    assert list(package.keys()) == KEYS
    proxy.clear()
    return package


def objects_asked_for(proxy: S3Proxy) -> list[str]:
    return [record.path for record in proxy.requests if ".unio/objects/" in record.path]


def test_a_loop_over_all_entries_asks_once_for_each(pkg: Package, proxy: S3Proxy) -> None:
    assert {key: pkg.get_bytes(key) for key in KEYS} == FILES
    asked = objects_asked_for(proxy)
    assert len(asked) == len(set(asked)) == len(KEYS)


def test_after_some_in_a_row_the_next_are_there_without_a_request(pkg: Package, proxy: S3Proxy) -> None:
    for key in KEYS[:5]:
        pkg.get_bytes(key)
    assert len(objects_asked_for(proxy)) == 8
    assert [pkg.get_bytes(key) for key in KEYS[5:8]] == [FILES[key] for key in KEYS[5:8]]
    assert len(objects_asked_for(proxy)) == 8


@pytest.mark.parametrize("keys", [KEYS[::2], KEYS[::-1], KEYS[:4], [*KEYS[10:14], *KEYS[20:24], *KEYS[:4]]])
def test_who_does_not_read_in_order_gets_what_he_asks_for(pkg: Package, proxy: S3Proxy, keys: list[str]) -> None:
    assert [pkg.get_bytes(key) for key in keys] == [FILES[key] for key in keys]
    assert len(objects_asked_for(proxy)) == len(keys)


def test_entries_in_the_cache_are_not_asked_for_ahead(pkg: Package, proxy: S3Proxy) -> None:
    pkg.get_many(KEYS[4:90])
    proxy.clear()
    assert [pkg.get_bytes(key) for key in KEYS] == list(FILES.values())
    assert len(objects_asked_for(proxy)) == 14


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_what_is_wrong_ahead_fails_when_it_is_read_and_not_before(pkg: Package, damage: str) -> None:
    place = place_of(pkg[KEYS[6]].physical_key)
    if damage == "missing":
        place.unlink()
    else:
        place.chmod(0o600)
        place.write_bytes(b"c0ntent 6")
    assert [pkg.get_bytes(key) for key in KEYS[:6]] == [FILES[key] for key in KEYS[:6]]
    with pytest.raises((FileNotFoundError, unio.CorruptionError), match=KEYS[6]):
        pkg.get_bytes(KEYS[6])
    assert [pkg.get_bytes(key) for key in KEYS[7:]] == [FILES[key] for key in KEYS[7:]]


def test_threads_that_read_the_same_package_in_order_all_get_it_right(pkg: Package) -> None:
    seen: dict[int, list[bytes]] = {}

    def read(number: int) -> None:
        seen[number] = [pkg.get_bytes(key) for key in KEYS]

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(seen.values()) == [list(FILES.values())] * 4
