"""Files and folders, streamed, whatever their size."""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from unio.lazyscribe.artifacts.base import Simple


def _target(options: dict[str, Any]) -> Path:
    """Where the copy goes."""
    if "path" not in options:
        raise ValueError("say where the copy goes: load_artifact(..., path=...)")
    return Path(options["path"])


@dataclass
class FileArtifact(Simple):
    """The bytes of a file, whose path is the value. Loading needs ``path=``: where the copy goes."""

    alias: ClassVar[str] = "file"
    suffix: ClassVar[str] = "bin"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        path = _target(kwargs)
        with open(path, "xb") as out:
            shutil.copyfileobj(buf, out, 1 << 20)
        return path

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        with open(obj, "rb") as source:
            shutil.copyfileobj(source, buf, 1 << 20)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without what differs between users and machines, so that equal folders give equal bytes."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


@dataclass
class FolderArtifact(Simple):
    """A folder, whose path is the value, as an archive. Loading needs ``path=``: a folder that is not there yet."""

    alias: ClassVar[str] = "folder"
    suffix: ClassVar[str] = "tar"
    binary: ClassVar[bool] = True
    output_only: ClassVar[bool] = False

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        path = _target(kwargs)
        path.mkdir(parents=True)
        with tarfile.open(fileobj=buf, mode="r|") as archive:
            archive.extractall(path, filter="data")
        return path

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        root = Path(obj)
        with tarfile.open(fileobj=buf, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for below in sorted(root.rglob("*")):
                archive.add(below, below.relative_to(root).as_posix(), recursive=False, filter=_plain)
