"""A fingerprint tells whether a sketch would come out the same, and the difference has a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from clipasso_core import SketchRequest
from clipasso_core.batch import settings as module
from clipasso_core.batch.settings import Settings, differences, make_settings
from clipasso_core.errors import UserError


def test_the_same_settings_have_the_same_fingerprint() -> None:
    assert Settings(SketchRequest()).fingerprint == Settings(SketchRequest(strokes=16)).fingerprint
    forced = Settings(SketchRequest(), force=True)  # says nothing about the looks
    assert forced.fingerprint == Settings(SketchRequest()).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        Settings(SketchRequest(strokes=8)),
        Settings(SketchRequest(), animation_s=6.0),
        Settings(SketchRequest(), mask_sha256="1"),
    ],
)
def test_other_settings_have_another_fingerprint(other: Settings) -> None:
    assert other.fingerprint != Settings(SketchRequest()).fingerprint


def test_another_engine_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Settings(SketchRequest())
    fingerprint, told = before.fingerprint, before.described()
    monkeypatch.setattr(module, "__version__", "9.0")
    assert before.fingerprint != fingerprint
    assert differences(told, before.described()).endswith("then, 9.0 now")


def test_differences_are_named_with_what_holds_by_default() -> None:
    before = Settings(SketchRequest(color="red")).described()
    now = Settings(SketchRequest(strokes=8, series=(4, 8)), animation_s=6.0).described()
    assert differences(before, now) == (
        "animate none then, 6.0 now; color red then, black now; series none then, [4, 8] now;"
        " strokes 16 then, 8 now"
    )


def test_a_masks_file_counts_by_what_is_in_it(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    mask.write_bytes(b"one")
    before = make_settings(SketchRequest(mask=str(mask)), None, False)
    mask.write_bytes(b"two")
    after = make_settings(SketchRequest(mask=str(mask)), None, False)
    assert before.fingerprint != after.fingerprint


def test_a_folder_of_masks_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder: one mask's file holds for all pictures"):
        make_settings(SketchRequest(mask=str(tmp_path)), None, False)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (SketchRequest(emphasis="any.png"), "--emphasis is a picture of one photograph"),
        (SketchRequest(mask_repair="any.png"), "--mask-repair is a picture of one photograph"),
    ],
)
def test_what_was_painted_on_one_photograph_is_refused(request_: SketchRequest, told: str) -> None:
    with pytest.raises(UserError, match=told):
        make_settings(request_, None, False)


def test_a_mask_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"there is no mask lost\.png"):
        make_settings(SketchRequest(mask="lost.png"), None, False)
