"""Nothing leaves the machine, and nothing is written but where docs/install.md says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.installer import copy_checkout
from support.quick_set_up import write_engine
from support.solitude import Solitude, isolation
from support.talk import BRIEF, ROOT, command, engines, housekeeping

from clipasso_core.machine import silence

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="namespaces and homes of Unix")
WORK = ("--preset", "draft", "--steps", "2")


@pytest.fixture
def alone(tmp_path: Path, photo: Path) -> Iterator[Solitude]:
    """A person without network, with a photo in the working folder."""
    one = Solitude(tmp_path / "alone")
    shutil.copy(photo, one.folder / "work" / "photo.jpg")
    with housekeeping(one.home):
        yield one


def check_silent(one: Solitude) -> None:
    assert one.attempts() == []
    assert one.written() == []


def test_the_hook_and_the_namespace_notice_who_wants_to_get_out(alone: Solitude) -> None:
    reach = "import socket; socket.create_connection(('192.0.2.1', 9), 0.2)"
    done = alone.run_python([sys.executable, "-c", reach])
    assert done.returncode == 1
    assert "resolve 192.0.2.1" in alone.attempts()
    assert "reach ('192.0.2.1', 9)" in alone.attempts()
    if isolation():
        seen = alone.run_python([sys.executable, "-c", "print(open('/proc/net/dev').read())"])
        assert set(re.findall(r"^ *(\w+):", seen.stdout, re.MULTILINE)) <= {"lo"}


def test_sketch_edits_and_doctor_are_silent(alone: Solitude) -> None:
    sketched = alone.run("sketch", "photo.jpg", "-o", "a.svg", "--mask", "auto", *WORK)
    assert sketched.returncode == 0, sketched.stderr
    for words in (
        ("refine", "a.svg", "--photo", "photo.jpg", *WORK),
        ("level", "a.svg", "--strokes", "2"),
        ("join", "a.svg"),
        ("models", "list", "--all"),
        ("doctor",),
        ("doctor", "--json"),
    ):
        done = alone.run(*words)
        assert done.returncode == 0, done.stderr
    check_silent(alone)
    assert {path.name for path in (alone.folder / "work").iterdir()} == {"photo.jpg", "a.svg"}
    assert {path.name for path in alone.home.iterdir()} <= {"logs", "scratch", "run", "models"}


def test_the_engine_is_silent(alone: Solitude) -> None:
    lines = [{"id": 1, "about": True}, {"id": 2, "photo": "photo.jpg", "request": BRIEF}]
    talk = subprocess.Popen(
        [*isolation(), *command("run")],
        cwd=alone.folder / "work",
        env=alone.surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with talk:
        assert talk.stdin is not None
        assert talk.stdout is not None
        talk.stdin.write("".join(json.dumps(line) + "\n" for line in lines))
        talk.stdin.flush()
        events = []
        for line in talk.stdout:
            events.append(json.loads(line))
            if events[-1]["id"] == 2 and events[-1]["event"] in ("result", "error"):
                break
        (engine,) = engines(alone.home)
        assert not engine.net_connections("inet")
        talk.stdin.close()
    assert events[-1]["event"] == "result", events[-1]
    check_silent(alone)
    assert {path.name for path in alone.home.iterdir()} <= {"logs", "scratch", "run"}


def set_up(one: Solitude, command: str, *words: str) -> None:
    """Run install.py's command, with a venv and a pip that take a moment."""
    checkout = copy_checkout(one.folder / "work" / "checkout")
    write_engine(checkout, 1)
    places = ("--home", str(one.home), "--extensions-dir", str(one.folder / "work" / "extensions"))
    order = {
        "checkout": str(checkout.root),
        "person": str(one.folder / "person"),
        "words": [command, *words, *places, "--yes"],
        "signal": 0,
        "step": 0,
        "asks": True,
    }
    script = ROOT / "tests" / "support" / "quick_set_up.py"
    done = one.run_python([sys.executable, str(script), json.dumps(order)])
    assert done.returncode == 0, done.stderr + done.stdout


def test_a_set_up_from_wheels_is_silent(alone: Solitude) -> None:
    wheels = alone.folder / "work" / "wheels"
    wheels.mkdir()
    set_up(alone, "install", "--offline", str(wheels))
    check_silent(alone)
    assert (alone.folder / "work" / "extensions" / "clipasso").is_dir()
    shutil.rmtree(alone.folder / "work" / "checkout")
    set_up(alone, "uninstall")
    check_silent(alone)
    assert not alone.home.exists()


def test_a_set_up_asks_the_package_index_alone(alone: Solitude) -> None:
    """Whom it asks is known, so that the silence of the other one says something."""
    set_up(alone, "install")
    asked = {line.split()[1] for line in alone.attempts() if line.startswith("resolve")}
    assert asked == {"download.pytorch.org"}
    assert alone.written() == []


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_system_call_reaches_for_a_network(alone: Solitude) -> None:
    """Also of code that is not Python's, and of its children."""
    trace = alone.folder / "trace"
    words = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,bind", "-o", str(trace)]
    sketch = command("sketch", "photo.jpg", "-o", "a.svg", *WORK)
    done = alone.run_python([*words, *sketch], alone=False)
    assert done.returncode == 0, done.stderr
    reached = [line for line in trace.read_text().splitlines() if "AF_INET" in line]
    assert reached == []
    assert alone.written() == []


# What libraries do unless they are told otherwise


def test_the_hub_s_client_reports_nothing_and_keeps_nothing_elsewhere(alone: Solitude) -> None:
    code = (
        "from clipasso_core.machine.silence import keep_silent; keep_silent();"
        "from huggingface_hub import constants as c; print("
        "c.HF_HUB_DISABLE_TELEMETRY, c.HF_HUB_DISABLE_UPDATE_CHECK,"
        " c.HF_HUB_DISABLE_IMPLICIT_TOKEN, c.HF_HUB_DISABLE_XET)"
    )
    done = alone.run_python([sys.executable, "-c", code])
    assert done.stdout.split() == ["True"] * 4, done.stderr
    check_silent(alone)


@pytest.mark.parametrize(
    "modules", ["torch, torchvision", "open_clip", "timm", "huggingface_hub", "cv2", "PIL.Image"]
)
def test_importing_a_library_is_silent(alone: Solitude, modules: str) -> None:
    code = f"from clipasso_core.machine.silence import keep_silent; keep_silent(); import {modules}"
    done = alone.run_python([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    check_silent(alone)


def test_whoever_chose_torch_s_folder_keeps_it(home: Path) -> None:
    own = {silence.COMPILED: "/elsewhere"}
    silence.keep_silent(own)
    assert own[silence.COMPILED] == "/elsewhere"
    none: dict[str, str] = {}
    silence.keep_silent(none)
    assert none[silence.COMPILED] == str(home / "scratch" / "torch")
    assert not home.exists()


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_home_that_is_closed_does_not_keep_torch_from_its_work(
    home: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o500)
    closed: dict[str, str] = {}
    silence.keep_silent(closed)
    tmp_path.chmod(0o700)
    assert silence.COMPILED not in closed


def test_only_fetching_and_installing_can_reach_a_network() -> None:
    """Of the code that is ours: no other module imports what opens connections."""
    doors = re.compile(
        r"^\s*(?:import|from) (?:huggingface_hub|urllib\.request|http|requests|httpx|socket|ssl)\b",
        re.MULTILINE,
    )
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("clipasso_core", "inkscape_ext", "installer")
        for path in (ROOT / folder).rglob("*.py")
        if doors.search(path.read_text(encoding="utf-8"))
    }
    assert found == {
        "clipasso_core/batch/ray_driver.py",  # asks whether the cluster that was named answers
        "clipasso_core/machine/fetch.py",
        "clipasso_core/service/server.py",  # shuts its own socket
        "installer/machine.py",  # asks whether a package index answers
    }
