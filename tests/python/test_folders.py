"""Packages in folders: download, verify, match, and the command in the same folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import unio
from python_scenes import FILES, NAME, SECOND, command, publish
from unio import Package, PackageBuilder
from unio_command import read_tree, write_tree


@pytest.fixture
def first(registry: str, work: Path) -> Package:
    return publish(tag="v1")


def differences(result: unio.VerifyResult) -> list[tuple[str, str]]:
    return [(difference.kind, difference.logical_key) for difference in result.differences]


def test_a_download_has_exactly_the_files_and_is_true(first: Package, work: Path) -> None:
    first.download("d")
    assert read_tree(work / "d") == FILES
    result = first.verify_directory_matches_manifest(work / "d")
    assert result and result == True and repr(result) == "True" and result.files == len(FILES)  # noqa: E712


@pytest.mark.parametrize("location", ["deep/er/d", Path("p"), "with space/ü"])
def test_folders_are_made_where_they_are_missing(location: str | Path, folder_registry: str, work: Path) -> None:
    publish().download(location)
    assert read_tree(work / location) == FILES


@pytest.mark.parametrize(
    ("paths", "keys"),
    [
        ("a.txt", ["a.txt"]),
        (["dir/"], ["dir/b.txt", "dir/c.txt"]),
        ("dir", ["dir/b.txt", "dir/c.txt"]),
        (("README.md", "dir/c.txt"), ["README.md", "dir/c.txt"]),
        (iter(["a.txt"]), ["a.txt"]),
    ],
)
def test_a_part_can_be_downloaded(paths: object, keys: list[str], folder_registry: str, work: Path) -> None:
    pkg = publish()
    pkg.download("d", paths)  # type: ignore[arg-type]
    assert sorted(read_tree(work / "d")) == keys


def test_a_part_that_is_not_there_is_not_found(first: Package, work: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nope"):
        first.download("d", "nope")


def test_a_part_of_a_package_is_no_match_until_the_rest_is_there(first: Package, work: Path) -> None:
    first.download("d", "dir/")
    result = first.verify_directory_matches_manifest("d")
    assert differences(result) == [("missing", "README.md"), ("missing", "a.txt")]
    first.download("d")
    assert first.verify_directory_matches_manifest("d")


def test_over_an_older_version_only_what_differs_is_fetched(first: Package, work: Path) -> None:
    first.download("d")
    before = (work / "d/dir/c.txt").stat().st_mtime_ns
    second = publish(files=SECOND)
    with pytest.warns(unio.UnioWarning, match=r"kept 'd/dir/b\.txt', which is not in this version") as caught:
        second.download("d")
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]
    assert read_tree(work / "d") == SECOND | {"dir/b.txt": b"two"}
    assert (work / "d/dir/c.txt").stat().st_mtime_ns == before
    assert differences(second.verify_directory_matches_manifest("d")) == [("unknown", "dir/b.txt")]


def test_what_was_changed_stays_unless_it_is_forced(first: Package, work: Path) -> None:
    first.download("d")
    write_tree(work / "d", {"a.txt": b"mine", "dir/d.txt": b"mine too"})
    (work / "d/dir/b.txt").unlink()
    second = publish(files=SECOND)
    with pytest.warns(unio.UnioWarning, match="was changed here or is unknown") as caught:
        second.download("d")
    assert [str(warning.message).split("'")[1] for warning in caught] == ["d/a.txt", "d/dir/d.txt"]
    assert read_tree(work / "d") == SECOND | {"a.txt": b"mine", "dir/d.txt": b"mine too"}
    second.download("d", force=True)
    assert read_tree(work / "d") == SECOND
    assert second.verify_directory_matches_manifest("d")


def test_many_files_that_stay_are_counted(folder_registry: str, work: Path) -> None:
    files = {f"{i:02}": b"%d" % i for i in range(12)}
    publish(files=files).download("d")
    with pytest.warns(unio.UnioWarning) as caught:
        publish(files={"new": b""}).download("d")
    assert len(caught) == 6
    assert str(caught[-1].message) == "kept 7 more, each of which is not in this version"


def test_each_way_to_differ_is_told_and_shown(first: Package, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first.download("d")
    write_tree(work / "d", {"a.txt": b"longer", "dir/c.txt": b"THREE", "new/file": b"x"})
    (work / "d/README.md").unlink()
    capsys.readouterr()
    result = first.verify_directory_matches_manifest("d")
    assert differences(result) == [
        ("missing", "README.md"),
        ("changed", "a.txt"),
        ("changed", "dir/c.txt"),
        ("unknown", "new/file"),
    ]
    assert [difference.path for difference in result.differences][3] == str(work / "d/new/file")
    assert result == False and repr(result) == "False"  # noqa: E712
    of = f"manifest {NAME}:v1"
    assert capsys.readouterr().out.splitlines() == [
        f"./d/README.md is in the {of}, but does not exist locally",
        f"./d/a.txt exists locally, but contents do not match {of}",
        f"./d/dir/c.txt exists locally, but contents do not match {of}",
        f"./d/new/file exists locally, but does not exist in the {of}",
        'This can be fixed by calling pkg.force_directory_to_match_manifest("d")',
    ]


def test_a_folder_that_is_no_workspace_can_be_verified(first: Package, work: Path) -> None:
    write_tree(work / "plain", FILES)
    assert first.verify_directory_matches_manifest("plain")
    assert not (work / "plain/.unio").exists()
    write_tree(work / "plain", {"a.txt": b"0ne"})
    assert differences(first.verify_directory_matches_manifest("plain")) == [("changed", "a.txt")]


def test_a_folder_that_is_not_there_is_not_found(first: Package, work: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nope"):
        first.verify_directory_matches_manifest("nope")


def test_the_workspace_of_another_revision_is_verified_against_this_one(first: Package, work: Path) -> None:
    publish(files=SECOND).download("d")
    assert differences(first.verify_directory_matches_manifest("d")) == [
        ("changed", "a.txt"),
        ("missing", "dir/b.txt"),
        ("unknown", "dir/d.txt"),
    ]


def test_a_change_that_keeps_size_and_times_is_found(first: Package, work: Path) -> None:
    first.download("d")
    file = work / "d/a.txt"
    status = file.stat()
    file.write_bytes(b"0ne")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert differences(first.verify_directory_matches_manifest("d")) == [("changed", "a.txt")]


def test_matching_changes_only_what_differs_and_keeps_what_was_there(
    first: Package, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first.download("d")
    write_tree(work / "d", {"a.txt": b"mine", "new/file": b"x"})
    (work / "d/dir/b.txt").unlink()
    capsys.readouterr()
    expected = [("replaced", "a.txt"), ("restored", "dir/b.txt"), ("removed", "new/file")]

    planned = first.force_directory_to_match_manifest("d", dry_run=True)
    assert [(change.kind, change.logical_key) for change in planned.changes] == expected
    assert read_tree(work / "d")["a.txt"] == b"mine"
    shown = capsys.readouterr().out

    done = first.force_directory_to_match_manifest("d")
    assert done.changes == planned.changes
    assert capsys.readouterr().out == shown
    assert shown.splitlines()[0] == "Changes:"
    assert shown.splitlines()[1:] == [
        f"  ./d/a.txt replaced with {first['a.txt'].physical_key}",
        f"  ./d/dir/b.txt restored from {first['dir/b.txt'].physical_key}",
        "  ./d/new/file removed",
    ]
    assert read_tree(work / "d") == FILES
    assert first.verify_directory_matches_manifest("d")
    assert {path.name: path.read_bytes() for path in Path(done.trash).rglob("*") if path.is_file()} == {
        "a.txt": b"mine",
        "file": b"x",
    }


def test_what_matches_already_is_not_changed(first: Package, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first.download("d")
    capsys.readouterr()
    result = first.force_directory_to_match_manifest("d")
    assert (result.changes, result.trash, capsys.readouterr().out) == ([], "", "No changes\n")


def test_a_folder_that_is_bound_to_nothing_can_be_made_to_match(first: Package, work: Path) -> None:
    write_tree(work / "plain", FILES | {"a.txt": b"other", "more": b""})
    first.force_directory_to_match_manifest("plain")
    assert read_tree(work / "plain") == FILES
    first.force_directory_to_match_manifest("new")
    assert read_tree(work / "new") == FILES


def test_the_folder_of_another_package_is_left_alone(first: Package, work: Path) -> None:
    other = publish("other/data", {"x": b"x"})
    other.download("d")
    for call in (first.download, first.force_directory_to_match_manifest):
        with pytest.raises(unio.UnioError, match="other/data"):
            call("d")
    assert read_tree(work / "d") == {"x": b"x"}


def test_a_folder_made_by_python_is_the_commands(first: Package, work: Path, home: Path) -> None:
    first.download("d")
    beside = command(home)
    assert "No files have been changed" in beside.run("status", cwd=work / "d").stdout
    assert beside.run("hash", ".", cwd=work / "d").stdout.strip() == first.hash
    write_tree(work / "d", {"a.txt": b"mine"})
    beside.run("verify", cwd=work / "d", exit_code=1)
    beside.run("sync", cwd=work / "d")
    assert first.verify_directory_matches_manifest("d")


def test_a_folder_made_by_the_command_is_pythons(first: Package, work: Path, home: Path) -> None:
    beside = command(home)
    beside.run("install", f"{NAME}:v1", "--location", "d", cwd=work)
    assert first.verify_directory_matches_manifest("d")
    write_tree(work / "d", {"a.txt": b"mine"})
    first.force_directory_to_match_manifest("d")
    beside.run("verify", cwd=work / "d")
    second = publish(files={**FILES, "a.txt": b"2"})
    second.download("d")
    assert beside.run("hash", ".", cwd=work / "d").stdout.strip() == second.hash


def test_what_the_command_publishes_python_reads_and_the_reverse(registry: str, work: Path, home: Path) -> None:
    write_tree(work / "w", FILES)
    beside = command(home)
    beside.run("init", NAME, cwd=work / "w")
    beside.run("add", ".", cwd=work / "w")
    top_hash = beside.json("push", "-t", "v1", cwd=work / "w")["top_hash"]
    pkg = Package(f"{NAME}:v1")
    assert (pkg.hash, pkg.get_many(FILES)) == (top_hash, list(FILES.values()))
    pkg.as_package_builder().remove("a.txt").push(tag="v2")
    assert beside.run("cat", f"{NAME}:v2", "dir/b.txt").stdout == "two"


@pytest.mark.parametrize("wrong", [7, None, b"d", ["d"]])
def test_a_location_that_is_no_path_is_a_type_error(wrong: object, folder_registry: str) -> None:
    pkg = publish()
    for call in (pkg.download, pkg.verify_directory_matches_manifest, pkg.force_directory_to_match_manifest):
        with pytest.raises(TypeError):
            call(wrong)  # type: ignore[operator]


def test_a_builder_may_be_made_of_a_downloaded_folder(first: Package, work: Path) -> None:
    first.download("d")
    write_tree(work / "d", {"a.txt": b"improved"})
    again = PackageBuilder(NAME).add("", "d").push()
    assert again.get_bytes("a.txt") == b"improved"
    assert sorted(again.keys()) == sorted(FILES)
