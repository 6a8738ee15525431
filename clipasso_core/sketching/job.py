"""From a photograph and a request to a sketch: the engine's one entry, in the order that data
flows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.frame import Frame
from clipasso_core.machine.memory import enough_memory
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import Picture, from_array, from_image, read_picture
from clipasso_core.photo.regions import MIDDLE
from clipasso_core.photo.scene import without_subject
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.sketching import earlier
from clipasso_core.sketching.behind import Outline
from clipasso_core.sketching.part import Part
from clipasso_core.sketching.preparation import Preparation
from clipasso_core.sketching.progress import OnProgress, Setup
from clipasso_core.sketching.resources import Resources
from clipasso_core.sketching.shares import shares, turns
from clipasso_core.sketching.stage import Stage
from clipasso_core.sketching.teller import Teller, walk
from clipasso_core.strokes import Stroke, named

if TYPE_CHECKING:
    from PIL import Image

    from clipasso_core.guide import Guide

    Source = Picture | str | Path | np.ndarray | Image.Image

BEHIND_WIDTH = 0.6  # of the subject's strokes: the pen for its background
# Of several subjects each is drawn in fewer steps, since it has fewer strokes to settle: two cost
# 1.4 times one, three 1.8
TOGETHER = 0.4


def sketch(
    picture: Source,
    request: SketchRequest | None = None,
    on_progress: OnProgress | None = None,
    start: SketchResult | None = None,
) -> SketchResult:
    """Draw a photograph with a few strokes.

    picture: a file's path, a `Picture`, a PIL image, or an array [h, w(, 3 or 4)] (uint8, or float
        in 0..1).
    request: the settings; the defaults draw 16 strokes.
    on_progress: called before the first step and after every step; when it returns False the best
        sketch so far is ordered and returned (before the first step there is none: `Cancelled`); an
        exception that it raises ends the job and passes through.
    start: an earlier sketch of the same picture, with as many strokes, to go on from: the result is
        it, refined, or itself where nothing better was found.

    Returns strokes in the picture's own pixels, most needed first, with the loss and how they were
    made. Raises `UserError` for what the caller can mend. Method: Vinker et al. 2022, "CLIPasso:
    Semantically-Aware Object Sketching"; departures from it are listed in docs/architecture.md.
    """
    job = SketchJob(as_picture(picture), request or SketchRequest(), start=start)
    return job.run(on_progress)


def as_picture(source: Source) -> Picture:
    """Whatever `sketch` takes, as a `Picture`."""
    if isinstance(source, Picture):
        return source
    if isinstance(source, (str, Path)):
        return read_picture(source)
    if isinstance(source, np.ndarray):
        return from_array(source)
    return from_image(source)


class SketchJob:
    """One photograph on its way to strokes: its subjects, and what lies behind them, each on a
    canvas of its own and all side by side.
    """

    def __init__(
        self,
        picture: Picture,
        request: SketchRequest,
        resources: Resources | None = None,
        start: SketchResult | None = None,
    ) -> None:
        """start: an earlier sketch, to go on from. Raises `UserError`."""
        if start is not None:
            earlier.check(start, picture, request)
            request = replace(request, seeds=1)  # there is one sketch to go on from
        self.request = request
        self.prepared = Preparation(picture, request, resources or Resources())
        self.stage = self.prepared.stage()  # of the whole
        self._turns: list[int] = []  # whose stroke comes next, where there are several subjects
        self.subjects = self._share_out(self.prepared.subjects())
        if start is not None:
            earlier.hand_out(start, self.subjects, self._turns)
        self._parts = list(self.subjects)
        self._outline: Outline | None = None
        if request.background is not None:
            behind = self._behind(request.background)
            self._parts.append(behind)
            self._outline = self._outline_before(behind)
        self.setup = self._settled()

    def run(self, on_progress: OnProgress | None = None) -> SketchResult:
        """Optimise, rank and colour the strokes. Raises `Cancelled` when it is called off before
        the first step.
        """
        teller = Teller(on_progress, self.setup, len(self.subjects), self._preview)
        teller.begin()
        with enough_memory(self.prepared.guide_name, self.prepared.device):
            drawn = walk([part.walk() for part in self._parts], teller.tell)
        steps = max(part.steps for part in drawn)
        strokes = [part.strokes for part in drawn]
        return self._result(strokes, teller.loss(drawn), steps, drawn[0].seed)

    def _share_out(self, masks: Sequence[Mask]) -> list[Part]:
        """A part for each subject, with its share of the strokes, all drawn with the same pen."""
        prepared, request = self.prepared, self.request
        if len(masks) == 1:
            levels = None if request.series is None else request.series[:-1]
            is_whole = masks[0] is prepared.mask
            stage = self.stage if is_whole else prepared.stage(mask=masks[0])
            return [Part(prepared, stage, request.strokes, levels=levels)]
        stages = [prepared.stage(mask=mask) for mask in masks]
        weights = [how_much(stage) * prepared.matters(stage.mask) for stage in stages]
        counts = shares(request.strokes, weights)
        self._turns = turns(counts)
        width_px = request.width_px or self._pen_px(stages)
        steps = max(1, round(prepared.preset.steps * (TOGETHER + (1 - TOGETHER) / len(masks))))
        return [
            Part(prepared, stage, count, width_px, self._levels_of(one, count), steps)
            for one, (stage, count) in enumerate(zip(stages, counts, strict=True))
        ]

    def _levels_of(self, subject: int, strokes: int) -> tuple[int, ...] | None:
        """How many of a subject's first strokes are in each sketch of a series."""
        if self.request.series is None:
            return None
        found = {self._turns[:level].count(subject) for level in self.request.series}
        return tuple(sorted(found - {0, strokes}))

    def _pen_px(self, stages: Sequence[Stage]) -> float:
        """Of several subjects: between what suits the whole and what would suit each."""
        sides = [stage.frame.side for stage in stages]
        apart = self.stage.width_px(None) * float(np.mean(sides)) / self.stage.frame.side
        return math.sqrt(self.stage.width_px(None) * apart)

    def _behind(self, strokes: int) -> Part:
        """What lies behind the subjects."""
        prepared = self.prepared
        request = replace(
            self.request,
            strokes=strokes,
            background=None,
            series=None,
            mask="none",
            mask_repair=None,
            faces="none",
            width_px=self.subjects[0].width_px * BEHIND_WIDTH,
        )
        scene = without_subject(prepared.picture, prepared.mask.foreground)
        behind = Preparation(scene, request, _Shared(prepared))
        return Part(behind, behind.stage(), strokes)

    def _outline_before(self, behind: Part) -> Outline:
        """Where lines behind the subjects end: so far from them that two pens leave white."""
        prepared = self.prepared
        gap_px = self.subjects[0].width_px + behind.width_px / 2
        return Outline(prepared.mask.foreground, prepared.picture.scale, gap_px)

    def _settled(self) -> Setup:
        subjects = self.subjects
        return self.prepared.setup(
            subjects[0].source,
            faces=sum(part.portrait.faces for part in subjects),
            subjects=len(subjects),
            steps=max(part.steps for part in self._parts),
        )

    def _preview(self, strokes: Sequence[list[Stroke]], loss: float, steps: int) -> SketchResult:
        return self._result(strokes, loss, steps, 0)

    def _result(
        self, strokes: Sequence[list[Stroke]], loss: float, steps: int, seed: int
    ) -> SketchResult:
        """The strokes of every part as the job's result. seed: of the start that the first subject
        grew from, counted from the request's.
        """
        count = len(self.subjects)
        of_subjects, behind = strokes[:count], strokes[count:]
        frames: tuple[Frame, ...] = ()
        if count > 1:
            frames = tuple(part.stage.frame for part in self.subjects)
            waiting = [iter(some) for some in of_subjects]
            ordered = [replace(next(waiting[one]), subject=one + 1) for one in self._turns]
        else:
            ordered = list(of_subjects[0])
        for some in behind:
            assert self._outline is not None
            ordered += self._outline.cut(some)
        return self.prepared.describe(
            self.stage.frame, named(ordered), loss, self.request.seed + seed, steps, frames
        )


class _Shared(Resources):
    """Of a job within another: the same guide, and the same chance for others."""

    def __init__(self, prepared: Preparation) -> None:
        self._prepared = prepared

    def guide(self, *_wanted: object, **_more: object) -> Guide:
        return self._prepared.guide

    def emphasis(self, picture: Picture, path: str) -> np.ndarray:
        """That of what is seen of the background: the subject isn't there."""
        grey = super().emphasis(picture, path)
        return np.where(self._prepared.mask.foreground > SUBJECT, np.float32(MIDDLE), grey)

    def give_way(self) -> None:
        self._prepared.resources.give_way()


def how_much(stage: Stage) -> float:
    """How much there is to draw: of two as large the one with more edges, of two with as many the
    larger one.
    """
    edges = EdgeMap(stage.canvas, stage.subject)
    return stage.frame.side * math.sqrt(float(edges.strength.sum()))
