"""A clone of a virtual environment: the same packages under another name, within seconds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def clone_environment(environment: Path, clone: Path) -> None:
    """Fill an empty folder, beside an environment, with what that has. Raises OSError.

    Its files are further links to the same contents, which take next to no room: pip never writes
    into a file that is there, it puts another in its place. Where the disk knows no such links the
    files are copied.
    """
    _link_folder(environment, clone)
    scripts = [path for name in ("bin", "Scripts") for path in (clone / name).glob("*")]
    for path in (clone / "pyvenv.cfg", *scripts):
        if path.is_file() and not path.is_symlink():
            _rename_inside(path, environment.name, clone.name)


def _link_folder(source: Path, target: Path) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            place = target / entry.name
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), place)
            elif entry.is_dir():
                place.mkdir()
                _link_folder(Path(entry.path), place)
            else:
                _link(Path(entry.path), place)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk without links, or a file with too many
        shutil.copy2(source, target)


def _rename_inside(path: Path, name: str, new_name: str) -> None:
    """Let a script name the Python of its own environment, through a file of its own. Both names
    are of one length, so that what is no text, a starter of Windows, stays whole.
    """
    content = path.read_bytes()
    if name.encode() not in content:
        return
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(content.replace(name.encode(), new_name.encode()))
    path.chmod(mode)
