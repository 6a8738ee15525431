"""How much work goes into a sketch. Every number has its reason beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The optimiser's settings.

    start: how strokes are laid out: ``edges`` (along the subject's edges) or ``published`` (points drawn from the saliency map).
    seeds: starts that compete; poor ones are dropped on the way unless `keep_all`.
    steps: optimisation steps of the seed that is finished.
    views: pictures a step judges the sketch by, the plain one included.
    pool: different sets of views, used in turn, so that the target's features are computed once a set.
    lr_px: Adam's step, px of the 224 px canvas.
    decay: whether the step shrinks along a half cosine to 2 % at the end.
    distortion: of the views' perspective, as a share of the side.
    crop: share of the area that a view keeps.
    """

    start: str = "edges"
    seeds: int = 1
    steps: int
    views: int
    pool: int = 8
    lr_px: float
    decay: bool = True
    distortion: float = 0.25
    crop: float = 0.8
    score_every: int = 1
    keep_all: bool = False
    stop_change: float = 0.0
    stop_times: int = 2


PRESETS: dict[str, Preset] = {
    "draft": Preset(steps=30, views=2, lr_px=4.0),
    "quick": Preset(steps=120, views=4, lr_px=2.0),
    "standard": Preset(steps=300, views=4, lr_px=2.0, seeds=3),
    "published": Preset(
        start="published",  # paper, section 3.3
        seeds=3,  # paper, section 3.3: three seeds, the lowest loss wins
        steps=2001,
        views=5,  # the plain pair and four augmented ones
        pool=64,
        lr_px=1.0,
        decay=False,
        distortion=0.5,
        crop=0.8,
        score_every=10,
        keep_all=True,
        stop_change=1e-5,
    ),
}
