"""A sketch as a small transparent PNG, many times a second, for a window that can show nothing
else.
"""

from __future__ import annotations

import base64

import cv2
import numpy as np

from clipasso_core.color import parse_color, to_rgb
from clipasso_core.result import SketchResult
from clipasso_core.strokes import polyline

FINER = 4  # drawn so many times larger and averaged down, which smooths the edges


def strokes_png(result: SketchResult, side_px: int) -> bytes:
    """The strokes over the whole picture, whose longer side is `side_px`; without paper transparent
    where there is no stroke.
    """
    scale = side_px / max(result.width, result.height)
    width, height = max(1, round(result.width * scale)), max(1, round(result.height * scale))
    cover = np.zeros((height * FINER, width * FINER), np.uint8)
    inks = {stroke.color for stroke in result.strokes}
    colors = np.zeros((*cover.shape, 3), np.uint8) if len(inks) > 1 else None
    for stroke in result.strokes:
        # in 1/16 px
        line = np.round(polyline(np.asarray(stroke.points)) * scale * FINER * 16).astype(np.int32)
        thickness = min(max(1, round(stroke.width * scale * FINER)), 32767)
        cv2.polylines(cover, [line], False, round(255 * stroke.opacity), thickness, cv2.LINE_8, 4)
        if colors is not None:
            cv2.polylines(colors, [line], False, _bgr(stroke.color), thickness, cv2.LINE_8, 4)
    alpha = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)
    if colors is None:
        ink: np.ndarray = np.broadcast_to(
            np.array(_bgr(inks.pop()) if inks else (0, 0, 0), np.uint8), (height, width, 3)
        )
    else:
        weight = cv2.resize(
            (cover > 0).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
        )
        ink = (
            cv2.resize(colors, (width, height), interpolation=cv2.INTER_AREA)
            / np.maximum(weight, 1e-3)[..., None]
        )
    ink = np.clip(ink, 0, 255).astype(np.uint8)
    if result.request.paper is not None:
        share = alpha[..., None] / 255
        ink = np.round(
            ink * share + np.array(_bgr(parse_color(result.request.paper))) * (1 - share)
        ).astype(np.uint8)
        alpha = np.full_like(alpha, 255)
    return _png(np.dstack([ink, alpha]))


def mask_png(foreground: np.ndarray, side_px: int) -> bytes:
    """A mask [h, w] in 0..1 as white that is opaque where the background is: laid over the
    photograph it leaves the subject.
    """
    scale = side_px / max(foreground.shape)
    size = (max(1, round(foreground.shape[1] * scale)), max(1, round(foreground.shape[0] * scale)))
    small = cv2.resize(
        foreground, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    white = np.full((*small.shape, 3), 255, np.uint8)
    return _png(np.dstack([white, np.round(255 * (1 - np.clip(small, 0, 1))).astype(np.uint8)]))


def as_text(png: bytes) -> str:
    """Base64, as JSON holds it."""
    return base64.b64encode(png).decode()


def _bgr(color: str) -> tuple[int, int, int]:
    red, green, blue = (round(255 * value) for value in to_rgb(color))
    return blue, green, red


def _png(pixels: np.ndarray) -> bytes:
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert done
    return data.tobytes()
