"""The engine that all objects of a process share."""

from __future__ import annotations

import atexit
import os
import threading

from unio import _native

#: Only these variables decide what an engine does.
_NAMES = ("UNIO_", "AWS_", "XDG_", "SSL_CERT_")
_EXACT = {"HOME", "USER", "LOGNAME", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

_lock = threading.Lock()
_variables: dict[str, str] | None = None
_engine: _native.Engine | None = None


def current() -> _native.Engine:
    """The engine for the environment variables as they are now; configuration is read when it is first used."""
    global _engine, _variables
    wanted = _wanted()
    with _lock:
        if _engine is None or _variables != wanted:
            _engine, _variables = _native.Engine(wanted), wanted
        return _engine


def with_catalog(url: str | None) -> _native.Engine:
    """An engine whose catalogue is there, in place of the configured one."""
    return current() if url is None else _native.Engine(_wanted() | {"UNIO_CATALOG": url})


def _wanted() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_NAMES) or name in _EXACT}


def _close() -> None:
    if _engine is not None:
        _engine.close()


def _after_fork_in_child() -> None:
    # The lock may be held by a thread that the child does not have.
    global _lock
    _lock = threading.Lock()


atexit.register(_close)
os.register_at_fork(after_in_child=_after_fork_in_child)
