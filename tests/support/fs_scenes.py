"""What tests of `unio://` begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
import unio
from unio.fs import UnioFileSystem


@pytest.fixture(autouse=True)
def protocol() -> Iterator[None]:
    """As the entry point of an installed package says it, with instances of the test's own."""
    fsspec.register_implementation("unio", UnioFileSystem, clobber=True)
    UnioFileSystem.clear_instance_cache()
    yield
    UnioFileSystem.clear_instance_cache()


def push(work: Path, files: dict[str, bytes], name: str = "team/photos", tag: str | None = "v1") -> unio.Package:
    """Writes files into the folder `work`/`name` and publishes all that is in it; the tag moves there."""
    for key, content in files.items():
        path = work / name / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return unio.PackageBuilder(name).add("", work / name).push(tag=tag, force=True)
