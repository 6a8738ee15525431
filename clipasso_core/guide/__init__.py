"""Guides: the frozen networks that judge how much a sketch is like its photograph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clipasso_core.errors import UserError
from clipasso_core.wording import Wording

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from clipasso_core.request import SketchRequest

PUBLISHED_MODEL = "RN101"  # the paper's guide (section 3.2)
HARD_WORKING = ("standard", "published")  # presets for which CLIP is worth its time without a GPU


@dataclass(frozen=True)
class Recipe:
    """How likeness is measured with a guide's features.

    kind: ``published`` takes the mean squared difference of each layer (paper, equation 2);
        ``centred`` takes, at each position, one minus the cosine of the features after those of a
        blank page are taken away, weighted by the target's energy there. Networks that were not
        trained on drawings need the latter: on a white page their raw features differ little.
    layers: weight of each layer's term, by the layer's name.
    embedding: weight of one minus the cosine of the embeddings (paper, equation 1).
    """

    kind: str
    layers: dict[str, float]
    embedding: float


@dataclass
class Features:
    """What a guide sees in B pictures, in float32."""

    maps: dict[str, Tensor]  # by layer, [B, C, h, w] each
    embedding: Tensor  # [B, D]
    # how much each position counts, by layer, [B, h, w] each; None where all count the same
    weights: dict[str, Tensor] | None = None

    def select(self, index: slice | Tensor) -> Features:
        """The features of some of the pictures."""
        return self._each(lambda value: value[index])

    def in_place(self, which: slice) -> Features:
        """What is wanted in the place of some pictures: one may stand for all."""
        return self if len(self.embedding) == 1 else self.select(which)

    def beside(self, others: Features) -> Features:
        """These pictures, then the others."""
        import torch

        def both(one: dict[str, Tensor], other: dict[str, Tensor]) -> dict[str, Tensor]:
            return {name: torch.cat([value, other[name]]) for name, value in one.items()}

        weights = both(self.weights, others.weights) if self.weights and others.weights else None
        embedding = torch.cat([self.embedding, others.embedding])
        return Features(both(self.maps, others.maps), embedding, weights)

    def repeat(self, times: int) -> Features:
        """All pictures, `times` over."""
        if times == 1:
            return self
        return self._each(lambda value: value.repeat(times, *[1] * (value.dim() - 1)))

    def copy(self) -> Features:
        """The same values elsewhere in memory."""
        return self._each(lambda value: value.clone())

    def copy_(self, others: Features) -> None:
        """Take the values of as many other pictures."""
        for ours, theirs in ((self.maps, others.maps), (self.weights, others.weights)):
            for name, value in (ours or {}).items():
                value.copy_((theirs or {})[name])
        self.embedding.copy_(others.embedding)

    def like(self) -> Features:
        """As many numbers, of any value, as a copy has them in memory."""
        import torch

        return self._each(torch.empty_like)

    def tensors(self) -> list[Tensor]:
        """All of them, always in the same order."""
        return [*self.maps.values(), self.embedding, *(self.weights or {}).values()]

    def detach(self) -> Features:
        """The same values without gradient."""
        return self._each(lambda value: value.detach())

    def weighted(self, weight: Tensor) -> Features:
        """These pictures, of which each place counts for so much: [B, 1, H, W]."""
        import torch.nn.functional as F

        pooled = {
            name: F.adaptive_avg_pool2d(weight, (value.shape[2], value.shape[3]))[:, 0]
            for name, value in self.maps.items()
        }
        return Features(self.maps, self.embedding, pooled)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Features:
        maps = {name: change(value) for name, value in self.maps.items()}
        weights = self.weights and {name: change(value) for name, value in self.weights.items()}
        return Features(maps, change(self.embedding), weights)


Loss = Callable[[Features, Features], "Tensor"]  # (seen, wanted) -> [B]


class Guide(ABC):
    """A frozen image tower. It knows its own normalisation, input size, arithmetic and recipe."""

    name: str  # as a request names it
    weights: str  # where its numbers come from, for the log
    side: int  # of its input, px
    device: torch.device
    dtype: torch.dtype
    recipe: Recipe
    # whether it computes in threads of its own, so that nothing else should be shared out
    own_threads = False

    @abstractmethod
    def features(self, pictures: Tensor) -> Features:
        """Look at pictures [B, 3, side, side], RGB in 0..1.

        Gradients flow to the pictures; the weights have none.
        """

    def compare(self, pictures: Tensor, wanted: Features, loss: Loss) -> Tensor:
        """The loss [B] of pictures [B, 3, side, side]. wanted: one for each picture, or one for
        all.

        Gradients flow to the pictures. loss: takes the features of any number of pictures and of
        those wanted, gives a value for each picture from its own features alone.
        """
        return loss(self.features(pictures), wanted)

    @abstractmethod
    def relevance(self, picture: Tensor) -> Tensor:
        """Where in a picture [1, 3, side, side] the guide sees something.

        Returns [h, w] in 0..1, as coarse as its features are.
        """

    def words(self, text: str) -> Tensor:
        """Embedding [1, D] of a text. Raises `UserError` for a guide that knows no words."""
        raise UserError(
            "no-text",
            "the guide {guide} knows no words: --text needs a CLIP guide, for example --guide"
            " clip:RN101:openai",
            guide=self.name,
        )


def stretch(values: Tensor) -> Tensor:
    """Linearly onto 0..1 (zero everywhere when all values are equal)."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low).clamp_min(1e-12)


def choose_guide(request: SketchRequest, preset: str, device: str) -> tuple[str, Wording]:
    """The guide's full name, and one clause that says why. `preset` and `device` are those in
    force, never ``auto``.
    """
    from clipasso_core.machine import models

    if request.guide != "auto":
        return request.guide, Wording("as asked")
    clip = models.best_clip(as_published=preset == "published")
    if request.text is not None:
        if clip is None:
            raise UserError(
                "no-weights",
                "--text needs a CLIP guide, and no CLIP weights are on this machine: run clipasso"
                " models fetch {guide}",
                guide=models.FAVOURITE,
            )
        return clip, Wording("it knows words")
    if clip is None:
        return "lite", Wording("no CLIP weights on this machine")
    if device == "cuda" or preset in HARD_WORKING:
        return clip, Wording("its weights are on this machine")
    return "lite", Wording("CLIP is slow without a GPU")


def load_guide(
    name: str, device: str = "cpu", precision: str = "auto", text: bool = False
) -> Guide:
    """Load a guide, frozen and folded, onto a device. `text` loads the text tower too.

    Raises `UserError` when there is no such guide or its weights are not on this machine; nothing
    is ever downloaded.
    """
    if name == "lite":
        from clipasso_core.guide.lite import LiteGuide

        return LiteGuide(device, precision)
    from clipasso_core.guide.clip import ClipGuide

    return ClipGuide(name, device, precision, text)
