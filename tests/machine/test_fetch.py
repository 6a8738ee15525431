"""Weights come whole or not at all; without a connection a person soon learns what else to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.hub import Hub, closed_port
from support.models import (
    CHUNK,
    CLIP,
    FILE,
    PICKLED,
    REPOSITORY,
    ROOT,
    WEIGHTS,
    Session,
    clean_environment,
    kept,
)

from clipasso_core import UserError
from clipasso_core.machine import folders, models
from clipasso_core.machine.fetch import fetch


def test_the_command_fetches_weights_whole_and_says_where_they_are(
    hub: Hub, tmp_path: Path
) -> None:
    places = {"CLIPASSO_HOME": str(folders.home()), "HF_ENDPOINT": hub.url}
    done = subprocess.run(
        [sys.executable, "-m", "clipasso_core", "models", "fetch", CLIP],
        cwd=ROOT,
        env={**clean_environment(tmp_path), **places},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{CLIP} is at ")
    assert Path(done.stdout.rpartition(" is at ")[2].strip()).read_bytes() == WEIGHTS


def test_fetched_weights_are_listed_found_and_verified(fetched: Path, clipasso: Session) -> None:
    assert fetched.read_bytes() == WEIGHTS
    assert folders.models() in fetched.parents
    assert f"{CLIP} " in clipasso("models", "list").out
    assert clipasso("models", "verify", CLIP).out == f"{CLIP}: checksum matches\n"


def test_both_offered_guides_are_fetched_found_and_removed(hub: Hub, clipasso: Session) -> None:
    by_name = {
        models.FAVOURITE: "laion/CLIP-ViT-B-16-laion2B-s34B-b88K",
        models.PUBLISHED: "timm/resnet101_clip.openai",
    }
    assert list(models.OFFERED) == list(by_name), "the recommended one first"
    listed = clipasso("models", "list").out.splitlines()
    offers = [line for line in listed if "not fetched" in line and line.startswith("clip:")]
    assert [line.split()[0] for line in offers] == list(by_name)
    assert "recommended" in offers[0]
    assert "600 MB" in offers[0]
    for name, repository in by_name.items():
        hub.files[f"{repository}/open_clip_model.safetensors"] = WEIGHTS
        assert clipasso("models", "fetch", name).status == 0
        assert clipasso("models", "verify", name).out == f"{name}: checksum matches\n"
        assert f"{name} " in clipasso("models", "list").out
        assert models.best_clip() == models.FAVOURITE
    assert models.best_clip(as_published=True) == models.PUBLISHED
    assert clipasso("models", "remove", models.FAVOURITE).status == 0
    assert models.best_clip() == models.PUBLISHED


def test_a_second_fetch_asks_the_hub_for_nothing(
    fetched: Path, hub: Hub, clipasso: Session
) -> None:
    hub.seen.clear()
    answer = clipasso("models", "fetch", CLIP)
    assert answer.out == f"{CLIP} is at {fetched}\n"
    assert hub.seen == []


def test_a_broken_connection_is_taken_up_where_it_broke(hub: Hub, clipasso: Session) -> None:
    # more than one chunk, so that something was written when it broke
    hub.files[FILE] = WEIGHTS * 60
    hub.cut_after = CHUNK + 500_000
    answer = clipasso("models", "fetch", CLIP)
    assert answer.status == 0, answer
    assert Path(answer.out.rpartition(" is at ")[2].strip()).read_bytes() == WEIGHTS * 60
    assert [seen.range for seen in hub.served] == [None, f"bytes={CHUNK}-"]


def test_a_connection_that_stays_broken_is_one_line_and_the_same_command_completes_it_later(
    hub: Hub, clipasso: Session
) -> None:
    hub.files[FILE] = WEIGHTS * 60
    hub.cut_after = CHUNK + 500_000
    hub.gone_after_cut = True
    line = clipasso("models", "fetch", CLIP).one_line
    assert "same command again" in line
    assert "open_clip_pytorch_model.bin" not in line  # a file that nobody asked for
    assert f"{CLIP} " not in clipasso("models", "list").out.replace(f"{models.FAVOURITE} ", "")
    assert clipasso("models", "path", CLIP).status == 2
    left = sum(path.stat().st_size for path in kept())
    hub.gone = False
    hub.seen.clear()
    assert clipasso("models", "fetch", CLIP).status == 0
    assert clipasso("models", "verify", CLIP).out == f"{CLIP}: checksum matches\n"
    # what was kept is not fetched twice
    assert [seen.range for seen in hub.served] == [f"bytes={left}-" if left else None]


@pytest.mark.parametrize("fault", ["corrupt", "short"])
def test_what_came_damaged_is_refused_and_not_kept(hub: Hub, clipasso: Session, fault: str) -> None:
    hub.corrupt = fault == "corrupt"
    hub.short_by = 1000 if fault == "short" else 0
    assert "same command again" in clipasso("models", "fetch", CLIP).one_line
    assert kept() == []
    assert f"{CLIP} " not in clipasso("models", "list").out
    assert clipasso("models", "path", CLIP).status == 2


def test_weights_that_the_hub_has_only_pickled_are_fetched_so(hub: Hub, clipasso: Session) -> None:
    hub.files = {PICKLED: WEIGHTS}
    answer = clipasso("models", "fetch", CLIP)
    assert answer.status == 0, answer
    assert Path(answer.out.rpartition(" is at ")[2].strip()).name == "open_clip_pytorch_model.bin"
    assert clipasso("models", "verify", CLIP).out == f"{CLIP}: checksum matches\n"


def test_weights_that_the_hub_lacks_are_one_line(hub: Hub, clipasso: Session) -> None:
    hub.files = {}
    assert REPOSITORY in clipasso("models", "fetch", CLIP).one_line


def test_a_connection_that_breaks_after_the_file_came_is_no_bug(
    hub: Hub, clipasso: Session
) -> None:
    hub.gone_after_file = True
    answer = clipasso("models", "fetch", CLIP)
    hub.gone = hub.gone_after_file = False
    assert answer.status == 0 or answer.one_line
    assert clipasso("models", "fetch", CLIP).status == 0
    assert clipasso("models", "verify", CLIP).out == f"{CLIP}: checksum matches\n"


def tell_what_to_do_instead(line: str) -> bool:
    place = folders.models() / "RN50-openai.safetensors"
    return all(part in line for part in ("open_clip_model.safetensors", REPOSITORY, str(place)))


def test_a_hub_that_never_answers_is_given_up_within_seconds(hub: Hub, clipasso: Session) -> None:
    hub.silent = True
    answer = clipasso("models", "fetch", CLIP, limit_s=120)
    assert tell_what_to_do_instead(answer.one_line)
    assert answer.time_s < 60


@pytest.mark.parametrize("place", ["hub", "proxy"])
def test_nobody_there_is_told_within_seconds(tmp_path: Path, place: str) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}"
    if place == "hub":
        session = Session(tmp_path, HF_ENDPOINT=nobody)
    else:
        session = Session(tmp_path, HF_ENDPOINT="http://hub.invalid", ALL_PROXY=nobody)
    try:
        answer = session("models", "fetch", CLIP, limit_s=120)
    finally:
        session.close()
    assert tell_what_to_do_instead(answer.one_line)
    assert answer.time_s < 60


def test_a_proxy_is_used(hub: Hub, tmp_path: Path) -> None:
    session = Session(tmp_path, HF_ENDPOINT="http://hub.invalid", ALL_PROXY=hub.url)
    try:
        answer = session("models", "fetch", CLIP)
    finally:
        session.close()
    assert answer.status == 0, answer
    assert [path.read_bytes() for path in kept() if not path.is_symlink()] == [WEIGHTS]


def test_forbidden_connections_are_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="HF_HUB_OFFLINE") as caught:
        fetch(CLIP)
    assert tell_what_to_do_instead(caught.value.message)


@pytest.mark.parametrize(
    ("name", "what_works"),
    [
        ("clip:RN51:openai", "ViT-B-32"),
        ("clip:", "ViT-B-32"),
        ("clip:coca_ViT-B-32:laion2b_s13b_b90k", "ViT-B-32"),
        ("clip:RN50:laion400m_e32", "openai, yfcc15m, cc12m"),
        ("clip:RN50:random", models.FAVOURITE),
        ("clip:RN50:./weights.pt", models.FAVOURITE),
        ("lite", "installed with the engine"),
        ("nonsense", "name one of clip:MODEL[:PRETRAINED], u2netp, faces"),
        ("", "name one of clip:MODEL[:PRETRAINED], u2netp, faces"),
    ],
)
def test_what_can_not_be_fetched_is_told_with_what_can(
    hub: Hub, clipasso: Session, name: str, what_works: str
) -> None:
    assert what_works in clipasso("models", "fetch", name).one_line
    assert hub.seen == []


def test_a_home_that_is_no_folder_is_one_line(
    clipasso: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "file" / "home"))
    assert "CLIPASSO_HOME" in clipasso("models", "fetch", CLIP).one_line
