"""What takes long to make and may be kept from one sketch to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clipasso_core.guide import load_guide
from clipasso_core.photo.faces import Face, find_faces
from clipasso_core.photo.mask import Mask, find_subject
from clipasso_core.photo.regions import read_regions

if TYPE_CHECKING:
    import numpy as np

    from clipasso_core.frame import Frame
    from clipasso_core.guide import Guide
    from clipasso_core.photo.picture import Picture


class Resources:
    """Makes guides and masks anew for each job. The warm engine's own (`service.worker`) keeps
    them, and lets others compute in between.
    """

    def guide(self, name: str, device: str, precision: str = "auto", text: bool = False) -> Guide:
        """A guide by its name; see `guide.load_guide`."""
        return load_guide(name, device, precision, text)

    def subject(
        self, picture: Picture, choice: str, guide: str, relevance: Callable[[], np.ndarray]
    ) -> Mask:
        """The mask that `choice` names; see `photo.mask.find_subject`.

        guide: name of the one whose relevance is asked for where all else lacks.
        """
        return find_subject(picture, choice, relevance)

    def faces(self, picture: Picture, frame: Frame) -> list[Face]:
        """The faces of a photograph whose subject fills a frame; see `photo.faces.find_faces`."""
        return find_faces(picture, frame)

    def emphasis(self, picture: Picture, path: str) -> np.ndarray:
        """What matters to the person; see `photo.regions.read_regions`."""
        return read_regions(picture, path, "emphasis")

    def give_way(self) -> None:
        """Called between two pieces of work: a chance for others to compute first."""
