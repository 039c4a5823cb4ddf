"""`unio://`: packages as those see them who use fsspec. The libraries on top of it are in test_fs_libraries.py."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pyarrow
import pyarrow.parquet
import pytest
import unio
from fs_scenes import protocol, push
from fsspec.implementations.local import LocalFileSystem
from s3_proxy import Fault, S3Proxy
from unio.fs import BLOCK_SIZE, WHOLE_UP_TO, UnioFileSystem

__all__ = ["protocol"]

FILES = {
    "labels.csv": b"name,size\ncat,4\ndog,6\n",
    "cats/1.txt": b"first cat",
    "cats/2.txt": b"second cat",
    "cats/tabby/3.txt": b"third cat",
    "dogs/1.txt": b"first dog",
    "empty": b"",
}


@pytest.fixture
def photos(work: Path, registry: str) -> unio.Package:
    return push(work, FILES)


@pytest.fixture
def fs(photos: unio.Package) -> UnioFileSystem:
    return UnioFileSystem()


def some_bytes(size: int) -> bytes:
    return os.urandom(2**16) * (size // 2**16 + 1)


# What a path means.


@pytest.mark.parametrize("reference", ["team/photos", "team/photos:v1", "team/photos:latest", "team/photos@{hash}"])
def test_a_path_is_a_reference_and_a_key(photos: unio.Package, reference: str) -> None:
    url = f"unio://{reference.format(hash=photos.hash[:9])}/cats/1.txt"
    with fsspec.open(url) as file:
        assert file.read() == b"first cat"


def test_a_name_of_one_segment_needs_its_version(work: Path, folder_registry: str) -> None:
    push(work, {"a/b.txt": b"b"}, name="dataset")
    fs = UnioFileSystem()
    assert fs.cat_file("unio://dataset:v1/a/b.txt") == fs.cat_file("dataset:latest/a/b.txt") == b"b"
    with pytest.raises(FileNotFoundError, match="no package 'dataset/a'"):
        fs.cat_file("unio://dataset/a/b.txt")
    with pytest.raises(FileNotFoundError, match=r"'unio://dataset' names no package .*unio://dataset:latest"):
        fs.info("unio://dataset")


def test_a_remote_stands_before_the_name(work: Path, folder_registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    push(work, {"a.txt": b"a", "b:c": b"b"})
    push(work, {"a.txt": b"one segment"}, name="dataset")
    config = Path(os.environ["HOME"]) / ".config/unio/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[remotes]\nlab = "{folder_registry}"\n')
    monkeypatch.setenv("UNIO_REGISTRY", str(work / "another"))
    fs = UnioFileSystem()
    assert fs.cat_file("unio://lab/team/photos:v1/a.txt") == b"a"
    assert fs.cat_file("unio://lab/team/photos:latest/b:c") == b"b"
    assert fs.cat_file("unio://lab/dataset/a.txt") == b"one segment"
    assert UnioFileSystem(registry="lab").cat_file("unio://team/photos/a.txt") == b"a"


def test_a_key_may_look_like_a_version(work: Path, folder_registry: str) -> None:
    push(work, files := {"12:30.csv": b"noon", "icon@2x.png": b"icon", "a@abcdef": b"hex"})
    fs = UnioFileSystem()
    assert fs.cat(fs.ls("team/photos", detail=False)) == {f"team/photos/{key}": files[key] for key in files}


@pytest.mark.parametrize("place", [str, Path])
def test_the_registry_is_an_option(work: Path, folder_registry: str, place: Callable[[str], Any]) -> None:
    push(work, FILES)
    elsewhere = place(str(work / "elsewhere"))
    builder = unio.PackageBuilder("team/photos", registry=elsewhere).add("", work / "team/photos/cats")
    builder.push()
    with fsspec.open("unio://team/photos/1.txt", registry=elsewhere) as file:
        assert file.read() == b"first cat"
    assert not UnioFileSystem().exists("team/photos/1.txt")


# Looking.


def test_info_tells_what_the_manifest_knows(work: Path, registry: str) -> None:
    push(work, {"cats/1.txt": b"first cat"})
    builder = unio.Package("team/photos").as_package_builder().set_meta("cats/1.txt", {"age": 3})
    entry = builder.push().get_entry("cats/1.txt")
    fs = UnioFileSystem()
    assert fs.info("unio://team/photos/cats/1.txt") == {
        "name": "team/photos/cats/1.txt",
        "size": 9,
        "type": "file",
        "logical_key": "cats/1.txt",
        "digest": entry.hash,
        "digest_type": "sha2-256-chunked",
        "metadata": {"age": 3},
    }
    folder = {"name": "team/photos/cats", "size": 0, "type": "directory", "logical_key": "cats/"}
    assert fs.info("team/photos/cats/") == fs.ls("team/photos")[0] == folder
    assert fs.info("team/photos") == {"name": "team/photos", "size": 0, "type": "directory", "logical_key": ""}


def test_the_metadata_of_an_entry_is_json(fs: UnioFileSystem) -> None:
    assert json.loads(json.dumps(fs.find("team/photos", detail=True)))


def test_ls_shows_one_folder(fs: UnioFileSystem) -> None:
    names = [item["name"] for item in fs.ls("unio://team/photos:v1")]
    assert sorted(names) == [f"team/photos:v1/{key}" for key in ("cats", "dogs", "empty", "labels.csv")]
    assert fs.ls("team/photos:v1/cats", detail=False) == [
        "team/photos:v1/cats/1.txt",
        "team/photos:v1/cats/2.txt",
        "team/photos:v1/cats/tabby",
    ]
    assert fs.ls("team/photos:v1/labels.csv") == [fs.info("team/photos:v1/labels.csv")]


@pytest.mark.parametrize("root", ["", "/cats", "/cats/1.txt", "/nothing"])
@pytest.mark.parametrize("maxdepth", [None, 1, 2])
@pytest.mark.parametrize("withdirs", [False, True])
def test_find_is_that_of_a_local_folder(
    work: Path, folder_registry: str, root: str, maxdepth: int | None, withdirs: bool
) -> None:
    push(work, FILES)
    local = LocalFileSystem().find(f"{work}/team/photos{root}", maxdepth=maxdepth, withdirs=withdirs)
    found = UnioFileSystem().find(f"team/photos{root}", maxdepth=maxdepth, withdirs=withdirs)
    assert found == [path.removeprefix(f"{work}/") for path in local]


def test_find_tells_what_info_tells(fs: UnioFileSystem) -> None:
    found = fs.find("team/photos/cats", withdirs=True, detail=True)
    assert found == {path: fs.info(path) for path in fs.find("team/photos/cats", withdirs=True)}
    assert len(found) == 5


@pytest.mark.parametrize("pattern", ["*", "*/", "**", "cats/*.txt", "*/1.txt", "c?ts/[12].txt", "**/3.txt", "no*"])
def test_glob_is_that_of_a_local_folder(work: Path, folder_registry: str, pattern: str) -> None:
    push(work, FILES)
    local = LocalFileSystem().glob(f"{work}/team/photos/{pattern}")
    found = UnioFileSystem().glob(f"unio://team/photos/{pattern}")
    assert [path.rstrip("/") for path in found] == [path.removeprefix(f"{work}/").rstrip("/") for path in local]


def test_walk_goes_through_all_folders(fs: UnioFileSystem) -> None:
    assert list(fs.walk("team/photos")) == [
        ("team/photos", ["cats", "dogs"], ["empty", "labels.csv"]),
        ("team/photos/cats", ["tabby"], ["1.txt", "2.txt"]),
        ("team/photos/cats/tabby", [], ["3.txt"]),
        ("team/photos/dogs", [], ["1.txt"]),
    ]


def test_exists_isdir_and_isfile_agree(fs: UnioFileSystem) -> None:
    def kind(path: str) -> tuple[bool, bool, bool]:
        return fs.exists(path), fs.isdir(path), fs.isfile(path)

    assert kind("team/photos") == kind("team/photos/cats") == kind("unio://team/photos:v1/") == (True, True, False)
    assert kind("team/photos/cats/1.txt") == (True, False, True)
    assert kind("team/photos/ca") == kind("team/photos:v2/cats") == kind("team") == (False, False, False)


def test_a_store_that_refuses_is_not_taken_for_an_absence(home: Path, proxy: S3Proxy) -> None:
    proxy.fault(Fault.STATUS_403)
    fs = UnioFileSystem()
    for ask in (fs.exists, fs.isdir, fs.isfile, fs.find, fs.glob):
        with pytest.raises(PermissionError):
            ask("team/photos/cats/1.txt")


def test_the_time_of_a_file_is_that_of_its_revision(work: Path, registry: str) -> None:
    first = push(work, {"a.txt": b"one"}, tag="v1")
    push(work, {"a.txt": b"two"}, tag="v2")
    times = {revision.hash: revision.time for revision in unio.revisions(first)}
    fs = UnioFileSystem()
    assert fs.modified("team/photos:v1/a.txt") == times[first.hash] < fs.modified("team/photos/a.txt")
    with pytest.raises(NotImplementedError, match=r"a manifest does not tell when 'team/photos/a\.txt' was made"):
        fs.created("team/photos/a.txt")


def test_the_key_of_a_content_is_its_digest(work: Path, registry: str) -> None:
    first = push(work, {"a.txt": b"same", "b.txt": b"one"})
    second = push(work, {"b.txt": b"two"}, tag="v2")
    fs = UnioFileSystem()
    assert fs.ukey("team/photos:v1/a.txt") == fs.ukey("team/photos:v2/a.txt")
    assert fs.ukey("team/photos:v1/a.txt") == f"sha2-256-chunked:{first.get_entry('a.txt').hash}"
    assert fs.checksum("team/photos:v1/a.txt") == fs.checksum("team/photos:v2/a.txt")
    for ask in (fs.ukey, fs.checksum):
        assert ask("team/photos:v1/b.txt") != ask("team/photos:v2/b.txt")
        assert ask("team/photos:v1") != ask("team/photos:v2") == ask(f"team/photos@{second.hash}")


@pytest.mark.parametrize("name", ["cat_file", "open", "info", "ls"])
def test_what_is_missing_is_named(fs: UnioFileSystem, name: str) -> None:
    ask = getattr(fs, name)
    with pytest.raises(FileNotFoundError, match=r"package 'team/photos' has no 'cats/4\.txt'"):
        ask("team/photos/cats/4.txt")
    with pytest.raises(FileNotFoundError, match="no package 'team/fotos'"):
        ask("team/fotos/cats/1.txt")
    with pytest.raises(FileNotFoundError, match=r"'team/photos' in '.*' has no tag 'v7'"):
        ask("team/photos:v7/cats/1.txt")


def test_a_package_that_is_missing_is_no_empty_folder(fs: UnioFileSystem) -> None:
    for ask in (fs.find, fs.glob):
        with pytest.raises(FileNotFoundError, match="no package 'team/fotos'"):
            ask("team/fotos/*.csv")


# Which revision.


def test_a_package_stays_what_it_was_until_the_cache_is_invalidated(work: Path, registry: str) -> None:
    push(work, {"a.txt": b"one"})
    fs = UnioFileSystem()
    assert fs.cat_file("team/photos/a.txt") == fs.cat_file("team/photos:v1/a.txt") == b"one"
    opened = fs.open("team/photos/a.txt")
    push(work, {"a.txt": b"two"})
    assert fs.cat_file("team/photos/a.txt") == fs.cat_file("team/photos:v1/a.txt") == b"one"
    fs.invalidate_cache()
    assert fs.cat_file("team/photos/a.txt") == fs.cat_file("team/photos:v1/a.txt") == b"two"
    assert opened.read() == b"one"


def cat_in_a_worker(pickled: bytes, **environment: str) -> bytes:
    """What a process on another machine reads from a pickled file, or as a.txt of team/photos."""
    program = """if True:
        import pickle, sys
        there = pickle.load(sys.stdin.buffer)
        sys.stdout.buffer.write(there.read() if hasattr(there, "read") else there.cat_file("team/photos/a.txt"))
    """
    command = [sys.executable, "-c", program]
    kept = {name: value for name, value in os.environ.items() if name != "UNIO_REGISTRY"}
    return subprocess.run(command, input=pickled, env=kept | environment, check=True, capture_output=True).stdout


def test_a_pickle_takes_its_revisions_along(work: Path, registry: str) -> None:
    push(work, {"a.txt": b"one"})
    fs = UnioFileSystem()
    unused = pickle.dumps(fs)
    fs.exists("team/photos/a.txt")
    used = pickle.dumps(fs)
    file = fs.open("team/photos/a.txt")
    file.seek(1)
    opened = pickle.dumps(file)
    push(work, {"a.txt": b"two"})
    assert cat_in_a_worker(unused, UNIO_REGISTRY=registry) == b"two"
    assert cat_in_a_worker(used) == b"one"  # although the worker is not set up as the driver is
    assert cat_in_a_worker(opened) == b"ne"


def test_all_pickles_of_the_same_revisions_are_one_instance(work: Path, folder_registry: str) -> None:
    push(work, {"a.txt": b"one"})
    fs = UnioFileSystem()
    assert pickle.loads(pickle.dumps(fs)) is fs
    fs.exists("team/photos/a.txt")
    there = pickle.loads(pickle.dumps(fs))
    assert pickle.loads(pickle.dumps(fs)) is pickle.loads(pickle.dumps(there)) is there


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_read_the_same(work: Path, registry: str, method: str) -> None:
    push(work, {f"{number}.txt": b"%d" % number for number in range(20)})
    fs = UnioFileSystem()
    paths = fs.ls("team/photos", detail=False)
    assert fs.cat_file(paths[0]) == b"0"
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(fs.cat_file, paths) == [fs.cat_file(path) for path in paths]
    assert sorted(map(int, fs.cat(paths).values())) == list(range(20))


# Reading.


@pytest.mark.parametrize("size", [0, 1, 1000, WHOLE_UP_TO, WHOLE_UP_TO + 1, WHOLE_UP_TO + 3 * BLOCK_SIZE])
def test_any_part_of_a_file_can_be_read(work: Path, registry: str, size: int) -> None:
    content = some_bytes(size)[:size]
    push(work, {"data.bin": content})
    fs = UnioFileSystem()
    with fs.open("team/photos/data.bin") as file:
        for place in (size // 2, 0, max(0, size - 100), size // 3):
            assert file.seek(place) == place
            assert file.read(200) == content[place : place + 200]
        file.seek(0)
        assert b"".join(iter(lambda: file.read(2**20), b"")) == content
    for start, end in [(None, None), (0, 10), (-10, None), (None, -10), (size // 2, size + 10), (5, 2)]:
        assert fs.cat_file("team/photos/data.bin", start, end) == content[start:end]
    ranges = fs.cat_ranges(["team/photos/data.bin"] * 2, [0, size // 2], [10, size])
    assert ranges == [content[:10], content[size // 2 :]]


def test_text_is_decoded_and_unpacked(work: Path, registry: str) -> None:
    import gzip

    push(work, {"a.txt": "gr\u00fcn\n".encode(), "a.txt.gz": gzip.compress(b"packed")})
    with fsspec.open("unio://team/photos/a.txt", "rt", encoding="utf-8") as file:
        assert file.read() == "gr\u00fcn\n"
    with fsspec.open("unio://team/photos/a.txt.gz", "rt", compression="infer") as file:
        assert file.read() == "packed"


@pytest.mark.parametrize("size", [1000, WHOLE_UP_TO + 1])
def test_what_is_read_whole_is_checked(work: Path, folder_registry: str, size: int) -> None:
    package = push(work, {"data.bin": some_bytes(size)[:size]})
    stored = Path(package.get_entry("data.bin").physical_key.removeprefix("file://"))
    stored.chmod(0o600)
    stored.write_bytes(bytes(size))
    fs = UnioFileSystem()
    with pytest.raises(unio.CorruptionError, match=r"data\.bin"):
        fs.cat_file("team/photos/data.bin")
    with pytest.raises(unio.CorruptionError, match=r"data\.bin"):
        fs.open("team/photos/data.bin").read()


def test_an_entry_is_asked_for_once(work: Path, proxy: S3Proxy) -> None:
    push(work, {"data.bin": bytes(range(256)) * 1000})
    unio.Package("team/photos").clear_cache()
    object_path = unio.Package("team/photos").get_entry("data.bin").physical_key.removeprefix("s3:/")
    for _ in range(2):
        UnioFileSystem.clear_instance_cache()
        assert len(UnioFileSystem().open("team/photos/data.bin").read(10)) == 10
    assert [record.operation for record in proxy.requests if record.path == object_path].count("GetObject") == 1


def test_the_footer_of_a_large_table_is_read_without_the_rest(work: Path, proxy: S3Proxy) -> None:
    rows = 2_000_000
    columns = {name: pyarrow.array(memoryview(os.urandom(8 * rows)).cast("d")) for name in "abcd"}
    (work / "team/photos").mkdir(parents=True)
    pyarrow.parquet.write_table(
        pyarrow.table(columns | {"z": pyarrow.array(range(rows))}),
        work / "team/photos/table.parquet",
        use_dictionary=False,
    )
    size = (work / "team/photos/table.parquet").stat().st_size
    package = unio.PackageBuilder("team/photos").add("", work / "team/photos").push()
    package.clear_cache()
    place = package.get_entry("table.parquet").physical_key.removeprefix("s3:/")
    assert size > 50 * 2**20
    before = proxy.response_bytes(place)
    with fsspec.open("unio://team/photos/table.parquet") as file:
        assert pyarrow.parquet.ParquetFile(file).metadata.num_rows == rows
    assert proxy.response_bytes(place) - before < 2**20


# Writing.


@pytest.mark.parametrize(
    "write",
    [
        lambda fs, path: fs.open(path, "wb"),
        lambda fs, path: fs.open(path, "a"),
        lambda fs, path: fs.pipe(path, b""),
        lambda fs, path: fs.touch(path),
        lambda fs, path: fs.write_text(path, ""),
        lambda fs, path: fs.put(__file__, path),
        lambda fs, path: fs.rm(path),
        lambda fs, path: fs.copy(path, path + "2"),
        lambda fs, path: fs.mv(path, path + "2"),
        lambda fs, path: fs.mkdir(path + "2"),
        lambda fs, path: fs.makedirs(path + "2"),
        lambda fs, path: fs.rmdir(path),
    ],
)
def test_writing_names_what_writes(
    work: Path, folder_registry: str, write: Callable[[UnioFileSystem, str], object]
) -> None:
    push(work, FILES)
    with pytest.raises(unio.UnsupportedError, match=r"for reading only .*PackageBuilder.*push_data_and_manifest"):
        write(UnioFileSystem(), "team/photos/labels.csv")
    assert UnioFileSystem().cat_file("team/photos/labels.csv") == FILES["labels.csv"]
