"""CLIP image towers as guides (Radford et al. 2021), through open_clip."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from clipasso_core.errors import UserError
from clipasso_core.guide import Features, Guide, Loss, Recipe, stretch
from clipasso_core.guide.arithmetic import choose_dtype, freeze, put_in, taken_out
from clipasso_core.guide.packed import can_pack, pack
from clipasso_core.guide.transformer import SelfAttention, straighten
from clipasso_core.machine.clip import ClipSpec, is_path, parse_clip
from clipasso_core.machine.weights import read_weights

# paper, section 3.2
RESNET_RECIPE = Recipe("published", {"layer2": 1.0, "layer3": 1.0}, embedding=0.1)
# That a ResNet looks at together on a processor, as many as a step's views. RN101 in fp32 takes
# longer for each of fewer, and twice as long for one alone
PICTURES_AT_ONCE = 5
IMAGES = "visual."  # of the names of an image tower's numbers


class ClipGuide(Guide):
    """``clip:MODEL[:PRETRAINED]``.

    PRETRAINED is an open_clip tag, a weights file's path, or ``random`` for the untrained
    architecture (for tests and measurements; its sketches mean nothing).
    """

    def __init__(self, name: str, device: str, precision: str = "auto", text: bool = False) -> None:
        spec = parse_clip(name)
        self.name = str(spec)
        self.weights = spec.describe()
        self.device = torch.device(device)
        self.dtype = choose_dtype(precision, self.device)
        model = _load(spec, text)
        tower: Any = model.visual
        from open_clip.modified_resnet import ModifiedResNet

        self._is_resnet = isinstance(tower, ModifiedResNet)
        if self._is_resnet:
            taps = {layer: getattr(tower, layer) for layer in RESNET_RECIPE.layers}
            self.recipe = RESNET_RECIPE
        else:
            taps = _vit_taps(tower)
            self.recipe = Recipe("centred", dict.fromkeys(taps, 1.0), embedding=0.5)
        size = tower.image_size
        self.side = size if isinstance(size, int) else size[0]
        mean, deviation = spec.normalisation()
        self._mean = torch.tensor(mean, device=self.device).view(3, 1, 1)
        self._deviation = torch.tensor(deviation, device=self.device).view(3, 1, 1)
        self._seen: dict[str, Tensor] = {}
        for layer, module in taps.items():
            module.register_forward_hook(_keep(self._seen, layer))
        if not self._is_resnet:
            straighten(tower)
        frozen = freeze(tower).to(self.device, self.dtype)
        self._tower: Any = frozen.to(memory_format=torch.channels_last)
        if self._is_resnet and device == "cpu" and can_pack(self.dtype):
            pack(self._tower)
        self._text: tuple[Any, Any] | None = None
        if text:
            import open_clip

            model.visual = nn.Identity()
            text_tower = model.eval().requires_grad_(False).to(self.device)
            self._text = (text_tower, open_clip.get_tokenizer(spec.model))

    def features(self, pictures: Tensor) -> Features:
        """See `Guide.features`."""
        normal = (pictures - self._mean) / self._deviation
        embedding = self._tower(put_in(normal, self.dtype))
        seen = dict(self._seen)
        self._seen.clear()
        if not self._is_resnet:
            seen = {layer: _grid(tokens, self._tower.grid_size) for layer, tokens in seen.items()}
        maps = {layer: taken_out(seen[layer]) for layer in self.recipe.layers}
        return Features(maps, taken_out(embedding))

    def compare(self, pictures: Tensor, wanted: Features, loss: Loss) -> Tensor:
        """See `Guide.compare`. Where many sketches are compared, as when strokes are ordered, a
        processor takes few at a time: a ResNet's inner values are large.
        """
        is_followed = torch.is_grad_enabled() and pictures.requires_grad
        if not self._is_resnet or self.device.type != "cpu" or is_followed:
            return super().compare(pictures, wanted, loss)
        losses = []
        for begin in range(0, len(pictures), PICTURES_AT_ONCE):
            some = slice(begin, begin + PICTURES_AT_ONCE)
            losses.append(loss(self.features(pictures[some]), wanted.in_place(some)))
        return torch.cat(losses)

    @torch.no_grad()
    def relevance(self, picture: Tensor) -> Tensor:
        """See `Guide.relevance`.

        ViT: attention from the class token to the patches, mean over blocks and heads (paper,
        section 3.3). ResNet: strength of the deepest tapped features over those of a blank page.
        """
        if self._is_resnet or not _plain_attention(self._tower):
            deepest = list(self.recipe.layers)[-1]
            both = self.features(torch.cat([picture, torch.ones_like(picture)])).maps[deepest]
            return stretch((both[0] - both[1]).norm(dim=0))
        inputs: list[Tensor] = []  # of each block's attention, [1, 1 + h*w, D]

        def keep(_module: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
            inputs.append(args[0] if args else named["query"])

        blocks = self._tower.transformer.resblocks
        handles = [block.attn.register_forward_pre_hook(keep, with_kwargs=True) for block in blocks]
        try:
            self.features(picture)
        finally:
            for handle in handles:
                handle.remove()
        maps = [_class_attention(block.attn, x) for block, x in zip(blocks, inputs, strict=True)]
        return stretch(torch.stack(maps).mean(0).view(*self._tower.grid_size))

    @torch.no_grad()
    def words(self, text: str) -> Tensor:
        """See `Guide.words`."""
        if self._text is None:
            raise UserError(
                "no-text", "the guide {guide} was loaded without its text tower", guide=self.name
            )
        model, tokenizer = self._text
        embedding: Tensor = model.encode_text(tokenizer([text]).to(self.device))
        return embedding.float()


def _keep(seen: dict[str, Tensor], layer: str) -> Callable[[nn.Module, Any, Tensor], None]:
    """A hook that does not hold the guide: one that nobody needs any more goes at once."""

    def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        seen[layer] = output

    return hook


def _load(spec: ClipSpec, text: bool) -> Any:
    """The CLIP model in float32 on the CPU, its text tower with numbers only if `text`."""
    import open_clip

    path = spec.require_weights()
    # without memory, where all numbers that are wanted come from the file
    device = torch.device("cpu" if path is None or text else "meta")
    with device:
        model: Any = open_clip.create_model(
            spec.model,
            device=device,
            pretrained=None,
            load_weights=False,
            force_quick_gelu=spec.quick_gelu(),
            pretrained_text=False,
        )
    if path is None:
        return model
    try:
        weights = _fitted(model, read_weights(path))
        if text:
            model.load_state_dict(weights)
        else:
            model.visual.load_state_dict(_of_images(weights), assign=True)
    except Exception as error:
        # safetensors and torch raise many kinds for a file that does not fit its model
        raise _unfit(spec, path, type(error).__name__) from error
    return model


def _unfit(spec: ClipSpec, path: Path, fault: str) -> UserError:
    if is_path(spec.pretrained):
        return UserError(
            "bad-weights",
            "{path} does not hold the weights of {model} or is damaged ({fault}): name the model"
            " that it belongs to, or get the file again",
            path=path,
            model=spec.model,
            fault=fault,
        )
    return UserError(
        "bad-weights",
        "{path} does not hold the weights of {model} or is damaged ({fault}): fetch it again with"
        " clipasso models fetch {weights}",
        path=path,
        model=spec.model,
        fault=fault,
        weights=spec,
    )


def _fitted(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same under the names and in the shapes that the model has: checkpoints of training carry
    a prefix, some a vector where the model has a number.
    """
    from open_clip.convert import convert_state_dict

    named = {name.removeprefix("module."): value for name, value in weights.items()}
    converted: dict[str, Tensor] = convert_state_dict(model, named)
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    return {
        name: value.reshape(shapes[name]) if name in shapes and value.numel() == 1 else value
        for name, value in converted.items()
    }


def _of_images(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Numbers of the image tower in float32 and in memory of their own: where they were read from
    is let go.
    """
    own = {name: value for name, value in weights.items() if name.startswith(IMAGES)}
    return {
        name.removeprefix(IMAGES): value.to(
            torch.float32 if value.is_floating_point() else value.dtype, copy=True
        )
        for name, value in own.items()
    }


def _vit_taps(tower: Any) -> dict[str, nn.Module]:
    """Blocks at a third and at two thirds of the depth.

    They see outlines and parts, as layers 2 and 3 of a ResNet do.
    """
    blocks = tower.transformer.resblocks
    depths = (round(len(blocks) / 3), round(2 * len(blocks) / 3))
    return {f"block{depth}": blocks[depth - 1] for depth in depths}


def _grid(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """[B, 1 + h*w, D] tokens as a map [B, D, h, w], without the class token."""
    patches = tokens[:, tokens.shape[1] - math.prod(grid) :]
    return patches.transpose(1, 2).reshape(tokens.shape[0], -1, *grid)


def _plain_attention(tower: Any) -> bool:
    return all(
        isinstance(getattr(block, "attn", None), SelfAttention)
        for block in tower.transformer.resblocks
    )


def _class_attention(attention: SelfAttention, tokens: Tensor) -> Tensor:
    """Softmax attention of the class token over the patches, mean over heads: [h*w].

    tokens: [1, 1 + h*w, D], normed.
    """
    width, heads = attention.width, attention.heads
    # queries and keys of all tokens: [1 + h*w, D] each
    weight = attention.in_proj_weight[: 2 * width]
    bias = attention.in_proj_bias[: 2 * width]
    query, key = nn.functional.linear(tokens[0], weight, bias).float().chunk(2, -1)
    # the class token's query, and all keys, a head each
    query = query[0].view(heads, 1, -1)  # [heads, 1, d]
    key = key.view(len(key), heads, -1).permute(1, 2, 0)  # [heads, d, tokens]
    # its attention to all tokens: [heads, 1, 1 + h*w]
    weights = (query @ key / math.sqrt(width // heads)).softmax(-1)
    return weights[:, 0, 1:].mean(0)
