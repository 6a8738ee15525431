"""Watching jobs and actions: how long they take, the watching left out, and how much memory."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from controls import Chain
from drawings import KB, Subject, on_canvas

from clipasso_core import SketchRequest
from clipasso_core.guide import Guide
from clipasso_core.photo.picture import read_picture
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.progress import Progress

WARM = 3  # actions before the clock counts: the first ones allocate and choose kernels
ALL = 10**9  # steps


class _EnoughError(Exception):
    """Ends a job that was watched for long enough."""


@dataclass
class Pace:
    """How a job went on: seconds without those that the watching itself took."""

    ready_s: float = 0.0  # the target's features
    layout_s: float = 0.0  # the strokes that it began with
    stamps: list[float] = field(default_factory=list)  # after each step, since the first began
    # the best so far after each step [N, 4, 2], canvas px
    sketches: list[Chain] = field(default_factory=list)
    rank_s: float | None = None  # None for a job that was cut
    planned: int = 0  # steps

    @property
    def before_s(self) -> float:
        """What passes before the first step."""
        return self.ready_s + self.layout_s

    @property
    def cut(self) -> bool:
        """Whether it was stopped."""
        return self.rank_s is None

    def told(self) -> dict[str, Any]:
        """Its numbers."""
        return {
            "before_s": self.before_s,
            "after_s": self.rank_s,
            "step_ms": self.step_ms,
            "cut": self.cut,
        }

    @property
    def step_ms(self) -> float:
        """Median step."""
        if len(self.stamps) > WARM:
            took_s = np.diff(self.stamps)[WARM - 1 :]
        else:
            took_s = np.diff([0.0, *self.stamps])
        return float(np.median(took_s)) * 1000


def watch(
    job: SketchJob,
    limit_s: float = float("inf"),
    limit_steps: int = ALL,
    keep: bool = False,
    between: Callable[[], object] | None = None,
) -> Pace:
    """Run a job until it ends or a limit is reached.

    keep: its sketches. between: done after every step, off the clock.
    """
    pace = Pace()
    zero = left = began = time.monotonic()
    own_s = 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal zero, left, own_s
        now = time.monotonic()
        if progress.step == 0:
            zero = now
            pace.ready_s = now - began
            pace.planned = progress.steps
            return
        if progress.step == 1:
            pace.layout_s = now - progress.time_s - zero
        pace.stamps.append(progress.time_s - own_s)
        if keep:
            paths = on_canvas(progress.preview())
            pace.sketches.append(np.concatenate([np.stack(path) for path in paths]))
        if between is not None:
            between()
        left = time.monotonic()
        own_s += left - now
        if pace.stamps[-1] >= limit_s or progress.step >= limit_steps:
            raise _EnoughError

    try:
        job.run(on_progress)
        pace.rank_s = time.monotonic() - left
    except _EnoughError:
        pass
    return pace


def subject_of(photo: str) -> Subject:
    """A photograph whose mask is found once, so that every preset draws on the same canvas."""
    path = Path(photo)
    return Subject(path.stem, path.name, read_picture(path), None)


def peak_mb() -> float:
    """This process's own peak: Linux hands the parent's on in `ru_maxrss`, but not in VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB


def median_ms(action: Callable[[], object], repeats: int, device: str) -> float:
    """Median wall time after a few warming runs."""
    times = [timed_ms(action, device) for _ in range(repeats + WARM)]
    return statistics.median(times[WARM:])


def timed_ms(action: Callable[[], object], device: str) -> float:
    """Wall time of doing it once."""
    _wait(device)
    began = time.perf_counter()
    action()
    _wait(device)
    return (time.perf_counter() - began) * 1000


def job_of(subject: Subject, guide: Guide, **settings: Any) -> SketchJob:
    return subject.job(SketchRequest(guide=guide.name, device=guide.device.type, **settings), guide)


def _wait(device: str) -> None:
    if device == "cuda":
        import torch

        torch.cuda.synchronize()


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
