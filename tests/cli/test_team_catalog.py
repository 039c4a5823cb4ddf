"""The catalogue of a team in one PostgreSQL database, as its members use it."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres_proxy import Moment, PostgresProxy
from unio_command import Unio, write_tree

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def database() -> Iterator[str]:
    server = os.environ.get("UNIO_TEST_POSTGRES")
    assert server, "there is no PostgreSQL server to test with: run the tests with scripts/with-postgres"
    name = f"t{uuid.uuid4().hex}"
    for_server = [f"--maintenance-db={server}/postgres"]
    subprocess.run([PROGRAMS / "createdb", *for_server, name], check=True)
    yield f"{server}/{name}"
    subprocess.run([PROGRAMS / "dropdb", "--force", *for_server, name], check=True)


def test_members_find_through_one_database_what_each_saved(unio: Unio, folder: Path, tmp_path: Path, database: str) -> None:
    brenda = Unio(tmp_path / "brenda")
    brenda.env |= {"UNIO_REGISTRY": str(unio.registry), "UNIO_USER": "brenda"}
    for user in (unio, brenda):
        user.env["UNIO_CATALOG"] = database
    write_tree(folder, {"train.txt": b"data"})
    data = unio.json("save", "train.txt", cwd=folder)["artifact_id"]
    model = brenda.json("save", "train.txt", "--based-on", data, cwd=folder)["artifact_id"]
    assert [document["id"] for document in unio.json("find", "file:*.txt")["documents"]] == [model, data]
    assert [document["id"] for document in brenda.json("find", "by:ada", "--offline")["documents"]] == [data]
    assert [node["id"] for node in brenda.json("lineage", data, "--down")["nodes"]] == [data, model]
    assert not list(tmp_path.rglob("*.sqlite"))
    error = unio.run("--registry", tmp_path / "other", "find", exit_code=11).stderr
    assert "catalogue of" in error
    unio.run("find", exit_code=8, UNIO_CATALOG="postgresql://unio:hidden@127.0.0.1:1/none")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_line_that_breaks_at_a_commit_neither_doubles_nor_loses_what_was_saved(
    unio: Unio, folder: Path, database: str, moment: Moment
) -> None:
    unio.env["UNIO_CATALOG"] = database
    unio.run("find")
    write_tree(folder, {"train.txt": b"data"})
    saved = {unio.json("save", "train.txt", cwd=folder)["artifact_id"] for _ in range(3)}
    with PostgresProxy(database, moment, cuts=2) as line:
        for _ in range(2):
            error = unio.run("find", exit_code=8, UNIO_CATALOG=line.url).stderr
            assert "what was saved is safe in the store" in error
            found = unio.json("find", "--offline")["documents"]
            assert {document["id"] for document in found} == (saved if moment == "after" else set())
    assert len(unio.json("find")["documents"]) == 3
    assert unio.json("find", "by:ada")["total"] == {"count": 3, "exact": True}
