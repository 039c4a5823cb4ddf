"""What this process tells of itself, for what is recorded with an artifact: the engine reads and masks the rest."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar

from unio import _engine, _native

_mocked_user: ContextVar[str | None] = ContextVar("unio_mocked_user", default=None)


@contextlib.contextmanager
def mock_username(username: str) -> Iterator[None]:
    """Saves in the name of somebody else within a ``with`` block, for demonstrations and tests.

    Only in the thread, or asynchronous task, that entered it.

    Example:
        >>> import unio
        >>> with unio.mock_username("andy"):
        ...     artifact = unio.Handler().upload(["photos/labels.json"])
        >>> artifact.metadata.username
        'andy'
    """
    token = _mocked_user.set(username)
    try:
        yield
    finally:
        _mocked_user.reset(token)


def surroundings(level: str | None = None) -> _native.Surroundings:
    """Of this process as it is now."""
    here = _working_folder()
    return _native.Surroundings(
        engine=_engine.current(),
        user=_mocked_user.get(),
        level=level,
        directory=here,
        arguments=[_text(argument) for argument in sys.orig_argv],
        version=sys.version.split()[0],
        executable=sys.executable or "",
        search_paths=[os.path.normpath(os.path.join(here, path)) for path in sys.path],
        notebook=notebook(),
        variables={_text(name): _text(value) for name, value in os.environ.items()},
    )


def _working_folder() -> str:
    """Where somebody has removed it, nothing of it is recorded: that keeps nobody from saving."""
    try:
        return os.getcwd()
    except OSError:
        return os.sep


def notebook() -> str | None:
    """The notebook that runs here, where its editor tells: VS Code by a name, Jupyter by a variable of its kernels."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return None
    told = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    # Jupyter tells consoles' names as well.
    return told if isinstance(told, str) and told.endswith(".ipynb") else None


def _text(system_text: str) -> str:
    """Text that is Unicode, since what the system gives may be any bytes."""
    return system_text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
