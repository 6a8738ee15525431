"""Going on from a drawing: some strokes are redrawn or added, all others stay as they are and are
seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from lxml import etree

from clipasso_core.color import PHOTO
from clipasso_core.document import svg
from clipasso_core.document.drawing import LOCKED, RANK, Drawing, Line
from clipasso_core.errors import UserError
from clipasso_core.guide import Guide, load_guide
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.photo.frame import CANVAS_PX, ROOM, Frame
from clipasso_core.photo.mask import find_subject
from clipasso_core.photo.picture import Picture
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.sketching.job import (
    DRAWN_WIDTH_PX,
    FindMask,
    Job,
    OnProgress,
    Progress,
    to_tensor,
)
from clipasso_core.strokes import Stroke, polyline, sampled

if TYPE_CHECKING:
    import torch

    from clipasso_core.optimiser.optimise import Likeness, Outcome, Step

NUDGE, REDRAW, AFRESH = "nudge", "redraw", "afresh"
# of the frame's side that a stroke may leave it by, before the frame grows, and all losses with it
OVER = 0.05


@dataclass(frozen=True)
class Reach:
    """How far strokes may go from where they are.

    within_px: no point moves farther, canvas px of 224. lr_px: the first step: a short one stays in
        the neighbourhood.
    """

    within_px: float | None
    lr_px: float


REACHES = {
    NUDGE: Reach(6.0, 0.6),  # two stroke widths: the hand stays recognisable
    # half of a fresh sketch's: what a person placed is a better start than an edge
    REDRAW: Reach(None, 1.25),
    AFRESH: Reach(None, 2.5),  # as a fresh sketch
}


@dataclass(frozen=True)
class Change:
    """What an edit came to. before, after: loss of the whole sketch; improved: whether the new
    strokes were taken.
    """

    before: float
    after: float
    improved: bool
    steps: int
    lines: tuple[Line, ...]  # that were redrawn or added
    kept_fixed: tuple[Line, ...]  # that were chosen but can't be redrawn

    def to_json(self) -> dict[str, Any]:
        """``changed``: what an edit came to, with the ids of the lines."""
        ids, fixed = (
            [line.id for line in self.lines],
            {line.id: line.fixed or "locked" for line in self.kept_fixed},
        )
        facts = {
            "before": self.before,
            "after": self.after,
            "improved": self.improved,
            "steps": self.steps,
        }
        return {"event": "changed", **facts, "strokes": ids, "kept": fixed}


def refine(
    picture: Picture,
    drawing: Drawing,
    request: SketchRequest,
    only: Sequence[Line] | None = None,
    reach: str = REDRAW,
    on_progress: OnProgress | None = None,
    load: Callable[[str, str, str, bool], Guide] = load_guide,
    find: FindMask = find_subject,
) -> Change:
    """Redraw strokes in place. The drawing's lines take their new points, unless the whole sketch
    would be worse.

    only: the lines to redraw; None takes all that are not locked. Closed, filled and locked ones
        among them stay, as all others do,
    and are seen. Raises `UserError` when nothing is left to redraw.
    """
    if reach not in REACHES:
        raise UserError(
            "bad-reach", f"there is no reach '{reach}': choose one of {', '.join(REACHES)}"
        )
    chosen = list(drawing.lines if only is None else only)
    moving = [line for line in chosen if not line.locked and not line.fixed]
    if not moving:
        raise UserError(
            "no-free",
            "there is no stroke to redraw: those chosen are locked, closed or filled, or there are"
            " none",
        )
    held = [line for line in drawing.lines if line not in moving]
    edit = _Edit(picture, request, load, find, held, moving, reach)
    outcome, before = edit.go(on_progress)
    improved = outcome.loss < before - 1e-6
    if improved:
        edit.put_back(outcome)
    fixed = tuple(line for line in chosen if line not in moving)
    return Change(before, min(outcome.loss, before), improved, outcome.steps, tuple(moving), fixed)


def add(
    picture: Picture,
    drawing: Drawing,
    request: SketchRequest,
    on_progress: OnProgress | None = None,
    load: Callable[[str, str, str, bool], Guide] = load_guide,
    find: FindMask = find_subject,
) -> Change:
    """Add `request.strokes` new strokes where edges are still bare, around everything that is
    there.
    """
    edit = _Edit(picture, request, load, find, list(drawing.lines), [], AFRESH)
    outcome, before = edit.go(on_progress)
    lines = tuple(_new_line(drawing, edit, chain) for chain in edit.chains_of(outcome))
    return Change(before, outcome.loss, True, outcome.steps, lines, ())


def inks(
    picture: Picture,
    request: SketchRequest,
    lines: Sequence[Line],
    load: Callable[[str, str, str, bool], Guide] = load_guide,
    find: FindMask = find_subject,
) -> dict[str, str]:
    """The photograph's colour along each line, by the line's id."""
    if not lines:
        raise UserError("no-stroke", "there is no stroke to colour")
    job = _Edit(picture, replace(request, color=PHOTO), load, find, [], list(lines), REDRAW)
    return {line.id: job.ink_of(job.frame.to_canvas(line.chains[0])) for line in lines}


class _Edit(Job):
    """A job whose strokes begin where they are, or around what stays."""

    def __init__(
        self,
        picture: Picture,
        request: SketchRequest,
        load: Callable[[str, str, str, bool], Guide],
        find: FindMask,
        held: list[Line],
        moving: list[Line],
        reach: str,
    ) -> None:
        self._held, self._moving, self._reach = held, moving, reach
        super().__init__(picture, request, load, find)

    def _choose_frame(self) -> Frame:
        """The subject's, or a larger one that also holds what is to be redrawn."""
        frame = super()._choose_frame()
        if not self._moving:
            return frame
        points = np.concatenate([polyline(chain) for line in self._moving for chain in line.chains])
        low, high = points.min(0), points.max(0)
        own, over = np.array([frame.x, frame.y]), OVER * frame.side
        if (low >= own - over).all() and (high <= own + frame.side + over).all():
            return frame
        low, high = np.minimum(low, own), np.maximum(high, own + frame.side)
        side = float((high - low).max()) * (1 + ROOM / 3)
        middle = (low + high) / 2
        return Frame(float(middle[0]) - side / 2, float(middle[1]) - side / 2, side)

    def _look_for_edges(self) -> tuple[EdgeMap | np.ndarray, str]:
        if self._stays_near:
            return np.zeros(0), "the drawing"
        return EdgeMap(self.canvas, self.canvas_mask), "bare edges"

    @property
    def _stays_near(self) -> bool:
        """Whether strokes begin where they are."""
        return bool(self._moving) and self._reach != AFRESH

    def lay_out(self, likeness: Likeness, levels: Sequence[int] = ()) -> torch.Tensor:
        """[1, N, P, 2] canvas px: where the strokes are, or along edges that are bare."""
        import torch

        if isinstance(self._saliency, EdgeMap):
            there = [
                sampled(self.frame.to_canvas(chain)) for line in self._held for chain in line.chains
            ]
            rngs = [
                np.random.default_rng([self.request.seed, one]) for one in range(self.preset.tries)
            ]
            laid = np.stack([self._saliency.lay(self._count(), rng, there) for rng in rngs])
        else:
            chains = [chain for line in self._moving for chain in line.chains]
            longest = max(len(chain) for chain in chains)
            padded = [
                np.concatenate([chain, np.repeat(chain[-1:], longest - len(chain), 0)])
                for chain in chains
            ]
            laid = self.frame.to_canvas(np.stack(padded))[None]
        return likeness.best(torch.tensor(laid, dtype=torch.float32, device=self.guide.device))[
            None
        ]

    def _count(self) -> int:
        return (
            sum(len(line.chains) for line in self._moving) if self._moving else self.request.strokes
        )

    def go(self, on_progress: OnProgress | None) -> tuple[Outcome, float]:
        """Optimise. Returns the outcome, and the loss of the whole sketch as it was."""
        from clipasso_core.optimiser.optimise import optimise

        likeness = self._likeness()
        start = self.lay_out(likeness)
        begin = Progress(
            self.setup,
            0,
            self.preset.steps,
            None,
            0.0,
            None,
            lambda: self._seen(start[0], math.inf, 0),
        )
        if on_progress is not None and on_progress(begin) is False:
            raise KeyboardInterrupt

        def tell(step: Step) -> bool | None:
            assert on_progress is not None

            def preview() -> SketchResult:
                return self._seen(step.points, step.loss, step.step)

            return on_progress(
                Progress(
                    self.setup,
                    step.step,
                    step.steps,
                    step.loss,
                    step.time_s,
                    step.time_left_s,
                    preview,
                )
            )

        reach = REACHES[self._reach]
        preset = replace(self.preset, lr_px=min(reach.lr_px, self.preset.lr_px), seeds=1)
        before = self._loss_before(likeness)
        outcome = optimise(
            start, likeness, preset, preset.steps, tell if on_progress else None, reach.within_px
        )
        return outcome, before

    def chains_of(self, outcome: Outcome) -> list[np.ndarray]:
        """The strokes' points in picture pixels, without padding."""
        return self._cut(
            self.frame.to_picture(outcome.points.detach().cpu().numpy().astype(np.float64))
        )

    def _cut(self, padded: np.ndarray) -> list[np.ndarray]:
        return [chain[:length] for chain, length in zip(padded, self._lengths(), strict=True)]

    def put_back(self, outcome: Outcome) -> None:
        """Give the redrawn lines their points."""
        chains = self.chains_of(outcome)
        for line in self._moving:
            own, chains = chains[: len(line.chains)], chains[len(line.chains) :]
            line.place(own)

    def _lengths(self) -> list[int]:
        """Points of each chain."""
        if self._stays_near:
            return [len(chain) for line in self._moving for chain in line.chains]
        return [4] * self._count()

    def _likeness(self) -> Likeness:
        import torch

        from clipasso_core.optimiser.optimise import Likeness
        from clipasso_core.optimiser.views import ViewPool

        preset, guide = self.preset, self.guide
        pool = ViewPool(
            preset.pool,
            preset.views,
            preset.distortion,
            preset.crop,
            guide.side,
            self.request.seed,
            guide.device,
        )
        widths = [line.width for line in self._moving for _ in line.chains] or [
            self.width_px
        ] * self._count()
        width = torch.tensor(widths, dtype=torch.float32, device=guide.device) / self.frame.scale
        lengths = torch.tensor(self._lengths(), device=guide.device)
        tie = torch.minimum(
            torch.arange(int(lengths.max()), device=guide.device)[None], lengths[:, None] - 1
        )
        held = 1 - torch.tensor(
            cover(self._held, self.frame), dtype=torch.float32, device=guide.device
        )
        target = to_tensor(self.canvas, guide.device)
        return Likeness(
            guide,
            target,
            pool,
            width.clamp(*DRAWN_WIDTH_PX),
            self.request.rasteriser,
            self.words,
            held.expand(1, 1, -1, -1),
            tie,
        )

    def _loss_before(self, likeness: Likeness) -> float:
        drawn = likeness.held
        assert drawn is not None
        if self._moving:
            drawn = drawn * (1 - _as_tensor(cover(self._moving, self.frame), drawn))
        return float(likeness.plain(drawn))

    def _seen(self, points: torch.Tensor, loss: float, steps: int) -> SketchResult:
        """The whole drawing, for a picture of it."""
        strokes = [
            (chain, line) for line in self._held for chain in line.chains if line.darkness > 0
        ]
        moving = [line for line in self._moving for _ in line.chains]
        chains = self._cut(self.frame.to_picture(points.detach().cpu().numpy().astype(np.float64)))
        shown = [_stroke(chain, line.width, line.color) for chain, line in strokes]
        if moving:
            shown += [
                _stroke(chain, line.width, line.color)
                for chain, line in zip(chains, moving, strict=True)
            ]
        else:
            shown += [
                _stroke(chain, self.width_px, self.ink_of(self.frame.to_canvas(chain)))
                for chain in chains
            ]
        return self._describe(shown, loss, self.request.seed, steps)


def _stroke(chain: np.ndarray, width: float, color: str) -> Stroke:
    return Stroke(tuple((float(x), float(y)) for x, y in chain), width, color)


def cover(lines: Sequence[Line], frame: Frame) -> np.ndarray:
    """How dark lines are on a frame's canvas [224, 224], 0 to 1, with the engine's own rasteriser;
    fills as polygons.
    """
    import torch

    from clipasso_core.raster import StrokeBatch, render

    left = np.ones((CANVAS_PX, CANVAS_PX), np.float64)  # of the white
    for line in lines:
        chains = [frame.to_canvas(chain) for chain in line.chains]
        if line.fill > 0:
            sheet = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
            cv2.fillPoly(
                sheet,
                [np.round(sampled(chain) * 16).astype(np.int32) for chain in chains],
                255,
                cv2.LINE_AA,
                4,
            )
            left *= 1 - line.fill * sheet / 255
        if line.darkness > 0 and line.width > 0:
            longest = max(len(chain) for chain in chains)
            points = np.stack(
                [
                    np.concatenate([chain, np.repeat(chain[-1:], longest - len(chain), 0)])
                    for chain in chains
                ]
            )
            count = len(points)
            width = min(max(line.width / frame.scale, DRAWN_WIDTH_PX[0]), DRAWN_WIDTH_PX[1])
            with torch.no_grad():
                drawn = render(
                    StrokeBatch(
                        torch.tensor(points, dtype=torch.float32)[None],
                        torch.full((1, count), width),
                        torch.zeros(1, count, 3),
                        torch.ones(1, count),
                    ),
                    (CANVAS_PX, CANVAS_PX),
                )
            left *= 1 - line.darkness * (1 - drawn[0, 0].numpy())
    return 1 - left


def _as_tensor(values: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.tensor(values, dtype=like.dtype, device=like.device)


def _new_line(drawing: Drawing, edit: _Edit, chain: np.ndarray) -> Line:
    """A path at the end of the layer, in the layer's own coordinates, styled as the engine
    styles.
    """
    layer = drawing.layer
    to_picture = np.linalg.inv(drawing.to_page) @ drawing.ctm
    scale = float(np.sqrt(abs(np.linalg.det(to_picture[:2, :2]))))
    node = etree.SubElement(layer, f"{{{svg.SVG}}}path", id=drawing.new_id())
    color = edit.ink_of(edit.frame.to_canvas(chain))
    width = edit.width_px / scale
    node.set(
        "style",
        f"fill:none;stroke:{color};stroke-width:{width:.5g};stroke-linecap:round;stroke-linejoin:round",
    )
    ranks = [
        int(line.node.get(RANK)) for line in drawing.lines if (line.node.get(RANK) or "").isdigit()
    ]
    node.set(RANK, str(max(ranks, default=-1) + 1))
    node.set(LOCKED, "false")
    line = Line(node, [chain], edit.width_px, color, 1.0, 0.0, False, "", to_picture)
    line.place([chain])
    drawing.lines.append(line)
    return line
