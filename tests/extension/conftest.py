"""The extension's tests run alone under Inkscape's own Python, and with the engine's tests where
inkex is importable.

    PYTHONPATH=/usr/share/inkscape/extensions /usr/bin/python3 -m pytest -p no:cacheprovider -c
    /dev/null \
        --rootdir=tests/extension --confcutdir=tests/extension tests/extension
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import pytest

if TYPE_CHECKING:
    from clipasso_ext.host import Host

    from kinds import Heard, Pointer, Run, Script
    from screens import Hands
    from sketching import Open
    from stand_in import StandIn

HERE = Path(__file__).resolve().parent
SUPPORT = HERE / "support"
EXTENSION = HERE.parents[1] / "inkscape_ext"
sys.path[:0] = [str(HERE), str(SUPPORT), str(EXTENSION)]
LIMIT_S = 60  # a script takes a second

collect_ignore_glob = []
try:
    with warnings.catch_warnings():  # inkex switches them all on
        import inkex
except ImportError:
    collect_ignore_glob = [
        path.name for path in HERE.glob("test_ext_*.py") if path.name != "test_ext_here.py"
    ]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the person's own settings, jobs or logs, opens a window, speaks
    the person's language, or lies where a document was opened.
    """
    ours = ("FAKE_ENGINE", "FAKE_ENGINE_HOLD", "FAKE_ENGINE_LOG")
    for name in (*ours, "CLIPASSO_ENGINE", "INKSCAPE_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLIPASSO_NO_GUI", "1")
    monkeypatch.setenv("DOCUMENT_PATH", "")
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def pointer(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Pointer:
    """Points the extension to an engine's command; to the fake engine if nothing else is said."""

    def point(*command: str) -> Path:
        path = tmp_path / "engine.json"
        words = list(command) or [sys.executable, str(SUPPORT / "fake_engine.py")]
        path.write_text(json.dumps({"command": words, "home": str(home)}))
        monkeypatch.setenv("CLIPASSO_ENGINE", str(path))
        return path

    point()
    return point


@pytest.fixture
def true_engine(pointer: Pointer) -> Path:
    """Points the extension to the engine of this checkout."""
    for needed in ("click", "tinycss2"):
        pytest.importorskip(needed)
    path = "PYTHONPATH=%s" % EXTENSION.parent
    return pointer("/usr/bin/env", path, sys.executable, "-m", "clipasso_core")


@pytest.fixture
def host(pointer: Pointer) -> Host:
    from clipasso_ext.host import find_host

    return find_host()


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What the engine was told."""
    log = tmp_path / "heard"
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(log))

    def lines() -> List[Dict[str, Any]]:
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return lines


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While a file lies there the fake engine's `run` finishes no request."""
    path = tmp_path / "hold"
    monkeypatch.setenv("FAKE_ENGINE_HOLD", str(path))
    return path


@pytest.fixture
def run(pointer: Pointer, tmp_path: Path) -> Run:
    """Runs a menu entry on a document in this process; returns the bytes that Inkscape gets."""
    from easel import PAGE, document
    from entries import ENTRIES

    def do(
        kind: str,
        body: Union[str, bytes],
        *words: str,
        ids: Sequence[str] = (),
        page: str = PAGE,
    ) -> bytes:
        path = tmp_path / "in.svg"
        path.write_bytes(body if isinstance(body, bytes) else document(body, page))
        output = io.BytesIO()
        selected = ["--id=%s" % one for one in ids]
        ENTRIES[kind]().run([*selected, *words, str(path)], output=output)
        return output.getvalue()

    return do


@pytest.fixture
def script(pointer: Pointer, tmp_path: Path) -> Script:
    """Runs a menu entry's file as Inkscape does; returns its status and the two streams."""
    from easel import document

    def do(
        kind: str, body: Union[str, bytes], *words: str, **environment: str
    ) -> Tuple[int, bytes, bytes]:
        path = tmp_path / "in.svg"
        path.write_bytes(body if isinstance(body, bytes) else document(body))
        found = os.path.dirname(os.path.dirname(os.path.abspath(inkex.__file__)))
        done = subprocess.run(
            [sys.executable, str(EXTENSION / ("clipasso_%s.py" % kind)), *words, str(path)],
            env={**os.environ, "PYTHONPATH": found, **environment},
            cwd=str(EXTENSION),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
        )
        return done.returncode, done.stdout, done.stderr

    return do


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """One for all windows: GTK ends with the screen that it was started on."""
    from screens import virtual_screen

    with virtual_screen() as name:
        yield name


@pytest.fixture
def shown(screen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are shown on that screen."""
    import gi

    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("CLIPASSO_NO_GUI")
    gi.require_version("Gtk", "3.0")
    gi.require_version("Gdk", "3.0")
    from gi.repository import Gdk, Gtk

    if Gdk.Display.get_default() is None:
        Gdk.DisplayManager.get().set_default_display(Gdk.Display.open(screen))
    assert Gtk.init_check([])[0]


@pytest.fixture
def hands() -> Iterator[Hands]:
    from screens import Hands

    own = Hands()
    yield own
    own.check()


@pytest.fixture
def inkscape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A command in Inkscape's place, which draws bitmaps; it does nothing yet."""
    from stand_in import StandIn

    command = StandIn(tmp_path, monkeypatch)
    yield command
    command.close()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> List[subprocess.Popen[bytes]]:
    """Every child process that a test starts."""
    started: List[subprocess.Popen[bytes]] = []
    popen: Any = subprocess.Popen

    class Recorded(popen):  # type: ignore[misc] # of whatever pytest made of it
        def __init__(self, *words: Any, **settings: Any) -> None:
            super().__init__(*words, **settings)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return started


@pytest.fixture
def sketch_window(host: Host, scratch: Path) -> Iterator[Open]:
    """The sketching window on all bitmaps of a document."""
    from clipasso_ext.engine.settings import Settings
    from clipasso_ext.windows.sketch_window import SketchWindow

    from easel import image, root, sketch_task

    made: List[Any] = []

    def make(
        body: Optional[str] = None,
        stored: Optional[Settings] = None,
        selected: Sequence[str] = (),
    ) -> Any:
        svg = root(body or image())
        photos = [one.get("id") for one in svg if one.get("id") and one.tag.endswith("image")]
        tasks = [sketch_task(svg, scratch, ident=one, selected=selected) for one in photos]
        made.append(SketchWindow(tasks, stored or Settings(), host, "px"))
        return made[-1]

    yield make
    for window in made:
        window.destroy()
