"""The engine's documents with the looks that are chosen, each made once."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from clipasso_ext.document.restyle import Restyling
from clipasso_ext.document.still import Still
from clipasso_ext.engine.sketch_task import PhotoTask


class Stills:
    """Remembers the last one."""

    def __init__(self) -> None:
        self._last: Tuple[Any, Optional[Still]] = (None, None)  # what it is of, and the still

    def drawn(self, svg: str, task: PhotoTask, looks: Restyling, grows: bool) -> Still:
        """Of what is on show. grows: it is one of many a second."""
        key = svg, looks, grows
        if self._last[0] != key:
            self._last = key, made(svg, task, looks, grows)
        assert self._last[1] is not None
        return self._last[1]


def made(svg: str, task: PhotoTask, looks: Restyling, grows: bool = False) -> Still:
    """A sketch of a task, whose width is in the document's unit."""
    width_px = 0.0
    # what the width comes to is known once the picture was read, for which nobody waits here
    if looks.width > 0 and task.pixels_if_read is not None:
        width_px = task.width_px(looks.width)
    return Still(svg, looks._replace(width=width_px), grows)
