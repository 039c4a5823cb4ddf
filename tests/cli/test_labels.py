"""Labels that are given after an artifact was saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from unio_command import Unio, write_tree
from unio_scenes import fails


@pytest.fixture
def saved(unio: Unio, folder: Path) -> dict[str, Any]:
    write_tree(folder, {"a.txt": b"a"})
    return unio.json("save", "a.txt", "--label", "ticket=AB-1", "--info", "round=1", cwd=folder)


def test_labels_given_later_are_found_and_the_first_metadata_stays(unio: Unio, saved: dict[str, Any]) -> None:
    metadata = Path(saved["remote_root"]) / "metadata.yaml"
    before = metadata.read_bytes()
    said = unio.run("label", saved["artifact_id"][:20], "ticket=AB-2", "checked=yes", "--remove", "round", UNIO_USER="brenda")
    assert said.stdout == f"{saved['artifact_id']} has new labels (revision 1)\n"
    shown = unio.json("show", saved["artifact_id"])
    assert (shown["labels"]["ticket"], shown["labels"]["infos"]) == ("AB-2", {"checked": "yes"})
    assert (shown["revision"], shown["revised_by"]) == (1, "brenda")
    assert metadata.read_bytes() == before
    for query, count in (("meta.checked:yes", 1), ('{"labels.ticket": "AB-1"}', 0), ('{"labels.ticket": "AB-2"}', 1)):
        assert len(unio.json("find", query)["documents"]) == count, query


def test_nothing_is_written_when_the_labels_are_there_already(unio: Unio, saved: dict[str, Any]) -> None:
    said = unio.run("label", saved["artifact_id"], "ticket=AB-1", "round=1").stdout
    assert said == f"{saved['artifact_id']} has these labels already\n"
    assert not (Path(saved["remote_root"]) / "metadata.1.yaml").exists()


def test_of_many_who_label_at_once_nobody_loses_anything(unio: Unio, saved: dict[str, Any]) -> None:
    count = 12
    processes = [unio.start("label", saved["artifact_id"], f"of{i}={i}") for i in range(count)]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    shown = unio.json("show", saved["artifact_id"])
    assert shown["labels"]["infos"] == {"round": "1"} | {f"of{i}": str(i) for i in range(count)}
    assert shown["revision"] == count


def test_secrets_in_labels_are_masked_and_counted(unio: Unio, saved: dict[str, Any]) -> None:
    secret = "hunter2-Zq8vX31kLmP0"
    labelled = unio.json("label", saved["artifact_id"], f"password={secret}", f"description=https://andy:{secret}@host/x")
    assert labelled["labels"]["infos"]["password"] == "<masked>"
    assert labelled["masked"] == saved["masked"] + 2
    assert not [path for path in unio.registry.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    newest = yaml.safe_load((Path(saved["remote_root"]) / "metadata.1.yaml").read_bytes())
    assert newest["masked"] == saved["masked"] + 2


def test_wrong_labels_are_refused_and_near_ones_are_pointed_at(unio: Unio, saved: dict[str, Any]) -> None:
    artifact = saved["artifact_id"]
    assert "'tikcet' is kept as an info; is it the label 'ticket'?" in unio.run("label", artifact, "tikcet=1").stderr
    fails(unio, 2, "label", artifact, hint="name=value")
    fails(unio, 2, "label", artifact, "ticket")
    fails(unio, 2, "label", artifact, "=x")
    fails(unio, 2, "label", artifact, "a=1", "--remove", "a")
    fails(unio, 3, "label", artifact, "--remove", "nothing")
    fails(unio, 3, "label", artifact, "--remove", "project")
    fails(unio, 3, "label", "artifact_00000000", "a=1")
    fails(unio, 2, "label", artifact, f"{'k' * 300}=x")
    assert unio.json("show", artifact)["revision"] == 1
