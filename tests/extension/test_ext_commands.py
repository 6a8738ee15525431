"""Commands of the engine, as their answers come."""

from __future__ import annotations

import sys

import pytest
from clipasso_ext.engine.commands import run_command
from clipasso_ext.host import find_host

from kinds import Pointer


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_answer_is_read_in_utf_8_or_the_system_s_own_encoding(
    encoding: str, pointer: Pointer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda _: "cp1252")
    said = "C:/Users/Jos\u00e9\n".encode(encoding)
    pointer(sys.executable, "-c", f"import os; os.write(1, {said!r})")
    assert run_command(find_host(), ["models", "path"]) == (True, "C:/Users/Jos\u00e9")
