"""A team saves at once: everything is found afterwards by another user, once, and nothing is left behind."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import model
from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio, server_url
from unio_command import Unio, read_tree, write_tree

SAVERS = 64


@pytest.mark.parametrize("place", ["folder", "bucket", "versioned bucket"])
def test_sixty_four_processes_save_and_another_user_finds_each_once(place: str, tmp_path: Path) -> None:
    users: list[Unio] = []
    bucket = Bucket(versioned=place == "versioned bucket") if place != "folder" else None
    for name in ("ann", "brenda"):
        users.append(BucketUnio(tmp_path / name, bucket) if bucket else Unio(tmp_path / name))
        users[-1].env |= {"UNIO_USER": name, "UNIO_REGISTRY": users[0].env["UNIO_REGISTRY"]}
    ann, brenda = users
    # What all of them have, and what only one has.
    files = {"shared.bin": bytes(range(256)) * 256} | {f"own{n}.txt": str(n).encode() for n in range(SAVERS)}
    write_tree(tmp_path / "work", files)
    savers = [ann.start("save", "shared.bin", f"own{n}.txt", "--json", cwd=tmp_path / "work") for n in range(SAVERS)]
    saved = [json.loads(saver.communicate(timeout=600)[0])["artifact_id"] for saver in savers]
    assert [saver.returncode for saver in savers] == [0] * SAVERS
    assert len(set(saved)) == SAVERS

    found = brenda.json("find", "--limit", "1000")["documents"]
    assert sorted(document["id"] for document in found) == sorted(saved)
    assert model.check_artifacts(ann.registry).keys() == set(saved)
    assert not model.files_in(ann.registry / ".unio/sessions")
    for number in (0, SAVERS - 1):
        brenda.run("get", saved[number], "-o", tmp_path / str(number))
        own = f"own{number}.txt"
        assert read_tree(tmp_path / str(number)) == {name: files[name] for name in ("shared.bin", own)}


def test_a_save_asks_the_store_no_more_often_while_others_save(tmp_path: Path) -> None:
    with S3Proxy(server_url()) as proxy:
        unio = BucketUnio(tmp_path / "home", Bucket(), endpoint=proxy.url)
        write_tree(tmp_path / "work", {f"own{n}.txt": str(n).encode() for n in range(SAVERS)})
        unio.run("save", "own0.txt", cwd=tmp_path / "work")
        proxy.clear()
        unio.run("save", "own1.txt", cwd=tmp_path / "work")
        alone = len(proxy.requests)
        proxy.clear()
        begun = time.monotonic()
        savers = [unio.start("save", f"own{n}.txt", cwd=tmp_path / "work") for n in range(2, SAVERS)]
        for saver in savers:
            saver.communicate(timeout=600)
        assert [saver.returncode for saver in savers] == [0] * len(savers)
        together = len(proxy.requests) / len(savers)
        print(f"{alone} requests of one save alone, {together:.1f} of each of {len(savers)}, {time.monotonic() - begun:.1f} s")
        assert together <= alone + 1
