"""Strokes on their way from where they are, or around what stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.document.drawing import Line
from clipasso_core.errors import Cancelled, UserError
from clipasso_core.frame import Frame
from clipasso_core.machine.memory import enough_memory
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.photo.faces import Face
from clipasso_core.photo.framing import ROOM, square_around
from clipasso_core.photo.picture import Picture
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.sketching.cover import cover
from clipasso_core.sketching.portrait import feature_of, inside
from clipasso_core.sketching.preparation import Preparation
from clipasso_core.sketching.progress import OnProgress, Progress
from clipasso_core.sketching.reach import AFRESH, REACHES
from clipasso_core.sketching.resources import Resources
from clipasso_core.sketching.stage import DRAWN_WIDTH_PX, find_frame, to_map
from clipasso_core.strokes import Stroke, padded, polyline, sampled

if TYPE_CHECKING:
    import torch

    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.optimise import Anchors, Outcome, Step

# Of the frame's side that a stroke may leave it by, before the frame grows, and all losses with it
OVER = 0.05
MISPLACED_PX = 2.0  # canvas px from its place in the photograph, from which a feature is redrawn
FARTHEST = 3.0  # times the photograph's side, or the frame's, that the frame may grow to


class EditJob:
    """Some lines of a drawing redrawn, or new ones added, while all others are held and seen.

    held: lines that stay. moving: lines to redraw; none adds as many new ones as are asked for.
    reach: one of `REACHES`.
    """

    def __init__(
        self,
        picture: Picture,
        request: SketchRequest,
        resources: Resources,
        held: Sequence[Line],
        moving: Sequence[Line],
        reach: str,
    ) -> None:
        self._request, self._held, self._moving = request, list(held), list(moving)
        self._reach = REACHES[reach]
        self._stays_near = bool(moving) and reach != AFRESH  # strokes begin where they are
        self._prepared = Preparation(picture, request, resources)
        longer_px = max(picture.width, picture.height)
        frame = frame_around(self._frame_of_subject(), self._moving, longer_px)
        self.stage = self._prepared.stage(frame)
        # lines that draw a face, which no guide knows how to judge
        with_parts = any(line.part for line in [*held, *moving])
        faces = self._prepared.faces(frame) if with_parts else []
        self._features = [
            _feature(faces, line, chain, frame) for line in self._moving for chain in line.chains
        ]
        self._edges = None
        if not self._stays_near:
            stage = self.stage
            quiet = inside(faces, frame)
            self._edges = EdgeMap(stage.canvas, stage.subject, quiet=quiet, wanted=stage.wanted)
        self._setup = self._prepared.setup("the drawing" if self._stays_near else "bare edges", 0)

    @property
    def width_px(self) -> float:
        """Of new strokes, in picture pixels."""
        return self.stage.width_px(self._request.width_px)

    def run(self, on_progress: OnProgress | None) -> tuple[Outcome, float]:
        """Optimise. Returns the outcome, and the loss of the whole sketch as it was.

        Raises `Cancelled` when it is called off before the first step.
        """
        with enough_memory(self._prepared.guide_name, self._prepared.device):
            return self._run(on_progress)

    def _run(self, on_progress: OnProgress | None) -> tuple[Outcome, float]:
        from clipasso_core.optimiser.optimise import optimise

        likeness = self._likeness()
        start = self._lay_out(likeness)
        if on_progress is not None:
            self._begin(on_progress, start)
        preset = self._prepared.preset
        lr_px = min(self._reach.lr_px, preset.lr_px)
        before = self._loss_before(likeness, start)
        outcome = optimise(
            start,
            likeness,
            replace(preset, lr_px=lr_px, seeds=1),
            preset.steps,
            self._teller(on_progress) if on_progress is not None else None,
            self._reach.within_px,
            anchors=self._anchors(start[0]),
        )
        return outcome, before

    @property
    def mends_features(self) -> bool:
        """Whether a feature lay elsewhere than in the photograph: no guide would tell."""
        frame = self.stage.frame
        return any(
            there is not None and np.abs(frame.to_canvas(chain) - there).mean() > MISPLACED_PX
            for chain, there in zip(self._moving_chains, self._features, strict=True)
        )

    def ink(self, chain: np.ndarray) -> str:
        """The colour of a new stroke [3k+1, 2] in picture pixels."""
        return self.stage.ink(self.stage.frame.to_canvas(chain), self._request.color)

    def chains_of(self, points: torch.Tensor) -> list[np.ndarray]:
        """Strokes [N, P, 2] (canvas px) as chains in picture pixels, without padding."""
        placed = self.stage.frame.to_picture(points.detach().cpu().numpy().astype(np.float64))
        return [chain[:length] for chain, length in zip(placed, self._lengths(), strict=True)]

    def put_back(self, outcome: Outcome) -> None:
        """Give the redrawn lines their points."""
        chains = self.chains_of(outcome.points)
        for line in self._moving:
            line.place(chains[: len(line.chains)])
            chains = chains[len(line.chains) :]

    def _frame_of_subject(self) -> Frame:
        """The square around all strokes of the subject that is edited, where it is drawn apart;
        else the whole sketch's.
        """
        names = {line.subject for line in self._moving}
        chains = [
            chain
            for line in [*self._held, *self._moving]
            if line.subject in names
            for chain in line.chains
        ]
        if names == {""} or len(names) != 1:
            return find_frame(self._prepared.picture, self._prepared.mask)
        return square_around(np.concatenate([polyline(chain) for chain in chains]))

    def _lay_out(self, likeness: Likeness) -> torch.Tensor:
        """[1, N, P, 2] canvas px: where the strokes are, or along edges that are bare."""
        import torch

        frame = self.stage.frame
        if self._edges is not None:
            laid = self._laid_along(self._edges)
        else:
            laid = frame.to_canvas(padded(self._moving_chains))[None]
        if self._reach.within_px is None:
            for one, feature in enumerate(self._features):
                if feature is not None:  # from where the photograph has it, however far that is
                    laid[:, one, :4], laid[:, one, 4:] = feature, feature[-1]
        tried = torch.tensor(laid, dtype=torch.float32, device=likeness.target.device)
        return likeness.best(tried)[None]

    def _laid_along(self, edges: EdgeMap) -> np.ndarray:
        """Layouts [T, N, 4, 2] along edges that are bare; what has its place in the photograph is
        not laid.
        """
        features = {one: there for one, there in enumerate(self._features) if there is not None}
        free = [one for one in range(self._count) if one not in features]
        laid = np.zeros((self._prepared.preset.tries, self._count, 4, 2))
        to_canvas = self.stage.frame.to_canvas
        there = [sampled(to_canvas(one)) for line in self._held for one in line.chains]
        there += [sampled(one) for one in features.values()]
        for one, layout in enumerate(laid):
            rng = np.random.default_rng([self._request.seed, one])
            layout[free] = edges.lay(len(free), rng, there, self._count)
        return laid

    def _anchors(self, start: torch.Tensor) -> Anchors | None:
        """What holds the features among strokes [N, P, 2] where the photograph has them, and what
        others are to keep clear of; None for neither.
        """
        from clipasso_core.optimiser.optimise import Anchors

        which, places = start.new_zeros(start.shape[:2]).bool(), start.clone()
        for one, feature in enumerate(self._features):
            if feature is not None:
                which[one] = True
                places[one, :4] = start.new_tensor(feature)
                places[one, 4:] = places[one, 3]
        barred = self.stage.barred
        ground = None if barred is None else to_map(barred, start.device)
        return Anchors(which, places, ground) if which.any() or ground is not None else None

    @property
    def _moving_chains(self) -> list[np.ndarray]:
        return [chain for line in self._moving for chain in line.chains]

    @property
    def _count(self) -> int:
        """How many chains move."""
        return len(self._moving_chains) if self._moving else self._request.strokes

    def _lengths(self) -> list[int]:
        """Points of each chain."""
        if self._stays_near:
            return [len(chain) for chain in self._moving_chains]
        return [4] * self._count

    def _likeness(self) -> Likeness:
        import torch

        frame, device = self.stage.frame, self._prepared.guide.device
        widths = [line.width for line in self._moving for _ in line.chains]
        widths = widths or [self.width_px] * self._count
        width = torch.tensor(widths, dtype=torch.float32, device=device) / frame.scale  # [N]
        # [N, P]: of each point, the one that it follows: itself, or the last one of its chain
        lengths = torch.tensor(self._lengths(), device=device)
        places = torch.arange(int(lengths.max()), device=device)
        tie = torch.minimum(places[None], lengths[:, None] - 1)
        # [224, 224]: what the held lines leave of the white
        white = 1 - torch.tensor(cover(self._held, frame), dtype=torch.float32, device=device)
        held = white.expand(1, 1, -1, -1)
        return self._prepared.likeness(self.stage, width.clamp(*DRAWN_WIDTH_PX), held, tie)

    def _loss_before(self, likeness: Likeness, start: torch.Tensor) -> float:
        """Of the whole as it is, by the measure of the optimiser, which draws in black."""
        import torch

        if self._stays_near:
            return float(likeness.plain(likeness.draw(start)))
        drawn = likeness.held
        assert drawn is not None
        if self._moving:
            dark = cover(self._moving, self.stage.frame, black=True)
            drawn = drawn * (1 - torch.tensor(dark, dtype=drawn.dtype, device=drawn.device))
        return float(likeness.plain(drawn))

    def _begin(self, on_progress: OnProgress, start: torch.Tensor) -> None:
        steps = self._prepared.preset.steps

        def preview() -> SketchResult:
            return self._whole(start[0], math.inf, 0)

        if on_progress(Progress(self._setup, 0, steps, None, 0.0, None, preview)) is False:
            raise Cancelled

    def _teller(self, on_progress: OnProgress) -> _Teller:
        return _Teller(self, on_progress)

    def _whole(self, points: torch.Tensor, loss: float, steps: int) -> SketchResult:
        """The whole drawing, for a picture of it."""
        shown = [
            _stroke(chain, line.width, line.color)
            for line in self._held
            if line.darkness > 0
            for chain in line.chains
        ]
        chains = self.chains_of(points)
        if self._moving:
            lines = [line for line in self._moving for _ in line.chains]
            shown += [
                _stroke(chain, line.width, line.color)
                for chain, line in zip(chains, lines, strict=True)
            ]
        else:
            shown += [_stroke(chain, self.width_px, self.ink(chain)) for chain in chains]
        return self._prepared.describe(self.stage.frame, shown, loss, self._request.seed, steps)


class _Teller:
    """Tells the optimiser's steps as the job's."""

    def __init__(self, job: EditJob, on_progress: OnProgress) -> None:
        self._job, self._on_progress = job, on_progress

    def __call__(self, step: Step) -> bool | None:
        """See `optimise`'s `on_step`."""

        def preview() -> SketchResult:
            return self._job._whole(step.points, step.loss, step.step)

        return self._on_progress(
            Progress(
                self._job._setup,
                step.step,
                step.steps,
                step.loss,
                step.time_s,
                step.time_left_s,
                preview,
            )
        )


def frame_around(frame: Frame, moving: Sequence[Line], size_px: int) -> Frame:
    """The frame, or a larger one that also holds lines that are to be redrawn.

    size_px: longer side of the picture. Raises `UserError` for lines that lie far off it: what the
    guide sees of the photograph would shrink to nothing, and the memory needed would grow.
    """
    if not moving:
        return frame
    points = np.concatenate([polyline(chain) for line in moving for chain in line.chains])
    low, high = points.min(0), points.max(0)
    own, over = np.array([frame.x, frame.y]), OVER * frame.side
    if (low >= own - over).all() and (high <= own + frame.side + over).all():
        return frame
    low, high = np.minimum(low, own), np.maximum(high, own + frame.side)
    side = float((high - low).max()) * (1 + ROOM / 3)
    if not side <= FARTHEST * max(frame.side, size_px):
        raise UserError(
            "bad-stroke",
            "a stroke to redraw lies far off the photograph: move it back, or lock it",
        )
    x, y = ((low + high) / 2 - side / 2).tolist()
    return Frame(x, y, side)


def _feature(
    faces: Sequence[Face], line: Line, chain: np.ndarray, frame: Frame
) -> np.ndarray | None:
    """Where a line that draws part of a face belongs: [4, 2] canvas px; None for any other."""
    if not line.part or len(chain) != 4:
        return None
    place = feature_of(faces, line.part, chain)
    return None if place is None else frame.to_canvas(place)


def _stroke(chain: np.ndarray, width: float, color: str) -> Stroke:
    return Stroke(tuple((float(x), float(y)) for x, y in chain), width, color)
