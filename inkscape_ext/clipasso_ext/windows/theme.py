"""Our windows look as Inkscape does: dark where it is dark, in its theme, with letters of its
size.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Optional

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402
from lxml import etree  # noqa: E402

from clipasso_ext.host import EXTENSION, log  # noqa: E402

PROFILE_VARIABLE = "INKSCAPE_PROFILE_DIR"
PREFERENCES = "preferences.xml"
LARGEST_FONT = 400.0  # percent; Inkscape's own limits are narrower


def follow_inkscape() -> None:
    """Take over what Inkscape's preferences say about its looks; without them nothing changes."""
    settings = Gtk.Settings.get_default()
    path = find_preferences()
    if settings is None or path is None or os.environ.get("GTK_THEME"):
        return
    said = read_theme(path)
    dark = said.get("darkTheme") or said.get("preferDarkTheme")
    if dark is not None:
        settings.set_property("gtk-application-prefer-dark-theme", dark == "1")
    if said.get("gtkTheme"):
        settings.set_property("gtk-theme-name", said["gtkTheme"])
    scale = _percent(said.get("fontscale"))
    dpi = settings.get_property("gtk-xft-dpi")
    if scale is not None and dpi > 0:
        settings.set_property("gtk-xft-dpi", round(dpi * scale / 100))


def find_preferences(extension: Path = EXTENSION) -> Optional[Path]:
    """Inkscape's preferences: of the profile that it runs with, in which the extension lies."""
    profile = os.environ.get(PROFILE_VARIABLE)
    folders = [Path(profile)] if profile else []
    # PROFILE/extensions/clipasso; not the place that a link leads to
    folders += list(extension.parents)[:3]
    for folder in folders:
        if (folder / PREFERENCES).is_file():
            return folder / PREFERENCES
    return None


def read_theme(path: Path) -> Dict[str, str]:
    """What the preferences say of the theme; nothing where they can't be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root: Any = etree.parse(str(path), parser).getroot()
    except (OSError, etree.XMLSyntaxError) as error:
        log(f"{path} can't be read: {error}")
        return {}
    group = root.find("group[@id='theme']")
    return {} if group is None else {str(name): str(value) for name, value in group.items()}


def _percent(text: Optional[str]) -> Optional[float]:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 < value <= LARGEST_FONT else None
