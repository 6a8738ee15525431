"""The menu entries that work on a sketch which is in the document already."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Optional

import inkex

from clipasso_ext.beside.afterwards import select_afterwards
from clipasso_ext.document.restyle import LOOKS, Restyling, restyle
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.effects import Effect, WorkEffect, hex_color
from clipasso_ext.engine.edit_task import EditTask
from clipasso_ext.engine.plot import JOIN, ORDER, SILENCE_S, plot
from clipasso_ext.engine.settings import DRAFT, Settings, sane
from clipasso_ext.host import Host, has_gtk
from clipasso_ext.words import _, later, ngettext

_color: Any = inkex.Color  # some releases of inkex have types, others have not


class EditEffect(Effect):
    """Works on the sketch that the selection means."""

    def sketch(self) -> SketchLayer:
        """Raises `Problem` when none is meant."""
        return find_sketch(self.svg, list(self.options.ids))

    def compute(
        self, sketch: SketchLayer, host: Host, chosen: Settings, do: str, **details: Any
    ) -> bool:
        """Have the engine go on from the sketch, with a window that shows it where there can be
        one. Returns False when the person cancelled. Raises `Problem`.

        do, details: as `EditTask` has them.
        """
        task = EditTask(sketch, self.placed(sketch.photo()), do, **details)
        if has_gtk():
            from clipasso_ext.windows.progress_window import ProgressWindow

            results, problems = ProgressWindow([task], chosen, host).run()
            self.finish(results, problems, chosen)
        else:
            self.draw([task], chosen, host)
        if task.added:
            select_afterwards(task.added)
        if task.messages:
            self.tell("\n".join(task.messages), quiet=True)
        return task.done


class StrokesEffect(EditEffect, WorkEffect):
    """Draws strokes of a sketch."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        super().add_arguments(pars)
        pars.add_argument("--seed", type=int, default=Settings().seed)

    def settings(self) -> Settings:
        """What the page says."""
        page = self.options
        return sane(Settings(preset=page.preset, guide=self.guide(), seed=page.seed))


class RedrawEffect(StrokesEffect):
    """Redraw Selected Strokes."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        super().add_arguments(pars)
        pars.add_argument("--reach", default="redraw")

    def act(self, host: Host) -> None:
        chosen = self.settings()
        self.compute(self.sketch(), host, chosen, "refine", reach=self.options.reach)


class AddEffect(StrokesEffect):
    """Add Strokes."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        super().add_arguments(pars)
        pars.add_argument("--strokes", type=int, default=4)

    def act(self, host: Host) -> None:
        chosen = self.settings()
        self.compute(self.sketch(), host, chosen, "add", count=self.options.strokes)


class LevelEffect(EditEffect):
    """More or Fewer Strokes."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--strokes", type=int, default=8)
        pars.add_argument("--rest", default="hide")

    def act(self, host: Host) -> None:
        sketch = self.sketch()
        wanted = self.options.strokes
        there = sketch.set_level(wanted, self.options.rest == "delete")
        missing = wanted - there
        if missing <= 0:
            return
        if not has_gtk():
            shown = ngettext(
                "The sketch has {count} ordered stroke, which is shown. Add Strokes draws more.",
                "The sketch has {count} ordered strokes, all of which are shown. Add Strokes draws"
                " more.",
                there,
            )
            self.tell(shown.format(count=there), quiet=True)
        elif self.offers(sketch, there, missing) and not self.compute(
            sketch, host, Settings(), "add", count=missing
        ):
            self.document = self.original_document  # cancelled: what was hidden is hidden again

    def offers(self, sketch: SketchLayer, there: int, missing: int) -> bool:
        """Whether the person wants the strokes that are missing to be drawn."""
        from clipasso_ext.windows.dialogs import ask

        if there == len(sketch.paths):
            has = ngettext(
                "This sketch has {count} stroke.", "This sketch has {count} strokes.", there
            )
        else:
            # Translators: ordered by how much each stroke is needed.
            has = ngettext(
                "This sketch has {count} ordered stroke.",
                "This sketch has {count} ordered strokes.",
                there,
            )
        more = ngettext("Draw {count} more?", "Draw {count} more?", missing)
        question = f"{has.format(count=there)} {more.format(count=missing)}"
        yes = ngettext("_Draw {count} More", "_Draw {count} More", missing).format(count=missing)
        return ask(question, yes, _("_Leave It"))


class LockEffect(EditEffect):
    """Lock Strokes."""

    def act(self, host: Host) -> None:
        self.sketch().lock(True)


class UnlockEffect(EditEffect):
    """Unlock Strokes."""

    def act(self, host: Host) -> None:
        self.sketch().lock(False)


class RestyleEffect(EditEffect):
    """Restyle."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        pars.add_argument("--look", default="keep", choices=("keep", *LOOKS))
        pars.add_argument("--width", type=float, default=0.0)
        pars.add_argument("--ink", default="keep")
        pars.add_argument("--color", type=_color, default=_color("black"))
        pars.add_argument("--taper", default="keep")

    def act(self, host: Host) -> None:
        sketch = self.sketch()
        page = self.options
        ink = hex_color(page.color) if page.ink == "color" else None
        if page.ink == "photo" and not self.compute(sketch, host, Settings(preset=DRAFT), "ink"):
            return
        restyle(sketch, Restyling(page.look, page.width, ink, page.taper))


class PlotEffect(EditEffect):
    """Adds a layer that a command of the engine makes."""

    command = ""
    # to be looked up when they are shown
    title = ""
    status = ""  # what is told when it begins
    step = ""  # and then, with the step that it is at, {step} of {steps}

    def act(self, host: Host) -> None:
        sketch = self.sketch()
        plotted = self.plotted(sketch, host)
        if plotted is not None:
            sketch.take_layer(plotted)

    def plotted(self, sketch: SketchLayer, host: Host) -> Optional[Path]:
        """The engine's copy of the sketch, with the layer. None when the person cancelled. Raises
        `Problem`.
        """
        if not has_gtk():
            return plot(
                sketch, self.command, host, self.scratch, lambda _: None, silence_s=SILENCE_S
            )
        from clipasso_ext.windows.plot_window import PlotWindow

        return PlotWindow(
            _(self.title),
            _(self.status),
            _(self.step),
            lambda on_progress, cancellation: plot(
                sketch, self.command, host, self.scratch, on_progress, cancellation
            ),
        ).run()


class JoinEffect(PlotEffect):
    """Join into One Line."""

    command = JOIN
    title = later("Join into One Line")
    status = later("Joining the strokes…")
    step = later("Joining the strokes: step {step} of {steps}")


class PlotOrderEffect(PlotEffect):
    """Plot Order."""

    command = ORDER
    title = later("Plot Order")
    status = later("Ordering the strokes…")
    step = later("Ordering the strokes: step {step} of {steps}")
