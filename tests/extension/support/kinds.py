"""Types of what the fixtures in conftest.py give."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Protocol, Sequence, Tuple, Union


class Run(Protocol):
    """Runs a menu entry on a document in this process; returns the bytes that Inkscape gets."""

    def __call__(
        self,
        kind: str,
        body: Union[str, bytes],
        *words: str,
        ids: Sequence[str] = (),
        page: str = ...,
    ) -> bytes: ...


class Script(Protocol):
    """Runs a menu entry's file as Inkscape does; returns its status and the two streams."""

    def __call__(
        self, kind: str, body: Union[str, bytes], *words: str, **environment: str
    ) -> Tuple[int, bytes, bytes]: ...


class Pointer(Protocol):
    """Points the extension to an engine's command; to the fake engine if nothing else is said.
    Returns the file that does so.
    """

    def __call__(self, *command: str) -> Path: ...


class Heard(Protocol):
    """The lines that the engine was told."""

    def __call__(self) -> List[Dict[str, Any]]: ...
