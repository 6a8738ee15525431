"""Which CLIP models can guide, and where the weights of one are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from clipasso_core.errors import UserError
from clipasso_core.machine import folders
from clipasso_core.machine.records import read_records
from clipasso_core.machine.silence import keep_silent
from clipasso_core.machine.weights import is_torchscript

RANDOM = "random"
OPENAI = "openai"
# Of these models other weights than OpenAI's are the ones to fetch
RECOMMENDED = {"ViT-B-16": "laion2b_s34b_b88k"}

ENDINGS = (".safetensors", ".bin", ".pt")  # of weights that were downloaded by hand


@dataclass(frozen=True)
class ClipSpec:
    """A parsed ``clip:MODEL[:PRETRAINED]``."""

    model: str
    pretrained: str

    def __str__(self) -> str:
        return f"clip:{self.model}:{self.pretrained}"

    def describe(self) -> str:
        """For the log."""
        return "untrained" if self.pretrained == RANDOM else f"CLIP {self.model}, {self.pretrained}"

    def _config(self) -> dict[str, Any]:
        from open_clip.pretrained import get_pretrained_cfg

        config: dict[str, Any] = get_pretrained_cfg(self.model, self._tag())
        return config

    def _tag(self) -> str:
        """open_clip's tag of the weights; for a file the one that its form or its name tells of, or
        "": ``MODEL-TAG``, a folder named as the hub's repository, OpenAI's own archive.
        """
        if not is_path(self.pretrained):
            return self.pretrained
        from open_clip.pretrained import list_pretrained_tags_by_model

        path = Path(self.pretrained).expanduser()
        if is_torchscript(path):
            return OPENAI
        tags: list[str] = list_pretrained_tags_by_model(self.model)
        for tag in tags:
            repository = os.path.basename(ClipSpec(self.model, tag).repository())
            folders_of_hub = [part for part in path.parts if repository and repository in part]
            if path.stem == f"{self.model}-{tag}" or folders_of_hub:
                return tag
        return ""

    def quick_gelu(self) -> bool:
        """Whether the weights were trained with the fast approximation of GELU."""
        return bool(self._config().get("quick_gelu", False))

    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation of the pictures that the weights were trained on."""
        from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

        config = self._config()
        mean = tuple(config.get("mean", OPENAI_DATASET_MEAN))
        deviation = tuple(config.get("std", OPENAI_DATASET_STD))
        return mean, deviation

    def repository(self) -> str:
        """Name of the Hugging Face repository, or "" when open_clip knows none."""
        return os.path.split(str(self._config().get("hf_hub", "")))[0]

    def weights(self) -> Path | None:
        """The weights' file on this machine, if it is there."""
        if is_path(self.pretrained):
            return Path(os.path.expanduser(self.pretrained))  # "~nobody" is a name like others
        record = read_records().get(str(self))
        if record and (folders.models() / record["file"]).is_file():
            return folders.models() / record["file"]
        return next((path for path in self.places_by_hand() if os.path.isfile(path)), None)

    def places_by_hand(self) -> list[Path]:
        """Where a file that was downloaded by hand is looked for."""
        return [folders.models() / f"{self.model}-{self.pretrained}{ending}" for ending in ENDINGS]

    def require_weights(self) -> Path | None:
        """The weights' file, None for random ones.

        Raises `UserError` when it is missing or damaged.
        """
        if self.pretrained == RANDOM:
            return None
        path = self.weights()
        if path is None or not os.path.isfile(path):  # which no length of name troubles
            if is_path(self.pretrained):
                raise UserError(
                    "no-weights",
                    "there is no weights file {path}: check the path",
                    path=self.pretrained,
                )
            raise UserError(
                "no-weights",
                "the weights of {weights} are not on this machine: run clipasso models fetch"
                " {weights}, or use --guide lite",
                weights=self,
            )
        record = read_records().get(str(self))
        if (
            record
            and path == folders.models() / record["file"]
            and path.stat().st_size != record["size"]
        ):
            raise UserError(
                "bad-weights",
                "{path} is not whole: run clipasso models fetch {weights}",
                path=path,
                weights=self,
            )
        return path


def is_path(pretrained: str) -> bool:
    has_folder = any(mark in pretrained for mark in "/\\")
    return has_folder or pretrained.endswith((*ENDINGS, ".pth"))


@lru_cache(maxsize=1)
def clip_models() -> tuple[str, ...]:
    """The open_clip models that can guide.

    Their image tower is of the ResNet or ViT family, their text tower open_clip's own.
    """
    keep_silent()
    import open_clip

    names = []
    for name in open_clip.list_models():
        config = open_clip.get_model_config(name) or {}
        vision = config.get("vision_cfg", {})
        text = config.get("text_cfg", {})
        borrowed = vision.get("timm_model_name") or text.get("hf_model_name")
        foreign = borrowed or "multimodal_cfg" in config
        if not foreign and vision.get("pool_type", "tok") != "none":
            names.append(name)
    return tuple(names)


def parse_clip(name: str) -> ClipSpec:
    """Read ``clip:MODEL[:PRETRAINED]``.

    Raises `UserError` for a model that open_clip lacks or that can't guide.
    """
    _, _, rest = name.partition(":")
    model, _, pretrained = rest.partition(":")
    if model not in clip_models():
        close = ", ".join(("RN50", "RN101", "RN50x4", "ViT-B-32", "ViT-B-16", "ViT-L-14"))
        raise UserError(
            "bad-guide",
            "'{model}' can't guide: OpenCLIP's ResNet and ViT models can, for example {close}"
            " (all: clipasso models list --all)",
            model=model,
            close=close,
        )
    from open_clip.pretrained import list_pretrained_tags_by_model

    tags = list_pretrained_tags_by_model(model)
    if not pretrained:
        pretrained = _best_tag(model, tags)
    if pretrained != RANDOM and not is_path(pretrained):
        known = pretrained.lower().replace("-", "_")
        if known not in tags:
            raise _no_tag(model, pretrained, tags)
        pretrained = known
    return ClipSpec(model, pretrained)


def _no_tag(model: str, wanted: str, known: list[str]) -> UserError:
    if not known:
        return UserError(
            "bad-guide",
            "OpenCLIP has no weights '{wanted}' for {model}: it has none; or name a file",
            wanted=wanted,
            model=model,
        )
    return UserError(
        "bad-guide",
        "OpenCLIP has no weights '{wanted}' for {model}: it has {known}; or name a file",
        wanted=wanted,
        model=model,
        known=", ".join(known),
    )


def _best_tag(model: str, tags: list[str]) -> str:
    """Of a model's weights those that are here, else the recommended, OpenAI's, or the first."""
    for tag in tags:
        if ClipSpec(model, tag).weights():
            return tag
    if RECOMMENDED.get(model) in tags:
        return RECOMMENDED[model]
    return OPENAI if OPENAI in tags or not tags else tags[0]
