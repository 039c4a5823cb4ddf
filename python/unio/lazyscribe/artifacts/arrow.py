"""Tables of Arrow, as CSV, Parquet or Arrow files. Reading gives `pyarrow.Table`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from unio.lazyscribe.artifacts.base import Simple


def _table(obj: Any) -> Any:
    """Whatever knows how to be a table of Arrow: pyarrow's, polars', pandas', DuckDB's. A reader of batches stays one,
    so that a table that does not fit into memory can be written."""
    import pyarrow

    if isinstance(obj, (pyarrow.Table, pyarrow.RecordBatchReader)):
        return obj
    if hasattr(obj, "__arrow_c_stream__") or hasattr(obj, "__arrow_c_array__"):
        return pyarrow.table(obj)
    if hasattr(obj, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return from_dataframe(obj)
    raise ValueError(f"a {type(obj).__name__} is no table of Arrow, and has nothing to make one of")


def _is_stream(table: Any) -> bool:
    import pyarrow

    return isinstance(table, pyarrow.RecordBatchReader)


def _write_batches(batches: Any, writer: Any) -> None:
    with writer:
        for batch in batches:
            writer.write_batch(batch)


@dataclass
class CSVArtifact(Simple):
    """Keyword arguments go to `pyarrow.csv`."""

    alias: ClassVar[str] = "csv"
    suffix: ClassVar[str] = "csv"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        from pyarrow import csv

        return csv.read_csv(buf, **kwargs)

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        from pyarrow import csv

        table = _table(obj)
        if _is_stream(table):
            _write_batches(table, csv.CSVWriter(buf, table.schema, **kwargs))
        else:
            csv.write_csv(table, buf, **kwargs)


@dataclass
class ParquetArtifact(Simple):
    """Keyword arguments go to `pyarrow.parquet`."""

    alias: ClassVar[str] = "parquet"
    suffix: ClassVar[str] = "parquet"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        from pyarrow import parquet

        return parquet.read_table(buf, **kwargs)

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        from pyarrow import parquet

        table = _table(obj)
        if _is_stream(table):
            _write_batches(table, parquet.ParquetWriter(buf, table.schema, **kwargs))
        else:
            parquet.write_table(table, buf, **kwargs)


@dataclass
class ArrowArtifact(Simple):
    """An Arrow IPC file."""

    alias: ClassVar[str] = "arrow"
    suffix: ClassVar[str] = "arrow"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        import pyarrow

        return pyarrow.ipc.open_file(buf, **kwargs).read_all()

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        import pyarrow

        table = _table(obj)
        _write_batches(
            table if _is_stream(table) else table.to_batches(), pyarrow.ipc.new_file(buf, table.schema, **kwargs)
        )
