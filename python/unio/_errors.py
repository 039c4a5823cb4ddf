"""The exceptions of Unio: one class for each thing that a caller can do about a failure.

Every class derives from `UnioError` and, where there is one, from the built-in exception that Python users expect in
its place, so that ``except FileNotFoundError`` and ``except unio.UnioError`` both work. What goes wrong inside Unio
itself is a plain `RuntimeError`, and an interrupt a `KeyboardInterrupt`. The table of codes is the engine's
(``src/base/error.cpp``).
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any


class UnioError(Exception):
    """Something that Unio was asked to do and could not.

    Attributes:
        message: what happened, one line.
        hint: what to do next, often a command; may be empty.
        code: the name of the row of the error table, for example ``"not_found"``; the command has the same.

    Example:
        >>> import unio
        >>> try:
        ...     unio.Package("team/foto:v1")
        ... except unio.UnioError as error:
        ...     print(error.code, isinstance(error, FileNotFoundError))
        not_found True
    """

    code = "internal"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        number = {"errno": self.errno} if isinstance(self, OSError) else {}
        return type(self), (self.message, self.hint), self.__dict__ | number


class InvalidArgumentError(UnioError, ValueError):
    """The call itself is wrong: change it."""

    code = "invalid_argument"


class NotFoundError(UnioError, FileNotFoundError):
    """There is no such package, revision, entry, file or bucket."""

    code = "not_found"


class AlreadyExistsError(UnioError, FileExistsError):
    """Something stands there already."""

    code = "already_exists"


class ConflictError(UnioError):
    """Somebody else was faster: look again and repeat the operation."""

    code = "conflict"


class UnauthenticatedError(UnioError, PermissionError):
    """The store does not know who is asking: log in."""

    code = "unauthenticated"


class PermissionDeniedError(UnioError, PermissionError):
    """Not allowed: ask for access."""

    code = "permission_denied"


class UnavailableError(UnioError, ConnectionError):
    """The store cannot be reached now: try again later."""

    code = "unavailable"


class DeadlineExceededError(UnioError, TimeoutError):
    """It took too long: try again later."""

    code = "deadline_exceeded"


class CorruptionError(UnioError):
    """Bytes are not what their digest says. Nobody was given any of them."""

    code = "corruption"


class UnsupportedError(UnioError, NotImplementedError):
    """This version, store or platform cannot do it."""

    code = "unsupported"


class PreconditionError(UnioError):
    """Something must be done first; the hint names it."""

    code = "failed_precondition"


class NoSpaceError(UnioError, OSError):
    """The disk, or a quota, is full."""

    code = "no_space"


class UnioWarning(UserWarning):
    """Something that a user should know although nothing failed."""


_CLASSES: dict[str, type[UnioError]] = {
    kind.code: kind
    for kind in (
        InvalidArgumentError,
        NotFoundError,
        AlreadyExistsError,
        ConflictError,
        UnauthenticatedError,
        PermissionDeniedError,
        UnavailableError,
        DeadlineExceededError,
        CorruptionError,
        UnsupportedError,
        PreconditionError,
        NoSpaceError,
    )
}


def make(code: str, message: str, hint: str, number: int) -> BaseException:
    """The exception for an error of the engine; `number` is its errno."""
    if code == "cancelled":
        return KeyboardInterrupt(message)
    kind = _CLASSES.get(code)
    if kind is None:
        return RuntimeError(f"{message} ({hint})" if hint else message)
    error = kind(message, _in_python(hint))
    if isinstance(error, OSError):
        error.errno = number
    return error


#: What hints say of the command, and what is the same here; what stands first is looked for first.
_IN_PYTHON = {
    "unio add --overwrite": "overwrite=True",
    "unio rm": "remove()",
    "--overwrite": "overwrite=True",
    "--force": "force=True",
    "--prefix": "prefix=",
}


def _in_python(hint: str) -> str:
    """The hint in words of Python, unless it is about another command."""
    translated = hint
    for words, same in _IN_PYTHON.items():
        translated = translated.replace(words, same)
    return hint if "unio " in translated else translated


_PACKAGE = os.path.dirname(__file__)


def warn(line: str) -> None:
    """Shows a warning where the user called Unio."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(line, UnioWarning, stacklevel=level)
