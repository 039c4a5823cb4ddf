"""Artifacts in buckets: first copies stand in the layout, duplicates are references that readers resolve."""

from __future__ import annotations

from pathlib import Path

import model

from s3_registry import BucketUnio
from unio_command import read_tree, write_tree

FILES = {"train.txt": b"path,class\n", "sub/test.txt": b"test", "large.bin": bytes(range(256)) * 40_000}


def save(unio: BucketUnio, folder: Path, files: dict[str, bytes], *options: str) -> dict:
    write_tree(folder, files)
    return unio.json("save", *(str(folder / name) for name in files), *options)


def test_an_artifact_goes_through_a_bucket_and_comes_back(unio: BucketUnio, tmp_path: Path) -> None:
    saved = save(unio, tmp_path / "work", FILES)
    assert saved["remote_root"] == f"{unio.registry_url}/{saved['folder']}"
    assert read_tree(unio.registry / saved["folder"] / "files") == FILES
    assert model.check_artifacts(unio.registry) == {saved["artifact_id"]: set(FILES)}
    unio.run("get", saved["artifact_id"][:20], "-o", tmp_path / "got")
    assert read_tree(tmp_path / "got") == FILES
    assert unio.json("show", saved["artifact_id"]) == saved


def test_a_duplicate_is_a_reference_that_downloads_and_urls_resolve(unio: BucketUnio, tmp_path: Path) -> None:
    first = save(unio, tmp_path / "one", FILES)
    second = save(unio, tmp_path / "two", {"copy.bin": FILES["large.bin"], "again.bin": FILES["large.bin"], "new.txt": b"new"})
    assert read_tree(unio.registry / second["folder"] / "files") == {"new.txt": b"new"}
    urls = {file["relpath"]: file["url"] for file in second["files"]}
    original = f"{unio.registry_url}/{first['folder']}/files/large.bin"
    assert urls["copy.bin"] == urls["again.bin"] == original
    unio.run("get", second["artifact_id"], "-o", tmp_path / "got")
    assert read_tree(tmp_path / "got") == {"copy.bin": FILES["large.bin"], "again.bin": FILES["large.bin"], "new.txt": b"new"}
    assert model.check_artifacts(unio.registry).keys() == {first["artifact_id"], second["artifact_id"]}
    third = save(unio, tmp_path / "three", {"x.bin": FILES["large.bin"]}, "--dedup", "off")
    assert read_tree(unio.registry / third["folder"] / "files") == {"x.bin": FILES["large.bin"]}


def test_what_a_package_has_is_referred_to(unio: BucketUnio, tmp_path: Path) -> None:
    write_tree(tmp_path / "data", {"large.bin": FILES["large.bin"]})
    unio.run("init", "team/data", cwd=tmp_path / "data")
    unio.run("add", ".", cwd=tmp_path / "data")
    unio.run("push", "-m", "first", cwd=tmp_path / "data")
    saved = save(unio, tmp_path / "work", {"mine.bin": FILES["large.bin"]})
    assert saved["files"][0]["object"].startswith(".unio/objects/")
    unio.run("get", saved["artifact_id"], "-o", tmp_path / "got")
    assert read_tree(tmp_path / "got") == {"mine.bin": FILES["large.bin"]}


def test_many_processes_save_into_one_bucket(unio: BucketUnio, tmp_path: Path) -> None:
    write_tree(tmp_path / "work", FILES)
    savers = [unio.start("save", "train.txt", "sub/test.txt", cwd=tmp_path / "work") for _ in range(8)]
    assert [saver.wait(timeout=120) for saver in savers] == [0] * 8
    for saver in savers:
        saver.communicate()
    assert len(model.check_artifacts(unio.registry)) == 8
