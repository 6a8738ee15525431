"""install.py for real, in an empty home: the engine, the extension in the real Inkscape, a sketch
inserted, and all of it gone again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.screen import need, virtual_screen

ROOT = Path(__file__).parents[2]
LIMIT_S = 900


@pytest.mark.slow
def test_from_nothing_to_a_sketch_in_inkscape_and_back(tmp_path: Path) -> None:
    need("inkscape", "Xvfb")
    home = tmp_path / "a home"
    person = tmp_path / "person"
    person.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLIPASSO_HOME", "XDG_", "INKSCAPE"))
    }

    def install(*words: str) -> subprocess.CompletedProcess[str]:
        # The torch of this very environment: the several GB of another are what CI's own run of
        # install.py brings.
        command = [sys.executable, str(ROOT / "install.py"), *words, "--home", str(home), "--json"]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S
        )

    with virtual_screen() as display:
        environment |= {"HOME": str(person), "DISPLAY": display}
        done = install("--torch", "existing")
        report = json.loads(done.stdout)
        assert done.returncode == 0, done.stderr[-3000:]
        assert report["ready"], report
        assert {
            "name": "Inkscape",
            "state": "ok",
            "text": "a sketch was inserted",
            "advice": "",
            "remedy": "",
        } in report["checks"]
        folder = Path(report["inkscapes"][0]["folder"])
        assert folder.is_relative_to(person)
        assert (folder / "clipasso" / "engine.json").is_file()
        again = install()
        assert again.returncode == 0
        assert "Installing collected packages" not in again.stderr
        assert install("doctor").returncode == 0
        assert install("uninstall", "--yes").returncode == 0
    assert not home.exists()
    assert not (folder / "clipasso").exists()
