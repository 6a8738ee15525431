"""TorchScript archives, as OpenAI publishes CLIP in: made here, of untrained models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

PICTURE = torch.zeros(1, 3, 224, 224)


class Program(nn.Module):
    """A CLIP model with what OpenAI's archives hold beside it; it looks at pictures only."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        for name, part in model.named_children():
            setattr(self, name, part)
        for name, value in model.named_parameters(recurse=False):
            setattr(self, name, value)
        self.register_buffer("input_resolution", torch.tensor(224))
        self.register_buffer("context_length", torch.tensor(77))
        self.register_buffer("vocab_size", torch.tensor(49408))

    def forward(self, pictures: Tensor) -> Tensor:
        """Embeddings of pictures."""
        tower: Any = self.visual
        seen: Tensor = tower(pictures)
        return seen


def save_archive(model: nn.Module, path: Path) -> None:
    """In 16 bits, as OpenAI does."""
    with torch.no_grad():
        traced: Any = torch.jit.trace(Program(model), PICTURE, check_trace=False)
    traced.half().save(str(path))
