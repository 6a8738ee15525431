"""Continuous integration, with stand-ins for what changes the machine: what it does as whom."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script of bash")
# writes down that it was called, and runs what stands in `then`
STAND_IN = '#!/bin/sh\necho "{name} $*" >> "$CALLED"\n{then}\n'
NOT_ROOT = "echo 1000"
FREE = ("basename", "cat", "dirname", "env", "sh")  # what is what it is


def run_ci(folder: Path, **stand_ins: str) -> list[str]:
    """Run it on a machine that has these commands alone. Returns the calls, in their order."""
    commands = folder / "bin"
    commands.mkdir()
    for name, then in stand_ins.items():
        path = commands / name.replace("_", "-")
        path.write_text(STAND_IN.format(name=path.name, then=then))
        path.chmod(0o755)
    for name in FREE:
        (commands / name).symlink_to(shutil.which(name) or "")
    called = folder / "called"
    subprocess.run(
        [shutil.which("bash") or "bash", str(ROOT / ".ci" / "run")],
        env={"PATH": str(commands), "HOME": str(folder), "CALLED": str(called)},
        check=True,
        capture_output=True,
    )
    return called.read_text().splitlines()


def test_ubuntu_is_asked_for_no_package_that_it_lacks(tmp_path: Path) -> None:
    calls = run_ci(
        tmp_path,
        id=NOT_ROOT,
        dpkg="exit 1",
        sudo='exec "$@"',
        apt_get="",
        python3="",
        google_chrome="",
    )
    installed = " ".join(call for call in calls if call.startswith("apt-get install")).split()
    assert {"inkscape", "xvfb", "debian-archive-keyring"} <= set(installed)
    assert "chromium" not in installed


def test_the_newer_inkscapes_root_is_made_and_entered_by_root(tmp_path: Path) -> None:
    calls = run_ci(tmp_path, id=NOT_ROOT, dpkg="", sudo='exec "$@"', python3="", google_chrome="")
    newer = os.fspath(tmp_path / ".cache" / "clipasso-tests" / "inkscape-1.4")
    as_root = [call for call in calls if call.startswith("sudo ")]
    assert as_root[0] == f"sudo python3 tests/newer_inkscape.py {newer}"
    assert f"CLIPASSO_TEST_INKSCAPE={newer}" in as_root[1]
    assert as_root[1].endswith("python3 install.py test -m every_inkscape tests/inkscape")
    assert len(as_root) == 2


def test_a_browser_that_is_missing_is_brought(tmp_path: Path) -> None:
    calls = run_ci(tmp_path, id="echo 0", dpkg="exit 1", apt_get="", python3="exit 0")
    assert any(call.startswith("apt-get install") and "chromium" in call for call in calls)
    assert not any(call.startswith("sudo") for call in calls)
