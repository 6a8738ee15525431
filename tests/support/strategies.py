"""Hypothesis' strategies for requests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from clipasso_core.request import (
    DEVICES,
    MAX_SEEDS,
    MAX_STEPS,
    MAX_STROKES,
    PRECISIONS,
    RASTERISERS,
    SketchRequest,
)

hex_colors = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
widths = st.floats(0, 1e4, exclude_min=True) | st.integers(1, 500)
counts = st.integers(1, 8) | st.integers(1, MAX_STROKES)
series = st.sets(counts, min_size=1, max_size=4).map(lambda some: tuple(sorted(some)))


def _request(series: tuple[int, ...] | None, strokes: int, **rest: Any) -> SketchRequest:
    return SketchRequest(series=series, strokes=series[-1] if series else strokes, **rest)


requests = st.builds(
    _request,
    series=st.none() | series,
    strokes=st.integers(1, MAX_STROKES),
    guide=st.sampled_from(
        ("auto", "lite", "clip:RN101", "clip:RN101:openai", "clip:ViT-B-32:/weights/é.safetensors")
    ),
    preset=st.sampled_from(("auto", "draft", "quick", "standard", "published")),
    mask=st.sampled_from(("auto", "alpha", "none", "rembg", "rembg:u2net")) | st.text(min_size=1),
    mask_repair=st.none() | st.text(min_size=1),
    emphasis=st.none() | st.text(min_size=1),
    seeds=st.none() | st.integers(1, MAX_SEEDS),
    seed=st.integers(0, 2**31 - 1),
    steps=st.none() | st.integers(1, MAX_STEPS),
    width_px=st.none() | widths,
    color=st.sampled_from(("black", "photo", "rgb(20,40,60)", "hsl(200,50%,40%)", "#abc"))
    | hex_colors,
    paper=st.none() | st.sampled_from(("black", "rgb(20,40,60)")) | hex_colors,
    device=st.sampled_from(DEVICES),
    precision=st.sampled_from(PRECISIONS),
    text=st.none() | st.text(min_size=1).filter(str.strip),
    rasteriser=st.sampled_from(RASTERISERS),
)
