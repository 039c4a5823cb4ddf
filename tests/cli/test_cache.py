"""`unio cache` keeps content on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from unio_command import Unio, write_tree


def publish(unio: Unio, folder: Path, name: str, files: dict[str, bytes], *options: str) -> None:
    write_tree(folder, files)
    unio.run("init", name, cwd=folder)
    unio.run("add", ".", cwd=folder)
    unio.run("push", *options, cwd=folder)


def damage_objects(unio: Unio) -> None:
    for path in (unio.registry / ".unio/objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"!" * path.stat().st_size)


def test_what_is_kept_is_read_without_the_registry(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data", "test/package", {"a.txt": b"kept", "b/c.txt": b"not kept"})
    assert unio.json("cache", "test/package", "a.txt") == {"entries": 1, "bytes": 4}
    damage_objects(unio)
    assert unio.run("cat", "test/package", "a.txt").stdout == "kept"
    unio.run("cat", "test/package", "b/c.txt", exit_code=9)


def test_clearing_drops_only_what_no_other_package_uses(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "one", "test/one", {"own.txt": b"own", "shared.txt": b"shared"})
    publish(unio, tmp_path / "two", "test/two", {"copy.txt": b"shared"})
    unio.run("cache", "test/one")
    assert unio.json("cache", "test/one", "--clear") == {"entries": 1, "bytes": 3}
    damage_objects(unio)
    assert unio.run("cat", "test/two", "copy.txt").stdout == "shared"
    unio.run("cat", "test/one", "own.txt", exit_code=9)


def test_nothing_is_cached_unless_asked_for(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data", "test/package", {"a.txt": b"content"})
    unio.run("cat", "test/package", "a.txt")
    assert unio.json("cache")["bytes"] == 0
    unio.run("cache", "test/package")
    assert unio.json("cache")["bytes"] > 0


def test_damaged_content_is_never_kept_as_right(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data", "test/package", {"a.txt": b"content"})
    damage_objects(unio)
    unio.run("cache", "test/package", exit_code=9)
    next(p for p in (unio.registry / ".unio/objects").rglob("*") if p.is_file()).write_bytes(b"content")
    assert unio.run("cat", "test/package", "a.txt").stdout == "content"


def test_data_under_readable_keys_is_kept_by_its_content(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data", "test/package", {"a.txt": b"content"}, "--prefix", "data/")
    unio.run("cache", "test/package")
    url = unio.json("show", "test/package", "a.txt")["url"]
    Path(url.removeprefix("file://")).unlink()
    assert unio.run("cat", "test/package", "a.txt").stdout == "content"


@pytest.mark.parametrize("arguments", [["--clear"], ["test/package", "nothing"]])
def test_a_wrong_call_says_what_is_right(unio: Unio, tmp_path: Path, arguments: list[str]) -> None:
    publish(unio, tmp_path / "data", "test/package", {"a.txt": b"content"})
    assert "hint: " in unio.run("cache", *arguments, exit_code=2 if arguments == ["--clear"] else 3).stderr
