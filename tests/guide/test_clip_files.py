"""CLIP's weights as files hold them: what is read, and what is refused."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save as as_safetensors

from clipasso_core import UserError
from clipasso_core.machine import folders
from clipasso_core.machine.clip import parse_clip

if TYPE_CHECKING:
    import torch

CLIP = "clip:RN50:openai"
WEIGHTS = as_safetensors({"weights": np.arange(50_000, dtype=np.float32)})


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".safetensors", b""),
        (".safetensors", WEIGHTS[:-1000]),
        (".safetensors", WEIGHTS),
        (".pt", b"not weights"),
        (".bin", b"trap"),
    ],
    ids=["empty", "truncated", "another model's", "not weights", "trap"],
)
def test_a_file_that_holds_no_weights_of_the_model_is_refused(
    tmp_path: Path, ending: str, content: bytes
) -> None:
    from clipasso_core.guide import load_guide

    place = folders.models() / f"RN50-openai{ending}"
    place.parent.mkdir(parents=True)
    if content == b"trap":
        content = pickle.dumps(Trap(tmp_path / "sprung"), protocol=2)
    place.write_bytes(content)
    with pytest.raises(UserError, match=place.name) as caught:
        load_guide(CLIP)
    assert caught.value.code == "bad-weights"
    assert not (tmp_path / "sprung").exists()


def test_no_other_program_s_way_of_reading_weights_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import open_clip
    import torch

    from clipasso_core.guide import load_guide

    def careless(path: Path, *_: object, **__: object) -> Any:  # as some versions of open_clip
        return torch.load(path, weights_only=False)

    monkeypatch.setattr(open_clip.factory, "load_state_dict", careless)
    place = folders.models() / "RN50-openai.pt"
    place.parent.mkdir(parents=True)
    place.write_bytes(pickle.dumps(Trap(tmp_path / "sprung"), protocol=2))
    with pytest.raises(UserError, match=place.name):
        load_guide(CLIP)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.slow
def test_a_checkpoint_put_there_by_hand_gives_the_features_of_the_model_that_was_saved() -> None:
    import open_clip
    import torch
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
    from safetensors.torch import save_file

    from clipasso_core.guide import load_guide

    torch.manual_seed(0)
    model: Any = open_clip.create_model("RN50", pretrained=None).eval()
    unsettle_norms(model.visual)
    place = parse_clip(CLIP).places_by_hand()[0]
    place.parent.mkdir(parents=True)
    save_file(model.state_dict(), place)

    picture = torch.rand(1, 3, 7, 7).repeat_interleave(32, 2).repeat_interleave(32, 3)
    pictures = torch.cat([picture, torch.ones(1, 3, 224, 224)])
    expected: dict[str, torch.Tensor] = {}
    for layer in ("layer2", "layer3"):
        getattr(model.visual, layer).register_forward_hook(
            lambda _module, _inputs, output, layer=layer: expected.update({layer: output})
        )
    mean = torch.tensor(OPENAI_DATASET_MEAN).view(3, 1, 1)
    deviation = torch.tensor(OPENAI_DATASET_STD).view(3, 1, 1)
    with torch.no_grad():
        expected["embedding"] = model.visual((pictures - mean) / deviation)
        features = load_guide(CLIP, precision="fp32").features(pictures)
    shutil.rmtree(folders.home())  # 400 MB
    for name, found in {**features.maps, "embedding": features.embedding}.items():
        # what tells a picture from a blank page; the rest is the network's own bias
        seen = expected[name][0] - expected[name][1]
        assert (found - expected[name]).norm() < 1e-3 * seen.norm(), name
    assert set(features.maps) == {"layer2", "layer3"}


def unsettle_norms(network: torch.nn.Module) -> None:
    """Untrained norms are the identity, which would hide a mistake in folding them."""
    import torch

    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            torch.nn.init.uniform_(module.weight, 0.8, 1.6)
            torch.nn.init.uniform_(module.bias, -0.05, 0.05)
            torch.nn.init.uniform_(module.running_mean, -0.05, 0.05)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
