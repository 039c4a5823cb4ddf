"""Lets this package stand for lazyscribe: after ``sys.modules["lazyscribe"] = unio.lazyscribe``, the modules below that
name are those below this one, and not copies of them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_OURS = "unio.lazyscribe"
_THEIRS = "lazyscribe"


class _Loader(Loader):
    """Gives the module of the same name below this package."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"unio.{spec.name}")
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        stands_in = getattr(sys.modules.get(_THEIRS), "__name__", None) == _OURS
        if not stands_in or not fullname.startswith(f"{_THEIRS}."):
            return None
        return ModuleSpec(fullname, _Loader())


def install() -> None:
    """From now on the name may be given away."""
    sys.meta_path.insert(0, _Finder())
