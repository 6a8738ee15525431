"""What the person chose last, and how it becomes a request."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Dict

from .host import log
from .layer import DIM, HIDE, KEEP

FINISH, DRAFT = "auto", "draft"
PHOTO_INK = "photo"
MAX_STROKES = 256
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """The controls of the window and the parameter page. Defaults are the engine's own; 0 stands for its automatic choice.

    strokes: 1 to 256. preset: how much work to finish with. guide: judge of likeness. mask: what belongs to the subject.
    width: of a stroke in the document's display unit, 0 for the engine's. ink: a CSS colour, or ``photo``.
    seed: another number is another try. seeds: starts that compete, 0 for the preset's. bitmap: keep, dim or hide it afterwards.
    """

    strokes: int = 16
    preset: str = FINISH
    guide: str = "auto"
    mask: str = "auto"
    width: float = 0.0
    ink: str = "black"
    seed: int = 0
    seeds: int = 0
    bitmap: str = KEEP

    def request(self, width_px: float, preset: str) -> Dict[str, Any]:
        """The engine's request: what differs from its defaults. `width_px` is the width in the picture's pixels, 0 for automatic."""
        chosen = {"strokes": self.strokes, "preset": preset, "guide": self.guide, "mask": self.mask, "color": self.ink, "seed": self.seed}
        standard = {"strokes": 16, "preset": "auto", "guide": "auto", "mask": "auto", "color": "black", "seed": 0}
        request = {"version": 1, **{name: value for name, value in chosen.items() if value != standard[name]}}
        if width_px > 0:
            request["width_px"] = round(width_px, 4)
        if self.seeds and preset != DRAFT:
            request["seeds"] = self.seeds
        return request


def load(path: Path) -> Settings:
    """The stored settings; what can't be read is the default."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    settings = Settings()
    for field in fields(Settings):
        value = stored.get(field.name) if isinstance(stored, dict) else None
        if type(value) is type(field.default) or (type(field.default) is float and type(value) is int):
            settings = replace(settings, **{field.name: value})
    return sane(settings)


def sane(settings: Settings) -> Settings:
    """Within the limits that the controls have."""
    return replace(
        settings,
        strokes=min(max(settings.strokes, 1), MAX_STROKES),
        width=min(max(float(settings.width), 0.0), 1000.0),
        seed=min(max(settings.seed, 0), MAX_SEED),
        seeds=min(max(settings.seeds, 0), 64),
        bitmap=settings.bitmap if settings.bitmap in (KEEP, DIM, HIDE) else KEEP,
    )


def store(settings: Settings, path: Path) -> None:
    """Remember. A disk that is full or read-only forgets, which the log tells."""
    scratch = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
        os.replace(scratch, path)
    except OSError as error:
        log(f"the settings could not be stored: {error}")
