"""Draws one picture after the other, and keeps the networks in between."""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeGuard

from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out, read_photo, stamp_of
from clipasso_core.batch.row import DONE, Row, failed_row
from clipasso_core.batch.settings import Settings
from clipasso_core.errors import Cancelled, UserError, of_machine
from clipasso_core.machine.log import record_bug
from clipasso_core.sketching.resources import Resources

if TYPE_CHECKING:
    from clipasso_core.guide import Guide
    from clipasso_core.result import SketchResult
    from clipasso_core.sketching.job import SketchJob
    from clipasso_core.sketching.progress import Progress

# Of a disk that takes no other sketch either
ENDS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)

Event = dict[str, Any]
Tell = Callable[[Event], None]  # may raise `Cancelled`


class LostError(Exception):
    """What all pictures need is lost in the middle of the work: OUT takes no more sketches, or the
    cluster has gone.
    """

    def __init__(self, error: UserError) -> None:
        super().__init__(error.message)
        self.error = error

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled whole; an exception's own way knows its sentence alone."""
        return type(self), (self.error,)


@dataclass
class Draughtsman:
    """Draws pictures into OUT. wants_result: tell ``result`` events, too."""

    settings: Settings
    out: Out
    wants_result: bool = False
    resources: KeptGuides = field(default_factory=lambda: KeptGuides())

    def prepare(self, threads: int | None = None) -> None:
        """Load what every sketch needs, to compute in so many threads; None for as many as torch
        likes. Raises `UserError` where none could be drawn.
        """
        import cv2
        import numpy as np
        import torch

        from clipasso_core.photo.picture import MIN_SIDE, from_array
        from clipasso_core.sketching.preparation import Preparation

        if threads is not None:
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
        self.resources.forget()  # a guide keeps the threads that it began with
        page = from_array(np.full((MIN_SIDE, MIN_SIDE), 255, np.uint8))
        request = replace(self.settings.request, mask="none", background=None)
        prepared = Preparation(page, request, self.resources)
        if prepared.preset.start == "published":
            prepared.saliency_guide()
        likeness = prepared.likeness(prepared.stage(), 1.0)
        likeness.draw(torch.zeros(1, 1, 4, 2, device=prepared.guide.device))  # [K, N, P, 2]

    def died(self, photo: Photo, error: UserError) -> Row:
        """The row of a picture whose process ended each time that it was drawn."""
        stamp, fingerprint = stamp_of(photo.place) or "", self.settings.fingerprint
        return failed_row(photo.path, photo.output, error, fingerprint, stamp=stamp)

    def draw(self, photo: Photo, tell: Tell) -> Row:
        """Draw a picture and write its sketch; what goes wrong is in the row.

        tell: hears the events of docs/protocol.md. Raises `Cancelled` as it does, and
        `LostError`.
        """
        work = _Work(self, photo, tell)
        try:
            return work.row()
        except (Cancelled, KeyboardInterrupt):
            raise
        except Exception as error:  # one picture must not end the others
            if _ends_all(error):
                raise LostError(error) from None
            return work.failed(_told(error))


class _Work:
    """One picture on its way to a row."""

    def __init__(self, draughtsman: Draughtsman, photo: Photo, tell: Tell) -> None:
        self._of = draughtsman
        self._photo = photo
        self._tell = tell
        self._began = time.monotonic()
        self._sha256 = self._stamp = ""

    def row(self) -> Row:
        """Draw. Raises `UserError`, `Cancelled`, and whatever is a bug."""
        from clipasso_core.photo.picture import decode_picture
        from clipasso_core.sketching.job import SketchJob

        settings, name = self._of.settings, self._photo.path.rpartition("/")[2]
        self._stamp = stamp_of(self._photo.place) or ""  # before reading: a later change is seen
        data = read_photo(self._photo.place)
        self._sha256 = hashlib.sha256(data).hexdigest()
        job = SketchJob(decode_picture(data, name), settings.request, self._of.resources)
        result = job.run(self._on_progress)
        self._write(result)
        return self._done(result, job)

    def failed(self, error: UserError) -> Row:
        """The row of a picture that could not be drawn."""
        return failed_row(
            self._photo.path,
            self._photo.output,
            error,
            self._of.settings.fingerprint,
            sha256=self._sha256,
            stamp=self._stamp,
            seconds=self._seconds,
        )

    @property
    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _on_progress(self, progress: Progress) -> None:
        from clipasso_core.service import events

        self._tell(events.progress_event(progress))

    def _write(self, result: SketchResult) -> None:
        from clipasso_core.document import animate, svg
        from clipasso_core.service import events

        document = svg.to_svg(result)
        if self._of.settings.animation_s is not None:
            document = animate.animated(document, self._of.settings.animation_s)
        self._of.out.write(self._photo.output, document, self._of.settings.force)
        if self._of.wants_result:
            event = events.result_event(result)
            del event["svg"]
            self._tell({**event, "output": self._photo.output})

    def _done(self, result: SketchResult, job: SketchJob) -> Row:
        from clipasso_core.sketching.stage import has_subject

        return Row(
            path=self._photo.path,
            output=self._photo.output,
            sha256=self._sha256,
            stamp=self._stamp,
            fingerprint=self._of.settings.fingerprint,
            status=DONE,
            seconds=self._seconds,
            loss=round(result.loss, 6),
            faces=job.setup.faces,
            subjects=job.setup.subjects if has_subject(job.prepared.mask) else 0,
            strokes=len(result.strokes),
            guide=result.guide,
            preset=result.preset,
            device=result.device,
            mask=result.mask,
        )


class KeptGuides(Resources):
    """Keeps guides: those of a batch are one, or two where strokes start by another's relevance."""

    def __init__(self) -> None:
        self._guides: dict[Hashable, Guide] = {}

    def guide(self, name: str, device: str, precision: str = "auto", text: bool = False) -> Guide:
        key = name, device, precision, text
        if key not in self._guides:
            self._guides[key] = super().guide(name, device, precision, text)
        return self._guides[key]

    def forget(self) -> None:
        """Load them anew when they are next needed."""
        self._guides.clear()


def _ends_all(error: BaseException) -> TypeGuard[UserError]:
    """Whether no other sketch could be written either. What the system or the store said stands
    behind the sentence for the person.
    """
    if not isinstance(error, UserError) or error.code != "cannot-write":
        return False
    cause = error.__cause__ or error.__context__
    if isinstance(cause, OSError) and cause.errno is not None:
        return cause.errno in ENDS_ALL
    return cause is not None  # a store's own error, after it tried more than once


def _told(error: Exception) -> UserError:
    """What the person can mend, or where the bug is written down."""
    if isinstance(error, UserError):
        return error
    return of_machine(error) or record_bug(error)
