"""What of the engine is for others: what the API's pages show."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import FunctionType
from typing import Any

import clipasso_core

DOCUMENT = Path(clipasso_core.__file__).parent / "document"
# beside the package itself, which gives what its ``__all__`` names
MODULES = (
    "clipasso_core.raster",
    "clipasso_core.guide",
    "clipasso_core.presets",
    "clipasso_core.request",
    "clipasso_core.result",
    "clipasso_core.document",
    *(f"clipasso_core.document.{module.name}" for module in iter_modules([str(DOCUMENT)])),
)


def public() -> Iterator[tuple[str, Any]]:
    """Every public function, class and method by its full name."""
    names = [name.partition(".")[2] for name in MODULES]
    things = {name: getattr(clipasso_core, name) for name in clipasso_core.__all__}
    for name in names:
        module = import_module(f"clipasso_core.{name}")
        for own, thing in vars(module).items():
            if getattr(thing, "__module__", None) == module.__name__ and own[0] != "_":
                things[f"{name}.{own}"] = thing
    for name, thing in things.items():
        if inspect.isclass(thing):
            methods = {
                one: method
                for one, method in vars(thing).items()
                if isinstance(method, (FunctionType, classmethod, staticmethod)) and one[0] != "_"
            }
            yield name, thing
            yield from ((f"{name}.{one}", method) for one, method in methods.items())
        elif inspect.isfunction(thing):
            yield name, thing
