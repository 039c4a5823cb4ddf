"""Values between handlers and the engine: in memory while they are small, else in a temporary file."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from unio import _errors, _native
from unio.lazyscribe import _fields, _time
from unio.lazyscribe.artifacts import _get_handler
from unio.lazyscribe.artifacts.base import Artifact, Simple
from unio.lazyscribe.exception import ArtifactLoadError

#: Values of at most so many bytes are held in memory.
IN_MEMORY = 4 << 20

#: What stands in an index for an artifact and is no field of its handler.
_COMMON = {"name", "fname", "version", "created_at", "expiry", "handler", "unio"}


#: Handlers whose values run code when they are loaded, whoever wrote the class.
RUNS_CODE = {"pickle", "joblib"}

#: Set to 1 by who trusts every repository that this process loads from.
TRUST_VARIABLE = "UNIO_TRUST_PICKLES"


def check_trust(trust: bool, alias: str) -> None:
    """Raises `ArtifactLoadError` unless this call, or the environment, says that the value may run code."""
    if trust or os.environ.get(TRUST_VARIABLE) == "1":
        return
    raise ArtifactLoadError(
        f"Loading a value of the handler '{alias}' runs code that is in it. If you trust who made it, say so with"
        f" load_artifact(..., trust=True), or for the whole process with {TRUST_VARIABLE}=1."
    )


class UnknownArtifact(Simple):
    """An artifact whose handler is not installed. It is kept as it is, and cannot be loaded."""

    alias = "unknown"
    suffix = ""
    binary = True
    output_only = False

    #: All that is known of it.
    members: dict[str, Any]

    def raise_unknown(self) -> None:
        _get_handler(self.members["handler"])

    @classmethod
    def read(cls, buf: Any, **kwargs: Any) -> Any:
        raise ArtifactLoadError("The handler of this artifact is not installed")

    @classmethod
    def write(cls, obj: Any, buf: Any, **kwargs: Any) -> None:
        raise ArtifactLoadError("The handler of this artifact is not installed")


def from_members(members: dict[str, Any], created: Any = None) -> Artifact:
    """The artifact that a project or repository describes."""
    kind: type[Artifact]
    try:
        kind = _get_handler(members["handler"])
    except (ValueError, ImportError, TypeError):
        kind = UnknownArtifact
    expiry = members.get("expiry")
    given = {name: value for name, value in members.items() if name not in ("handler", "unio", "created_at", "expiry")}
    artifact = kind.construct(
        **given,
        created_at=created or _time.parse(members["created_at"]),
        expiry=_time.parse(expiry) if expiry else None,
        dirty=False,
    )
    if isinstance(artifact, UnknownArtifact):
        artifact.members = members
    return artifact


def alias_of(artifact: Artifact) -> str:
    """The name of its handler."""
    return artifact.members["handler"] if isinstance(artifact, UnknownArtifact) else artifact.alias


def fields_of(artifact: Artifact) -> dict[str, Any]:
    """What the index keeps of its handler."""
    if isinstance(artifact, UnknownArtifact):
        return {name: value for name, value in artifact.members.items() if name not in _COMMON}
    return _fields.of_handler(artifact)


def to_members(artifact: Artifact) -> dict[str, Any]:
    """As lazyscribe describes an artifact in a file."""
    return {
        "name": artifact.name,
        "fname": artifact.fname,
        "created_at": _time.format(artifact.created_at),
        "expiry": _time.format(artifact.expiry) if artifact.expiry else None,
        "version": artifact.version,
        **fields_of(artifact),
        "handler": alias_of(artifact),
    }


class _Spool(io.RawIOBase):
    """Bytes that are being written: kept in memory while they are few, then in a file that has a name."""

    def __init__(self) -> None:
        self._file: Any = io.BytesIO()
        self._named = False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self._named and self._file.tell() + memoryview(data).nbytes > IN_MEMORY:
            self._move()
        return int(self._file.write(data))

    def _move(self) -> None:
        file = tempfile.NamedTemporaryFile(prefix="unio-")  # noqa: SIM115
        at = self._file.tell()
        file.write(self._file.getvalue())
        file.seek(at)
        self._file, self._named = file, True

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        return int(self._file.readinto(buffer))

    def content(self) -> bytes | str:
        """The bytes, or the path of the file that has them."""
        if not self._named:
            return bytes(self._file.getvalue())
        self._file.flush()
        return str(self._file.name)

    def release(self) -> None:
        """The file goes."""
        self._file.close()


@contextmanager
def written(
    artifacts: list[Artifact], ready: dict[int, Any], failed: Callable[[Artifact], Exception]
) -> Iterator[list[bytes | str]]:
    """What the handlers write: of each the bytes, or the path of a file that goes afterwards. Those in `ready`, by
    their id, are copied from open files."""
    spools: list[_Spool] = []
    try:
        for artifact in artifacts:
            spool = _Spool()
            spools.append(spool)
            try:
                if id(artifact) in ready:
                    shutil.copyfileobj(ready[id(artifact)], spool, 1 << 20)
                else:
                    _write(artifact, spool)
            except Exception as error:
                raise failed(artifact) from error
        yield [spool.content() for spool in spools]
    finally:
        for spool in spools:
            spool.release()


def _write(artifact: Artifact, spool: _Spool) -> None:
    if artifact.binary:
        artifact.write(artifact.value, spool, **artifact.writer_kwargs)
        return
    text = io.TextIOWrapper(io.BufferedRandom(spool), encoding="utf-8", newline="")
    artifact.write(artifact.value, text, **artifact.writer_kwargs)
    text.flush()
    text.detach().detach()


Wanted = tuple[str, int, str, "str | None", "int | None"]


def load(files: _native.Repository, artifact: Artifact, wanted: Wanted, validate: bool, **kwargs: Any) -> Any:
    """Reads a value, checked, with its handler."""
    if isinstance(artifact, UnknownArtifact):
        artifact.raise_unknown()
    if alias_of(artifact) in RUNS_CODE:
        check_trust(kwargs.pop("trust", False), alias_of(artifact))
    if validate:
        validate_environment(artifact)
    with opened(files, wanted) as file:
        if artifact.binary:
            out = artifact.read(file, **kwargs)
        else:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            out = artifact.read(text, **kwargs)
            text.detach()
    warn_output_only(artifact, "is not the original Python Object")
    return out


@contextmanager
def opened(files: _native.Repository, wanted: Wanted) -> Iterator[Any]:
    """The bytes of a value, checked, as a file that is open to be read."""
    try:
        if wanted[4] is not None and wanted[4] <= IN_MEMORY:
            yield io.BytesIO(files.get(wanted))
            return
        with tempfile.NamedTemporaryFile(prefix="unio-") as file:
            files.fetch(wanted, file.name)
            with open(file.name, "rb") as whole:
                yield whole
    except _errors.CorruptionError as error:
        raise ArtifactLoadError(str(error)) from error


def validate_environment(artifact: Artifact) -> None:
    """Raises `ArtifactLoadError` when what the handler says of the environment is not so here."""
    import inspect

    kind = type(artifact)
    names = _fields.compared(kind)
    if not names:
        return
    parameters = inspect.signature(kind.construct).parameters
    given = {name: getattr(artifact, name) for name in names if name in parameters}
    here = kind.construct(artifact.name, dirty=False, **given)
    theirs, ours = ({name: getattr(one, name) for name in names} for one in (artifact, here))
    if theirs != ours:
        raise ArtifactLoadError(
            "Runtime environments do not match. Artifact parameters:\n\n"
            f"{theirs}\n\nCurrent parameters:\n\n{ours}\n\nvalidate=False loads it all the same."
        )


def warn_output_only(artifact: Artifact, what: str) -> None:
    """Says that a value is not meant to be read back, if it is not."""
    if artifact.output_only:
        warnings.warn(f"Artifact '{artifact.name}' {what}", UserWarning, stacklevel=4)
