"""EfficientNet-Lite0 (Tan & Le 2019) in plain torch: importing timm takes longer than torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

STEM = 32  # channels of the first layer
HEAD = 1280  # and of the last
STAGES = (  # blocks, kernel, stride of the first, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3  # of its batch norms
HIGHEST = 6.0  # what its activation lets through


class EfficientNetLite0(nn.Module):
    """The trained network without its classifier, frozen, its batch norms folded away.

    stored: its tensors in the order in which they were trained: for each layer the kernel, then the
        norm's weight, bias, mean, variance and count; the classifier's two come last.
    taps: the stages whose results are wanted, in ascending order.
    """

    PICTURE = 3, 224, 224

    def __init__(self, stored: Sequence[Tensor], taps: Sequence[int]) -> None:
        """Raises `ValueError` when the tensors are not this network's."""
        super().__init__()
        self.taps = tuple(taps)
        tensors = iter(stored)
        self.stem = _folded(tensors, 3, STEM, 3, 2)
        self.stages = nn.ModuleList()
        channels = STEM
        for blocks, kernel, stride, expansion, out in STAGES:
            stage = nn.Sequential()
            for place in range(blocks):
                strides = stride if place == 0 else 1
                stage.append(Block(tensors, channels, out, kernel, strides, expansion))
                channels = out
            self.stages.append(stage)
        self.head = _folded(tensors, channels, HEAD, 1)
        if [tuple(one.shape) for one in tensors] != [(1000, HEAD), (1000,)]:
            raise ValueError("the classifier does not follow")
        self.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> tuple[dict[int, Tensor], Tensor]:
        """What the tapped stages see, [B, C, h, w] each, and the embedding [B, 1280, 7, 7].

        pictures: [B, 3, 224, 224], normalised.
        """
        x = _relu6(self.stem(pictures))
        seen = {}
        for place, stage in enumerate(self.stages):
            x = stage(x)
            if place in self.taps:
                seen[place] = x
        return seen, _relu6(self.head(x))

    def blocks(self) -> Iterator[tuple[int, Block]]:
        """All blocks, each with its stage."""
        for place, stage in enumerate(self.stages):
            for block in stage.children():
                assert isinstance(block, Block)
                yield place, block


class Block(nn.Module):
    """Expand, look around in each channel, project (Sandler et al. 2018).

    What comes in is added where the shape allows it.
    """

    def __init__(
        self,
        tensors: Iterator[Tensor],
        channels: int,
        out: int,
        kernel: int,
        stride: int,
        expansion: int,
    ) -> None:
        super().__init__()
        inner = channels * expansion
        self.expand = _folded(tensors, channels, inner, 1) if expansion > 1 else None
        self.depthwise = _folded(tensors, inner, inner, kernel, stride, inner)
        self.project = _folded(tensors, inner, out, 1)
        self.adds = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        inner = x if self.expand is None else _relu6(self.expand(x))
        y: Tensor = self.project(_relu6(self.depthwise(inner)))
        return x + y if self.adds else y


def _relu6(x: Tensor) -> Tensor:
    return F.hardtanh(x, 0.0, HIGHEST)


def _folded(
    tensors: Iterator[Tensor],
    channels: int,
    out: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
) -> nn.Conv2d:
    """A convolution and the norm after it as one.

    It was trained on pictures padded by one pixel more at the end where it strides. A kernel with a
    row and a column of zeros before it does the same without a copy of the picture, for even sizes.
    """
    try:
        weight, scale, bias, mean, variance, _ = (next(tensors) for _ in range(6))
    except (StopIteration, RuntimeError):
        raise ValueError("tensors are missing") from None
    found = tuple(weight.shape)
    expected = (out, channels // groups, kernel, kernel)
    if found != expected or tuple(scale.shape) != (out,):
        raise ValueError(f"a kernel of {found} where {expected} was expected")
    # the norm's factor goes into the kernel [out, in, k, k], its shift into the bias [out]
    scale = scale / (variance + EPSILON).sqrt()
    weight = weight * scale[:, None, None, None]
    if stride > 1:
        weight = F.pad(weight, (1, 0, 1, 0))
    convolution = nn.Conv2d(channels, out, weight.shape[-1], stride, kernel // 2, groups=groups)
    assert convolution.bias is not None
    convolution.weight.data = weight
    convolution.bias.data = bias - mean * scale
    return convolution
