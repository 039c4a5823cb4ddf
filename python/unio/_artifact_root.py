"""Which registry artifacts go to."""

from __future__ import annotations

import os
from collections.abc import Iterator

from unio import _engine, _errors
from unio._remote_files import LocalFile, RemoteFile, S3File, class_for


def registry_for(remote_file_cls: type[RemoteFile] | None, root: str | os.PathLike[str] | None) -> str:
    """The URL of the registry that a caller and the environment mean.

    Raises:
        InvalidArgumentError: nothing that is set fits the class.
    """
    engine = _engine.current()
    if root is not None:
        return engine.url_of(os.fspath(root))
    if remote_file_cls not in (None, RemoteFile, LocalFile, S3File):
        raise _errors.InvalidArgumentError("remote_file_cls is LocalFile or S3File", "root= names any other place")
    for url in _candidates():
        if remote_file_cls is None or issubclass(class_for(url), remote_file_cls):
            return url
    raise _errors.InvalidArgumentError(
        "no registry of that kind is set", "give root=, or set UNIO_REGISTRY to a folder or to s3://bucket/prefix"
    )


def _candidates() -> Iterator[str]:
    engine = _engine.current()
    if os.environ.get("UNIO_REGISTRY"):
        yield engine.default_registry()
    if folder := os.environ.get("ELLIPTIO_LOCAL_ROOT"):
        yield engine.url_of(os.path.abspath(os.path.expanduser(folder)))
    for name in ("ELLIPTIO_S3_BUCKET_NAME", "S3_BUCKET_NAME"):
        if bucket := os.environ.get(name):
            yield engine.url_of(bucket if bucket.startswith("s3://") else f"s3://{bucket}")
    yield engine.default_registry()
