"""The exceptions of lazyscribe."""

from __future__ import annotations

import dataclasses


class LazyscribeError(Exception):
    """What every error of this library is, but for wrong arguments."""


class ReadOnlyError(LazyscribeError):
    """A project or repository that was opened to be read was to be changed."""


class SaveError(LazyscribeError):
    """Something could not be stored. What was there before is as it was."""


class ArtifactError(LazyscribeError):
    """Something is wrong with an artifact."""


class ArtifactLogError(ArtifactError):
    """An artifact cannot be logged."""


class ArtifactLoadError(ArtifactError):
    """An artifact cannot be loaded."""


class VersionNotFoundError(LazyscribeError):
    """There is no such version, or it is expired."""


class InvalidVersionError(LazyscribeError):
    """This is no version."""


try:
    from attrs.exceptions import FrozenInstanceError as _AttrsError
except ImportError:

    class FrozenInstanceError(dataclasses.FrozenInstanceError):
        """An experiment or test that was loaded to be read was to be changed."""

else:

    class FrozenInstanceError(dataclasses.FrozenInstanceError, _AttrsError):  # type: ignore[no-redef]
        """An experiment or test that was loaded to be read was to be changed."""

        def __init__(self, message: str) -> None:
            AttributeError.__init__(self, message)  # that of attrs takes none
            self.args = (message,)
