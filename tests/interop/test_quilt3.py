"""Packages go both ways between Unio and the real quilt3, in one registry that is a folder."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import quilt3

from unio_command import Unio, read_tree, write_tree

MIB = 1024 * 1024

ODD_KEYS = [
    "plain.txt",
    "with space.txt",
    "plus+plus.txt",
    "hash#tag.txt",
    "percent%20.txt",
    "quote'single.txt",
    'quote"double.txt',
    "question?.txt",
    "amp&equals=.txt",
    "back\\slash.txt",
    "tilde~_.-!*'().txt",
    unicodedata.normalize("NFC", "nfc-é.txt"),
    unicodedata.normalize("NFD", "nfd-é.txt"),
    "emoji-😀/日本語.txt",
    "a/z",
    "a-b",
    "a.txt",
    "..hidden/file",
    "\x7fdelete",
    "line\nbreak",
]


def registry_url(unio: Unio) -> str:
    return unio.registry.as_uri()


def pointer(unio: Unio, name: str, which: str = "latest") -> str:
    return (unio.registry / ".quilt/named_packages" / name / which).read_text()


def publish(unio: Unio, folder: Path, name: str = "test/package", *options: str) -> str:
    """Publishes a folder's content with Unio and returns the top hash."""
    unio.run("init", name, cwd=folder)
    unio.run("add", ".", cwd=folder)
    unio.run("push", *options, cwd=folder)
    return pointer(unio, name)


def quilt_build(unio: Unio, folder: Path, name: str = "test/package", **meta: Any) -> quilt3.Package:
    """Builds the same content with quilt3, entry by entry, in the same registry."""
    package = quilt3.Package()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and ".unio" not in p.parts):
        package.set(path.relative_to(folder).as_posix(), str(path))
    if meta:
        package.set_meta(meta)
    package.build(name, registry=registry_url(unio))
    return package


def write_manifest(unio: Unio, rows: list[str], top_hash: str, name: str = "test/package") -> None:
    """Puts a manifest into the registry as another tool would have."""
    packages = unio.registry / ".quilt/packages"
    named = unio.registry / ".quilt/named_packages" / name
    packages.mkdir(parents=True, exist_ok=True)
    named.mkdir(parents=True, exist_ok=True)
    (packages / top_hash).write_text("".join(row + "\n" for row in rows), encoding="utf-8", errors="surrogatepass")
    (named / "latest").write_text(top_hash)
    (named / "1700000000").write_text(top_hash)


def test_equal_content_gives_equal_top_hashes_with_odd_keys(unio: Unio, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_tree(folder, {key: f"content of {key}".encode() for key in ODD_KEYS})
    ours = publish(unio, folder, "test/ours")
    theirs = quilt_build(unio, folder, "test/theirs").top_hash
    assert ours == theirs


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 40 * MIB])
def test_equal_content_gives_equal_top_hashes_at_chunk_borders(unio: Unio, tmp_path: Path, size: int) -> None:
    folder = tmp_path / "data"
    write_tree(folder, {"file.bin": bytes(i % 251 for i in range(997)) * (size // 997 + 1)})
    (folder / "file.bin").write_bytes((folder / "file.bin").read_bytes()[:size])
    assert publish(unio, folder, "test/ours") == quilt_build(unio, folder, "test/theirs").top_hash


def test_metadata_with_floats_and_big_integers_hashes_as_in_quilt3(unio: Unio, tmp_path: Path) -> None:
    meta = {
        "floats": [0.1, 1e16, 1e-5, 1.0, -0.0, 5e-324, 1.7976931348623157e308, 123456789.123],
        "big": [2**63, -(2**63) - 1, 10**40],
        "text": ["é", "\x7f", "\u2028", "😀", "\\\"", "\t\b\f\r\n"],
        "nested": {"z": 1, "a": {"b": [True, False, None]}},
        "😀": 1,
        "\uffff": 2,
    }
    folder = tmp_path / "data"
    write_tree(folder, {"a.txt": b"a", "b/c.txt": b"c"})
    ours = publish(unio, folder, "test/ours", "--meta", json.dumps(meta))
    assert ours == quilt_build(unio, folder, "test/theirs", **meta).top_hash


def test_quilt3_browses_fetches_and_verifies_what_unio_pushed(unio: Unio, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_tree(folder, {key: f"content of {key}".encode() for key in ODD_KEYS if "\n" not in key})
    top_hash = publish(unio, folder, "test/package", "-t", "v1", "-m", "from unio")
    assert list(quilt3.list_packages(registry_url(unio))) == ["test/package"]
    versions = dict(quilt3.list_package_versions("test/package", registry_url(unio)))
    assert versions["latest"] == top_hash and versions["v1"] == top_hash
    assert sum(name.isdigit() for name in versions) == 1

    package = quilt3.Package.browse("test/package", registry=registry_url(unio))
    assert package.top_hash == top_hash
    package.fetch(str(tmp_path / "fetched"))
    assert read_tree(tmp_path / "fetched") == read_tree(folder)
    assert package.verify(str(tmp_path / "fetched"))


def test_unio_installs_and_verifies_what_quilt3_built(unio: Unio, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_tree(folder, {key: f"content of {key}".encode() for key in ODD_KEYS})
    package = quilt_build(unio, folder, license="CC0")
    target = tmp_path / "installed"
    unio.run("install", "test/package", "--location", target)
    assert read_tree(target) == read_tree(folder)
    assert unio.run("verify", target).returncode == 0
    assert unio.run("hash", target).stdout.strip() == package.top_hash
    assert unio.json("show", "test/package")["user_meta"] == {"license": "CC0"}


def test_a_package_goes_round_from_quilt3_through_unio_and_back(unio: Unio, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_tree(folder, {"a.txt": b"one", "dir/b.txt": b"two"})
    package = quilt3.Package().set_dir("dir", str(folder / "dir"), meta={"kind": "folder"})
    package.set("a.txt", str(folder / "a.txt"), meta={"label": "cat", "score": 0.5})
    package.build("test/package", registry=registry_url(unio), message="first")

    target = tmp_path / "installed"
    unio.run("install", "test/package", "--location", target)
    (target / "a.txt").write_bytes(b"changed")
    unio.run("push", "-m", "second", cwd=target)

    back = quilt3.Package.browse("test/package", registry=registry_url(unio))
    assert back["a.txt"].get_bytes() == b"changed"
    assert back["a.txt"].meta == {"label": "cat", "score": 0.5}
    assert back["dir"].meta == {"kind": "folder"}
    assert back.top_hash == pointer(unio, "test/package")


def digest_value(kind: str, content: bytes) -> str:
    if kind == "SHA256":
        return hashlib.sha256(content).hexdigest()
    if kind == "CRC64NVME":
        return base64.b64encode(crc64nvme(content).to_bytes(8, "big")).decode()
    chunks = [content[i : i + 8 * MIB] for i in range(0, len(content), 8 * MIB)]
    joined = b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)
    return base64.b64encode(hashlib.sha256(joined).digest()).decode()


def crc64nvme(content: bytes) -> int:
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x9A6C9329AC4BC9B5 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFFFFFFFFFF


def manifest_rows(path: Path, kind: str) -> list[str]:
    entry = {
        "logical_key": path.name,
        "physical_keys": [path.as_uri()],
        "size": path.stat().st_size,
        "hash": {"type": kind, "value": digest_value(kind, path.read_bytes())},
        "meta": {},
    }
    return [json.dumps({"version": "v0", "message": None}), json.dumps(entry)]


def quilt_top_hash(tmp_path: Path, rows: list[str]) -> str:
    file = tmp_path / "manifest.jsonl"
    file.write_text("".join(row + "\n" for row in rows), encoding="utf-8", errors="surrogatepass")
    with file.open("rb") as stream:
        return quilt3.Package.load(stream).top_hash


@pytest.mark.parametrize("kind", ["SHA256", "CRC64NVME", "sha2-256-chunked"])
def test_every_digest_type_verifies_and_finds_damage(unio: Unio, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source.txt"
    source.write_bytes(b"some content of a legacy package")
    rows = manifest_rows(source, kind)
    top_hash = quilt_top_hash(tmp_path, rows)
    write_manifest(unio, rows, top_hash)
    target = tmp_path / "installed"
    unio.run("install", "test/package", "--location", target)
    unio.run("verify", target)
    assert unio.run("hash", target).stdout.strip() == top_hash
    (target / "source.txt").write_bytes(b"some content of a legacy packagE")
    unio.run("verify", target, exit_code=1)
    source.write_bytes(b"some content of a legacy packagE")
    unio.run("install", "test/package", "--location", tmp_path / "other", exit_code=9)
    assert not (tmp_path / "other/source.txt").exists()


HASH = {"type": "sha2-256-chunked", "value": "Xb1PbjJeWof4zD7zuHc9PI7sLiz/Ykj4gphlaZEt3xA="}


def row(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "logical_key": "x",
        "physical_keys": ["s3://bucket/x"],
        "size": 16,
        "hash": HASH,
        "meta": {},
    }
    entry.update(changes)
    return {key: value for key, value in entry.items() if value is not ...}


HEADER = '{"version": "v0", "message": null}'

MUST_LOAD = {
    "no_version": ["{}", json.dumps(row())],
    "no_message": ['{"version": "v0"}', json.dumps(row())],
    "null_user_meta": ['{"version": "v0", "user_meta": null, "message": null}', json.dumps(row())],
    "unknown_header_members": ['{"version": "v0", "workflow": {"id": "x"}, "extra": [1, 2.50]}', json.dumps(row())],
    "legacy_top_hash_member": ['{"version": "v0", "top_hash": {"alg": "v0", "value": "x"}}', json.dumps(row())],
    "nan_and_infinity": [HEADER, json.dumps(row(meta={"user_meta": {"a": float("nan"), "b": float("-inf")}}))],
    "number_that_overflows": [HEADER, json.dumps(row(meta={"user_meta": "N"})).replace('"N"', "1e400")],
    "big_integers": [HEADER, json.dumps(row(meta={"user_meta": {"n": 10**60, "m": -(2**64)}}))],
    "size_as_float": [HEADER, json.dumps(row(size=16.0))],
    "lone_surrogates": [HEADER, json.dumps(row(meta={"user_meta": "\ud83d"}))],
    "repeated_members": [HEADER, json.dumps(row(meta={"a": "R"})).replace('"a": "R"', '"a": 1, "b": 2, "a": 3')],
    "falsy_meta": [HEADER] + [json.dumps(row(logical_key=str(i), meta=m)) for i, m in enumerate([None, [], "", 0, False])],
    "extra_hash_members": [HEADER, json.dumps(row(hash=HASH | {"part_size": 8388608}))],
    "several_physical_keys": [HEADER, json.dumps(row(physical_keys=["s3://a/x", "s3://b/x"]))],
    "compact_spacing_and_other_order": [HEADER, json.dumps(dict(reversed(row().items())), separators=(",", ":"))],
    "rows_out_of_order": [HEADER, *(json.dumps(row(logical_key=k)) for k in ["b", "a/z", "a.txt", "a-b"])],
    "folder_row": [HEADER, json.dumps({"logical_key": "d/", "meta": {"kind": "folder"}}), json.dumps(row(logical_key="d/x"))],
    "odd_but_safe_keys": [HEADER, *(json.dumps(row(logical_key=k)) for k in ["..a", "a\\b", " ", "~", "-"])],
    "crlf_inside_strings": [HEADER, json.dumps(row(meta={"user_meta": "a\r\nb\u2028c"}))],
}

MUST_REFUSE = {
    "parent_in_key": [HEADER, json.dumps(row(logical_key="../x"))],
    "parent_inside_key": [HEADER, json.dumps(row(logical_key="a/../../x"))],
    "absolute_key": [HEADER, json.dumps(row(logical_key="/etc/passwd"))],
    "empty_key": [HEADER, json.dumps(row(logical_key=""))],
    "empty_segment": [HEADER, json.dumps(row(logical_key="a//b"))],
    "dot_segment": [HEADER, json.dumps(row(logical_key="a/./b"))],
    "nul_in_key": [HEADER, json.dumps(row(logical_key="a\0b"))],
    "file_beside_folder": [HEADER, json.dumps(row(logical_key="a")), json.dumps(row(logical_key="a/b"))],
    "repeated_key": [HEADER, json.dumps(row()), json.dumps(row())],
    "repeated_key_apart": [HEADER, json.dumps(row()), json.dumps(row(logical_key="y")), json.dumps(row())],
    "no_logical_key": [HEADER, json.dumps(row(logical_key=...))],
    "no_size": [HEADER, json.dumps(row(size=...))],
    "no_hash": [HEADER, json.dumps(row(hash=...))],
    "no_meta": [HEADER, json.dumps(row(meta=...))],
    "broken_json": [HEADER, json.dumps(row())[:-1]],
    "not_an_object": [HEADER, "[1, 2]"],
    "empty_file": [],
}


@pytest.mark.parametrize("case", MUST_LOAD)
def test_loads_what_quilt3_loads_with_the_same_top_hash(unio: Unio, tmp_path: Path, case: str) -> None:
    rows = MUST_LOAD[case]
    top_hash = quilt_top_hash(tmp_path, rows)
    assert unio.run("hash", tmp_path / "manifest.jsonl").stdout.strip() == top_hash
    write_manifest(unio, rows, top_hash)
    assert unio.json("show", "test/package")["top_hash"] == top_hash
    unio.run("ls", "test/package")


@pytest.mark.parametrize("case", MUST_REFUSE)
def test_refuses_what_is_broken_or_dangerous(unio: Unio, tmp_path: Path, case: str) -> None:
    write_manifest(unio, MUST_REFUSE[case], "0" * 64)
    before = sorted(tmp_path.rglob("*"))
    result = unio.run("install", "test/package", "--location", tmp_path / "target", exit_code=9)
    assert result.stderr.startswith("error: ")
    assert [p for p in sorted(tmp_path.rglob("*")) if p not in before and "target" not in p.parts] == []
    assert not any(p.is_file() for p in (tmp_path / "target").rglob("*"))
