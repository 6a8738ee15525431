"""What a sketch is drawn over: the photograph, its subject, and the square that is the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.color import PHOTO, from_rgb, parse_color
from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.optimiser.emphasis import Emphasis
from clipasso_core.photo.framing import FADE_PX, SUBJECT, fade_where_cut, frame_subject, frame_whole
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import Picture
from clipasso_core.photo.regions import MIDDLE
from clipasso_core.strokes import polyline

if TYPE_CHECKING:
    import torch

WIDTH_PX = 3.0  # of 224: the published stroke (half-width 1.5)
# Widths the optimiser draws with: thinner ones give no gradient, thicker ones hide their neighbours
DRAWN_WIDTH_PX = (1.0, 12.0)
INK_REACH_PX = 3  # beside a stroke's middle line, from where its colour is taken


@dataclass(frozen=True)
class Stage:
    """A photograph on the optimiser's canvas.

    canvas: [224, 224, 3] in 0..1, the subject on white, fading where the picture cuts it off.
    subject: [224, 224] in 0..1, the mask in the same place, fading likewise.
    inks: [224, 224, 3] in 0..1, the photograph in the same place, background and all.
    inked: [224, 224], true on the subject to its very edge.
    emphasis: what matters to the person in the same place; None where all matters the same.
    """

    picture: Picture
    mask: Mask
    frame: Frame
    canvas: np.ndarray
    subject: np.ndarray
    inks: np.ndarray
    inked: np.ndarray
    emphasis: Emphasis | None = None

    def ink(self, chain: np.ndarray, color: str) -> str:
        """The colour of a stroke [3k+1, 2] (canvas px) as ``#rrggbb``: the one asked for, or, for
        ``photo``, the middle colour of the subject along it.
        """
        if color != PHOTO:
            return parse_color(color)
        reach = INK_REACH_PX
        cells = np.clip(polyline(chain).astype(int), 0, CANVAS_PX - 1)  # [n, 2]
        around = np.mgrid[-reach : reach + 1, -reach : reach + 1].transpose(1, 2, 0)
        near = np.clip(cells[:, None, None] + around, 0, CANVAS_PX - 1).reshape(-1, 2)
        # [m], each cell once: by a number of its own, which is many times quicker than by two
        places = np.unique(near[:, 1] * CANVAS_PX + near[:, 0])
        colors = self.inks.reshape(-1, 3)[places]
        inside = self.inked.ravel()[places]
        red, green, blue = np.median(colors[inside] if inside.any() else colors, axis=0).tolist()
        return from_rgb((red, green, blue))

    @property
    def wanted(self) -> np.ndarray | None:
        """How many times as many strokes each place is to have, [224, 224]; None for no wish."""
        return None if self.emphasis is None else self.emphasis.laid

    @property
    def barred(self) -> np.ndarray | None:
        """Where a person wants no strokes, [224, 224] in 0..1; None where some may be anywhere."""
        barred = None if self.emphasis is None else self.emphasis.barred
        return barred if barred is not None and barred.any() else None

    def width_px(self, asked: float | None) -> float:
        """Stroke width in picture pixels: the one asked for, or the published one."""
        return asked if asked is not None else WIDTH_PX * self.frame.scale

    def drawn_width_px(self, width_px: float) -> float:
        """With which a stroke so wide in picture pixels is optimised, in canvas pixels."""
        thinnest, thickest = DRAWN_WIDTH_PX
        return min(max(width_px / self.frame.scale, thinnest), thickest)


def has_subject(mask: Mask) -> bool:
    """Whether the mask tells a subject from its background."""
    return not mask.source.startswith("none")


def find_frame(picture: Picture, mask: Mask) -> Frame:
    """The square around the subject, or around the whole picture where there is none."""
    if not has_subject(mask):
        return frame_whole(picture.width, picture.height)
    return frame_subject(mask.foreground, picture.scale)


def build_stage(
    picture: Picture,
    mask: Mask,
    frame: Frame,
    fades: bool,
    emphasis: np.ndarray | None = None,
    strokes: int = 1,
) -> Stage:
    """Put a photograph onto the canvas. fades: whether a subject that the picture cuts off does.
    emphasis: greys [h, w] of what matters, see `regions.read_regions`, for so many strokes.
    """
    seen = mask.foreground
    if fades and has_subject(mask):
        seen = fade_where_cut(seen, FADE_PX * frame.scale * picture.scale, mask.shown)
    cover = seen[..., None]
    on_white = picture.on_white()
    canvas = frame.cut(on_white * cover + (1 - cover), picture.scale, 1.0)
    subject = np.clip(frame.cut(seen, picture.scale, 0.0), 0, 1)
    heeded = None
    if emphasis is not None:
        heeded = Emphasis(frame.cut(emphasis, picture.scale, MIDDLE), subject, strokes)
    return Stage(
        picture=picture,
        mask=mask,
        frame=frame,
        canvas=np.clip(canvas, 0, 1),
        subject=subject,
        inks=np.clip(frame.cut(on_white, picture.scale, 1.0), 0, 1),
        inked=frame.cut(mask.foreground, picture.scale, 0.0) > SUBJECT,
        emphasis=heeded,
    )


def to_tensor(canvas: np.ndarray, device: torch.device) -> torch.Tensor:
    """A canvas [H, W, 3] as a picture [1, 3, H, W]."""
    import torch

    picture = torch.tensor(canvas, dtype=torch.float32, device=device)
    return picture.permute(2, 0, 1)[None].contiguous()


def to_map(values: np.ndarray, device: torch.device) -> torch.Tensor:
    """A value for each place of the canvas, [H, W], as [1, 1, H, W]."""
    import torch

    return torch.tensor(values, dtype=torch.float32, device=device)[None, None]
