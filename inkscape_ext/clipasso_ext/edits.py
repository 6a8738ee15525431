"""The menu entries that work on a sketch which is in the document already."""

from __future__ import annotations

import subprocess
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, List

import inkex

from clipasso_ext.document.restyle import LOOKS, Restyling, restyle
from clipasso_ext.document.sketches import Sketch, find_sketch, lock, set_level, take_layer
from clipasso_ext.effects import Effect
from clipasso_ext.engine.edit_task import EditTask
from clipasso_ext.engine.host import Host, detached, engine_environment, has_gtk, log
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.task import Task
from clipasso_ext.problem import Problem


class EditEffect(Effect):
    """Works on the sketch that the selection means."""

    def sketch(self) -> Sketch:
        """Raises `Problem` when none is meant."""
        return find_sketch(self.svg, list(self.options.ids))

    def compute(self, sketch: Sketch, host: Host, chosen: Settings, do: str, **wish: Any) -> bool:
        """Have the engine go on from the sketch, with a window that shows it where there can be
        one. Returns False when the person cancelled. Raises `Problem`.
        """
        task = EditTask(
            sketch, Task(sketch.photo(), self.svg, self.folders(), self.scratch), do, **wish
        )
        if has_gtk():
            from clipasso_ext.windows.progress_window import ProgressWindow

            results, problems = ProgressWindow([task], chosen, host).run()
            self.finish(results, problems, chosen)
        else:
            self.draw([task], chosen, host)
        if task.told:
            self.tell("\n".join(task.told), quiet=True)
        return task.done


class WorkEffect(EditEffect):
    """With the guide and the amount of work on its page."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--preset", default="auto")
        pars.add_argument("--guide", default="auto")
        pars.add_argument("--clip", default="")

    def settings(self) -> Settings:
        """What the page says."""
        page = self.options
        guide = (
            f"clip:{page.clip.strip()}"
            if page.guide == "clip" and page.clip.strip()
            else page.guide
        )
        return replace(Settings(), preset=page.preset, guide=guide)


class Redraw(WorkEffect):
    """Redraw Selected Strokes."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        super().add_arguments(pars)
        pars.add_argument("--reach", default="redraw")

    def act(self, host: Host) -> None:
        self.compute(self.sketch(), host, self.settings(), "refine", reach=self.options.reach)


class Add(WorkEffect):
    """Add Strokes."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        super().add_arguments(pars)
        pars.add_argument("--strokes", type=int, default=4)

    def act(self, host: Host) -> None:
        self.compute(self.sketch(), host, self.settings(), "add", count=self.options.strokes)


class Level(EditEffect):
    """More or Fewer Strokes."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--strokes", type=int, default=8)
        pars.add_argument("--rest", default="hide")

    def act(self, host: Host) -> None:
        sketch = self.sketch()
        _, there = set_level(sketch, self.options.strokes, self.options.rest == "delete")
        missing = self.options.strokes - there
        if missing <= 0:
            return
        if not has_gtk():
            self.tell(
                f"The sketch has {there} ordered strokes, all of which are shown. Add Strokes draws"
                " more.",
                quiet=True,
            )
        elif self.offers(sketch, there, missing) and not self.compute(
            sketch, host, Settings(), "add", count=missing
        ):
            self.document = self.original_document  # cancelled: what was hidden is hidden again

    def offers(self, sketch: Sketch, there: int, missing: int) -> bool:
        """Whether the person wants the strokes that are missing to be drawn."""
        from clipasso_ext.windows.dialogs import ask

        ordered = "" if there == len(sketch.paths) else "ordered "
        question = (
            f"This sketch has {there} {ordered}{'stroke' if there == 1 else 'strokes'}. Draw"
            f" {missing} more?"
        )
        return ask(question, f"_Draw {missing} More", "_Leave It")


class Lock(EditEffect):
    """Lock Strokes."""

    def act(self, host: Host) -> None:
        lock(self.sketch(), True)


class Unlock(EditEffect):
    """Unlock Strokes."""

    def act(self, host: Host) -> None:
        lock(self.sketch(), False)


class Restyle(EditEffect):
    """Restyle."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--look", default="keep", choices=("keep", *LOOKS))
        pars.add_argument("--width", type=float, default=0.0)
        pars.add_argument("--ink", default="keep")
        pars.add_argument("--color", type=inkex.Color, default=inkex.Color("black"))
        pars.add_argument("--taper", default="keep")

    def act(self, host: Host) -> None:
        sketch, page = self.sketch(), self.options
        red, green, blue = page.color.to_rgb()[:3]
        ink = (
            f"#{round(red):02x}{round(green):02x}{round(blue):02x}" if page.ink == "color" else None
        )
        if page.ink == "photo" and not self.compute(sketch, host, Settings(preset="draft"), "ink"):
            return
        restyle(sketch, Restyling(page.look, page.width, ink, page.taper))


class PlotEffect(EditEffect):
    """Adds a layer that a command of the engine makes."""

    command = ""

    def act(self, host: Host) -> None:
        sketch = self.sketch()
        given, made = self.scratch / "sketch.svg", self.scratch / "plotted.svg"
        given.write_bytes(sketch.alone())
        only = sketch.asked
        if only == []:
            raise Problem("The selected strokes are hidden: show them, and try again.")
        words = [
            *host.command,
            self.command,
            str(given),
            "--layer",
            str(sketch.layer.get("id")),
            "-o",
            str(made),
        ]
        words += [f"--only={one}" for one in only or []]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        try:
            done = subprocess.run(  # type: ignore[call-overload]
                words, env=engine_environment(host), stderr=subprocess.PIPE, **silent, **detached()
            )
        except OSError:
            raise Problem(
                "The engine is not where it was installed: run install.py again, and try again."
            ) from None
        if done.returncode:
            said: List[str] = done.stderr.decode("utf-8", "replace").strip().splitlines()
            log("\n".join(said))
            text = (
                said[-1].replace("clipasso: ", "", 1)
                if said
                else "the engine failed without a word"
            )
            raise Problem(text[:1].upper() + text[1:] + ".")
        take_layer(sketch, made)


class Join(PlotEffect):
    """Join into One Line."""

    command = "join"


class Order(PlotEffect):
    """Plot Order."""

    command = "order"
