"""What was published: log, diff, rollback, delete, and what others see of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from unio_command import Unio, read_tree, write_tree
from unio_scenes import FILES, NAME, fails, listing, pointer, publish, start_package

# ---------------------------------------------------------------- history


def test_log_counts_what_each_revision_changed(unio: Unio, history: dict[str, str]) -> None:
    newest, oldest = unio.json("log", NAME)["revisions"]
    assert (newest["added"], newest["removed"], newest["modified"]) == (2, 1, 1)
    assert (oldest["added"], oldest["removed"], oldest["modified"]) == (4, 0, 0)
    assert (newest["tags"], oldest["tags"]) == (["latest"], ["v1"])
    assert (newest["message"], newest["user"], newest["top_hash"]) == ("second", "ada", history["second"])
    text = unio.run("log", NAME).stdout
    assert f"{history['second'][:9]} (latest)" in text and "2 added, 1 removed, 1 changed" in text
    assert len(unio.json("log", NAME, "-n", "1")["revisions"]) == 1
    fails(unio, 2, "log", NAME, "-n", "many")


def test_log_says_which_manifest_cannot_be_read_and_counts_nothing_for_it(unio: Unio, history: dict[str, str]) -> None:
    (unio.registry / ".quilt/packages" / history["second"]).write_text("{")
    shown = unio.run("log", NAME)
    assert "its manifest cannot be read" in shown.stdout and "0 entries" not in shown.stdout
    assert shown.stderr.startswith("warning: ") and history["second"][:9] in shown.stderr
    newest, _ = unio.json("log", NAME)["revisions"]
    assert (newest["entries"], newest["bytes"], newest["added"]) == (None, None, None)


def test_log_of_the_workspace_needs_no_name(unio: Unio, history: dict[str, str], folder: Path) -> None:
    assert unio.run("log", cwd=folder).stdout == unio.run("log", NAME).stdout


def test_diff_shows_entries_sizes_and_metadata(unio: Unio, history: dict[str, str], folder: Path) -> None:
    result = unio.json("diff", f"{NAME}:v1", NAME)
    assert {(change["kind"], change["key"]) for change in result["entries"]} == {
        ("modified", "a.txt"), ("removed", "dir/b.txt"), ("added", "new1"), ("added", "new2"),
    }
    assert (result["before"], result["after"]) == (history["first"], history["second"])
    assert unio.json("diff", f"{NAME}:v1") == result
    unio.run("set-meta", "a.txt", '{"x": 1}', cwd=folder)
    unio.run("set-meta", "", '{"x": 1}', cwd=folder)
    unio.run("push", cwd=folder)
    text = unio.run("diff", f"{NAME}@{history['second']}", NAME).stdout
    assert text == "~ metadata of the package\n~ a.txt  metadata\n0 added, 0 removed, 1 changed\n"
    unio.run("diff", NAME, NAME, "--exit-code")
    unio.run("diff", f"{NAME}:v1", NAME, "--exit-code", exit_code=1)


def test_rollback_moves_latest_and_undo_goes_forward_again(unio: Unio, history: dict[str, str]) -> None:
    unio.run("rollback", f"{NAME}:v1")
    assert pointer(unio) == history["first"]
    assert unio.run("cat", NAME, "dir/b.txt").stdout == "two"
    assert len(unio.json("log", NAME)["revisions"]) == 2
    unio.run("rollback", NAME, "--undo")
    assert pointer(unio) == history["second"]
    fails(unio, 2, "rollback", NAME, hint="unio log")
    fails(unio, 3, "rollback", f"{NAME}:nothing")


def test_delete_removes_names_and_says_that_bytes_stay(unio: Unio, history: dict[str, str]) -> None:
    stored = {path: size for path, (size, _) in listing(unio.registry).items() if "/objects/" in path or "/packages/" in path}
    fails(unio, 11, "delete", NAME, hint="--yes")
    shown = unio.run("delete", f"{NAME}:v1", "--yes").stdout
    assert "manifests and data stay" in shown
    assert [r["top_hash"] for r in unio.json("log", NAME)["revisions"]] == [history["second"]]
    assert "manifests and data stay" in unio.run("delete", NAME, "--yes").stdout
    assert unio.json("ls")["packages"] == []
    fails(unio, 3, "log", NAME)
    left = {path: size for path, (size, _) in listing(unio.registry).items()}
    assert stored.items() <= left.items()


def test_deleting_the_latest_revision_makes_the_one_before_latest(unio: Unio, history: dict[str, str]) -> None:
    assert unio.json("delete", f"{NAME}@{history['second']}", "--yes")["latest_moved"]
    assert pointer(unio) == history["first"]


# ---------------------------------------------------------------- what others see


def test_a_package_without_a_readme_is_published_with_a_warning(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"a.txt": b"a"})
    assert "README.md" in unio.run("push", cwd=folder).stderr
    write_tree(folder, {"README.md": b"# there\n"})
    assert unio.run("push", cwd=folder).stderr == ""


def test_show_prints_contact_discussion_and_the_readme(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"README.md": b"# Cats\n\nMany.\n"})
    meta = '{"contact": "ada@example.org", "discussion": "https://example.org/talk", "licence": "CC0"}'
    unio.run("push", "-t", "v1", "-m", "cats", "--meta", meta, cwd=folder)
    text = unio.run("show", NAME).stdout
    for line in ["contact     ada@example.org", "discussion  https://example.org/talk", "message     cats", "  # Cats"]:
        assert line in text
    assert re.search(r"^published   \d{4}-\d\d-\d\d \d\d:\d\d:\d\d by ada$", text, re.MULTILINE)
    assert re.search(r"^tags        latest v1$", text, re.MULTILINE)
    shown = unio.json("show", NAME)
    assert (shown["contact"], shown["discussion"], shown["user_meta"]["licence"]) == (
        "ada@example.org", "https://example.org/talk", "CC0",
    )


def test_a_push_from_a_git_checkout_records_the_commit(unio: Unio, folder: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(folder)]
    write_tree(folder, FILES)
    for command in [["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]]:
        subprocess.run([*git, *command], check=True, env=unio.env)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    publish(unio, folder)
    assert unio.json("show", NAME)["revision"]["git_commit"] == commit


def test_pushing_where_there_is_no_registry_yet_makes_it(unio: Unio, folder: Path, tmp_path: Path) -> None:
    unio.env["UNIO_REGISTRY"] = str(tmp_path / "new/registry")
    publish(unio, folder)
    unio.run("install", NAME, "--location", tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES


def test_two_packages_whose_names_would_be_file_and_folder_are_refused(unio: Unio, folder: Path, tmp_path: Path) -> None:
    publish(unio, folder, FILES, "-t", "v0", name="team")
    start_package(unio, tmp_path / "other", FILES, "team/v0")
    assert "'team:v0'" in fails(unio, 2, "push", cwd=tmp_path / "other", hint="another name")
