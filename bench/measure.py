"""Runs commands, each in a process of its own, and measures wall time, processor time and peak memory."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class CommandFailed(Exception):
    """A measured command did not do what it should; the message says which and what it printed."""


@dataclass(frozen=True)
class Sample:
    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: int  # bytes; never below what this process has used, which the kernel counts in
    output: str = ""
    parts: tuple[float, ...] = ()  # the wall times of the commands that make up this sample

    def __add__(self, other: Sample) -> Sample:
        parts = (self.parts or (self.wall,)) + (other.parts or (other.wall,))
        return Sample(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak), parts=parts)


Environment = Mapping[str, str]


@dataclass(frozen=True)
class Runner:
    """Where commands run: their environment, and the folder for what they print."""

    environment: Environment
    folder: Path

    def run(self, command: Sequence[str | Path], cwd: Path | None = None, env: Environment | None = None) -> Sample:
        """`env`: what this command has beside the environment of all."""
        words = [str(word) for word in command]
        out, err = self.folder / "stdout", self.folder / "stderr"
        environment = {**self.environment, **(env or {})}
        with contextlib.chdir(cwd or self.folder):
            start = time.perf_counter()
            process = os.posix_spawn(words[0], words, environment, file_actions=redirections(out, err))
            _, status, usage = os.wait4(process, 0)
            wall = time.perf_counter() - start
        if status != 0:
            text = err.read_text(errors="replace")[-2000:]
            raise CommandFailed(f"{' '.join(words)}: exit code {os.waitstatus_to_exitcode(status)}\n{text}")
        output = out.read_text(errors="replace")
        return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)


def redirections(out: Path, err: Path) -> list[tuple]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, str(err), flags, 0o600),
    ]


def interleaved(runs: int, contestants: Mapping[str, Callable[[int], Sample]]) -> dict[str, list[Sample]]:
    """Each contestant in turn, `runs` times, so that whatever else the machine does meets all alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    for run in range(runs):
        for name, contestant in contestants.items():
            samples[name].append(contestant(run))
    return samples


def median(samples: Sequence[Sample]) -> Sample:
    """The sample with the median wall time, with the highest peak memory of all."""
    middle = sorted(samples, key=lambda sample: sample.wall)[(len(samples) - 1) // 2]
    peak = max(sample.peak for sample in samples)
    return Sample(middle.wall, middle.cpu, peak, middle.output, middle.parts)
