"""Weights are read from whatever form they are published in, and nothing in a file is run."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from support.archives import PICTURE, save_archive
from torch import nn

from clipasso_core import UserError
from clipasso_core.cli.main import main
from clipasso_core.guide import load_guide
from clipasso_core.machine import folders, models
from clipasso_core.machine.clip import parse_clip
from clipasso_core.machine.weights import is_torchscript, read_weights

pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]


class Small(nn.Module):
    """An image tower in little."""

    def __init__(self) -> None:
        super().__init__()
        self.visual = nn.Sequential(nn.Conv2d(3, 4, 16, 16), nn.BatchNorm2d(4), nn.Flatten())
        self.logit_scale = nn.Parameter(torch.tensor(2.5))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    save_archive(Small().eval(), tmp_path / "small.pt")
    return tmp_path / "small.pt"


def test_an_archive_gives_the_weights_that_were_saved(tmp_path: Path) -> None:
    model = Small().eval()
    path = tmp_path / "small.pt"
    save_archive(model, path)
    assert is_torchscript(path)
    expected, found = model.state_dict(), read_weights(path)
    assert found.keys() == expected.keys(), "sizes of what it takes are no weights"
    for name, value in expected.items():
        assert torch.equal(found[name], value.half() if value.is_floating_point() else value), name


def test_a_checkpoint_is_no_archive(tmp_path: Path) -> None:
    model = Small()
    torch.save({"state_dict": model.state_dict()}, tmp_path / "small.pt")
    save_file(model.state_dict(), tmp_path / "small.safetensors")
    for ending in ("pt", "safetensors"):
        assert not is_torchscript(tmp_path / f"small.{ending}")
        assert read_weights(tmp_path / f"small.{ending}").keys() == model.state_dict().keys()
    assert not is_torchscript(tmp_path / "none.pt")
    damaged = bytearray((tmp_path / "small.pt").read_bytes())
    damaged[damaged.index(b"PK\x01\x02")] ^= 255  # where its table of contents begins
    (tmp_path / "small.pt").write_bytes(damaged)
    assert not is_torchscript(tmp_path / "small.pt")


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_nothing_in_an_archive_is_run(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    parts["small/data.pkl"] = pickle.dumps(Trap(tmp_path / "sprung"), protocol=2)
    with zipfile.ZipFile(archive, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        read_weights(archive)
    assert not (tmp_path / "sprung").exists()


def test_a_program_in_an_archive_is_not_run(tmp_path: Path) -> None:
    class Eager(nn.Module):
        """Does something as soon as it is loaded."""

        @torch.jit.export
        def __getstate__(self) -> int:
            return 1

        @torch.jit.export
        def __setstate__(self, state: int) -> None:
            raise ValueError("was run")

        def forward(self) -> int:
            return 0

    path = tmp_path / "eager.pt"
    torch.jit.script(Eager()).save(str(path))
    with pytest.raises(Exception, match="was run"):
        torch.jit.load(str(path))
    with pytest.raises(pickle.UnpicklingError, match="would make itself"):
        read_weights(path)


@pytest.mark.slow
def test_openais_archive_guides_as_the_model_that_was_saved(tmp_path: Path) -> None:
    import open_clip

    torch.manual_seed(0)
    model: Any = open_clip.create_model("RN101", pretrained=None).eval()
    # what 16 bits keep
    model.load_state_dict(
        {
            name: value.half().float() if value.is_floating_point() else value
            for name, value in model.state_dict().items()
        }
    )
    path = tmp_path / "RN101.pt"
    save_archive(model, path)
    model.float()
    guide = load_guide(f"clip:RN101:{path}", precision="fp32")
    path.unlink()  # 240 MB
    picture = torch.rand(PICTURE.shape)
    mean, deviation = (
        torch.tensor(one).view(3, 1, 1) for one in parse_clip("clip:RN101:openai").normalisation()
    )
    with torch.no_grad():
        expected = model.visual((picture - mean) / deviation)
        found = guide.features(picture).embedding
    assert float((found - expected).norm() / expected.norm()) < 1e-4


@pytest.mark.parametrize(
    ("file", "is_fast"),
    [
        ("ViT-B-32-openai.safetensors", True),
        ("models--timm--vit_base_patch32_clip_224.openai/snapshots/1/model.safetensors", True),
        ("ViT-B-32-laion2b_s34b_b79k.safetensors", False),
        ("mine.safetensors", False),
    ],
)
def test_a_files_name_tells_which_gelu_its_weights_were_trained_with(
    tmp_path: Path, file: str, is_fast: bool
) -> None:
    assert parse_clip(f"clip:ViT-B-32:{tmp_path / file}").quick_gelu() is is_fast


def test_openais_archive_has_the_fast_gelu_whatever_its_name(archive: Path) -> None:
    assert parse_clip(f"clip:ViT-B-32:{archive}").quick_gelu()


def test_a_file_of_another_model_is_told_without_a_fetch_that_can_not_be(archive: Path) -> None:
    with pytest.raises(UserError, match="name the model that it belongs to") as caught:
        load_guide(f"clip:RN50:{archive}")
    assert "models fetch" not in caught.value.message


# In the models folder


def put(ending: str) -> Path:
    """Small weights by hand, in the form of that ending."""
    place = folders.models() / f"RN50-openai{ending}"
    place.parent.mkdir(parents=True, exist_ok=True)
    if ending == ".safetensors":
        save_file(Small().state_dict(), place)
    elif ending == ".bin":
        torch.save(Small().state_dict(), place)
    else:
        save_archive(Small().eval(), place)
    return place


@pytest.mark.parametrize("ending", [".safetensors", ".bin", ".pt"])
def test_a_file_by_hand_that_was_cut_off_is_damaged(ending: str) -> None:
    place = put(ending)
    assert models.verify("clip:RN50:openai").startswith("readable")
    place.write_bytes(place.read_bytes()[:-1000])
    with pytest.raises(UserError, match="clipasso models fetch clip:RN50:openai") as caught:
        models.verify("clip:RN50:openai")
    assert caught.value.code == "bad-weights"


def test_a_damaged_file_elsewhere_can_only_be_got_again(tmp_path: Path) -> None:
    place = tmp_path / "mine.bin"
    torch.save(Small().state_dict(), place)
    assert models.verify(f"clip:RN50:{place}").startswith("readable")
    place.write_bytes(place.read_bytes()[:-1000])
    with pytest.raises(UserError, match="get the file again"):
        models.verify(f"clip:RN50:{place}")


@pytest.mark.parametrize("ending", [".safetensors", ".bin", ".pt"])
def test_weights_by_hand_are_removed(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = put(ending)
    assert main(["models", "remove", "clip:RN50:openai"]) == 0
    assert capsys.readouterr().out == f"removed {place}\n"
    assert not place.exists()
    assert models.fetched_clips() == []
