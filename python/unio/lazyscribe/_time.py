"""Times as lazyscribe has them: UTC, without a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from unio import _native

_EPOCH = datetime(1970, 1, 1)


def utcnow() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def naive(time: datetime) -> datetime:
    """In UTC; what has no zone is taken for UTC."""
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def to_micros(time: datetime) -> int:
    """Microseconds since 1970."""
    return (naive(time) - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The inverse."""
    return _EPOCH + timedelta(microseconds=micros)


def parse(text: str) -> datetime:
    """What lazyscribe and Unio write; raises `ValueError`."""
    return from_micros(_native.time_span(text)[0])


def format(time: datetime) -> str:
    """In whole seconds."""
    return naive(time).isoformat(timespec="seconds")


def to_version(version: Any) -> Any:
    """What the engine takes for a version: a time stands for all that it leaves open."""
    if isinstance(version, datetime):
        first = to_micros(version)
        return first, first if version.microsecond else first + 999_999
    if isinstance(version, date):
        return _native.time_span(version.isoformat())
    return version
