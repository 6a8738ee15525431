"""Another user of the same computer is told in one line what may not be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.talk import clipasso, engines, housekeeping

from campaign.budget import Budget
from campaign.killing import Victims, victims
from campaign.pictures import good_png

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.getuid() != 0, reason="only root can be somebody else"
    ),
]
STRANGER = 65534  # has nothing
WORK = ("--guide", "lite", "--preset", "draft", "--steps", "1", "--mask", "none")
COMMANDS = (
    ["sketch", "good.png", "-o", "out.svg", "--strokes", "1", *WORK],
    ["level", "sketch.svg", "--strokes", "1"],
    ["engine", "status"],
    ["engine", "start"],
    ["engine", "stop"],
    ["models", "list"],
    ["models", "fetch", "u2netp"],
    ["models", "verify", "u2netp"],
    ["doctor", "--json"],
    ["job", "."],
)


def told(some: Victims, folder: Path, words: list[str]) -> str:
    """What a stranger is told, which is one line, or a report."""
    path = folder / "said"
    path.write_text("")
    path.chmod(0o666)
    status = some.run(folder, words, user=STRANGER)
    text = path.read_text()
    if words == ["models", "list"] and status == 0:  # of a home that is open
        return text
    assert status == 2, f"{words} {status} {text}"
    assert "Traceback" not in text
    assert "bug" not in text
    if "--json" not in words:
        assert text.startswith("clipasso: ")
        assert text.count("\n") == 1
    return text


@pytest.mark.parametrize("closed", [False, True])
def test_a_stranger_is_told_in_one_line(budget: Budget, tmp_path: Path, closed: bool) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "good.png").write_bytes(good_png())
    (folder / "sketch.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with housekeeping(tmp_path / "home") as home, victims(home, tmp_path / "scratch") as some:
        assert clipasso(home, "engine", "start").returncode == 0
        (home / "models").mkdir()
        home.chmod(0o700 if closed else 0o755)
        before = [one.pid for one in engines(home)]
        for words in COMMANDS:
            told(some, folder, list(words))
        assert [one.pid for one in engines(home)] == before
    assert {path.name for path in folder.iterdir()} == {"good.png", "said", "sketch.svg"}
    budget.count(f"stranger, {'closed' if closed else 'open'} home", len(COMMANDS), "commands")
