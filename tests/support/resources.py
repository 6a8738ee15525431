"""Resources of a job that tests choose."""

from __future__ import annotations

from clipasso_core.guide import Guide
from clipasso_core.sketching.resources import Resources


class OneGuide(Resources):
    """The same guide, whatever is asked for."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide

    def guide(self, *_wanted: object, **_more: object) -> Guide:
        return self._guide


class NoGuide(Resources):
    """Fails when a guide is asked for."""

    def guide(self, *_wanted: object, **_more: object) -> Guide:
        raise AssertionError("a guide was loaded")
