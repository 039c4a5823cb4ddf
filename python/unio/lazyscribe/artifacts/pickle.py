"""Values as pickles, which run code when they are loaded."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any, ClassVar

from unio.lazyscribe import _fields
from unio.lazyscribe.artifacts.base import Simple


@dataclass
class PickleArtifact(Simple):
    """What `pickle` writes. Keyword arguments go to `pickle.dump` and `pickle.load`; loading needs ``trust=True``."""

    alias: ClassVar[str] = "pickle"
    suffix: ClassVar[str] = "pkl"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False
    #: "3.11"
    python_version: str = field()

    @classmethod
    def environment(cls) -> dict[str, Any]:
        return {"python_version": _fields.PYTHON_VERSION}

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        return pickle.load(buf, **kwargs)

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        pickle.dump(obj, buf, **kwargs)
