"""What a job yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clipasso_core.frame import Frame
from clipasso_core.request import SketchRequest
from clipasso_core.strokes import Stroke

VERSION = 1  # of the JSON form


@dataclass(frozen=True)
class SketchResult:
    """A sketch and how it was made.

    strokes: in picture pixels, most needed first: the first n are a good sketch of n strokes.
    width, height: the picture's own size in pixels.
    frame: the square of it that was drawn.
    subjects: the square of each subject that was drawn apart, at a scale of its own; none where all
        was drawn as one.
    guide, preset, device, mask: what was used, never ``auto``.
    loss: the guide's, plain view, of all strokes; of several subjects the mean.
    seed: of the start that won, of several subjects the largest one's.
    steps: optimisation steps done.
    """

    strokes: tuple[Stroke, ...]
    width: int
    height: int
    frame: Frame
    request: SketchRequest
    guide: str
    preset: str
    device: str
    mask: str
    loss: float
    seed: int
    steps: int
    subjects: tuple[Frame, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON form: all fields; points as [[x, y], ...] rounded to 1e-3 px."""
        return {
            "version": VERSION,
            "width": self.width,
            "height": self.height,
            "frame": _square(self.frame),
            **({"subjects": [_square(one) for one in self.subjects]} if self.subjects else {}),
            "request": self.request.to_json(),
            "guide": self.guide,
            "preset": self.preset,
            "device": self.device,
            "mask": self.mask,
            "loss": self.loss,
            "seed": self.seed,
            "steps": self.steps,
            "strokes": [
                {
                    "id": stroke.id,
                    "points": [[round(x, 3), round(y, 3)] for x, y in stroke.points],
                    "width": stroke.width,
                    "color": stroke.color,
                    "opacity": stroke.opacity,
                    "locked": stroke.locked,
                    **({"part": stroke.part} if stroke.part else {}),
                    **({"subject": stroke.subject} if stroke.subject else {}),
                }
                for stroke in self.strokes
            ],
        }


def _square(frame: Frame) -> list[float]:
    return [frame.x, frame.y, frame.side]
