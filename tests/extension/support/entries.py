"""The menu entries of the extension, by the word in the names of their files."""

from __future__ import annotations

from typing import Dict, Type

from clipasso_ext import edit_effects, many_effect, sketch_effects
from clipasso_ext.effects import Effect

BITMAP_ENTRIES: Dict[str, Type[Effect]] = {
    "sketch": sketch_effects.SketchEffect,
    "parameters": sketch_effects.ParametersEffect,
    "background": sketch_effects.BackgroundEffect,
    "insert": sketch_effects.InsertEffect,
    "deliver": sketch_effects.DeliverEffect,
    "engine": sketch_effects.EngineEffect,
}
OTHER_ENTRIES: Dict[str, Type[Effect]] = {"many": many_effect.ManyEffect}
EDIT_ENTRIES: Dict[str, Type[Effect]] = {
    "redraw": edit_effects.RedrawEffect,
    "add": edit_effects.AddEffect,
    "level": edit_effects.LevelEffect,
    "lock": edit_effects.LockEffect,
    "unlock": edit_effects.UnlockEffect,
    "restyle": edit_effects.RestyleEffect,
    "join": edit_effects.JoinEffect,
    "order": edit_effects.PlotOrderEffect,
}
ENTRIES = {**BITMAP_ENTRIES, **EDIT_ENTRIES, **OTHER_ENTRIES}
