"""Computes what envelopes ask for, and keeps what the next one may need again: guide, picture,
mask.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from clipasso_core import __version__
from clipasso_core.errors import UserError
from clipasso_core.guide import Guide
from clipasso_core.machine import models
from clipasso_core.machine.device import choose_device
from clipasso_core.photo.mask import Mask, find_subject
from clipasso_core.photo.picture import Picture
from clipasso_core.presets import PRESETS
from clipasso_core.service import events, preview
from clipasso_core.service.edit_request import Order
from clipasso_core.service.envelope import Envelope
from clipasso_core.service.scheduler import CANCEL, KEEP, CalledOff
from clipasso_core.sketching.job import Job, Progress

# pictures with their masks: those of a selection of several, or the ones a person goes to and fro
# between
KEPT = 4
PREVIEW_S = 0.08  # between pictures of the growing sketch: more than ten a second only cost time


class Worker:
    """One thing at a time; what takes long to make is kept for the next."""

    def __init__(self) -> None:
        self._guide: tuple[tuple[Any, ...], Guide] | None = None
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._masks: OrderedDict[tuple[str, str], Mask] = OrderedDict()

    def about(self) -> dict[str, Any]:
        """What there is to choose from."""
        return {
            "event": "about",
            "version": __version__,
            "guides": ["auto", "lite", *models.fetched_clips()],
            "presets": ["auto", *PRESETS],
            "device": choose_device("auto"),
        }

    def warm_up(self) -> None:
        """Load what nearly every sketch needs."""
        with suppress(UserError):  # it is told when a sketch asks for it
            self.guide("lite", choose_device("auto"), "auto", False)

    def sketch(
        self, envelope: Envelope, tell: Callable[[dict[str, Any]], None], wish: Callable[[], str]
    ) -> dict[str, Any]:
        """Draw. Tells ``started`` and ``progress``, returns ``result``. Raises `CalledOff` when
        `wish` says so, and `UserError`.
        """
        request = envelope.settings()
        data = envelope.bitmap()
        digest = hashlib.sha256(data).hexdigest()
        picture = _kept(self._pictures, digest, lambda: envelope.picture(data))
        if wish() == CANCEL:
            raise CalledOff

        def find(picture: Picture, choice: str, relevance: Any) -> Mask:
            if choice not in ("auto", "alpha", "none"):  # a file may have changed meanwhile
                return find_subject(picture, choice, relevance)
            return _kept(
                self._masks, (digest, choice), lambda: find_subject(picture, choice, relevance)
            )

        order = Order.from_json(envelope.edit) if envelope.edit is not None else None
        job = None if order is not None else Job(picture, request, self.guide, find)
        shown = 0.0

        def on_progress(progress: Progress) -> bool:
            nonlocal shown
            if wish() == CANCEL:
                raise CalledOff
            event = events.progress_event(progress)
            if envelope.preview_px is not None:
                now = time.monotonic()
                if progress.step == 0 and job is not None:
                    event["mask_preview"] = preview.as_text(
                        preview.mask_png(job.mask.foreground, envelope.preview_px)
                    )
                elif now - shown >= PREVIEW_S or progress.step == progress.steps:
                    shown = now
                    event["preview"] = preview.as_text(
                        preview.strokes_png(progress.preview(), envelope.preview_px)
                    )
            tell(event)
            return progress.step == 0 or wish() != KEEP

        if order is not None:
            return order.carry_out(picture, request, on_progress, self.guide, find)
        assert job is not None
        result = job.run(on_progress)
        event = events.result_event(result)
        if envelope.preview_px is not None:
            event["preview"] = preview.as_text(preview.strokes_png(result, envelope.preview_px))
        return event

    def guide(self, name: str, device: str, precision: str, text: bool) -> Guide:
        """The guide loaded last, or another instead of it: never two at once in memory."""
        from clipasso_core.guide import load_guide

        key = (name, device, precision, text)
        if self._guide is None or key != self._guide[0]:
            self._guide = None
            self._guide = (key, load_guide(name, device, precision, text))
        return self._guide[1]


def _kept(shelf: OrderedDict[Any, Any], key: Any, make: Callable[[], Any]) -> Any:
    """What the shelf holds under that key, else what `make` makes; the shelf forgets what was not
    used for longest.
    """
    value = shelf.pop(key) if key in shelf else make()
    shelf[key] = value
    while len(shelf) > KEPT:
        shelf.popitem(last=False)
    return value
