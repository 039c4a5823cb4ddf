"""Data sets chosen from another package, as keys and as packages of pointers: sample and split."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from unio_command import Unio, write_tree
from unio_scenes import NAME, fails, listing, objects, pointer, publish, published_keys

CLASSES = {f"train/{kind}/{i}.jpg": f"{kind} {i}".encode() for kind in ("cat", "dog") for i in range(20)}
SOURCE = CLASSES | {"README.md": b"#", "train/labels.csv": b"l"}
REF = f"{NAME}:v1"
SMALL = "team/small"


def place(key: str, seed: str = "0") -> float:
    """Where a key stands between 0 and 1, by the recipe that the engine documents."""
    return int.from_bytes(hashlib.sha256(seed.encode() + b"\0" + key.encode()).digest()[:8], "big") / 2**64


@pytest.fixture
def source(unio: Unio, folder: Path) -> str:
    """The top hash of the package that is chosen from."""
    return publish(unio, folder, SOURCE, "-t", "v1")


def lines(unio: Unio, *args: str) -> list[str]:
    result = unio.run(*args)
    assert result.stderr == ""
    return result.stdout.splitlines()


def urls(unio: Unio, name: str) -> dict[str, str]:
    """Where the entries of a package are."""
    manifest = unio.registry / ".quilt/packages" / pointer(unio, name=name)
    rows = [json.loads(line) for line in manifest.read_text().splitlines()[1:]]
    return {row["logical_key"]: row["physical_keys"][0] for row in rows}


def without_locks(registry: Path) -> dict[str, tuple[int, int]]:
    """Every file of a registry except the empty ones that are locked while a name is looked at."""
    return {path: file for path, file in listing(registry).items() if not path.startswith(".unio/locks/")}


def parents(unio: Unio, top_hash: str) -> list[str]:
    [record] = (unio.registry / ".unio/revisions" / top_hash).glob("*.json")
    found: list[str] = json.loads(record.read_text())["parents"]
    return found


# ---------------------------------------------------------------- what is chosen


@pytest.mark.parametrize("seed", ["0", "7", "a seed"])
def test_a_sample_is_decided_by_keys_and_seed_alone(unio: Unio, source: str, seed: str) -> None:
    by_place = sorted(SOURCE, key=lambda key: place(key, seed))
    for n in (0, 1, 7, 1000):
        assert lines(unio, "sample", "--entries", REF, "-n", str(n), "--seed", seed) == sorted(by_place[:n])
    below = [key for key in sorted(SOURCE) if place(key, seed) < 0.25]
    assert lines(unio, "sample", "--entries", REF, "--fraction", ".25", "--seed", seed) == below


def test_the_seed_is_0_unless_another_is_given(unio: Unio, source: str) -> None:
    for command in (["sample", "-n", "10"], ["split", "a=1", "b=1"]):
        default, zero, one = (
            lines(unio, *command, "--entries", REF, *seed) for seed in ([], ["--seed", "0"], ["--seed", "1"])
        )
        assert default == zero != one


def test_by_takes_from_each_folder_on_its_own(unio: Unio, source: str) -> None:
    chosen = lines(unio, "sample", "--entries", REF, "-n", "3", "--by", "train/")
    assert [sum(key.startswith(f"train/{kind}/") for key in chosen) for kind in ("cat", "dog")] == [3, 3]
    assert "train/labels.csv" in chosen and "README.md" not in chosen


def test_a_split_has_every_entry_once_under_its_share(unio: Unio, source: str) -> None:
    found = [line.split("\t") for line in lines(unio, "split", "--entries", REF, "train=7", "test=.3e1")]
    assert [name for name, _ in found] == sorted((name for name, _ in found), reverse=True)
    assert {key: name for name, key in found} == {key: "train" if place(key) < 0.7 else "test" for key in SOURCE}
    assert len(found) == len(SOURCE)


def test_json_has_the_keys_and_the_version_that_they_were_chosen_from(unio: Unio, source: str) -> None:
    sample = unio.json("sample", "--entries", REF, "-n", "5")
    assert sample == {
        "package": NAME, "top_hash": source, "keys": lines(unio, "sample", "--entries", REF, "-n", "5"),
    }
    split = unio.json("split", "--entries", REF, "train=0.7", "test=0.3")
    assert (split["package"], split["top_hash"]) == (NAME, source)
    shown = [f"{share['name']}\t{key}" for share in split["shares"] for key in share["keys"]]
    assert shown == lines(unio, "split", "--entries", REF, "train=0.7", "test=0.3")


def test_keys_come_one_a_line_with_quiet_too(unio: Unio, folder: Path) -> None:
    publish(unio, folder, {"two\nlines": b"", "README.md": b"#"})
    for command in (["sample", "-n", "2"], ["split", "all=1"]):
        assert len(lines(unio, *command, "--entries", NAME)) == 2
        assert lines(unio, *command, "--entries", NAME, "--quiet") == lines(unio, *command, "--entries", NAME)
    assert unio.json("sample", "--entries", NAME, "-n", "2")["keys"] == ["README.md", "two\nlines"]


def test_looking_at_a_selection_writes_nothing(unio: Unio, source: str) -> None:
    before = listing(unio.registry)
    lines(unio, "sample", "--entries", REF, "-n", "3")
    lines(unio, "split", "--entries", REF, "a=1", "b=1")
    assert listing(unio.registry) == before


# ---------------------------------------------------------------- packages of it


def test_a_sample_becomes_a_package_of_pointers(unio: Unio, source: str) -> None:
    stored = listing(unio.registry / ".unio/objects")
    chosen = lines(unio, "sample", "--entries", REF, "-n", "5", "--seed", "1")
    shown = lines(unio, "sample", "--entries", REF, "-n", "5", "--seed", "1", "--to", SMALL, "-t", "s1", "-m", "five")
    assert shown[0] == f"Publishing 5 of {len(SOURCE)} entries of {NAME} ({source[:9]}) as {SMALL}"
    assert shown[-1].startswith(f"Linking {SMALL}:s1 to manifest ")
    assert published_keys(unio, SMALL) == chosen
    assert urls(unio, SMALL).items() <= urls(unio, NAME).items()
    assert listing(unio.registry / ".unio/objects") == stored
    assert unio.run("cat", f"{SMALL}:s1", chosen[0]).stdout.encode() == SOURCE[chosen[0]]
    assert unio.json("log", SMALL)["revisions"][0]["message"] == "five"


def test_a_package_of_pointers_descends_from_the_version_it_was_chosen_from(
    unio: Unio, folder: Path, source: str
) -> None:
    publish(unio, folder, {"README.md": b"# later"})
    top_hash = unio.json("sample", "--entries", REF, "-n", "5", "--to", SMALL)["top_hash"]
    assert parents(unio, top_hash) == [source]
    for package in unio.json("split", "--entries", REF, "a=1", "b=1", "--to", "team/{}")["packages"]:
        assert parents(unio, package["top_hash"]) == [source]


def test_metadata_of_entries_and_folders_comes_along(unio: Unio, folder: Path, source: str) -> None:
    unio.run("set-meta", "train/cat/1.jpg", '{"indoors": true}', cwd=folder)
    unio.run("set-meta", "train/dog/", '{"dogs": 1}', cwd=folder)
    unio.run("push", cwd=folder)
    unio.run("sample", "--entries", NAME, "-n", "1000", "--to", SMALL)
    assert unio.json("show", SMALL, "train/cat/1.jpg")["meta"]["user_meta"] == {"indoors": True}
    assert unio.json("show", SMALL, "train/dog/")["meta"] == {"dogs": 1}


def test_a_split_becomes_a_package_for_each_share(unio: Unio, source: str) -> None:
    found = unio.json("split", "--entries", REF, "train=0.7", "test=0.3", "--to", "team/data-{}", "-t", "v1")
    assert [package["package"] for package in found["packages"]] == ["team/data-train", "team/data-test"]
    shares = unio.json("split", "--entries", REF, "train=0.7", "test=0.3")["shares"]
    for share, package in zip(shares, found["packages"], strict=True):
        assert published_keys(unio, f"team/data-{share['name']}:v1") == share["keys"]
        assert package["published"] and package["entries"] == len(share["keys"]) and package["new_objects"] == 0


def test_publishing_the_same_selection_again_has_nothing_to_do(unio: Unio, source: str) -> None:
    commands = [
        ["sample", "--entries", REF, "-n", "5", "--to", SMALL, "-t", "s1"],
        ["split", "--entries", REF, "a=1", "b=1", "--to", "team/{}", "-m", "halves"],
    ]
    for command in commands:
        unio.run(*command)
    before = without_locks(unio.registry)
    for command in commands:
        assert any(line.startswith("Nothing to push: ") for line in lines(unio, *command))
    assert without_locks(unio.registry) == before


def test_a_tag_that_is_elsewhere_moves_by_force_alone(unio: Unio, source: str) -> None:
    sample = ["sample", "--entries", REF, "--to", SMALL, "-t", "stable"]
    first = unio.json(*sample, "-n", "5")["top_hash"]
    assert "'stable'" in fails(unio, 5, *sample, "-n", "6", hint="--force")
    assert pointer(unio, "latest", SMALL) == pointer(unio, "stable", SMALL) == first
    second = unio.json(*sample, "-n", "6", "--force")["top_hash"]
    assert pointer(unio, "stable", SMALL) == second != first


def test_no_workspace_is_needed_or_left_behind(unio: Unio, source: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("workspace.json"))
    unio.run("split", "--entries", REF, "a=1", "b=1", "--to", "team/{}")
    assert sorted(tmp_path.rglob("workspace.json")) == before


def test_the_present_folders_workspace_is_not_touched(unio: Unio, folder: Path, source: str) -> None:
    before = listing(folder)
    unio.run("sample", "--entries", REF, "-n", "5", "--to", SMALL, cwd=folder)
    assert listing(folder) == before


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("code", "args", "named"),
    [
        (2, ["sample", "-n", "1"], "--entries is required"),
        (2, ["split", "a=1"], "--entries is required"),
        (2, ["sample", "--entries", REF], "-n or --fraction"),
        (2, ["sample", "--entries", REF, "-n", "1", "--fraction", "0.5"], "-n or --fraction"),
        (2, ["sample", "--entries", REF, "-n", "-1"], "'-1'"),
        (2, ["sample", "--entries", REF, "-n", "1.5"], "'1.5'"),
        (2, ["sample", "--entries", REF, "-n", "99999999999999999999"], "'99999999999999999999'"),
        (2, ["sample", "--entries", REF, "--fraction", "half"], "'half'"),
        (2, ["sample", "--entries", REF, "--fraction", "1.1"], "1.1"),
        (2, ["sample", "--entries", REF, "--fraction", "nan"], "nan"),
        (3, ["sample", "--entries", REF, "-n", "1", "--by", "trian/"], '"trian/"'),
        (3, ["sample", "--entries", "team/nothing", "-n", "1"], "'team/nothing'"),
        (3, ["split", "--entries", f"{NAME}:v9", "a=1"], "v9"),
        (2, ["split", "--entries", REF], "SHARE is required"),
        (2, ["split", "--entries", REF, "train"], "'train'"),
        (2, ["split", "--entries", REF, "=1"], "'=1'"),
        (2, ["split", "--entries", REF, "train=", "test=1"], "'train='"),
        (2, ["split", "--entries", REF, "train=70%"], "'train=70%'"),
        (2, ["split", "--entries", REF, "a=0", "b=1"], "'a'"),
        (2, ["split", "--entries", REF, "a=-1", "b=2"], "'a'"),
        (2, ["split", "--entries", REF, "a=inf"], "'a'"),
        (2, ["split", "--entries", REF, "a=1", "b=1", "a=2"], "'a'"),
        (2, ["split", "--entries", REF, "a=1", "b=1", "--to", SMALL], f"'{SMALL}'"),
        (2, ["sample", "--entries", REF, "-n", "1", "-t", "v1"], "--to"),
        (2, ["sample", "--entries", REF, "-n", "1", "-m", "text"], "--to"),
        (2, ["split", "--entries", REF, "a=1", "--force"], "--to"),
        (2, ["sample", "--entries", REF, "-n", "1", "--to", f"{SMALL}:v1"], f"'{SMALL}:v1'"),
        (2, ["sample", "--entries", REF, "-n", "1", "--to", SMALL, "-t", "latest"], "'latest'"),
        (2, ["sample", "--entries", REF, "-n", "1", "--to", NAME], f"'{NAME}'"),
        (2, ["split", "--entries", REF, "small=1", "data=1", "--to", "team/{}"], f"'{NAME}'"),
        (2, ["split", "--entries", REF, "a=1", "b c=1", "--to", "team/{}"], "'team/b c'"),
    ],
)
def test_what_makes_no_sense_is_named_and_changes_nothing(
    unio: Unio, source: str, code: int, args: list[str], named: str
) -> None:
    before = listing(unio.registry)
    assert named in fails(unio, code, *args)
    assert listing(unio.registry) == before


def test_the_source_is_refused_as_target_under_each_of_its_names(unio: Unio, source: str) -> None:
    unio.run("remote", "add", "same", unio.registry)
    for name in (NAME, f"same/{NAME}", f"{unio.registry.as_uri()}#package={NAME}"):
        assert "`latest` would move" in fails(unio, 2, "sample", "--entries", REF, "-n", "1", "--to", name)
    assert pointer(unio) == source


def test_a_registry_that_does_not_hold_the_files_gets_no_pointers_to_them(
    unio: Unio, source: str, tmp_path: Path
) -> None:
    unio.run("remote", "add", "lab", tmp_path / "lab")
    for command in (["sample", "-n", "5", "--to", "lab/team/x"], ["split", "a=1", "b=1", "--to", "lab/team/{}"]):
        assert "files of this machine" in fails(unio, 11, *command, "--entries", REF, hint="unio add --package")
    assert not (tmp_path / "lab").exists()


def test_an_object_that_is_gone_is_named_before_it_is_pointed_at(unio: Unio, source: str) -> None:
    for path in objects(unio.registry):
        path.unlink()
    assert "README.md" in fails(unio, 11, "sample", "--entries", REF, "-n", "1000", "--to", SMALL)
    assert not (unio.registry / ".quilt/named_packages" / SMALL).exists()
