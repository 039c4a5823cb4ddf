"""Finding what others saved, and following where it came from, as two users of one registry do."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import model
import pytest

from unio_command import Unio, write_tree
from unio_scenes import FILES, NAME, publish


@pytest.fixture
def brenda(unio: Unio, tmp_path: Path) -> Unio:
    """Another user, on another machine, with the same registry."""
    other = Unio(tmp_path / "brenda")
    other.env |= {"UNIO_REGISTRY": str(unio.registry), "UNIO_USER": "brenda"}
    return other


def save(unio: Unio, folder: Path, *options: str, **content: str) -> str:
    files = {f"{name}.txt": text.encode() for name, text in (content or {"train": "data"}).items()}
    write_tree(folder, files)
    return unio.json("save", *files, *options, cwd=folder)["artifact_id"]


def found(unio: Unio, query: str = "", *options: str) -> list[str]:
    return [document["id"] for document in unio.json("find", query, *options)["documents"]]


def catalog_file(unio: Unio) -> Path:
    """The database behind the link that the catalogue is opened by, once it was filled."""
    (link,) = (path for path in (unio.home / ".cache/unio/catalogs").iterdir() if path.is_symlink())
    return link.resolve()


def test_what_one_user_saved_another_finds_with_an_empty_index(unio: Unio, brenda: Unio, folder: Path) -> None:
    artifact = save(unio, folder, "--type", "annotation_file", "--info", "stratification=new-cool-method")
    for query in [
        "by:ada", "created:>-10d", "file:*.txt", "meta.stratification:new-cool-method", "tag:*annotation*", "cool-method",
        '{"labels.datatype": "annotation_file", "file_relpaths": {"$regex": "\\\\.txt$"}}',
    ]:  # fmt: skip
        assert found(brenda, query) == [artifact], query
    assert found(brenda, "by:brenda") == []
    newer = save(unio, folder)
    assert found(brenda, "by:ada") == [newer, artifact]


def test_packages_and_artifacts_answer_together(unio: Unio, brenda: Unio, folder: Path) -> None:
    artifact = save(unio, folder)
    top_hash = publish(unio, folder / "package", FILES, "-t", "v1")
    assert found(brenda) == [f"{NAME}@{unio.json('show', NAME)['top_hash']}", artifact], top_hash
    assert len(found(brenda, "kind:package")) == 1
    assert found(brenda, "kind:artifact") == [artifact]
    assert len(found(brenda, "tag:v1")) == 1
    unio.run("tag", NAME, "good")
    assert len(found(brenda, "tag:good")) == 1
    unio.run("delete", NAME, "--yes")
    assert found(brenda, "kind:package") == []


def test_a_table_shows_who_when_and_what(unio: Unio, brenda: Unio, folder: Path) -> None:
    artifact = save(unio, folder, "--type", "model", a="1", b="2", c="3", d="4")
    publish(unio, folder / "package", FILES, "-t", "v1")
    package, saved, total = brenda.run("find").stdout.splitlines()
    assert "package" in package and f"{NAME}@" in package and "latest v1" in package
    assert artifact in saved and "ada" in saved and "a.txt, b.txt, c.txt, … 1 more" in saved and saved.endswith("model")
    assert total == "2 found"
    assert brenda.run("find", "by:nobody").stdout == "0 found\n"


def test_pages_follow_each_other(unio: Unio, folder: Path) -> None:
    artifacts = [save(unio, folder) for _ in range(5)][::-1]
    met, after = [], []
    while True:
        page = unio.json("find", "by:ada", "--limit", "2", *after)
        assert page["total"] == {"count": 5, "exact": True}
        met += [document["id"] for document in page["documents"]]
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert met == artifacts
    assert "next page: --after " in unio.run("find", "--limit", "2").stdout
    unio.run("find", "--after", "yesterday", exit_code=2)
    unio.run("find", "--limit", "0", exit_code=2)


def test_wrong_queries_are_answered_with_what_is_wrong(unio: Unio) -> None:
    assert "$regex" in unio.run("find", '{"a": {"$regx": "b"}}', exit_code=2).stderr
    unio.run("find", '{"a": ', exit_code=2)
    unio.run("find", '{"$where": "1"}', exit_code=2)
    assert found(unio, json.dumps({"username": "'; DROP TABLE documents; --"})) == []


def test_offline_answers_from_what_was_read_before(unio: Unio, brenda: Unio, folder: Path) -> None:
    artifact = save(unio, folder)
    assert found(brenda, "", "--offline") == []
    assert found(brenda) == [artifact]
    save(unio, folder)
    unio.registry.rename(unio.registry.parent / "away")
    assert found(brenda, "", "--offline") == [artifact]


def test_sixteen_processes_save_at_once_and_another_finds_each_once(unio: Unio, brenda: Unio, folder: Path) -> None:
    write_tree(folder, {"train.txt": b"data"})
    savers = [unio.start("save", "train.txt", "--json", cwd=folder) for _ in range(16)]
    finders = [brenda.start("find", "--json") for _ in range(3)]
    saved = [json.loads(saver.communicate(timeout=120)[0])["artifact_id"] for saver in savers]
    for finder in finders:
        out, err = finder.communicate(timeout=120)
        assert finder.returncode == 0, err
        assert {document["id"] for document in json.loads(out)["documents"]} <= set(saved)
    assert sorted(found(brenda, "", "--limit", "100")) == sorted(saved)
    brenda.env["UNIO_CACHE_DIR"] = str(brenda.home / "empty")
    assert sorted(found(brenda, "", "--limit", "100")) == sorted(saved)


@pytest.mark.parametrize("point", ["push.after_session", "save.after_files", "save.after_logs"])
def test_a_save_killed_before_its_metadata_is_not_found(unio: Unio, brenda: Unio, folder: Path, point: str) -> None:
    write_tree(folder, {"train.txt": b"data"})
    unio.run("save", "train.txt", cwd=folder, exit_code=-9, UNIO_FAIL=f"{point}:kill")
    assert found(brenda) == []
    assert found(brenda) == []
    assert model.check_artifacts(unio.registry) == {}


@pytest.mark.parametrize("index", ["empty", "up to date"])
@pytest.mark.parametrize("point", ["save.after_metadata", "save.after_feed", "save.after_contents"])
def test_a_save_killed_behind_its_metadata_is_found_whole(unio: Unio, brenda: Unio, folder: Path, point: str, index: str) -> None:
    if index == "up to date":
        assert found(brenda) == []
    write_tree(folder, {"train.txt": b"data"})
    unio.run("save", "train.txt", cwd=folder, exit_code=-9, UNIO_FAIL=f"{point}:kill")
    (artifact,) = found(brenda)
    brenda.run("get", artifact, "-o", folder / "got")
    assert (folder / "got/train.txt").read_bytes() == b"data"
    model.check_settled(unio.registry, "none/none")


def test_a_damaged_catalogue_is_built_anew(unio: Unio, folder: Path) -> None:
    artifact = save(unio, folder)
    assert found(unio) == [artifact]
    file = catalog_file(unio)
    for other in file.parent.glob(file.name + "-*"):
        other.unlink()
    file.write_bytes(b"no database " * 1000)
    result = unio.run("find", "--json")
    assert [document["id"] for document in json.loads(result.stdout)["documents"]] == [artifact]
    assert "damaged" in result.stderr
    assert unio.run("find").stderr == ""


def test_reindex_makes_anew_what_a_newer_version_made(unio: Unio, folder: Path) -> None:
    artifact = save(unio, folder)
    assert found(unio) == [artifact]
    with sqlite3.connect(catalog_file(unio)) as database:
        database.execute("PRAGMA user_version = 1000")
    assert "unio reindex" in unio.run("find", exit_code=10).stderr
    assert unio.json("reindex")["documents"] == 1
    assert found(unio) == [artifact]


def test_reindex_finds_the_same_again_and_what_others_put_there(unio: Unio, folder: Path) -> None:
    first = save(unio, folder)
    publish(unio, folder / "package", FILES, "-t", "v1")
    before = unio.json("find")
    for file in (unio.registry / ".unio/feed").rglob("*.json"):
        file.unlink()
    assert unio.json("reindex")["documents"] == 2
    assert unio.json("find") == before
    # As ElliptIO does: a folder, and nobody told.
    source = next(unio.registry.rglob(f"*_{first}"))
    other = first[:-4] + "0000"
    target = source.with_name(source.name.replace(first, other))
    target.mkdir()
    (target / "metadata.yaml").write_bytes((source / "metadata.yaml").read_bytes().replace(first.encode(), other.encode()))
    assert unio.run("reindex").stdout == f"Indexed 3 publications of file://{unio.registry}\n"
    assert set(found(unio, "kind:artifact")) == {first, other}


def test_find_works_where_nothing_may_be_written(unio: Unio, brenda: Unio, folder: Path) -> None:
    artifact = save(unio, folder)
    folders = [path for path in [unio.registry, *unio.registry.rglob("*")] if path.is_dir()]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in folders}
    for path in folders:
        path.chmod(0o555)
    try:
        assert found(brenda) == [artifact]
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_a_database_that_is_not_built_in_is_refused_without_its_password(unio: Unio) -> None:
    error = unio.run("find", exit_code=10, UNIO_CATALOG="oracle://ada:hidden@db/x").stderr
    assert "oracle" in error and "hidden" not in error


def test_lineage_goes_from_the_data_to_the_evaluation_and_back(unio: Unio, brenda: Unio, folder: Path) -> None:
    data = save(unio, folder)
    trained = save(brenda, folder, "--based-on", data, model="m")
    evaluation = save(unio, folder, "--based-on", trained, report="r")
    up = unio.run("lineage", evaluation).stdout.splitlines()
    assert [line.split()[0] for line in up] == [evaluation, "└──", "└──"]
    assert trained in up[1] and "brenda" in up[1] and data in up[2]
    down = brenda.json("lineage", data[:20], "--down")
    assert [node["id"] for node in down["nodes"]] == [data, trained, evaluation]
    assert down["edges"][0] == {"child": trained, "parent": data, "closes_cycle": False}
    assert unio.json("lineage", evaluation, "--depth", "1")["nodes"][-1]["goes_on"]
    assert found(unio, json.dumps({"based_on": data})) == [trained]
    dot = unio.run("lineage", evaluation, "--format", "dot").stdout
    assert f'"{data}" -> "{trained}";' in dot
    assert json.loads(unio.run("lineage", evaluation, "--format", "json").stdout)["direction"] == "up"
    unio.run("lineage", evaluation, "--format", "svg", exit_code=2)
    unio.run("lineage", evaluation, "--up", "--down", exit_code=2)
    unio.run("lineage", "artifact_00000000", exit_code=3)


def test_cycles_and_missing_parents_are_shown_and_harmless(unio: Unio, folder: Path) -> None:
    missing = "artifact_00000000-0000-4000-8000-000000000000"
    artifact = save(unio, folder, "--based-on", missing)
    assert unio.run("lineage", artifact).stdout.splitlines()[1] == f"└── {missing}  (missing)"
    metadata = next(unio.registry.rglob("metadata.yaml"))
    metadata.chmod(0o644)
    metadata.write_text(metadata.read_text().replace(missing, artifact))
    unio.run("reindex")
    assert "(cycle)" in unio.run("lineage", artifact).stdout.splitlines()[1]


def test_the_lineage_of_packages_names_their_revisions(unio: Unio, folder: Path) -> None:
    publish(unio, folder, FILES, "-t", "v1")
    first = unio.json("show", NAME)["top_hash"]
    write_tree(folder, {"a.txt": b"changed"})
    unio.run("push", "-m", "second", cwd=folder)
    lines = unio.run("lineage", NAME).stdout.splitlines()
    assert f"{NAME}@{first}" in lines[1]
    assert [node["id"] for node in unio.json("lineage", f"{NAME}:v1", "--down")["nodes"]][0] == f"{NAME}@{first}"


# ---------------------------------------------------------------- capture


def test_saving_records_the_surroundings_without_secrets(unio: Unio, folder: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    write_tree(folder, {"train.txt": b"data"})
    saved = unio.json("save", "train.txt", "--info", f"token={secret}", "--info", "note=fine", cwd=folder)
    assert saved["capture"] == "safe" and saved["masked"] >= 1
    assert saved["labels"]["infos"] == {"note": "fine", "token": "<masked>"}
    assert saved["argv"].startswith("unio save train.txt")
    assert saved["system"]["os"]
    for file in [*unio.registry.rglob("*"), *(unio.home / ".cache").rglob("*")]:
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    off = unio.json("save", "train.txt", "--capture", "off", cwd=folder)
    assert off["capture"] == "off" and off["hostname"] == "" and off["system"] == {} and off["logs"] == []
    assert json.loads(unio.run("save", "train.txt", "--json", cwd=folder, UNIO_CAPTURE="off").stdout)["capture"] == "off"
    unio.run("save", "train.txt", "--capture", "some", cwd=folder, exit_code=2)
