"""How far strokes may go from where they are when they are redrawn."""

from __future__ import annotations

from dataclasses import dataclass

NUDGE, REDRAW, AFRESH = "nudge", "redraw", "afresh"


@dataclass(frozen=True)
class Reach:
    """How far strokes may go from where they are.

    within_px: no point moves farther, canvas px of 224.
    lr_px: the first step: a short one stays in the neighbourhood.
    """

    within_px: float | None
    lr_px: float


REACHES = {
    NUDGE: Reach(6.0, 0.6),  # two stroke widths: the hand stays recognisable
    # half of a fresh sketch's: what a person placed is a better start than an edge
    REDRAW: Reach(None, 1.25),
    AFRESH: Reach(None, 2.5),  # as a fresh sketch
}
