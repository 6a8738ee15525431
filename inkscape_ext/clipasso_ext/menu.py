"""Where things are in Inkscape's menu, for messages that send somebody there: as the menu has them,
in the person's language.
"""

from __future__ import annotations

from clipasso_ext.words import _


def engine_and_models() -> str:
    return _path(_("Engine and Models..."))


def insert_finished() -> str:
    return _path(_("Background"), _("Insert Finished Sketches"))


def parameters() -> str:
    return _path(_("Sketch with Parameters"))


def _path(*names: str) -> str:
    # Translators: a menu of Inkscape. Take the word of Inkscape in your language.
    return " > ".join([_("Extensions"), "CLIPasso", *names]).rstrip(".…")
