"""What lazyscribe's users and plug-ins take from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unio.lazyscribe import _values
from unio.lazyscribe._time import utcnow
from unio.lazyscribe.artifacts.base import Artifact
from unio.lazyscribe.registry import registry

__all__ = ["registry", "serialize_artifacts", "utcnow", "validate_artifact_environment"]

validate_artifact_environment = _values.validate_environment


def serialize_artifacts(alist: list[Artifact]) -> Iterator[dict[str, Any]]:
    """As they stand in a file."""
    return map(_values.to_members, alist)
