"""The command does what its options say.

A mistake costs one line and exit status 2, and leaves nothing behind.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
import numpy as np
import pytest
from PIL import Image
from support.pictures import SIZE

import clipasso_core
from clipasso_core.cli.main import cli, main
from clipasso_core.document.attributes import CLIPASSO
from clipasso_core.document.svg import from_svg, read_svg
from clipasso_core.errors import UserError
from clipasso_core.files import check_writable, write_whole

# exit statuses
DONE = 0
BUG = 1
MISTAKE = 2
INTERRUPTED = 130
BRIEF = ("--steps", "2", "--guide", "lite", "--device", "cpu", "--seeds", "1")
FAST = (*BRIEF, "--strokes", "3")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that a file written by default is seen."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def everything_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def assert_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, *arguments: object
) -> None:
    """The command says these words on one line of stderr and exits with 2.

    It prints nothing, and writes nothing.
    """
    before = everything_below(tmp_path)
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    assert status == MISTAKE
    assert said.out == ""
    assert said.err.startswith("clipasso: ")
    assert said.err.endswith("\n")
    assert said.err.count("\n") == 1
    assert re.search(words, said.err)
    assert everything_below(tmp_path) == before


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes the engine raise `error`."""

    def engine(*_arguments: object) -> NoReturn:
        raise error

    monkeypatch.setattr(importlib.import_module("clipasso_core.sketching.job"), "sketch", engine)


def commands(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command."""
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("missing", "there is no photo"),
        ("folder", "is a folder"),
        ("empty", "is empty"),
        ("cut-jpeg", "damaged or cut off"),
        ("cut-png", "damaged or cut off"),
        ("text", "not a picture"),
        ("bomb", "million pixels"),
        ("bomb-with-data", "million pixels"),
        ("one-pixel", "1 x 1"),
        ("transparent", "fully transparent"),
    ],
)
def test_a_bad_photo_is_a_mistake(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    here: Path,
    bad_photo: Callable[[str], Path],
    fault: str,
    words: str,
) -> None:
    assert_mistake(capsys, tmp_path, words, "sketch", bad_photo(fault), *FAST)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--strokes", "0"), "strokes"),
        (("--strokes", "-1"), "strokes"),
        (("--strokes", "257"), "strokes .*256"),
        (("--strokes", "many"), "strokes.*many"),
        (("--series", "4,8,8"), "series"),
        (("--series", "4;8"), "series .*4;8"),
        (("--series", "4,8", "--strokes", "16"), "ends with 8 strokes, not with 16"),
        (("--width", "0"), "width"),
        (("--width", "nan"), "width"),
        (("--steps", "0"), "steps"),
        (("--seeds", "0"), "seeds"),
        (("--preset", "fast"), "preset.*draft"),
        (("--precision", "fp8"), "precision"),
        (("--guide", "nonsense"), "no guide 'nonsense'"),
        (("--guide", "clip:Nonsense"), "'Nonsense' can't guide"),
        (("--guide", "clip:RN50:openai"), "clipasso models fetch clip:RN50:openai"),
        (("--guide", "lite", "--text", "a cat"), "--text needs a CLIP guide"),
        (("--color", "notacolour"), "'notacolour' is not a colour"),
        (("--mask", "alpha"), "no transparency"),
        (("--mask", "lost.png"), "no mask lost.png"),
        (("-o", "lost/out.svg"), "no folder lost"),
        (("-o", "x.png"), r"x\.svg"),
        (("-o", "."), "is a folder"),
        (("--frames", "lost/frames"), "frames"),
        (("--animate", "0"), "more than 0"),
        (("--animate", "nan"), "more than 0"),
        (("--nonsense",), "--nonsense"),
        (("another.jpg",), "another.jpg"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
def test_a_bad_option_is_a_mistake(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    here: Path,
    photo: Path,
    options: tuple[str, ...],
    words: str,
) -> None:
    assert_mistake(capsys, tmp_path, words, "sketch", photo, "--device", "cpu", *options)


def test_a_device_that_is_not_there_is_a_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, here: Path, photo: Path
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert_mistake(capsys, tmp_path, "no CUDA device", "sketch", photo, "--device", "cuda")


def test_a_mask_of_other_proportions_is_a_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, here: Path, photo: Path
) -> None:
    mask = tmp_path / "mask.png"
    Image.new("L", (60, 160), "white").save(mask)
    words = "60 x 160 and the photo 160 x 120"
    assert_mistake(capsys, tmp_path, words, "sketch", photo, "--mask", mask)


def test_a_photo_of_one_plain_colour_is_a_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, here: Path
) -> None:
    Image.new("RGB", (160, 120), "white").save(tmp_path / "wall.png")
    assert_mistake(capsys, tmp_path, "one plain colour", "sketch", tmp_path / "wall.png")


def test_a_read_only_folder_is_a_mistake(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    here: Path,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert_mistake(capsys, tmp_path, "read-only", "sketch", photo, "-o", "out.svg")


@pytest.mark.skipif(os.name == "nt", reason="names can't hold line breaks there")
def test_a_name_with_a_line_break_is_still_told_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, here: Path
) -> None:
    assert_mistake(capsys, tmp_path, "there is no photo", "sketch", "lost\ncat.jpg")


@pytest.mark.parametrize(
    "arguments",
    [("sketch",), ("nonsense",), ("models", "nonsense"), ("models", "fetch")],
    ids=" ".join,
)
def test_a_command_that_is_not_one_is_a_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, here: Path, arguments: Sequence[str]
) -> None:
    assert_mistake(capsys, tmp_path, "", *arguments)


@pytest.mark.parametrize("arguments", [(), ("models",)], ids=str)
def test_without_a_command_the_help_is_shown_line_by_line(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str]
) -> None:
    main(list(arguments))
    said = capsys.readouterr()
    shown = (said.out + said.err).splitlines()
    assert any(line.startswith("Usage: clipasso") for line in shown)
    assert "Commands:" in shown


def test_with_json_a_mistake_is_an_event_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, here: Path, photo: Path
) -> None:
    status = main(["sketch", str(photo), "--json", "--guide", "nonsense"])
    said = capsys.readouterr()
    event = json.loads(said.out)
    assert status == MISTAKE
    assert event["event"] == "error"
    assert event["code"] == "bad-guide"
    assert event["values"] == {"name": "nonsense"}
    assert event["message"] == event["text"].format(**event["values"])
    assert said.err == f"clipasso: {event['message']}\n"


@pytest.mark.parametrize("arguments", [["--strokes", "many"], ["--nonsense"]], ids=" ".join)
def test_with_json_a_bad_option_is_an_event_too(
    capsys: pytest.CaptureFixture[str], here: Path, photo: Path, arguments: Sequence[str]
) -> None:
    assert main(["sketch", str(photo), "--json", *arguments]) == MISTAKE
    assert json.loads(capsys.readouterr().out)["code"] == "bad-usage"


@pytest.mark.parametrize("path", list(commands()), ids=lambda path: " ".join(path) or "clipasso")
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], path: tuple[str, ...]) -> None:
    assert main([*path, "--help"]) == DONE
    said = capsys.readouterr()
    assert said.out.startswith(f"Usage: {' '.join(('clipasso', *path))} ")
    assert said.err == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == DONE
    assert clipasso_core.__version__ in capsys.readouterr().out


def test_a_sketch_is_written_and_what_was_used_is_told(
    capsys: pytest.CaptureFixture[str], here: Path, photo: Path
) -> None:
    assert main(["sketch", str(photo), "-o", "out.svg", *FAST]) == DONE
    said = capsys.readouterr()
    result = read_svg(here / "out.svg")
    assert len(result.strokes) == 3
    assert (result.width, result.height, result.steps) == (160, 120, 2)
    assert said.out == ""
    assert "guide lite" in said.err
    assert "cpu" in said.err
    assert "mask plain border" in said.err
    assert everything_below(here) == [here / "out.svg"]


def test_without_a_name_the_sketch_is_named_after_the_photo_and_lies_here(
    here: Path, photo: Path
) -> None:
    assert main(["sketch", str(photo), *FAST]) == DONE
    assert everything_below(here) == [here / "photo-sketch.svg"]


def test_a_dash_prints_the_svg_and_writes_no_file(
    capsys: pytest.CaptureFixture[str], here: Path, photo: Path
) -> None:
    assert main(["sketch", str(photo), "-o", "-", *FAST]) == DONE
    assert len(from_svg(capsys.readouterr().out.encode()).strokes) == 3
    assert everything_below(here) == []


def test_json_tells_the_start_every_step_and_the_result(
    capsys: pytest.CaptureFixture[str], here: Path, photo: Path
) -> None:
    assert main(["sketch", str(photo), "-o", "out.svg", "--json", *FAST]) == DONE
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["event"] for event in events] == ["started", "progress", "progress", "result"]
    assert [event["step"] for event in events[1:3]] == [1, 2]
    used = (events[0]["guide"], events[0]["device"], events[0]["mask"])
    assert used == ("lite", "cpu", "plain border")
    told = events[3]["sketch"]
    written = read_svg(here / "out.svg").to_json()
    for mine, its in zip(told.pop("strokes"), written.pop("strokes"), strict=True):
        # each is rounded in its own way
        assert np.allclose(mine.pop("points"), its.pop("points"), rtol=0, atol=1.1e-3)
        assert mine == its
    assert told == written
    assert said.err == ""


def test_a_picture_of_every_step_is_kept_when_asked_for(here: Path, photo: Path) -> None:
    assert main(["sketch", str(photo), "-o", "out.svg", "--frames", "frames", *FAST]) == DONE
    frames = everything_below(here / "frames")
    assert [frame.name for frame in frames] == ["frame-00001.png", "frame-00002.png"]
    for frame in frames:
        with Image.open(frame) as image:
            assert image.width == image.height
            assert np.asarray(image.convert("L")).min() < 128


@pytest.mark.parametrize(
    ("option", "time"), [(["--animate"], "6s"), (["--animate", "2.5"], "2.5s")], ids=["", "2.5"]
)
def test_a_sketch_draws_itself_when_asked_to(
    here: Path, photo: Path, option: list[str], time: str
) -> None:
    assert main(["sketch", str(photo), "-o", "out.svg", *FAST, *option]) == DONE
    assert (here / "out.svg").read_text(encoding="utf-8").count(f" {time} linear 1") == 3
    assert len(read_svg(here / "out.svg").strokes) == 3


def test_one_run_draws_a_series_whose_layers_can_be_edited(here: Path, photo: Path) -> None:
    assert main(["sketch", str(photo), "-o", "out.svg", *BRIEF, "--series", "1,3,4"]) == DONE
    result = read_svg(here / "out.svg")
    assert len(result.strokes) == 4
    assert result.request.series == (1, 3, 4)
    layer = ["out.svg", "--layer", "sketch-3"]
    assert main(["level", *layer, "--strokes", "2", "-o", "level.svg"]) == DONE
    options = ["--photo", str(photo), "--guide", "lite", "--steps", "2"]
    only = ["--only", "stroke-2-of-3"]
    assert main(["refine", *layer, *options, *only, "-o", "refined.svg"]) == DONE
    assert main(["animate", "out.svg"]) == DONE
    assert read_svg(here / "out.svg") == result


def test_a_series_is_still_a_sketch_when_its_lines_are_joined(here: Path, photo: Path) -> None:
    assert main(["sketch", str(photo), "-o", "out.svg", *BRIEF, "--series", "1,3"]) == DONE
    assert main(["join", "out.svg"]) == DONE, "hides the sketch that was shown"
    assert len(read_svg("out.svg").strokes) == 3
    assert main(["order", "out.svg", "-o", "again.svg"]) == DONE


def test_strokes_are_added_in_the_ink_that_is_there(here: Path, photo: Path) -> None:
    looks = ["--paper", "black", "--color", "white"]
    assert main(["sketch", str(photo), "-o", "out.svg", *FAST, *looks]) == DONE
    options = ["-n", "1", "--steps", "1", "--guide", "lite", "--device", "cpu"]
    assert main(["add", "out.svg", "--photo", str(photo), *options]) == DONE
    assert (here / "out.svg").read_text().count("stroke:#ffffff") == 4


@pytest.mark.skipif(os.name == "nt", reason="names can't hold such characters there")
def test_a_mask_file_may_have_any_name(here: Path, photo: Path) -> None:
    mask = "m\x07\udce9.png"
    Image.new("L", (160, 120), "white").save(mask)
    assert main(["sketch", str(photo), "-o", "out.svg", "--mask", mask, *FAST]) == DONE
    assert read_svg(here / "out.svg").mask.startswith("file m")


def test_an_interrupt_before_the_first_step_writes_nothing(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    here: Path,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    before = everything_below(tmp_path)
    assert main(["sketch", str(photo), "-o", "out.svg", *FAST]) == INTERRUPTED
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == "clipasso: interrupted, nothing was written"
    assert said.out == ""
    assert everything_below(tmp_path) == before


def test_a_signal_while_the_guide_loads_writes_nothing(
    tmp_path: Path, here: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = importlib.import_module("clipasso_core.sketching.job")
    monkeypatch.setattr(engine, "sketch", lambda *_arguments: signal.raise_signal(signal.SIGINT))
    before = everything_below(tmp_path)
    handler = signal.getsignal(signal.SIGINT)
    assert main(["sketch", str(photo), "-o", "out.svg", *FAST]) == INTERRUPTED
    assert everything_below(tmp_path) == before
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.skipif(os.name == "nt", reason="the platform sends no SIGINT to one process")
def test_an_interrupt_keeps_the_best_sketch_so_far(here: Path, photo: Path) -> None:
    endless = ("--strokes", "2", "--steps", "100000", "--json")
    command = [sys.executable, "-m", "clipasso_core", "sketch", str(photo), "-o", "out.svg"]
    paths = [str(Path(clipasso_core.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with subprocess.Popen(
        [*command, *BRIEF, *endless],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert any(json.loads(line)["event"] == "progress" for line in process.stdout)
            process.send_signal(signal.SIGINT)
            rest, complaints = process.communicate(timeout=60)
        finally:
            process.kill()
    last = json.loads(rest.splitlines()[-1])
    assert process.returncode == INTERRUPTED
    assert (last["event"], last["interrupted"]) == ("result", True)
    assert "Traceback" not in complaints
    sketch = read_svg(here / "out.svg")
    assert len(sketch.strokes) == 2
    assert 1 <= sketch.steps < 100_000


def test_a_bug_is_one_line_and_its_traceback_is_in_the_log(
    capsys: pytest.CaptureFixture[str],
    here: Path,
    photo: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_with(monkeypatch, RuntimeError("the moon\nis blue"))
    assert main(["sketch", str(photo), "-o", "out.svg", *FAST]) == BUG
    said = capsys.readouterr()
    (log,) = (home / "logs").iterdir()
    assert said.out == ""
    assert said.err.startswith("clipasso: ")
    assert said.err.count("\n") == 1
    assert "the moon" in said.err
    assert str(log) in said.err
    assert "Traceback" in log.read_text()
    assert "RuntimeError: the moon" in log.read_text()
    assert everything_below(here) == []


def test_threads_are_told_how_to_wait_before_torch_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(name, raising=False)
    assert spin_count({}) == "1000"
    assert spin_count({"GOMP_SPINCOUNT": "7"}) == "7"
    assert spin_count({"OMP_WAIT_POLICY": "ACTIVE"}) == "None"


def spin_count(given: dict[str, str]) -> str:
    """What a command that has not imported torch yet finds in its environment."""
    environment = {**os.environ, **given}
    ask = [sys.executable, "-c", ASK]
    done = subprocess.run(ask, env=environment, capture_output=True, text=True, check=True)
    imported, count = done.stdout.split()[-2:]
    assert imported == "False"
    return count


ASK = """
import os, sys
from clipasso_core.cli.main import main
main(["--version"])
print("torch" in sys.modules, os.environ.get("GOMP_SPINCOUNT"))
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "words",
    [["doctor"], ["doctor", "--json"], ["models", "list"], ["engine", "status"], ["--help"]],
)
def test_a_full_standard_output_is_one_line(words: list[str], home: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "clipasso_core", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("clipasso: standard output can't be written: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("length", [246, 255])
def test_the_longest_names_can_be_written(tmp_path: Path, length: int) -> None:
    target = tmp_path / ("x" * (length - 4) + ".svg")
    write_whole(b"<svg/>", target)
    assert target.read_bytes() == b"<svg/>"


def test_a_link_to_nowhere_is_told_before_the_work(tmp_path: Path) -> None:
    link = tmp_path / "out.svg"
    link.symlink_to(tmp_path / "gone" / "out.svg")
    with pytest.raises(UserError, match="there is no folder"):
        check_writable(link)


def test_what_killed_writers_left_is_cleared_away_whatever_the_clock_says(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    left, written = tmp_path / ".clipasso-left", tmp_path / ".clipasso-written"
    for path in (left, written):
        path.touch()
    os.utime(written, (0, 0))
    with written.open("rb") as writer:  # as one who lives has it
        fcntl.flock(writer, fcntl.LOCK_EX)
        write_whole(b"<svg/>", tmp_path / "out.svg")
    assert {path.name for path in tmp_path.iterdir()} == {".clipasso-written", "out.svg"}
    write_whole(b"<svg/>", tmp_path / "out.svg")
    assert {path.name for path in tmp_path.iterdir()} == {"out.svg"}


@pytest.mark.skipif(sys.platform == "win32", reason="there a file that is open can't be deleted")
def test_a_file_that_is_being_written_is_not_cleared_away_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def meanwhile(file: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        write_whole(b"<g/>", tmp_path / "other.svg")
        sync(file)

    monkeypatch.setattr(os, "fsync", meanwhile)
    monkeypatch.setattr(time, "time", lambda: 1e10)  # the clock jumps
    write_whole(b"<svg/>", tmp_path / "out.svg")
    assert (tmp_path / "out.svg").read_bytes() == b"<svg/>"
    assert {path.name for path in tmp_path.iterdir()} == {"other.svg", "out.svg"}


def test_ctrl_c_while_a_file_is_written_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_file: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(b"<svg/>", tmp_path / "out.svg")
    assert everything_below(tmp_path) == []


# Files that are not to be replaced

REPLACING = [
    ["sketch", "{photo}", *BRIEF, "--strokes", "1", "-o", "{target}"],
    ["level", "{sketch}", "--strokes", "1", "-o", "{target}"],
    ["animate", "{sketch}", "-o", "{target}"],
    ["join", "{sketch}", "-o", "{target}"],
    ["order", "{sketch}", "-o", "{target}"],
    ["refine", "{sketch}", "--photo", "{photo}", *BRIEF[:-2], "-o", "{target}"],
    ["add", "{sketch}", "--photo", "{photo}", *BRIEF[:-2], "-n", "1", "-o", "{target}"],
]


@pytest.mark.parametrize("words", REPLACING, ids=lambda words: words[0])
def test_a_read_only_file_is_replaced_only_by_force(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, photo: Path, words: list[str]
) -> None:
    target = tmp_path / "kept.svg"
    sketch = tmp_path / "sketch.svg"
    stroke = '<path id="s{0}" clipasso:rank="{0}" d="M 9,9 L {0}0,90" fill="none" stroke="#000"/>'
    strokes = "".join(stroke.format(number) for number in (3, 6))
    sketch.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:clipasso="{CLIPASSO}"'
        f' viewBox="0 0 {SIZE[0]} {SIZE[1]}"><g id="a" clipasso:sketch="1">{strokes}</g></svg>'
    )
    target.write_text("mine")
    target.chmod(0o444)
    places = {"photo": photo, "sketch": sketch, "target": target}
    whole = [word.format(**places) for word in words]
    assert_mistake(capsys, tmp_path, "--force", *whole)
    assert main([*whole, "--force"]) == DONE
    assert target.read_text() != "mine"
    assert target.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("long", ["x" * 5000, "word " * 1000])
def test_what_was_typed_is_not_repeated_at_length(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, photo: Path, long: str
) -> None:
    for words in ([f"--{long}", photo], [photo, "--strokes", long], [photo, "--guide", long]):
        assert_mistake(capsys, tmp_path, "", "sketch", *words)
    main(["sketch", str(photo), "--strokes", long])
    assert len(capsys.readouterr().err) < 700


@pytest.mark.parametrize(
    "path", ["~nobody/weights.pt", "/" + "a/" * 2000 + "w.pt", "/" + "a" * 4000 + ".pt", "/\0.pt"]
)
def test_odd_paths_of_weights_are_not_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, photo: Path, path: str
) -> None:
    assert_mistake(
        capsys, tmp_path, "no weights file", "sketch", photo, "--guide", f"clip:RN50:{path}"
    )
