"""Makes a newer Debian's Inkscape for the tests, in a folder that holds a root of its own.

    python3 tests/newer_inkscape.py FOLDER
    CLIPASSO_TEST_INKSCAPE=FOLDER python -m pytest tests/inkscape

Needs root, mmdebstrap, and the network that apt has; 700 MB, three minutes. What is there and of
this recipe stays. The standard library alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.inkscape_root import enter

SUITE = "trixie"
WANTED = "Inkscape 1.4"
PACKAGES = (
    "inkscape",
    # inkex imports these; Debian's package recommends the first three and forgets the last
    "python3-cssselect",
    "python3-lxml",
    "python3-numpy",
    "python3-tinycss2",
    # our windows
    "python3-gi",
    "gir1.2-gtk-3.0",
    # for the extension's own tests under this Python
    "python3-pytest",
    "xvfb",
)
RECIPE = f"{SUITE} {' '.join(PACKAGES)}\n"
NOTE = "etc/clipasso-tests"  # in the root: what it was made by


class Problem(Exception):  # noqa: N818 - the word says what it is
    """Something that the person can mend; the message says how."""


def make(folder: Path) -> None:
    """Make the root beside and put it in place, unless it is there. Raises `Problem`."""
    note = folder / NOTE
    if note.is_file() and note.read_text() == RECIPE:
        return
    if os.geteuid() != 0:
        raise Problem("a root can be made and entered by root alone: run this with sudo")
    if shutil.which("mmdebstrap") is None:
        raise Problem("mmdebstrap is not there: on Debian and Ubuntu, apt install mmdebstrap")
    if folder.exists() and not note.is_file():
        raise Problem(f"{folder} holds something else: name a folder of its own")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f"{folder.name}.new")
    remove(fresh)
    words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    done = subprocess.run([*words, SUITE, str(fresh)], stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Problem(f"mmdebstrap could not make {fresh}: see above; is Debian's mirror reached?")
    version = ask_version(fresh)
    if not version.startswith(WANTED):
        raise Problem(f"{SUITE} has {version or 'no Inkscape that runs'}, not {WANTED}")
    (fresh / NOTE).write_text(RECIPE)
    remove(folder)
    fresh.rename(folder)


def remove(root: Path) -> None:
    """Remove a root, and nothing that may still be mounted below it."""
    subprocess.run(["rm", "-rf", "--one-file-system", str(root)], check=True)


def ask_version(root: Path) -> str:
    """What its Inkscape calls itself; empty when it does not run."""
    command = enter(root, ["inkscape", "--version"])
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Returns the exit status."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]).absolute()
    try:
        make(folder)
    except (Problem, OSError) as error:
        print(f"newer_inkscape.py: {error}", file=sys.stderr)
        return 2
    print(f"{ask_version(folder)} is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
