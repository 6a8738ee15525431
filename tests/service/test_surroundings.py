"""What of the surroundings reaches the engine is the same on both ways to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from clipasso_ext import host

from clipasso_core.service import client


def test_extension_and_command_keep_the_same_variables_from_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert host.FOREIGN == client.FOREIGN
    monkeypatch.setenv("FONTCONFIG_FILE", "/tmp/.mount_Inkscape/etc/fonts.conf")
    monkeypatch.setenv("XDG_DATA_DIRS", "/tmp/.mount_Inkscape/usr/share")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/ada/data")  # the person's own
    from_inkscape = host.Host(["clipasso"], Path("/home/ada/clipasso")).environment
    for surroundings in (from_inkscape, client.clean_environment()):
        assert not {"FONTCONFIG_FILE", "XDG_DATA_DIRS"} & surroundings.keys()
        assert surroundings["XDG_DATA_HOME"] == "/home/ada/data"
