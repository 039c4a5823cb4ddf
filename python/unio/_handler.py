"""Artifacts without thinking about places: save files, find them by anything, know where they came from."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from unio import _artifact, _artifact_root, _engine, _errors, _labels, _messages, _native, _query
from unio._artifact import Artifact
from unio._labels import Labels
from unio._parents import Parent, parent_ids
from unio._remote_files import RemoteFile
from unio._surroundings import surroundings

if TYPE_CHECKING:
    import pandas

LocalPaths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LineageStep:
    """Something that `Handler.lineage` came to."""

    id: str
    depth: int
    """Steps from where it began."""
    kind: str | None
    """``"artifact"``, ``"package"`` or ``"value"``; None when the catalogue does not know it."""
    creation_time: datetime | None
    username: str


class Handler:
    """Saves and finds artifacts of one registry, and remembers what was used.

    What was loaded by `get` becomes ``based_on`` of all that is saved afterwards through the same handler. It may be
    used from many threads. Pickled, it takes its run and what was loaded so far along; from then on the two are apart.

    Args:
        remote_file_cls: `LocalFile` or `S3File`: that the registry is a folder, or a bucket.
        root: the registry: a folder, a URL or the name of a remote. Default: of ``UNIO_REGISTRY``,
            ``ELLIPTIO_LOCAL_ROOT``, ``ELLIPTIO_S3_BUCKET_NAME``, ``S3_BUCKET_NAME`` and the configured registry the
            first that is set and fits `remote_file_cls`.
        catalog: the catalogue to find in. Default: as configured.
        capture: how much of the surroundings is recorded: ``"off"``, ``"safe"`` or ``"full"``. Default: as configured.
        dedup: whether content that the registry has already is stored only once.

    Example:
        >>> import unio
        >>> h = unio.Handler(remote_file_cls=unio.LocalFile)
        >>> artifact = h.upload(["photos/cats/1.txt"], labels=unio.Labels(datatype="photo"))
        >>> artifact.file.remote_url
        '.../files/1.txt'
    """

    def __init__(
        self,
        remote_file_cls: type[RemoteFile] | None = None,
        root: str | os.PathLike[str] | None = None,
        catalog: str | None = None,
        *,
        capture: str | None = None,
        dedup: bool = True,
    ) -> None:
        self._registry = _artifact_root.registry_for(remote_file_cls, root)
        self._catalog = catalog
        self._capture = capture
        self._dedup = dedup
        self._run_id = f"run_{uuid.uuid4()}"
        # A dictionary's own methods are atomic, and so need no lock, which a child of fork could inherit locked.
        self._loaded: dict[str, None] = {}
        surroundings(capture)  # a wrong level is told of here

    @property
    def root(self) -> str:
        """The URL of the registry."""
        return self._registry

    @property
    def run_id(self) -> str:
        """Recorded with all that this handler saves."""
        return self._run_id

    @property
    def based_on(self) -> list[str]:
        """The ids of what was loaded so far, each once; it may be set."""
        return list(self._loaded)

    @based_on.setter
    def based_on(self, parents: Iterable[Parent]) -> None:
        self._loaded = dict.fromkeys(parent_ids(parents, self._registry))

    def upload(
        self,
        local_paths: LocalPaths,
        labels: Labels | Mapping[str, Any] | None = None,
        based_on: Iterable[Parent] | None = None,
    ) -> Artifact:
        """Saves local files as a new artifact. Their names in it are relative to the folder that all of them lie in.

        Args:
            local_paths: the files.
            labels: what to find them by.
            based_on: what they were made from: artifacts, packages, their ids, or references such as
                ``"team/photos:v1"``. Default: what was loaded so far.

        Raises:
            NotFoundError: files that do not exist; all are named.
            InvalidArgumentError: what is no file, or no id.
        """
        with _messages.progress() as shown:
            native = _native.save_artifact(
                _engine.current(),
                self._registry,
                [os.path.abspath(path) for path in _paths(local_paths)],
                self._described(labels, based_on),
                self._dedup,
                shown,
            )
        return _artifact.published(native)

    @contextlib.contextmanager
    def new(
        self,
        relative_paths: Iterable[str],
        labels: Labels | Mapping[str, Any] | None = None,
        based_on: Iterable[Parent] | None = None,
    ) -> Iterator[Artifact]:
        """An artifact whose files are written within a ``with`` block, each to its ``remote_url``.

        At the end of the block the files are read back and the artifact is recorded. After an exception nothing is
        recorded, and what was written is nobody's artifact.

        Raises:
            PreconditionError: at the end: files that were not written; all are named.

        Example:
            >>> import unio
            >>> h = unio.Handler()
            >>> with h.new(["model.pt"]) as new:
            ...     with open(new.file.remote_url, "w") as model:
            ...         size = model.write("weights")
            >>> h.get(new.artifact_id).file.download_string()
            'weights'
        """
        if isinstance(relative_paths, str):
            raise _errors.InvalidArgumentError("relative_paths is a list", f"write [{relative_paths!r}]")
        names = list(relative_paths)
        native = _native.NewArtifact(_engine.current(), self._registry, names, self._described(labels, based_on))
        try:
            artifact = _artifact.begun(native, names)
            yield artifact
            with _messages.progress() as shown:
                _artifact.finish(artifact, native.finish(shown))
        finally:
            native.close()

    def get(self, artifact_id: str) -> Artifact:
        """The artifact with this id, or whose id alone begins so. From here on it counts as used: see `based_on`.

        Raises:
            NotFoundError: there is none.
            InvalidArgumentError: several ids begin so; they are named.
        """
        artifact = _artifact.published(_native.get_artifact(_engine.current(), self._registry, artifact_id))
        self._loaded.setdefault(artifact.artifact_id)
        return artifact

    def find(
        self,
        query: str | Mapping[str, Any],
        *,
        max_docs: int = 7,
        exclude_columns: Iterable[str] = ("python_packages", "_id"),
    ) -> pandas.DataFrame:
        r"""The artifacts that a query finds, the newest first: a row for each, by ``artifact_id``.

        Args:
            query: MongoDB's query language as a mapping, whose datetimes and patterns may be Python's own, or words as
                one types them: ``"by:andy created:>-10d file:*.txt"``.
            max_docs: how many rows at most.
            exclude_columns: which columns to leave out.

        Returns:
            A frame, empty when nothing is found. ``frame.attrs["total"]`` says how many artifacts the query finds in
            all, up to 10,000.

        Raises:
            InvalidArgumentError: the query is wrong; an operator that does not exist is named with the nearest.
            UnsupportedError: pandas is not installed; `find_documents` does without.

        Example:
            >>> import unio
            >>> h = unio.Handler()
            >>> artifact = h.upload(["photos/cats/1.txt"], labels={"ticket": "AB-123"})
            >>> h.find({"labels.ticket": "AB-123", "file_relpaths": {"$regex": r"\.txt"}}).username.tolist()
            ['ada']
        """
        _query.import_pandas()
        texts, total = self._found(_query.query_text(query), max_docs, kind="artifact")
        frame = _query.frame_of([_query.document_of(text) for text in texts], exclude_columns)
        frame.attrs["total"] = total
        return frame

    def find_documents(self, query: str | Mapping[str, Any], *, max_docs: int = 7) -> list[dict[str, Any]]:
        """What a query finds of every kind, the newest first: artifacts, revisions of packages, and versions of values.

        Each is a dictionary, as docs/finding.md describes them; its ``kind`` says what it is. Needs no other library.

        Example:
            >>> import unio
            >>> [document["name"] for document in unio.Handler().find_documents("kind:package tag:v1")]
            ['team/photos']
        """
        texts, _ = self._found(_query.query_text(query), max_docs, kind=None)
        return [_query.document_of(text) for text in texts]

    def lineage(self, artifact_id: str, direction: str = "up", *, depth: int = 10) -> list[LineageStep]:
        """What an artifact was made from, or with ``"down"`` what was made from it, step by step.

        Returns:
            What is reached, the nearest first, each once; the first is the artifact itself. What is not known to the
            catalogue has no time.

        Raises:
            NotFoundError: there is nothing whose id begins so.

        Example:
            >>> import unio
            >>> h = unio.Handler()
            >>> first = h.get(h.upload(["photos/cats/1.txt"]).artifact_id)
            >>> second = h.upload(["photos/cats/2.txt"])
            >>> [step.id == first.artifact_id for step in h.lineage(second.artifact_id)]
            [False, True]
        """
        if direction not in ("up", "down"):
            raise _errors.InvalidArgumentError(f"'{direction}' is no direction; use 'up' or 'down'")
        engine = _engine.with_catalog(self._catalog)
        with _messages.progress() as shown:
            steps = _native.lineage(engine, self._registry, artifact_id, direction == "up", depth, shown)
        return [
            LineageStep(
                id=each,
                depth=away,
                kind=kind,
                creation_time=None if micros is None else _EPOCH + timedelta(microseconds=micros),
                username=username,
            )
            for each, away, kind, micros, username in steps
        ]

    def _found(self, query: str, limit: int, kind: str | None) -> tuple[list[str], int]:
        if limit < 1:
            raise _errors.InvalidArgumentError(f"max_docs is at least 1, not {limit}")
        engine = _engine.with_catalog(self._catalog)
        with _messages.progress() as shown:
            return _native.find_published(engine, self._registry, query, kind, limit, shown)

    def _described(
        self, labels: Labels | Mapping[str, Any] | None, based_on: Iterable[Parent] | None
    ) -> _native.Described:
        parents = self.based_on if based_on is None else parent_ids(based_on, self._registry)
        return _labels.described(_labels.labels_of(labels), surroundings(self._capture), parents, self._run_id)

    def __repr__(self) -> str:
        return f"Handler(root={self._registry!r})"


def _paths(local_paths: LocalPaths) -> list[str]:
    if isinstance(local_paths, (str, os.PathLike)):
        return [os.fspath(local_paths)]
    return [os.fspath(path) for path in local_paths]
