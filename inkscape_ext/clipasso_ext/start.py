"""How a menu entry begins: what its code needs is there, or what is lacking is told by name."""

from __future__ import annotations

import sys
from importlib import import_module

from clipasso_ext.needs import explain, find_lacking
from clipasso_ext.telling import tell


def start(module: str, name: str) -> None:
    """Run the menu entry of that name, an effect in that module of this package."""
    try:
        kind = getattr(import_module(f"clipasso_ext.{module}"), name)
        from clipasso_ext.effects import main
    except ImportError:
        lacking = find_lacking()
        if not lacking:
            raise  # Inkscape shows it
        tell(explain(lacking), sys.stderr)
        return
    main(kind)
