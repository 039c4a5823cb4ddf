"""Tables of Arrow, as CSV, Parquet or Arrow files. Reading gives `pyarrow.Table`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from unio.lazyscribe.artifacts.base import Simple


def _table(obj: Any) -> Any:
    """Whatever knows how to be a table of Arrow: pyarrow's, polars', pandas', DuckDB's."""
    import pyarrow

    if isinstance(obj, pyarrow.Table):
        return obj
    if hasattr(obj, "__arrow_c_stream__") or hasattr(obj, "__arrow_c_array__"):
        return pyarrow.table(obj)
    if hasattr(obj, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        return from_dataframe(obj)
    raise ValueError(f"a {type(obj).__name__} is no table of Arrow, and has nothing to make one of")


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

        csv.write_csv(_table(obj), buf, **kwargs)


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

        parquet.write_table(_table(obj), buf, **kwargs)


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
        with pyarrow.ipc.new_file(buf, table.schema, **kwargs) as out:
            out.write_table(table)
