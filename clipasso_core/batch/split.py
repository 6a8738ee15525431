"""How the cores of a machine are shared: so many pictures at once, each with so many threads."""

from __future__ import annotations

import os
from dataclasses import dataclass

# What a process takes with `lite`; measured by benchmarks/batch.py. CLIP takes more, and a batch
# that knows its guide may start fewer processes with --jobs.
WORKER_BYTES = 1.2e9
ON_A_GPU = (1, 2, 4)  # pictures at once on one; from so many on they only wait for each other


@dataclass(frozen=True)
class Split:
    """jobs: pictures at once. threads: of each."""

    jobs: int
    threads: int


def cores() -> int:
    """That this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def split_for(jobs: int) -> Split:
    """So many pictures at once, the cores shared evenly."""
    return Split(jobs, max(1, cores() // jobs))


def splits(device: str, pictures: int) -> list[Split]:
    """Those worth trying for so many pictures, the likeliest to be fastest first."""
    if device != "cpu":
        return [split_for(jobs) for jobs in ON_A_GPU if jobs == 1 or jobs <= pictures]
    held = min(float(pictures), _free_bytes() / WORKER_BYTES)  # in memory
    most = max(1, min(cores(), int(held)))
    tried = [most]
    while tried[-1] > 1:
        tried.append(tried[-1] // 2)
    return [split_for(jobs) for jobs in tried]


def _free_bytes() -> float:
    """Memory that nobody uses; plenty where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as facts:
            for line in facts:
                if line.startswith("MemAvailable:"):
                    return float(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return float("inf")
