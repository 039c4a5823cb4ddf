"""What must hold of a registry and a folder, told without any code of Unio.

The oracle reads the files of a registry itself and follows every pointer down to the bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

import yaml

CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True)
class Revision:
    """A revision as a reader finds it: what its pointers lead to."""

    top_hash: str
    files: dict[str, bytes]


def chunked_digest(content: bytes) -> str:
    chunks = [content[i : i + CHUNK] for i in range(0, len(content), CHUNK)]
    joined = b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)
    return base64.b64encode(hashlib.sha256(joined).digest()).decode()


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def place_of(url: str) -> Path:
    """The file behind a physical key; of an object in a bucket the one in which the tests' server keeps it."""
    parsed = urlparse(url)
    path = unquote(parsed.path)
    return Path(path) if parsed.scheme == "file" else Path(os.environ["UNIO_TEST_S3_FOLDER"], parsed.netloc) / path.lstrip("/")


def read_revision(registry: Path, top_hash: str) -> Revision:
    """Reads a manifest and all its bytes; fails when anything is missing, altered or torn."""
    lines = (registry / ".quilt/packages" / top_hash).read_text(encoding="utf-8").splitlines()
    header, *rows = map(json.loads, lines)
    entries = sorted((row for row in rows if "physical_keys" in row), key=lambda r: r["logical_key"].split("/"))
    digest = hashlib.sha256(canonical(header))
    files = {}
    for row in entries:
        digest.update(canonical({key: row[key] for key in ("hash", "logical_key", "meta", "size")}))
        content = place_of(row["physical_keys"][0]).read_bytes()
        assert len(content) == row["size"], f"{row['logical_key']}: torn object"
        assert chunked_digest(content) == row["hash"]["value"], f"{row['logical_key']}: altered object"
        files[row["logical_key"]] = content
    assert digest.hexdigest() == top_hash, "the manifest is not what its name says"
    return Revision(top_hash, files)


def files_in(folder: Path) -> list[Path]:
    """The files right below a folder. The tests' server keeps what was removed from a versioned bucket, marked."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_file() and "user.delete-marker" not in os.listxattr(path)]


def pointers(registry: Path, name: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in files_in(registry / ".quilt/named_packages" / name)}


def check_registry(registry: Path, name: str) -> dict[str, Revision]:
    """Everything that quilt3 would show is whole: pointers, manifests, objects. Returns the revisions by pointer."""
    found = {}
    for pointer, top_hash in pointers(registry, name).items():
        assert len(top_hash) == 64, f"torn pointer {pointer}: {top_hash!r}"
        found[pointer] = read_revision(registry, top_hash)
    objects = registry / ".unio/objects"
    for path in objects.rglob("*"):
        if path.is_file():
            address = base64.b64decode(chunked_digest(path.read_bytes())).hex()
            assert address == path.name, f"object {path} does not hold what its name says"
    stray = [p for p in (registry / ".quilt").rglob("*") if p.is_file() and not is_quilt_name(p)]
    assert not stray, f"files that quilt3 would stumble over: {stray}"
    return found


def is_quilt_name(path: Path) -> bool:
    if path.parent.name == "packages":
        return len(path.name) == 64 and all(c in "0123456789abcdef" for c in path.name)
    return not path.name.startswith((".", "tmp")) and "~" not in path.name


def check_artifacts(registry: Path) -> dict[str, set[str]]:
    """Every artifact is whole and in the feed, and nothing else lies where artifacts do. Returns their files by id."""
    entries = [json.loads(path.read_text()) for path in (registry / ".unio/feed").rglob("*.json") if path in files_in(path.parent)]
    found_by_feed = {entry["artifact"]: entry["folder"] for entry in entries if entry["kind"] == "artifact"}
    artifacts = {}
    for metadata in registry.glob("[0-9]*/*/*/*/*_artifact_*/metadata.yaml"):
        if metadata not in files_in(metadata.parent):
            continue
        record = yaml.safe_load(metadata.read_bytes())
        folder = metadata.parent
        assert found_by_feed.get(record["artifact_id"]) == folder.relative_to(registry).as_posix(), "not in the feed"
        for file in record["files"]:
            place = registry / file["object"] if "object" in file else folder / "files" / file["relpath"]
            assert hashlib.sha256(place.read_bytes()).hexdigest() == file["sha256"], f"{place} is altered"
        assert [file["relpath"] for file in record["files"]] == record["file_relpaths"]
        artifacts[record["artifact_id"]] = set(record["file_relpaths"])
    assert artifacts.keys() == found_by_feed.keys(), "the feed names an artifact that is not there"
    for folder in registry.glob("[0-9]*/*/*/*/*_artifact_*"):
        left = [path for path in folder.rglob("*") if path.is_file() and path in files_in(path.parent)]
        assert not left or folder.name.split("_", 1)[1] in artifacts, f"left behind: {left}"
    return artifacts


def check_settled(registry: Path, name: str) -> None:
    """After an operation has ended well nothing half-done is left: the history knows `latest`, no intent, no session."""
    known = pointers(registry, name)
    if "latest" in known:
        history = {value for key, value in known.items() if key.isdigit()}
        assert known["latest"] in history, "latest is not in the history"
    for folder in ("intents", "sessions"):
        left = files_in(registry / ".unio" / folder)
        assert not left, f"left behind: {left}"


def files_below(folder: Path) -> dict[str, bytes]:
    """The user's files in a folder, without the workspace's state."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.relative_to(folder).parts[0] != ".unio"
    }
