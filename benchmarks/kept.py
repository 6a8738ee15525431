"""What a benchmark makes once for all of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from clipasso_core.guide import Guide, load_guide
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import Picture
from clipasso_core.sketching.resources import Resources

FindMask = Callable[[Picture, Callable[[], np.ndarray]], Mask]


class KeptGuides(Resources):
    """Guides are loaded once."""

    def __init__(self) -> None:
        self._load = lru_cache(load_guide)

    def guide(self, name: str, device: str, precision: str = "auto", text: bool = False) -> Guide:
        return self._load(name, device, precision, text)


class OneGuide(Resources):
    """The same guide whatever is asked for, and a mask that somebody else finds."""

    def __init__(self, guide: Guide, find: FindMask) -> None:
        self._guide, self._find = guide, find

    def guide(self, *_wanted: object, **_more: object) -> Guide:
        return self._guide

    def subject(
        self, picture: Picture, choice: str, guide: str, relevance: Callable[[], np.ndarray]
    ) -> Mask:
        return self._find(picture, relevance)
