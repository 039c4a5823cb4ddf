"""What programs read, and what explains the command: JSON, help, completion, manual."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from unio_command import Unio, unio_path, write_tree
from unio_scenes import FILES, NAME, fails, publish

ESCAPE = "\x1b"

# ---------------------------------------------------------------- JSON

ARTIFACT = "the id of an artifact that was saved before"
SHOWING = {
    "init": ["init", "team/other", "elsewhere"], "add": ["add", "a.txt"], "set": ["set", "x.txt", "a.txt"],
    "rm": ["rm", "a.txt"], "mv": ["mv", "a.txt", "y.txt"], "set-meta": ["set-meta", "a.txt", "{}"], "status": ["status"],
    "build-manifest": ["build-manifest"], "push": ["push"], "push-data": ["push-data"],
    "push-manifest": ["push-manifest", "-m", "m"], "sample": ["sample", "--entries", NAME, "-n", "2"],
    "sample-to": ["sample", "--entries", NAME, "-n", "2", "--to", "team/few"],
    "split": ["split", "--entries", NAME, "a=1", "b=1"],
    "split-to": ["split", "--entries", NAME, "a=1", "b=1", "--to", "team/{}"], "install": ["install", NAME, "--location", "../target"],
    "verify": ["verify"], "sync": ["sync"], "hash": ["hash", "."], "ls": ["ls", NAME], "ls-all": ["ls"],
    "show": ["show", NAME], "show-entry": ["show", NAME, "a.txt"], "log": ["log"], "diff": ["diff", NAME, NAME],
    "tag": ["tag", NAME], "tag-new": ["tag", NAME, "new"], "tag-log": ["tag", f"{NAME}:v1"],
    "rollback": ["rollback", f"{NAME}:v1"], "delete": ["delete", NAME, "--yes"], "remote": ["remote"],
    "remote-add": ["remote", "add", "lab", "/lab"], "config": ["config"], "config-get": ["config", "get", "threads"],
    "config-set": ["config", "set", "threads", "2"], "cache": ["cache"],
    "save": ["save", "a.txt"], "get": ["get", ARTIFACT, "-o", "got"], "show-artifact": ["show", ARTIFACT],
    "find": ["find", "by:ada"], "lineage": ["lineage", ARTIFACT], "lineage-down": ["lineage", NAME, "--down"], "reindex": ["reindex"],
    "retention": ["retention"], "retention-show": ["retention", "show", NAME], "retention-of": ["retention", "show", ARTIFACT],
    "label": ["label", ARTIFACT, "checked=yes"], "env": ["env", "diff", ARTIFACT],
    "repo": ["repo", "put", "value", "--value", "1"],
}
NOT_JSON = {"cat", "completion", "man"}  # what they print is for other programs already


@pytest.mark.parametrize("name", SHOWING)
def test_json_is_one_value_and_nothing_else(unio: Unio, folder: Path, name: str) -> None:
    publish(unio, folder, FILES, "-t", "v1")
    saved = unio.json("save", "a.txt", cwd=folder)["artifact_id"] if ARTIFACT in SHOWING[name] else ""
    command = [saved if word == ARTIFACT else word for word in SHOWING[name]]
    result = unio.run(*command, "--json", cwd=folder.parent if name == "init" else folder)
    assert isinstance(json.loads(result.stdout), dict)
    assert result.stderr == "" or all(line.startswith("warning: ") for line in result.stderr.splitlines())


def test_errors_are_json_too(unio: Unio, folder: Path) -> None:
    for command, code, name in [
        (["show", NAME], 3, "not_found"), (["show"], 2, "invalid_argument"), (["shwo"], 2, "invalid_argument"),
    ]:
        result = unio.run(*command, "--json", cwd=folder, exit_code=code)
        error = json.loads(result.stderr)["error"]
        assert error["code"] == name and error["message"] and error["hint"]
        assert result.stdout == ""


# ---------------------------------------------------------------- help


def command_names(unio: Unio) -> list[str]:
    return re.findall(r"^  ([a-z-]+) +[A-Z]", unio.run().stdout, re.MULTILINE)


def test_unio_alone_shows_a_short_grouped_overview(unio: Unio) -> None:
    text = unio.run().stdout
    assert len(text.splitlines()) < 60
    assert max(map(len, text.splitlines())) <= 80
    for group in ["Start a package", "Change a builder", "Publish", "Read packages"]:
        assert f"\n{group}\n  " in text
    assert unio.run("--help").stdout == unio.run("help").stdout == text
    assert {name.split("-all")[0] for name in SHOWING if "-" not in name} | NOT_JSON <= set(command_names(unio))


def test_every_command_that_is_listed_is_tested_for_json(unio: Unio) -> None:
    assert {command[0] for command in SHOWING.values()} | NOT_JSON == set(command_names(unio))


def test_every_command_has_help_with_an_example_and_exit_codes(unio: Unio) -> None:
    for name in command_names(unio):
        text = unio.run(name, "--help").stdout
        assert text.startswith(unio.run("help", name).stdout[:20])
        assert f"usage: unio {name}" in text
        examples = text.partition("\nexamples:\n")[2].partition("\n\n")[0]
        assert f"unio {name}" in examples, name
        assert "exit codes:\n  0 done" in text and "130 interrupted" in text
        assert "--json" in text and ESCAPE not in text


def test_examples_in_the_help_are_accepted_by_the_parser(unio: Unio, folder: Path) -> None:
    for name in command_names(unio):
        examples = unio.run(name, "--help").stdout.partition("\nexamples:\n")[2].partition("\n\n")[0]
        for example in examples.splitlines():
            if "|" in example or "<(" in example or ">" in example:
                continue
            result = subprocess.run(
                ["bash", "-c", example.strip().replace("unio", f"'{unio_path()}'", 1)], cwd=folder, env=unio.env,
                capture_output=True, text=True, stdin=subprocess.DEVNULL,
            )
            assert "--help shows" not in result.stderr and "no option" not in result.stderr, example
            assert "too many" not in result.stderr, example


def test_a_mistyped_command_or_option_is_answered_with_the_nearest(unio: Unio, folder: Path) -> None:
    assert "'psuh'" in fails(unio, 2, "psuh", hint="did you mean `unio push`?")
    assert "'--mesage'" in fails(unio, 2, "push", "--mesage", "x", hint="did you mean '--message'?")
    assert "'--froce'" in fails(unio, 2, "install", NAME, "--froce", hint="did you mean '--force'?")
    fails(unio, 2, "quite-another-word", hint="unio shows the commands")
    fails(unio, 2, "--nonsense", hint="unio shows the commands")


def test_missing_and_superfluous_arguments_are_named(unio: Unio, folder: Path) -> None:
    assert fails(unio, 2, "init", cwd=folder, hint="unio init --help") == "NAME is required"
    assert "'third'" in fails(unio, 2, "add", "first", "second", "third", "fourth", cwd=folder, hint="unio add --help")
    fails(unio, 2, "push", "-t", cwd=folder)


def test_options_may_stand_before_and_after_the_command(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    assert json.loads(unio.run("--json", "show", NAME).stdout) == unio.json("show", NAME)
    other = str(folder / "nowhere")
    assert unio.run("--registry", other, "ls").stdout == unio.run("ls", f"--registry={other}").stdout


def test_version_is_one_line(unio: Unio) -> None:
    assert re.fullmatch(r"unio \d+\.\d+\.\d+\n", unio.run("--version").stdout)


# ---------------------------------------------------------------- completion and manual


def complete(unio: Unio, *words: str, cwd: Path | None = None) -> list[str]:
    script = (
        'source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _unio; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    result = subprocess.run(
        ["bash", "-c", script, "bash", str(unio_path()), *words], capture_output=True, text=True, env=unio.env, cwd=cwd,
    )
    assert result.stderr == ""
    return result.stdout.split()


def test_bash_completes_commands_options_and_files(unio: Unio, folder: Path) -> None:
    write_tree(folder, {"data.csv": b""})
    assert complete(unio, "unio", "pus") == ["push", "push-data", "push-manifest"]
    assert complete(unio, "unio", "install", "--lo") == ["--location"]
    assert complete(unio, "unio", "add", "da", cwd=folder) == ["data.csv"]
    assert "--registry" in complete(unio, "unio", "ls", "--")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_for_every_shell(unio: Unio, shell: str) -> None:
    script = unio.run("completion", shell).stdout
    assert all(name in script for name in command_names(unio))
    if shutil.which(shell):
        check = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
        assert check.returncode == 0, check.stderr


def test_there_is_no_completion_for_other_shells(unio: Unio) -> None:
    fails(unio, 2, "completion", "tcsh", hint="bash, zsh and fish")


def test_the_manual_page_renders_without_complaint(unio: Unio, tmp_path: Path) -> None:
    page = unio.run("man").stdout
    assert page.startswith(".Dd ") and all(f".Ss {name}\n" in page for name in command_names(unio))
    (tmp_path / "unio.1").write_text(page)
    if shutil.which("mandoc"):
        check = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", "unio.1"], cwd=tmp_path, capture_output=True, text=True)
        assert check.returncode == 0, check.stdout
    if shutil.which("groff"):
        shown = subprocess.run(
            ["groff", "-ww", "-mandoc", "-Tutf8", "unio.1"], cwd=tmp_path, capture_output=True, text=True,
        )
        assert shown.stderr == "" and "unio" in shown.stdout and shown.returncode == 0
