"""The rasteriser diffvg (Li et al. 2020), for those who have `pydiffvg`.

Only this module knows that package.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch

SAMPLES = 2  # a pixel and axis, the published number
SEED = 0  # the same strokes give the same image


def render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """See `clipasso_core.raster.render`."""
    import pydiffvg

    # it knows NVIDIA's GPUs and the processor, and draws where its own device is
    there = strokes.points.device
    device = there if there.type == "cuda" else torch.device("cpu")
    pydiffvg.set_use_gpu(device.type == "cuda")
    pydiffvg.set_device(device)
    pydiffvg.set_print_timing(False)
    moved = StrokeBatch(*(value.to(device) for value in vars(strokes).values()))
    images = [_draw(pydiffvg, moved, one, size) for one in range(len(moved.points))]
    return torch.stack(images).to(there)


def _draw(pydiffvg: Any, strokes: StrokeBatch, one: int, size: tuple[int, int]) -> Tensor:
    height, width = size
    points = strokes.points[one].float()
    cubics = (points.shape[1] - 1) // 3
    controls = torch.full((cubics,), 2, dtype=torch.int32)
    half = strokes.width[one].float() / 2  # diffvg's stroke_width is a half width
    paint = torch.cat([strokes.color[one], strokes.opacity[one, :, None]], -1).float()
    shapes = []
    groups = []
    for number, chain in enumerate(points):
        path = pydiffvg.Path(
            controls, chain.contiguous(), is_closed=False, stroke_width=half[number]
        )
        group = pydiffvg.ShapeGroup(
            torch.tensor([number]), fill_color=None, stroke_color=paint[number].contiguous()
        )
        shapes.append(path)
        groups.append(group)
    scene = pydiffvg.RenderFunction.serialize_scene(width, height, shapes, groups)
    # White below the strokes: composited afterwards, coloured strokes would get dark fringes.
    white = torch.ones(height, width, 4, device=points.device)
    image: Tensor = pydiffvg.RenderFunction.apply(
        width, height, SAMPLES, SAMPLES, SEED, white, *scene
    )
    return image[..., :3].permute(2, 0, 1)
