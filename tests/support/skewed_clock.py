"""A machine whose clock is wrong, for one process: a library that is loaded before the C library's functions."""

from __future__ import annotations

import subprocess
from pathlib import Path

SOURCE = """
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
extern "C" int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += SKEW;
  return static_cast<int>(result);
}
"""


def skewed_clock(folder: Path, seconds: int) -> dict[str, str]:
    """The environment of a process whose clock is so far ahead, or behind if `seconds` is negative."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clock.cpp").write_text(SOURCE)
    library = folder / "clock.so"
    command = ["c++", "-shared", "-fPIC", f"-DSKEW=({seconds})", "-o", str(library), str(folder / "clock.cpp")]
    subprocess.run(command, check=True)
    # A build with sanitizers wants its own library to be the first.
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0"}
