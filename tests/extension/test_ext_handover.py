"""What a window is handed lies in a folder of the person's alone, and goes with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, List

import pytest
from clipasso_ext.beside import handover, session_bus
from clipasso_ext.beside.handover import LOCK, PREFIX, STARTING_S, open_window, read_folder
from clipasso_ext.beside.origin import Origin
from clipasso_ext.beside.session_bus import SessionBus, connect
from clipasso_ext.locks import hold
from clipasso_ext.problem import Problem

from easel import EXTENSION, image, png, root, sketch_task

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no session bus")
ORIGIN = Origin("org.inkscape.Inkscape", 77, 1)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """Command and settings of the processes that are started, which are none."""
    made: List[Any] = []

    def popen(command: List[str], **chosen: Any) -> None:
        made.append((command, chosen))

    monkeypatch.setattr(subprocess, "Popen", popen)
    return made


def refused(_: Path) -> List[Any]:
    raise Problem("no")


def test_a_window_gets_all_that_it_needs(temporary: Path, started: List[Any]) -> None:
    page = 'width="200mm" height="100mm" viewBox="0 0 400 200"'
    svg = root('<sodipodi:namedview inkscape:document-units="mm"/>' + image(), page)
    open_window(svg, lambda folder: [sketch_task(svg, folder).placed], ORIGIN)
    (folder,) = temporary.iterdir()
    ((command, chosen),) = started
    assert command == [sys.executable, str(EXTENSION / handover.SCRIPT), str(folder)]
    assert Path(command[1]).is_file()
    said = read_folder(folder)
    assert (said["unit"], Origin(**said["origin"])) == ("mm", ORIGIN)
    assert Path(said["photos"][0]["file"]).read_bytes() == png(40, 20)
    assert Path(said["photos"][0]["file"]).parent == folder
    assert folder.stat().st_mode & 0o077 == 0, "others may look into it"
    streams = {chosen[name] for name in ("stdin", "stdout", "stderr")}
    assert streams == {subprocess.DEVNULL}, "Inkscape would wait for it"
    assert chosen["start_new_session"] is True


def test_nothing_is_left_where_no_window_opens(temporary: Path, started: List[Any]) -> None:
    with pytest.raises(Problem):
        open_window(root(image()), refused, ORIGIN)
    assert (list(temporary.iterdir()), started) == ([], [])


def test_what_a_killed_window_left_goes_with_the_next_one(
    temporary: Path, started: List[Any]
) -> None:
    long_ago = time.time() - 2 * STARTING_S
    names = ("killed", "open", "starting")
    killed, used, starting = (temporary / (PREFIX + name) for name in names)
    for folder in (killed, used, starting):
        folder.mkdir()
        (folder / handover.SAID).write_text(json.dumps({}))
    lock = hold(used / LOCK)
    assert lock is not None
    for folder in (killed, used):
        os.utime(str(folder), (long_ago, long_ago))
    with pytest.raises(Problem):
        open_window(root(image()), refused, ORIGIN)
    assert sorted(temporary.iterdir()) == sorted([used, starting])
    os.close(lock)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_a_bus_is_none_where_processes_can_not_be_told_apart(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository: Any = ModuleType("gi.repository")
    repository.GLib = SimpleNamespace(Error=OSError)
    repository.Gio = SimpleNamespace(BusType=SimpleNamespace(SESSION=2), bus_get_sync=print)
    monkeypatch.setitem(sys.modules, "gi", ModuleType("gi"))
    monkeypatch.setitem(sys.modules, "gi.repository", repository)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/opt/homebrew/var/run/dbus")
    assert connect() is not None
    monkeypatch.setattr(sys, "platform", system)
    assert connect() is None


def test_no_bus_is_started_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    assert connect() is None


class Bus(SessionBus):
    """On which two Inkscapes are; the second one started this process, or none did."""

    def __init__(self, ours: str) -> None:
        super().__init__(None)
        self.ours = ours

    def inkscapes(self) -> List[str]:
        return ["org.inkscape.Inkscape", "org.inkscape.Inkscape.two"]

    def _is_parent(self, name: str) -> bool:
        return name == self.ours


def test_the_window_goes_to_the_inkscape_that_started_it() -> None:
    assert Bus("org.inkscape.Inkscape.two").parent() == "org.inkscape.Inkscape.two"


def test_an_inkscape_that_is_not_on_the_bus_waits_for_its_window() -> None:
    assert Bus("").parent() is None


def test_a_flatpak_sees_its_own_inkscape_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "info").touch()
    monkeypatch.setattr(session_bus, "SANDBOX", tmp_path / "info")
    assert Bus("").parent() == "org.inkscape.Inkscape"
