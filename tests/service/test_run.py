"""`clipasso run`, the extension's door: requests in, events out, one a line, each with its
request's id.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.pictures import SIZE, draw_subject
from support.talk import BRIEF, ENDLESS, ROOT, Event, Talk, engines, housekeeping, kinds

from clipasso_core import from_svg, guide
from clipasso_core.machine import log
from clipasso_core.machine.networks import MASK
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import read_picture
from clipasso_core.service import run, worker
from clipasso_core.service.envelope import read_envelope

Door = Callable[..., Talk]


@pytest.fixture(scope="module")
def one_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of the one warm engine that these conversations share."""
    with housekeeping(tmp_path_factory.mktemp("engine")) as place:
        yield place


@pytest.fixture(scope="module", params=["warm", "cold"])
def door(request: pytest.FixtureRequest, one_home: Path) -> Door:
    """Opens a conversation with the warm engine, or with a process that computes by itself."""

    def open_it(**settings: Any) -> Talk:
        return Talk(one_home, cold=request.param == "cold", **settings)

    return open_it


# Sketching


@pytest.fixture(scope="module")
def two_sketches(tmp_path_factory: pytest.TempPathFactory, door: Door) -> list[list[Event]]:
    """The events of two requests, one after the other; the second carries the photograph itself."""
    folder = tmp_path_factory.mktemp("two")
    path = folder / "photo.png"
    draw_subject(Image.new("RGB", SIZE, "white")).save(path)
    with door() as talk:
        talk.say({"id": "first", "photo": str(path), "request": BRIEF})
        first = [event for event in talk.hear("result", "error") if event["event"] != "waking"]
        talk.say({"id": 2, "data": base64.b64encode(path.read_bytes()).decode(), "request": BRIEF})
        second = talk.hear("result", "error")
        talk.hang_up()
        assert talk.hear() == []
        assert talk.status() == 0
    return [first, second]


@pytest.mark.parametrize("number", [0, 1], ids=["path", "data"])
def test_a_request_is_answered_by_started_progress_and_a_result(
    two_sketches: list[list[Event]], number: int
) -> None:
    events = two_sketches[number]
    assert kinds(events) == ["started", "progress", "result"]
    assert {json.dumps(event["id"]) for event in events} == {['"first"', "2"][number]}
    assert "lite" in events[0]["line"]
    steps = [event for event in events if event["event"] == "progress"]
    assert [(event["step"], event["steps"]) for event in steps] == [(1, 3), (2, 3), (3, 3)]
    assert all(
        event["loss"] > 0 and event["time_s"] > 0 and event["time_left_s"] >= 0 for event in steps
    )


def test_the_result_is_the_same_sketch_as_svg_and_as_json(two_sketches: list[list[Event]]) -> None:
    result = two_sketches[0][-1]
    drawn = from_svg(result["svg"].encode())
    assert (drawn.width, drawn.height) == SIZE
    assert len(drawn.strokes) == 3
    as_svg, as_json = drawn.to_json(), result["sketch"]
    for one, other in zip(as_svg["strokes"], as_json["strokes"], strict=True):
        assert np.array(one.pop("points")) == pytest.approx(np.array(other["points"]), abs=0.002)
    assert as_svg == {
        **as_json,
        "strokes": [
            {name: one[name] for name in one if name != "points"} for one in as_json["strokes"]
        ],
    }


def test_a_photo_by_path_and_its_bytes_give_the_same_sketch(
    two_sketches: list[list[Event]],
) -> None:
    first, second = (events[-1]["sketch"] for events in two_sketches)
    assert second == first


def test_a_relative_path_is_meant_from_where_the_command_runs(door: Door, photo: Path) -> None:
    with door(cwd=photo.parent) as talk:
        for name, files in enumerate((["mask"], ["mask_repair", "emphasis"])):
            request = {**BRIEF, **dict.fromkeys(files, photo.name)}
            talk.say({"id": name, "photo": photo.name, "request": request})
            assert kinds(talk.hear("result", "error")) == ["started", "progress", "result"]


def test_a_sketch_told_to_stop_is_kept(door: Door, photo: Path) -> None:
    with door() as talk:
        talk.say({"id": 1, "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        talk.say({"id": 1, "stop": True})
        (*_, result) = talk.hear("result", "error", "cancelled")
        assert result["event"] == "result"
        assert result["id"] == 1
        assert 1 <= result["sketch"]["steps"] < 1000
        assert len(result["sketch"]["strokes"]) == 3
        talk.say({"id": 2, "photo": str(photo), "request": BRIEF})  # the wish is spent
        assert talk.hear("result")[-1]["sketch"]["steps"] == 3


def test_stopping_what_does_not_compute_does_nothing(door: Door) -> None:
    with door() as talk:
        talk.say({"id": 1, "stop": True})
        talk.say({"id": 2, "about": True})
        assert [event["id"] for event in talk.hear("about") if event["event"] != "waking"] == [2]


def test_about_tells_what_there_is_to_choose_from(door: Door) -> None:
    with door() as talk:
        talk.say({"id": "a", "about": True})
        event = talk.hear("about")[-1]
        assert event["id"] == "a"
        assert {"auto", "lite"} <= set(event["guides"])
        assert {"auto", "draft", "quick", "standard", "published"} == set(event["presets"])
        assert event["device"] in ("cpu", "cuda", "mps")
        talk.hang_up()
        assert talk.status() == 0


def test_pictures_go_with_the_events_when_they_are_wanted(door: Door, photo: Path) -> None:
    with door() as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF, "preview_px": 80})
        started, *steps, result = [
            event
            for event in talk.hear("result", "error")
            if event["event"] not in ("waking", "queued")
        ]
        assert "mask_preview" in started
        assert "preview" in steps[0]
        assert "preview" in steps[-1]
        assert "preview" in result
        assert all(
            base64.b64decode(event["preview"])[:4] == b"\x89PNG"
            for event in (steps[0], steps[-1], result)
        )
        talk.say({"id": 2, "photo": str(photo), "request": BRIEF})
        assert not any(
            "preview" in event or "mask_preview" in event for event in talk.hear("result", "error")
        )


def loads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What guides are loaded from now on; each is an object of its own."""
    loaded: list[tuple[Any, ...]] = []

    def load(*wanted: Any) -> object:
        loaded.append(wanted)
        return object()

    monkeypatch.setattr(guide, "load_guide", load)
    return loaded


def test_a_guide_is_loaded_again_only_when_another_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = loads(monkeypatch)
    guides = worker.Worker().guide
    one = guides("lite", "cpu", "fp32", False)
    assert guides("lite", "cpu", "fp32", False) is one
    assert len(loaded) == 1
    assert guides("lite", "cpu", "bf16", False) is not one
    assert guides("lite", "cpu", "bf16", True) is not guides("clip:RN50", "cpu", "bf16", True)
    assert len(loaded) == 4


def test_the_guides_of_published_stay_loaded_and_no_third_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = loads(monkeypatch)
    guides = worker.Worker().guide
    for _job in range(3):
        for name in ("clip:RN101:openai", "clip:ViT-B-32:openai", "lite"):
            guides(name, "cpu", "fp32", False)
    assert len(loaded) == 3
    guides("clip:RN50:openai", "cpu", "fp32", False)
    guides("clip:RN101:openai", "cpu", "fp32", False)
    assert len(loaded) == 5


def test_published_asks_for_both_of_its_guides_where_they_are_kept(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    true_guide = worker.Worker.guide

    def ask(self: worker.Worker, name: str, *more: Any) -> Any:
        asked.append(name)
        return true_guide(self, name, *more)

    monkeypatch.setattr(worker.Worker, "guide", ask)
    request = {"preset": "published", "guide": "clip:RN101:random", "strokes": 2, "steps": 1}
    envelope = read_envelope(json.dumps({"id": 1, "photo": str(photo), "request": request}))
    worker.Worker().sketch(envelope, lambda _: None, lambda: "")
    assert asked == ["clip:ViT-B-32:random", "clip:RN101:random"]


def test_a_mask_is_found_again_when_it_would_be_found_otherwise(
    photo: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[str] = []

    def find(picture: Any, choice: str, relevance: Any) -> Mask:
        seeds.append(choice)
        return Mask(np.ones(picture.rgb.shape[:2], np.float32), f"none ({len(seeds)})")

    monkeypatch.setattr("clipasso_core.sketching.resources.find_subject", find)
    work = worker.Worker()
    picture = read_picture(photo)

    def ask(guide: str) -> Mask:
        kept = worker._Kept(work, "digest", lambda: None)
        return kept.subject(picture, "auto", guide, lambda: np.zeros((2, 2)))

    by_lite = ask("lite")
    assert ask("lite") is by_lite
    assert ask("clip:RN50:openai") is not by_lite, "GrabCut begins with what the guide sees"
    network = MASK.paths[0]
    network.parent.mkdir(parents=True)
    network.write_bytes(b"fetched meanwhile")
    by_network = ask("lite")
    assert by_network is not by_lite
    assert ask("clip:RN50:openai") is by_network, "the network does not ask the guide"


# Calling off


def test_a_later_request_replaces_the_one_that_computes(door: Door, photo: Path) -> None:
    with door() as talk:
        talk.say({"id": "old", "photo": str(photo), "request": ENDLESS})
        assert kinds(talk.hear("progress")) == ["started", "progress"]
        talk.say("")  # no request
        for _ in range(20):
            assert kinds(talk.hear("progress", "cancelled")) == ["progress"]
        talk.say({"id": "new", "photo": str(photo), "request": BRIEF})
        old = talk.hear("cancelled")
        assert {event["id"] for event in old} == {"old"}
        new = talk.hear("result", "error", "cancelled")
        assert {event["id"] for event in new} == {"new"}
        assert kinds(new) == ["started", "progress", "result"]


def test_the_end_of_the_requests_calls_off_what_computes(door: Door, photo: Path) -> None:
    with door() as talk:
        talk.say({"id": "1", "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        talk.hang_up()
        rest = talk.hear()
        assert kinds(rest)[-1] == "cancelled"
        assert {event["id"] for event in rest} == {"1"}
        assert talk.status() == 0


def test_nobody_listening_ends_the_command(door: Door, photo: Path) -> None:
    with door() as talk:
        talk.say({"id": "1", "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        talk.walk_away()
        assert talk.status() == 0


# Mistakes


@pytest.fixture(scope="module")
def talk(door: Door) -> Iterator[Talk]:
    """One conversation in which mistake follows mistake."""
    with door() as talk:
        yield talk


PICTURE = base64.b64encode(b"GIF89a, or so").decode()
MISTAKES = {
    "not JSON": ("once upon a time", "bad-request"),
    "cut JSON": ('{"id": "x", "photo": "/tmp/photo.jpg"', "bad-request"),
    "too deep": ("[" * 100_000, "bad-request"),
    "not UTF-8": (b'{"id": "x", "photo": "\xff\xfe"}', "no-photo"),
    "no object": ('["x"]', "bad-request"),
    "no photo": ({"id": "x"}, "bad-request"),
    "photo and data": ({"id": "x", "photo": "a", "data": "b"}, "bad-request"),
    "unknown field": ({"id": "x", "photo": "a", "strokes": 3}, "bad-request"),
    "unknown setting": ({"id": "x", "photo": "a", "request": {"brush": 3}}, "bad-request"),
    "no settings": ({"id": "x", "photo": "a", "request": [16]}, "bad-request"),
    "newer version": ({"id": "x", "photo": "a", "request": {"version": 2}}, "newer-request"),
    "bad setting": ({"id": "x", "photo": "a", "request": {"strokes": 0}}, "bad-strokes"),
    "unknown guide": ({"id": "x", "photo": "a", "request": {"guide": "mine"}}, "bad-guide"),
    "missing photo": ({"id": "x", "photo": "/nowhere/photo.jpg"}, "no-photo"),
    "photo no path": ({"id": "x", "photo": 3}, "bad-request"),
    "impossible path": ({"id": "x", "photo": "a\0b"}, "bad-photo"),
    "bad base64": ({"id": "x", "data": "abcde"}, "bad-request"),
    "no base64": ({"id": "x", "data": 3}, "bad-request"),
    "not ASCII": ({"id": "x", "data": "Käse"}, "bad-request"),
    "damaged data": ({"id": "x", "data": PICTURE}, "bad-photo"),
    "no data": ({"id": "x", "data": ""}, "bad-photo"),
}


@pytest.mark.parametrize(("line", "code"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_error_with_a_code_a_line_and_the_id(
    talk: Talk, line: str | bytes | Event, code: str
) -> None:
    talk.say(line)
    (event,) = [event for event in talk.hear("error", "result") if event["event"] != "waking"]
    assert event["code"] == code, event
    assert event["id"] == (
        line["id"] if isinstance(line, dict) else "x" if code == "no-photo" else None
    )
    assert event["message"]
    assert "\n" not in event["message"]


@pytest.mark.parametrize(
    "line",
    [
        '{"id": [1], "about": true}',
        '{"id": {}, "about": true}',
        '{"id": 1.5, "about": true}',
        '{"id": 1e999, "about": true}',
        '{"id": true, "about": true}',
        '{"id": ' + "[" * 980 + "]" * 980 + ', "about": true}',
        '{"id": "' + "x" * 5000 + '", "about": true}',
        '{"id": NaN, "about": true}',
        '{"id": 1, "about": 1}',
        '{"id": 1, "photo": "x", "preview_px": Infinity}',
    ],
    ids=lambda line: line[:24],
)
def test_what_is_no_id_or_no_strict_json_is_refused_and_the_conversation_goes_on(
    door: Door, line: str
) -> None:
    with door() as talk:
        talk.say(line)
        (error,) = talk.hear("error")
        assert (error["id"] in (None, 1), error["code"]) == (True, "bad-request")
        talk.say({"id": 2, "about": True})
        assert talk.hear("about")[-1]["id"] == 2


def test_a_sketch_goes_on_from_an_earlier_one_and_grows_as_a_document(
    door: Door, photo: Path
) -> None:
    with door() as talk:
        line = {"photo": str(photo), "request": BRIEF}
        talk.say({"id": 1, **line})
        earlier = talk.hear("result", "error")[-1]
        talk.say({"id": 2, **line, "start": earlier["svg"], "preview_svg": True, "preview_px": 64})
        heard = talk.hear("result", "error")
    assert heard[0]["saliency"] == "an earlier sketch"
    assert heard[0]["mask_preview"]
    growing = [one for one in heard if one["event"] == "progress"]
    assert growing[-1]["svg"].count("<path") == BRIEF["strokes"]
    assert not any("preview" in one for one in heard)
    assert heard[-1]["sketch"]["loss"] <= earlier["sketch"]["loss"] + 1e-4


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start": 7}, "bad-request"),
        ({"start": "<svg/>", "edit": {}}, "bad-request"),
        ({"preview_svg": 1}, "bad-request"),
        ({"start": "no svg"}, "bad-sketch"),
        ({"start": "\ud800"}, "bad-sketch"),
    ],
    ids=str,
)
def test_what_can_t_be_gone_on_from_is_a_mistake(
    door: Door, photo: Path, fields: dict[str, Any], code: str
) -> None:
    with door() as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF, **fields})
        error = talk.hear("error", "result")[-1]
    assert (error["event"], error.get("code")) == ("error", code)


@pytest.mark.parametrize(
    "fault",
    [
        {"reach": []},
        {"reach": {}},
        {"page": [int("9" * 400), 0, 0, 1, 0, 0]},
        {"page": [1, 0, 0, 1, True, 0]},
        {"page": [1, 0, 0, 1, 1e6, 0]},
        {"svg": "\ud800"},
    ],
    ids=lambda fault: str(fault)[:24],
)
def test_an_edit_that_makes_no_sense_is_a_mistake(
    door: Door, photo: Path, fault: dict[str, Any]
) -> None:
    stroke = '<path id="a" style="fill:none;stroke:black" d="M 9,9 C 20,9 30,9 40,9"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" id="layer">{stroke}</svg>'
    edit = {"do": "refine", "svg": svg, "layer": "layer", "page": [1, 0, 0, 1, 0, 0], **fault}
    with door() as talk:
        talk.say({"id": 1, "photo": str(photo), "request": BRIEF, "edit": edit})
        error = talk.hear("error", "result")[-1]
        assert error["event"] == "error"
        assert error["code"] != "bug", error["message"]


def test_after_a_mistake_the_command_goes_on_and_the_last_request_gives_the_status(
    door: Door, photo: Path
) -> None:
    with door() as talk:
        talk.say("nonsense")
        assert kinds(talk.hear("error")) == ["error"]
        talk.say({"id": "1", "photo": str(photo), "request": {**BRIEF, "steps": 1}})
        assert kinds(talk.hear("result", "error")) == ["started", "progress", "result"]
        talk.hang_up()
        assert talk.status() == 0


@pytest.mark.parametrize("line", ["nonsense", '{"id": "1", "photo": "/nowhere/photo.jpg"}'])
def test_a_mistake_at_the_end_is_status_2(door: Door, line: str) -> None:
    with door() as talk:
        talk.say(line)
        talk.hear("error")
        talk.hang_up()
        assert talk.hear() == []
        assert talk.status() == 2


def test_a_line_that_can_not_be_decoded_does_not_stop_the_command(door: Door) -> None:
    with door(limit_s=30, PYTHONIOENCODING="utf-8:strict") as talk:  # as in most people's locale
        talk.say(b"\xff\xfe")
        assert talk.hear("error")[0]["code"] == "bad-request"
        talk.hang_up()
        assert talk.status() == 2


def test_a_path_is_read_as_utf_8_in_every_locale(door: Door, tmp_path: Path, photo: Path) -> None:
    there = photo.rename(tmp_path / "Käse ☂.jpg")
    request = {"id": "1", "photo": str(there), "request": {"guide": "clip:none"}}
    with door(PYTHONIOENCODING="latin-1", PYTHONUTF8="0") as talk:
        talk.say(json.dumps(request, ensure_ascii=False))
        assert talk.hear("error")[-1]["code"] == "bad-guide"  # and not no-photo


def test_a_mistake_in_the_line_wakes_no_engine(tmp_path: Path) -> None:
    with Talk(tmp_path) as talk:
        talk.say('{"id": "x", "photo": 3}')
        assert [event["event"] for event in talk.hear("error")] == ["error"]
        assert not engines(tmp_path)


# Bugs


class Line(io.StringIO):
    """An input of one line, which ends when the command has answered; a closed input would call the
    request off.
    """

    def __init__(self, line: Event) -> None:
        super().__init__()
        self._line = json.dumps(line) + "\n"
        self._answered = threading.Event()
        self.events: list[Event] = []

    def readline(self, _limit: int | None = -1, /) -> str:  # type: ignore[override]
        if self._line:
            line, self._line = self._line, ""
            return line
        self._answered.wait(60)
        return ""

    def write(self, text: str, /) -> int:
        self.events.append(json.loads(text))
        self._answered.set()
        return len(text)

    def flush(self) -> None:
        pass


def test_a_bug_is_told_in_one_line_and_its_traceback_is_in_the_log(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, *_: object) -> None:
            raise RuntimeError("the tower leans\nto the left")

    monkeypatch.setattr(worker, "SketchJob", Broken)
    line = Line({"id": "7", "photo": str(photo)})
    assert run.run_cold(line, line) == 1
    (event,) = line.events
    assert (event["id"], event["event"], event["code"]) == ("7", "error", "bug")
    assert "RuntimeError: the tower leans" in event["message"]
    assert str(log.log_path()) in event["message"]
    assert "\n" not in event["message"]
    text = log.log_path().read_text()
    assert "Traceback" in text
    assert "to the left" in text


def test_a_bug_is_told_even_where_no_log_can_be_written(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(worker, "SketchJob", None)
    line = Line({"id": "7", "photo": str(photo)})
    assert run.run_cold(line, line) == 1
    assert "no log could be written" in line.events[0]["message"]


def test_the_relay_imports_nothing_heavy() -> None:
    code = """
import io, sys
from clipasso_core.service import run
run.run(io.StringIO('nonsense'), io.StringIO())
from clipasso_core.service import client
client.status()
print([name for name in ("torch", "cv2", "numpy", "onnxruntime") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
