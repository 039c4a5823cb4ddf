"""Values as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from unio.lazyscribe.artifacts.base import Simple


@dataclass
class JSONArtifact(Simple):
    """What `json` writes. Keyword arguments go to `json.dump` and `json.load`."""

    alias: ClassVar[str] = "json"
    suffix: ClassVar[str] = "json"
    binary: ClassVar[bool] = False
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        return json.load(buf, **kwargs)

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        json.dump(obj, buf, **kwargs)
