"""What the person chose last, and how it becomes a request."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Dict

from clipasso_ext.document.restyle import KEEP_LOOK, LOOKS, PLAIN, Restyling
from clipasso_ext.document.treatment import KEEP, TREATMENTS
from clipasso_ext.files import move
from clipasso_ext.host import log

FINISH = "auto"
DRAFT = "draft"
PRESETS = (FINISH, DRAFT, "quick", "standard", "published")
MASKS = ("auto", "none")
FACES = ("auto", "none")
SUBJECTS = ("auto", "one")
PHOTO_INK = "photo"
INKS = ("black", PHOTO_INK)
MAX_STROKES = 256
MAX_SEED = 2**31 - 1
MAX_SEEDS = 64
MAX_WIDTH = 1000.0
# the engine's own defaults, in its words
ENGINE_DEFAULTS = {
    "strokes": 16,
    "preset": "auto",
    "guide": "auto",
    "mask": "auto",
    "faces": "auto",
    "subjects": "auto",
    "background": 0,
    "color": "black",
    "seed": 0,
}


@dataclass(frozen=True)
class Settings:
    """The controls of the window and the parameter page. Defaults are the engine's own; 0 stands
    for its automatic choice.

    strokes: 1 to 256.
    preset: how much work to finish with.
    guide: judge of likeness.
    mask: what belongs to the subject.
    faces: whether the features of faces are laid.
    subjects: whether subjects that stand apart are drawn apart.
    background: strokes for what lies behind the subject, 0 for none.
    width: of a stroke in the document's display unit, 0 for the engine's.
    ink: a CSS colour, or ``photo``.
    look: one of `restyle.LOOKS`.
    seed: another number is another try.
    seeds: starts that compete, 0 for the preset's.
    bitmap: keep, dim, dim and lock, or hide it afterwards.
    replaces: whether earlier sketches of the bitmap go.
    """

    strokes: int = 16
    preset: str = FINISH
    guide: str = "auto"
    mask: str = "auto"
    faces: str = "auto"
    subjects: str = "auto"
    background: int = 0
    width: float = 0.0
    ink: str = "black"
    look: str = PLAIN
    seed: int = 0
    seeds: int = 0
    bitmap: str = KEEP
    replaces: bool = False

    @property
    def looks(self) -> Restyling:
        """How the strokes of a sketch that is there are to look."""
        ink = {"black": "#000000", PHOTO_INK: None}.get(self.ink, self.ink)
        look = KEEP_LOOK if self.look == PLAIN else self.look
        return Restyling(look, self.width, ink, KEEP_LOOK)

    def without_looks(self, pen: float = 0.0) -> Settings:
        """With a pen of that width, 0 for the engine's own, and every stroke's colour in the
        photograph: whatever the looks, the strokes are the same.
        """
        return replace(self, width=pen, ink=PHOTO_INK, look=PLAIN)

    def request(self, width_px: float, preset: str) -> Dict[str, Any]:
        """The engine's request: what differs from its defaults. `width_px` is the width in the
        picture's pixels, 0 for automatic.
        """
        chosen = {
            "strokes": self.strokes,
            "preset": preset,
            "guide": self.guide,
            "mask": self.mask,
            "faces": self.faces,
            "subjects": self.subjects,
            # the whole picture has nothing behind it
            "background": 0 if self.mask == "none" else self.background,
            "color": self.ink,
            "seed": self.seed,
        }
        differing = {
            name: value for name, value in chosen.items() if value != ENGINE_DEFAULTS[name]
        }
        request: Dict[str, Any] = {"version": 1, **differing}
        if width_px > 0:
            request["width_px"] = round(width_px, 4)
        if self.seeds and preset != DRAFT:
            request["seeds"] = self.seeds
        return request


def load(path: Path) -> Settings:
    """The stored settings; what can't be read is the default."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last: brackets without end
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    known: Dict[str, Any] = {}
    for field in fields(Settings):
        value = stored.get(field.name)
        is_whole = type(field.default) is float and type(value) is int
        if type(value) is type(field.default) or is_whole:
            known[field.name] = value
    return sane(Settings(**known))


def sane(settings: Settings) -> Settings:
    """Within the limits that the controls have, and nothing that the engine would refuse."""
    standard = Settings()
    is_guide = re.fullmatch(r"auto|lite|clip:\S+", settings.guide)
    is_ink = settings.ink in INKS or re.fullmatch("#[0-9a-fA-F]{6}", settings.ink)
    width = float(settings.width) if math.isfinite(settings.width) else standard.width
    return replace(
        settings,
        preset=settings.preset if settings.preset in PRESETS else standard.preset,
        guide=settings.guide if is_guide else standard.guide,
        mask=settings.mask if settings.mask in MASKS else standard.mask,
        faces=settings.faces if settings.faces in FACES else standard.faces,
        subjects=settings.subjects if settings.subjects in SUBJECTS else standard.subjects,
        background=min(max(settings.background, 0), MAX_STROKES),
        ink=settings.ink if is_ink else standard.ink,
        look=settings.look if settings.look in LOOKS else standard.look,
        strokes=min(max(settings.strokes, 1), MAX_STROKES),
        width=min(max(width, 0.0), MAX_WIDTH),
        seed=min(max(settings.seed, 0), MAX_SEED),
        seeds=min(max(settings.seeds, 0), MAX_SEEDS),
        bitmap=settings.bitmap if settings.bitmap in TREATMENTS else standard.bitmap,
    )


def store(settings: Settings, path: Path) -> None:
    """Remember. A disk that is full or read-only forgets, which the log tells."""
    scratch = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
        move(scratch, path)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink()
        log(f"the settings could not be stored: {error}")
