"""Another Inkscape than the system's: a newer Debian's, in a folder that holds a root of its own.

Its commands see that folder's programs and libraries and everything else of this machine: the
checkout, the home, temporary files, screens. Nothing is mounted for anybody else, and nothing stays
mounted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "CLIPASSO_TEST_INKSCAPE"  # names the folder; without it the system's Inkscape is meant
PARTS = ("usr", "etc", "var")  # of Debian's root: where its packages put their files
# the command follows; the shell becomes it
ENTER = 'for part in {parts}; do mount --bind "$0/$part" "/$part" || exit 126; done; exec "$@"'


def named_root() -> Path | None:
    """The folder whose Inkscape is to be tested; None for the system's."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def enter(root: Path | None, command: Sequence[str | Path]) -> list[str]:
    """A command as it is run with the programs and libraries of a root; needs to be root itself."""
    words = [str(word) for word in command]
    if root is None:
        return words
    script = ENTER.format(parts=" ".join(PARTS))
    return ["unshare", "--mount", "/bin/sh", "-c", script, str(root), *words]


def leave(root: Path | None, command: Sequence[str | Path]) -> list[str]:
    """A command as something in that root runs it with this process's programs and libraries."""
    words = [str(word) for word in command]
    if root is None:
        return words
    return ["/usr/bin/nsenter", f"--mount=/proc/{os.getpid()}/ns/mnt", "--", *words]
