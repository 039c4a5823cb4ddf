"""How packages look at a prompt and in a notebook, and what is printed meanwhile."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
import unio
from python_scenes import FILES, NAME, publish, run_python
from unio import Package, PackageBuilder
from unio_command import write_tree


class Outline(HTMLParser):
    """Checks that every element that begins ends in its place, and collects what is seen of them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == [], "elements that do not end"

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_package_looks_as_in_the_seed(registry: str) -> None:
    pkg = publish(prefix="data/v0/", tag="v0")
    assert (
        repr(pkg)
        == f"""Package(
  name: "{NAME}:v0",
  tophash: "{pkg.hash}",
  manifest: "{registry}/.quilt/packages/{pkg.hash}",
  contents: [
    "README.md" -> "{registry}/data/v0/README.md"
    "a.txt"     -> "{registry}/data/v0/a.txt"
    "dir/"      -> "{registry}/data/v0/dir/..."
  ]
)"""
    )
    assert str(pkg) == repr(pkg)


def test_a_builder_looks_as_in_the_seed(folder_registry: str, work: Path) -> None:
    assert (
        repr(PackageBuilder(NAME))
        == f"""PackageBuilder(
  name: "{NAME}",
  tophash: "pre-manifest",
  manifest: "pre-manifest",
  contents: [
  ]
)"""
    )
    write_tree(work, FILES)
    builder = PackageBuilder(NAME).add(".").build_manifest()
    assert f'tophash: "{builder.hash}",\n  manifest: "local",\n' in repr(builder)


def test_paths_are_shown_from_where_the_user_stands(
    folder_registry: str, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(work, {"here/a": b"", "below/x": b""})
    builder = PackageBuilder(NAME).add("here")
    assert '"here/" -> "./here/..."' in repr(builder)
    monkeypatch.chdir(work / "below")
    assert '"here/" -> "../here/..."' in repr(builder)


def test_many_lines_are_cut_short(folder_registry: str) -> None:
    pkg = publish(files={f"{i:02}/x": b"" for i in range(30)}, prefix="p")
    assert "and 10 more" in repr(pkg)
    assert len(repr(pkg).splitlines()) < 30


def test_entries_folders_and_lists_are_short(folder_registry: str) -> None:
    pkg = publish(files={"a.txt": b"x" * 1536, "dir/b": b"1"})
    assert repr(pkg["a.txt"]) == "PackageEntry('a.txt', 1.5 KiB)"
    assert repr(pkg.ls()[1]) == "PackageFolder('dir/', 1 entries, 1 B)"
    assert repr(pkg.ls()) == str(pkg.ls()) == "a.txt\ndir/"
    assert repr(unio.Listing()) == "(empty)"


def test_html_is_a_tree_that_opens_with_sizes(registry: str) -> None:
    html = publish(files=FILES | {"dir/deep/x": b""})._repr_html_()
    seen = Outline(html)
    assert "details" in seen.tags and "summary" in seen.tags
    for text in (NAME, "README.md", "7 B", "dir/", "3 entries", "b.txt", "5 B", "deep/"):
        assert text in seen.text


def test_html_says_names_and_runs_none(folder_registry: str, work: Path) -> None:
    keys = ["<script>alert(1)<|script>", "a&amp;b", "\"><img src=x onerror='1'>", "<b>/<i>"]
    write_tree(work, {key: b"" for key in keys})
    pkg = PackageBuilder(NAME).add(".").push()
    for html in (pkg._repr_html_(), pkg.ls()._repr_html_()):
        seen = Outline(html)
        assert not {"script", "img", "b", "i"} & set(seen.tags)
        for key in keys:
            assert key.partition("/")[0] in seen.text


def test_html_of_a_large_package_stays_small(folder_registry: str) -> None:
    html = publish(files={f"{i % 3}/{i}": b"" for i in range(3000)})._repr_html_()
    assert len(html) < 200_000
    assert "and 500 more" in Outline(html).text


def test_a_readme_is_rendered_in_notebooks(folder_registry: str) -> None:
    readme = publish().readme()
    assert (str(readme), repr(readme), readme._repr_markdown_()) == ("# data\n",) * 3


def test_nothing_is_printed_when_quiet(
    folder_registry: str, work: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIO_QUIET", "1")
    write_tree(work, FILES)
    pkg = PackageBuilder(NAME).add(".").build_manifest().push_data().push_manifest(tag="v1")
    pkg.download("d")
    (work / "d/a.txt").unlink()
    assert not pkg.verify_directory_matches_manifest("d")
    pkg.force_directory_to_match_manifest("d")
    assert capfd.readouterr() == ("", "")


def test_reading_prints_nothing(registry: str, capfd: pytest.CaptureFixture[str]) -> None:
    publish()
    capfd.readouterr()
    pkg = Package(NAME)
    pkg.get_many(FILES)
    pkg.ls()
    pkg.cache()
    pkg.clear_cache()
    assert capfd.readouterr() == ("", "")


BAR = f"""
import sys, tqdm.auto, unio
bars = []
class Seen(tqdm.auto.tqdm):
    def __init__(self, *args, **options):
        self.seen = []
        super().__init__(*args, **options)
        bars.append(self)
    def refresh(self, *args, **options):
        self.seen.append((self.n, self.total))
        return super().refresh(*args, **options)
    def close(self):
        self.closed = True
        super().close()
tqdm.auto.tqdm = Seen
pkg = unio.Package({NAME!r})
pkg.download("d")
print(len(bars), all(bar.closed for bar in bars), all(n <= total for bar in bars for n, total in bar.seen if total))
"""


def test_a_bar_shows_long_work_and_is_closed(folder_registry: str, work: Path) -> None:
    publish(files={f"{i}.bin": bytes([i % 256]) * (1 << 20) for i in range(300)}, prefix="p")
    shown, closed, within = run_python(BAR, UNIO_PROGRESS="always").stdout.split()
    assert (int(shown) >= 1, closed, within) == (True, "True", "True")
    assert run_python(BAR.replace('"d"', '"e"'), UNIO_PROGRESS="never").stdout.split()[0] == "0"
    assert run_python(BAR.replace('"d"', '"f"')).stdout.split()[0] == "0", "a bar without anybody who sees it"


def test_a_failing_bar_ends_the_work_with_its_error(folder_registry: str, work: Path) -> None:
    publish(files={f"{i}.bin": bytes([i % 256]) * (1 << 20) for i in range(300)}, prefix="p")
    program = BAR.replace("self.seen.append((self.n, self.total))", "raise RuntimeError('the bar broke')")
    assert "RuntimeError: the bar broke" in run_python(program, exit_code=1, UNIO_PROGRESS="always").stderr
