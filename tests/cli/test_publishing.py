"""Publishing: push, its data and its tags."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from unio_command import Unio, write_tree
from unio_scenes import FILES, NAME, fails, listing, objects, pointer, publish, start_package

# ---------------------------------------------------------------- data


def test_the_same_bytes_are_stored_once_across_packages(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "one", {"README.md": b"#", "a": b"same", "b": b"same", "c": b"one"})
    assert len(objects(unio.registry)) == 3
    result = unio.json("push", cwd=start_package(unio, tmp_path / "two", {"x": b"same", "y": b"two"}, "team/two"))
    assert result["new_objects"] == 1
    assert len(objects(unio.registry)) == 4


def test_push_twice_has_nothing_to_do_and_writes_nothing(unio: Unio, folder: Path) -> None:
    top_hash = publish(unio, folder, FILES, "-t", "v1", "-m", "first")
    before = listing(unio.registry)
    for options in [[], ["-t", "v1"], ["-m", "first"], ["-t", "v1", "-m", "first"]]:
        shown = unio.run("push", *options, cwd=folder).stdout
        assert shown == f"Nothing to push: {NAME} is published as {top_hash[:9]}\n", options
        assert listing(unio.registry) == before, options


def test_another_message_is_another_revision(unio: Unio, folder: Path) -> None:
    first = publish(unio, folder, FILES, "-m", "first")
    second = unio.json("push", "-m", "second", cwd=folder)["top_hash"]
    assert first != second
    assert [r["message"] for r in unio.json("log", NAME)["revisions"]] == ["second", "first"]


def test_a_prefix_gives_readable_keys(unio: Unio, folder: Path) -> None:
    publish(unio, folder, FILES, "--prefix", "/data/v1")
    assert {p.removeprefix("data/v1/"): (unio.registry / p).read_bytes() for p in listing(unio.registry)
            if p.startswith("data/")} == FILES
    assert objects(unio.registry) == []


def test_bytes_under_a_prefix_are_skipped_when_they_are_the_same_and_never_overwritten(
    unio: Unio, folder: Path
) -> None:
    publish(unio, folder, FILES, "--prefix=data/")
    before = listing(unio.registry / "data")
    write_tree(folder, {"a.txt": b"0ne", "new.txt": b"new"})
    result = unio.run("push", "--prefix=data/", cwd=folder)
    assert "a.txt" in result.stderr and "content-addressed" in result.stderr
    after = listing(unio.registry / "data")
    assert {path: after[path] for path in before} == before, "something under the prefix was written again"
    assert set(after) - set(before) == {"new.txt"}
    assert [path.read_bytes() for path in objects(unio.registry)] == [b"0ne"]
    assert unio.run("cat", NAME, "a.txt").stdout == "0ne"


def test_other_bytes_of_the_same_size_under_a_prefix_are_not_taken_for_ours(unio: Unio, folder: Path) -> None:
    write_tree(unio.registry, {"data/a.txt": b"eno"})
    start_package(unio, folder)
    result = unio.json("push", "--prefix=data/", cwd=folder)
    assert result["displaced"] == ["a.txt"]
    assert (unio.registry / "data/a.txt").read_bytes() == b"eno"
    assert unio.run("cat", NAME, "a.txt").stdout == "one"


@pytest.mark.parametrize("prefix", [".quilt/packages/", ".unio/objects", "../outside", "a/../../b"])
def test_a_prefix_among_the_registrys_own_files_or_outside_is_refused(
    unio: Unio, folder: Path, prefix: str
) -> None:
    start_package(unio, folder)
    fails(unio, 2, "push", f"--prefix={prefix}", cwd=folder)
    assert not (unio.registry / ".quilt/named_packages").exists()


def test_no_copy_keeps_pointers_into_the_registry(unio: Unio, folder: Path, tmp_path: Path) -> None:
    publish(unio, tmp_path / "other", {"a.bin": b"bytes", "README.md": b"#"}, "--prefix=raw/", name="team/other")
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "--package", "team/other", cwd=folder)
    before = listing(unio.registry)
    unio.run("push", "--no-copy", "--prefix=mine/", cwd=folder)
    assert not (unio.registry / "mine").exists()
    assert {p for p in listing(unio.registry) if not p.startswith((".quilt/", ".unio/"))} == {
        p for p in before if not p.startswith((".quilt/", ".unio/"))
    }
    assert unio.json("show", NAME, "a.bin")["url"] == f"{unio.registry.as_uri()}/raw/a.bin"


def test_data_of_another_registry_is_copied(unio: Unio, folder: Path, tmp_path: Path) -> None:
    other = Unio(tmp_path / "other-home")
    publish(other, tmp_path / "other", {"a.bin": b"bytes", "README.md": b"#"}, name="team/other")
    unio.run("init", NAME, cwd=folder)
    unio.run("add", "--package", f"{other.registry.as_uri()}#package=team/other", cwd=folder)
    unio.run("push", cwd=folder)
    shutil.rmtree(other.registry)
    assert unio.run("cat", NAME, "a.bin").stdout == "bytes"


def test_push_data_of_sources_that_changed_since_the_build_is_refused(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    unio.run("build-manifest", cwd=folder)
    write_tree(folder, {"a.txt": b"0ne"})
    assert "'a.txt'" in fails(unio, 11, "push-data", cwd=folder, hint="unio build-manifest")
    unio.run("push", cwd=folder)
    assert unio.run("cat", NAME, "a.txt").stdout == "0ne"


def test_a_manifest_with_local_files_is_refused_unless_asked_for(unio: Unio, folder: Path) -> None:
    start_package(unio, folder)
    fails(unio, 11, "push-manifest", cwd=folder, hint="--force-allow-local-files")
    unio.run("push-manifest", "--force-allow-local-files", cwd=folder)
    assert unio.json("show", NAME, "a.txt")["url"] == (folder / "a.txt").as_uri()


# ---------------------------------------------------------------- tags


@pytest.fixture
def two_writers(unio: Unio, tmp_path: Path) -> tuple[Path, Path]:
    """Two workspaces of one package, both at its tag `main`."""
    publish(unio, tmp_path / "one", FILES, "-t", "main", "-m", "start")
    unio.run("install", f"{NAME}:main", "--location", tmp_path / "two")
    return tmp_path / "one", tmp_path / "two"


def test_who_loses_a_tag_gets_a_conflict_with_both_hashes(unio: Unio, two_writers: tuple[Path, Path]) -> None:
    one, two = two_writers
    known = pointer(unio, "main")
    winner = publish(unio, one, {"a.txt": b"first"}, "-t", "main")
    write_tree(two, {"a.txt": b"second"})
    before = listing(unio.registry / ".quilt/named_packages")
    message = fails(unio, 5, "push", "-t", "main", cwd=two, hint="--force")
    hashes = re.findall(r"\b[0-9a-f]{64}\b", message)
    assert {winner, known} < set(hashes)
    assert listing(unio.registry / ".quilt/named_packages") == before
    assert pointer(unio, "main") == pointer(unio) == winner


def test_force_moves_the_tag_and_the_reflog_keeps_what_it_was(unio: Unio, two_writers: tuple[Path, Path]) -> None:
    one, two = two_writers
    start = pointer(unio, "main")
    winner = publish(unio, one, {"a.txt": b"first"}, "-t", "main")
    write_tree(two, {"a.txt": b"second"})
    forced = unio.json("push", "-t", "main", "--force", cwd=two)["top_hash"]
    assert pointer(unio, "main") == forced
    moves = unio.json("tag", f"{NAME}:main")["moves"]
    assert [(m["from"], m["to"]) for m in moves] == [(winner, forced), (start, winner), (None, start)]
    assert all(m["user"] == "ada" for m in moves)


def test_after_a_conflict_an_install_and_a_push_go_through(unio: Unio, two_writers: tuple[Path, Path]) -> None:
    one, two = two_writers
    publish(unio, one, {"a.txt": b"first"}, "-t", "main")
    write_tree(two, {"b.txt": b"second"})
    unio.run("add", "b.txt", cwd=two)
    fails(unio, 5, "push", "-t", "main", cwd=two)
    unio.run("install", f"{NAME}:main", "--location", two, "--force")
    unio.run("add", "b.txt", cwd=two)
    unio.run("push", "-t", "main", cwd=two)
    assert unio.run("cat", f"{NAME}:main", "a.txt").stdout == "first"
    assert unio.run("cat", f"{NAME}:main", "b.txt").stdout == "second"


def test_pushing_an_unchanged_package_under_a_new_tag_only_moves_the_tag(unio: Unio, folder: Path) -> None:
    publish(unio, folder, FILES, "-t", "v1", "-m", "x")
    revisions = len(unio.json("log", NAME)["revisions"])
    result = unio.run("push", "-t", "v2", cwd=folder)
    assert result.stdout == f"Linking {NAME}:v2 to manifest {pointer(unio)[:9]}\n"
    assert result.stderr == ""
    assert pointer(unio, "v2") == pointer(unio)
    assert len(unio.json("log", NAME)["revisions"]) == revisions


def test_tag_makes_moves_and_removes_a_name(unio: Unio, history: dict[str, str]) -> None:
    unio.run("tag", f"{NAME}:v1", "stable")
    assert pointer(unio, "stable") == history["first"]
    assert history["first"] in fails(unio, 4, "tag", NAME, "stable", hint="--force")
    unio.run("tag", NAME, "stable", "--force")
    assert pointer(unio, "stable") == history["second"]
    unio.run("tag", NAME, "stable", "--undo")
    assert pointer(unio, "stable") == history["first"]
    assert {t["tag"]: t["top_hash"] for t in unio.json("tag", NAME)["tags"]} == {
        "latest": history["second"], "stable": history["first"], "v1": history["first"],
    }
    unio.run("tag", NAME, "stable", "--delete")
    assert not (unio.registry / ".quilt/named_packages" / NAME / "stable").exists()
    assert unio.json("tag", f"{NAME}:stable")["moves"][0]["to"] is None
    fails(unio, 3, "tag", NAME, "stable", "--delete")


@pytest.mark.parametrize("tag", ["latest", "123", "a/b", "", "..", "a b", "naïve tag"])
def test_tags_outside_the_rules_are_refused_everywhere(unio: Unio, history: dict[str, str], folder: Path, tag: str) -> None:
    before = listing(unio.registry)
    fails(unio, 2, "tag", f"{NAME}:v1", tag)
    fails(unio, 2, "push", "-t", tag, cwd=folder)
    assert listing(unio.registry) == before
