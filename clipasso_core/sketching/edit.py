"""Going on from a drawing: some strokes are redrawn or added, all others stay as they are and are
seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from lxml import etree

from clipasso_core.color import PHOTO
from clipasso_core.document.attributes import LOCKED, RANK, SVG
from clipasso_core.document.drawing import Drawing, Line
from clipasso_core.errors import UserError
from clipasso_core.photo.picture import Picture
from clipasso_core.request import SketchRequest
from clipasso_core.sketching.edit_job import EditJob, frame_around
from clipasso_core.sketching.preparation import Preparation
from clipasso_core.sketching.progress import OnProgress, Progress
from clipasso_core.sketching.reach import AFRESH, REACHES, REDRAW
from clipasso_core.sketching.resources import Resources
from clipasso_core.sketching.stage import find_frame

LEAST_GAIN = 1e-6  # of the loss, by which strokes must be better to be taken


@dataclass(frozen=True)
class Change:
    """What an edit came to.

    before, after: loss of the whole sketch. improved: whether the new strokes were taken.
    lines: that were redrawn or added. kept_fixed: that were chosen but can't be redrawn.
    """

    before: float
    after: float
    improved: bool
    steps: int
    lines: tuple[Line, ...]
    kept_fixed: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        """``changed``: what an edit came to, with the ids of the lines."""
        return {
            "event": "changed",
            "before": self.before,
            "after": self.after,
            "improved": self.improved,
            "steps": self.steps,
            "strokes": [line.id for line in self.lines],
            "kept": {line.id: line.fixed or "locked" for line in self.kept_fixed},
        }


def refine(
    picture: Picture,
    drawing: Drawing,
    request: SketchRequest,
    only: Sequence[Line] | None = None,
    reach: str = REDRAW,
    on_progress: OnProgress | None = None,
    resources: Resources | None = None,
) -> Change:
    """Redraw strokes in place. The drawing's lines take their new points, unless the whole sketch
    would be worse.

    only: the lines to redraw; None takes all that are not locked. Closed, filled and locked ones
        among them stay, as all others do, and are seen.
    reach: how far they may go, one of `reach.REACHES`.

    Raises `UserError` when nothing is left to redraw.
    """
    if reach not in REACHES:
        names = ", ".join(REACHES)
        raise UserError(
            "bad-reach",
            "there is no reach '{reach}': choose one of {names}",
            reach=reach,
            names=names,
        )
    chosen = list(drawing.lines if only is None else only)
    moving = [line for line in chosen if not line.locked and not line.fixed]
    if not moving:
        raise UserError(
            "no-free",
            "there is no stroke to redraw: those chosen are locked, closed or filled, or there are"
            " none",
        )
    resources = resources or Resources()
    groups = _by_subject(moving)
    changes = []
    in_turn = _InTurn(on_progress, len(groups))
    for group in groups:
        tell = in_turn.next() if on_progress is not None else None
        changes.append(_refine(picture, drawing, request, group, reach, tell, resources))
        if in_turn.stopped:
            break
    fixed = tuple(line for line in chosen if line not in moving)
    return _summed(changes, tuple(moving), fixed)


def _refine(
    picture: Picture,
    drawing: Drawing,
    request: SketchRequest,
    moving: list[Line],
    reach: str,
    on_progress: OnProgress | None,
    resources: Resources,
) -> Change:
    """Redraw lines together, at the scale of their subject."""
    held = [line for line in drawing.lines if line not in moving]
    job = EditJob(picture, request, resources, held, moving, reach)
    outcome, before = job.run(on_progress)
    improved = outcome.loss < before - LEAST_GAIN or job.mends_features
    if improved:
        job.put_back(outcome)
    after = outcome.loss if improved else before
    return Change(before, after, improved, outcome.steps, tuple(moving), ())


def _by_subject(lines: Sequence[Line]) -> list[list[Line]]:
    """Those of each subject that is drawn apart, at its own scale; those of none are another."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.subject, []).append(line)
    return list(groups.values())


class _InTurn:
    """Tells edits that are carried out one after the other as one."""

    def __init__(self, on_progress: OnProgress | None, count: int) -> None:
        self._on_progress, self._count = on_progress, count
        self._begun = 0
        self._time_before_s = self._time_s = 0.0
        self.stopped = False

    def next(self) -> OnProgress:
        """For the next of them."""
        self._begun += 1
        self._time_before_s = self._time_s
        return self._tell

    def _tell(self, progress: Progress) -> bool | None:
        assert self._on_progress is not None
        if progress.step == 0 and self._begun > 1:
            return None  # told already that it began
        done = (self._begun - 1) * progress.steps + progress.step
        self._time_s = self._time_before_s + progress.time_s
        left_s = progress.time_left_s
        if left_s is not None:
            left_s += (self._count - self._begun) * (progress.time_s + left_s)
        whole = replace(
            progress,
            step=done,
            steps=self._count * progress.steps,
            time_s=self._time_s,
            time_left_s=left_s,
        )
        going_on = self._on_progress(whole)
        self.stopped = going_on is False
        return going_on


def _summed(changes: Sequence[Change], lines: tuple[Line, ...], fixed: tuple[Line, ...]) -> Change:
    """What several edits came to, of as many sketches: means of their losses."""
    return Change(
        before=sum(one.before for one in changes) / len(changes),
        after=sum(one.after for one in changes) / len(changes),
        improved=any(one.improved for one in changes),
        steps=max(one.steps for one in changes),
        lines=lines,
        kept_fixed=fixed,
    )


def add(
    picture: Picture,
    drawing: Drawing,
    request: SketchRequest,
    on_progress: OnProgress | None = None,
    resources: Resources | None = None,
) -> Change:
    """Add as many strokes as are asked for where edges are still bare, around everything there."""
    to_picture = np.linalg.inv(drawing.to_layer)  # a layer that can't hold strokes is told first
    job = EditJob(picture, request, resources or Resources(), drawing.lines, [], AFRESH)
    outcome, before = job.run(on_progress)
    lines = tuple(
        _new_line(drawing, to_picture, chain, job.ink(chain), job.width_px)
        for chain in job.chains_of(outcome.points)
    )
    return Change(before, outcome.loss, True, outcome.steps, lines, ())


def inks(
    picture: Picture,
    request: SketchRequest,
    lines: Sequence[Line],
    resources: Resources | None = None,
) -> dict[str, str]:
    """The photograph's colour along each line, by the line's id."""
    if not lines:
        raise UserError("no-stroke", "there is no stroke to colour")
    prepared = Preparation(picture, request, resources or Resources())
    frame = frame_around(
        find_frame(picture, prepared.mask), lines, max(picture.width, picture.height)
    )
    stage = prepared.stage(frame)
    return {line.id: stage.ink(frame.to_canvas(line.chains[0]), PHOTO) for line in lines}


def _new_line(
    drawing: Drawing, to_picture: np.ndarray, chain: np.ndarray, color: str, width_px: float
) -> Line:
    """A path at the end of the layer, in the layer's own coordinates, styled as the engine styles.

    to_picture: [3, 3] from there. chain: [3k+1, 2] in picture pixels.
    """
    scale = float(np.sqrt(abs(np.linalg.det(to_picture[:2, :2]))))
    node = etree.SubElement(drawing.layer, f"{{{SVG}}}path", id=drawing.new_id())
    style = ("fill:none", f"stroke:{color}", f"stroke-width:{width_px / scale:.5g}")
    node.set("style", ";".join([*style, "stroke-linecap:round", "stroke-linejoin:round"]))
    ranks = [line.rank for line in drawing.lines if line.rank is not None]
    node.set(RANK, str(max(ranks, default=-1) + 1))
    node.set(LOCKED, "false")
    line = Line(node, [chain], width_px, color, 1.0, 0.0, False, "", to_picture)
    line.place([chain])
    drawing.lines.append(line)
    return line
