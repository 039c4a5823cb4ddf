"""Large packages in a bucket are looked at by reading a few ranges of their manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3_proxy import S3Proxy
from s3_registry import Bucket, BucketUnio, server_url
from unio_command import Unio, read_tree, write_tree
from unio_scenes import NAME, fails

ENTRIES = 12_000
FOLDERS = 6


def files() -> dict[str, bytes]:
    """Some 3 MB of manifest: each file's content is its own number."""
    numbered = {f"part{n % FOLDERS}/{'odd' if n // FOLDERS % 2 else 'even'}/file-{n:05}.txt": b"%d" % n for n in range(ENTRIES)}
    return numbered | {"README.md": b"# large\n", "last.txt": b"last"}


@pytest.fixture(scope="module")
def proxy() -> Iterator[S3Proxy]:
    with S3Proxy(server_url()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory, proxy: S3Proxy) -> BucketUnio:
    """Has published the package in a bucket, and the same in a folder of this machine."""
    folder = tmp_path_factory.mktemp("publisher")
    unio = BucketUnio(folder / "home", Bucket(), endpoint=proxy.url)
    write_tree(folder / "work", files())
    unio.run("init", NAME, cwd=folder / "work")
    unio.run("add", ".", cwd=folder / "work")
    unio.run("set-meta", "part1/", '{"kind": "a folder"}', cwd=folder / "work")
    unio.run("push", "-m", "large", cwd=folder / "work")
    return unio


@pytest.fixture(scope="module")
def manifest(publisher: BucketUnio) -> Path:
    (path,) = (publisher.registry / ".quilt/packages").iterdir()
    return path


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory, publisher: BucketUnio, manifest: Path) -> Unio:
    """A user to whom the registry is a folder, where manifests are read whole."""
    unio = Unio(tmp_path_factory.mktemp("near"))
    unio.env["UNIO_REGISTRY"] = str(publisher.registry)
    return unio


@pytest.fixture
def reader(tmp_path: Path, publisher: BucketUnio, proxy: S3Proxy) -> BucketUnio:
    """Somebody who has read nothing yet."""
    unio = BucketUnio(tmp_path / "reader", publisher.bucket, endpoint=proxy.url)
    proxy.clear()
    return unio


def bytes_read(proxy: S3Proxy) -> int:
    return proxy.response_bytes()


LOOKS = [
    ["ls", NAME, "part3/odd"], ["ls", NAME, "part3/"], ["ls", NAME, "part3/odd/file-00009.txt"], ["ls", NAME],
    ["ls", "-a", NAME, "part5/even"], ["ls", NAME, "last.txt"], ["ls", NAME, "."],
    ["show", NAME, "part1"], ["show", NAME, "part0/even/file-00000.txt"], ["show", NAME, "README.md"],
]  # fmt: skip


@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
def test_a_look_from_far_shows_what_one_from_near_shows(reader: BucketUnio, near: Unio, look: list[str]) -> None:
    far = reader.json(*look)
    expected = near.json(*look)
    for answer in (far, expected):
        answer.pop("url", None)
    assert far == expected


def test_show_tells_entries_bytes_and_readme_of_the_whole_package(reader: BucketUnio, near: Unio) -> None:
    far, expected = reader.json("show", NAME), near.json("show", NAME)
    for name in ("entries", "bytes", "readme", "message", "user_meta", "tags"):
        assert far[name] == expected[name], name
    assert "# large" in reader.run("show", NAME).stdout


def test_one_folder_is_listed_with_at_most_six_requests(reader: BucketUnio, proxy: S3Proxy) -> None:
    reader.run("ls", NAME, "part3/odd")
    assert len(proxy.requests) <= 6, proxy.requests


def test_the_root_is_listed_without_reading_what_lies_in_its_folders(
    reader: BucketUnio, proxy: S3Proxy, manifest: Path
) -> None:
    reader.run("ls", NAME)
    # The first MiB of the manifest, the index, and the blocks in which folders end.
    assert bytes_read(proxy) < (1 << 20) + FOLDERS * (1 << 18) + (1 << 16)
    assert bytes_read(proxy) < manifest.stat().st_size * 3 / 4


def test_content_is_shown_from_a_part_of_the_manifest(reader: BucketUnio, proxy: S3Proxy, manifest: Path) -> None:
    assert reader.run("cat", NAME, "part4/even/file-00004.txt").stdout == "4"
    assert bytes_read(proxy) < manifest.stat().st_size * 3 / 4


def test_an_absent_key_and_a_folder_are_told_as_ever(reader: BucketUnio, near: Unio) -> None:
    for command in (["cat", NAME, "part4/even/file-00004.tx"], ["ls", NAME, "part9"], ["show", NAME, "part9"]):
        fails(reader, 3, *command)
    assert "is a folder" in fails(reader, 2, "cat", NAME, "part4/even")


def test_a_part_is_installed_from_a_part_of_the_manifest(
    reader: BucketUnio, proxy: S3Proxy, manifest: Path, tmp_path: Path
) -> None:
    reader.run("install", NAME, "--location", tmp_path / "target", "--path", "part4/even/file-00004.txt")
    assert read_tree(tmp_path / "target") == {"part4/even/file-00004.txt": b"4"}
    assert len(proxy.requests) <= 6
    assert bytes_read(proxy) < manifest.stat().st_size * 3 / 4


@pytest.fixture
def part(reader: BucketUnio, tmp_path: Path) -> Path:
    """A workspace that holds one folder of the package."""
    reader.run("install", NAME, "--location", tmp_path / "part", "--path", "part2/even/")
    return tmp_path / "part"


def test_an_installed_part_is_looked_at_without_the_registry(reader: BucketUnio, proxy: S3Proxy, part: Path) -> None:
    proxy.clear()
    reader.run("status", cwd=part)
    reader.run("verify", cwd=part)
    (part / "part2/even/file-00002.txt").write_text("changed")
    assert "part2/even/file-00002.txt" in reader.run("status", cwd=part).stdout
    reader.run("verify", cwd=part, exit_code=1)
    assert not proxy.requests


def test_an_installed_part_grows(reader: BucketUnio, near: Unio, part: Path) -> None:
    reader.run("install", NAME, "--location", part, "--path", "part5/odd/file-00011.txt")
    expected = {key: content for key, content in files().items() if key.startswith("part2/even/")}
    assert read_tree(part) == expected | {"part5/odd/file-00011.txt": b"11"}
    reader.run("install", NAME, "--location", part)
    assert read_tree(part) == files()
    assert reader.run("hash", part).stdout.strip() == near.run("hash", NAME).stdout.strip()


def test_a_part_has_no_hash_of_its_own(reader: BucketUnio, part: Path) -> None:
    assert "only a part" in fails(reader, 11, "hash", part, hint="without --path")


def test_a_change_in_a_part_is_published_with_the_rest(
    reader: BucketUnio, publisher: BucketUnio, part: Path, tmp_path: Path
) -> None:
    (part / "part2/even/file-00002.txt").write_text("changed")
    reader.run("set", "part2/even/file-00002.txt", "part2/even/file-00002.txt", cwd=part)
    top_hash = reader.json("push", "-t", "changed", cwd=part)["top_hash"]
    listing = publisher.json("show", f"{NAME}:changed")
    assert (listing["top_hash"], listing["entries"]) == (top_hash, ENTRIES + 2)
    changes = publisher.json("diff", NAME + "@" + reader_parent(reader, top_hash), f"{NAME}:changed")
    assert [change["key"] for change in changes["entries"]] == ["part2/even/file-00002.txt"]


def reader_parent(unio: BucketUnio, top_hash: str) -> str:
    return unio.json("show", f"{NAME}@{top_hash}")["revision"]["parents"][0]


def test_a_manifest_that_was_altered_in_an_installed_part_is_found(reader: BucketUnio, part: Path) -> None:
    (stored,) = (part / ".unio").glob("manifest-*")
    stored.write_text(stored.read_text().replace('"size": 4', '"size": 5', 1))
    fails(reader, 9, "verify", cwd=part)


class TestWithoutAFittingIndex:
    """What is in the way of a partial read costs speed and nothing else."""

    @pytest.fixture
    def own(self, tmp_path: Path, publisher: BucketUnio, proxy: S3Proxy) -> BucketUnio:
        """A copy of the registry that a test may damage."""
        unio = BucketUnio(tmp_path / "own", Bucket(), endpoint=proxy.url)
        for path in publisher.registry.rglob("*"):
            if path.is_file() and ".unio/objects" not in path.as_posix():
                target = unio.registry / path.relative_to(publisher.registry)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        return unio

    @staticmethod
    def index(unio: BucketUnio) -> Path:
        return next((unio.registry / ".unio/indexes").iterdir())

    def listing(self, unio: Unio) -> object:
        return unio.json("ls", NAME + ":latest", "part3/odd")

    def test_it_is_absent(self, own: BucketUnio, near: Unio) -> None:
        for path in (own.registry / ".unio/indexes").iterdir():
            path.unlink()
        assert self.listing(own) == self.listing(near)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: "no JSON",
            lambda text: text[: len(text) // 2],
            lambda text: text.replace('"size"', '"sise"', 1),
            lambda text: text.replace('"format": 1', '"format": 2', 1),
            lambda text: "".join(json.dumps(json.loads(line) | swapped(line)) + "\n" for line in text.splitlines()),
            lambda text: "",
        ],
        ids=["no JSON", "cut", "a member is missing", "of a newer format", "other hashes", "empty"],
    )
    def test_it_is_damaged(self, own: BucketUnio, near: Unio, damage: object) -> None:
        path = self.index(own)
        path.write_text(damage(path.read_text()))  # type: ignore[operator]
        assert self.listing(own) == self.listing(near)

    def test_the_manifest_was_altered(self, own: BucketUnio) -> None:
        for path in (own.registry / ".quilt/packages").iterdir():
            path.write_text(path.read_text().replace('odd/file-00009.txt"', 'odd/file-0000x.txt"'))
        assert "has the top hash" in fails(own, 9, "ls", NAME, "part3/odd")


def swapped(line: str) -> dict[str, str]:
    value = json.loads(line).get("sha256")
    return {"sha256": value[::-1]} if value else {}
