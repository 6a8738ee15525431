"""What the clock on the wall says is of no importance."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from support.talk import BRIEF, ROOT, Talk, clipasso, engines, housekeeping, surroundings

from campaign.budget import Budget, Clock
from campaign.pictures import good_png

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="an engine is started by hand"),
]
# the clock jumps by up to a century at every look
JUMPY = (
    "import random, time; true, chance = time.time, random.Random({seed});"
    " time.time = lambda: max(1.0, true() + chance.uniform(-3e9, 3e9));"
    " from clipasso_core.cli.main import main; import sys; sys.exit(main())"
)
LIMIT_S = 120
# the few that look at it: what a log tells, and on Windows the age of what was left behind
LOOKING = {"clipasso_core/files.py", "clipasso_core/service/server.py"}


def jumpy(seed: int, *words: str) -> list[str]:
    """A command whose clock jumps."""
    return [sys.executable, "-c", JUMPY.format(seed=seed), *words]


def test_a_clock_that_jumps_changes_nothing(budget: Budget, tmp_path: Path) -> None:
    part = "clock"
    chance, clock = Random(budget.seed_of(part)), Clock(budget.share_s(part))
    photo = tmp_path / "good.png"
    photo.write_bytes(good_png())
    work = ["--guide", "lite", "--preset", "draft", "--steps", "2", "--mask", "none"]
    sketch = ["sketch", str(photo), "--strokes", "2", *work, "-o"]
    assert clipasso(tmp_path / "home", *sketch, str(tmp_path / "true.svg")).returncode == 0
    while clock.once_more():
        done = subprocess.run(
            jumpy(chance.randrange(1000), *sketch, str(tmp_path / "a.svg")),
            cwd=ROOT,
            env=surroundings(tmp_path / "home"),
            capture_output=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "true.svg").read_bytes()
        serve(tmp_path / "engine", photo, chance.randrange(1000))
    budget.count(part, 2 * clock.tried, "clocks")


def serve(home: Path, photo: Path, seed: int) -> None:
    """An engine whose clock jumps serves, and stays."""
    with housekeeping(home):
        engine = subprocess.Popen(
            jumpy(seed, "engine", "serve"),
            cwd=ROOT,
            env=surroundings(home),
            stdout=subprocess.PIPE,
        )
        assert engine.stdout is not None
        with engine, engine.stdout as said:
            assert said.readline() == b"ready\n"
            for _ in range(2):
                with Talk(home) as talk:
                    talk.say({"id": 1, "photo": str(photo), "request": BRIEF})
                    assert talk.hear("result", "error")[-1]["event"] == "result"
            pid = json.loads(clipasso(home, "engine", "status", "--json").stdout)["pid"]
            assert pid == engine.pid
            assert [one.pid for one in engines(home)] in ([], [engine.pid])
            assert clipasso(home, "engine", "stop").returncode == 0


def test_nothing_else_looks_at_the_clock_on_the_wall() -> None:
    looks = re.compile(r"\btime\.time\(|\bdatetime\.(?:now|today|utcnow)\(|\bdate\.today\(")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "clipasso_core").rglob("*.py")
        if looks.search(path.read_text(encoding="utf-8"))
    }
    assert found == LOOKING
