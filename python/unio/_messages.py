"""What the package tells people who look: lines on standard output, and a bar while something takes long."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any

_SHOWN_AFTER = 0.5  # seconds: what is over sooner needs no bar


def say(line: str) -> None:
    """A line for people; none with ``UNIO_QUIET=1``."""
    if not os.environ.get("UNIO_QUIET"):
        print(line, flush=True)


class Progress:
    """A tqdm bar for one call of the engine, where tqdm is installed and somebody can see it.

    On a terminal and in notebooks; ``UNIO_PROGRESS=always`` and ``=never`` decide otherwise.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._phase = ""
        self._shown_from = time.monotonic() + (0 if _wanted() == "always" else _SHOWN_AFTER)

    def update(self, phase: str, items: int, total_items: int, size: int, total_size: int) -> None:
        if time.monotonic() < self._shown_from:
            return
        if phase != self._phase:
            self._close_bar()
            self._phase = phase
        if self._bar is None:
            self._bar = _new_bar(phase)
        if self._bar is None:
            return
        by_bytes = total_size > 0
        self._bar.unit = "B" if by_bytes else "files"
        self._bar.unit_scale = by_bytes
        self._bar.total = (total_size if by_bytes else total_items) or None
        self._bar.n = size if by_bytes else items
        self._bar.refresh()

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_bar()


def _wanted() -> str:
    return os.environ.get("UNIO_PROGRESS") or "auto"


def _new_bar(phase: str) -> Any:
    wanted = _wanted()
    if wanted == "never":
        return None
    if wanted != "always" and not sys.stderr.isatty() and not _in_notebook():
        return None
    try:
        with warnings.catch_warnings():
            # Without ipywidgets a notebook has a bar of text, which is good enough.
            warnings.filterwarnings("ignore", message="IProgress not found")
            from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(desc=phase, leave=False, dynamic_ncols=True)


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    with Progress() as shown:
        yield shown
