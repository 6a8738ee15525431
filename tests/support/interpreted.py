"""Draws with the fused rasteriser on a processor, by Triton's interpreter.

Run as `python interpreted.py CASES RESULTS` with TRITON_INTERPRET=1: Triton asks for it once, when
kernels are read, so that it needs a process of its own. `CASES` holds strokes by name; `RESULTS`
will hold of each the image, the gradients of a weighted sum of it, and both once more.
"""

from __future__ import annotations

import sys
from typing import Any

import torch

from clipasso_core.raster import StrokeBatch, fused
from support.strokes import gradients


def drawn(strokes: dict[str, torch.Tensor], weights: torch.Tensor) -> dict[str, Any]:
    """The image, and what belongs to it."""
    size = weights.shape[-2], weights.shape[-1]
    batch = StrokeBatch(**strokes)
    return {
        "image": fused.render(batch, size),
        "gradients": gradients(fused.render, batch, weights),
    }


if __name__ == "__main__":
    with torch.no_grad():  # as where layouts are looked at
        fused.try_out("cpu")
    cases = torch.load(sys.argv[1])
    torch.save({name: drawn(*case) for name, case in cases.items()}, sys.argv[2])
