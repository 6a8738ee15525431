"""Where the extension finds the engine, whatever became of the files that say so."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Optional

import pytest
from clipasso_ext.host import find_host, log
from clipasso_ext.problem import Problem


def make_engine(home: Path, name: str) -> str:
    """Lay an environment into a home. Returns its Python."""
    python = home / "engines" / name / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return str(python)


def use(home: Path, folder: object) -> None:
    (home / "current.json").write_text(json.dumps({"folder": folder}))


def test_the_engine_that_is_in_use_now_is_the_one_that_is_started(
    pointer: Callable[..., Path], home: Path
) -> None:
    old = make_engine(home, "old")
    pointer("flatpak-spawn", "--host", old, "-I", "-m", "clipasso_core")
    use(home, "engines/old")
    host = find_host()
    assert host.command == ["flatpak-spawn", "--host", old, "-I", "-m", "clipasso_core"]
    new = make_engine(home, "new")
    use(home, "engines/new")
    assert host.command == ["flatpak-spawn", "--host", new, "-I", "-m", "clipasso_core"]
    assert find_host().command == host.command


def test_a_home_of_the_persons_own_does_not_move_the_engine(
    pointer: Callable[..., Path], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer(make_engine(home, "old"))
    new = make_engine(home, "new")
    use(home, "engines/new")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "own"))
    assert find_host().command == [new]
    assert find_host().home == tmp_path / "own"


def test_a_command_that_install_py_did_not_make_is_left_alone(
    pointer: Callable[..., Path], home: Path
) -> None:
    make_engine(home, "new")
    use(home, "engines/new")
    pointer("/home/ada/clipasso/bin/python", "-m", "clipasso_core")
    assert find_host().command == ["/home/ada/clipasso/bin/python", "-m", "clipasso_core"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[]",
        "[" * 1000,
        '{"folder":' * 1000,
        '{"folder": 5}',
        '{"folder": "engines/gone"}',
        '{"folder": "engines/.."}',
        '{"folder": "/"}',
        '{"folder": "\\u0000"}',
    ],
    ids=lambda text: str(text)[:30],
)
def test_what_is_damaged_in_the_home_does_not_hide_the_engine(
    pointer: Callable[..., Path], home: Path, text: Optional[str]
) -> None:
    old = make_engine(home, "old")
    pointer(old)
    if text is not None:
        (home / "current.json").write_text(text)
    assert find_host().command == [old]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 1000,
        '{"command":' * 1000,
        '{"command": "clipasso", "home": "/h"}',
        '{"command": [], "home": "/h"}',
        '{"command": ["clipasso"]}',
        '{"command": ["clipasso"], "home": 5}',
        '{"command": ["clipasso"], "home": "/h", "scratch": 5}',
    ],
    ids=lambda text: text[:40],
)
def test_a_damaged_pointer_is_one_line(pointer: Callable[..., Path], text: str) -> None:
    path = pointer()
    whole = path.read_text()
    path.write_text(text)
    with pytest.raises(Problem) as told:
        find_host()
    assert str(told.value) == f"{path} is damaged: run install.py again."
    log("nothing is raised")
    path.write_text(whole)
    find_host()


def test_a_folder_in_the_place_of_the_pointer_is_one_line(pointer: Callable[..., Path]) -> None:
    path = pointer()
    path.unlink()
    path.mkdir()
    with pytest.raises(Problem, match=r"can't be read \(Is a directory\): run install.py again"):
        find_host()


@pytest.mark.parametrize(
    "named", ["relative", "~nobody-of-that-name/x", os.fsdecode(b"/somewhere/\xff")], ids=ascii
)
def test_a_home_that_can_not_be_meant_is_one_line(
    host: Any, home: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", named)
    monkeypatch.setenv("HOME", str(home.parent / "person"))
    with pytest.raises(Problem, match="CLIPASSO_HOME must be the whole path") as told:
        find_host()
    str(told.value).encode("utf-8")  # it is shown in a window
    log(f"{named} is logged all the same")
    (logged,) = (home.parent / "person").rglob("extension.log")
    assert "is logged all the same" in logged.read_text(encoding="utf-8")
    monkeypatch.setenv("CLIPASSO_HOME", "~/sketches")
    assert find_host().home == home.parent / "person" / "sketches"


def test_a_mac_s_inkscape_hands_none_of_its_own_folders_on(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = "/Applications/Inkscape.app/Contents/Resources"
    own = (
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_DIRS",
        "GIO_MODULE_DIR",
    )
    for name in (*own, "DYLD_LIBRARY_PATH", "GI_TYPELIB_PATH", "GDK_PIXBUF_MODULE_FILE"):
        monkeypatch.setenv(name, resources)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert resources not in host.environment.values()


def test_what_outlives_the_effect_works_in_the_engine_s_home(host: Any, home: Path) -> None:
    assert host.working_folder is None  # out of sight
    home.mkdir()
    assert host.working_folder == str(home)


def test_a_snap_says_that_it_can_not_start_the_engine(
    pointer: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", "/snap/inkscape/10555/usr")
    with pytest.raises(Problem, match="Snap forbids Inkscape to start the engine"):
        find_host()
