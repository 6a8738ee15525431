"""The extension's tests run alone under Inkscape's own Python, and with the engine's tests where
inkex is importable.

    PYTHONPATH=/usr/share/inkscape/extensions /usr/bin/python3 -m pytest -p no:cacheprovider -c
    /dev/null \
        --rootdir=tests/extension --confcutdir=tests/extension tests/extension
"""

import json
import sys
import warnings
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "inkscape_ext")]

collect_ignore_glob = []
try:
    with warnings.catch_warnings():  # inkex switches them all on
        import inkex  # noqa: F401
except ImportError:
    collect_ignore_glob = [
        path.name for path in HERE.glob("test_ext_*.py") if path.name != "test_ext_here.py"
    ]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees the person's own settings, jobs or logs, opens a window, or lies where a
    document was opened.
    """
    for name in ("FAKE_ENGINE", "FAKE_ENGINE_LOG", "CLIPASSO_ENGINE", "INKSCAPE_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLIPASSO_NO_GUI", "1")
    monkeypatch.setenv("DOCUMENT_PATH", "")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def pointer(tmp_path, home, monkeypatch):
    """Points the extension to an engine's command; to the fake engine if nothing else is said."""

    def point(*command):
        path = tmp_path / "engine.json"
        words = list(command) or [sys.executable, str(HERE / "fake_engine.py")]
        path.write_text(json.dumps({"command": words, "home": str(home)}))
        monkeypatch.setenv("CLIPASSO_ENGINE", str(path))
        return path

    point()
    return point


@pytest.fixture
def host(pointer):
    from clipasso_ext.engine.host import find_host

    return find_host()


@pytest.fixture
def processes(monkeypatch):
    """Every child process that a test starts."""
    import subprocess

    started = []
    popen = subprocess.Popen

    class Recorded(popen):
        def __init__(self, *words, **settings):
            super().__init__(*words, **settings)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return started
