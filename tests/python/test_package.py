"""A published package, as Python reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import unio
from python_scenes import FILES, NAME, SECOND, publish
from unio import Package, PackageBuilder

from model import chunked_digest


@pytest.fixture
def pkg(registry: str) -> Package:
    return publish(tag="v1", message="the first", meta={"source": "tests"})


def test_every_form_of_a_reference_opens_its_revision(pkg: Package, registry: str) -> None:
    second = publish(files=SECOND)
    first = [
        Package(f"{NAME}:v1"),
        Package(NAME, "v1"),
        Package(NAME, tag="v1"),
        Package(NAME, hash=pkg.hash),
        Package(NAME, hash=pkg.hash[:8]),
        Package(f"{NAME}@{pkg.hash}"),
        Package(f"{NAME}@{pkg.hash[:6]}"),
        Package(f"{registry}#package={NAME}:v1"),
        Package(f"{registry}#package={NAME}@{pkg.hash}"),
        Package(NAME, tag="v1", registry=registry),
    ]
    assert {opened.hash for opened in first} == {pkg.hash}
    assert {Package(NAME).hash, Package(f"{registry}#package={NAME}").hash, Package(NAME, tag="latest").hash} == {
        second.hash
    }


def test_a_registry_may_be_a_path(home: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIO_REGISTRY", str(home / "elsewhere"))
    publish()
    monkeypatch.delenv("UNIO_REGISTRY")
    assert Package(NAME, registry=home / "elsewhere") == Package(NAME, registry=str(home / "elsewhere"))


def test_it_says_what_it_is(pkg: Package, registry: str) -> None:
    opened = Package(f"{NAME}:v1")
    assert (opened.name, opened.tag, opened.registry, opened.message) == (NAME, "v1", registry, "the first")
    assert opened.metadata == {"source": "tests"}
    assert opened.manifest == f"{registry}/.quilt/packages/{opened.hash}"
    assert opened.top_hash == opened.hash == pkg.hash
    assert Package(NAME).tag is None
    assert opened.size == sum(map(len, FILES.values()))


def test_entries_come_in_the_order_of_their_keys(pkg: Package) -> None:
    assert list(pkg.keys()) == [entry.logical_key for entry in pkg] == sorted(FILES)
    assert len(pkg) == len(FILES)


def test_many_entries_are_iterated_once_each(registry: str) -> None:
    files = {f"{i:05}": b"" for i in range(5000)}
    assert list(publish(files=files).keys()) == sorted(files)


def test_in_asks_for_entries(pkg: Package) -> None:
    assert "dir/b.txt" in pkg
    for other in ("dir", "dir/", "nope", 7, None):
        assert other not in pkg


def test_ls_shows_one_level_with_sizes(pkg: Package) -> None:
    readme, a, folder = pkg.ls()
    assert (readme.logical_key, a.logical_key, folder.logical_key) == ("README.md", "a.txt", "dir/")
    assert (a.is_file(), a.is_dir(), folder.is_file(), folder.is_dir()) == (True, False, False, True)
    assert isinstance(folder, unio.PackageFolder)
    assert (folder.size, folder.entries) == (8, 2)
    assert pkg.ls("dir") == pkg.ls("dir/") == folder.ls()
    with pytest.raises(FileNotFoundError, match="nope"):
        pkg.ls("nope/")


def test_an_entry_says_what_it_is(pkg: Package) -> None:
    entry = pkg["a.txt"]
    assert (entry.logical_key, entry.size, entry.hash_type) == ("a.txt", 3, "sha2-256-chunked")
    assert entry.hash == chunked_digest(b"one")
    assert entry.physical_key.startswith(pkg.registry)
    assert entry.package is pkg
    assert entry == Package(NAME).get_entry("a.txt")
    assert entry != pkg["dir/b.txt"]
    assert len({entry, Package(NAME)["a.txt"], pkg["dir/b.txt"]}) == 2


def test_content_is_read_as_bytes_text_or_object(registry: str) -> None:
    pkg = publish(files={"t": "süß".encode(), "b": b"\xff\x00", "e": b"", "j.json": b"[1]"})
    assert pkg.get_bytes("t") == pkg["t"].get_bytes() == "süß".encode()
    assert pkg.get_contents("t") == pkg["t"].get_contents() == "süß"
    assert pkg.get_contents("b") == b"\xff\x00"
    assert (pkg.get_bytes("e"), pkg.get_contents("e")) == (b"", "")
    assert pkg.get("j.json") == pkg["j.json"].get() == [1]


def test_many_entries_are_read_in_the_order_asked_for(pkg: Package) -> None:
    asked = ["dir/c.txt", pkg["a.txt"], "dir/c.txt", "README.md"]
    assert pkg.get_many(asked) == [b"three", b"one", b"three", b"# data\n"]
    assert pkg.get_many([]) == []
    assert pkg.get_many(iter(FILES)) == list(FILES.values())
    with pytest.raises(FileNotFoundError, match="nope"):
        pkg.get_many(["a.txt", "nope"])


def test_metadata_is_of_entries_folders_and_the_package(pkg: Package) -> None:
    builder = pkg.as_package_builder().set_meta("a.txt", {"a": [1, None, "ü"]}).set_meta("dir/", {"folder": True})
    changed = builder.set_meta("", {"all": 1.5}).push()
    assert changed.get_metadata("a.txt") == changed["a.txt"].metadata == {"a": [1, None, "ü"]}
    assert changed["a.txt"].full_metadata == {"user_meta": {"a": [1, None, "ü"]}}
    assert changed.get_metadata("dir/") == changed.ls()[2].metadata == {"folder": True}
    assert changed.get_metadata("") == changed.metadata == {"all": 1.5}
    assert changed.get_metadata("dir/b.txt") == {}
    for missing in ("nope", "nope/"):
        with pytest.raises(FileNotFoundError, match="nope"):
            changed.get_metadata(missing)


def test_the_readme_is_text(pkg: Package) -> None:
    assert pkg.readme() == "# data\n"
    with pytest.raises(FileNotFoundError, match=r"README\.md"):
        publish("other/package", {"a": b""}).readme()


def test_it_stays_what_it_was_when_its_tag_moves(pkg: Package) -> None:
    opened = Package(f"{NAME}:v1")
    latest = Package(NAME)
    publish(files=SECOND, tag="v1", force=True)
    assert Package(f"{NAME}:v1").get_bytes("a.txt") == b"other"
    for before in (opened, latest):
        assert before.hash == pkg.hash
        assert (before.get_bytes("a.txt"), before.get_bytes("dir/b.txt"), len(before)) == (b"one", b"two", len(FILES))


CHANGES = [
    "add",
    "set",
    "set_meta",
    "remove",
    "move",
    "move_dir_contents",
    "push",
    "push_data",
    "push_manifest",
    "build_manifest",
]


@pytest.mark.parametrize("method", [*CHANGES, "push_data_and_manifest"])
def test_it_has_no_method_that_changes_it_and_says_what_to_call(method: str, folder_registry: str) -> None:
    pkg = publish()
    with pytest.raises(AttributeError, match=rf"Package has no method {method}\(\).*call as_package_builder\(\)"):
        getattr(pkg, method)
    assert callable(getattr(PackageBuilder, method)), "it names what does not exist"


def test_equal_packages_are_those_with_equal_content_in_one_place(pkg: Package) -> None:
    assert pkg == Package(f"{NAME}:v1") == Package(NAME)
    assert len({pkg, Package(NAME)}) == 1
    assert pkg != publish("other/name")
    assert pkg != NAME


@pytest.mark.parametrize(
    "name", ["", "a/b/c/d", "ns/name@nothex", "ns/name@abc", "a b/c", "../x/y", "ns/name:", "n\0s/x"]
)
def test_what_is_no_reference_is_a_value_error(name: str, folder_registry: str) -> None:
    with pytest.raises(ValueError):
        Package(name)


def test_wrong_types_are_refused_at_the_call(folder_registry: str) -> None:
    pkg = publish()
    for wrong in (None, 7, b"team/data", Path("team/data"), pkg):
        with pytest.raises(TypeError):
            Package(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            pkg.get_entry(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            pkg.get_bytes(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            pkg.ls(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            pkg.get_metadata(wrong)  # type: ignore[arg-type]
    for wrong in (7, b"v1"):
        with pytest.raises(TypeError):
            Package(NAME, tag=wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            Package(NAME, hash=wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            Package(NAME, registry=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not by both"):
        Package(NAME, tag="v1", hash=pkg.hash)
    with pytest.raises(ValueError):
        Package(f"{NAME}:v1", tag="v2")


def test_registries_list_packages_and_packages_their_revisions(pkg: Package, registry: str) -> None:
    second = publish(files=SECOND, message="the second")
    [listed] = unio.packages()
    assert (listed.name, listed.hash, listed.tags, listed.revisions) == (NAME, second.hash, ("v1",), 2)
    assert unio.packages(registry) == [listed]
    newest, oldest = unio.revisions(NAME)
    assert (newest.hash, newest.message, newest.user) == (second.hash, "the second", "ada")
    assert (oldest.hash, oldest.tags, oldest.entries) == (pkg.hash, ("v1",), len(FILES))
    assert oldest.time <= newest.time == listed.newest
    assert unio.revisions(pkg, limit=1) == [newest]
