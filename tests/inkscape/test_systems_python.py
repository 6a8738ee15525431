"""The extension's own tests under the Python and the inkex that the system's Inkscape runs
extensions with.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.inkscape_root import enter, named_root

pytestmark = pytest.mark.every_inkscape
TESTS = Path(__file__).parents[1] / "extension"
INKEX = Path("/usr/share/inkscape/extensions")
PYTHON = Path("/usr/bin/python3")
LIMIT_S = 600


def missing() -> str:
    """What this machine lacks for it, or nothing."""
    root = named_root() or Path("/")
    if not (root / INKEX.relative_to("/") / "inkex").is_dir():
        return "Inkscape is not installed from a package of this system (apt-get install inkscape)"
    if (
        not (root / PYTHON.relative_to("/")).exists()
        or subprocess.run(
            enter(named_root(), [PYTHON, "-c", "import pytest"]),
            capture_output=True,
            env=surroundings(),
        ).returncode
    ):
        return "the system's Python has no pytest (apt-get install python3-pytest)"
    return ""


def surroundings() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "PYTHON", "VIRTUAL_ENV", "COV"))
    }
    return {**kept, "PYTHONPATH": str(INKEX), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.skipif(sys.platform == "win32", reason="Inkscape brings its own Python here")
def test_the_extension_passes_its_tests_under_the_systems_inkscape(tmp_path: Path) -> None:
    lack = missing()
    if lack and (os.environ.get("CI") or os.environ.get("CLIPASSO_CI")):
        pytest.fail(lack)
    if lack:
        pytest.skip(f"the extension is NOT tested with the system's Inkscape: {lack}")
    alone = [
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        f"--rootdir={TESTS}",
        f"--confcutdir={TESTS}",
        f"--basetemp={tmp_path / 'base'}",
    ]
    done = subprocess.run(
        enter(named_root(), [PYTHON, "-m", "pytest", "-q", *alone, TESTS]),
        env=surroundings(),
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = int(done.stdout.split(" passed")[0].split()[-1])
    assert passed > 500, "most of the tests did not run"
