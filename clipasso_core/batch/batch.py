"""A batch from its order to its end: what is to be drawn, who draws it, what is written down."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

from filelock import FileLock, Timeout

from clipasso_core.batch.draughtsman import LostError
from clipasso_core.batch.executor import Executor, Message, Note, Stop
from clipasso_core.batch.manifest import Manifest, read_settings, write_settings
from clipasso_core.batch.pictures import Found, Photo, Search, usual_output, with_outputs
from clipasso_core.batch.place import Out, read_photo, stamp_of
from clipasso_core.batch.row import Row
from clipasso_core.batch.settings import Settings, differences
from clipasso_core.errors import UserError

LOCK = ".batch.lock"
STOP = ".batch.stop"  # a file that, laid into the folder of sketches, ends the run as Ctrl-C does
HEED_S = 0.3  # between two looks for it
LOOK_S = 2.0  # between two looks for new pictures
SHOWN = 3  # of several names in one sentence


@dataclass(frozen=True)
class Order:
    """What is asked for.

    search: where the pictures are. out: where their sketches go. settings: how they are drawn.
    again: redraw what was drawn with other settings. retry_failed: try failures once more.
    max_failures: end after so many, None after any number. watch: go on looking for pictures.
    """

    search: Search
    out: Out
    settings: Settings
    again: bool = False
    retry_failed: bool = False
    max_failures: int | None = None
    watch: bool = False


@dataclass
class Plan:
    """What a run is to do.

    photos: to be drawn. done: how many are. failed: how many failed before, and are left alone.
    notes: what is worth telling, a sentence each.
    """

    photos: list[Photo]
    done: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Tally:
    """How a run ended. ended_by: one sentence about what ended it early, "" for nothing."""

    drawn: int = 0
    failed: int = 0
    left: int = 0
    ended_by: str = ""

    @property
    def is_short(self) -> bool:
        """Whether not all that was to be drawn is."""
        return bool(self.failed or self.left or self.ended_by)


class Batch:
    """One run in one folder of sketches; see `opened`."""

    def __init__(self, order: Order) -> None:
        """Raises `UserError` where the sketches that are there were drawn otherwise."""
        self.order = order
        self.tally = Tally()
        self._names = order.out.names()  # of files
        self._tried: set[str] = set()  # in this run
        self.manifest = Manifest(order.out, self._names)
        self._check_settings()

    def plan(self, found: Found) -> Plan:
        """Which pictures are to be drawn."""
        rows = self.manifest.rows
        before = {row.path: row.output for row in rows.values()}
        plan = Plan([], notes=found.notes)
        if self.manifest.cut:
            plan.notes.append(
                f"{self.manifest.cut} of the manifest's lines were cut off: those pictures are"
                " drawn again"
            )
        for photo in with_outputs(found.photos, before):
            row = rows.get(photo.path)
            if row is None or self._is_due(photo, row):
                plan.photos.append(photo)
            elif row.is_done:
                plan.done += 1
            else:
                plan.failed += 1
        plan.notes += _about_names(plan.photos)
        plan.notes += self._about_gone({photo.path for photo in found.photos})
        return plan

    def run(self, plan: Plan, executor: Executor, stop: Stop) -> Generator[Message, None, None]:
        """Draw what is planned, and with `watch` what comes later; what becomes of each picture is
        written down before it is told. Raises `UserError`.
        """
        write_settings(self.order.out, self.order.settings)
        self.manifest.settle()
        self.tally.left = len(plan.photos)
        try:
            yield from self._draw(plan.photos, executor, stop)
            if self.order.watch:
                yield from self._watch(executor, stop)
        except LostError as lost:
            self.tally.ended_by = lost.error.message
            return
        finally:
            executor.close()
            with suppress(UserError):  # OUT may be what was lost, which is told
                self.manifest.flush()
        self.manifest.settle()

    def _draw(self, photos: list[Photo], executor: Executor, stop: Stop) -> Iterator[Message]:
        if not photos:
            return
        for message in executor.draw(photos, stop):
            if isinstance(message, Row):
                self._write_down(message)
            yield message
            if self._has_failed_enough():
                self.tally.ended_by = (
                    f"{self.tally.failed} pictures failed, as many as --max-failures allows"
                )
                stop.ask()
                return

    def _write_down(self, row: Row) -> None:
        try:
            self.manifest.add([row])
        except UserError as error:
            raise LostError(error) from None
        self.tally.left -= 1
        self._tried.add(row.path)
        self._names.add(row.output)
        if row.is_done:
            self.tally.drawn += 1
        else:
            self.tally.failed += 1

    def _has_failed_enough(self) -> bool:
        most = self.order.max_failures
        return most is not None and self.tally.failed >= most

    def _watch(self, executor: Executor, stop: Stop) -> Iterator[Message]:
        """Draw what comes, until told to stop. What still grows is left for the next look."""
        yield Note("waiting for more pictures; Ctrl-C ends it")
        seen: dict[str, str | None] = {}
        while not stop.wait(LOOK_S):
            photos = self.plan(self.order.search.find()).photos
            stamps = {photo.path: stamp_of(photo.place) for photo in photos}
            ready = [photo for photo in photos if stamps[photo.path] == seen.get(photo.path, "")]
            seen = stamps
            self.tally.left += len(ready)
            yield from self._draw(ready, executor, stop)

    def _is_due(self, photo: Photo, row: Row) -> bool:
        """Whether a picture that was drawn, or failed, is to be drawn again."""
        if row.fingerprint != self.order.settings.fingerprint:
            return True
        if row.is_done and row.output not in self._names:
            return True
        if self._has_changed(photo, row):
            return True
        return not row.is_done and self.order.retry_failed and row.path not in self._tried

    def _has_changed(self, photo: Photo, row: Row) -> bool:
        """Whether a picture is another one than in the manifest. Its bytes are read only where its
        file was touched since.
        """
        stamp = stamp_of(photo.place)
        if stamp == (row.stamp or None):
            return False
        if stamp is None:
            return False  # it can't be read now: what is known of it stays
        try:
            same = hashlib.sha256(read_photo(photo.place)).hexdigest() == row.sha256
        except UserError:
            return True
        if same:
            self.manifest.rows[photo.path] = replace(row, stamp=stamp)
        return not same

    def _check_settings(self) -> None:
        """Raises `UserError` where the sketches of OUT were drawn in another way."""
        now = self.order.settings
        others = [row for row in self.manifest.rows.values() if row.fingerprint != now.fingerprint]
        if not others or self.order.again:
            return
        before = read_settings(self.order.out)
        differ = differences(before, now.described()) if before is not None else ""
        if before is not None and not differ:
            return  # a run with --again that was stopped goes on
        folder = self.order.out.root
        if not differ:
            raise UserError(
                "other-settings",
                "the sketches in {folder} were drawn otherwise (how is not known): choose another"
                " folder with -o, or redraw them with --again",
                folder=folder,
            )
        raise UserError(
            "other-settings",
            "the sketches in {folder} were drawn otherwise ({differences}): choose another folder"
            " with -o, or redraw them with --again",
            folder=folder,
            differences=differ,
        )

    def _about_gone(self, paths: set[str]) -> list[str]:
        gone = sorted(self.manifest.rows.keys() - paths)
        if not gone:
            return []
        return [f"{_count(gone)} of the manifest not here any more, its line stays: {_shown(gone)}"]


def find(order: Order) -> Found:
    """The pictures of an order. Raises `UserError` where there is none."""
    found = order.search.find()
    if not found.photos and not order.watch:
        raise _nothing_found(order.search)
    return found


@contextmanager
def opened(order: Order) -> Iterator[Batch]:
    """A batch whose folder is there and no other run's. Raises `UserError`."""
    order.out.make()
    with ExitStack() as stack:
        if order.out.is_here:
            try:
                stack.enter_context(FileLock(order.out.path(LOCK), timeout=0))
            except Timeout:
                raise UserError(
                    "busy",
                    "another batch is at work in {folder}: wait until it ends",
                    folder=order.out.root,
                ) from None
        yield Batch(order)


@contextmanager
def heeding(order: Order, stop: Stop) -> Iterator[None]:
    """Meanwhile `stop` is asked when the file STOP is laid into the folder of sketches, by whom no
    signal reaches this process. What lies there before counts as nothing.
    """
    if not order.out.is_here:
        yield
        return
    wish, ended = order.out.path(STOP), threading.Event()
    wish.unlink(missing_ok=True)

    def watch() -> None:
        while not ended.wait(HEED_S):
            if wish.exists():
                stop.ask()
                return

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
        wish.unlink(missing_ok=True)


def _nothing_found(search: Search) -> UserError:
    sources = ", ".join(search.sources[:SHOWN])
    if search.glob is not None and search.recursive:
        return UserError(
            "no-photo",
            "no picture in {sources} matches {glob}: check --glob",
            sources=sources,
            glob=search.glob,
        )
    if search.glob is not None:
        return UserError(
            "no-photo",
            "no picture in {sources} matches {glob}: check --glob; --recursive looks into folders"
            " within it, too",
            sources=sources,
            glob=search.glob,
        )
    if search.recursive:
        return UserError(
            "no-photo",
            "there is no picture in {sources}: name a folder with PNG, JPEG, WebP or TIFF",
            sources=sources,
        )
    return UserError(
        "no-photo",
        "there is no picture in {sources}: name a folder with PNG, JPEG, WebP or TIFF; --recursive"
        " looks into folders within it, too",
        sources=sources,
    )


def _about_names(photos: list[Photo]) -> list[str]:
    """What the names of sketches are where several pictures would have had the same."""
    unlike = [photo.output for photo in photos if photo.output != usual_output(photo.path)]
    if not unlike:
        return []
    return [f"{_count(unlike)} would share a sketch's name and keep their own: {_shown(unlike)}"]


def _count(names: list[str]) -> str:
    return f"{len(names)} picture{'' if len(names) == 1 else 's'}"


def _shown(names: list[str]) -> str:
    more = ", ..." if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
