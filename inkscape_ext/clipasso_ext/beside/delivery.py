"""Finished sketches go from the window into the document that they came from, by way of the
Inkscape that has it open.
"""

from __future__ import annotations

import shutil
from typing import Callable, Iterator, List, Optional

from clipasso_ext.beside import wish
from clipasso_ext.beside.front import bring_to_front
from clipasso_ext.beside.origin import Origin
from clipasso_ext.beside.other_effects import effect_runs
from clipasso_ext.beside.session_bus import SessionBus
from clipasso_ext.cancellation import CalledOff
from clipasso_ext.engine.background import BackgroundJob
from clipasso_ext.host import log
from clipasso_ext.locks import turn
from clipasso_ext.menu import insert_finished
from clipasso_ext.words import _

ACTION = "org.clipasso.deliver.noprefs"
NEXT_WINDOW = "window-next"
# Inkscape learns which of its windows is in front a moment after the window manager does
TRIES = 3
TURN = ".turn"  # beside the jobs: held by the process that delivers


class Delivery:
    """Of finished jobs from one document."""

    def __init__(
        self,
        jobs: List[BackgroundJob],
        origin: Origin,
        bus: Optional[SessionBus],
        pause: Callable[[], bool],
    ) -> None:
        """pause: takes a moment, while Inkscape is busy with another extension; returns whether to
        go on waiting.
        """
        self._jobs = jobs
        self._origin = origin
        self._bus = bus
        self._pause = pause

    def run(self) -> str:
        """Have them inserted, however busy Inkscape is. Those that can't be wait as finished jobs.
        Returns what the person should know; empty when all are in.
        """
        try:
            try:
                is_reached = self._bus is not None and self._deliver(self._bus)
                told = [line for line in map(self._told, self._jobs) if line]
            finally:
                for job in self._jobs:
                    wish.withdraw(job)
        except CalledOff:  # before anything was inserted: one document has them all
            return _waits()
        except OSError as error:
            log(f"sketches could not be delivered: {error}")
            refused = _("The sketch could not be handed to Inkscape ({reason}).")
            return f"{refused.format(reason=error.strerror)} {_waits()}"
        if not is_reached:
            return " ".join([_("Inkscape does not answer."), _waits()])
        return "\n\n".join(dict.fromkeys(told))

    def _deliver(self, bus: SessionBus) -> bool:
        """As soon as Inkscape is busy with nothing else. Returns whether any Inkscape answered.
        Raises `CalledOff`.
        """
        self._wait_for_others()  # two windows may wait at once, and both say so
        # two at once would have one effect begin within the other
        with turn(self._jobs[0].folder.parent / TURN):
            return self._reach(bus)

    def _reach(self, bus: SessionBus) -> bool:
        """Look for the document until it is found. Returns whether any Inkscape answered."""
        is_reached = False
        for name in sorted(bus.inkscapes(), key=lambda name: name != self._origin.name):
            for anywhere in self._ways(name, bus):
                if not self._ask(name, anywhere, bus):
                    break
                is_reached = True
                if self._is_settled():
                    return True
        return is_reached

    def _ask(self, name: str, anywhere: bool, bus: SessionBus) -> bool:
        """Have an Inkscape look into the document that is in front, when it waits for no other
        extension. Returns whether it did.
        """
        while True:
            self._wait_for_others()
            for job in self._jobs:
                wish.ask(job, anywhere)
            if not bus.do(name, ACTION):
                return False
            if not any(one is not None and one.said == wish.BUSY for one in self._answers()):
                return True

    def _wait_for_others(self) -> None:
        """Raises `CalledOff`."""
        while effect_runs(self._origin.group):  # nobody tells when it ends
            if not self._pause():
                raise CalledOff

    def _answers(self) -> List[Optional[wish.Answer]]:
        return [wish.answer(job) for job in self._jobs]

    def _ways(self, name: str, bus: SessionBus) -> Iterator[bool]:
        """Bring one document of an Inkscape to the front after the other. Yields each time whether
        it is the one whatever it is called now.
        """
        own = self._origin.window if name == self._origin.name else None
        if own is not None:
            for number in range(TRIES + 1):
                if not bring_to_front(own):
                    break
                yield number == TRIES
        yield False
        windows = bus.windows(name)
        for _other in windows[1:]:
            bus.do(name, NEXT_WINDOW, windows[0])
            yield False

    def _is_settled(self) -> bool:
        """Whether the document was found."""
        return all(one is not None and one.said != wish.ELSEWHERE for one in self._answers())

    def _told(self, job: BackgroundJob) -> str:
        """What became of a job; nothing of one that is inserted, which is cleared away."""
        answer = wish.answer(job)
        if answer is None:  # it was started before this version of the extension came
            return " ".join([_("Inkscape did not insert the sketch."), _waits()])
        if answer.said == wish.ELSEWHERE:
            closed = _("The document that the sketch belongs to is not open any more.")
            return f"{closed} {_waits()}"
        if answer.said == wish.GONE:
            # Translators: {menu} is where Insert Finished Sketches is in the menu.
            return _(
                "The bitmap {name} is not in its document any more. Its sketch waits: {menu} puts"
                " it where the bitmap was, if you choose that there."
            ).format(name=job.name, menu=insert_finished())
        if answer.said == wish.FAILED:
            # Translators: {reason} is a whole sentence, which says what to do first.
            return _("{name}: {reason} The sketch waits: {menu} brings it then.").format(
                name=job.name, reason=answer.text, menu=insert_finished()
            )
        shutil.rmtree(job.folder, ignore_errors=True)
        return ""


def _waits() -> str:
    # Translators: {menu} is where Insert Finished Sketches is in the menu.
    return _("The sketch waits: open its document and choose {menu}.").format(
        menu=insert_finished()
    )
