"""The menu entries that sketch bitmaps, and Engine and Models."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, List

import inkex
from inkex.utils import Boolean

from clipasso_ext.beside.handover import open_window
from clipasso_ext.beside.origin import find_origin
from clipasso_ext.beside.wish import grant
from clipasso_ext.document.selection import find_photos
from clipasso_ext.document.units import display_unit
from clipasso_ext.effects import Effect, WorkEffect, hex_color
from clipasso_ext.engine import settings
from clipasso_ext.engine.finished import insert_finished
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.sketch_task import SketchTask
from clipasso_ext.engine.submission import handed_over, submit
from clipasso_ext.host import Host, has_display, has_gtk
from clipasso_ext.menu import parameters
from clipasso_ext.needs import explain_gtk
from clipasso_ext.problem import Problem
from clipasso_ext.words import _, told_of

_color: Any = inkex.Color  # some releases of inkex have types, others have not


class BitmapEffect(Effect):
    """Works on the bitmaps that the selection means."""

    def tasks(self) -> List[SketchTask]:
        """Raises `Problem` when none is meant."""
        photos = find_photos(self.svg, list(self.options.ids))
        return [SketchTask(self.placed(photo)) for photo in photos]


class SketchEffect(BitmapEffect):
    """Sketch a Photograph: the window."""

    def act(self, host: Host) -> None:
        tasks = self.tasks()
        if has_gtk():
            self.open(tasks, host)
        elif has_display():
            # Translators: {menu} is where Sketch with Parameters is in the menu.
            works = _("{menu} works now.").format(menu=parameters())
            raise Problem(explain_gtk(works))
        else:
            self.draw(tasks, settings.load(host.settings), host)

    def open(self, tasks: List[SketchTask], host: Host) -> None:
        """Open the window: beside Inkscape where that can be spoken to, so that it is free again at
        once; else Inkscape waits for it.
        """
        origin = find_origin()
        if origin is not None:
            photos = [task.placed.photo for task in tasks]
            open_window(
                self.svg, lambda folder: [self.placed(one, folder) for one in photos], origin
            )
            return
        from clipasso_ext.windows.sketch_window import SketchWindow

        stored = settings.load(host.settings)
        window = SketchWindow(tasks, stored, host, display_unit(self.svg))
        wanted = window.run()
        if wanted:
            self.finish(wanted, window.problems, window.settings)
        elif window.handed_over:
            self.tell(window.handed_over, quiet=True)


class SettingsEffect(BitmapEffect, WorkEffect):
    """With the window's settings on Inkscape's own parameter page."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        super().add_arguments(pars)
        own = Settings()
        pars.add_argument("--tab")
        pars.add_argument("--strokes", type=int, default=own.strokes)
        pars.add_argument("--mask", default=own.mask)
        pars.add_argument("--faces", type=Boolean, default=own.faces == "auto")
        pars.add_argument("--subjects", type=Boolean, default=own.subjects == "auto")
        pars.add_argument("--behind", type=int, default=own.background)
        pars.add_argument("--width", type=float, default=own.width)
        pars.add_argument("--ink", default="color")
        pars.add_argument("--color", type=_color, default=_color("black"))
        pars.add_argument("--seed", type=int, default=own.seed)
        pars.add_argument("--seeds", type=int, default=own.seeds)
        pars.add_argument("--bitmap", default=own.bitmap)

    def settings(self) -> Settings:
        """What the page says."""
        page = self.options
        ink = settings.PHOTO_INK if page.ink == settings.PHOTO_INK else hex_color(page.color)
        return settings.sane(
            Settings(
                strokes=page.strokes,
                preset=page.preset,
                guide=self.guide(),
                mask=page.mask,
                faces="auto" if page.faces else "none",
                subjects="auto" if page.subjects else "one",
                background=page.behind,
                width=page.width,
                ink="black" if ink == "#000000" else ink,
                seed=page.seed,
                seeds=page.seeds,
                bitmap=page.bitmap,
            )
        )


class ParametersEffect(SettingsEffect):
    """Sketch with Parameters: no questions, a window with the progress where there can be one."""

    def act(self, host: Host) -> None:
        tasks = self.tasks()
        chosen = self.settings()
        if has_gtk():
            from clipasso_ext.windows.progress_window import ProgressWindow

            results, problems = ProgressWindow(tasks, chosen, host).run()
            self.finish(results, problems, chosen)
        else:
            self.draw(tasks, chosen, host)


class BackgroundEffect(SettingsEffect):
    """Start Sketch in the Background."""

    def act(self, host: Host) -> None:
        tasks = self.tasks()
        chosen = self.settings()
        submitted = []
        problems = []
        for task in tasks:
            try:
                submitted.append(submit(task, chosen, host).name)
            except Problem as problem:
                problems.append(
                    told_of(task.name, str(problem)) if len(tasks) > 1 else str(problem)
                )
        if not submitted:
            raise Problem("\n\n".join(problems))
        self.tell("\n\n".join([handed_over(submitted), *problems]), not problems)


class InsertEffect(Effect):
    """Insert Finished Sketches."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--gone", default="leave")
        pars.add_argument("--again", type=Boolean, default=False)

    def act(self, host: Host) -> None:
        place_gone = self.options.gone == "place"
        report = insert_finished(self.svg, host, place_gone, self.options.again)
        if report.has_news:
            self.tell(report.text(), quiet=True)


class DeliverEffect(Effect):
    """Insert Sketch: what windows beside Inkscape want in this document. They tell the person."""

    def act(self, host: Host) -> None:
        grant(self.svg, host, str(self.options.input_file))


class EngineEffect(Effect):
    """Engine and Models: the doctor's report and the engine's switches."""

    def act(self, host: Host) -> None:
        if not has_gtk():
            command = " ".join([*host.command, "doctor"])
            raise Problem(
                explain_gtk(_("Without it, in a terminal: {command}").format(command=command))
            )
        from clipasso_ext.windows.engine_window import EngineWindow

        EngineWindow(host).run()
