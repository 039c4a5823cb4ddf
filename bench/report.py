"""What was measured, as a table for people and as JSON."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Sequence
from pathlib import Path

from measure import Sample
from works import MEMORY, MIB, Count, Row

HEADS = ("work", "unio", "other", "ratio", "bar", "met", "peak memory", "notes")


def seconds(sample: Sample) -> str:
    """Wall time, and processor time where it can be told: a busy machine disturbs that less."""
    if sample.wall < 0.1:
        return f"{sample.wall:.4f} s"
    return f"{sample.wall:.2f} s (CPU {sample.cpu:.2f})"


def own_peak() -> int:
    """The kernel starts a child's peak at that of the process it came from: ours. Less cannot be seen."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def memory(peak: int) -> str:
    return f"≤ {own_peak() / MIB:.0f} MiB" if peak <= own_peak() + MIB else f"{peak / MIB:.0f} MiB"


def counted(count: Count) -> str:
    return f"{round(count.value, 3):,} {count.what} (bar {count.limit:g})"


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table."""
    other = f"{row.other_name} {seconds(row.other)}" if row.other else "–"
    ratio = f"{row.figure():.2f}×" if row.other else "–"
    bar, peak = "–", memory(row.unio.peak)
    if row.bar:
        limit = f"{row.bar.limit:g}×" if row.other else f"{row.bar.limit * 1000:g} ms"
        bar = f"{'≥' if row.bar.at_least else '≤'} {limit}"
    if row.bar or row.counts:
        peak += f" (bar {row.memory_limit() // MIB})"
    met = {None: "–", True: "yes", False: "**no**"}[row.met()]
    notes = [*map(counted, row.counts), row.note]
    return row.work, seconds(row.unio), other, ratio, bar, met, peak, "; ".join(note for note in notes if note)


def memory_cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line for all that have no bar of their own above the common one."""
    peaks = [row.unio.peak for row in rows if row.memory_limit() <= MEMORY]
    if not peaks:
        return []
    met = "yes" if max(peaks) <= MEMORY else "**no**"
    work = "peak memory of all" if len(peaks) == len(rows) else "peak memory of all others"
    return [(work, "–", "–", "–", f"≤ {MEMORY // MIB} MiB", met, memory(max(peaks)), "")]


def markdown(rows: Sequence[Row]) -> str:
    table = [HEADS, ("---",) * len(HEADS), *map(cells, rows), *memory_cells(rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in table)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`: that of its nearest mount point."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(len(point), kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(holding)[1] if holding else "unknown"


def conditions(scratch: Path, runs: int) -> str:
    """What the figures depend on."""
    cpus = len(os.sched_getaffinity(0))
    return (
        f"{processor()}, {cpus} CPUs, {file_system(scratch)}, Linux {platform.release()}; page cache warm; medians of"
        f" {runs} interleaved runs; load average at the end {os.getloadavg()[0]:.1f}"
    )


def as_json(rows: Sequence[Row], under: str) -> dict:
    def sample(value: Sample | None) -> dict | None:
        if value is None:
            return None
        return {"seconds": value.wall, "cpu_seconds": value.cpu, "peak_bytes": value.peak, "parts": value.parts}

    return {
        "conditions": under,
        "rows": [
            {
                "work": row.work,
                "unio": sample(row.unio),
                "other_name": row.other_name,
                "other": sample(row.other),
                "figure": row.figure(),
                "limit": row.bar and row.bar.limit,
                "memory_limit": row.memory_limit(),
                "counts": [vars(count) for count in row.counts],
                "met": row.met(),
                "note": row.note,
            }
            for row in rows
        ],
    }
