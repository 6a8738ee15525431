"""What a person has seen of one bitmap: every draft and every finished sketch, any of which may
come back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Dict, List, Optional, Set, Tuple

from clipasso_ext.document.still import pen_px
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.settings import DRAFT, Settings

MOST = 24  # that are remembered: more are not told apart in a strip of small pictures
# so many times as wide as the pen that drew them, strokes hide each other. Drafts of a cup and a
# giraffe that were laid for the wide pen had a loss that was lower by 0 to 10 % at twice the width,
# where the eye sees nothing of it, by 3 to 6 % at three times, by 5 to 10 % at four times
FAR = 3.0
LEAST_GAIN = 1e-4  # of the loss, below which a sketch counts as the one that it went on from
Regions = Dict[str, str]  # files by the request's field


@dataclass(eq=False)
class Try:
    """A sketch that the engine drew.

    event: its ``result``. settings, preset, regions: with which it was drawn, the width being the
    pen's. steps: that were done and planned. time_s: that it took. stopped: by the person.
    """

    event: Event
    settings: Settings
    preset: str
    regions: Regions = field(default_factory=dict)
    steps: Tuple[int, int] = (0, 0)
    time_s: float = 0.0
    stopped: bool = False
    # presets and guides with which nothing better was found from here
    exhausted: Set[Tuple[str, str]] = field(default_factory=set)

    @property
    def strokes(self) -> int:
        return len(self.event["sketch"]["strokes"])

    @property
    def svg(self) -> str:
        return str(self.event["svg"])

    @cached_property
    def pen_px(self) -> float:
        """How wide its strokes were drawn, in the picture's pixels; 0 for none."""
        return pen_px(self.svg)

    def is_far_from(self, width_px: float) -> bool:
        """Whether its strokes were laid for a pen of quite another width. width_px: in the
        picture's pixels, 0 for the engine's own.

        Strokes of the engine's own pen suit every thinner one: laid for that, they are no better.
        """
        is_own = self.settings.width == 0
        if width_px == 0 or self.pen_px == 0:
            return width_px == 0 and not is_own
        ratio = width_px / self.pen_px
        return ratio >= FAR or (ratio <= 1 / FAR and not is_own)

    @property
    def is_draft(self) -> bool:
        return self.preset == DRAFT

    @property
    def loss(self) -> float:
        return float(self.event["sketch"]["loss"])

    def leads_to(self, settings: Settings, regions: Regions) -> bool:
        """Whether a sketch with these settings may go on from its strokes."""
        own = self.settings
        same = ("strokes", "seed", "mask", "faces", "subjects", "background", "width")
        return self.regions == regions and all(
            getattr(own, name) == getattr(settings, name) for name in same
        )

    def is_exhausted(self, settings: Settings) -> bool:
        """Whether to go on with these settings would change nothing."""
        return (settings.preset, settings.guide) in self.exhausted

    def is_bettered_by(self, event: Event) -> bool:
        """Whether a sketch that went on from this one differs from it."""
        after: Dict[str, Any] = event["sketch"]
        if after.get("guide") != self.event["sketch"].get("guide"):
            return True  # their losses are no measure of each other
        return float(after["loss"]) < self.loss - LEAST_GAIN


class Tries:
    """The sketches of one bitmap, oldest first, and which of them is on show; none while another
    one grows.
    """

    def __init__(self) -> None:
        self.all: List[Try] = []
        self.shown: Optional[Try] = None

    def add(self, one: Try, show: bool = True) -> None:
        """Take another, and show it; of too many the oldest draft that is not on show goes."""
        self.all.append(one)
        if show:
            self.shown = one
        if len(self.all) > MOST:
            others = [old for old in self.all[:-1] if old is not self.shown]
            drafts = [old for old in others if old.is_draft]
            self.all.remove((drafts or others)[0])
