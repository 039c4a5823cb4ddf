"""What a person sees on a terminal, and a program in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unio_command import Unio, read_tree, unio_path, write_tree
from unio_scenes import NAME, fails, publish, start_package, wait_until

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
