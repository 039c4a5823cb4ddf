"""What a person sees on a terminal, and a program in a pipe."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unio_command import Unio, read_tree, unio_path, write_tree
from unio_scenes import FILES, NAME, fails, publish, start_package, wait_until

MIB = 1024 * 1024
ESCAPE = "\x1b"
#: What a bar that knows its total shows: amount, rate, percent, and time that is left.
FULL_BAR = re.compile(r"\d+ of [\d,]+ files?  [\d.]+ \w?B  [\d.]+ \w?B/s  \d+ %  [\d:]+ (s|min|h) left")


class OnTerminal:
    """A command in a pseudo-terminal of its own, whose keyboard can send Ctrl-C."""

    def __init__(self, unio: Unio, *args: str | Path, cwd: Path | None = None, **env: str) -> None:
        self.shown = ""
        self.keyboard, terminal = pty.openpty()
        variables = unio.env | {"TERM": "xterm-256color"} | env
        if "NO_COLOR" not in env:
            del variables["NO_COLOR"]
        self.process = subprocess.Popen(
            [str(unio_path()), *map(str, args)], cwd=cwd or unio.home, env=variables, stdin=terminal, stdout=terminal,
            stderr=terminal, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(terminal)

    def read_until(self, found: Callable[[str], bool], seconds: float = 100) -> str:
        """Reads what is shown until `found` or the end."""
        deadline = time.monotonic() + seconds
        while not found(self.shown):
            assert time.monotonic() < deadline, f"not shown in time: {self.shown!r}"
            if not select.select([self.keyboard], [], [], 1)[0]:
                continue
            try:
                piece = os.read(self.keyboard, 65536)
            except OSError:  # the other side was closed
                piece = b""
            if not piece:
                break
            self.shown += piece.decode()
        return self.shown

    def press(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    def end(self) -> int:
        """Reads to the end; the exit code."""
        self.read_until(lambda shown: False)
        os.close(self.keyboard)
        return self.process.wait(timeout=60)


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


# ---------------------------------------------------------------- progress


@pytest.fixture
def paused_install(unio: Unio, folder: Path, tmp_path: Path) -> Iterator[tuple[list[str], dict[str, str], Path]]:
    """An install that stops when everything is fetched, until a file appears."""
    publish(unio, folder)
    release = tmp_path / "release"
    command = ["install", NAME, "--location", str(tmp_path / "target")]
    yield command, {"UNIO_FAIL": "install.after_fetch:pause", "UNIO_FAIL_RELEASE": str(release)}, release
    release.touch()


def test_progress_with_rate_and_time_left_is_drawn_after_half_a_second(
    unio: Unio, paused_install: tuple[list[str], dict[str, str], Path]
) -> None:
    command, env, release = paused_install
    start = time.monotonic()
    terminal = OnTerminal(unio, *command, **env)
    shown = terminal.read_until(lambda text: FULL_BAR.search(text) is not None)
    assert time.monotonic() - start >= 0.5
    assert "fetching  4 of 4 files" in shown
    release.touch()
    assert terminal.end() == 0
    last = terminal.shown.split("\r\x1b[K")[-1]
    assert "Installed" in last and "fetching" not in last, "the bar was not taken away"


def test_a_long_build_shows_how_much_is_done_and_left(unio: Unio, folder: Path) -> None:
    sparse(folder / "a.bin", 2048 * MIB)
    sparse(folder / "b.bin", 2048 * MIB)
    start_package(unio, folder)
    terminal = OnTerminal(unio, "build-manifest", cwd=folder, UNIO_THREADS="1")
    terminal.read_until(lambda text: FULL_BAR.search(text) is not None)
    terminal.press(b"\x03")
    assert terminal.end() == 130


def test_quick_commands_draw_no_progress(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    terminal = OnTerminal(unio, "status", cwd=folder)
    assert terminal.end() == 0
    assert "\x1b[K" not in terminal.shown


@pytest.mark.parametrize("options", [["--quiet"], []])
def test_progress_can_be_silenced(
    unio: Unio, paused_install: tuple[list[str], dict[str, str], Path], tmp_path: Path, options: list[str]
) -> None:
    command, env, release = paused_install
    terminal = OnTerminal(unio, *command, *options, **env, **({} if options else {"UNIO_PROGRESS": "never"}))
    wait_until(lambda: any((tmp_path / "target").glob("**/*")), terminal.process)
    release.touch()
    assert terminal.end() == 0
    assert "fetching" not in terminal.shown


# ---------------------------------------------------------------- Ctrl-C


def interrupt(terminal: OnTerminal) -> None:
    """Waits for a sign that work is under way, presses Ctrl-C and expects the end within a second."""
    terminal.read_until(lambda text: "/s" in text)
    start = time.monotonic()
    terminal.press(b"\x03")
    code = terminal.end()
    took = time.monotonic() - start
    assert code == 130, terminal.shown
    assert took < 1, f"it took {took:.2f} s"
    assert "interrupted\r\nhint: " in terminal.shown


def test_ctrl_c_ends_a_push_within_a_second_and_the_next_one_completes(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"README.md": b"#", "small.txt": b"s"})
    sparse(folder / "big.bin", 4096 * MIB)
    interrupt(OnTerminal(unio, "push", cwd=folder, UNIO_THREADS="1"))
    assert not list(unio.registry.glob(".quilt/named_packages/*/*/*"))
    sparse(folder / "big.bin", 9 * MIB)
    unio.run("push", cwd=folder)
    assert unio.json("show", NAME)["bytes"] == 9 * MIB + 2
    left = [p.stat().st_size for p in unio.registry.rglob("*") if p.is_file() and p.stat().st_size > 9 * MIB]
    assert left == [], "the interrupted push left its temporary file"


def test_ctrl_c_ends_an_install_within_a_second_and_the_next_one_completes(
    unio: Unio, folder: Path, tmp_path: Path
) -> None:
    sparse(folder / "big.bin", 1024 * MIB)
    unio.run("init", NAME, cwd=folder)
    unio.run("add", ".", cwd=folder)
    unio.run("push-manifest", "--force-allow-local-files", cwd=folder)
    target = tmp_path / "target"
    interrupt(OnTerminal(unio, "install", NAME, "--location", target, UNIO_THREADS="1"))
    assert read_tree(target) == {}
    unio.run("install", NAME, "--location", target)
    assert (target / "big.bin").stat().st_size == 1024 * MIB
    assert [path.name for path in target.iterdir() if path.name != ".unio"] == ["big.bin"]


# ---------------------------------------------------------------- colours and pipes


def test_colours_on_a_terminal_and_none_in_a_pipe(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    write_tree(folder, {"a.txt": b"changed"})
    terminal = OnTerminal(unio, "status", cwd=folder)
    terminal.end()
    assert f"{ESCAPE}[33ma.txt{ESCAPE}[0m" in terminal.shown
    for command in [["status"], ["log"], ["diff", NAME, NAME], ["push"], ["add", "nothing"]]:
        process = subprocess.run(
            [unio_path(), *command], cwd=folder, env={**unio.env, "TERM": "xterm"}, capture_output=True, text=True,
        )
        assert ESCAPE not in process.stdout + process.stderr, command


def test_no_color_dumb_terminals_and_the_option_are_obeyed(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    write_tree(folder, {"a.txt": b"changed"})

    def shown(*options: str, **env: str) -> str:
        terminal = OnTerminal(unio, "status", *options, cwd=folder, **env)
        assert terminal.end() == 0
        return terminal.shown

    assert ESCAPE not in shown(NO_COLOR="1")
    assert ESCAPE not in shown(TERM="dumb")
    assert ESCAPE not in shown("--color", "never")
    assert ESCAPE not in shown(UNIO_COLOR="never")
    assert ESCAPE in shown("--color", "always", NO_COLOR="1")
    assert ESCAPE in unio.run("status", "--color=always", cwd=folder).stdout
    fails(unio, 2, "status", "--color", "sometimes", cwd=folder)


def test_quiet_prints_results_and_warnings_only(unio: Unio, folder: Path) -> None:
    start_package(unio, folder, {"a.txt": b"a"})
    result = unio.run("push", "-q", cwd=folder)
    assert result.stdout == "" and result.stderr.startswith("warning: ")
    assert len(unio.run("hash", NAME, "--quiet").stdout.strip()) == 64
    assert unio.run("cat", NAME, "a.txt", "-q").stdout == "a"
    assert unio.run("install", NAME, "-q").stdout == ""
    assert "error: " in unio.run("add", "nothing", "-q", cwd=folder, exit_code=3).stderr


def test_names_cannot_steer_the_terminal(unio: Unio, folder: Path) -> None:
    odd = "red\x1b[31m\nline\u202egpj.exe"
    publish(unio, folder, {odd: b"x", "README.md": b"#\x1b[2J"})
    write_tree(folder, {odd: b"changed"})
    for command in [["status"], ["ls", NAME], ["diff", NAME], ["show", NAME], ["verify"], ["set", odd, "README.md"]]:
        process = unio.start(*command, cwd=folder)
        out, err = process.communicate(timeout=60)
        assert ESCAPE not in out + err and "\u202e" not in out + err, command
    assert unio.json("ls", NAME)["entries"][-1]["key"] == odd


def test_a_reader_that_had_enough_ends_the_command_quietly(unio: Unio, folder: Path) -> None:
    publish(unio, folder, {f"{n}.txt": b"" for n in range(2000)})
    command = f"'{unio_path()}' ls {NAME} --all | head -n 1"
    result = subprocess.run(["bash", "-c", command], env=unio.env, capture_output=True, text=True)
    assert result.stdout.count("\n") == 1 and result.stderr == ""


def test_a_question_is_asked_on_a_terminal_only(unio: Unio, folder: Path) -> None:
    publish(unio, folder)
    fails(unio, 11, "delete", NAME, hint="--yes")
    for answer, code in [(b"n\n", 11), (b"y\n", 0)]:
        terminal = OnTerminal(unio, "delete", NAME)
        terminal.read_until(lambda text: "[y/N]" in text)
        terminal.press(answer)
        assert terminal.end() == code, terminal.shown


# ---------------------------------------------------------------- JSON

SHOWING = {
    "init": ["init", "team/other", "elsewhere"], "add": ["add", "a.txt"], "set": ["set", "x.txt", "a.txt"],
    "rm": ["rm", "a.txt"], "mv": ["mv", "a.txt", "y.txt"], "set-meta": ["set-meta", "a.txt", "{}"], "status": ["status"],
    "build-manifest": ["build-manifest"], "push": ["push"], "push-data": ["push-data"],
    "push-manifest": ["push-manifest", "-m", "m"], "install": ["install", NAME, "--location", "../target"],
    "verify": ["verify"], "sync": ["sync"], "hash": ["hash", "."], "ls": ["ls", NAME], "ls-all": ["ls"],
    "show": ["show", NAME], "show-entry": ["show", NAME, "a.txt"], "log": ["log"], "diff": ["diff", NAME, NAME],
    "tag": ["tag", NAME], "tag-new": ["tag", NAME, "new"], "tag-log": ["tag", f"{NAME}:v1"],
    "rollback": ["rollback", f"{NAME}:v1"], "delete": ["delete", NAME, "--yes"], "remote": ["remote"],
    "remote-add": ["remote", "add", "lab", "/lab"], "config": ["config"], "config-get": ["config", "get", "threads"],
    "config-set": ["config", "set", "threads", "2"], "cache": ["cache"],
}
NOT_JSON = {"cat", "completion", "man"}  # what they print is for other programs already


@pytest.mark.parametrize("name", SHOWING)
def test_json_is_one_value_and_nothing_else(unio: Unio, folder: Path, name: str) -> None:
    publish(unio, folder, FILES, "-t", "v1")
    result = unio.run(*SHOWING[name], "--json", cwd=folder.parent if name == "init" else folder)
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
