"""The launcher: the `clipasso` command for people, a small script."""

from __future__ import annotations

import hashlib
from pathlib import Path

from installer.files import checksum, write
from installer.home import Home


def write_launcher(home: Home, command: list[str]) -> None:
    """Write the script that runs the engine's command in this home, unless it is there."""
    text = _for_windows(home, command) if home.system == "win32" else _for_shell(home, command)
    if checksum(home.launcher) != hashlib.sha256(text.encode()).hexdigest():
        write(home.launcher, text)
    home.launcher.chmod(0o755)


def _for_windows(home: Home, command: list[str]) -> str:
    # from its own place: cmd reads the file in the console's code page, which may lack a letter of
    # the path
    inside = Path(command[0]).relative_to(home.folder).as_posix().replace("/", "\\")
    words = " ".join(command[1:])
    return (
        "@setlocal\n"
        '@for %%I in ("%~dp0..") do @set "CLIPASSO_HOME=%%~fI"\n'
        f'@"%~dp0..\\{inside}" {words} %*\n'
    )


def _for_shell(home: Home, command: list[str]) -> str:
    words = " ".join(command[1:])
    return (
        "#!/bin/sh\n"
        f'CLIPASSO_HOME={_quote(str(home.folder))} exec {_quote(command[0])} {words} "$@"\n'
    )


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
