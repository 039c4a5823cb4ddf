"""Unio: version control and a catalogue for data, on storage that you already own.

    >>> import unio
    >>> pkg = unio.PackageBuilder("team/animals").add("", "photos/").push_data_and_manifest(tag="v1")
    >>> unio.Package("team/animals:v1").get("labels.json")
    {'cats/1.txt': 'tabby'}

`Package` is what was published, to read; `PackageBuilder` is a package in the making; `packages` and `revisions` list
what a registry holds; `UnioError` is what every error of Unio is. The same packages, registries and configuration as
the command ``unio``.
"""

from typing import TYPE_CHECKING, Any

from unio import readers
from unio._artifact import Artifact, EnvironmentDifference, Metadata
from unio._artifact_functions import create_artifact, load, save
from unio._builder import PackageBuilder
from unio._entries import Listing, PackageEntry, PackageFolder
from unio._errors import (
    AlreadyExistsError,
    ConflictError,
    CorruptionError,
    DeadlineExceededError,
    InvalidArgumentError,
    NoSpaceError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
    UnavailableError,
    UnioError,
    UnioWarning,
    UnsupportedError,
)
from unio._folders import Change, Difference, MatchResult, VerifyResult
from unio._handler import Handler, LineageStep
from unio._labels import Labels
from unio._native import version as __version__
from unio._package import Package
from unio._registry import PackageInfo, Revision, packages, revisions
from unio._remote_files import LocalFile, S3File
from unio._surroundings import mock_username
from unio._task import Output
from unio._transform import transform

if TYPE_CHECKING:
    from unio.lazyscribe import Experiment, Project, Repository, Test

__all__ = [
    "AlreadyExistsError",
    "Artifact",
    "Change",
    "ConflictError",
    "CorruptionError",
    "DeadlineExceededError",
    "Difference",
    "EnvironmentDifference",
    "Experiment",
    "Handler",
    "InvalidArgumentError",
    "Labels",
    "LineageStep",
    "Listing",
    "LocalFile",
    "MatchResult",
    "Metadata",
    "NoSpaceError",
    "NotFoundError",
    "Output",
    "Package",
    "PackageBuilder",
    "PackageEntry",
    "PackageFolder",
    "PackageInfo",
    "PermissionDeniedError",
    "PreconditionError",
    "Project",
    "Repository",
    "Revision",
    "S3File",
    "Test",
    "UnauthenticatedError",
    "UnavailableError",
    "UnioError",
    "UnioWarning",
    "UnsupportedError",
    "VerifyResult",
    "__version__",
    "create_artifact",
    "load",
    "mock_username",
    "packages",
    "readers",
    "revisions",
    "save",
    "transform",
]


def __getattr__(name: str) -> Any:
    """Who keeps no values or experiments does not wait for what those import."""
    if name in ("Experiment", "Project", "Repository", "Test"):
        from unio import lazyscribe

        return getattr(lazyscribe, name)
    raise AttributeError(f"module 'unio' has no attribute '{name}'")
