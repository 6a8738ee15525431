"""What belongs to the subject."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.errors import UserError
from clipasso_core.machine.networks import MASK
from clipasso_core.photo.crop import continued, rim, shown_part
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.photo.network import Network
from clipasso_core.photo.picture import Picture
from clipasso_core.photo.regions import fitted, read_over

U2NET_SIDE = 320  # the network's input
# below, surely background; above, surely subject; between, a soft edge
SOFT_LOW, SOFT_HIGH = 0.3, 0.7
DUST = 0.02  # parts smaller than this share of the largest part are noise of the mask, not subject
BLANK = 0.002  # a subject smaller than this share of the picture is no subject
# of the strongest alpha: a picture that is at least so opaque everywhere is not cut out, only
# cropped or faded
EVEN = 0.98
# the share of a crop's edge from which on it is the edge of the subject: in 39 crops of 12
# photographs the subject reached at most 0.57 of it
FOLLOWED = 0.65
# of a crop: a smaller subject is a part of one that fills it all, such as the eyes of a face
LEAST_OF_CROP = 0.12
BORDER_TOLERANCE = 12 / 255  # what JPEG makes of a plain backdrop
PLAIN_SHARE = 0.97  # of the border's pixels that must have the border's colour

# gives a coarse map [h', w'] in 0..1 of where the guide sees something
Relevance = Callable[[], NDArray[np.floating]]


GRABCUT = "GrabCut"


@dataclass(frozen=True)
class Mask:
    """Which pixels belong to the subject.

    foreground: probability [h, w] float32 in 0..1 at the picture's working size.
    source: where it came from.
    shown: [h, w], true where a photograph is shown that its transparency only crops; None where it
        is shown up to the picture's border.
    """

    foreground: NDArray[np.floating]
    source: str
    shown: NDArray[np.bool_] | None = None

    @property
    def is_coarse(self) -> bool:
        """Whether its pieces are often not whole things, only what is of one colour."""
        return self.source == GRABCUT


def find_subject(picture: Picture, choice: str, relevance: Relevance) -> Mask:
    """The mask that `choice` names: auto, alpha, none, rembg[:MODEL] or a file.

    The guide's relevance is only asked for when all else lacks.
    """
    if choice == "none":
        return Mask(np.ones(picture.rgb.shape[:2], np.float32), "none")
    if choice == "alpha":
        if picture.alpha is None:
            raise UserError(
                "no-alpha", "the photo has no transparency: use --mask auto, none or a mask file"
            )
        return Mask(_clean(_from_alpha(picture)), "alpha")
    if choice == "rembg" or choice.startswith("rembg:"):
        model = choice.partition(":")[2] or "u2net"
        return Mask(_clean(_from_rembg(picture, model)), f"rembg {model}")
    if choice == "auto":
        return _automatic(picture, relevance)
    found = _clean(_from_file(picture, choice))
    return Mask(found, f"file {_printable(Path(choice).name)}", shown_part(picture))


def _automatic(picture: Picture, relevance: Relevance) -> Mask:
    if picture.alpha is not None:
        window = _window(picture)
        if window is not None:
            return _within(picture, window, relevance)
        shown = shown_part(picture)
        cropped = None if shown is None else _cropped(picture, shown, relevance)
        return cropped or Mask(_clean(_from_alpha(picture)), "alpha")
    if _is_plain(picture.rgb):
        raise UserError("bad-photo", "the photo is one plain colour: there is nothing to sketch")
    plain = _from_plain_border(picture)
    if plain is not None:
        return Mask(_clean(plain), "plain border")
    if MASK.are_here():
        source = MASK.name
        found = _from_u2netp(picture)
    else:
        source = GRABCUT
        found = _from_grabcut(picture, relevance())
    if (found > SUBJECT).mean() < BLANK:
        return Mask(np.ones(picture.rgb.shape[:2], np.float32), f"none ({source} found no subject)")
    return Mask(_clean(found), source)


def _window(picture: Picture) -> tuple[slice, slice] | None:
    """The upright rectangle that a cropped, padded or evenly faded picture fills.

    None where transparency has the subject's shape.
    """
    alpha = picture.alpha
    assert alpha is not None
    # rows and columns in which anything is seen
    rows = np.flatnonzero(alpha.max(1) > 0)
    columns = np.flatnonzero(alpha.max(0) > 0)
    # the outermost pixels may be half covered
    inner = (slice(rows[0] + 1, rows[-1]), slice(columns[0] + 1, columns[-1]))
    cover = alpha[inner]
    if not cover.size or cover.min() < EVEN * cover.max() or _is_plain(picture.rgb[inner]):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _is_plain(rgb: NDArray[np.uint8]) -> bool:
    return bool(np.ptp(rgb.reshape(-1, 3), axis=0).max() <= 2)


def _within(picture: Picture, window: tuple[slice, slice], relevance: Relevance) -> Mask:
    """The subject of a picture that fills a window of its bitmap."""
    height, width = picture.rgb.shape[:2]
    seen = np.round(picture.on_white()[window] * 255).astype(np.uint8)

    def relevance_within() -> NDArray[np.floating]:
        whole = relevance()
        top, bottom, _ = window[0].indices(height)
        left, right, _ = window[1].indices(width)
        # cells of the map to a pixel, and the first that the window covers
        down, across = whole.shape[0] / height, whole.shape[1] / width
        first_row, first_column = int(top * down), int(left * across)
        return whole[
            first_row : max(first_row + 1, round(bottom * down)),
            first_column : max(first_column + 1, round(right * across)),
        ]

    filled = Picture(np.ascontiguousarray(seen), None, seen.shape[1], seen.shape[0])
    inner = _automatic(filled, relevance_within)
    foreground, shown = np.zeros((height, width), np.float32), np.zeros((height, width), bool)
    foreground[window], shown[window] = inner.foreground, True
    return Mask(foreground, inner.source, shown)


def _cropped(picture: Picture, shown: NDArray[np.bool_], relevance: Relevance) -> Mask | None:
    """The subject of a photograph that is cropped to a plain shape; None where the shape is that of
    the subject, which ends where the photograph does.
    """
    whole = replace(picture, rgb=continued(picture.rgb, shown), alpha=None)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    if _is_plain(picture.rgb[shown]):
        return None
    found = _within(whole, window, relevance)
    is_found = found.foreground > SUBJECT
    fills = found.source.startswith("none") or is_found[shown].mean() < LEAST_OF_CROP
    if fills or is_found[rim(shown)].mean() > FOLLOWED:
        return None
    return Mask(_clean(found.foreground * _from_alpha(picture)), found.source, shown)


def _printable(name: str) -> str:
    """A file's name as XML can hold it."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _clean(foreground: NDArray[np.floating]) -> NDArray[np.floating]:
    """Drop the parts that are too small to be a part of the subject."""
    # connected parts, the background as the first: each pixel's number [h, w], each one's facts
    subject = (foreground > SUBJECT).astype(np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(subject, connectivity=8)
    if count <= 2:
        return foreground
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    # which of them are dust: [parts]
    is_part = np.arange(count) > 0
    dust = is_part & (area < DUST * area.max())
    if not dust.any():
        return foreground
    # soft edges around dust go with it, unless they are those of another part: [h, w]
    brush = np.ones((7, 7), np.uint8)
    halo = cv2.dilate(dust[label].astype(np.uint8), brush) > 0
    kept = cv2.dilate((is_part & ~dust)[label].astype(np.uint8), brush) > 0
    return np.where(halo & ~kept, 0, foreground).astype(np.float32)


def _from_alpha(picture: Picture) -> NDArray[np.floating]:
    assert picture.alpha is not None
    return picture.alpha.astype(np.float32) / 255


def _from_file(picture: Picture, path: str) -> NDArray[np.floating]:
    mask = read_over(picture, path, "mask")
    # its transparency if it has any, else its brightness: [h', w'], then [h, w]
    if mask.alpha is not None:
        grey = mask.alpha.astype(np.float32) / 255
    else:
        grey = mask.rgb.mean(2, dtype=np.float32) / 255
    found = fitted(grey, picture)
    if found.max() <= SUBJECT:
        raise UserError(
            "bad-mask",
            "the mask {name} is all background: paint the subject white",
            name=Path(path).name,
        )
    return found


def _from_plain_border(picture: Picture) -> NDArray[np.floating] | None:
    """All that differs from the border's one colour and what it encloses.

    None when the border is not of one colour.
    """
    rgb = picture.rgb.astype(np.float32) / 255
    # the pixels of the border: [n, 3], and the colour of most of them
    band = max(2, min(rgb.shape[:2]) // 60)
    bands = (rgb[:band], rgb[-band:], rgb[:, :band], rgb[:, -band:])
    border = np.concatenate([one.reshape(-1, 3) for one in bands])
    colour = np.median(border, axis=0)
    if (np.abs(border - colour).max(1) < BORDER_TOLERANCE).mean() < PLAIN_SHARE:
        return None
    # what has that colour and is reached from outside: 2 in [h + 2, w + 2]
    backdrop = (np.abs(rgb - colour).max(2) < BORDER_TOLERANCE).astype(np.uint8)
    outside = np.pad(backdrop, 1, constant_values=1)
    cv2.floodFill(outside, None, (0, 0), 2)
    found = (outside[1:-1, 1:-1] != 2).astype(np.float32)
    if not BLANK < found.mean() < 0.98:
        return None
    return np.asarray(cv2.GaussianBlur(found, (0, 0), 1.0), np.float32)


def _from_u2netp(picture: Picture) -> NDArray[np.floating]:
    """Salient-object probability by U-2-Net's small network (Qin et al. 2020)."""
    (path,) = MASK.paths
    try:
        network = Network(path)
    except ValueError:
        raise UserError(
            "bad-weights",
            "{path} is damaged: run clipasso models fetch u2netp, or use --mask none",
            path=path,
        ) from None
    # the picture as the network was trained: [1, 3, 320, 320]
    side = (U2NET_SIDE, U2NET_SIDE)
    small = cv2.resize(picture.rgb, side, interpolation=cv2.INTER_AREA).astype(np.float32)
    normal = (small / max(float(small.max()), 1.0) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    batch = normal.transpose(2, 0, 1)[None].astype(np.float32)
    # the finest of its maps [320, 320], stretched onto 0..1, then [h, w]
    finest = network.first_output(batch)[0, 0]
    finest = (finest - finest.min()) / max(float(np.ptp(finest)), 1e-6)
    found = cv2.resize(finest, picture.rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    sure = np.clip((found - SOFT_LOW) / (SOFT_HIGH - SOFT_LOW), 0, 1)
    return np.asarray(sure, np.float32)


def _from_grabcut(picture: Picture, relevance: NDArray[np.floating]) -> NDArray[np.floating]:
    """OpenCV's GrabCut (Rother et al. 2004), seeded by where the guide sees something."""
    # picture and relevance at a size that it is quick with: [h', w', 3], [h', w']
    factor = 320 / max(picture.rgb.shape[:2])
    size = tuple(max(1, round(length * factor)) for length in picture.rgb.shape[1::-1])
    rgb = cv2.resize(picture.rgb, size, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(relevance.astype(np.float32), rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    # what each pixel is to be taken for: [h', w']
    trimap = np.full(seen.shape, cv2.GC_PR_BGD, np.uint8)
    trimap[seen > np.quantile(seen, 0.6)] = cv2.GC_PR_FGD
    trimap[seen > np.quantile(seen, 0.95)] = cv2.GC_FGD
    edge = max(1, min(seen.shape) // 50)
    border = np.ones(seen.shape, bool)
    border[edge:-edge, edge:-edge] = False
    trimap[border & (trimap != cv2.GC_FGD)] = cv2.GC_BGD
    cv2.setRNGSeed(0)  # GrabCut clusters colours from random beginnings
    whole = (0, 0, rgb.shape[1], rgb.shape[0])  # not read: the trimap says it all
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    colours_behind, colours_before = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(bgr, trimap, whole, colours_behind, colours_before, 5, cv2.GC_INIT_WITH_MASK)
    # the subject without its pinholes, then [h, w] with a soft edge
    found = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    large = cv2.resize(closed, picture.rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(large, (0, 0), 1.5).astype(np.float32)


def rembg_model_path(model: str) -> Path:
    """Where the rembg package keeps that model's file."""
    folder = os.path.expanduser(os.environ.get("U2NET_HOME", "~/.u2net"))
    return Path(folder) / f"{model}.onnx"


def _from_rembg(picture: Picture, model: str) -> NDArray[np.floating]:
    if find_spec("rembg") is None:
        raise UserError(
            "no-rembg",
            "--mask rembg needs the package rembg: install clipasso with its extra [mask], or use"
            " --mask auto",
        )
    if not os.path.isfile(rembg_model_path(model)):
        raise UserError(
            "no-rembg-model",
            "rembg's model {model} is not on this machine: put {model}.onnx into {folder}, or use"
            " --mask auto",
            model=model,
            folder=rembg_model_path(model).parent,
        )
    import rembg
    from PIL import Image

    session = rembg.new_session(model)
    found = rembg.remove(Image.fromarray(picture.rgb), session=session, only_mask=True)
    return np.asarray(found.convert("L"), dtype=np.float32) / 255
