"""The reference pages say what the program has: links, exit codes, settings, members of records, the index's bytes."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from unio_command import ROOT, Unio, write_tree  # noqa: E402

SKIPPED = {"build", ".venv", ".git", "node_modules"}
PAGES = sorted(page for page in ROOT.rglob("*.md") if not SKIPPED & set(page.relative_to(ROOT).parts))


@pytest.fixture
def unio(tmp_path: Path) -> Unio:
    return Unio(tmp_path / "home")


def rows(page: str, heading: str | None = None) -> list[list[str]]:
    """The cells of all tables on a page, or below one heading, without the tables' own heads."""
    text = (ROOT / page).read_text()
    if heading is not None:
        text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        found += [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return found


def named(page: str, heading: str | None = None) -> set[str]:
    """What the first column of a page's tables names."""
    return {name for row in rows(page, heading) for name in re.findall(r"`([^`]+)`", row[0])}


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_of_the_project_resolve(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name == "README.md" or f"[{name}]({name})" in index or f"`{name}`" in index, f"docs/README.md does not name {name}"


def test_the_exit_codes_are_those_of_the_program() -> None:
    source = (ROOT / "src/base/error.cpp").read_text()
    table = re.findall(r'\{ErrorCode::\w+, "(\w+)", (\d+),', source)
    assert len(table) > 10
    documented = [(row[1].strip("`"), row[0]) for row in rows("docs/exit-codes.md") if row[1]]
    assert sorted(documented) == sorted(table)
    assert {row[0] for row in rows("docs/exit-codes.md") if not row[1]} == {"0", "1"}


def test_every_setting_is_documented_with_its_variable_and_default(unio: Unio, tmp_path: Path) -> None:
    unio.env.pop("UNIO_REGISTRY")
    unio.env.pop("UNIO_USER")
    settings = unio.json("config")
    table = {row[0].strip("`"): row for row in rows("docs/configuration.md") if row[3:] and row[3].startswith(("`UNIO_", "`AWS_"))}
    assert set(table) == set(settings)
    for key, setting in settings.items():
        assert setting["origin"] == "default"
        default = table[key][2]
        assert not default.startswith("`") or "user's" in default or default.strip("`") == setting["value"]
    values = {"threads": "3", "cache.size": "1 GB", "color": "never", "progress": "never", "s3.anonymous": "yes"}
    values |= {"s3.addressing": "path", "s3.connections": "8", "capture": "full"}
    for key, row in table.items():
        variable = row[3].strip("`")
        value = values.get(key, "x")
        changed = json.loads(unio.run("config", "--json", **{variable: value}).stdout)
        assert changed[key] == {"value": value, "origin": variable}


def test_the_configuration_file_of_the_page_is_read(unio: Unio, tmp_path: Path) -> None:
    text = (ROOT / "docs/configuration.md").read_text()
    file = tmp_path / "config.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1))
    unio.env["UNIO_CONFIG"] = str(file)
    unio.env.pop("UNIO_REGISTRY")
    settings = unio.json("config")
    assert settings["threads"] == {"value": "4", "origin": str(file)}
    assert settings["registry"]["value"] == "/data/registry"
    assert settings["cache.size"]["value"] == "20 GiB"
    assert "file:///mnt/lab/registry" in unio.run("remote", "ls").stdout
    unio.run("remote", "add", "more", tmp_path)
    unio.run("config", "set", "threads", "5")
    assert unio.json("config")["threads"]["value"] == "5"


def publish(unio: Unio, folder: Path) -> None:
    write_tree(folder, {"README.md": b"# Data\n", "a/b.csv": b"1\n", "a/bc.csv": b"12\n", "z.csv": b""})
    unio.run("init", "team/data", cwd=folder)
    unio.run("add", ".", cwd=folder)
    unio.run("push", "-t", "v1", "-m", "first", cwd=folder)


def test_the_members_of_records_are_documented(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data")
    (tmp_path / "data/z.csv").write_text("changed")
    # Ended just before its end, so that intent and session are still there.
    push = ("push", "-m", "second", "--capture", "safe", "--based-on", "team/data:v1")
    unio.run(*push, cwd=tmp_path / "data", exit_code=-9, UNIO_FAIL="push.after_feed:kill")
    common = {"op", "user", "host", "message", "package", "top_hash", "process"}
    of_others = {"artifact", "metadata", "entry", "in_place", "folder", "name", "pointer", "from", "to"}
    of_others |= {"repository", "versions"}
    for folder, page, heading in [
        ("revisions", "records.md", "Revision"),
        ("feed", "feed.md", "Entry"),
        ("reflog", "records.md", "Reflog"),
        ("intents", "records.md", "Intent"),
        ("sessions", "records.md", "Session"),
    ]:
        files = list((unio.registry / ".unio" / folder).rglob("*.json"))
        assert files, folder
        for file in files:
            members = set(json.loads(file.read_text()))
            known = named(f"docs/formats/{page}", heading)
            assert members <= known, f"{heading} lacks {members - known}"
            assert known - members <= {"tag", "git_commit", "based_on"} | common | of_others, f"{heading} names {known - members}"


def test_the_members_of_an_environment_are_documented(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data")
    (tmp_path / "data/z.csv").write_text("changed")
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path / "data", check=True)
    unio.run("push", "-m", "second", "--capture", "safe", cwd=tmp_path / "data")
    environment = unio.json("show", "team/data")["revision"]["environment"]
    known = named("docs/formats/records.md", "Environment of a revision")
    assert set(environment) <= known
    assert {"capture", "masked", "git", "system", "argv", "python_packages", "logs"} <= set(environment)
    assert {member for log in environment["logs"] for member in log} == {"relpath", "sha256", "size", "object"}


def test_the_members_of_a_repositorys_records_are_documented(unio: Unio, tmp_path: Path) -> None:
    index = unio.registry / "models/repository.json"
    unio.run("repo", "put", "x", "--value", "1", "-R", index, exit_code=-9, UNIO_FAIL="repo.after_index:kill")
    unio.run("repo", "put", "x", "--value", "1", "-R", index)
    own = unio.registry / ".unio"
    for folder, page, heading in [("feed", "feed.md", "Entry"), ("sessions", "records.md", "Session")]:
        for file in (own / folder).rglob("*.json"):
            assert set(json.loads(file.read_text())) <= named(f"docs/formats/{page}", heading)
            assert "repository" in json.loads(file.read_text())
    (mark,) = (own / "repositories").iterdir()
    assert json.loads(mark.read_text()) == {"index": "models/repository.json"}


def test_the_members_of_artifacts_are_documented(unio: Unio, tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.csv": b"1\n"})
    unio.run("save", tmp_path / "a.csv")
    unio.run("save", tmp_path / "a.csv", exit_code=-9, UNIO_FAIL="save.after_contents:kill")
    known = named("docs/formats/artifact.md", "metadata.yaml")
    for file in unio.registry.rglob("metadata.yaml"):
        metadata = yaml.safe_load(file.read_bytes())
        assert set(metadata) <= known, f"the page lacks {set(metadata) - known}"
        assert known - set(metadata) <= {"git", "left_out", "revised_by", "revision_time"}
    for folder, page, heading in [("feed", "feed.md", "Entry"), ("sessions", "records.md", "Session")]:
        for file in (unio.registry / ".unio" / folder).rglob("*.json"):
            members = set(json.loads(file.read_text()))
            assert members <= named(f"docs/formats/{page}", heading)


def test_the_members_of_a_workspace_are_documented(unio: Unio, tmp_path: Path) -> None:
    data = tmp_path / "data"
    publish(unio, data)
    (tmp_path / "other.csv").write_text("x")
    unio.run("set", "z.csv", "../other.csv", cwd=data)
    unio.run("rm", "a/", cwd=data)
    unio.run("set-meta", "z.csv", '{"a": 1}', cwd=data)
    state = json.loads((data / ".unio/workspace.json").read_text())
    known = named("docs/formats/workspace.md", "workspace.json")
    assert set(state) <= known
    assert known - set(state) <= {"package_meta", "message", "part_sha256", "kind", "key", "path", "excluded", "overrides"}
    for source in state["sources"]:
        assert set(source) <= known
    files = {path.name for path in (data / ".unio").iterdir()}
    documented = {name.split("/")[0] for name in named("docs/formats/workspace.md")}
    assert {re.sub(r"-[0-9a-f]{32}", "-<32 hex>", name) for name in files} <= documented


def test_the_index_has_the_documented_bytes(unio: Unio, tmp_path: Path) -> None:
    data = tmp_path / "data"
    publish(unio, data)
    content = (data / ".unio/index").read_bytes()
    assert content[:8] == b"UNIOIDX1"
    assert content[8:72].decode() == json.loads((data / ".unio/workspace.json").read_text())["top_hash"]
    has_manifest, count = struct.unpack_from("<QQ", content, 72)
    assert (has_manifest, count) == (1, 4)
    offset, key, keys = 88, b"", []
    for _ in range(count):
        size, mtime, ctime, inode, digest, shared, added, kind, flags, unused = struct.unpack_from(
            "<QqqQ32sHHBBH", content, offset
        )
        offset += 72
        key = key[:shared] + content[offset : offset + added]
        offset += added
        keys.append(key.decode())
        status = (data / key.decode()).stat()
        assert (size, mtime, ctime, inode) == (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        assert (kind, unused) == (0, 0) and flags in (0, 1) and any(digest)
    assert keys == ["README.md", "a/b.csv", "a/bc.csv", "z.csv"]
    assert offset + 8 == len(content)


def test_a_file_of_the_cache_has_the_documented_bytes(unio: Unio, tmp_path: Path) -> None:
    publish(unio, tmp_path / "data")
    unio.env["UNIO_CACHE_DIR"] = str(tmp_path / "cache")
    unio.run("cache", "team/data", "a/b.csv")
    (file,) = [path for path in (tmp_path / "cache/objects").rglob("*") if path.is_file()]
    url = unio.json("show", "team/data", "a/b.csv")["url"]
    registry, _, key = url.partition("/.unio/")
    name = hashlib.sha256(f"{registry}\n.unio/{key}".encode()).hexdigest()
    assert file.name == name and file.parent.name == name[:2]
    assert (tmp_path / "cache/pins" / name).read_bytes() == b""
    whole = file.read_bytes()
    assert whole.endswith(b"unio-c1\n")
    digest, content_size, info_size = whole[-104:-40].decode(), int(whole[-40:-24], 16), int(whole[-24:-8], 16)
    assert len(whole) == content_size + info_size + 104
    assert hashlib.sha256(whole[:-104]).hexdigest() == digest
    assert whole[:content_size] == b"1\n"
    etag, modified, version = whole[content_size:-104].decode().split("\n")
    assert (etag, modified, version) == ("", "0", "")


def test_the_default_list_of_ignored_folders_is_documented() -> None:
    default = re.search(r'ConfigKey\{"ignore", "list", "([^"]+)"', (ROOT / "src/app/config.cpp").read_text()).group(1)
    assert f"`{default}`" in (ROOT / "docs/ignore.md").read_text()
    assert f"`{default}`" in (ROOT / "docs/configuration.md").read_text()


def test_the_names_of_secrets_are_documented() -> None:
    source = (ROOT / "src/workspace/ignore_rules.cpp").read_text().split("bool looks_like_secret")[1]
    page = (ROOT / "docs/ignore.md").read_text()
    for name in re.findall(r'"([.\w-]+)"', source):
        assert name in page, name
