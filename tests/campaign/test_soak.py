"""Sketch after sketch takes no more memory, files or room than the first ones did."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import pytest
from PIL import Image
from support.talk import BRIEF, Talk, engine_process, housekeeping

from campaign.budget import Budget, Clock
from campaign.killing import fresh_job, victims
from campaign.pictures import small_subject

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="descriptors as Linux counts them"),
]
WARM = 12  # sketches after which guides, pictures and masks are kept
GROWTH = 1.10  # of memory, which allocators hold on to
FEW = 2  # descriptors that come and go by themselves


def picture(number: int) -> str:
    """No two are the same, so that nothing that is kept is of use."""
    tint = Image.new("RGB", (40, 30), (number % 256, number // 256 % 256, 128))
    stream = io.BytesIO()
    Image.blend(small_subject(), tint, 0.1).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_a_soak_of_small_sketches_takes_nothing_along(budget: Budget, tmp_path: Path) -> None:
    part = "soak"
    clock = Clock(budget.share_s(part) / 2)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    first: tuple[float, int] | None = None
    number = 0
    with (
        housekeeping(tmp_path / "home") as home,
        Talk(home, limit_s=3600 + 60 * budget.minutes, TMPDIR=str(scratch)) as talk,
    ):
        while number < WARM or clock.once_more():
            number += 1
            request = {**BRIEF, "steps": 1, "seed": number, "mask": "auto"}
            line = {"id": number, "data": picture(number), "request": request}
            talk.say({**line, "preview_px": 64})
            assert talk.hear("result", "error")[-1]["event"] == "result"
            if number == WARM:
                first = measured(home)
        assert first is not None
        memory_mb, files = measured(home)
        assert memory_mb < GROWTH * first[0], (memory_mb, first)
        assert files <= first[1] + FEW
        assert list(scratch.iterdir()) == []
    budget.count(part, number, "sketches")


def measured(home: Path) -> tuple[float, int]:
    """The engine's memory in MB, and its descriptors."""
    engine = engine_process(home)
    return engine.memory_info().rss / 1e6, engine.num_fds()


def test_a_soak_of_jobs_leaves_nothing_but_their_folders(budget: Budget, tmp_path: Path) -> None:
    clock = Clock(budget.share_s("soak") / 2)
    with (
        housekeeping(tmp_path / "home") as home,
        victims(home, tmp_path / "scratch") as some,
    ):
        while clock.once_more():
            folder = fresh_job(tmp_path, {**BRIEF, "steps": 1})
            assert some.run(tmp_path, ["job", "job"]) == 0
            assert json.loads((folder / "outcome.json").read_text())["event"] == "result"
        assert list((tmp_path / "scratch").iterdir()) == []
        assert {path.name for path in home.iterdir()} <= {"run", "logs", "scratch"}
    budget.count("jobs in a row", clock.tried, "jobs")
