"""What the engine reads, each as a person or a program has it read, and how that has to end."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from campaign.bench import Ending, Reader
from campaign.case import contents
from clipasso_core.cli.main import main
from clipasso_core.errors import UserError
from clipasso_core.wording import LONGEST

WORK = ("--preset", "draft", "--guide", "lite", "--device", "cpu", "--steps", "1")
SKETCH, PHOTO = "sketch.svg", "photo"
HOLLOW = (  # a sketch of which nothing can be redrawn: the command ends when all was read
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path id="a" d="M0,0L9,9z"/></svg>'
)
JOB, HOME = "job", "home"
# commands that look at a home, and those that start an engine in it
LOOKING = (
    ("models", "path"),
    ("models", "list"),
    ("models", "verify", "u2netp"),
    ("models", "verify", "clip:RN50:openai"),
    ("engine", "status"),
    ("engine", "status", "--json"),
    ("engine", "stop"),
    ("doctor", "--json"),
)
STARTING = (("engine", "start", "--idle", "0.2"), ("engine", "status"), ("engine", "stop"))
BUGS = Path("logs") / "clipasso.log"


def read_photo(folder: Path) -> int:
    words = [str(folder / SKETCH), "--photo", str(folder / PHOTO), "-o", str(folder / "out.svg")]
    return main(["refine", *words, *WORK, "--mask", "none"])


def draw_photo(folder: Path) -> int:
    words = [str(folder / PHOTO), "-o", str(folder / "out.svg"), "--strokes", "1"]
    return main(["sketch", *words, *WORK])


def read_mask(folder: Path) -> int:
    words = [str(folder / "good.png"), "-o", str(folder / "out.svg"), "--strokes", "1"]
    return main(["sketch", *words, *WORK, "--mask", str(folder / PHOTO)])


def read_painted(folder: Path) -> int:
    words = [str(folder / "good.png"), "-o", str(folder / "out.svg"), "--strokes", "1"]
    painted = str(folder / PHOTO)
    return main(["sketch", *words, *WORK, "--emphasis", painted, "--mask-repair", painted])


def on_sketch(*words: str) -> Reader:
    """A command that changes a sketch in its place."""

    def run(folder: Path) -> int:
        return main([words[0], str(folder / SKETCH), *words[1:]])

    return run


def edit(*words: str) -> Reader:
    """A command that computes on a sketch."""

    def run(folder: Path) -> int:
        photo = ["--photo", str(folder / "good.png"), "--mask", "none"]
        return main([words[0], str(folder / SKETCH), *photo, *words[1:], *WORK])

    return run


def read_back(folder: Path) -> int:
    """The library's way back from a file to a result."""
    from clipasso_core import read_svg

    return _told(lambda: read_svg(folder / SKETCH))


def read_line(folder: Path) -> int:
    """One line, down to the request and the edit that it holds."""
    from clipasso_core.service.edit_request import EditRequest
    from clipasso_core.service.envelope import at_home, read_envelope, read_id

    line = (folder / "line").read_bytes()
    text = line.decode("utf-8", "surrogateescape")

    def read() -> None:
        json.dumps(read_id(text))
        envelope = read_envelope(text)
        at_home(text, envelope, str(folder)).encode("utf-8", "surrogateescape")
        if envelope.kind == "sketch":
            envelope.settings()
            if envelope.edit is not None:
                EditRequest.from_json(envelope.edit)

    return _told(read)


def converse(folder: Path) -> int:
    """Lines to `clipasso run`, which computes here."""
    from clipasso_core.service.run import run_cold

    text = (folder / "lines").read_bytes().decode("utf-8", "surrogateescape")
    heard = io.StringIO()
    here = os.getcwd()
    os.chdir(folder)
    try:
        status = run_cold(io.StringIO(text), heard)
    finally:
        os.chdir(here)
    (folder / "heard").write_text(heard.getvalue())
    return status


def read_job(folder: Path) -> int:
    return main(["job", str(folder / JOB)])


def at_home(*commands: tuple[str, ...]) -> Reader:
    """A home as it may be found, by these commands."""

    def run(folder: Path) -> int:
        before = os.environ["CLIPASSO_HOME"]
        os.environ["CLIPASSO_HOME"] = str(folder / HOME)
        try:
            statuses = [main(list(words)) for words in commands]
        finally:
            os.environ["CLIPASSO_HOME"] = before
        return max(statuses) if set(statuses) <= {0, 2} else 1

    return run


def _told(read: Callable[[], object]) -> int:
    try:
        read()
    except UserError as error:
        os.write(2, f"clipasso: {error.message}\n".encode("utf-8", "backslashreplace"))
        return 2
    return 0


READERS: dict[str, Reader] = {
    "photo": read_photo,
    "mask": read_mask,
    "painted": read_painted,
    "draw": draw_photo,
    "level": on_sketch("level", "--strokes", "1"),
    "join": on_sketch("join"),
    "order": on_sketch("order"),
    "animate": on_sketch("animate"),
    "refine": edit("refine"),
    "add": edit("add", "--strokes", "1"),
    "read_svg": read_back,
    "line": read_line,
    "conversation": converse,
    "job": read_job,
    "home": at_home(*LOOKING),
    "engine": at_home(*STARTING),
}
# what success may say on standard error: one line each, and computing its settings, its bar and
# what it keeps
QUIET = ("read_svg", "line", "conversation", "job")
WRITTEN = {name: {"out.svg"} for name in ("photo", "draw", "mask", "painted")}
COMPUTING = ("photo", "mask", "painted", "draw", "refine", "add")


def judge(name: str, folder: Path, before: dict[str, bytes], end: Ending) -> str:
    """What is wrong with how a reader ended; "" for nothing."""
    if end.status not in (0, 2):
        return f"status {end.status}: {end.complained}{end.said}{_log(folder)}"
    if name in SPECIAL:
        return SPECIAL[name](folder, end)
    return _judge_speech(name, end) or _judge_files(name, folder, before, end.status)


def _log(folder: Path) -> str:
    """The last traceback in the log of bugs."""
    for home in (folder / HOME, Path(os.environ["CLIPASSO_HOME"])):
        if (home / BUGS).is_file():
            text = (home / BUGS).read_text(encoding="utf-8", errors="replace")
            return "\n" + text[text.rfind("Traceback") :]
    return ""


def _judge_speech(name: str, end: Ending) -> str:
    lines = end.complained.splitlines()
    if end.status == 2:
        return "" if is_told(end) else f"more or less than one line: {end}"
    if end.said or "Traceback" in end.complained or "Warning" in end.complained:
        return f"said beside the point: {end}"
    limit = 0 if name in QUIET else 100 if name in COMPUTING else 1
    return "" if len(lines) <= limit else f"lines beside the point: {end}"


def is_told(end: Ending) -> bool:
    """Whether a mistake was told in one line, and nothing else was said."""
    lines = end.complained.splitlines()
    is_line = len(lines) == 1 and end.complained.endswith("\n")
    is_short = len(end.complained) < 2 * LONGEST
    return is_line and is_short and lines[0].startswith("clipasso: ") and not end.said


def _judge_files(name: str, folder: Path, before: dict[str, bytes], status: int) -> str:
    """The old file or the new one, and nothing beside it."""
    after = contents(folder)
    changed = {one for one in {*before, *after} if after.get(one) != before.get(one)}
    beside = changed - (WRITTEN.get(name, {SKETCH}) if status == 0 else set())
    if beside:
        return f"changed in spite of status {status}: {sorted(beside)}"
    for one in changed:
        try:
            etree.fromstring(after[one], etree.XMLParser(huge_tree=True))
        except (KeyError, etree.XMLSyntaxError) as error:
            return f"{one} is no document: {error}"
    return ""


def _judge_conversation(folder: Path, end: Ending) -> str:
    from clipasso_core.service.events import LAST

    text = (folder / "heard").read_text()
    heard: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    bugs = [event for event in heard if event.get("code") == "bug"]
    if bugs or end.said or end.complained:
        return f"{bugs} {end}{_log(folder)}"
    lines = (folder / "lines").read_bytes().decode("utf-8", "surrogateescape").split("\n")
    asked = [line for line in lines if line.strip() and not _is_stop(line)]
    ended = sum(event["event"] in LAST for event in heard)
    return (
        "" if ended == len(asked) else f"{ended} endings of {len(asked)} requests: {text[-2000:]}"
    )


def _is_stop(line: str) -> bool:
    from clipasso_core.service.envelope import STOP, read_envelope

    try:
        return read_envelope(line).kind == STOP
    except UserError:
        return False


def _judge_job(folder: Path, end: Ending) -> str:
    if end.status == 2 and end.complained:
        return "" if is_told(end) else f"more or less than one line: {end}"
    if end.said or end.complained:
        return f"said beside the point: {end}"
    path = folder / JOB / "outcome.json"
    try:
        outcome = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        return f"no outcome: {error}"
    if outcome.get("code") == "bug":
        return f"{outcome}{_log(folder)}"
    scratch = [*(folder / JOB).glob("*.new"), folder / JOB / "outcome.full"]
    left = [one.name for one in scratch if one.is_file()]
    return f"left behind: {left}" if left else ""


def _judge_home(folder: Path, end: Ending) -> str:
    wrong = [line for line in end.complained.splitlines() if not line.startswith("clipasso: ")]
    if wrong or len(end.complained.splitlines()) > len(LOOKING):
        return f"said beside the point: {end.complained}"
    return f"a bug: {end.said}" if re.search(r"Traceback|\"bug\"", end.said) else ""


SPECIAL: dict[str, Callable[[Path, Ending], str]] = {
    "conversation": _judge_conversation,
    "job": _judge_job,
    "home": _judge_home,
    "engine": _judge_home,
}
