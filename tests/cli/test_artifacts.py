"""Saving files without choosing a place, and getting them back, as two users of one registry do."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import model
import pytest
import yaml

from unio_command import Unio, read_tree, write_tree

FILES = {"train.txt": b"path,class\n", "sub/test.txt": b"test"}


@pytest.fixture
def brenda(unio: Unio, tmp_path: Path) -> Unio:
    """Another user, on another machine, with the same registry."""
    other = Unio(tmp_path / "brenda")
    other.env |= {"UNIO_REGISTRY": str(unio.registry), "UNIO_USER": "brenda"}
    return other


def save(unio: Unio, folder: Path, *options: str, files: dict[str, bytes] = FILES) -> dict:
    write_tree(folder, files)
    return unio.json("save", *(str(folder / name) for name in files), *options)


def test_what_one_user_saved_another_gets_by_its_id(unio: Unio, brenda: Unio, folder: Path, tmp_path: Path) -> None:
    saved = save(unio, folder)
    out = brenda.run("get", saved["artifact_id"], "-o", tmp_path / "got").stdout
    assert read_tree(tmp_path / "got") == FILES
    assert out.splitlines() == [str(tmp_path / "got/sub/test.txt"), str(tmp_path / "got/train.txt")]
    assert not (tmp_path / "got/.unio").exists()


def test_the_folder_is_elliptios_and_its_metadata_complete(unio: Unio, folder: Path) -> None:
    before = datetime.now(UTC)
    saved = save(
        unio, folder, "--label", "ticket=AB-123", "--label", "project=awesome", "--type", "annotation_file",
        "--info", "stratification=new special method", "--info", "empty=", "--info", "a=b=c",
    )  # fmt: skip
    folder_of_artifact = Path(saved["remote_root"])
    assert read_tree(folder_of_artifact / "files") == FILES
    metadata = yaml.safe_load((folder_of_artifact / "metadata.yaml").read_bytes())
    time = metadata["creation_time"]
    assert before - timedelta(seconds=1) <= time <= datetime.now(UTC)
    assert folder_of_artifact == unio.registry / f"{time:%Y/%m/%d}/ada/{time:%H%M%S}_{saved['artifact_id']}"
    assert metadata["username"] == "ada"
    assert metadata["file_relpaths"] == ["sub/test.txt", "train.txt"]
    assert metadata["labels"] == {
        "dataset": "",
        "datatype": "annotation_file",
        "description": "",
        "infos": {"a": "b=c", "empty": "", "stratification": "new special method"},
        "project": "awesome",
        "ticket": "AB-123",
    }
    assert metadata["version"] == 1
    assert {file["relpath"]: file["sha256"] for file in metadata["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()
    }
    assert model.check_artifacts(unio.registry) == {saved["artifact_id"]: set(FILES)}


def test_everything_saved_is_read_only_and_a_duplicate_takes_no_space(unio: Unio, folder: Path) -> None:
    large = {"large.bin": bytes(range(256)) * 40_000}
    first = save(unio, folder, files=large)
    size = int(subprocess.check_output(["du", "-s", "-k", unio.registry]).split()[0])
    second = save(unio, folder, files=large)
    assert int(subprocess.check_output(["du", "-s", "-k", unio.registry]).split()[0]) < size + 1000
    for saved in (first, second):
        for path in Path(saved["remote_root"]).rglob("*"):
            assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o444, path
        assert read_tree(Path(saved["remote_root"]) / "files") == large
    stored = save(unio, folder, "--dedup", "off", files=large)
    assert (Path(stored["remote_root"]) / "files/large.bin").stat().st_nlink == 1


def test_the_beginning_of_an_id_is_enough(unio: Unio, folder: Path, tmp_path: Path) -> None:
    saved = save(unio, folder)
    unio.run("get", saved["artifact_id"][:14], "-o", tmp_path / "got")
    assert read_tree(tmp_path / "got") == FILES
    unio.run("get", "artifact_", "--file", "train.txt", "-o", tmp_path / "one", exit_code=2)
    unio.run("get", saved["artifact_id"][:20], "--file", "train.txt", "-o", tmp_path / "one")
    assert read_tree(tmp_path / "one") == {"train.txt": FILES["train.txt"]}


def test_files_come_to_the_present_folder_and_replace_nothing(unio: Unio, folder: Path, tmp_path: Path) -> None:
    saved = save(unio, folder)
    here = tmp_path / "here"
    write_tree(here, {"train.txt": b"mine"})
    error = unio.run("get", saved["artifact_id"], cwd=here, exit_code=4).stderr
    assert "train.txt" in error and "--force" in error
    assert (here / "train.txt").read_bytes() == b"mine"
    unio.run("get", saved["artifact_id"], "--force", cwd=here)
    assert read_tree(here) == FILES
    unio.run("get", saved["artifact_id"], cwd=here)


def test_all_missing_files_are_named_and_nothing_is_saved(unio: Unio, folder: Path) -> None:
    write_tree(folder, FILES)
    error = unio.run("save", "train.txt", "gone1", "gone2", cwd=folder, exit_code=3).stderr
    assert "gone1" in error and "gone2" in error
    unio.run("save", ".", cwd=folder, exit_code=2)
    unio.run("save", "train.txt", "--label", "tikcet=1", cwd=folder, exit_code=2)
    unio.run("save", "train.txt", "--label", "ticket", cwd=folder, exit_code=2)
    unio.run("save", "train.txt", "--dedup", "maybe", cwd=folder, exit_code=2)
    unio.run("save", "train.txt", "--based-on", "artifact_b4", cwd=folder, exit_code=2)
    unio.run("save", "train.txt", cwd=folder, exit_code=2, UNIO_USER="../../etc")
    assert not unio.registry.exists()


def test_an_unknown_label_is_answered_with_the_nearest(unio: Unio, folder: Path) -> None:
    write_tree(folder, FILES)
    assert "'ticket'" in unio.run("save", "train.txt", "--label", "tikcet=1", cwd=folder, exit_code=2).stderr


def test_show_tells_all_of_an_artifact(unio: Unio, brenda: Unio, folder: Path) -> None:
    parent = save(unio, folder)
    saved = save(brenda, folder, "--type", "model", "--based-on", parent["artifact_id"], files={"model.pt": b"model"})
    out = unio.run("show", saved["artifact_id"]).stdout
    for text in (saved["artifact_id"], "brenda", "model.pt", parent["artifact_id"]):
        assert text in out
    shown = unio.json("show", saved["artifact_id"])
    assert shown == saved
    assert shown["based_on"] == [parent["artifact_id"]]
    assert Path(shown["files"][0]["url"]).read_bytes() == b"model"
    unio.run("show", "artifact_00000000-0000-4000-8000-000000000000", exit_code=3)


def test_damage_is_found_and_not_installed(unio: Unio, folder: Path, tmp_path: Path) -> None:
    saved = save(unio, folder)
    damaged = Path(saved["remote_root"]) / "files/train.txt"
    damaged.chmod(0o644)
    damaged.write_bytes(b"path,clasS\n")
    assert "train.txt" in unio.run("get", saved["artifact_id"], "-o", tmp_path / "got", exit_code=9).stderr
    assert not (tmp_path / "got/train.txt").exists()


def test_odd_names_come_back_exactly_or_are_refused(unio: Unio, folder: Path, tmp_path: Path) -> None:
    odd = {"a 'b' \"c\".txt": b"1", "é/日本 #%.txt": b"2", "line\nbreak": b"3", "- x: y": b"4", "\U0001f41a": b"5"}
    saved = save(unio, folder, "--info", "quote=\"' \\ \n {}", files=odd)
    assert saved["labels"]["infos"]["quote"] == "\"' \\ \n {}"
    assert yaml.safe_load((Path(saved["remote_root"]) / "metadata.yaml").read_bytes())["labels"] == saved["labels"]
    unio.run("get", saved["artifact_id"], "-o", tmp_path / "got")
    assert read_tree(tmp_path / "got") == odd
    unio.run("save", folder / "line\nbreak", "--info", "k" * 4096 + "=v", exit_code=2)
    long = save(unio, folder, "--info", "k=" + "v" * 4096, files={"x": b""})
    assert unio.json("show", long["artifact_id"])["labels"]["infos"]["k"] == "v" * 4096


@pytest.mark.parametrize("relpath", ["../escaped", "/tmp/escaped", "a/../../escaped", "a\0b", "..", "x/" + "y" * 300])
def test_metadata_of_others_leads_nowhere_outside_the_folder(unio: Unio, folder: Path, tmp_path: Path, relpath: str) -> None:
    saved = save(unio, folder)
    file = Path(saved["remote_root"]) / "metadata.yaml"
    metadata = yaml.safe_load(file.read_bytes())
    metadata["files"][0]["relpath"] = relpath
    file.chmod(0o644)
    file.write_text(yaml.dump(metadata))
    unio.run("get", saved["artifact_id"], "-o", tmp_path / "deep/got", exit_code=9)
    assert not list(tmp_path.rglob("escaped"))


def test_artifacts_of_elliptio_itself_are_read(unio: Unio, folder: Path, tmp_path: Path) -> None:
    saved = save(unio, folder)
    file = Path(saved["remote_root"]) / "metadata.yaml"
    metadata = yaml.safe_load(file.read_bytes())
    theirs = ["argv", "artifact_id", "based_on", "creation_time", "file_relpaths", "hostname", "labels", "local_root", "log_relpaths"]
    theirs += ["python_packages", "remote_root", "run_id", "username", "version"]
    file.chmod(0o644)
    file.write_text(yaml.dump({key: metadata[key] for key in theirs}))
    unio.run("get", saved["artifact_id"], "-o", tmp_path / "got")
    assert read_tree(tmp_path / "got") == FILES


def test_sixteen_processes_save_at_once_and_all_is_found_once(unio: Unio, brenda: Unio, folder: Path) -> None:
    write_tree(folder, FILES)
    savers = [unio.start("save", "train.txt", "sub/test.txt", "--json", cwd=folder) for _ in range(16)]
    saved = [json.loads(saver.communicate(timeout=120)[0])["artifact_id"] for saver in savers]
    assert model.check_artifacts(unio.registry).keys() == set(saved)
    assert len(set(saved)) == 16
    for artifact_id in saved:
        brenda.run("show", artifact_id)
    model.check_settled(unio.registry, "none/none")


@pytest.mark.parametrize("point", ["push.after_session", "save.after_files", "save.after_logs"])
def test_a_save_killed_before_its_metadata_is_absent(unio: Unio, brenda: Unio, folder: Path, point: str) -> None:
    write_tree(folder, FILES)
    unio.run("save", "train.txt", cwd=folder, exit_code=-9, UNIO_FAIL=f"{point}:kill")
    saved = save(brenda, folder)
    assert model.check_artifacts(unio.registry).keys() == {saved["artifact_id"]}


@pytest.mark.parametrize("point", ["save.after_metadata", "save.after_feed", "save.after_contents"])
def test_a_save_killed_behind_its_metadata_is_whole_and_found(unio: Unio, brenda: Unio, folder: Path, point: str) -> None:
    write_tree(folder, FILES)
    unio.run("save", "train.txt", cwd=folder, exit_code=-9, UNIO_FAIL=f"{point}:kill")
    metadata = yaml.safe_load(next(unio.registry.rglob("metadata.yaml")).read_bytes())
    brenda.run("get", metadata["artifact_id"], "-o", folder / "got")
    assert (folder / "got/train.txt").read_bytes() == FILES["train.txt"]
    save(brenda, folder, files={"other.txt": b"next"})
    assert len(model.check_artifacts(unio.registry)) == 2
    model.check_settled(unio.registry, "none/none")
