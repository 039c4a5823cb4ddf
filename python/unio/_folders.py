"""Packages in folders on this machine: download, verify, match."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from unio import _display, _native
from unio._errors import warn
from unio._messages import progress, say

_NAMED_AT_MOST = 5


def download(package: _native.Package, location: str, paths: list[str], force: bool) -> None:
    with progress() as shown:
        done = package.install(os.path.abspath(location), paths, "replace" if force else "keep", shown)
    for keys, why in (
        (done["foreign"], "was changed here or is unknown"),
        (done["left_behind"], "is not in this version"),
    ):
        for key in keys[:_NAMED_AT_MOST]:
            warn(f"kept '{os.path.join(location, key)}', which {why}")
        if len(keys) > _NAMED_AT_MOST:
            warn(f"kept {len(keys) - _NAMED_AT_MOST} more, each of which {why}")


@dataclass(frozen=True)
class Difference:
    """One way in which a folder differs from a package; as text, a sentence about it."""

    kind: str
    """``"missing"``, ``"changed"``, ``"unknown"`` or ``"unreadable"``."""
    logical_key: str
    path: str
    """The local file."""
    detail: str
    """For example the two sizes; may be empty."""
    package: str
    """The package, as ``name:tag`` or ``name@hash``."""

    def __str__(self) -> str:
        path = _display.local_place(self.path)
        if self.kind == "missing":
            return f"{path} is in the manifest {self.package}, but does not exist locally"
        if self.kind == "changed":
            return f"{path} exists locally, but contents do not match manifest {self.package}"
        if self.kind == "unknown":
            return f"{path} exists locally, but does not exist in the manifest {self.package}"
        return f"{path} cannot be read: {self.detail}"


@dataclass(frozen=True)
class VerifyResult:
    """The answer of `Package.verify_directory_matches_manifest`: true or false, with the reasons.

    Example:
        >>> pkg.download("copy")
        >>> _ = open("copy/cats/1.txt", "w").write("a lynx")
        >>> result = pkg.verify_directory_matches_manifest("copy")
        >>> bool(result), [(difference.kind, difference.logical_key) for difference in result.differences]
        (False, [('changed', 'cats/1.txt')])
    """

    files: int
    """How many were looked at."""
    differences: list[Difference] = field(default_factory=list)
    """In the order of their keys; empty when the folder matches."""

    def __bool__(self) -> bool:
        return not self.differences

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bool):
            return bool(self) == other
        if isinstance(other, VerifyResult):
            return (self.files, self.differences) == (other.files, other.differences)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.files)

    def __repr__(self) -> str:
        return repr(bool(self))


def verify(package: _native.Package, location: str) -> VerifyResult:
    with progress() as shown:
        files, found = package.verify(os.path.abspath(location), shown)
    name = package.display
    result = VerifyResult(files, [Difference(*difference, name) for difference in found])
    for difference in result.differences:
        say(str(difference))
    if not result:
        say(f'This can be fixed by calling pkg.force_directory_to_match_manifest("{location}")')
    return result


@dataclass(frozen=True)
class Change:
    """What was done to one file; as text, a line about it."""

    kind: str
    """``"removed"``, ``"replaced"`` or ``"restored"``."""
    logical_key: str
    path: str
    url: str
    """Where the right content came from; empty for what was removed."""

    def __str__(self) -> str:
        path = _display.local_place(self.path)
        if self.kind == "removed":
            return f"{path} removed"
        return f"{path} {self.kind} {'with' if self.kind == 'replaced' else 'from'} {self.url}"


@dataclass(frozen=True)
class MatchResult:
    """What `Package.force_directory_to_match_manifest` did; the changes have been printed."""

    changes: list[Change]
    """In the order of their keys; with ``dry_run=True``, what would be done."""
    trash: str
    """The folder that has what was removed or replaced; empty when nothing was."""

    def __repr__(self) -> str:
        return f"MatchResult({len(self.changes)} changes)"


def match(package: _native.Package, location: str, dry_run: bool) -> MatchResult:
    with progress() as shown:
        found, trash = package.match(os.path.abspath(location), dry_run, shown)
    result = MatchResult([Change(*change) for change in found], trash)
    say("Changes:" if result.changes else "No changes")
    for change in result.changes:
        say(f"  {change}")
    return result
