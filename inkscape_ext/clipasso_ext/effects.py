"""What all menu entries share: each is an effect that changes the document once, at its end, or not
at all.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
import warnings
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, List, Optional, Sequence, TextIO, Tuple, Type

import inkex

from clipasso_ext.document.links import write_links_whole
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.selection import Photo
from clipasso_ext.document.shapes import Shape, find_shapes
from clipasso_ext.engine.connection import Event, ask_once, require_result
from clipasso_ext.engine.offer import make_offer
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.task import Task
from clipasso_ext.host import (
    Host,
    NoEngine,
    find_host,
    has_display,
    has_gtk,
    log,
    scratch_folder,
)
from clipasso_ext.problem import FAULT, Problem
from clipasso_ext.telling import tell
from clipasso_ext.words import _, told_of

INTERRUPTED = 130  # the status of a command that Ctrl+C ended


def main(kind: Type[Effect]) -> None:
    """Run a menu entry. Whatever happens is told once, in a window of ours where there can be one:
    a single byte on stderr opens a dialog of Inkscape's.
    """
    messages = os.fdopen(os.dup(2), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.resetwarnings()  # inkex switches them on
    warnings.simplefilter("ignore")
    try:
        effect = kind()
        effect.messages = messages
        effect.run()
    except KeyboardInterrupt:
        # who stopped it knows
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        # parameters that this version does not have, or what inkex gives up at
        if end.code not in (None, 0):
            log(f"the extension ended with status {end.code}: {sys.argv[1:]}")
            tell(_(FAULT), messages)
        raise
    except Exception:
        # a document that can't be read, a full disk: Inkscape keeps the document as it is
        log(traceback.format_exc())
        tell(_(FAULT), messages)


def find_or_bring_host() -> Optional[Host]:
    """The engine, which the person may have brought where there is none; None where they don't want
    it now. Raises `Problem`.
    """
    try:
        return find_host()
    except NoEngine as missing:
        log(str(missing))
        if not has_display():
            raise
        if not has_gtk():
            offer = make_offer()
            raise NoEngine(f"{missing}\n\n{offer.obstacle or offer.command}") from None
    from clipasso_ext.windows.offer_window import OfferWindow

    return find_host() if OfferWindow(make_offer()).run() else None


class Effect(inkex.EffectExtension):
    """A menu entry. A failure is told once and changes nothing."""

    messages: TextIO = sys.stderr  # what Inkscape shows to the person
    _shapes: Optional[List[Shape]] = None  # that are selected, once they were looked for

    def run(self, args: Any = None, output: Any = None) -> None:
        folder = tempfile.mkdtemp(prefix="clipasso-", dir=scratch_folder())
        self.scratch = Path(folder)
        try:
            super().run(args, sys.stdout.buffer if output is None else output)
        finally:
            try:
                shutil.rmtree(folder)
            except OSError as error:  # the document matters more
                log(f"{folder} is left behind: {error}")

    def effect(self) -> None:
        try:
            host = find_or_bring_host()
            if host is not None:
                self.act(host)
                return
        except Problem as problem:
            self.tell(str(problem))
        except Exception:
            log(traceback.format_exc())
            self.tell(_(FAULT))
        self.document = self.original_document  # unchanged: nothing is written

    def save(self, stream: Any) -> None:
        """Write the document, once it has changed."""
        write_links_whole(self.svg, self.options.input_file)
        super().save(stream)

    def act(self, host: Host) -> None:
        """Do what the menu entry says. Raises `Problem`."""
        raise NotImplementedError

    def tell(self, message: str, quiet: bool = False) -> None:
        """Show a message once. `quiet`: it is no error."""
        tell(message, self.messages, quiet)

    def draw(self, tasks: Sequence[Task], chosen: Settings, host: Host) -> None:
        """Sketch without a window. What can be sketched is inserted, and what can't is told. Raises
        `Problem`.
        """
        results: List[Tuple[Task, Event]] = []
        problems = []
        for task in tasks:
            try:
                picture = str(task.read().path)
                request = task.request(chosen, chosen.preset)
                event = require_result(ask_once(host, picture, request, task.edit))
                results.append((task, event))
            except Problem as problem:
                problems.append(
                    told_of(task.name, str(problem)) if len(tasks) > 1 else str(problem)
                )
        self.finish(results, problems, chosen)

    def finish(
        self, results: List[Tuple[Task, Event]], problems: List[str], chosen: Settings
    ) -> None:
        """Insert what was sketched, and tell what was not. Raises `Problem`."""
        if problems and not results:
            raise Problem("\n\n".join(problems))
        self.insert(results, chosen)
        if problems:
            self.tell("\n\n".join(problems))

    def insert(self, results: List[Tuple[Task, Event]], chosen: Settings) -> None:
        """Put sketches into the document. Raises `Problem`, after which the document is taken back
        as a whole.
        """
        for task, event in results:
            task.insert(event, chosen)

    def placed(self, photo: Photo, scratch: Optional[Path] = None) -> PlacedPhoto:
        """A bitmap of the document, with the files that it is looked for in.

        scratch: where its own files go, if not to those that end with the effect.
        """
        return PlacedPhoto(photo, self.svg, self.folders(), scratch or self.scratch, self.shapes())

    def shapes(self) -> List[Shape]:
        """Those among what is selected; they are looked for once."""
        if self._shapes is None:
            self._shapes = find_shapes(self.svg, list(self.options.ids))
        return self._shapes

    def folders(self) -> List[Path]:
        """Where relative links are looked for: Inkscape rebases them to its temporary file."""
        folders = []
        for path in (getattr(self.options, "input_file", None), os.environ.get("DOCUMENT_PATH")):
            if isinstance(path, str) and path:
                folders.append(Path(path).resolve().parent)
        return folders


class WorkEffect(Effect):
    """A menu entry whose page chooses the guide and the amount of work."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        own = Settings()
        pars.add_argument("--preset", default=own.preset)
        pars.add_argument("--guide", default=own.guide)
        pars.add_argument("--clip", default="")

    def guide(self) -> str:
        """What the page says, in the engine's words."""
        name = str(self.options.clip).strip()
        is_clip = self.options.guide == "clip" and name
        return f"clip:{name}" if is_clip else str(self.options.guide)


def hex_color(color: Any) -> str:
    """A colour of inkex's as ``#rrggbb``."""
    red, green, blue = (round(part) for part in color.to_rgb()[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"
