"""`unio://` in the libraries that people use, and fsspec's own tests of it."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import dask.dataframe
import distributed
import duckdb
import pandas
import pyarrow.dataset
import pytest
import unio
from fs_scenes import protocol, push
from fsspec.tests.abstract import AbstractFixtures, AbstractGetTests
from unio.fs import UnioFileSystem

__all__ = ["protocol"]


@pytest.fixture
def tables(work: Path, registry: str) -> pandas.DataFrame:
    """What is in each of the folders csv/ and parquet/ of team/tables, in two files."""
    frame = pandas.DataFrame({"name": [f"n{row}" for row in range(1000)], "value": range(1000)})
    for ending in ("csv", "parquet"):
        (work / ending).mkdir()
    for part in range(2):
        half = frame[part * 500 : (part + 1) * 500]
        half.to_csv(work / f"csv/{part}.csv", index=False)
        half.to_parquet(work / f"parquet/{part}.parquet", index=False)
    unio.PackageBuilder("team/tables").add("csv").add("parquet").push(tag="v1")
    return frame


def test_pandas_reads_tables(tables: pandas.DataFrame) -> None:
    pandas.testing.assert_frame_equal(pandas.read_csv("unio://team/tables:v1/csv/0.csv"), tables[:500])
    pandas.testing.assert_frame_equal(pandas.read_parquet("unio://team/tables:v1/parquet/0.parquet"), tables[:500])
    pandas.testing.assert_frame_equal(pandas.read_parquet("unio://team/tables/parquet"), tables)
    there = pandas.read_csv(
        "unio://team/tables/csv/0.csv", storage_options={"registry": os.environ["UNIO_REGISTRY"]}, nrows=3
    )
    assert list(there["value"]) == [0, 1, 2]


def test_pyarrow_reads_data_sets(tables: pandas.DataFrame) -> None:
    dataset = pyarrow.dataset.dataset("team/tables/parquet", filesystem=UnioFileSystem())
    assert dataset.to_table(filter=pyarrow.dataset.field("value") >= 998)["name"].to_pylist() == ["n998", "n999"]
    pandas.testing.assert_frame_equal(pickle.loads(pickle.dumps(dataset)).to_table().to_pandas(), tables)
    with pytest.raises(FileNotFoundError):
        pyarrow.dataset.dataset("team/tables/nothing", filesystem=UnioFileSystem())


def test_duckdb_queries_tables(tables: pandas.DataFrame) -> None:
    with duckdb.connect() as connection:
        connection.register_filesystem(UnioFileSystem())
        for files in ("parquet/*.parquet", "csv/*.csv", "**/*.parquet"):
            found = connection.sql(f"SELECT count(*), sum(value) FROM 'unio://team/tables:v1/{files}'").fetchall()
            assert found == [(1000, sum(range(1000)))]


@pytest.mark.parametrize("read", ["read_csv", "read_parquet"])
def test_dask_reads_tables(tables: pandas.DataFrame, read: str) -> None:
    ending = read.removeprefix("read_")
    frame = getattr(dask.dataframe, read)(f"unio://team/tables/{ending}/*.{ending}")
    for scheduler in ("sync", "threads"):
        found = frame.compute(scheduler=scheduler).reset_index(drop=True)
        assert list(found["value"]) == list(tables["value"])
        assert list(found["name"]) == list(tables["name"])


def test_dask_workers_read_the_revision_of_the_driver(work: Path, registry: str) -> None:
    push(work, {f"{part}.csv": b"value\n1\n" for part in range(4)})
    frame = dask.dataframe.read_csv("unio://team/photos/*.csv")
    push(work, {f"{part}.csv": b"value\n2\n" for part in range(4)})
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert client.compute(frame["value"].sum()).result() == 4


class PublishingFileSystem(UnioFileSystem):
    """Publishes a revision of team/scenario for each file that fsspec's scenarios write."""

    cachable = False  # each test has a registry of its own

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        push(Path.cwd(), {path.removeprefix("team/scenario/"): value}, name="team/scenario")
        self.invalidate_cache()

    def touch(self, path: str, truncate: bool = True, **kwargs: Any) -> None:
        self.pipe_file(path, b"")

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """A package has no empty folders."""

    mkdir = makedirs

    def rm(self, path: str, recursive: bool = False, maxdepth: int | None = None) -> None:
        """The next test has a registry of its own."""


class TestGet(AbstractFixtures, AbstractGetTests):
    """All that fsspec asks of reading; its other tests are of writing."""

    @pytest.fixture
    def fs(self, work: Path, registry: str) -> UnioFileSystem:
        return PublishingFileSystem()

    @pytest.fixture
    def fs_path(self) -> str:
        return "team/scenario"

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False
