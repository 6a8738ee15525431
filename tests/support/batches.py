"""Batches that compute nothing: what draws in no time, and pictures that are none."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clipasso_core import SketchRequest
from clipasso_core.batch.batch import Batch, Order, Plan, find
from clipasso_core.batch.draughtsman import Draughtsman, LostError, Tell
from clipasso_core.batch.executor import Message, Stop
from clipasso_core.batch.pictures import Photo, Search
from clipasso_core.batch.place import Out, read_photo, stamp_of
from clipasso_core.batch.row import DONE, Row, failed_row
from clipasso_core.batch.settings import Settings
from clipasso_core.errors import UserError

SETTINGS = Settings(SketchRequest())


def fill(folder: Path, *names: str) -> Path:
    """A folder with files of those names, which hold their names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))
    return folder


class QuickDraughtsman(Draughtsman):
    """Draws by what a picture holds: ``bad``, ``die`` (each time), ``die-once``, ``slow`` (until it
    is told to stop; into the pipe ``.slow`` beside the picture, if there is one, it writes the
    process), ``lost`` (the disk is full), anything else well. In place of a sketch it writes the
    process that drew it. With the text ``unfit`` or ``stillborn`` nothing can begin.
    """

    def prepare(self, threads: int | None = None) -> None:
        if self.settings.request.text == "unfit":
            raise UserError("no-guide", "there is no such guide as {guide}", guide="{x}")
        if self.settings.request.text == "stillborn":
            os.kill(os.getpid(), signal.SIGKILL)

    def draw(self, photo: Photo, tell: Tell) -> Row:
        tell({"event": "started"})
        text = (
            Path(photo.place).read_text(errors="replace") if os.path.exists(photo.place) else "bad"
        )
        if text.startswith("die"):
            self._die(f"{photo.output}.begun", once=text == "die-once")
        if text.startswith("slow"):
            self._draw_on(Path(f"{photo.place}.slow"), tell)
        if text == "lost":
            raise LostError(UserError("cannot-write", "the disk is full"))
        if text.startswith("bad"):
            error = UserError("bad-photo", "{path} is bad", path=photo.path)
            stamp = stamp_of(photo.place) or ""
            fingerprint = self.settings.fingerprint
            return failed_row(photo.path, photo.output, error, fingerprint, stamp=stamp)
        self.out.write(photo.output, f"{os.getpid()}".encode())
        return done_row(photo, self.settings)

    def _draw_on(self, pipe: Path, tell: Tell) -> None:
        if pipe.exists():
            pipe.write_text(f"{os.getpid()}")
        while True:
            time.sleep(0.01)
            tell({"event": "progress"})

    def _die(self, mark: str, once: bool) -> None:
        """End this process, unless it has been done and is to be done once."""
        if not once or self.out.read(mark) is None:
            self.out.write(mark, b"")
            os.kill(os.getpid(), signal.SIGKILL)


def done_row(photo: Photo, settings: Settings = SETTINGS) -> Row:
    """Of a picture that was drawn."""
    return Row(
        path=photo.path,
        output=photo.output,
        sha256=hashlib.sha256(read_photo(photo.place)).hexdigest(),
        stamp=stamp_of(photo.place) or "",
        fingerprint=settings.fingerprint,
        status=DONE,
        seconds=0.1,
        loss=1.5,
        strokes=16,
    )


@dataclass
class AtOnce:
    """An executor in this process. drawn: paths, as they came."""

    draughtsman: Draughtsman
    drawn: list[str]

    def draw(self, photos: list[Photo], stop: Stop) -> Iterator[Message]:
        for photo in photos:
            if stop.is_asked:
                return
            self.drawn.append(photo.path)
            yield self.draughtsman.draw(photo, lambda event: None)

    def close(self) -> None:
        return


def order_of(photos: Path, out: Path, settings: Settings = SETTINGS, **more: object) -> Order:
    """A batch of a folder and all below it; every file counts."""
    search = Search((str(photos),), recursive=True, glob="*", out=str(out))
    return Order(search, Out(str(out)), settings, **more)  # type: ignore[arg-type]


def run_at_once(order: Order, stop: Stop | None = None) -> tuple[Batch, Plan, list[str]]:
    """Run a batch in this process. Returns it, what was planned, and what was drawn."""
    order.out.make()
    batch = Batch(order)
    plan = batch.plan(find(order))
    executor = AtOnce(QuickDraughtsman(order.settings, order.out), [])
    for _ in batch.run(plan, executor, stop or Stop()):
        pass
    return batch, plan, executor.drawn


def quick(out: Out, text: str | None = None) -> Draughtsman:
    request = SketchRequest(guide="clip:RN50", device="cpu", text=text)
    return QuickDraughtsman(Settings(request), out)
