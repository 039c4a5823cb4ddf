"""The command listing of the seed, replayed line by line with `unio` for `quilt` on a registry that is a folder or a bucket.

What differs from the seed's text: manifests lie where quilt3 3+ looks for them (.quilt/packages/HASH), lists of data are in
tree order, counts follow "Adding …", what is pushed already is shown by its URL, and the two sentences about unchanged data are
one line. Where the registry is a folder, URLs are file:// and `val2017/` comes from another package.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from s3_registry import Bucket, BucketUnio
from unio_command import Unio, read_tree, write_tree
from unio_scenes import publish

BUILD = """\
$ unio init bucket/dataset
New PackageBuilder bucket/dataset created

$ unio add train2017/
Adding contents of directory ./train2017/ to bucket/dataset as train2017/... (2 files, 4 B)

$ ADD VALIDATION

$ unio status
PackageBuilder: bucket/dataset (pre-manifest)

Data:
  train2017/  ->  ./train2017/
  val2017/    ->  BUCKET/abc/validation/

$ unio build-manifest
Building manifest...
Tophash: <hash A>

$ unio status
PackageBuilder: bucket/dataset (<hash A>)

Data:
  train2017/  ->  ./train2017/
  val2017/    ->  BUCKET/abc/validation/

$ unio push-data --prefix=data/dataset/v0/ --local-files-only
Pushing ./train2017/ to BUCKET/data/dataset/v0/train2017/...

$ unio status
PackageBuilder: bucket/dataset (<hash A>)

Data:
  train2017/  ->  BUCKET/data/dataset/v0/train2017/
  val2017/    ->  BUCKET/abc/validation/

$ unio push-data --prefix=data/dataset/v0/
Copying BUCKET/data/dataset/v0/train2017/ to BUCKET/data/dataset/v0/train2017/... (data exists, skipping)
Copying BUCKET/abc/validation/ to BUCKET/data/dataset/v0/val2017/...

$ unio status
PackageBuilder: bucket/dataset (<hash A>)

Data:
  train2017/  ->  BUCKET/data/dataset/v0/train2017/
  val2017/    ->  BUCKET/data/dataset/v0/val2017/

$ unio push-manifest -t v0
Pushing manifest to BUCKET/.quilt/packages/<hash A>
Linking bucket/dataset:v0 to manifest <hash A>

$ unio status
Package: bucket/dataset:v0 (<hash A>)
Data matches manifest. No files have been changed

$ unio add test2017/ ../test2017/
Adding contents of directory ../test2017/ to bucket/dataset as test2017/... (1 file, 2 B)

$ unio status
PackageBuilder: bucket/dataset (pre-manifest)

Data:
  test2017/   ->  ../test2017/
  train2017/  ->  BUCKET/data/dataset/v0/train2017/
  val2017/    ->  BUCKET/data/dataset/v0/val2017/

$ unio set train2017/1.jpg ./replacement/1.jpg
Setting logical key train2017/1.jpg as ./replacement/1.jpg

$ unio status
PackageBuilder: bucket/dataset (pre-manifest)

Data:
  test2017/        ->  ../test2017/
  train2017/       ->  BUCKET/data/dataset/v0/train2017/
  train2017/1.jpg  ->  ./replacement/1.jpg
  val2017/         ->  BUCKET/data/dataset/v0/val2017/

Changed:
  train2017/1.jpg

$ unio push-manifest -t v0
error: Manifest contains pointers to local files
hint: Use push-data to first push those files or --force-allow-local-files if this is intentional

$ unio push-data --prefix=data/dataset/v0/
Pushing ../test2017/ to BUCKET/data/dataset/v0/test2017/...
Pushing ./replacement/1.jpg to BUCKET/.unio/objects/d5/d5e3b3f9c218de41afb5e516be72da7511859f481073baac5fb4ca0091c97554
Copying BUCKET/data/dataset/v0/train2017/ to BUCKET/data/dataset/v0/train2017/... (data exists, skipping)
Copying BUCKET/data/dataset/v0/val2017/ to BUCKET/data/dataset/v0/val2017/... (data exists, skipping)
warning: other data stands under the prefix for 'train2017/1.jpg'; it went to a content-addressed object

$ unio push-manifest
Building manifest...
Tophash: <hash B>
Pushing manifest to BUCKET/.quilt/packages/<hash B>

$ unio status
Package: bucket/dataset@<hash B>
Data matches manifest. No files have been changed
"""

DOWNLOAD = """\
$ unio install bucket/dataset:v0 --location ./dataset
Installing Package bucket/dataset:v0 to ./dataset/...
Installed <hash A>: 4 files fetched (8 B), 0 were there

$ unio status ./dataset
Package: bucket/dataset:v0 (<hash A>)
Data matches manifest. No files have been changed

$ unio hash ./dataset
<hash A>

$ unio verify ./dataset
True: 4 files match the manifest of bucket/dataset:v0 (<hash A>)

$ unio sync ./dataset
Nothing to do: the folder matches its manifest

$ unio install bucket/dataset:v0 --location ./dataset --lazy-download
error: --lazy-download is not in this version of unio
hint: leave it out, or fetch a part with --path
"""

REPAIR = """\
$ unio verify ./dataset
./dataset/missing.jpg is in the manifest bucket/dataset:v0, but does not exist locally
./dataset/train2017/1.jpg exists locally, but contents do not match manifest bucket/dataset:v0
./dataset/train2017/extra.jpg exists locally, but does not exist in the manifest bucket/dataset:v0
This can be fixed by calling `unio sync ./dataset`
"""

#: How val2017/ is added: from another package, or, as in the seed, from another bucket.
FROM_PACKAGE = """\
unio add val2017/ --package other/validation
Adding 2 entries of package other/validation (<hash V>) to bucket/dataset"""
FROM_BUCKET = """\
unio add val2017/ BUCKET/abc/validation/
Adding contents of BUCKET/abc/validation/ to bucket/dataset as val2017/... (2 objects, 4 B)"""

EXIT_CODES = {"--lazy-download": 10, "pointers to local files": 11}


def replay(unio: Unio, transcript: str, hashes: dict[str, str], cwd: Path) -> None:
    in_bucket = isinstance(unio, BucketUnio)
    url = unio.registry_url if isinstance(unio, BucketUnio) else unio.registry.as_uri()
    transcript = transcript.replace("ADD VALIDATION", FROM_BUCKET if in_bucket else FROM_PACKAGE).replace("BUCKET", url)
    """Runs every line after "$" and expects the lines below it. `<hash X>` is a hash, or its first nine digits, the
    same wherever X stands."""
    for block in transcript.strip().split("$ unio ")[1:]:
        line, _, expected = block.partition("\n")
        exit_code = next((code for text, code in EXIT_CODES.items() if text in block), 0)
        result = unio.run(*line.split(), cwd=cwd, exit_code=exit_code)
        readme = "warning: the package has no README.md; one tells others what the data is\n"
        shown = result.stdout + result.stderr.replace(readme, "")
        compare(line, expected.strip(), shown.strip(), hashes)


def compare(line: str, expected: str, shown: str, hashes: dict[str, str]) -> None:
    def of_hash(match: re.Match[str]) -> str:
        known = hashes.get(match[1])
        return "([0-9a-f]{64}|[0-9a-f]{9})" if known is None else f"({known}|{known[:9]})"

    names = re.findall(r"<hash (\w)>", expected)
    pattern = re.sub(r"<hash\\ (\w)>", of_hash, re.escape(expected))
    match = re.fullmatch(pattern, shown)
    assert match, f"unio {line}\nexpected:\n{expected}\n\nshown:\n{shown}"
    for name, found in zip(names, match.groups(), strict=True):
        if len(found) == 64:
            hashes.setdefault(name, found)


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_every_line_of_the_seed_works_and_answers_in_its_words(place: str, tmp_path: Path) -> None:
    unio = Unio(tmp_path / "home") if place == "folder" else BucketUnio(tmp_path / "home", Bucket())
    other = {"1.jpg": b"v\n", "2.jpg": b"w\n"}
    publish(unio, tmp_path / "validation", other, "--prefix=abc/validation/", name="other/validation")
    hashes: dict[str, str] = {}

    work = tmp_path / "work"
    write_tree(work, {"train2017/1.jpg": b"1\n", "train2017/2.jpg": b"2\n", "replacement/1.jpg": b"r\n"})
    write_tree(tmp_path, {"test2017/t.jpg": b"t\n"})
    replay(unio, BUILD, hashes, work)

    replay(unio, DOWNLOAD, hashes, tmp_path)
    assert read_tree(tmp_path / "dataset") == {
        "train2017/1.jpg": b"1\n", "train2017/2.jpg": b"2\n", "val2017/1.jpg": b"v\n", "val2017/2.jpg": b"w\n",
    }
    assert unio.run("cat", "bucket/dataset", "train2017/1.jpg").stdout == "r\n"


def test_verify_and_sync_say_what_the_seed_lets_them_say(unio: Unio, tmp_path: Path) -> None:
    content = {"train2017/1.jpg": b"1", "missing.jpg": b"m", "README.md": b"#"}
    publish(unio, tmp_path / "work", content, "-t", "v0", name="bucket/dataset")
    unio.run("install", "bucket/dataset:v0", "--location", "./dataset", cwd=tmp_path)
    dataset = tmp_path / "dataset"
    (dataset / "missing.jpg").unlink()
    write_tree(dataset, {"train2017/1.jpg": b"damaged", "train2017/extra.jpg": b"x"})

    shown = unio.run("verify", "./dataset", cwd=tmp_path, exit_code=1).stdout
    compare("verify", REPAIR.partition("\n")[2].strip(), shown.strip(), {})
    objects = f"{unio.registry.as_uri()}/.unio/objects/"
    lines = unio.run("sync", "./dataset", cwd=tmp_path).stdout.splitlines()
    assert lines[0] == "Changes:"
    assert lines[1].startswith(f"  ./dataset/missing.jpg restored with {objects}")
    assert lines[2].startswith(f"  ./dataset/train2017/1.jpg replaced with {objects}")
    assert lines[3] == "  ./dataset/train2017/extra.jpg removed"
    unio.run("verify", "./dataset", cwd=tmp_path)
