"""Requests, jobs, homes and settings: what is JSON, or should be."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st
from support import strategies as valid
from support.drawings import SKETCH, SPACES

from campaign.case import Case
from campaign.documents import BODIES
from campaign.documents import PAGES as VIEWS
from campaign.mutation import altered, json_junk, mutated, nested
from campaign.pictures import good_png
from clipasso_core import to_svg

BRIEF = {"version": 1, "strokes": 2, "guide": "lite", "preset": "draft", "mask": "none", "steps": 1}
EDIT = {
    "do": "refine",
    "svg": to_svg(SKETCH).decode(),
    "layer": "sketch",
    "page": [1, 0, 0, 1, 0, 0],
    "only": ["stroke-1"],
    "reach": "nudge",
}
PHOTO = {"id": "a", "photo": "good.png", "request": BRIEF, "preview_px": 32}
DATA = {"id": 1, "data": base64.b64encode(good_png()).decode(), "request": BRIEF}
ENVELOPES: list[dict[str, Any]] = [
    PHOTO,
    DATA,
    {**PHOTO, "edit": EDIT},
    {**DATA, "edit": {**EDIT, "do": "add", "layer": "l", "only": None}},
    {**DATA, "edit": {**EDIT, "do": "ink"}},
    {"id": None, "stop": True},
    {"id": 2, "about": True},
]
# more than this takes time, and is no other case
MOST = {"steps": 2, "strokes": 3, "seeds": 2}


def _brief(envelope: Any) -> Any:
    """The same with little to compute."""
    request = envelope.get("request") if isinstance(envelope, dict) else None
    if not isinstance(request, dict):
        return envelope
    brief = {**request, "preset": "draft", "steps": 1}
    for name, most in MOST.items():
        if isinstance(brief.get(name), int):
            brief[name] = min(brief[name], most)
    brief.pop("series", None)
    return {**envelope, "request": brief}


def _line(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass").replace(b"\n", b" ")


envelopes = st.sampled_from(ENVELOPES).flatmap(lambda one: altered(one, json_junk))
whole = valid.requests.map(lambda one: {"id": 1, "photo": "x", "request": one.to_json()})
lines = (
    envelopes.map(_line)
    | whole.flatmap(lambda one: altered(one, json_junk)).map(_line)
    | mutated([_line(one) for one in ENVELOPES])
    | nested
    | st.binary(max_size=60)
).map(lambda data: Case("line", {"line": data}))


def _without_breaks(data: bytes) -> bytes:
    return data.replace(b"\n", b" ").replace(b"\r", b" ").decode("utf-8", "replace").encode()


# computed, so with little to compute; text that is cut is no request any more
spoken = envelopes.map(_brief).map(_line) | st.binary(max_size=60).map(_without_breaks) | nested
conversations = st.lists(spoken, min_size=1, max_size=4).map(
    lambda some: Case("conversation", {"lines": b"\n".join(some) + b"\n", "good.png": good_png()})
)

JOB = {"version": 1, "line": PHOTO, "name": "cat"}
JOB_FILES = ("outcome.json", "progress.json", "outcome.full", "outcome.new", "lock", "progress.new")


def _job(value: Any) -> dict[str, bytes]:
    if isinstance(value, dict) and "line" in value:
        value = {**value, "line": _brief(value["line"])}
    return {"job/job.json": _line(value), "job/good.png": good_png()}


def _among(names: tuple[str, ...], where: str) -> st.SearchStrategy[dict[str, bytes]]:
    """A file or a folder of one of these names, or none of them."""
    content = st.sampled_from([b"", b"{}", b"[]", b'{"event": "result"}', b"\xff\xfe"]) | nested
    file = st.builds(lambda name, data: {where + name: data}, st.sampled_from(names), content)
    folder = st.sampled_from(names).map(lambda name: {f"{where}{name}/": b""})
    return st.just({}) | file | folder


jobs = st.builds(
    lambda one, more: Case("job", {**one, **more}),
    altered(JOB, json_junk).map(_job)
    | (mutated([_line(JOB)]) | nested).map(
        lambda data: {"job/job.json": data.replace(b"draft", b"drafty"), "job/good.png": good_png()}
    ),
    _among(JOB_FILES, "job/"),
)

FETCHED = {"clip:RN50:openai": {"file": "a/b.bin", "size": 3, "sha256": "0" * 64}}
RECORD = {"pid": 1, "version": "0", "identity": "x", "began": 1.5}
HOME_FILES = (
    *("models", "run", "logs", "jobs", "config.json", "models/fetched.json", "models/u2netp.onnx"),
    *("run/key", "run/address", "run/engine.json", "run/socket", "run/alive.lock"),
    *("run/starting.lock", "logs/engine.log", "logs/engine-crash.log", "logs/clipasso.log"),
)
junk_files = (
    altered({"models": "weights"}, json_junk).map(lambda one: {"home/config.json": _line(one)})
    | altered(FETCHED, json_junk).map(lambda one: {"home/models/fetched.json": _line(one)})
    | altered(RECORD, json_junk).map(lambda one: {"home/run/engine.json": _line(one)})
    | _among(HOME_FILES, "home/")
)


def _compatible(*parts: dict[str, bytes]) -> dict[str, bytes]:
    """Together, without a file where another part has a folder."""
    found: dict[str, bytes] = {"home/": b""}
    for part in parts:
        for name, data in part.items():
            stem = name.rstrip("/")
            clash = any(
                other.rstrip("/") == stem
                or (other.startswith(stem + "/"))
                or (stem.startswith(other + "/") and not other.endswith("/"))
                for other in found
                if other != "home/"
            )
            if not clash:
                found[name] = data
    return found


homes = st.builds(lambda one, other: Case("home", _compatible(one, other)), junk_files, junk_files)
engines = st.builds(
    lambda one, other: Case("engine", _compatible(one, other)), junk_files, junk_files
)

# the extension's
SETTINGS = {
    **{"strokes": 16, "preset": "auto", "guide": "clip:RN50", "mask": "none", "width": 2.5},
    **{"ink": "#112233", "seed": 3, "seeds": 2, "bitmap": "dim"},
}
settings_files = (
    altered(SETTINGS, json_junk).map(_line) | mutated([_line(SETTINGS)]) | nested
).map(lambda data: Case("settings", {"home/extension.json": data}))
EVENTS = [
    {"id": "1", "event": "progress", "step": 1, "steps": 2},
    {"id": "1", "event": "result", "sketch": {}, "svg": "<svg/>"},
]
events = (
    st.sampled_from(EVENTS).flatmap(lambda one: altered(one, json_junk)).map(_line)
    | mutated([_line(one) for one in EVENTS])
    | nested
).map(lambda data: Case("events", {"line": data}))
FACTS = {
    **{"version": 1, "line": PHOTO, "name": "cat", "image": "photo", "fingerprint": "0" * 32},
    **{
        "document": "",
        "bitmap": "keep",
        "box": [1, 2, 80, 40],
        "size_px": [40, 20],
        "drawn": False,
    },
    "page": "matrix(1,0,0,1,0,0)",
}
OUTCOME = {"id": "a", "event": "result", "sketch": {}, "svg": to_svg(SKETCH).decode()}
HERE = f"<svg {SPACES} {VIEWS[0]} sodipodi:docname='a.svg'>{BODIES[2]}</svg>".encode()


def _ordered(facts: Any, outcome: Any, more: dict[str, bytes]) -> Case:
    folder = "home/jobs/one/"
    files = {folder + "job.json": _line(facts), folder + "outcome.json": _line(outcome)}
    if isinstance(outcome, dict) and outcome.get("event") == "progress":
        del files[folder + "outcome.json"]
    more = {name: data for name, data in more.items() if name.rstrip("/") not in files}
    return Case("jobs", {"sketch.svg": HERE, **files, **more})


extension_jobs = st.builds(
    _ordered,
    altered({**FACTS, "document": "a.svg"}, json_junk) | altered(FACTS, json_junk),
    altered(OUTCOME, json_junk),
    _among(("progress.json", "inserted", "lock"), "home/jobs/one/"),
)
