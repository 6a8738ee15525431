"""The menu entries from a document to a document, without a window: exactly a layer more, or
nothing at all, and never a byte on stderr.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest
from clipasso_ext.engine import sketch_task
from clipasso_ext.engine.settings import Settings, store
from clipasso_ext.names import LABEL, SKETCH, XLINK_HREF
from lxml import etree

from easel import EXTENSION, document, image, log_of, png, tree_of, uri
from entries import BITMAP_ENTRIES
from kinds import Heard, Pointer, Run, Script

Outside = Callable[[str, bool], Tuple[int, bytes, bytes, str]]
AWKWARD = (
    '<!-- a remark --><text xml:space="preserve">  two  <tspan>words</tspan> </text>tail &amp;'
    ' more<g transform=" matrix( 1.000000001 0,0 1 , 1234567.891 0 )" style=" fill : RED;;'
    ' stroke:None" class="b  a"><path d="m 0,0 h1v1z" style="fill:#F00"/></g><foo xmlns="urn:own"'
    ' own:a="1" xmlns:own="urn:other"/>'
)


def added(output: bytes) -> List[Any]:
    """The layers in a document."""
    return [
        one
        for one in etree.fromstring(output, etree.XMLParser(huge_tree=True)).iter("{*}g")
        if one.get(SKETCH)
    ]


def without_layers(output: bytes) -> bytes:
    tree = tree_of(output)
    for sketch in [one for one in tree.iter("{*}g") if one.get(SKETCH)]:
        sketch.getparent().remove(sketch)
    return etree.tostring(tree)


def requests(heard: Heard) -> List[Dict[str, Any]]:
    """The requests that reached the engine."""
    return [line["request"] for line in heard()]


# What works


@pytest.mark.parametrize("kind", ["sketch", "parameters"])
def test_exactly_a_layer_is_added(kind: str, run: Run, home: Path) -> None:
    body = AWKWARD + image(more='transform=" rotate( 30.123456789 ) " style=" a : b "')
    output = run(kind, body, ids=["photo"])
    (sketch,) = added(output)
    assert sketch.getprevious().get("id") == "photo"
    assert len(sketch) == 16
    assert without_layers(output) == etree.tostring(tree_of(document(body)))
    assert log_of(home) == ""


@pytest.mark.parametrize("kind", ["sketch", "parameters"])
def test_the_script_writes_a_document_and_nothing_to_stderr(kind: str, script: Script) -> None:
    status, output, errors = script(kind, image(), "--id=photo")
    assert (status, errors) == (0, b"")
    assert len(added(output)) == 1


def test_several_bitmaps_get_a_layer_each(run: Run) -> None:
    output = run("sketch", image("a") + image("b") + image("c"), ids=["a", "c"])
    assert [sketch.getprevious().get("id") for sketch in added(output)] == ["a", "c"]


def test_the_only_bitmap_needs_no_selection(run: Run) -> None:
    assert len(added(run("sketch", "<g>%s</g>" % image()))) == 1


def test_the_window_less_sketch_takes_the_stored_settings(run: Run, home: Path) -> None:
    store(Settings(strokes=5, bitmap="hide"), home / "extension.json")
    output = run("sketch", image(), ids=["photo"])
    assert len(added(output)[0]) == 5
    assert tree_of(output).find("{*}image").get("style") == "display:none"


def test_a_linked_bitmap_beside_the_document_is_found(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cat.png").write_bytes(png(40, 20))
    assert added(run("sketch", image(link="cat.png")))[0].get(LABEL) == "Sketch of cat (16 strokes)"
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "dog.png").write_bytes(png(40, 20))
    monkeypatch.setenv("DOCUMENT_PATH", str(tmp_path / "album" / "saved.svg"))
    assert added(run("sketch", image(link="dog.png")))[0].get(LABEL) == "Sketch of dog (16 strokes)"


def test_temporary_files_are_gone_afterwards(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert added(run("sketch", image()))
    assert list((tmp_path / "temporary").iterdir()) == []


# What does not work


FAILURES = {
    "no bitmap": ('<path d="M 0,0 1,1"/>', "There is no bitmap in this document"),
    "several bitmaps": (image("a") + image("b"), "There are 2 bitmaps in this document"),
    "a missing file": (image(link="gone.png"), "gone.png. Put it back"),
    "the network": (image(link="https://example.org/a.png"), "on the network"),
    "a damaged bitmap": (image(link="data:image/png;base64,%"), "embedded bitmap is damaged"),
    "a squashed bitmap": (image(more='transform="scale(0)"'), "squashed to nothing"),
    "an empty document": ("", "There is no bitmap"),
}


@pytest.mark.parametrize("kind", ["sketch", "parameters", "background"])
@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_writes_no_document_and_is_logged(
    kind: str, case: str, run: Run, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body, message = FAILURES[case]
    assert run(kind, body) == b""
    assert message in log_of(home)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", BITMAP_ENTRIES)
def test_a_failing_script_is_silent(kind: str, script: Script, home: Path) -> None:
    assert script(kind, "<g/>")[1:] == (b"", b"")
    assert log_of(home) or kind == "deliver", "which answers to the window alone"


@pytest.mark.parametrize("mode", ["error", "die"])
@pytest.mark.parametrize("kind", ["sketch", "parameters"])
def test_an_engine_that_fails_changes_nothing(
    kind: str, mode: str, run: Run, script: Script, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", mode)
    assert run(kind, image()) == b""
    assert {"error": "The photo is one plain colour", "die": "The engine ended unexpectedly"}[
        mode
    ] in log_of(home)
    assert script(kind, image())[1:] == (b"", b"")


@pytest.mark.parametrize("answer", ["", "<svg/>", "<svg", 7])
def test_an_answer_that_is_no_sketch_changes_nothing(
    answer: Any, run: Run, tmp_path: Path, pointer: Pointer, home: Path
) -> None:
    path = tmp_path / "engine.py"
    event = {"id": "1", "event": "result", "svg": answer}
    path.write_text("import sys\nsys.stdin.readline()\nprint(%r)\n" % json.dumps(event))
    pointer(sys.executable, str(path))
    assert run("sketch", image("a") + image("b"), ids=["a", "b"]) == b""
    assert log_of(home)


def test_one_of_several_that_is_refused_is_told_and_the_others_are_inserted(
    run: Run, home: Path
) -> None:
    output = run(
        "sketch", image("a") + image("b", link="gone.png") + image("c"), ids=["a", "b", "c"]
    )
    assert [sketch.getprevious().get("id") for sketch in added(output)] == ["a", "c"]
    assert log_of(home).count("\n") == 1
    assert "gone: The bitmap's file is missing: " in log_of(home)


def test_a_fault_of_our_own_changes_nothing_and_is_logged_with_its_trace(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch_task, "treat", lambda *_: 1 / 0)
    assert run("sketch", image()) == b""
    assert "ZeroDivisionError" in log_of(home)
    assert "Something went wrong in the extension; the document is unchanged" in log_of(home)


@pytest.mark.parametrize("body", [b"", b"no svg", b"<svg", b"\xff\xfe\0"])
@pytest.mark.parametrize("kind", ["sketch", "insert"])
def test_a_document_that_can_not_be_read_is_left_alone(
    kind: str, body: bytes, script: Script
) -> None:
    assert script(kind, body)[1:] == (b"", b"")


def test_an_unknown_parameter_is_silent(script: Script) -> None:
    assert script("sketch", image(), "--colour=red")[1:] == (b"", b"")


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", '{"command": 7}', '{"command": ["x"]}', '{"command": ["x"], "home": 7}'],
)
@pytest.mark.parametrize("kind", BITMAP_ENTRIES)
def test_without_an_engine_the_log_says_what_to_do(
    kind: str, content: Optional[str], script: Script, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "pointer.json"
    if content is not None:
        path.write_text(content)
    assert script(kind, image(), CLIPASSO_ENGINE=str(path))[1:] == (b"", b"")
    assert "run install.py" in log_of(home)


@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="where other systems keep user data"
)
def test_without_an_engine_or_a_home_the_log_is_where_the_engine_would_be(
    script: Script, tmp_path: Path
) -> None:
    elsewhere = {
        "CLIPASSO_ENGINE": str(tmp_path / "none"),
        "CLIPASSO_HOME": "",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    script("sketch", image(), **elsewhere)
    assert (
        "not installed yet: run install.py"
        in (tmp_path / "data" / "clipasso" / "logs" / "extension.log").read_text()
    )
    script("sketch", image(), **{**elsewhere, "XDG_DATA_HOME": "", "HOME": str(tmp_path / "me")})
    assert (tmp_path / "me" / ".local" / "share" / "clipasso" / "logs" / "extension.log").exists()


def test_a_log_that_can_not_be_written_is_no_trouble(script: Script, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert script("sketch", "<g/>", CLIPASSO_HOME=str(tmp_path / "file" / "home"))[1:] == (b"", b"")


def test_a_long_log_is_put_aside(run: Run, home: Path) -> None:
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "extension.log").write_text("x" * 1_000_001)
    run("sketch", "<g/>")
    assert (home / "logs" / "extension.log.1").stat().st_size == 1_000_001
    assert "no bitmap" in log_of(home)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="have a display always")
def test_without_gtk_a_message_reaches_the_person_through_inkscape(script: Script) -> None:
    # a display that nobody can open
    blocked = {"CLIPASSO_NO_GUI": "", "DISPLAY": ":none", "WAYLAND_DISPLAY": ""}
    for kind, words in (
        ("sketch", b"There is no bitmap"),
        ("parameters", b"There is no bitmap"),
        ("engine", b"in a terminal: "),
    ):
        status, output, errors = script(kind, "<g/>", **blocked)
        assert (status, output) == (0, b"")
        assert words in errors
    assert b"Sketch with Parameters works now" in script("sketch", image(), **blocked)[2]
    assert script("background", image(), **blocked)[1:] == (b"", b"")  # is no error


# What goes wrong outside of an effect

FAULT = "Something went wrong in the extension; the document is unchanged."
# a menu entry in front of a screen that nobody can open, or with windows that write what they show
OUTSIDE = """
import sys, types
sys.path.insert(0, {extension!r})
from clipasso_ext import effects, telling
from clipasso_ext.sketch_effects import SketchEffect

dialogs = types.ModuleType("clipasso_ext.windows.dialogs")
dialogs.show_message = lambda message, quiet: open({shown!r}, "a").write(message)
sys.modules["clipasso_ext.windows.dialogs"] = dialogs
telling.has_gtk = lambda: {gtk}

class Broken(SketchEffect):
    def run(self, *_):
        {act}

effects.main(Broken)
"""
ACTS = {
    "a full disk": "raise OSError(28, 'No space left on device')",
    "a bug": "1 / 0",
    "inkex giving up": "sys.exit('Not an SVG file')",
    "parameters of another version": "self.parse_arguments(['--colour=red'])",
}


@pytest.fixture
def outside(pointer: Pointer, tmp_path: Path) -> Outside:
    """Runs a menu entry that ends outside of its effect; returns the status, what is on the
    streams, and what a window showed.
    """
    shown = tmp_path / "shown"

    def do(act: str, gtk: bool) -> Tuple[int, bytes, bytes, str]:
        text = OUTSIDE.format(extension=str(EXTENSION), shown=str(shown), gtk=gtk, act=act)
        surroundings = {**os.environ, "CLIPASSO_NO_GUI": "", "DISPLAY": ":none"}
        done = subprocess.run(
            [sys.executable, "-c", text], env=surroundings, capture_output=True, timeout=60
        )
        window = shown.read_text() if shown.exists() else ""
        return done.returncode, done.stdout, done.stderr, window

    return do


@pytest.mark.parametrize("act", ACTS)
def test_a_fault_outside_of_an_effect_is_told_in_a_window_without_a_byte_on_stderr(
    act: str, outside: Outside, home: Path
) -> None:
    _, output, errors, window = outside(ACTS[act], True)
    assert (output, errors) == (b"", b"")
    assert window.startswith(FAULT)
    assert window.count("\n") == 0
    assert log_of(home)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="have a display always")
@pytest.mark.parametrize("act", ACTS)
def test_a_fault_outside_of_an_effect_is_told_through_inkscape_without_gtk(
    act: str, outside: Outside
) -> None:
    _, output, errors, window = outside(ACTS[act], False)
    assert (output, window) == (b"", "")
    assert errors.decode().startswith(FAULT)
    assert errors.count(b"\n") == 1


@pytest.mark.parametrize("gtk", [True, False])
def test_who_stops_the_extension_is_told_nothing(gtk: bool, outside: Outside) -> None:
    assert outside("raise KeyboardInterrupt", gtk) == (130, b"", b"", "")


def test_an_end_that_is_none_is_told_nothing(outside: Outside) -> None:
    assert outside("sys.exit()", True) == (0, b"", b"", "")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="have a display always")
@pytest.mark.parametrize("body", [b"", b"no svg"])
def test_a_document_that_can_not_be_read_is_told(body: bytes, script: Script) -> None:
    blocked = {"CLIPASSO_NO_GUI": "", "DISPLAY": ":none", "WAYLAND_DISPLAY": ""}
    _, output, errors = script("sketch", body, **blocked)
    assert output == b""
    assert errors.decode().startswith(FAULT)


def test_temporary_files_that_can_not_be_removed_cost_nobody_the_sketch(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr("shutil.rmtree", busy)
    assert added(run("sketch", image()))
    assert "is left behind: [Errno 16]" in log_of(home)


# Parameters

PAGE = {
    (): {"version": 1},
    ("--strokes=7",): {"version": 1, "strokes": 7},
    ("--strokes=0",): {"version": 1, "strokes": 1},
    ("--preset=standard", "--tab=more"): {"version": 1, "preset": "standard"},
    ("--mask=none",): {"version": 1, "mask": "none"},
    ("--faces=true",): {"version": 1},
    ("--faces=false",): {"version": 1, "faces": "none"},
    ("--subjects=false",): {"version": 1, "subjects": "one"},
    ("--behind=8",): {"version": 1, "background": 8},
    ("--behind=8", "--mask=none"): {"version": 1, "mask": "none"},
    ("--guide=lite",): {"version": 1, "guide": "lite"},
    ("--guide=clip", "--clip=RN50:openai"): {"version": 1, "guide": "clip:RN50:openai"},
    ("--guide=clip", "--clip= RN50 "): {"version": 1, "guide": "clip:RN50"},
    ("--guide=clip", "--clip="): {"version": 1},
    ("--guide=auto", "--clip=RN50:openai"): {"version": 1},
    ("--ink=color", "--color=255"): {"version": 1},
    ("--ink=color", "--color=4278190335"): {"version": 1, "color": "#ff0000"},
    ("--ink=color", "--color=305419896"): {"version": 1, "color": "#123456"},
    ("--ink=photo", "--color=4278190335"): {"version": 1, "color": "photo"},
    ("--seed=9", "--seeds=3"): {"version": 1, "seed": 9, "seeds": 3},
    ("--seeds=3", "--preset=draft"): {"version": 1, "preset": "draft"},
    ("--width=4",): {"version": 1, "width_px": 2},
    ("--width=0",): {"version": 1},
}


@pytest.mark.parametrize("words", PAGE)
def test_the_page_becomes_a_request(words: Tuple[str, ...], run: Run, heard: Heard) -> None:
    assert added(run("parameters", image(), *words))
    assert requests(heard) == [PAGE[words]]


def test_the_width_is_in_the_documents_units(run: Run, heard: Heard) -> None:
    page = 'width="210mm" height="297mm" viewBox="0 0 420 594"'
    body = '<sodipodi:namedview inkscape:document-units="mm"/>' + image()
    # 3 mm are 6 user units, the bitmap has half a pixel for each
    run("parameters", body, "--width=3", page=page)
    assert requests(heard) == [{"version": 1, "width_px": 3}]


@pytest.mark.parametrize(
    ("treatment", "style"), [("keep", None), ("dim", "opacity:0.3"), ("hide", "display:none")]
)
def test_the_page_says_what_becomes_of_the_bitmap(
    treatment: str, style: Optional[str], run: Run
) -> None:
    output = run("parameters", image(), "--bitmap=%s" % treatment)
    assert tree_of(output).find("{*}image").get("style") == style


# In the background


def wait(home: Path, count: int) -> None:
    end = time.monotonic() + 20
    while len(list((home / "jobs").glob("*/outcome.json"))) < count:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_background_sketch_leaves_the_document_and_comes_when_it_is_called(
    run: Run, home: Path
) -> None:
    body = image()
    assert run("background", body, "--strokes=4", "--bitmap=dim") == b""
    assert (
        "Sketching in the background: photo. Go on working: Extensions > CLIPasso > Background >"
        " Insert Finished Sketches brings what is done." in log_of(home)
    )
    wait(home, 1)
    output = run("insert", body)
    assert len(added(output)[0]) == 4
    assert tree_of(output).find("{*}image").get("style") == "opacity:0.3"
    assert run("insert", output) == b""
    assert run("insert", body, "--again=false") == b""
    assert len(added(run("insert", body, "--again=true"))) == 1


def test_the_scripts_of_the_background_are_silent(script: Script, home: Path) -> None:
    assert script("background", image())[1:] == (b"", b"")
    wait(home, 1)
    status, output, errors = script("insert", image())
    assert (status, errors, len(added(output))) == (0, b"", 1)


def test_one_bitmap_that_is_refused_does_not_keep_the_others_from_the_background(
    run: Run, home: Path
) -> None:
    run("background", image("a") + image("b", link="gone.png") + image("c"), ids=["a", "b", "c"])
    wait(home, 2)
    assert "Sketching in the background: a, c." in log_of(home)
    assert "gone: The bitmap's file is missing" in log_of(home)


def test_a_sketch_whose_bitmap_is_gone_is_placed_when_that_is_wanted(run: Run, home: Path) -> None:
    page = 'width="200" height="100" viewBox="0 0 200 100" sodipodi:docname="cats.svg"'
    run("background", image(), page=page)
    wait(home, 1)
    assert run("insert", "", "--gone=leave", page=page) == b""
    assert "is gone" in log_of(home)
    assert len(added(run("insert", "", "--gone=place", page=page))) == 1


def test_nothing_to_insert_is_told(run: Run, home: Path) -> None:
    assert run("insert", image()) == b""
    assert log_of(home) == "No sketch is waiting for this document.\n"


# Size


def test_a_bitmap_of_14_megabytes_is_fast(run: Run) -> None:
    noise = os.urandom(10_500_000)  # 14 MB in base64
    text = base64.b64encode(png(4000, 3000, noise=noise)).decode()
    lines = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    body = document(image(link="data:image/png;base64," + lines)).replace(b"\n", b"&#10;")
    began = time.process_time()
    output = run("parameters", body)
    assert len(added(output)) == 1
    assert time.process_time() - began < 10
    began = time.process_time()
    run("background", body)
    assert time.process_time() - began < 10


def test_the_bitmap_comes_back_byte_for_byte(run: Run) -> None:
    link = uri(png(40, 20, noise=os.urandom(3000)))
    output = run("parameters", image(link=link))
    assert tree_of(output).find("{*}image").get(XLINK_HREF) == link


def test_the_entries_are_where_the_pages_say() -> None:
    assert {Path(path).name for path in EXTENSION.glob("clipasso_*.py")} >= {
        "clipasso_%s.py" % kind for kind in BITMAP_ENTRIES
    }
