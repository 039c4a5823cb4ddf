"""Console blocks in Markdown: finds them, runs all commands of a page in one shell, compares what they print.

A block begins with ```console. A line `$ COMMAND` is a command, `> TEXT` after it continues it, every other line is what it
prints. `...` in a line stands for anything; a line `...` for any lines. Times and names made of them may differ.

    python console_blocks.py PAGE UNIO      runs the page and writes what was printed where it differs
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HOME_SHOWN = "/home/ada"
MARK = "@@end of command"


@dataclass
class Step:
    line: int  # number of the command's first line
    command: str
    expected: list[str] = field(default_factory=list)
    last_line: int = 0  # of what it prints, or of itself

    def __str__(self) -> str:
        return f"line {self.line}: {self.command.splitlines()[0][:60]}"


def steps_of(text: str) -> list[Step]:
    steps: list[Step] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
            continue
        if not inside:
            continue
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif (line.startswith("> ") or line == ">") and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        else:
            steps[-1].expected.append(line)
        steps[-1].last_line = number
    return steps


@dataclass
class Printed:
    lines: list[str]
    exit_code: int


def run(steps: list[Step], unio: Path, home: Path) -> list[Printed]:
    """All steps in one shell, so that `cd` and `$?` mean what they mean to a reader."""
    commands = home / ".commands"
    commands.mkdir(parents=True)
    (commands / "unio").symlink_to(unio)
    (commands / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (commands / "python").chmod(0o755)
    script = ""
    for step in steps:
        # The exit code is kept for a command such as `echo $?`.
        script += f"{step.command}\n__code=$?; printf '\\n{MARK} %d\\n' $__code; (exit $__code)\n"
    env = {
        "HOME": str(home),
        "PATH": f"{commands}:{os.environ['PATH']}",
        "USER": "ada",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # What takes long, which depends on the machine, is told of on the way.
        "UNIO_PROGRESS": "never",
        "QUILT_DISABLE_USAGE_METRICS": "true",
        "QUILT_MINIMIZE_STDOUT": "true",
    }
    # The S3 server of the tests, where there is one (scripts/with-s3).
    env |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    if "UNIO_TEST_S3" in os.environ:
        env["AWS_ENDPOINT_URL_S3"] = os.environ["UNIO_TEST_S3"]
    result = subprocess.run(
        ["bash", "-c", script], cwd=home, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=300,
    )
    printed = []
    for text in re.split(rf"\n(?={MARK} )", "\n" + result.stdout):
        mark = re.match(rf"{MARK} (\d+)\n", text)
        if mark:
            printed[-1].exit_code = int(mark.group(1))
            text = text[mark.end() :]
        text = text.strip("\n").replace(str(home), HOME_SHOWN)
        printed.append(Printed(text.split("\n") if text else [], 0))
    return printed[: len(steps)]


def without_times(line: str) -> str:
    line = re.sub(r"\d{4}-\d\d-\d\dT\d{6}-[0-9a-f]{6}", "TRASH", line)
    line = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "TIME", line)
    line = re.sub(r"\d{4}/\d\d/\d\d/\d{15}-[0-9a-f]{32}", "FEED", line)
    line = re.sub(r"\b\d{15}-[0-9a-f]{32}\b|\b[0-9a-f]{32}\b", "OPERATION", line)
    return re.sub(r"\b1\d{9}\b", "SECOND", line).rstrip()


def matches(expected: list[str], printed: list[str]) -> bool:
    """A line of `...` alone matches any lines, `...` within a line any text."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*"
            continue
        # Anything may stand for a part that is left out, but not for the end of the line.
        pattern += ".*".join(re.escape(without_times(part)) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(without_times(line) + "\n" for line in printed)) is not None


def fill(page: Path, unio: Path) -> None:
    """Writes what the commands print where the page says something else."""
    lines = page.read_text().splitlines()
    steps = steps_of("\n".join(lines))
    with tempfile.TemporaryDirectory() as folder:
        printed = run(steps, unio.resolve(), Path(folder).resolve() / "home")
    for step, real in reversed(list(zip(steps, printed, strict=True))):
        if matches(step.expected, real.lines):
            continue
        begin = step.line + step.command.count("\n")
        lines[begin : step.last_line] = [line.rstrip() for line in real.lines]
    page.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    fill(Path(sys.argv[1]), Path(sys.argv[2]))
