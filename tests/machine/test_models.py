"""Weights come whole or not at all; without a connection a person soon learns what else to do."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save as as_safetensors
from support.hub import Hub, closed_port, serving

from clipasso_core import UserError
from clipasso_core.machine import folders, models
from clipasso_core.machine.clip import parse_clip
from clipasso_core.machine.fetch import fetch

if TYPE_CHECKING:
    pass


def as_checkpoint() -> bytes:
    """A number, as torch saves it."""
    import torch

    stream = io.BytesIO()
    torch.save({"weights": torch.zeros(1)}, stream)
    return stream.getvalue()


ROOT = Path(__file__).parents[2]
CLIP = "clip:RN50:openai"
REPOSITORY = "timm/resnet50_clip.openai"
FILE = f"{REPOSITORY}/open_clip_model.safetensors"
PICKLED = f"{REPOSITORY}/open_clip_pytorch_model.bin"
WEIGHTS = as_safetensors({"weights": np.arange(50_000, dtype=np.float32)})
CHECKPOINT = as_checkpoint()
CHUNK = 10 * 1024 * 1024  # what the hub's client writes at a time

# One process serves many commands: importing torch and open_clip takes most of a command's time and
# is left out of `time_s`.
SERVE = """
import json, os, sys, time
import huggingface_hub, open_clip
from clipasso_core.cli.main import main
print("=== ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    os.environ["CLIPASSO_HOME"] = order["home"]
    began = time.monotonic()
    status = main(order["arguments"])
    print("===", json.dumps([status, time.monotonic() - began]), flush=True)
"""


@dataclass(frozen=True)
class Answer:
    """What a command returned, printed and took."""

    status: int
    out: str
    err: str
    time_s: float

    @property
    def one_line(self) -> str:
        """The single line that a person gets for a mistake."""
        assert self.status == 2, self
        assert self.err.startswith("clipasso: "), self
        assert self.err.count("\n") == 1, self
        assert self.out == "", self
        return self.err


class Session:
    """The `clipasso` command in a process of its own, with its own hub.

    Started when first needed, and again after it was killed.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self._environment = {**clean_environment(folder), **environment}
        self._errors = folder / "stderr"
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, *arguments: str, limit_s: float = 60) -> Answer:
        if self._process is None or self._process.poll() is not None:
            with self._errors.open("ab") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", SERVE],
                    cwd=ROOT,
                    env=self._environment,
                    text=True,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                )
            self._read(self._process, 240)
        before = self._errors.stat().st_size
        assert self._process.stdin is not None
        order = {"home": str(folders.home()), "arguments": arguments}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        out, (status, time_s) = self._read(self._process, limit_s)
        return Answer(status, out, self._errors.read_bytes()[before:].decode(), time_s)

    @staticmethod
    def _read(process: subprocess.Popen[str], limit_s: float) -> tuple[str, Any]:
        assert process.stdout is not None
        watchdog = threading.Timer(limit_s, process.kill)
        watchdog.start()
        lines: list[str] = []
        for line in process.stdout:
            if line.startswith("==="):
                watchdog.cancel()
                return "".join(lines), json.loads(line[3:]) if "[" in line else None
            lines.append(line)
        watchdog.cancel()
        raise AssertionError(f"no status, or none within {limit_s} s: {lines}")

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def clean_environment(folder: Path) -> dict[str, str]:
    """The environment without anything that steers downloads, and with a home of its own."""
    foreign = ("HF_", "HUGGING", "PIP_", "XDG_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(foreign) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "HOME": str(folder), "USERPROFILE": str(folder), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def the_hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


@pytest.fixture
def hub(the_hub: Hub) -> Hub:
    """A well hub that holds RN50's weights."""
    the_hub.reset()
    the_hub.files[FILE] = WEIGHTS
    return the_hub


@pytest.fixture(scope="module")
def clipasso(the_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The command, with `hub` for its hub."""
    session = Session(tmp_path_factory.mktemp("person"), HF_ENDPOINT=the_hub.url)
    yield session
    session.close()


@pytest.fixture
def fetched(hub: Hub, clipasso: Session) -> Path:
    """The file of RN50's weights, fetched."""
    assert clipasso("models", "fetch", CLIP).status == 0
    return Path(clipasso("models", "path", CLIP).out.strip())


def kept() -> list[Path]:
    """The files in the models folder that hold weights or parts of them."""
    return [
        path
        for path in folders.models().rglob("*")
        if path.is_file() and path.stat().st_size >= 10_000
    ]


# Fetching


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
    answer = clipasso("models", "fetch", CLIP, limit_s=20)
    assert tell_what_to_do_instead(answer.one_line)
    assert answer.time_s < 15


@pytest.mark.parametrize("place", ["hub", "proxy"])
def test_nobody_there_is_told_within_seconds(tmp_path: Path, place: str) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}"
    if place == "hub":
        session = Session(tmp_path, HF_ENDPOINT=nobody)
    else:
        session = Session(tmp_path, HF_ENDPOINT="http://hub.invalid", ALL_PROXY=nobody)
    try:
        answer = session("models", "fetch", CLIP, limit_s=20)
    finally:
        session.close()
    assert tell_what_to_do_instead(answer.one_line)
    assert answer.time_s < 10


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


# Weights that are here


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
    place.write_bytes(WEIGHTS if ending == ".safetensors" else CHECKPOINT)
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
