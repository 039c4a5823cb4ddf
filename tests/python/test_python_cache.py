"""The cache, as reads through Python fill and use it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import unio
from python_scenes import FILES, NAME, publish, run_python
from s3_proxy import S3Proxy
from unio import Package

from model import place_of


def cached_files(home: Path) -> list[Path]:
    return sorted(path for path in (home / ".cache/unio").rglob("*") if path.is_file() and path.stat().st_size > 0)


def objects_asked_for(proxy: S3Proxy) -> list[str]:
    return [record.path for record in proxy.requests if ".unio/objects/" in record.path]


READS: list[Callable[[Package], bytes]] = [
    lambda pkg: pkg.get_bytes("a.txt"),
    lambda pkg: pkg["a.txt"].get_bytes(),
    lambda pkg: pkg.get_many(["a.txt"])[0],
    lambda pkg: next(entry.get_bytes() for entry in pkg if entry.logical_key == "a.txt"),
]


@pytest.mark.parametrize("second", READS)
@pytest.mark.parametrize("first", READS)
def test_what_was_read_once_makes_no_request(
    first: Callable[[Package], bytes], second: Callable[[Package], bytes], proxy: S3Proxy
) -> None:
    publish()
    pkg = Package(NAME)
    assert first(pkg) == b"one"
    assert len(objects_asked_for(proxy)) >= 1
    proxy.clear()
    assert second(pkg) == b"one"
    assert objects_asked_for(proxy) == []


def test_a_published_package_is_read_again_without_any_request(proxy: S3Proxy) -> None:
    pkg = publish()
    keys = list(pkg.keys())
    pkg.get_many(keys)
    proxy.clear()
    assert [pkg.get_bytes(key) for key in keys] == pkg.get_many(keys) == [FILES[key] for key in keys]
    assert proxy.requests == []


def test_other_processes_find_what_was_read(bucket_registry: str) -> None:
    pkg = publish()
    pkg.get_bytes("a.txt")
    place_of(pkg["a.txt"].physical_key).unlink()
    assert run_python(f"import unio; print(unio.Package({NAME!r}).get_bytes('a.txt'))").stdout == "b'one'\n"


def test_a_damaged_copy_is_dropped_and_fetched_again(proxy: S3Proxy, home: Path) -> None:
    publish()
    pkg = Package(NAME)
    pkg.get_bytes("a.txt")
    for file in cached_files(home):
        content = file.read_bytes()
        file.chmod(0o600)
        file.write_bytes(content.replace(b"one", b"0ne"))
    proxy.clear()
    assert pkg.get_bytes("a.txt") == b"one"
    assert len(objects_asked_for(proxy)) == 1
    proxy.clear()
    assert pkg.get_many(["a.txt"]) == [b"one"]
    assert objects_asked_for(proxy) == []


def test_a_copy_cut_short_is_fetched_again(proxy: S3Proxy, home: Path) -> None:
    publish()
    pkg = Package(NAME)
    pkg.get_bytes("a.txt")
    for file in cached_files(home):
        file.chmod(0o600)
        os.truncate(file, 2)
    assert pkg.get_bytes("a.txt") == b"one"


def test_cache_keeps_an_entry_a_folder_or_all_until_it_is_cleared(proxy: S3Proxy) -> None:
    publish()
    for key, kept in (("a.txt", ["a.txt"]), ("dir/", ["dir/b.txt", "dir/c.txt"]), ("", list(FILES))):
        pkg = Package(NAME)
        pkg.cache(key)
        proxy.clear()
        assert pkg.get_many(kept) == [FILES[name] for name in kept]
        assert objects_asked_for(proxy) == []
        pkg.clear_cache()
        assert pkg.get_many(kept) == [FILES[name] for name in kept]
        assert len(objects_asked_for(proxy)) == len(kept)
        pkg.clear_cache()


def test_what_is_pinned_stays_when_space_is_needed(bucket_registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIO_CACHE_SIZE", "4MiB")
    files = {f"{i}.bin": bytes([i]) * 400_000 for i in range(20)}
    pkg = publish(files=files)
    pkg.cache("0.bin")
    for key in files:
        pkg.get_bytes(key)
    place_of(pkg["0.bin"].physical_key).unlink()
    place_of(pkg["1.bin"].physical_key).unlink()
    assert pkg.get_bytes("0.bin") == files["0.bin"]
    with pytest.raises(FileNotFoundError):
        pkg.get_bytes("1.bin")


def test_entries_of_a_folder_are_cached_only_on_request(folder_registry: str, home: Path) -> None:
    pkg = publish()
    pkg.get_bytes("a.txt")
    assert cached_files(home) == []
    pkg.cache("a.txt")
    place_of(pkg["a.txt"].physical_key).unlink()
    assert pkg.get_bytes("a.txt") == pkg.get_many(["a.txt"])[0] == b"one"
    pkg.clear_cache()
    with pytest.raises(FileNotFoundError):
        pkg.get_bytes("a.txt")


def test_what_another_package_uses_stays(bucket_registry: str) -> None:
    pkg, other = publish(files={"shared": b"shared", "own": b"own"}), publish("other/data", {"copy": b"shared"})
    pkg.cache()
    other.cache()
    pkg.clear_cache()
    for entry in (pkg["shared"], pkg["own"]):
        place_of(entry.physical_key).unlink()
    assert other.get_bytes("copy") == b"shared"
    with pytest.raises(FileNotFoundError):
        pkg.get_bytes("own")


@pytest.mark.parametrize("place", ["/proc/no/such/folder", "/dev/null"])
def test_reads_work_where_the_cache_cannot_be_written(
    place: str, bucket_registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    pkg = Package(NAME)
    for _ in range(2):
        assert pkg.get_bytes("a.txt") == pkg.get_many(["a.txt"])[0] == b"one"


def test_threads_that_read_at_once_all_get_the_right_bytes(registry: str) -> None:
    files = {f"{i:03}.bin": os.urandom(i * 37) for i in range(60)} | {"large.bin": os.urandom(9 << 20)}
    publish(files=files)
    pkg = Package(NAME)
    wrong: list[object] = []

    def read(number: int) -> None:
        try:
            keys = list(files)[number:] + list(files)[:number]
            wrong.extend(key for key in keys if pkg.get_bytes(key) != files[key])
            wrong.extend(key for key, content in zip(keys, pkg.get_many(keys), strict=True) if content != files[key])
        except BaseException as error:  # handed to the test's own thread below
            wrong.append(error)

    threads = [threading.Thread(target=read, args=(number * 7,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_cache_may_be_removed_while_it_is_used(bucket_registry: str, home: Path) -> None:
    pkg = publish()
    for key in FILES:
        pkg.get_bytes(key)
        for file in cached_files(home):
            file.unlink()
    assert pkg.get_many(FILES) == list(FILES.values())
    with pytest.raises(unio.NotFoundError):
        pkg.cache("nope")
