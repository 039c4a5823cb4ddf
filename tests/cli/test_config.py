"""Settings with their sources, and registries under short names."""

from __future__ import annotations

from pathlib import Path

import pytest

from unio_command import Unio, read_tree
from unio_scenes import FILES, NAME, fails, publish


@pytest.fixture
def config_file(unio: Unio) -> Path:
    path = unio.home / ".config/unio/config.toml"
    path.parent.mkdir(parents=True)
    return path


def origin(unio: Unio, key: str, *options: str) -> tuple[str, str]:
    row = unio.json("config", *options)[key]
    return row["value"], row["origin"]


def test_every_value_is_listed_with_its_source(unio: Unio, config_file: Path) -> None:
    config_file.write_text('threads = 3\nuser = "grace"\n')
    text = unio.run("config").stdout
    rows = {line.split()[0]: line for line in text.splitlines() if line and not line.startswith("The file is")}
    own = {"registry", "user", "threads", "ignore", "cache.dir", "cache.size", "catalog", "capture", "color", "progress"}
    assert {key for key in rows if not key.startswith("s3.")} == own
    assert rows["threads"].split()[1] == "3" and str(config_file) in rows["threads"]
    assert "ada" in rows["user"] and "UNIO_USER" in rows["user"]
    assert "(default)" in rows["color"]
    assert str(config_file) in text.splitlines()[-1]


def test_flags_go_over_environment_over_file_over_defaults(unio: Unio, config_file: Path) -> None:
    del unio.env["UNIO_REGISTRY"]
    assert origin(unio, "registry") == (str(unio.home / ".local/share/unio"), "default")
    config_file.write_text('registry = "/from/file"\n')
    assert origin(unio, "registry") == ("/from/file", str(config_file))
    unio.env["UNIO_REGISTRY"] = "/from/environment"
    assert origin(unio, "registry") == ("/from/environment", "UNIO_REGISTRY")
    assert origin(unio, "registry", "--registry", "/from/flag") == ("/from/flag", "--registry")


def test_the_default_registry_needs_no_set_up(unio: Unio, folder: Path) -> None:
    del unio.env["UNIO_REGISTRY"]
    publish(unio, folder)
    assert (unio.home / ".local/share/unio/.quilt/named_packages" / NAME / "latest").exists()


def test_xdg_folders_and_the_name_of_the_file_can_be_chosen(unio: Unio, tmp_path: Path) -> None:
    unio.env["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    unio.run("config", "set", "threads", "2")
    assert (tmp_path / "xdg/unio/config.toml").read_text() == "threads = 2\n"
    unio.env["UNIO_CONFIG"] = str(tmp_path / "other.toml")
    assert origin(unio, "threads")[1] == "default"


def test_values_are_set_read_and_unset(unio: Unio) -> None:
    unio.run("config", "set", "threads", "2")
    unio.run("config", "set", "cache.size", "500 MB")
    assert unio.run("config", "get", "threads").stdout == "2\n"
    assert unio.json("config", "get", "cache.size")["value"] == "500 MB"
    unio.run("config", "set", "threads", "4")
    assert unio.run("config", "get", "threads").stdout == "4\n"
    unio.run("config", "unset", "threads")
    assert origin(unio, "threads")[1] == "default"
    assert origin(unio, "cache.size")[0] == "500 MB"


def test_what_a_user_wrote_into_the_file_stays(unio: Unio, config_file: Path) -> None:
    config_file.write_text('# mine\nuser = "grace"\n\n[remotes]\nlab = "/data/lab"\n')
    unio.run("config", "set", "threads", "2")
    text = config_file.read_text()
    assert "# mine" in text and 'lab = "/data/lab"' in text
    assert unio.json("remote") == {"lab": "/data/lab"}
    assert origin(unio, "threads") == ("2", str(config_file))


def test_an_unknown_key_is_refused_with_the_nearest(unio: Unio, config_file: Path) -> None:
    fails(unio, 2, "config", "set", "thread", "2", hint="'threads'")
    fails(unio, 2, "config", "get", "nothing-like-it", hint="unio config")
    config_file.write_text("thread = 2\n")
    fails(unio, 2, "config", hint="'threads'")


@pytest.mark.parametrize(("key", "value"), [
    ("threads", "0"), ("threads", "many"), ("threads", "-1"), ("color", "sometimes"), ("cache.size", "big"),
])
def test_a_value_of_the_wrong_kind_is_refused(unio: Unio, key: str, value: str) -> None:
    fails(unio, 2, "config", "set", "--", key, value)
    assert origin(unio, key)[1] == "default"


def test_broken_toml_names_the_file_and_the_line(unio: Unio, config_file: Path) -> None:
    config_file.write_text('user = "ada"\nthreads = = 3\n')
    message = fails(unio, 2, "ls")
    assert str(config_file) in message and "line 2" in message


def test_missing_arguments_and_unknown_actions_of_config(unio: Unio) -> None:
    fails(unio, 2, "config", "set", hint="unio config --help")
    fails(unio, 2, "config", "set", "threads", hint="unio config --help")
    fails(unio, 2, "config", "change", "threads", "2", hint="get, set and unset")


# ---------------------------------------------------------------- remotes


@pytest.fixture
def lab(unio: Unio, tmp_path: Path) -> Path:
    """A second registry, with a package of its own, as the remote `lab`."""
    unio.env["UNIO_REGISTRY"] = str(tmp_path / "lab")
    publish(unio, tmp_path / "at-lab", FILES, "-t", "v1")
    unio.env["UNIO_REGISTRY"] = str(unio.registry)
    unio.run("remote", "add", "lab", tmp_path / "lab")
    return tmp_path / "lab"


def test_remotes_are_added_listed_and_removed(unio: Unio, tmp_path: Path) -> None:
    assert "unio remote add" in unio.run("remote").stdout
    unio.run("remote", "add", "lab", "relative/lab", cwd=tmp_path)
    assert unio.json("remote", "ls") == {"lab": (tmp_path / "relative/lab").as_uri()}
    unio.run("remote", "rm", "lab")
    assert unio.json("remote") == {}
    fails(unio, 3, "remote", "rm", "lab", hint="unio remote ls")


def test_packages_of_a_remote_are_named_through_it(unio: Unio, lab: Path, tmp_path: Path) -> None:
    unio.run("install", f"lab/{NAME}:v1", "--location", tmp_path / "target")
    assert read_tree(tmp_path / "target") == FILES
    assert unio.json("show", f"lab/{NAME}")["registry"] == lab.as_uri()
    assert unio.run("cat", f"lab/{NAME}@{(lab / '.quilt/named_packages' / NAME / 'latest').read_text()[:10]}", "a.txt").stdout == "one"
    fails(unio, 3, "show", NAME)


def test_a_workspace_remembers_the_registry_and_not_the_remote(unio: Unio, lab: Path, folder: Path) -> None:
    unio.run("init", "lab/team/new", folder)
    unio.run("remote", "rm", "lab")
    (folder / "a.txt").write_text("a")
    unio.run("add", "a.txt", cwd=folder)
    unio.run("push", cwd=folder)
    assert (lab / ".quilt/named_packages/team/new/latest").exists()


def test_a_remote_goes_before_a_namespace_of_the_same_name(unio: Unio, lab: Path, folder: Path) -> None:
    publish(unio, folder, FILES, name=f"{unio.registry.as_uri()}#package=lab/data")
    fails(unio, 3, "show", "lab/data")
    assert unio.json("show", f"{unio.registry.as_uri()}#package=lab/data")["package"] == "lab/data"


def test_three_segments_without_a_remote_say_how_to_add_one(unio: Unio) -> None:
    for command in [["show"], ["install"], ["log"], ["init"]]:
        assert "'nowhere'" in fails(unio, 3, *command, "nowhere/team/data", hint="unio remote add nowhere")


@pytest.mark.parametrize("name", ["a/b", "", "a b", "..", "a.b", 'a"b'])
def test_names_of_remotes_outside_the_rules_are_refused(unio: Unio, tmp_path: Path, name: str) -> None:
    fails(unio, 2, "remote", "add", name, tmp_path / "registry")
    assert unio.json("remote") == {}


def test_a_url_that_no_store_understands_is_refused(unio: Unio) -> None:
    fails(unio, 2, "remote", "add", "cloud", "gs://bucket")
    fails(unio, 2, "remote", "add", "cloud", hint="unio remote --help")
    assert unio.json("remote") == {}


def test_another_registry_for_one_command(unio: Unio, lab: Path) -> None:
    for where in [str(lab), lab.as_uri(), "lab"]:
        assert [p["package"] for p in unio.json("ls", "--registry", where)["packages"]] == [NAME], where
