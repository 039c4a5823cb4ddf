"""What a folder or a package holds: verify, hash, ls, cat."""

from __future__ import annotations

import os
from pathlib import Path

from unio_command import Unio, write_tree
from unio_scenes import FILES, NAME, damage, fails, install, pointer, publish

# ---------------------------------------------------------------- verify


def test_verify_says_yes_for_what_was_installed(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    install(unio, tmp_path / "target")
    for options in [[], ["--fast"]]:
        result = unio.json("verify", tmp_path / "target", *options)
        assert (result["matches"], result["files"], result["differences"]) == (True, 4, [])


def test_verify_names_every_difference(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    install(unio, target)
    damage(target)
    for options in [[], ["--fast"]]:
        result = unio.json("verify", target, *options, exit_code=1)
        assert {(d["kind"], d["key"]) for d in result["differences"]} == {
            ("changed", "a.txt"), ("missing", "dir/b.txt"), ("unknown", "mine.txt"),
        }
    assert "unio sync" in unio.run("verify", target, exit_code=1).stdout


def test_a_file_altered_behind_the_stat_index_is_found_by_verify(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    unio.run("status", target)
    stat = (target / "a.txt").stat()
    with (target / "a.txt").open("r+b") as file:
        file.write(b"0ne")
    os.utime(target / "a.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    [difference] = unio.json("verify", target, exit_code=1)["differences"]
    assert (difference["kind"], difference["key"]) == ("changed", "a.txt")


def test_a_file_replaced_by_a_link_to_the_same_bytes_is_a_difference(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    (target / "a.txt").rename(tmp_path / "a.txt")
    (target / "a.txt").symlink_to(tmp_path / "a.txt")
    unio.run("verify", target, exit_code=1)


def test_a_manifest_altered_in_the_workspace_is_found_by_verify(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    [manifest] = (target / ".unio").glob("manifest-*")
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace('"a.txt"', '"b.txt"'))
    fails(unio, 9, "verify", target)


# ---------------------------------------------------------------- hash


def test_the_hash_of_a_folder_is_its_packages_exactly_when_nothing_changed(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)

    def folder_hash() -> str:
        return unio.run("hash", target).stdout.strip()

    assert folder_hash() == versions["v1"]
    for change in [{"a.txt": b"0ne"}, {"new.txt": b"n"}]:
        write_tree(target, change)
        assert folder_hash() != versions["v1"], change
        unio.run("sync", target)
        assert folder_hash() == versions["v1"]
    (target / "dir/b.txt").unlink()
    assert folder_hash() != versions["v1"]


def test_the_hash_of_references_and_manifest_files(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    assert unio.run("hash", f"{NAME}:v1").stdout.strip() == versions["v1"]
    manifest = unio.registry / ".quilt/packages" / versions["v2"]
    assert unio.run("hash", manifest).stdout.strip() == versions["v2"]
    assert unio.json("hash", NAME) == {"top_hash": versions["v2"]}


def test_the_hash_of_a_part_says_that_it_is_one(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    install(unio, tmp_path / "part", f"{NAME}:v1", "--path", "dir/")
    fails(unio, 11, "hash", tmp_path / "part", hint="--path")


def test_the_hash_of_what_is_no_workspace(unio: Unio, tmp_path: Path) -> None:
    fails(unio, 3, "hash", tmp_path, hint="unio install")


def test_a_path_that_is_also_a_package_must_be_decided(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    install(unio, tmp_path / NAME, f"{NAME}:v1")
    fails(unio, 2, "hash", NAME, cwd=tmp_path, hint=f"./{NAME}")
    assert unio.run("hash", f"./{NAME}", cwd=tmp_path).stdout.strip() == versions["v1"]
    assert pointer(unio) == versions["v2"]


# ---------------------------------------------------------------- ls, cat


def test_cat_prints_bytes_as_they_are(unio: Unio, folder: Path) -> None:
    content = bytes(range(256)) * 3
    publish(unio, folder, {"odd.bin": content, "README.md": b"#"})
    process = unio.start("cat", NAME, "odd.bin")
    assert process.stdout is not None
    assert process.stdout.buffer.read() == content
    assert process.wait() == 0
    fails(unio, 3, "cat", NAME, "nothing")
    fails(unio, 3, "cat", NAME, "dir/")


def test_ls_shows_a_level_a_folder_or_all(unio: Unio, versions: dict[str, str]) -> None:
    def keys(*args: str) -> list[str]:
        return [entry["key"] for entry in unio.json("ls", *args)["entries"]]

    assert keys(f"{NAME}:v1") == ["README.md", "a.txt", "dir/"]
    assert keys(f"{NAME}:v1", "dir/") == keys(f"{NAME}:v1", "dir") == ["dir/b.txt", "dir/c.txt"]
    assert keys(f"{NAME}:v1", "--all") == sorted(FILES)
    fails(unio, 3, "ls", NAME, "nothing/")
    [package] = unio.json("ls")["packages"]
    assert (package["package"], package["revisions"], sorted(package["tags"])) == (NAME, 2, ["v1", "v2"])
