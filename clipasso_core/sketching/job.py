"""From a photograph and a request to a sketch: the engine's one entry, in the order that data
flows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.color import PHOTO, from_rgb, parse_color
from clipasso_core.errors import UserError
from clipasso_core.guide import PUBLISHED_MODEL, choose_guide, load_guide
from clipasso_core.machine.device import choose_device
from clipasso_core.optimiser.levels import inner_levels
from clipasso_core.optimiser.saliency import published_saliency
from clipasso_core.optimiser.start import EdgeMap, published_start
from clipasso_core.photo import mask as masks
from clipasso_core.photo.frame import (
    CANVAS_PX,
    FADE_PX,
    SUBJECT,
    Frame,
    fade_where_cut,
    frame_subject,
    frame_whole,
)
from clipasso_core.photo.picture import Picture, from_array, from_image, read_picture
from clipasso_core.photo.scene import without_subject
from clipasso_core.presets import PRESETS, Preset
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.route import one_chain
from clipasso_core.strokes import Stroke, from_canvas, named, polyline, sampled

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from clipasso_core.guide import Guide
    from clipasso_core.optimiser.optimise import Likeness, Relocate

    Source = Picture | str | Path | np.ndarray | Image.Image

WIDTH_PX = 3.0  # of 224: the published stroke (half-width 1.5)
BEHIND_WIDTH = 0.6  # of the subject's strokes: the pen for its background
# shares of a preset's, for drawing on after strokes were joined into one line
ONE_LINE_STEPS, ONE_LINE_RATE = 0.5, 0.5
# widths the optimiser draws with: thinner ones give no gradient, thicker ones hide their neighbours
DRAWN_WIDTH_PX = (1.0, 12.0)


@dataclass(frozen=True)
class Setup:
    """What was settled before the first step, for the one line that tells the person."""

    guide: str
    weights: str
    why: str
    preset: str
    device: str
    mask: str
    saliency: str
    steps: int
    seeds: int
    time_s: float  # since the job began, loading included

    def line(self) -> str:
        """One line: guide, device, mask, preset."""
        work = (
            f"{self.preset}, {self.steps} {'step' if self.steps == 1 else 'steps'}, {self.seeds}"
            f" {'seed' if self.seeds == 1 else 'seeds'}"
        )
        return f"guide {self.guide} ({self.why}) · {self.device} · mask {self.mask} · {work}"


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


OnProgress = Callable[[Progress], "bool | None"]
FindMask = Callable[[Picture, str, Callable[[], np.ndarray]], masks.Mask]


def sketch(
    picture: Source, request: SketchRequest | None = None, on_progress: OnProgress | None = None
) -> SketchResult:
    """Draw a photograph with a few strokes.

    picture: a file's path, a `Picture`, a PIL image, or an array [h, w(, 3 or 4)] (uint8, or float
        in 0..1).
    request: the settings; the defaults draw 16 strokes.
    on_progress: called before the first step and after every step; when it returns False the best
        sketch so far is ordered and returned (before the first step there is none:
        KeyboardInterrupt); an exception that it raises ends the job and passes through.

    Returns strokes in the picture's own pixels, most needed first, with the loss and how they were
    made. Raises `UserError` for what the caller can mend. Method: Vinker et al. 2022, "CLIPasso:
    Semantically-Aware Object Sketching"; departures from it are listed in docs/architecture.md.
    """
    request = request or SketchRequest()
    job = Job(as_picture(picture), request)
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


class Job:
    """One photograph on its way to strokes.

    `load` brings a guide by name, device, precision and whether words are wanted; `find` the mask,
    as `mask.find_subject` does.
    """

    def __init__(
        self,
        picture: Picture,
        request: SketchRequest,
        load: Callable[[str, str, str, bool], Guide] = load_guide,
        find: FindMask = masks.find_subject,
    ) -> None:
        began = time.monotonic()
        self.picture, self.request, self._load, self._find = picture, request, load, find
        self.device = choose_device(request.device)
        self.preset_name = (
            request.preset
            if request.preset != "auto"
            else "quick"
            if self.device == "cpu"
            else "standard"
        )
        self.guide_name, why = choose_guide(request, self.preset_name, self.device)
        self.preset = _preset(self.preset_name, request)
        # before the guide is loaded: a mistake in the mask is told at once
        self.mask = self._mask()
        self.words = self.guide.words(request.text) if request.text is not None else None
        if request.background is not None and self.mask.source.startswith("none"):
            raise UserError(
                "no-subject",
                "a background lies behind a subject, and the mask 'none' knows none: choose another"
                " mask",
            )
        self.frame = self._choose_frame()
        seen = self.mask.foreground
        if self.preset.tidy and not self.mask.source.startswith("none"):
            seen = fade_where_cut(seen, FADE_PX * self.frame.scale * picture.scale)
        cover = seen[..., None]
        # [224, 224, 3]
        self.canvas = np.clip(
            self.frame.cut(picture.on_white() * cover + (1 - cover), picture.scale, 1.0), 0, 1
        )
        self.canvas_mask = np.clip(self.frame.cut(seen, picture.scale, 0.0), 0, 1)  # [224, 224]
        # the same place, background and all
        self._inks = np.clip(self.frame.cut(picture.on_white(), picture.scale, 1.0), 0, 1)
        # the subject to its very edge
        self._inked = self.frame.cut(self.mask.foreground, picture.scale, 0.0) > SUBJECT
        self._saliency, saliency = self._look_for_edges()
        self.setup = Setup(
            guide=self.guide.name,
            weights=self.guide.weights,
            why=why,
            preset=self.preset_name,
            device=self.device,
            mask=self.mask.source,
            saliency=saliency,
            steps=self.preset.steps,
            seeds=self.preset.seeds,
            time_s=time.monotonic() - began,
        )

    @cached_property
    def guide(self) -> Guide:
        """The network that judges, loaded when it is first needed."""
        return self._load(
            self.guide_name, self.device, self.request.precision, self.request.text is not None
        )

    def run(self, on_progress: OnProgress | None = None) -> SketchResult:
        """Optimise, rank and colour the strokes; then those of the background, if there are to be
        any.
        """
        if self.request.background is None:
            return self._sketch(on_progress)
        pen = self.width_px * BEHIND_WIDTH
        settings = replace(
            self.request,
            strokes=self.request.background,
            background=None,
            series=None,
            mask="none",
            width_px=pen,
        )
        behind = Job(
            without_subject(self.picture, self.mask.foreground), settings, lambda *_: self.guide
        )
        steps, stopped = self.preset.steps + behind.preset.steps, False
        subject: SketchResult | None = None

        def tell(progress: Progress) -> bool | None:
            nonlocal stopped
            assert on_progress is not None
            done = progress.step + (0 if subject is None else self.preset.steps)
            left = (
                None
                if progress.time_left_s is None
                else progress.time_s / max(progress.step, 1) * (steps - done)
            )
            drawn = subject
            shown = (
                progress.preview if drawn is None else lambda: _merged(drawn, progress.preview())
            )
            if subject is not None and progress.step == 0:
                return None  # told already that it began
            going_on = on_progress(
                replace(
                    progress,
                    setup=self.setup,
                    step=done,
                    steps=steps,
                    time_left_s=left,
                    preview=shown,
                )
            )
            stopped = going_on is False
            return going_on

        subject = self._sketch(tell if on_progress else None)
        return subject if stopped else _merged(subject, behind.run(tell if on_progress else None))

    def _sketch(self, on_progress: OnProgress | None) -> SketchResult:
        from clipasso_core.optimiser.optimise import Likeness, Outcome, Step, optimise
        from clipasso_core.optimiser.rank import rank
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
        target = to_tensor(self.canvas, guide.device)
        width = min(max(self.width_px / self.frame.scale, DRAWN_WIDTH_PX[0]), DRAWN_WIDTH_PX[1])
        likeness = Likeness(guide, target, pool, width, self.request.rasteriser, self.words)

        before, steps = 0, self._steps

        def tell(step: Step) -> bool | None:
            assert on_progress is not None
            done = before + step.step

            def preview() -> SketchResult:
                return self._result(step.points, step.loss, 0, done)

            left = (
                step.time_left_s
                if steps == preset.steps
                else step.time_s / step.step * (steps - done)
            )
            return on_progress(
                Progress(self.setup, done, steps, step.loss, step.time_s, left, preview)
            )

        if (
            on_progress is not None
            and on_progress(Progress(self.setup, 0, steps, None, 0.0, None, _nothing_yet)) is False
        ):
            raise KeyboardInterrupt
        levels = self._levels
        start = self.lay_out(likeness, levels)
        listener, elsewhere = tell if on_progress else None, self._relocation(likeness, levels)
        outcome = optimise(
            start, likeness, preset, preset.steps, listener, levels=levels, relocate=elsewhere
        )
        if self.request.one_line:
            line, before = self._joined(outcome.points), outcome.steps
            calm = replace(preset, lr_px=preset.lr_px * ONE_LINE_RATE)
            if outcome.stopped:
                outcome = Outcome(
                    line[0], float(likeness.plain(likeness.draw(line))), outcome.seed, before, True
                )
            else:
                drawn_on = optimise(
                    line, likeness, calm, steps - preset.steps, tell if on_progress else None
                )
                outcome = replace(drawn_on, seed=outcome.seed, steps=before + drawn_on.steps)
        order = rank(outcome.points, likeness, preset.thorough_rank, levels)
        return self._result(outcome.points[order], outcome.loss, outcome.seed, outcome.steps)

    @property
    def _levels(self) -> tuple[int, ...]:
        """How many of the first strokes are to be sketches of their own."""
        if self.request.one_line:
            return ()
        if self.request.series:
            return self.request.series[:-1]
        return inner_levels(self.request.strokes) if self.preset.nested else ()

    @property
    def _steps(self) -> int:
        """Steps of a sketch, with those after its strokes were joined into one line."""
        return self.preset.steps + (
            max(1, round(self.preset.steps * ONE_LINE_STEPS)) if self.request.one_line else 0
        )

    def _joined(self, points: torch.Tensor) -> torch.Tensor:
        """Strokes [N, 4, 2] as one chain, [1, 1, P, 2]."""
        import torch

        chain = one_chain(list(points.cpu().numpy().astype(np.float64)))
        return torch.tensor(chain, dtype=torch.float32, device=points.device)[None, None]

    @property
    def width_px(self) -> float:
        """Stroke width in picture pixels."""
        return (
            self.request.width_px
            if self.request.width_px is not None
            else WIDTH_PX * self.frame.scale
        )

    def _choose_frame(self) -> Frame:
        if self.mask.source.startswith("none"):
            return frame_whole(self.picture.width, self.picture.height)
        return frame_subject(self.mask.foreground, self.picture.scale)

    def _mask(self) -> masks.Mask:
        choice = self.request.mask
        # the paper leaves masking to the person
        if choice == "auto" and self.preset_name == "published":
            choice = "alpha" if self.picture.alpha is not None else "none"
        return self._find(self.picture, choice, self._relevance_of_whole)

    def _relevance_of_whole(self) -> np.ndarray:
        """The guide's relevance over the picture's own extent, for GrabCut."""
        frame = frame_whole(self.picture.width, self.picture.height)
        seen = self._relevance(
            self.guide, np.clip(frame.cut(self.picture.on_white(), self.picture.scale, 1.0), 0, 1)
        )
        height, width = seen.shape
        left, top = -frame.x / frame.side * width, -frame.y / frame.side * height
        return seen[
            round(top) : max(round(top) + 1, round(height - top)),
            round(left) : max(round(left) + 1, round(width - left)),
        ]

    def _relevance(self, guide: Guide, canvas: np.ndarray) -> np.ndarray:
        import torch.nn.functional as F

        picture = F.interpolate(
            to_tensor(canvas, guide.device),
            size=(guide.side, guide.side),
            mode="bilinear",
            align_corners=False,
        )
        return guide.relevance(picture).cpu().numpy()

    def _look_for_edges(self) -> tuple[EdgeMap | np.ndarray, str]:
        """Where strokes start, and what says so."""
        if self.preset.start == "edges":
            return EdgeMap(self.canvas, self.canvas_mask), "edges"
        judge, name = self._saliency_guide()
        return published_saliency(self._relevance(judge, self.canvas), self.canvas), name

    def lay_out(self, likeness: Likeness, levels: Sequence[int] = ()) -> torch.Tensor:
        """The strokes that every seed begins with, [seeds, N, 4, 2] canvas px: those of each level
        around those of the one before.

        Of several layouts the one is taken that the guide likes best. A start depends on its own
        seed alone: `--seed` with the winner's number draws from the same layouts.
        """
        import torch

        count, starts = self.request.strokes, []
        for start in range(self.preset.seeds):
            rngs = [
                np.random.default_rng([self.request.seed + start, one])
                for one in range(self.preset.tries)
            ]
            laid = torch.zeros(0, 4, 2, device=likeness.blank.embedding.device)
            for level in (*levels, count):
                there = laid.cpu().numpy().astype(np.float64)
                tried = np.stack(
                    [
                        np.concatenate([there, self._lay(level - len(there), rng, there, level)])
                        for rng in rngs
                    ]
                )
                laid = likeness.best(torch.tensor(tried, dtype=torch.float32, device=laid.device))
            starts.append(laid)
        return torch.stack(starts)

    def _relocation(self, likeness: Likeness, levels: Sequence[int]) -> Relocate | None:
        """Lays strokes of little use anew along edges that are bare; None where strokes don't start
        along edges.
        """
        edges = self._saliency
        if not isinstance(edges, EdgeMap):
            return None
        import torch

        from clipasso_core.optimiser.relocation import relocate

        # the layouts have the numbers before it
        rng = np.random.default_rng([self.request.seed, self.preset.tries])

        def lay(there: torch.Tensor, count: int, of: int) -> torch.Tensor:
            lines = [sampled(chain) for chain in there.cpu().numpy().astype(np.float64)]
            return torch.tensor(
                edges.lay(count, rng, lines, of), dtype=torch.float32, device=there.device
            )

        return lambda points: relocate(points, likeness, lay, levels)

    def _lay(self, count: int, rng: np.random.Generator, there: np.ndarray, of: int) -> np.ndarray:
        if isinstance(self._saliency, EdgeMap):
            return self._saliency.lay(count, rng, [sampled(chain) for chain in there], of)
        return published_start(self._saliency, count, rng)

    def _saliency_guide(self) -> tuple[Guide, str]:
        """The paper takes ViT-B/32's attention whatever the guide is; without its weights the
        guide's own relevance serves.
        """
        _, _, rest = self.guide.name.partition("clip:")
        model, _, weights = rest.partition(":")
        if model == PUBLISHED_MODEL and weights:
            from clipasso_core.machine.models import parse_clip

            name = f"clip:ViT-B-32:{weights}"
            if weights == "random" or parse_clip(name).weights():
                return load_guide(name, str(self.guide.device), self.request.precision), name
        return self.guide, self.guide.name

    def _result(self, points: torch.Tensor, loss: float, seed: int, steps: int) -> SketchResult:
        canvas_points = points.detach().cpu().numpy()
        strokes = from_canvas(canvas_points, self.frame, self.width_px, "#000000")
        strokes = [
            replace(one, color=self.ink_of(chain))
            for one, chain in zip(strokes, canvas_points, strict=True)
        ]
        return self._describe(named(strokes), loss, self.request.seed + seed, steps)

    def _describe(
        self, strokes: Sequence[Stroke], loss: float, seed: int, steps: int
    ) -> SketchResult:
        """Strokes with how they were made."""
        setup = self.setup
        return SketchResult(
            strokes=tuple(strokes),
            width=self.picture.width,
            height=self.picture.height,
            frame=self.frame,
            request=self.request,
            guide=setup.guide,
            preset=setup.preset,
            device=setup.device,
            mask=setup.mask,
            loss=loss,
            seed=seed,
            steps=steps,
        )

    def ink_of(self, chain: np.ndarray) -> str:
        """The colour of a stroke [3k+1, 2] (canvas px): the one asked for, or the middle colour of
        the subject along it.
        """
        if self.request.color != PHOTO:
            return parse_color(self.request.color)
        cells = np.clip(polyline(chain).astype(int), 0, CANVAS_PX - 1)
        near = np.unique(
            np.clip(
                (cells[:, None, None] + np.mgrid[-3:4, -3:4].transpose(1, 2, 0)).reshape(-1, 2),
                0,
                CANVAS_PX - 1,
            ),
            axis=0,
        )
        colors, inside = self._inks[near[:, 1], near[:, 0]], self._inked[near[:, 1], near[:, 0]]
        red, green, blue = np.median(colors[inside] if inside.any() else colors, axis=0).tolist()
        return from_rgb((red, green, blue))


def _preset(name: str, request: SketchRequest) -> Preset:
    preset = PRESETS[name]
    return replace(preset, steps=request.steps or preset.steps, seeds=request.seeds or preset.seeds)


def to_tensor(canvas: np.ndarray, device: torch.device) -> torch.Tensor:
    """A canvas [H, W, 3] as a picture [1, 3, H, W]."""
    import torch

    return (
        torch.tensor(canvas, dtype=torch.float32, device=device).permute(2, 0, 1)[None].contiguous()
    )


def _merged(subject: SketchResult, behind: SketchResult) -> SketchResult:
    """The subject's strokes first: the first n of them are still a sketch of it."""
    return replace(
        subject,
        strokes=named([*subject.strokes, *behind.strokes]),
        steps=subject.steps + behind.steps,
    )


def _nothing_yet() -> SketchResult:
    raise ValueError("there is no sketch before the first step")
