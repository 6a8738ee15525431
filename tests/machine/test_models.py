"""Weights that are here: what is damaged is found, what is not wanted goes, and what a person put
there by hand counts.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from support.hub import Hub
from support.models import CLIP, WEIGHTS, Session, kept

from clipasso_core.machine import folders, models
from clipasso_core.machine.clip import parse_clip


def as_checkpoint() -> bytes:
    """A number, as torch saves it."""
    import torch

    stream = io.BytesIO()
    torch.save({"weights": torch.zeros(1)}, stream)
    return stream.getvalue()


@pytest.mark.parametrize("damage", ["truncated", "altered"])
@pytest.mark.parametrize("name", [CLIP, "clip:RN50"])
def test_damage_is_found_and_a_new_fetch_repairs_it(
    fetched: Path, clipasso: Session, damage: str, name: str
) -> None:
    tail = b"" if damage == "truncated" else bytes(reversed(WEIGHTS[-1000:]))
    fetched.write_bytes(WEIGHTS[:-1000] + tail)
    assert f"clipasso models fetch {CLIP}" in clipasso("models", "verify", name).one_line
    assert clipasso("models", "fetch", name).status == 0
    assert fetched.read_bytes() == WEIGHTS


def test_no_work_is_begun_with_truncated_weights(
    fetched: Path, clipasso: Session, photo: Path, tmp_path: Path
) -> None:
    fetched.write_bytes(WEIGHTS[:-1000])
    target = tmp_path / "sketch.svg"
    sketch = ("sketch", str(photo), "--guide", CLIP, "-o", str(target))
    assert f"clipasso models fetch {CLIP}" in clipasso(*sketch).one_line
    events = [json.loads(line) for line in clipasso(*sketch, "--json").out.splitlines()]
    assert [(event["event"], event["code"]) for event in events] == [("error", "bad-weights")]
    assert not target.exists()


def test_no_work_is_begun_without_weights(clipasso: Session, photo: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "sketch.svg")
    line = clipasso("sketch", str(photo), "--guide", CLIP, "-o", target).one_line
    assert f"clipasso models fetch {CLIP}" in line
    assert "--guide lite" in line


@pytest.mark.parametrize("name", [CLIP, "clip:RN50"])
def test_removed_weights_are_gone_from_the_disk_and_can_be_fetched_again(
    fetched: Path, clipasso: Session, name: str
) -> None:
    assert clipasso("models", "remove", name).out == f"removed {fetched}\n"
    assert kept() == []
    assert not fetched.is_symlink()
    assert f"{CLIP} " not in clipasso("models", "list").out
    assert clipasso("models", "path", CLIP).status == 2
    assert clipasso("models", "fetch", CLIP).status == 0
    assert fetched.read_bytes() == WEIGHTS


def test_the_embedded_guide_is_not_removed(clipasso: Session) -> None:
    assert "part of the installation" in clipasso("models", "remove", "lite").one_line
    assert clipasso("models", "path", "lite").status == 0


@pytest.mark.parametrize("command", ["path", "verify", "remove"])
def test_what_is_not_here_is_told_with_the_command_that_brings_it(
    clipasso: Session, command: str
) -> None:
    assert f"clipasso models fetch {CLIP}" in clipasso("models", command, CLIP).one_line
    # that would fail too
    assert "fetch nonsense" not in clipasso("models", command, "nonsense").one_line


@pytest.mark.parametrize("ending", [".safetensors", ".bin", ".pt"])
def test_a_file_put_there_by_hand_is_found(hub: Hub, clipasso: Session, ending: str) -> None:
    place = folders.models() / f"RN50-openai{ending}"
    assert place in parse_clip(CLIP).places_by_hand()
    place.parent.mkdir(parents=True)
    place.write_bytes(WEIGHTS if ending == ".safetensors" else as_checkpoint())
    assert f"{CLIP} " in clipasso("models", "list").out
    assert clipasso("models", "path", CLIP).out == f"{place}\n"
    assert "no checksum" in clipasso("models", "verify", CLIP).out
    assert clipasso("models", "fetch", CLIP).out == f"{CLIP} is at {place}\n"
    assert hub.seen == []
    assert clipasso("models", "remove", CLIP).status == 0
    assert not place.exists()


def test_a_fetch_repairs_what_came_damaged_by_hand(hub: Hub, clipasso: Session) -> None:
    place = folders.models() / "RN50-openai.safetensors"
    place.parent.mkdir(parents=True)
    place.write_bytes(WEIGHTS[:-1000])
    assert f"clipasso models fetch {CLIP}" in clipasso("models", "verify", CLIP).one_line
    assert clipasso("models", "fetch", CLIP).status == 0
    assert clipasso("models", "verify", CLIP).out == f"{CLIP}: checksum matches\n"
    assert not place.exists()


@pytest.mark.parametrize(
    "name", ["notes-old.pt", "ViT-B-32-laion2b-s34b-b79k.safetensors", "weights.bin"]
)
def test_other_files_in_the_models_folder_do_no_harm(clipasso: Session, name: str) -> None:
    folders.models().mkdir(parents=True)
    (folders.models() / name).write_bytes(b"something else")
    assert clipasso("models", "list").status == 0
    best = models.best_clip()
    assert best is None or models.locate(best)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"clip:RN50:openai": 3}',
        '{"clip:RN50:openai": {}}',
        "[" * 1000,
        '{"clip:RN50:openai":' * 1000,
    ],
    ids=lambda content: content[:30],
)
def test_damaged_records_are_one_line_that_names_their_file(
    clipasso: Session, content: str
) -> None:
    folders.models().mkdir(parents=True)
    (folders.models() / "fetched.json").write_text(content)
    assert str(folders.models() / "fetched.json") in clipasso("models", "list").one_line


def test_a_model_without_a_tag_means_the_weights_that_are_offered() -> None:
    assert not models.fetched_clips()
    for name in models.OFFERED:
        assert str(parse_clip(name.rpartition(":")[0])) == name
