"""Text, and bytes as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from unio.lazyscribe.artifacts.base import Simple


class AsItIs(Simple):
    """What a file holds is the value."""

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        return buf.read()

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        buf.write(obj)


@dataclass
class TextArtifact(AsItIs):
    """A string, as UTF-8."""

    alias: ClassVar[str] = "text"
    suffix: ClassVar[str] = "txt"
    binary: ClassVar[bool] = False
    output_only: ClassVar[bool] = False


@dataclass
class BytesArtifact(AsItIs):
    """Bytes."""

    alias: ClassVar[str] = "bytes"
    suffix: ClassVar[str] = "bin"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False
