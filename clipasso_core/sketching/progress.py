"""What a job tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clipasso_core.wording import Wording

if TYPE_CHECKING:
    from clipasso_core.result import SketchResult


@dataclass(frozen=True)
class Setup:
    """What was settled before the first step, for the one line that tells the person."""

    guide: str
    weights: str
    why: Wording
    preset: str
    device: str
    mask: str
    saliency: str
    steps: int
    seeds: int
    subjects: int  # that are drawn apart
    faces: int  # whose features are laid
    time_s: float  # since the job began, loading included
    notes: tuple[Wording, ...] = ()  # what is otherwise than asked for, or than the preset promises

    def line(self) -> str:
        """One line: guide, device, mask, preset, and what is otherwise than one would think."""
        steps = f"{self.steps} {'step' if self.steps == 1 else 'steps'}"
        seeds = f"{self.seeds} {'seed' if self.seeds == 1 else 'seeds'}"
        judge = f"guide {self.guide} ({self.why})"
        subject = f"mask {self.mask}"
        if self.subjects > 1:
            subject += f" · {self.subjects} subjects"
        if self.faces:
            subject += f" · {self.faces} {'face' if self.faces == 1 else 'faces'}"
        work = f"{self.preset}, {steps}, {seeds}"
        return " · ".join((judge, self.device, subject, work, *map(str, self.notes)))


@dataclass(frozen=True)
class Progress:
    """What `on_progress` is told before the first step (`step` 0) and after every step."""

    setup: Setup
    step: int
    steps: int
    loss: float | None  # lowest so far; None before the first step
    time_s: float
    time_left_s: float | None
    # the best sketch so far, not ranked; valid from the first step on
    preview: Callable[[], SketchResult]


OnProgress = Callable[[Progress], "bool | None"]  # False ends the job early
