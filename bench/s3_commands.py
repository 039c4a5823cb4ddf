"""What the works with buckets run: pushes and installs by unio, by quilt3, and by the bare loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench_scratch import Scratch, remove
from measure import CommandFailed, Environment, Sample
from s3_proxy import RequestRecord
from works import PACKAGE, expect, flush


def url(bucket: str) -> str:
    return f"s3://{bucket}"


def push_unio(scratch: Scratch, tree: Path, bucket: str, env: Environment | None = None) -> Sample:
    remove(tree / ".unio")
    scratch.start_package(tree, PACKAGE, url(bucket))
    flush()
    return expect(scratch.run_unio("push", cwd=tree, env=env), "Tophash: ")


def push_quilt3(scratch: Scratch, tree: Path, bucket: str, *options: str) -> Sample:
    remove(tree / ".unio")
    flush()
    return scratch.run_python("quilt3_s3.py", "push", tree, url(bucket), PACKAGE, *options, env=fresh_quilt3(scratch))


def push_bare(scratch: Scratch, tree: Path, bucket: str) -> Sample:
    remove(tree / ".unio")
    flush()
    return scratch.run_program("bench_s3", "put", f"{bucket}/bare", tree)


def fresh_quilt3(scratch: Scratch) -> dict[str, str]:
    """No package of before, and no cache."""
    home = scratch.new_folder("quilt3-home")
    return {"XDG_DATA_HOME": str(home / "data"), "XDG_CACHE_HOME": str(home / "cache")}


def install_unio(scratch: Scratch, bucket: str, target: Path, env: Environment | None = None) -> Sample:
    flush()
    env = {"UNIO_CACHE_DIR": str(scratch.new_folder("cache")), **(env or {})}
    words = ("install", PACKAGE, "--registry", url(bucket), "--location", target)
    return expect(scratch.run_unio(*words, env=env), "Installed ")


def install_quilt3(scratch: Scratch, bucket: str, target: Path) -> Sample:
    flush()
    return scratch.run_python("quilt3_s3.py", "install", PACKAGE, url(bucket), target, env=fresh_quilt3(scratch))


def install_bare(scratch: Scratch, tree: Path, bucket: str, target: Path) -> Sample:
    flush()
    return scratch.run_program("bench_s3", "get", f"{bucket}/bare", tree, target)


def check_same(tree: Path, target: Path) -> None:
    """A fast copy of the wrong bytes would look like success."""
    for path in tree.rglob("*"):
        if path.is_file() and path.read_bytes() != (target / path.relative_to(tree)).read_bytes():
            raise CommandFailed(f"'{target}' is not what '{tree}' is")


def operations(requests: Sequence[RequestRecord]) -> str:
    """How many there are of each kind, for people."""
    counts = Counter(record.operation for record in requests)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
