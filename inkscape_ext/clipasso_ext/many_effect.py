"""The menu entry that sketches a folder of photographs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from inkex.utils import Boolean

from clipasso_ext.effects import Effect
from clipasso_ext.engine import many
from clipasso_ext.engine.settings import Settings
from clipasso_ext.host import Host
from clipasso_ext.menu import engine_and_models
from clipasso_ext.problem import Problem
from clipasso_ext.words import _, ngettext


class ManyEffect(Effect):
    """Sketch Many: a folder into a folder, in the background."""

    def add_arguments(self, pars: ArgumentParser) -> None:
        own = Settings()
        pars.add_argument("--folder", default="")
        pars.add_argument("--sketches", default="")
        pars.add_argument("--recursive", type=Boolean, default=False)
        pars.add_argument("--strokes", type=int, default=own.strokes)
        pars.add_argument("--preset", default=own.preset)
        pars.add_argument("--mask", default=own.mask)

    def act(self, host: Host) -> None:
        page = self.options
        folder = page.folder.strip()
        if not folder or not Path(folder).is_dir():
            raise Problem(_("Choose a folder of photographs: there is none under that name."))
        sketches = page.sketches.strip() or f"{folder.rstrip('/').rstrip(chr(92))}-sketches"
        options = ["--strokes", str(page.strokes), "--preset", page.preset, "--mask", page.mask]
        if page.recursive:
            options.append("--recursive")
        started = many.start(host, folder, sketches, options)
        count = started.facts["pictures"]
        begun = ngettext(
            "Sketching {count} photograph in the background, into {folder}.",
            "Sketching {count} photographs in the background, into {folder}.",
            count,
        ).format(count=count, folder=sketches)
        # Translators: {menu} is where Engine and Models is in the menu.
        more = _(
            "{menu} tells how far it is; the same folders again go on where it was stopped."
        ).format(menu=engine_and_models())
        self.tell(f"{begun} {more}", quiet=True)
