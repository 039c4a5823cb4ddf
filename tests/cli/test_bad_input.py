"""What comes from outside and is wrong: refused with a clear error and its exit code, and nothing written elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unio_command import Unio, read_tree, write_tree
from unio_scenes import (
    FILES,
    NAME,
    entry_row,
    fails,
    listing,
    peak_memory,
    publish,
    put_manifest,
    put_rows,
    start_package,
)

MIB = 1024 * 1024
HEADER = {"version": "v0", "message": None}


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    """A file that hostile manifests point at."""
    path = tmp_path / "payload.txt"
    path.write_bytes(b"payload")
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where hostile packages are installed: deep enough for ../../.. to be seen."""
    return tmp_path / "jail/deep/target"


def lines(*rows: Any) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def everything_but(root: Path, inside: Path) -> dict[str, tuple[int, int]]:
    prefix = inside.relative_to(root).as_posix() + "/"
    return {path: stat for path, stat in listing(root).items() if not path.startswith((prefix, "home/registry/.unio/"))}


# ---------------------------------------------------------------- manifests

UNSAFE_KEYS = [
    "../x", "a/../../x", "a/../b", "/etc/unio-was-here", "./x", "a/./b", "a//b", "a/", "/", "", ".", "..", "nul\0byte",
]


@pytest.mark.parametrize("key", UNSAFE_KEYS, ids=[ascii(key) for key in UNSAFE_KEYS])
def test_an_unsafe_key_is_never_installed(unio: Unio, payload: Path, target: Path, tmp_path: Path, key: str) -> None:
    put_rows(unio, [entry_row(key, payload), entry_row("good.txt", payload)])
    before = everything_but(tmp_path, target)
    message = fails(unio, 9, "install", NAME, "--location", target)
    assert NAME in message or "manifest" in message
    assert everything_but(tmp_path, target) == before
    assert not target.exists() or read_tree(target) == {}
    assert not Path("/etc/unio-was-here").exists()


@pytest.mark.parametrize("key", [".unio/workspace.json", ".unio/x", ".unio"])
def test_an_entry_among_the_workspaces_own_state_is_never_installed(
    unio: Unio, payload: Path, target: Path, key: str
) -> None:
    put_rows(unio, [entry_row(key, payload), entry_row("good.txt", payload)])
    assert f"'{key}'" in fails(unio, 2, "install", NAME, "--location", target, hint="unio mv")
    assert not target.exists() or read_tree(target) == {}
    unio.run("install", NAME, "--location", target, "--path", "good.txt")


def test_an_unsafe_key_is_refused_by_every_command_that_reads_the_manifest(unio: Unio, payload: Path) -> None:
    put_rows(unio, [entry_row("../x", payload)])
    for command in [["ls", NAME], ["cat", NAME, "../x"], ["show", NAME], ["diff", NAME, NAME], ["hash", NAME]]:
        fails(unio, 9, *command)


def row_without(payload: Path, member: str) -> dict[str, Any]:
    row = entry_row("a.txt", payload)
    del row[member]
    return row


BROKEN: dict[str, Callable[[Path], str]] = {
    "a file beside a folder": lambda p: lines(HEADER, entry_row("a", p), entry_row("a/b", p)),
    "a key twice": lambda p: lines(HEADER, entry_row("a", p), entry_row("a", p)),
    "broken JSON": lambda p: lines(HEADER, '{"logical_key": "a", '),
    "text after the JSON": lambda p: lines(HEADER, json.dumps(entry_row("a", p)) + " x"),
    "no object": lambda p: lines(HEADER, "[1, 2]"),
    "a header that is no object": lambda p: lines("[]", entry_row("a", p)),
    "nothing at all": lambda p: "",
    "no logical_key": lambda p: lines(HEADER, row_without(p, "logical_key")),
    "no physical_keys": lambda p: lines(HEADER, row_without(p, "physical_keys")),
    "no size": lambda p: lines(HEADER, row_without(p, "size")),
    "two physical keys": lambda p: lines(HEADER, entry_row("a", p, physical_keys=[p.as_uri(), p.as_uri()])),
    "a physical key that is no URL": lambda p: lines(HEADER, entry_row("a", p, physical_keys=["payload.txt"])),
    "a negative size": lambda p: lines(HEADER, entry_row("a", p, size=-1)),
    "a size that is text": lambda p: lines(HEADER, entry_row("a", p, size="7")),
    "a huge size": lambda p: lines(HEADER, entry_row("a", p)).replace('"size": 7', '"size": ' + "9" * 40),
    "an unknown digest": lambda p: lines(HEADER, entry_row("a", p, hash={"type": "MD5", "value": "00"})),
    "a digest of the wrong length": lambda p: lines(HEADER, entry_row("a", p, hash={"type": "SHA256", "value": "00"})),
    "deep JSON": lambda p: lines(HEADER, '{"logical_key": "a", "meta": ' + "[" * 100_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_manifest_is_refused(unio: Unio, payload: Path, target: Path, name: str) -> None:
    put_manifest(unio, BROKEN[name](payload))
    fails(unio, 9, "install", NAME, "--location", target)
    assert not target.exists() or read_tree(target) == {}


def test_a_manifest_that_does_not_have_its_hash_is_refused(unio: Unio, payload: Path, target: Path) -> None:
    put_manifest(unio, lines(HEADER, entry_row("a.txt", payload)), "cd" * 32)
    assert "cd" * 32 in fails(unio, 9, "install", NAME, "--location", target)


def test_invalid_utf8_in_a_manifest_is_refused(unio: Unio, payload: Path, target: Path) -> None:
    put_manifest(unio, lines(HEADER, entry_row("a.txt", payload)).encode().replace(b"a.txt", b"a\xff\xfe.txt"))
    fails(unio, 9, "install", NAME, "--location", target)


@pytest.mark.parametrize("size", [0, 6, 8, 10**15])
def test_a_wrong_size_is_found_and_nothing_is_installed(unio: Unio, payload: Path, target: Path, size: int) -> None:
    put_rows(unio, [entry_row("a.txt", payload, size=size)])
    assert "a.txt" in fails(unio, 9, "install", NAME, "--location", target)
    assert read_tree(target) == {}


def test_wrong_bytes_are_found_and_nothing_is_installed(unio: Unio, payload: Path, target: Path) -> None:
    put_rows(unio, [entry_row("a.txt", payload)])
    payload.write_bytes(b"PAYLOAD")
    assert "a.txt" in fails(unio, 9, "install", NAME, "--location", target)
    assert "a.txt" in fails(unio, 9, "cat", NAME, "a.txt")
    assert read_tree(target) == {}


@pytest.mark.parametrize("place", ["file:///proc/self/environ", "file:///dev/zero", "file:///etc"])
def test_a_physical_key_that_is_no_regular_file_ends_with_an_error(
    unio: Unio, payload: Path, target: Path, place: str
) -> None:
    put_rows(unio, [entry_row("a.txt", payload, physical_keys=[place])])
    process = unio.start("install", NAME, "--location", target)
    _, err = process.communicate(timeout=60)
    assert process.returncode not in (0, 70, -9, -11) and err.startswith("error: "), err
    assert read_tree(target) == {}


@pytest.mark.parametrize("start", [b"", b'{"version": "v0", "message": "', json.dumps(HEADER).encode() + b"\n"])
def test_a_line_of_a_gigabyte_is_refused_within_bounded_memory(unio: Unio, target: Path, start: bytes) -> None:
    manifest = put_manifest(unio, start)
    with manifest.open("r+b") as file:
        file.truncate(1024 * MIB)
    code, memory, err = peak_memory(unio, "install", NAME, "--location", target)
    assert code == 9 and err.startswith("error: "), err
    assert memory < 256 * MIB
    assert not target.exists() or read_tree(target) == {}


def test_a_pointer_that_is_no_hash_is_refused_and_named(unio: Unio, folder: Path, target: Path) -> None:
    publish(unio, folder)
    latest = unio.registry / ".quilt/named_packages" / NAME / "latest"
    for content in ["../../../../etc/passwd", "", "zz" * 32, "ab" * 5000]:
        latest.write_text(content)
        fails(unio, 9, "install", NAME, "--location", target)
    assert not target.exists()


def test_a_registry_of_a_newer_format_is_not_written(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    path = unio.registry / ".unio/format.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"required": ["time_travel"]}))
    write_tree(folder, {"a.txt": b"other"})
    before = {p: s for p, s in listing(unio.registry).items() if not p.startswith(".unio/locks")}
    assert "time_travel" in fails(unio, 10, "push", cwd=folder)
    assert {p: s for p, s in listing(unio.registry).items() if not p.startswith(".unio/locks")} == before


# ---------------------------------------------------------------- names, tags, hashes

BAD_NAMES = ["", " ", "a b/c", "../x", "a/..", "/a", "a/", "a//b", "a/b:", "a/b@", "a/b:v1@abcdef", "a/b@xyz", "a.b/c", "a/b\n", "a/b*"]


@pytest.mark.parametrize("name", BAD_NAMES, ids=[ascii(name) for name in BAD_NAMES])
def test_names_outside_the_rules_are_refused(unio: Unio, folder: Path, name: str) -> None:
    for command in [["init", "--"], ["show", "--"], ["install", "--"]]:
        fails(unio, 2, *command, name, cwd=folder)
    assert list(folder.iterdir()) == []


def test_a_name_of_many_characters_is_refused(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, FILES, "team/" + "x" * 200)
    fails(unio, 2, "show", "team/" + "x" * 5000)


def test_unknown_and_ambiguous_hash_prefixes_are_told_apart(unio: Unio, payload: Path) -> None:
    for number in range(40):
        put_rows(unio, [entry_row(f"{number}.txt", payload)])
    put_manifest(unio, lines(HEADER), "abcdef" + "0" * 58)
    put_manifest(unio, lines(HEADER), "abcdef" + "1" * 58)
    named = unio.registry / ".quilt/named_packages" / NAME
    (named / "1700000001").write_text("abcdef" + "0" * 58)
    message = fails(unio, 2, "show", f"{NAME}@abcdef", hint="more digits")
    assert "abcdef" in message
    fails(unio, 3, "show", f"{NAME}@fffffffff", hint="unio log")
    fails(unio, 2, "show", f"{NAME}@abc")
