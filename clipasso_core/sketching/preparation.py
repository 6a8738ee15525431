"""What a photograph, a request and this machine come to before anything is drawn."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.errors import UserError
from clipasso_core.frame import Frame
from clipasso_core.guide import PUBLISHED_MODEL, choose_guide
from clipasso_core.machine.device import choose_device
from clipasso_core.machine.memory import enough_memory
from clipasso_core.machine.networks import MASK
from clipasso_core.optimiser.emphasis import Emphasis
from clipasso_core.photo.faces import Face, seen_in
from clipasso_core.photo.framing import frame_whole
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import Picture
from clipasso_core.photo.regions import MIDDLE, read_regions
from clipasso_core.photo.repair import repaired
from clipasso_core.photo.subjects import tell_apart
from clipasso_core.presets import PRESETS, Preset
from clipasso_core.request import FEWEST, MOST_SUBJECTS, ONE, SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.sketching.crowd import seeds_in_time_of_one
from clipasso_core.sketching.portrait import Portrait, portrait
from clipasso_core.sketching.progress import Setup
from clipasso_core.sketching.resources import Resources
from clipasso_core.sketching.stage import (
    Stage,
    build_stage,
    find_frame,
    has_subject,
    to_map,
    to_tensor,
)
from clipasso_core.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from clipasso_core.guide import Guide
    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.views import ViewPool
    from clipasso_core.strokes import Stroke


class Preparation:
    """Device, preset, guide and mask of one job, settled; what they are needed for follows.

    What is wrong with the request is told as soon as it can be: a mistake in the mask before the
    guide is loaded. Raises `UserError`.
    """

    def __init__(self, picture: Picture, request: SketchRequest, resources: Resources) -> None:
        self._began = time.monotonic()
        self.picture, self.request, self.resources = picture, request, resources
        self._faces: dict[Frame, list[Face]] = {}  # that were looked for closely in a frame
        self.guide_name = request.guide  # until it is settled
        self.emphasis = self._read_emphasis()
        self._repair = self._read_repair()
        self.mask = self._settle_and_find_subject()
        self.words = self.guide.words(request.text) if request.text is not None else None
        if request.background is not None and not has_subject(self.mask):
            raise UserError(
                "no-subject",
                "a background lies behind a subject, and the mask 'none' knows none: choose"
                " another mask",
            )

    def _settle_and_find_subject(self) -> Mask:
        """Loading torch keeps one core busy for a second: the network that finds the subject, which
        needs neither torch nor what is settled, looks meanwhile.
        """
        if "torch" in sys.modules or not MASK.are_here():  # then the guide helps to find it
            self._settle()
            return self._find_subject()
        with ThreadPoolExecutor(1) as beside:
            finding = beside.submit(self._find_subject)
            import torch  # noqa: F401 - not every device has it loaded when it is chosen

            self._settle()
            return finding.result()

    def _settle(self) -> None:
        """Device, preset and guide."""
        request = self.request
        self.device = choose_device(request.device)
        self.preset_name = _preset_name(request, self.device)
        self.guide_name, self._why = choose_guide(request, self.preset_name, self.device)
        self.preset = _preset(self.preset_name, request, self.guide_name, self.device)
        is_exact = self.preset.exact and self.device == "cpu"
        self.precision = "fp32" if is_exact else request.precision

    @cached_property
    def guide(self) -> Guide:
        """The network that judges, loaded when it is first needed."""
        text = self.request.text is not None
        with enough_memory(self.guide_name, self.device):
            return self.resources.guide(self.guide_name, self.device, self.precision, text)

    def stage(self, frame: Frame | None = None, mask: Mask | None = None) -> Stage:
        """The photograph on a canvas. mask: what of it is shown; all subjects if None. frame: the
        square to draw; that of what is shown if None.
        """
        mask = mask or self.mask
        frame = frame or find_frame(self.picture, mask)
        strokes = self.request.strokes
        return build_stage(self.picture, mask, frame, self.preset.tidy, self.emphasis, strokes)

    def faces(self, frame: Frame, mask: Mask | None = None) -> list[Face]:
        """The faces of what a mask shows, of all subjects if None, the largest first; none where
        none are wanted, as in the paper, nor where a person wants no strokes. frame: the square
        that is looked at closely.
        """
        if self.request.faces == "none" or self.preset_name == "published":
            return []
        if frame not in self._faces:
            self._faces[frame] = self.resources.faces(self.picture, frame)
        shown = (mask or self.mask).foreground
        if self.emphasis is not None:
            shown = shown * (self.emphasis > MIDDLE / 2)
        return seen_in(self._faces[frame], shown, self.picture.scale)

    def portrait(self, stage: Stage, strokes: int, width_px: float) -> Portrait:
        """The features of faces that a sketch of so many strokes has. width_px: of the pen, canvas
        px.
        """
        return portrait(self.faces(stage.frame, stage.mask), stage.frame, strokes, width_px)

    def subjects(self) -> list[Mask]:
        """The subjects to draw apart, the largest first; one for the whole that is not."""
        request, mask = self.request, self.mask
        wanted = request.subjects
        if isinstance(wanted, int) and wanted > 1 and request.strokes < FEWEST * wanted:
            raise UserError(
                "bad-subjects",
                "{wanted} subjects need {fewest} strokes or more, not {strokes}",
                wanted=wanted,
                fewest=FEWEST * wanted,
                strokes=request.strokes,
            )
        is_one = wanted in (ONE, 1) or request.one_line or self.preset_name == "published"
        is_one = is_one or (mask.is_coarse and not isinstance(wanted, int))
        most = min(MOST_SUBJECTS, request.strokes // FEWEST)
        if is_one or most < 2 or not has_subject(mask):
            return [mask]
        number = wanted if isinstance(wanted, int) else None
        faces = self.faces(find_frame(self.picture, mask))
        found = tell_apart(mask.foreground, faces, self.picture.scale, most, number)
        if len(found) < 2:
            return [mask]
        apart = [replace(mask, foreground=one) for one in found]
        return [one for one in apart if self.matters(one) > MIDDLE] or apart

    def matters(self, mask: Mask) -> float:
        """How many times as many strokes a person wants of what a mask shows as of others."""
        if self.emphasis is None:
            return 1.0
        wanted = Emphasis(self.emphasis, self.mask.foreground, strokes=1).laid
        return float((wanted * mask.foreground).sum() / mask.foreground.sum())

    def setup(
        self, saliency: str, faces: int, subjects: int = 1, steps: int | None = None
    ) -> Setup:
        """What was settled, for the person. saliency: what says where strokes start. faces: whose
        features are laid. subjects: that are drawn apart. steps: in place of the preset's.
        """
        return Setup(
            guide=self.guide.name,
            weights=self.guide.weights,
            why=self._why,
            preset=self.preset_name,
            device=self.device,
            mask=self.mask.source,
            saliency=saliency,
            subjects=subjects,
            faces=faces,
            steps=steps or self.preset.steps,
            seeds=self.preset.seeds,
            time_s=time.monotonic() - self._began,
            notes=self._notes(saliency),
        )

    def _notes(self, saliency: str) -> tuple[Wording, ...]:
        """What is otherwise than asked for, a clause each."""
        notes = []
        asked = self.request.precision
        if asked not in ("auto", self.precision):
            notes.append(
                Wording(
                    "{precision} in place of {asked}: on a processor {preset} is exact",
                    precision=self.precision,
                    asked=asked,
                    preset=self.preset_name,
                )
            )
        if self._is_published_model and saliency == self.guide.name:
            from clipasso_core.machine.models import ATTENTION

            notes.append(
                Wording(
                    "strokes start by {model}'s own relevance, not as published: run clipasso"
                    " models fetch {weights}",
                    model=PUBLISHED_MODEL,
                    weights=ATTENTION,
                )
            )
        return tuple(notes)

    @cached_property
    def _views(self) -> ViewPool:
        from clipasso_core.optimiser.views import ViewPool

        preset, guide = self.preset, self.guide
        return ViewPool(
            preset.pool,
            preset.views,
            preset.distortion,
            preset.crop,
            guide.side,
            self.request.seed,
            guide.device,
        )

    def likeness(
        self,
        stage: Stage,
        width_px: float | torch.Tensor,
        held: torch.Tensor | None = None,
        tie: torch.Tensor | None = None,
    ) -> Likeness:
        """What judges sketches on that stage; see `optimiser.likeness.Likeness`."""
        from clipasso_core.optimiser.likeness import Likeness

        target = to_tensor(stage.canvas, self.guide.device)
        others, rasteriser = self.resources.give_way, self.request.rasteriser
        weight = None
        if stage.emphasis is not None:
            weight = to_map(stage.emphasis.judged, self.guide.device)
        return Likeness(
            self.guide,
            target,
            self._views,
            width_px,
            rasteriser,
            self.words,
            held,
            tie,
            others,
            weight,
        )

    def saliency_guide(self) -> Guide:
        """The paper takes ViT-B/32's attention whatever the guide is; without its weights the
        guide's own relevance serves. It comes before the guide itself is loaded, so that both need
        not fit into the memory at once.
        """
        if not self._is_published_model:
            return self.guide
        from clipasso_core.machine.clip import RANDOM, parse_clip
        from clipasso_core.machine.models import ATTENTION

        spec = parse_clip(ATTENTION)
        if self.guide_name.endswith(f":{RANDOM}"):  # both or none
            spec = replace(spec, pretrained=RANDOM)
        elif not spec.weights():
            return self.guide
        return self.resources.guide(str(spec), self.device, self.precision)

    @property
    def _is_published_model(self) -> bool:
        return self.guide_name.split(":")[:2] == ["clip", PUBLISHED_MODEL]

    def describe(
        self,
        frame: Frame,
        strokes: Sequence[Stroke],
        loss: float,
        seed: int,
        steps: int,
        subjects: Sequence[Frame] = (),
    ) -> SketchResult:
        """Strokes with how they were made. subjects: the square of each that was drawn apart."""
        return SketchResult(
            strokes=tuple(strokes),
            width=self.picture.width,
            height=self.picture.height,
            frame=frame,
            subjects=tuple(subjects),
            request=self.request,
            guide=self.guide.name,
            preset=self.preset_name,
            device=self.device,
            mask=self.mask.source,
            loss=loss,
            seed=seed,
            steps=steps,
        )

    def _read_emphasis(self) -> np.ndarray | None:
        """What matters to the person: greys [h, w]; None where all matters the same."""
        path = self.request.emphasis
        grey = None if path is None else self.resources.emphasis(self.picture, path)
        return None if grey is None or (grey == MIDDLE).all() else grey

    def _read_repair(self) -> np.ndarray | None:
        """What belongs to the subject, or not, whatever is found: greys [h, w]."""
        path = self.request.mask_repair
        return None if path is None else read_regions(self.picture, path, "mask repair")

    def _find_subject(self) -> Mask:
        choice = self.request.mask
        if choice == "auto" and self.request.preset == "published":
            # the paper leaves masking to the person
            choice = "alpha" if self.picture.alpha is not None else "none"
        found = self.resources.subject(
            self.picture, choice, self.guide_name, self._relevance_of_whole
        )
        return found if self._repair is None else repaired(found, self._repair)

    def _relevance_of_whole(self) -> np.ndarray:
        """The guide's relevance over the picture's own extent, for GrabCut."""
        frame = frame_whole(self.picture.width, self.picture.height)
        whole = frame.cut(self.picture.on_white(), self.picture.scale, 1.0)
        seen = relevance(self.guide, np.clip(whole, 0, 1))
        height, width = seen.shape
        # margins of the square beside the picture, in cells of what the guide saw
        left, top = -frame.x / frame.side * width, -frame.y / frame.side * height
        rows = slice(round(top), max(round(top) + 1, round(height - top)))
        columns = slice(round(left), max(round(left) + 1, round(width - left)))
        return seen[rows, columns]


def relevance(guide: Guide, canvas: np.ndarray) -> np.ndarray:
    """Where in a canvas [224, 224, 3] a guide sees something, [h, w] in 0..1."""
    import torch.nn.functional as F

    picture = F.interpolate(
        to_tensor(canvas, guide.device),
        size=(guide.side, guide.side),
        mode="bilinear",
        align_corners=False,
    )
    return guide.relevance(picture).cpu().numpy()


def _preset_name(request: SketchRequest, device: str) -> str:
    if request.preset != "auto":
        return request.preset
    return "quick" if device == "cpu" else "standard"


def _preset(name: str, request: SketchRequest, guide: str, device: str) -> Preset:
    preset = PRESETS[name]
    seeds = preset.seeds
    if preset.crowded and device != "cpu":
        seeds = max(seeds, seeds_in_time_of_one(guide, preset.views, device))
    return replace(preset, steps=request.steps or preset.steps, seeds=request.seeds or seeds)
