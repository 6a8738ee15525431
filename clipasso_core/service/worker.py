"""Computes what envelopes ask for, and keeps what the next one may need again: guides, pictures,
masks.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from clipasso_core import __version__
from clipasso_core.document.svg import to_svg
from clipasso_core.errors import Cancelled, UserError
from clipasso_core.machine import models
from clipasso_core.machine.device import choose_device
from clipasso_core.machine.garbage import look_often
from clipasso_core.machine.networks import FACES, MASK
from clipasso_core.photo.faces import Face
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import Picture
from clipasso_core.presets import PRESETS
from clipasso_core.service import events, preview
from clipasso_core.service.edit_request import EditRequest
from clipasso_core.service.envelope import Envelope
from clipasso_core.service.scheduler import CANCEL, KEEP
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.resources import Resources

if TYPE_CHECKING:
    import numpy as np

    from clipasso_core.frame import Frame
    from clipasso_core.guide import Guide
    from clipasso_core.sketching.progress import Progress

# Pictures with their masks: those of a selection of several, or the ones a person goes to and fro
# between
KEPT = 4
KEPT_CLIPS = 2  # the guide, and the one with whose attention `published` begins
PREVIEW_S = 0.08  # between pictures of the growing sketch: more than ten a second only cost time
UNMASKED = ("auto", "alpha", "none")  # choices of a mask that name no file, which may change

Tell = Callable[[dict[str, Any]], None]
Value = TypeVar("Value")


class Worker:
    """One thing at a time; what takes long to make is kept for the next."""

    def __init__(self) -> None:
        look_often()
        self._lite: _Shelf[Guide] = _Shelf(1)
        self._clips: _Shelf[Guide] = _Shelf(KEPT_CLIPS)
        self._pictures: _Shelf[Picture] = _Shelf(KEPT)
        self._masks: _Shelf[Mask] = _Shelf(KEPT)
        self._faces: _Shelf[list[Face]] = _Shelf(KEPT)

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
        self,
        envelope: Envelope,
        tell: Tell,
        wish: Callable[[], str],
        give_way: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Draw. Tells ``started`` and ``progress``, returns ``result``.

        wish: what the caller wants now; `Cancelled` is raised when that is CANCEL.
        give_way: called between two looks at the sketch, for others to compute first.

        Raises `UserError`.
        """
        request = envelope.settings()
        data = envelope.bitmap()
        digest = hashlib.sha256(data).hexdigest()
        picture = self._pictures.get(digest, lambda: envelope.picture(data))
        if wish() == CANCEL:
            raise Cancelled
        resources = _Kept(self, digest, give_way)
        teller = _Teller(envelope.preview_px, envelope.preview_svg, tell, wish)
        if envelope.edit is not None:
            edit = EditRequest.from_json(envelope.edit)
            return edit.carry_out(picture, request, teller, resources)
        job = SketchJob(picture, request, resources, envelope.earlier())
        teller.foreground = job.prepared.mask.foreground
        result = job.run(teller)
        event = events.result_event(result)
        if envelope.preview_px is not None and not envelope.preview_svg:
            png = preview.strokes_png(result, envelope.preview_px)
            event["preview"] = preview.as_text(png)
        return event

    def guide(self, name: str, device: str, precision: str, text: bool) -> Guide:
        """One of the guides loaded last, or another instead of them."""
        from clipasso_core.guide import load_guide

        shelf = self._lite if name == "lite" else self._clips
        key = name, device, precision, text
        return shelf.get(key, lambda: load_guide(name, device, precision, text))

    def mask(self, key: Hashable, find: Callable[[], Mask]) -> Mask:
        """One of the masks found last, or another instead of them."""
        return self._masks.get(key, find)

    def faces(self, key: Hashable, find: Callable[[], list[Face]]) -> list[Face]:
        """The faces of one of the pictures looked at last, or of another instead."""
        return self._faces.get(key, find)


class _Kept(Resources):
    """What a worker has for the picture of one request."""

    def __init__(self, worker: Worker, digest: str, give_way: Callable[[], None]) -> None:
        self._worker, self._digest, self._give_way = worker, digest, give_way

    def guide(self, name: str, device: str, precision: str = "auto", text: bool = False) -> Guide:
        return self._worker.guide(name, device, precision, text)

    def subject(
        self, picture: Picture, choice: str, guide: str, relevance: Callable[[], np.ndarray]
    ) -> Mask:
        def find() -> Mask:
            return Resources.subject(self, picture, choice, guide, relevance)

        if choice not in UNMASKED:
            return find()
        network = MASK.stamp()
        # without the network, the mask begins with what the guide sees
        seen_by = guide if network is None else ""
        return self._worker.mask((self._digest, choice, network, seen_by), find)

    def faces(self, picture: Picture, frame: Frame) -> list[Face]:
        def find() -> list[Face]:
            return Resources.faces(self, picture, frame)

        return self._worker.faces((self._digest, frame, FACES.stamp()), find)

    def give_way(self) -> None:
        import torch

        with torch.enable_grad():  # others begin as if nothing else computed
            self._give_way()


class _Teller:
    """Turns a job's progress into events, with pictures of the growing sketch now and then."""

    def __init__(
        self, preview_px: int | None, as_svg: bool, tell: Tell, wish: Callable[[], str]
    ) -> None:
        self._preview_px = preview_px
        self._as_svg = as_svg
        self._tell = tell
        self._wish = wish
        self._shown = 0.0  # when the last picture was
        self.foreground: np.ndarray | None = None  # the mask, to be shown at the beginning

    def __call__(self, progress: Progress) -> bool:
        """See `sketching.progress.OnProgress`."""
        if self._wish() == CANCEL:
            raise Cancelled
        event = events.progress_event(progress)
        if progress.step == 0:
            event |= self._mask()
        elif self._preview_px is not None or self._as_svg:
            event |= self._growing(progress)
        self._tell(event)
        return progress.step == 0 or self._wish() != KEEP

    def _mask(self) -> dict[str, str]:
        """What the subject is taken to be, for whoever wants pictures."""
        if self._preview_px is None or self.foreground is None:
            return {}
        png = preview.mask_png(self.foreground, self._preview_px)
        return {"mask_preview": preview.as_text(png)}

    def _growing(self, progress: Progress) -> dict[str, str]:
        """The sketch so far, now and then, as whoever asked wants to see it."""
        now = time.monotonic()
        if now - self._shown < PREVIEW_S and progress.step != progress.steps:
            return {}
        self._shown = now
        if self._as_svg:
            return {"svg": to_svg(progress.preview()).decode()}
        assert self._preview_px is not None
        png = preview.strokes_png(progress.preview(), self._preview_px)
        return {"preview": preview.as_text(png)}


class _Shelf(Generic[Value]):
    """Holds so many things by a key, and forgets what was not asked for for longest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What is held under that key, else what `make` makes."""
        if key in self._things:
            self._things.move_to_end(key)
            return self._things[key]
        while len(self._things) >= self._size:
            self._things.popitem(last=False)  # before another is made: it may be large
        value = make()
        self._things[key] = value
        return value
