"""While Inkscape runs an extension it begins no other one. Here this process is Inkscape."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, List

import pytest
from clipasso_ext.beside import afterwards
from clipasso_ext.beside.other_effects import effect_runs, own_group

pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="nobody knows without /proc")
GIVEN, BACK, ANOTHER = (f"ink_ext_XXXXXX.svg{end}" for end in ("AAAAAA", "BBBBBB", "CCCCCC"))
HOLD = "import sys; file = open(sys.argv[1], 'w'); print(flush=True); input()"


def test_one_runs_until_inkscape_has_closed_what_it_exchanges_with_it(tmp_path: Path) -> None:
    with (tmp_path / GIVEN).open("w"):
        with (tmp_path / BACK).open("w"):
            assert effect_runs(own_group())
        assert effect_runs(own_group()), "what came back is read, and not taken over yet"
    assert not effect_runs(own_group()), "whether the file lies there is of no importance"


def test_an_extension_does_not_take_itself_for_another(tmp_path: Path) -> None:
    own = str(tmp_path / GIVEN)
    with ExitStack() as opened:
        for name in (GIVEN, BACK):
            opened.enter_context((tmp_path / name).open("w"))
        assert not effect_runs(own_group(), own)
        opened.enter_context((tmp_path / ANOTHER).open("w"))
        assert effect_runs(own_group(), own)


def test_those_of_another_inkscape_do_not_count(tmp_path: Path) -> None:
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    words = [sys.executable, "-c", HOLD, str(tmp_path / GIVEN)]
    other = subprocess.Popen(words, start_new_session=True, **pipes)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        assert effect_runs(other.pid)
        assert not effect_runs(own_group())
    finally:
        other.communicate(b"\n")
    assert not effect_runs(other.pid)


class Bus:
    """In the place of the session bus: what Inkscape was told to do."""

    def __init__(self) -> None:
        self.told: List[Any] = []

    def do(self, _name: str, action: str, parameter: str = "") -> bool:
        self.told.append((action, parameter))
        return True


def test_what_an_effect_added_is_selected_when_inkscape_has_taken_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, heard_early = Bus(), []
    given = (tmp_path / GIVEN).open("w")

    def pause(_: float) -> None:
        heard_early.extend(bus.told)
        given.close()

    monkeypatch.setattr(afterwards, "connect", lambda: bus)
    monkeypatch.setattr(time, "sleep", pause)
    monkeypatch.setattr(sys, "argv", ["select", "Inkscape", str(own_group()), "a", "b"])
    afterwards.main()
    assert given.closed
    assert heard_early == []
    assert bus.told == [("select-clear", ""), ("select-by-id", "a,b")]
