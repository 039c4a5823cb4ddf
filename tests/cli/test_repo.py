"""`unio repo`: named values in versions."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from unio_command import Unio
from unio_scenes import fails, peak_memory


def index(folder: Path) -> list[dict[str, object]]:
    return json.loads((folder / "repository.json").read_text())


@pytest.fixture
def repository(unio: Unio, folder: Path) -> Path:
    """Three versions of `weights`."""
    for number in range(3):
        unio.run("repo", "put", "weights", "--value", json.dumps(list(range(number + 1))), cwd=folder)
    return folder


def test_what_was_put_is_given_back_by_number_time_and_as_of_a_date(unio: Unio, repository: Path) -> None:
    def get(*args: str) -> str:
        return unio.run("repo", "get", "weights", *args, cwd=repository).stdout

    assert get() == get("2") == get("-1") == get("v2") == get("--as-of", "2999-01-01") == "[0, 1, 2]"
    assert get("0") == get("-3") == "[0]"
    exact = unio.json("repo", "log", "weights", cwd=repository)["versions"][1]["created"]
    assert get(exact) == get("--as-of", exact.replace("Z", "+00:00")) == "[0, 1]"
    assert "predates" in fails(unio, 3, "repo", "get", "weights", "--as-of", "2020-01-01", cwd=repository)
    assert 'no value "wieghts"' in fails(unio, 3, "repo", "get", "wieghts", cwd=repository, hint='"weights"')
    fails(unio, 3, "repo", "get", "weights", "3", cwd=repository)
    fails(unio, 2, "repo", "get", "weights", "newest", cwd=repository, hint="-1")
    fails(unio, 2, "repo", "get", "weights", "1", "--as-of", "2026-01-01", cwd=repository)


def test_output_appears_when_it_is_whole_and_right(unio: Unio, repository: Path) -> None:
    unio.run("repo", "get", "weights", "1", "-o", "out.json", cwd=repository)
    assert (repository / "out.json").read_text() == "[0, 1]"
    (repository / "weights" / str(index(repository)[2]["fname"])).write_text("[0, 1, 3]")
    error = fails(unio, 9, "repo", "get", "weights", "-o", "out.json", cwd=repository, hint="verify")
    assert 'version 2 of "weights"' in error and "other bytes" in error
    assert (repository / "out.json").read_text() == "[0, 1]"
    assert not list(repository.glob(".unio-*"))
    report = unio.json("repo", "verify", cwd=repository, exit_code=1)
    assert report["versions"] == 3 and [row["version"] for row in report["problems"]] == [2]


def test_files_keep_their_bytes_and_get_a_handler_by_their_name(unio: Unio, folder: Path) -> None:
    evil = b"cos\nsystem\n(S'touch hacked'\ntR."
    (folder / "model.pkl").write_bytes(evil)
    (folder / "noise.raw").write_bytes(bytes(range(256)))
    assert unio.json("repo", "put", "model", "model.pkl", cwd=folder)["handler"] == "pickle"
    assert unio.json("repo", "put", "noise", "noise.raw", cwd=folder)["handler"] == "bytes"
    unio.run("repo", "get", "model", "-o", "back.pkl", cwd=folder)
    unio.run("repo", "get", "noise", "-o", "back", cwd=folder)
    assert (folder / "back.pkl").read_bytes() == evil and (folder / "back").read_bytes() == bytes(range(256))
    assert not (folder / "hacked").exists()
    assert unio.json("repo", "put", "noise", "noise.raw", "--handler", "mine", "--fname", "deep/x", cwd=folder)["fname"] == "deep/x"
    assert (folder / "noise/deep/x").read_bytes() == bytes(range(256))


def test_lists_values_and_versions(unio: Unio, repository: Path) -> None:
    unio.run("repo", "put", "limits", "--value", "{}", cwd=repository)
    values = unio.json("repo", cwd=repository)["values"]
    assert [(row["name"], row["versions"], row["newest"]["version"]) for row in values] == [("limits", 1, 0), ("weights", 3, 2)]
    assert unio.run("repo", "ls", cwd=repository).stdout.splitlines()[1].startswith("weights")
    versions = unio.json("repo", "log", "weights", cwd=repository)["versions"]
    assert [row["version"] for row in versions] == [2, 1, 0]
    assert unio.run("repo", "log", "weights", cwd=repository).stdout.count("\n") == 3


def test_diff_shows_lines_of_text_and_says_when_there_are_none(unio: Unio, repository: Path) -> None:
    text = unio.run("repo", "diff", "weights", "0", "1", cwd=repository).stdout
    assert "--- weights v0\n+++ weights v1\n" in text and "-[0]\n" in text and "+[0, 1]\n" in text
    assert unio.json("repo", "diff", "weights", "-1", cwd=repository)["equal"] is True
    (repository / "b").write_bytes(b"\0\1")
    for _ in range(2):
        unio.run("repo", "put", "binary", "b", cwd=repository)
        (repository / "b").write_bytes(b"\0\2")
    assert "no text" in unio.run("repo", "diff", "binary", "0", "1", cwd=repository).stdout


def test_expired_versions_are_refused_with_the_reason_and_can_be_forced(unio: Unio, repository: Path) -> None:
    unio.run("repo", "expire", "weights", cwd=repository)
    assert unio.run("repo", "get", "weights", cwd=repository).stdout == "[0, 1]"
    assert "is expired since" in fails(unio, 11, "repo", "get", "weights", "2", cwd=repository, hint="--force")
    assert unio.run("repo", "get", "weights", "2", "--force", cwd=repository).stdout == "[0, 1, 2]"
    for version in ("0", "1"):
        unio.run("repo", "expire", "weights", version, "--expiry", "2020-01-01", cwd=repository)
    assert "are expired" in fails(unio, 11, "repo", "get", "weights", cwd=repository)
    unio.run("repo", "expire", "weights", "2", "--never", cwd=repository)
    assert unio.run("repo", "get", "weights", cwd=repository).stdout == "[0, 1, 2]"


def test_releases_are_made_listed_and_exported(unio: Unio, repository: Path) -> None:
    unio.run("repo", "release", "v1", cwd=repository)
    unio.run("repo", "put", "weights", "--value", "[]", cwd=repository)
    fails(unio, 4, "repo", "release", "v1", cwd=repository)
    assert [row["tag"] for row in unio.json("repo", "release", cwd=repository)["releases"]] == ["v1"]
    unio.run("repo", "release", "v1", "-o", "deploy", cwd=repository)
    assert [row["version"] for row in index(repository / "deploy")] == [2]
    assert unio.run("repo", "get", "weights", "-R", "deploy/repository.json", cwd=repository).stdout == "[0, 1, 2]"
    fails(unio, 4, "repo", "release", "v1", "-o", "deploy", cwd=repository)
    fails(unio, 3, "repo", "release", "v2", "-o", "other", cwd=repository, hint="v1")


def test_names_that_lead_elsewhere_are_refused(unio: Unio, folder: Path) -> None:
    for name in ("../escape", "/abs", "a/../../b", "a" * 300, "", "a\nb", ".unio/x", "repository.json"):
        fails(unio, 2, "repo", "put", name, "--value", "1", cwd=folder)
    fails(unio, 2, "repo", "put", "a", "--value", "1", "--fname", "../../x", cwd=folder)
    assert list(folder.iterdir()) == []
    unio.run("repo", "put", "Größe 😀/deep", "--value", "1", cwd=folder)
    assert unio.run("repo", "get", "Größe 😀/deep", cwd=folder).stdout == "1"


def test_a_tampered_index_is_refused_and_left_alone(unio: Unio, repository: Path) -> None:
    entries = index(repository)
    for change, words in [
        ({"version": 1}, "version 1 stands twice"),
        ({"version": "2"}, "'version'"),
        ({"created_at": "yesterday"}, "'created_at' is no time"),
        ({"unio": 3}, "'unio'"),
    ]:
        text = json.dumps([*entries[:2], entries[2] | change])
        (repository / "repository.json").write_text(text)
        error = fails(unio, 9, "repo", "get", "weights", cwd=repository)
        assert 'entry 2 ("weights")' in error and words in error
        fails(unio, 9, "repo", "put", "weights", "--value", "1", cwd=repository)
        assert (repository / "repository.json").read_text() == text
    newer = [*entries[:2], entries[2] | {"unio": {"schema": 2}}]
    (repository / "repository.json").write_text(json.dumps(newer))
    for command in (["get", "weights"], ["put", "weights", "--value", "1"]):
        assert 'entry 2 ("weights")' in fails(unio, 10, "repo", *command, cwd=repository, hint="newer unio")
    (repository / "repository.json").write_text('{"schema": 9, "versions": []}')
    assert "no list" in fails(unio, 9, "repo", "ls", cwd=repository, hint="version of lazyscribe")


def test_an_entry_that_leads_out_of_the_folder_is_named_and_the_others_load(unio: Unio, repository: Path) -> None:
    entries = index(repository)
    (repository.parent / "secret").write_text("secret")
    (repository / "repository.json").write_text(json.dumps([*entries[:2], entries[2] | {"fname": "../../secret"}]))
    assert 'version 2 of "weights"' in fails(unio, 9, "repo", "get", "weights", cwd=repository)
    assert unio.run("repo", "get", "weights", "1", cwd=repository).stdout == "[0, 1]"
    assert len(unio.json("repo", "verify", cwd=repository, exit_code=1)["problems"]) == 1


def test_equal_large_values_lie_in_a_folder_once_and_read_only(unio: Unio, folder: Path) -> None:
    (folder / "large.bin").write_bytes(bytes(range(256)) * 1000)
    (folder / "other.bin").write_bytes(bytes(range(255, -1, -1)) * 1000)
    for name, file in [("a", "large.bin"), ("b", "large.bin"), ("a", "large.bin"), ("c", "other.bin")]:
        unio.run("repo", "put", name, file, cwd=folder)
    files = [folder / str(entry["name"]) / str(entry["fname"]) for entry in index(folder)]
    assert [path.read_bytes() == (folder / "large.bin").read_bytes() for path in files] == [True, True, True, False]
    assert all(path.stat().st_mode & 0o222 == 0 for path in files[1:3])
    # Where blocks can be shared, each is a file of its own.
    assert len({path.stat().st_ino for path in files[:3]}) in (1, 3)
    assert unio.json("repo", "verify", cwd=folder)["problems"] == []


def test_a_damaged_value_is_not_shared(unio: Unio, folder: Path) -> None:
    (folder / "large.bin").write_bytes(bytes(range(256)) * 1000)
    unio.run("repo", "put", "a", "large.bin", cwd=folder)
    (folder / "a" / str(index(folder)[0]["fname"])).write_bytes(bytes(256_000))
    unio.run("repo", "put", "a", "large.bin", cwd=folder)
    unio.run("repo", "get", "a", "-o", "back.bin", cwd=folder)
    assert (folder / "back.bin").read_bytes() == (folder / "large.bin").read_bytes()


def test_a_large_value_is_not_held_in_memory(unio: Unio, folder: Path) -> None:
    with (folder / "large.bin").open("wb") as file:
        file.truncate(400 << 20)
    where = folder / "repository.json"
    for words in (["put", "a", folder / "large.bin"], ["get", "a", "-o", folder / "back.bin"], ["verify"]):
        code, memory, err = peak_memory(unio, "repo", *words, "-R", where)
        assert code == 0, err
        assert memory < 200 << 20, words
    assert (folder / "back.bin").stat().st_size == 400 << 20


def test_values_in_a_registry_are_found_and_are_ancestors(unio: Unio, folder: Path) -> None:
    where = unio.registry / "models/repository.json"
    for number in range(2):
        unio.run("repo", "put", "weights", "--value", str(number), "-R", where)
    found = unio.json("find", "kind:value name:weights version:1 created:today")["documents"]
    assert [each["id"] for each in found] == ["models/repository.json#weights@v1"]
    assert "models/repository.json#weights@v1" in unio.run("find", "weights").stdout
    (folder / "report.txt").write_text("all is well")
    made = unio.json("save", "report.txt", "--based-on", found[0]["id"], cwd=folder)["artifact_id"]
    assert found[0]["id"] in unio.run("lineage", made).stdout
    assert made in unio.run("lineage", found[0]["id"], "--down").stdout
    fails(unio, 2, "save", "report.txt", "--based-on", "weights@v1", cwd=folder, hint="INDEX#NAME@v3")
    before = unio.json("find", "kind:value")["documents"]
    unio.run("reindex")
    assert unio.json("find", "kind:value")["documents"] == before


def test_without_a_repository_the_error_says_how_to_make_one(unio: Unio, folder: Path) -> None:
    for action in ("ls", "log", "get", "verify"):
        fails(unio, 3, "repo", action, "weights", cwd=folder, hint="unio repo put")
    fails(unio, 2, "repo", "frob", cwd=folder, hint="promote")
    fails(unio, 2, "repo", "put", "a", cwd=folder)
    fails(unio, 2, "repo", "put", "a", "--value", "{", cwd=folder)
    fails(unio, 3, "repo", "put", "a", "missing", cwd=folder)
    assert list(folder.iterdir()) == []


def test_many_processes_keep_all_their_versions_numbered_without_a_gap(unio: Unio, folder: Path) -> None:
    def save(writer: int) -> None:
        for number in range(10):
            unio.run("repo", "put", "shared", "--value", json.dumps([writer, number]), cwd=folder)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(8)))
    entries = index(folder)
    assert [entry["version"] for entry in entries] == list(range(80))
    assert sorted(json.loads((folder / "shared" / str(e["fname"])).read_text()) for e in entries) == sorted(
        [writer, number] for writer in range(8) for number in range(10)
    )
    created = [entry["unio"]["created"] for entry in entries]  # type: ignore[index]
    assert created == sorted(set(created))
    assert unio.json("repo", "verify", cwd=folder)["problems"] == []
