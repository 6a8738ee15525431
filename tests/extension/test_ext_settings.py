"""The settings are the engine's own defaults until the person chooses, and outlive a session."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from clipasso_ext.engine import settings
from clipasso_ext.engine.settings import MAX_STROKES, Settings, load, sane, store

CHOSEN = Settings(
    strokes=7,
    preset="quick",
    guide="clip:RN50:openai",
    mask="none",
    faces="none",
    subjects="one",
    width=2.5,
    ink="#12ab34",
    look="ink",
    seed=9,
    seeds=4,
    bitmap="dim",
)


def test_what_is_stored_is_loaded(tmp_path: Path) -> None:
    store(CHOSEN, tmp_path / "deep" / "extension.json")
    assert load(tmp_path / "deep" / "extension.json") == CHOSEN
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["extension.json"]


def test_nothing_stored_gives_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "extension.json") == Settings()


WORDS = [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe\0", b"[" * 100_000]
TYPES = [b'{"strokes": "many"}', b'{"strokes": true}', b'{"strokes": null}']


@pytest.mark.parametrize("content", WORDS + TYPES)
def test_a_damaged_file_gives_the_defaults(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "extension.json").write_bytes(content)
    assert load(tmp_path / "extension.json") == Settings()


def test_a_folder_in_the_files_place_gives_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "extension.json").mkdir()
    assert load(tmp_path / "extension.json") == Settings()


def test_a_file_of_another_version_keeps_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "extension.json").write_text(
        json.dumps({"strokes": 9, "mood": "blue", "width": 3, "ink": 7})
    )
    assert load(tmp_path / "extension.json") == Settings(strokes=9, width=3.0)


@pytest.mark.parametrize(
    ("name", "value", "sound"),
    [
        ("strokes", 0, 1),
        ("strokes", -5, 1),
        ("strokes", 257, 256),
        ("strokes", 10**30, 256),
        ("width", -1.0, 0.0),
        ("width", 1e9, 1000.0),
        ("width", float("nan"), 0.0),
        ("width", float("inf"), 0.0),
        ("seed", -1, 0),
        ("seed", 2**31, 2**31 - 1),
        ("seeds", -1, 0),
        ("seeds", 65, 64),
        ("bitmap", "burn", "keep"),
        ("preset", "eternal", "auto"),
        ("preset", "", "auto"),
        ("guide", "", "auto"),
        ("guide", "clip", "auto"),
        ("guide", "clip:", "auto"),
        ("guide", "oracle", "auto"),
        ("mask", "", "auto"),
        ("faces", "some", "auto"),
        ("subjects", "two", "auto"),
        ("background", -1, 0),
        ("background", 1000, MAX_STROKES),
        ("mask", "/etc/passwd", "auto"),
        ("ink", "", "black"),
        ("ink", "#12", "black"),
        ("ink", "url(x)", "black"),
    ],
)
def test_what_the_controls_could_not_say_is_put_right(
    name: str, value: Any, sound: Any, tmp_path: Path
) -> None:
    wrong = replace(Settings(), **{name: value})
    assert getattr(sane(wrong), name) == sound
    (tmp_path / "extension.json").write_text(json.dumps({name: value}))
    assert load(tmp_path / "extension.json") == replace(Settings(), **{name: sound})


def test_what_the_controls_can_say_stays() -> None:
    for sound in (
        CHOSEN,
        Settings(),
        Settings(ink="photo"),
        Settings(preset="draft"),
        Settings(guide="lite"),
    ):
        assert sane(sound) == sound


@pytest.mark.skipif(sys.platform == "win32", reason="a file in a folder's place")
def test_a_place_that_can_not_be_written_forgets_and_tells_the_log(home: Path) -> None:
    home.parent.joinpath("file").write_text("")
    store(CHOSEN, home.parent / "file" / "extension.json")
    assert "the settings could not be stored" in (home / "logs" / "extension.log").read_text()


def test_a_disk_that_is_full_leaves_the_old_settings_and_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    path = tmp_path / "extension.json"
    store(CHOSEN, path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    store(Settings(), path)
    assert load(path) == CHOSEN
    assert [one.name for one in tmp_path.glob("extension*")] == ["extension.json"]


# The request


def test_the_defaults_ask_for_nothing_in_particular() -> None:
    assert Settings().request(0, "auto") == {"version": 1}


def test_only_what_differs_is_asked_for() -> None:
    assert CHOSEN.request(3.25, "quick") == {
        "version": 1,
        "strokes": 7,
        "preset": "quick",
        "guide": "clip:RN50:openai",
        "mask": "none",
        "faces": "none",
        "subjects": "one",
        "color": "#12ab34",
        "seed": 9,
        "width_px": 3.25,
        "seeds": 4,
    }


def test_a_draft_does_not_compete() -> None:
    assert CHOSEN.request(0, "draft").get("seeds") is None


@pytest.mark.parametrize("width", [0, -1, float("nan")])
def test_no_width_is_the_engines(width: float) -> None:
    assert "width_px" not in Settings().request(width, "auto")


def core() -> Any:
    """The engine's own request; None where the engine is not installed."""
    try:
        from clipasso_core import request
    except ImportError:
        return pytest.skip("the engine is not installed here")
    return request


def test_the_defaults_are_the_engines() -> None:
    engines = core().SketchRequest()
    own = Settings()
    assert (own.strokes, own.preset, own.guide, own.mask, own.ink, own.seed) == (
        engines.strokes,
        engines.preset,
        engines.guide,
        engines.mask,
        engines.color,
        engines.seed,
    )
    assert (own.width, own.seeds) == (0, 0)
    assert (engines.width_px, engines.seeds) == (None, None)


def test_the_limits_are_the_engines() -> None:
    request = core()
    assert (settings.MAX_STROKES, settings.MAX_SEEDS) == (request.MAX_STROKES, request.MAX_SEEDS)
    assert request.SketchRequest(seed=settings.MAX_SEED).seed == settings.MAX_SEED
    with pytest.raises(Exception, match="seed"):
        request.SketchRequest(seed=settings.MAX_SEED + 1)


def test_the_presets_are_the_engines() -> None:
    from_core = core()
    from clipasso_core.presets import PRESETS

    assert from_core
    assert set(settings.PRESETS) == {"auto", *PRESETS}


@pytest.mark.parametrize("changed", [field.name for field in fields(Settings)])
@pytest.mark.parametrize("preset", settings.PRESETS)
def test_the_engine_accepts_every_request(changed: str, preset: str) -> None:
    engines = core().SketchRequest
    for chosen in (
        CHOSEN,
        replace(Settings(), **{changed: getattr(CHOSEN, changed)}),
        Settings(256, seed=settings.MAX_SEED, ink="photo"),
    ):
        request = chosen.request(chosen.width, preset)
        assert engines.from_json(request).to_json() == request
