"""The menu entries: each is an effect that changes the document once, at its end, or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
import warnings
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, List, Optional, TextIO, Tuple, Type

import inkex

from clipasso_ext.document.selection import find_photos
from clipasso_ext.engine import connection as engine
from clipasso_ext.engine import jobs, settings
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.host import NO_GI, Host, find_host, has_display, has_gtk, log
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.task import Task, check
from clipasso_ext.problem import Problem


def main(kind: Type[Effect]) -> None:
    """Run a menu entry. A single byte on stderr opens a dialog of Inkscape's, so none gets there
    but a message without GTK.
    """
    voice = os.fdopen(os.dup(2), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.resetwarnings()  # inkex switches them on
    warnings.simplefilter("ignore")
    effect = kind()
    effect.voice = voice
    try:
        effect.run()
    except Exception:
        # a document that can't be read, a full disk: Inkscape keeps the document as it is
        log(traceback.format_exc())


class Effect(inkex.EffectExtension):
    """What all entries share: a failure is shown once and changes nothing."""

    voice: TextIO = sys.stderr

    def run(self, args: Any = None, output: Any = None) -> None:
        with tempfile.TemporaryDirectory(prefix="clipasso-", dir=scratch_folder()) as scratch:
            self.scratch = Path(scratch)
            super().run(args, sys.stdout.buffer if output is None else output)

    def effect(self) -> None:
        try:
            self.act(find_host())
            return
        except Problem as problem:
            self.tell(str(problem))
        except Exception:
            log(traceback.format_exc())
            self.tell(
                "Something went wrong in the extension; the document is unchanged. Its log has the"
                " details (Engine and Models)."
            )
        self.document = self.original_document  # unchanged: nothing is written

    def act(self, host: Host) -> None:
        """Do what the menu entry says. Raises `Problem`."""
        raise NotImplementedError

    def tell(self, message: str, quiet: bool = False) -> None:
        """Show a message once: in a window of ours, else through Inkscape's own, else in the log.
        `quiet`: it is no error.
        """
        log(message)
        if has_gtk():
            from clipasso_ext.windows.dialogs import show_message

            show_message(message, quiet)
        elif has_display() and not quiet:
            print(message, file=self.voice, flush=True)  # Inkscape shows it

    def draw(self, tasks: List[Task], chosen: Settings, host: Host) -> None:
        """Sketch without a window. What can be sketched is inserted, and what can't is told. Raises
        `Problem`.
        """
        results, problems = [], []
        for task in tasks:
            try:
                request = task.request(chosen, chosen.preset)
                results.append(
                    (task, check(engine.ask_once(host, str(task.pixels.path), request, task.edit)))
                )
            except Problem as problem:
                problems.append(f"{task.name}: {problem}" if len(tasks) > 1 else str(problem))
        self.finish(results, problems, chosen)

    def finish(
        self, results: List[Tuple[Task, Event]], problems: List[str], chosen: Settings
    ) -> None:
        """Insert what was sketched, and tell what was not."""
        if problems and not results:
            raise Problem("\n\n".join(problems))
        self.put(results, chosen)
        if problems:
            self.tell("\n\n".join(problems))

    def put(self, results: List[Tuple[Task, Event]], chosen: Settings) -> None:
        """Put sketches into the document. Raises `Problem`, after which the document is taken back
        as a whole.
        """
        for task, event in results:
            task.insert(event, chosen)

    def tasks(self) -> List[Task]:
        """The bitmaps meant. Raises `Problem`."""
        photos = find_photos(self.svg, list(self.options.ids))
        return [Task(photo, self.svg, self.folders(), self.scratch) for photo in photos]

    def folders(self) -> List[Path]:
        """Where relative links are looked for: Inkscape rebases them to its temporary file."""
        folders = []
        for path in (getattr(self.options, "input_file", None), os.environ.get("DOCUMENT_PATH")):
            if isinstance(path, str) and path:
                folders.append(Path(path).resolve().parent)
        return folders


class ParameterEffect(Effect):
    """With Inkscape's own parameter page."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        own = Settings()
        pars.add_argument("--tab")
        pars.add_argument("--strokes", type=int, default=own.strokes)
        pars.add_argument("--preset", default=own.preset)
        pars.add_argument("--guide", default=own.guide)
        pars.add_argument("--clip", default="")
        pars.add_argument("--mask", default=own.mask)
        pars.add_argument("--width", type=float, default=own.width)
        pars.add_argument("--ink", default="color")
        pars.add_argument("--color", type=inkex.Color, default=inkex.Color("black"))
        pars.add_argument("--seed", type=int, default=own.seed)
        pars.add_argument("--seeds", type=int, default=own.seeds)
        pars.add_argument("--bitmap", default=own.bitmap)

    def settings(self) -> Settings:
        """What the page says."""
        page = self.options
        red, green, blue = page.color.to_rgb()[:3]
        ink = (
            settings.PHOTO_INK
            if page.ink == settings.PHOTO_INK
            else f"#{round(red):02x}{round(green):02x}{round(blue):02x}"
        )
        guide = (
            f"clip:{page.clip.strip()}"
            if page.guide == "clip" and page.clip.strip()
            else page.guide
        )
        return settings.sane(
            Settings(
                strokes=page.strokes,
                preset=page.preset,
                guide=guide,
                mask=page.mask,
                width=page.width,
                ink="black" if ink == "#000000" else ink,
                seed=page.seed,
                seeds=page.seeds,
                bitmap=page.bitmap,
            )
        )


class Sketch(Effect):
    """Sketch the Selected Bitmap: the window."""

    def act(self, host: Host) -> None:
        tasks = self.tasks()
        stored = settings.load(host.settings)
        if has_gtk():
            from clipasso_ext.windows.sketch_window import SketchWindow

            window = SketchWindow(tasks, stored, host, self.svg)
            self.put(window.run(), window.settings)
        elif has_display():
            raise Problem(NO_GI)
        else:
            self.draw(tasks, stored, host)


class Parameters(ParameterEffect):
    """Sketch with Parameters: no questions, a window with the progress where there can be one."""

    def act(self, host: Host) -> None:
        tasks, chosen = self.tasks(), self.settings()
        if has_gtk():
            from clipasso_ext.windows.progress_window import ProgressWindow

            results, problems = ProgressWindow(tasks, chosen, host).run()
            self.finish(results, problems, chosen)
        else:
            self.draw(tasks, chosen, host)


class Background(ParameterEffect):
    """Start Sketch in the Background."""

    def act(self, host: Host) -> None:
        tasks, ordered, problems = self.tasks(), [], []
        for task in tasks:
            try:
                ordered.append(jobs.order(task, self.settings(), self.svg, host).name)
            except Problem as problem:
                problems.append(f"{task.name}: {problem}" if len(tasks) > 1 else str(problem))
        if not ordered:
            raise Problem("\n\n".join(problems))
        names = f"Sketching in the background: {', '.join(ordered)}. "
        self.tell(
            "\n\n".join(
                [
                    f"{names}Extensions > CLIPasso > Insert Finished Sketches brings what is done.",
                    *problems,
                ]
            ),
            not problems,
        )


class Insert(Effect):
    """Insert Finished Sketches."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--gone", default="leave")
        pars.add_argument("--again", type=inkex.Boolean, default=False)

    def act(self, host: Host) -> None:
        report = jobs.insert_finished(
            self.svg, host, self.options.gone == "place", self.options.again
        )
        if report.lines or not report.inserted:
            self.tell(report.text(), quiet=True)


class EngineAndModels(Effect):
    """Engine and Models: the doctor's report and the engine's switches."""

    def act(self, host: Host) -> None:
        if has_gtk():
            from clipasso_ext.windows.engine_window import EngineWindow

            EngineWindow(host).run()
        else:
            raise Problem(
                "This window needs Python's GTK (package python3-gi). In a terminal:"
                f" {' '.join(host.command)} doctor"
            )


def scratch_folder() -> Optional[str]:
    """Where temporary files go: the system's folder, or one that Inkscape and the engine both
    see.
    """
    try:
        folder = find_host().scratch
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except (Problem, OSError):
        return None  # it is told when the engine is needed
    return str(folder) if folder is not None else None
