# ruff: noqa: E501 (what is printed stands as it is printed)
"""The Python listings of the seed, replayed line by line at a prompt, on a registry that is a folder or a bucket.

What differs from the seed's text: manifests lie where quilt3 3+ looks for them (.quilt/packages/HASH), the reasons come
before the False that the prompt shows, folders end with one slash where the seed sometimes writes dots, pushed data
is named with the prefix that was asked for, names keep the tag that they came by, and what to do is a hint. Slips of the seed's code are mended:
"/dataset" for "./dataset", and those of its PyTorch class.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Any

import pytest
import unio
from python_scenes import publish
from unio import Package, PackageBuilder
from unio_command import read_tree, write_tree


class Prompt:
    """Runs lines as an interactive Python does: a line's value is shown, unless it is what its method was called on,
    which is there for chaining. `<hash X>` is a hash, or its first nine digits, the same wherever X stands."""

    def __init__(self, capsys: pytest.CaptureFixture[str], registry: str) -> None:
        self.names: dict[str, Any] = {"Package": Package, "PackageBuilder": PackageBuilder}
        self.hashes: dict[str, str] = {}
        self._capsys = capsys
        self._registry = registry

    def run(self, line: str) -> str:
        self._capsys.readouterr()
        shown = []
        try:
            value = self._evaluate(line)
        except Exception as error:
            shown.append("Exception: " + traceback.format_exception_only(error)[0].partition(": ")[2].strip())
        else:
            is_chained = not line.isidentifier() and any(value is known for known in self.names.values())
            if value is not None and not is_chained:
                shown.append(repr(value))
        return "\n".join([*filter(None, [self._capsys.readouterr().out.strip()]), *shown])

    def _evaluate(self, line: str) -> Any:
        try:
            code = compile(line, "<prompt>", "eval")
        except SyntaxError:
            exec(line, self.names)
            return None
        return eval(code, self.names)

    def replay(self, transcript: str) -> None:
        """Runs what stands after "> " and expects what stands below it."""
        for block in ("\n" + transcript.strip()).split("\n> ")[1:]:
            line, _, expected = block.partition("\n")
            self._compare(line, expected.strip().replace("REGISTRY", self._registry), self.run(line))

    def _compare(self, line: str, expected: str, shown: str) -> None:
        def of_hash(match: re.Match[str]) -> str:
            known = self.hashes.get(match[1])
            return "([0-9a-f]{64}|[0-9a-f]{9})" if known is None else f"({known}|{known[:9]})"

        wanted = re.findall(r"<hash (\w)>", expected)
        match = re.fullmatch(re.sub(r"<hash\\ (\w)>", of_hash, re.escape(expected)), shown)
        assert match, f"> {line}\nexpected:\n{expected}\n\nshown:\n{shown}"
        for name, found in zip(wanted, match.groups(), strict=True):
            if len(found) == 64:
                self.hashes.setdefault(name, found)


@pytest.fixture
def prompt(capsys: pytest.CaptureFixture[str], registry: str, work: Path) -> Prompt:
    return Prompt(capsys, registry)


def test_download(prompt: Prompt, work: Path) -> None:
    files = {"README.md": b"# Dataset\n", "train/1.jpg": b"1"}
    top_hash = publish("bucket/dataset", files, tag="tag").hash
    prompt.hashes["A"] = top_hash
    prompt.replay("""
> pkg = Package("bucket/dataset:tag")

> pkg.download("./dataset")

> pkg.verify_directory_matches_manifest("./dataset")
True

> pkg.hash
'<hash A>'
""")
    assert read_tree(work / "dataset") == files


CREATE = """
> pkg_builder = PackageBuilder("bucket/dataset")

> pkg_builder.add("README.md")

> pkg_builder.add("train2017/")

> pkg_builder
PackageBuilder(
  name: "bucket/dataset",
  tophash: "pre-manifest",
  manifest: "pre-manifest",
  contents: [
    "README.md"  -> "./README.md"
    "train2017/" -> "./train2017/..."
  ]
)

> pkg_builder.build_manifest()
Building manifest...
Tophash: <hash A>

> pkg_builder
PackageBuilder(
  name: "bucket/dataset",
  tophash: "<hash A>",
  manifest: "local",
  contents: [
    "README.md"  -> "./README.md"
    "train2017/" -> "./train2017/..."
  ]
)

> pkg = pkg_builder.as_package()
Exception: Manifest contains pointers to local files. Use push_data() to first push those files to the registry or use \
allow_local_files=True if this is intentional
The manifest has not been pushed to a remote repository. Use push_manifest() to first push the manifest or use \
allow_local_manifest=True if this is intentional

> pkg_builder.push_data(prefix="/data/dataset/v0/val2017")
Pushing ./README.md to REGISTRY/data/dataset/v0/val2017/README.md
Pushing ./train2017/ to REGISTRY/data/dataset/v0/val2017/train2017/...

> pkg_builder
PackageBuilder(
  name: "bucket/dataset",
  tophash: "<hash A>",
  manifest: "local",
  contents: [
    "README.md"  -> "REGISTRY/data/dataset/v0/val2017/README.md"
    "train2017/" -> "REGISTRY/data/dataset/v0/val2017/train2017/..."
  ]
)

> pkg = pkg_builder.as_package()
Exception: The manifest has not been pushed to a remote repository. Use push_manifest() to first push the manifest or use \
allow_local_manifest=True if this is intentional

> pkg = pkg_builder.push_manifest(tag="v0")
Pushing manifest to REGISTRY/.quilt/packages/<hash A>
Linking bucket/dataset:v0 to manifest <hash A>

> pkg
Package(
  name: "bucket/dataset:v0",
  tophash: "<hash A>",
  manifest: "REGISTRY/.quilt/packages/<hash A>",
  contents: [
    "README.md"  -> "REGISTRY/data/dataset/v0/val2017/README.md"
    "train2017/" -> "REGISTRY/data/dataset/v0/val2017/train2017/..."
  ]
)

> pkg_builder.as_package()
Package(
  name: "bucket/dataset:v0",
  tophash: "<hash A>",
  manifest: "REGISTRY/.quilt/packages/<hash A>",
  contents: [
    "README.md"  -> "REGISTRY/data/dataset/v0/val2017/README.md"
    "train2017/" -> "REGISTRY/data/dataset/v0/val2017/train2017/..."
  ]
)

> pkg.set("train2017/1.jpg", "./replacement/1.jpg", meta={})
Exception: Package has no method set(): a package never changes; call as_package_builder().set(…)

> pkg_builder_2 = pkg.as_package_builder()

> pkg_builder_2.set("train2017/1.jpg", "./replacement/1.jpg", meta={})

> pkg_builder_2
PackageBuilder(
  name: "bucket/dataset:v0",
  tophash: "pre-manifest",
  manifest: "pre-manifest",
  contents: [
    "README.md"       -> "REGISTRY/data/dataset/v0/val2017/README.md"
    "train2017/"      -> "REGISTRY/data/dataset/v0/val2017/train2017/..."
    "train2017/1.jpg" -> "./replacement/1.jpg"
  ]
)

> pkg = pkg_builder_2.push_data_and_manifest(prefix="/data/dataset/v0/val2017")
Copying REGISTRY/data/dataset/v0/val2017/README.md to REGISTRY/data/dataset/v0/val2017/README.md (data exists, skipping)
Pushing ./replacement/1.jpg to REGISTRY/.unio/objects/70/70fe689a2a43c3da400db9f2aaf56feba7879ebb5a79801d9a2a623cb628af79
Copying REGISTRY/data/dataset/v0/val2017/train2017/ to REGISTRY/data/dataset/v0/val2017/train2017/... (data exists, skipping)
Building manifest...
Tophash: <hash B>
Pushing manifest to REGISTRY/.quilt/packages/<hash B>
"""


@pytest.mark.filterwarnings("ignore:.*has other data under the prefix")
def test_create_and_publish(prompt: Prompt, work: Path) -> None:
    write_tree(work, {"README.md": b"# Dataset\n", "train2017/1.jpg": b"1", "train2017/2.jpg": b"2"})
    write_tree(work, {"replacement/1.jpg": b"replaced"})
    prompt.replay(CREATE)
    published = Package("bucket/dataset")
    assert published.hash == prompt.hashes["B"]
    assert published.get_bytes("train2017/1.jpg") == b"replaced"
    assert published.get_entry("train2017/1.jpg").metadata == {}
    assert Package("bucket/dataset:v0").get_bytes("train2017/1.jpg") == b"1"


def test_explore(prompt: Prompt) -> None:
    files = {f"{folder}/x": b"x" for folder in ("dogs", "rats")}
    files |= {
        "README.md": b"# Dataset\n\nHere is some info about our dataset...",
        "cats/file1.txt": b"meow",
        "cats/tabby/t": b"",
    }
    files |= {"other/huge_file.json": b'{"many": [1, 2]}'}
    publish("bucket/dataset", files)
    Package("bucket/dataset").as_package_builder().set_meta("cats/file1.txt", {"age": 3}).push()
    prompt.replay("""
> pkg = Package("bucket/dataset")

> readme = pkg.readme()

> readme
# Dataset

Here is some info about our dataset...

> top_level_contents = pkg.ls()

> top_level_contents
README.md
cats/
dogs/
other/
rats/

> cats_contents = pkg.ls("cats/")

> cats_contents
cats/file1.txt
cats/tabby/

> file1_contents = pkg.get_contents("cats/file1.txt")

> file1_contents
'meow'

> file1_metadata = pkg.get_metadata("cats/file1.txt")

> file1_metadata
{'age': 3}

> files_to_inspect = [entry.logical_key for entry in pkg.ls("cats/") if entry.is_file()]

> files_to_inspect
['cats/file1.txt']

> pkg.get("other/huge_file.json")
{'many': [1, 2]}

> pkg.cache("other/huge_file.json")

> large_file_contents = pkg.get("other/huge_file.json")

> large_file_contents
{'many': [1, 2]}

> pkg.clear_cache()
""")


ADD_NEW_DATA = """
> new_data = Package("bucket/new-data:2019-10-30")

> new_data
Package(
  name: "bucket/new-data:2019-10-30",
  tophash: "<hash N>",
  manifest: "REGISTRY/.quilt/packages/<hash N>",
  contents: [
    "new_data/" -> "REGISTRY/data-labelling-service/2019-10-30/new_data/..."
  ]
)

> main_dataset = Package("bucket/dataset:master")

> main_dataset
Package(
  name: "bucket/dataset:master",
  tophash: "<hash M>",
  manifest: "REGISTRY/.quilt/packages/<hash M>",
  contents: [
    "labelled/" -> "REGISTRY/data/dataset/labelled/..."
  ]
)

> pkg_builder = main_dataset.as_package_builder()

> pkg_builder
PackageBuilder(
  name: "bucket/dataset:master",
  tophash: "pre-manifest",
  manifest: "pre-manifest",
  contents: [
    "labelled/" -> "REGISTRY/data/dataset/labelled/..."
  ]
)

> pkg_builder.add(new_data)

> pkg_builder
PackageBuilder(
  name: "bucket/dataset:master",
  tophash: "pre-manifest",
  manifest: "pre-manifest",
  contents: [
    "labelled/" -> "REGISTRY/data/dataset/labelled/..."
    "new_data/" -> "REGISTRY/data-labelling-service/2019-10-30/new_data/..."
  ]
)

> pkg_builder.move_dir_contents("new_data/", "labelled/")
Exception: collision detected: moving "new_data/1.jpg" to "labelled/1.jpg", but "labelled/1.jpg" already exists \
(hint: overwrite=True replaces "labelled/1.jpg" with "new_data/1.jpg")

> pkg_builder.move_dir_contents("new_data/", "labelled/", overwrite=True)

> pkg_builder
PackageBuilder(
  name: "bucket/dataset:master",
  tophash: "pre-manifest",
  manifest: "pre-manifest",
  contents: [
    "labelled/" -> "REGISTRY/data-labelling-service/2019-10-30/new_data/..."
    "labelled/" -> "REGISTRY/data/dataset/labelled/..."
  ]
)

> pkg = pkg_builder.push_manifest(tag="master")
Building manifest...
Tophash: <hash P>
Pushing manifest to REGISTRY/.quilt/packages/<hash P>
Linking bucket/dataset:master to manifest <hash P>
"""


def test_add_new_data_to_a_dataset(prompt: Prompt) -> None:
    new = {"new_data/1.jpg": b"new 1", "new_data/3.jpg": b"new 3"}
    old = {"labelled/1.jpg": b"old 1", "labelled/2.jpg": b"old 2"}
    publish("bucket/new-data", new, prefix="data-labelling-service/2019-10-30/", tag="2019-10-30")
    publish("bucket/dataset", old, prefix="data/dataset/", tag="master")
    prompt.replay(ADD_NEW_DATA)
    merged = Package("bucket/dataset:master")
    assert merged == prompt.names["pkg"]
    assert {entry.logical_key: entry.get_bytes() for entry in merged} == {
        "labelled/1.jpg": b"new 1",
        "labelled/2.jpg": b"old 2",
        "labelled/3.jpg": b"new 3",
    }


@pytest.mark.filterwarnings("ignore:kept './dataset/file")
def test_incremental_download_for_consumers(prompt: Prompt, registry: str, work: Path) -> None:
    name = "bucket/dataset"
    files = {f"file{i}.txt": f"{i}".encode() for i in range(1, 5)}
    publish(name, files, tag="first").download("./dataset")
    (work / "dataset/file3.txt").write_bytes(b"changed here")
    publish(
        name, {"file3.txt": b"new", "file4.txt": b"4"}, tag="removed_some_items_changed_one_item", prefix="dataset/"
    )
    prompt.replay("""
> pkg = Package("bucket/dataset:removed_some_items_changed_one_item")

> pkg.download("./dataset")

> pkg.verify_directory_matches_manifest("./dataset")
./dataset/file1.txt exists locally, but does not exist in the manifest bucket/dataset:removed_some_items_changed_one_item
./dataset/file2.txt exists locally, but does not exist in the manifest bucket/dataset:removed_some_items_changed_one_item
./dataset/file3.txt exists locally, but contents do not match manifest bucket/dataset:removed_some_items_changed_one_item
This can be fixed by calling pkg.force_directory_to_match_manifest("./dataset")
False

> changes = pkg.force_directory_to_match_manifest("./dataset")
Changes:
  ./dataset/file1.txt removed
  ./dataset/file2.txt removed
  ./dataset/file3.txt replaced with REGISTRY/dataset/file3.txt

> pkg.verify_directory_matches_manifest("./dataset")
True
""")
    assert read_tree(work / "dataset") == {"file3.txt": b"new", "file4.txt": b"4"}


def test_improve_a_dataset(prompt: Prompt) -> None:
    publish("bucket/dataset", {"labelled/1.jpg": b"1"}, prefix="data/dataset/", tag="master")
    Package("bucket/dataset:master").as_package_builder().set_meta("labelled/1.jpg", {"label": "wrong"}).push(
        tag="master"
    )
    prompt.replay("""
> pkg = Package("bucket/dataset:master")

> pkg
Package(
  name: "bucket/dataset:master",
  tophash: "<hash A>",
  manifest: "REGISTRY/.quilt/packages/<hash A>",
  contents: [
    "labelled/" -> "REGISTRY/data/dataset/labelled/..."
  ]
)

> pkg_builder = pkg.as_package_builder()

> pkg_builder.set_meta("labelled/1.jpg", meta={})
""")
    assert prompt.names["pkg_builder"].push(tag="master").get_metadata("labelled/1.jpg") == {}
    assert Package("bucket/dataset@" + prompt.hashes["A"]).get_metadata("labelled/1.jpg") == {"label": "wrong"}


def test_store_an_entire_workspace(registry: str, work: Path) -> None:
    write_tree(work, {"model.bin": b"weights", "out/log.txt": b"done"})
    PackageBuilder("bucket/temp:2019-10-31").add(".").push_data_and_manifest(prefix="armand/temp/2019-10-31/")
    stored = Package("bucket/temp:2019-10-31")
    assert [entry.physical_key for entry in stored] == [
        f"{registry}/armand/temp/2019-10-31/model.bin",
        f"{registry}/armand/temp/2019-10-31/out/log.txt",
    ]


class MyCustomDataset:
    """The seed's class."""

    def __init__(self, quilt_package_name: str, tag: str | None = None, hash: str | None = None) -> None:
        self.pkg = Package(quilt_package_name, tag=tag, hash=hash)
        self.img_entries = [entry for entry in self.pkg if entry.logical_key.startswith("train/")]
        self.annotations = self.pkg.get_entry("annotations/train.json").get()

    def __len__(self) -> int:
        return len(self.img_entries)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        entry = self.img_entries[idx]
        img_id = [img for img in self.annotations["images"] if img["path"] == entry.logical_key.removeprefix("train/")]
        assert len(img_id) == 1
        image_id = img_id[0]["image_id"]
        in_one_file = [ann for ann in self.annotations["annotations"] if ann["image_id"] == image_id]
        img_annotations = entry.metadata["annotations"]
        assert img_annotations == in_one_file
        return {"image": entry.get_bytes(), "annotations": img_annotations}


def test_the_dataset_for_pytorch(registry: str) -> None:
    annotations = b"""{"images": [{"path": "1.jpg", "image_id": 7}, {"path": "train.jpg", "image_id": 8}],
        "annotations": [{"image_id": 7, "label": "cat"}, {"image_id": 8, "label": "dog"}]}"""
    files = {"train/1.jpg": b"image 1", "train/train.jpg": b"image 2", "annotations/train.json": annotations}
    builder = publish("bucket/dataset", files).as_package_builder()
    builder.set_meta("train/1.jpg", {"annotations": [{"image_id": 7, "label": "cat"}]})
    builder.set_meta("train/train.jpg", {"annotations": [{"image_id": 8, "label": "dog"}]})
    published = builder.push(tag="v1")

    for dataset in (
        MyCustomDataset("bucket/dataset", tag="v1"),
        MyCustomDataset("bucket/dataset", hash=published.hash),
    ):
        assert len(dataset) == 2
        assert [dataset[i]["image"] for i in range(2)] == [b"image 1", b"image 2"]
        assert dataset[1]["annotations"] == [{"image_id": 8, "label": "dog"}]


def test_sampling_another_dataset_needs_none_of_its_data(registry: str) -> None:
    source = publish("bucket/dataset", {f"train/{i}.jpg": b"%d" % i for i in range(20)})
    sampled = source.sample(n=5, seed=1).push()
    assert len(sampled) == 5
    assert {entry.physical_key for entry in sampled} <= {entry.physical_key for entry in source}
    assert isinstance(sampled, unio.Package)
