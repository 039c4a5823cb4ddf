"""What every artifact is."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, ClassVar

from unio import _native
from unio.lazyscribe import _fields, _time

__all__ = ["Artifact", "Simple"]


@dataclass
class Artifact(metaclass=ABCMeta):
    """A value with its name, its version, and what reads and writes it.

    A handler derives from this class, as a dataclass or a class of attrs, and has `construct`, `read` and `write`.
    Fields of its own are kept in the index and say in which environment the value can be read.
    """

    #: The name under which the handler is asked for.
    alias: ClassVar[str]
    #: Of the files that it writes.
    suffix: ClassVar[str]
    #: Whether these hold bytes rather than text.
    binary: ClassVar[bool]
    #: Whether reading gives something else than what was written.
    output_only: ClassVar[bool]

    name: str = field(compare=False)
    fname: str = field(compare=False)
    value: Any = field(compare=False)
    writer_kwargs: dict[str, Any] = field(compare=False)
    created_at: datetime = field(compare=False)
    expiry: datetime | None = field(compare=False)
    version: int = field(compare=False)
    dirty: bool = field(compare=False)

    @classmethod
    @abstractmethod
    def construct(
        cls,
        name: str,
        value: Any = None,
        fname: str | None = None,
        created_at: datetime | None = None,
        expiry: datetime | None = None,
        writer_kwargs: dict[str, Any] | None = None,
        version: int = 0,
        dirty: bool = True,
        **kwargs: Any,
    ) -> Artifact:
        """Makes an artifact; what says in which environment it can be read comes from this one unless it is given."""

    @classmethod
    @abstractmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        """The value in a file that is open to be read, as text or bytes."""

    @classmethod
    @abstractmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        """Writes a value to an open file."""

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in _fields.names(type(self))}
        if state["value"] is not None:
            with BytesIO() if self.binary else StringIO() as buf:
                self.write(state["value"], buf, **self.writer_kwargs)
                state["value"] = buf.getvalue()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state["value"] is not None:
            with BytesIO(state["value"]) if self.binary else StringIO(state["value"]) as buf:
                state["value"] = self.read(buf)
        for name, value in state.items():
            _fields.set_field(self, name, value)


_fields.make_known_to_attrs(Artifact)


class Simple(Artifact):
    """A handler whose `construct` takes what all have, and its own fields from the environment."""

    @classmethod
    def environment(cls) -> dict[str, Any]:
        """The handler's own fields as they are here."""
        return {}

    @classmethod
    def construct(
        cls,
        name: str,
        value: Any = None,
        fname: str | None = None,
        created_at: datetime | None = None,
        expiry: datetime | None = None,
        writer_kwargs: dict[str, Any] | None = None,
        version: int = 0,
        dirty: bool = True,
        **kwargs: Any,
    ) -> Artifact:
        created_at = created_at or _time.utcnow()
        own = {key: kwargs.get(key) or here for key, here in cls.environment().items()}
        return cls(
            name=name,
            value=value,
            fname=fname or _native.value_file_name(name, _time.to_micros(created_at), cls.suffix),
            created_at=created_at,
            expiry=expiry,
            writer_kwargs=writer_kwargs or {},
            version=version,
            dirty=dirty,
            **own,
        )
