"""Folders that hold a package: install and sync."""

from __future__ import annotations

from pathlib import Path

from unio_command import Unio, read_tree, write_tree
from unio_scenes import FILES, NAME, SECOND, damage, fails, install, listing, objects, publish

# ---------------------------------------------------------------- install


def test_install_fetches_only_what_differs(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    first = install(unio, target)
    assert (first["fetched"], first["kept"], first["top_hash"]) == (4, 0, versions["v1"])
    assert first["fetched_bytes"] == sum(map(len, FILES.values()))
    again = install(unio, target)
    assert (again["fetched"], again["fetched_bytes"], again["kept"]) == (0, 0, 4)
    second = install(unio, target, f"{NAME}:v2")
    assert (second["fetched"], second["kept"]) == (2, 2)
    assert second["left_behind"] == ["dir/b.txt"]
    assert read_tree(target) == SECOND | {"dir/b.txt": FILES["dir/b.txt"]}


def test_what_a_version_dropped_stays_and_is_shown(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    install(unio, target)
    shown = unio.run("install", f"{NAME}:v2", "--location", target).stdout
    assert "dir/b.txt is not in this version; it stays (unio sync removes it)" in shown
    assert unio.json("status", target)["unknown"] == ["dir/b.txt"]
    unio.run("sync", target)
    assert read_tree(target) == SECOND


def test_files_that_are_there_already_are_used(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    write_tree(target, {"a.txt": FILES["a.txt"]})
    result = install(unio, target)
    assert (result["fetched"], result["kept"]) == (3, 1)
    assert read_tree(target) == FILES


def test_changed_and_unknown_files_in_the_way_are_refused_without_force(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    write_tree(target, {"a.txt": b"my work", "dir/d.txt": b"mine too"})
    before = listing(target)
    message = fails(unio, 11, "install", f"{NAME}:v2", "--location", target, hint="--force")
    assert str(target / "a.txt") in message and str(target / "dir/d.txt") in message
    assert listing(target) == before, "a refused install touched something"
    assert unio.json("status", target)["version"] == ":v1"

    install(unio, target, f"{NAME}:v2", "--force")
    assert read_tree(target) == SECOND | {"dir/b.txt": FILES["dir/b.txt"]}


def test_what_was_changed_but_is_the_same_in_both_versions_is_kept(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    write_tree(target, {"a.txt": SECOND["a.txt"]})
    assert install(unio, target, f"{NAME}:v2")["fetched"] == 1
    unio.run("sync", target)
    assert read_tree(target) == SECOND


def test_a_part_can_be_installed_and_another_added(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    assert install(unio, target, f"{NAME}:v1", "--path", "dir/")["fetched"] == 2
    assert set(read_tree(target)) == {"dir/b.txt", "dir/c.txt"}
    unio.run("verify", target)
    assert "Only a part is here: dir/\n" in unio.run("status", target).stdout
    assert install(unio, target, f"{NAME}:v1", "--path", "a.txt")["fetched"] == 1
    assert unio.json("status", target)["parts"] == ["dir/", "a.txt"]
    assert set(read_tree(target)) == {"a.txt", "dir/b.txt", "dir/c.txt"}
    assert install(unio, target)["fetched"] == 1
    assert read_tree(target) == FILES
    assert "Only a part" not in unio.run("status", target).stdout


def test_several_paths_at_once(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    install(unio, tmp_path / "target", f"{NAME}:v1", "--path", "a.txt", "--path", "dir/b.txt")
    assert set(read_tree(tmp_path / "target")) == {"a.txt", "dir/b.txt"}


def test_a_path_that_the_package_does_not_have(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    message = fails(unio, 3, "install", NAME, "--location", tmp_path / "t", "--path", "dir/e.txt", hint="'dir/c.txt'")
    assert "'dir/e.txt'" in message
    assert not (tmp_path / "t").exists()


def test_the_default_location_is_the_last_segment_of_the_name(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    assert unio.run("install", NAME, cwd=tmp_path).stdout.startswith(f"Installing Package {NAME} to data/...\n")
    assert read_tree(tmp_path / "data") == SECOND


def test_install_by_tag_hash_prefix_and_explicit_reference(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    references = [f"{NAME}:v1", f"{NAME}@{versions['v1'][:8]}", f"{unio.registry.as_uri()}#package={NAME}:v1"]
    for number, reference in enumerate(references):
        install(unio, tmp_path / str(number), reference)
        assert read_tree(tmp_path / str(number)) == FILES


def test_a_location_that_is_another_workspace_is_refused(unio: Unio, versions: dict[str, str], folder: Path) -> None:
    publish(unio, folder.parent / "other", FILES, name="team/other")
    assert NAME in fails(unio, 4, "install", "team/other", "--location", folder, hint="--location")
    fails(unio, 4, "install", NAME, "--location", folder / "below", hint="--location")


def test_a_location_with_unpushed_changes_is_refused(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    install(unio, target)
    unio.run("rm", "a.txt", cwd=target)
    fails(unio, 11, "install", f"{NAME}:v2", "--location", target, hint="unio push")
    install(unio, target, f"{NAME}:v2", "--force")
    assert unio.json("status", target)["version"] == ":v2"


def test_lazy_download_is_not_there_yet(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    fails(unio, 10, "install", NAME, "--location", tmp_path / "t", "--lazy-download", hint="--path")
    assert not (tmp_path / "t").exists()


def test_installing_what_is_not_there(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    fails(unio, 3, "install", "team/nothing", "--location", tmp_path / "t", hint="unio ls")
    fails(unio, 3, "install", f"{NAME}:nothing", "--location", tmp_path / "t", hint="latest, v1, v2")
    fails(unio, 3, "install", f"{NAME}@ffffffff", "--location", tmp_path / "t", hint="unio log")
    assert not (tmp_path / "t").exists()


def test_damaged_bytes_are_found_named_and_never_installed(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    [damaged] = [path for path in objects(unio.registry) if path.read_bytes() == FILES["a.txt"]]
    damaged.chmod(0o644)
    damaged.write_bytes(b"0ne")
    message = fails(unio, 9, "install", f"{NAME}:v1", "--location", tmp_path / "target")
    assert "a.txt" in message
    assert "a.txt" not in read_tree(tmp_path / "target")
    damaged.unlink()
    assert "a.txt" in fails(unio, 3, "install", f"{NAME}:v1", "--location", tmp_path / "target")


def test_a_registry_that_was_moved_still_installs(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    unio.registry.rename(moved)
    unio.run("--registry", moved, "install", f"{NAME}:v1", "--location", tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES


# ---------------------------------------------------------------- sync


def test_sync_makes_the_folder_match_and_keeps_what_it_took_away(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    damage(target)
    result = unio.json("sync", target)
    assert {(change["kind"], change["key"]) for change in result["changes"]} == {
        ("replaced", "a.txt"), ("restored", "dir/b.txt"), ("removed", "mine.txt"),
    }
    assert read_tree(target) == FILES
    trash = Path(result["trash"])
    assert {path.name: path.read_bytes() for path in trash.rglob("*") if path.is_file()} == {
        "a.txt": b"damaged", "mine.txt": b"mine",
    }
    unio.run("verify", target)
    assert unio.json("sync", target)["changes"] == []


def test_a_dry_run_of_sync_changes_nothing(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    install(unio, target)
    damage(target)
    before = read_tree(target)
    shown = unio.run("sync", target, "--dry-run").stdout
    assert shown.startswith("Would change:\n") and "mine.txt removed" in shown
    assert read_tree(target) == before and not (target / ".unio/trash").exists()


def test_sync_refuses_to_lose_a_builder(unio: Unio, versions: dict[str, str], folder: Path) -> None:
    write_tree(folder, {"new.txt": b"n"})
    unio.run("add", "new.txt", cwd=folder)
    unio.run("set-meta", "a.txt", '{"x": 1}', cwd=folder)
    fails(unio, 11, "sync", cwd=folder, hint="unio push")
    assert (folder / "new.txt").exists()


def test_sync_of_a_part_fetches_no_more_than_the_part(unio: Unio, versions: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target"
    install(unio, target, f"{NAME}:v1", "--path", "dir/")
    (target / "dir/b.txt").unlink()
    unio.run("sync", target)
    assert set(read_tree(target)) == {"dir/b.txt", "dir/c.txt"}


def test_a_folder_where_a_file_should_be_goes_to_the_trash(
    unio: Unio, versions: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    install(unio, target)
    (target / "a.txt").unlink()
    write_tree(target, {"a.txt/inside.txt": b"inside"})
    unio.run("sync", target)
    assert read_tree(target) == FILES
    trashed = [path.read_bytes() for path in (target / ".unio/trash").rglob("*") if path.is_file()]
    assert trashed == [b"inside"]
