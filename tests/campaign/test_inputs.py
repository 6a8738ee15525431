"""Whatever is read ends in a result or in one line for the person, in bearable time and memory,
with nothing changed but what was to be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis.strategies import SearchStrategy

from campaign import documents, lines, pictures
from campaign.budget import Budget
from campaign.case import Case
from campaign.trial import Trial, bench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="limits as Unix has them"),
]
INKEX = Path("/usr/share/inkscape/extensions")
SYSTEMS_PYTHON = ("/usr/bin/env", f"PYTHONPATH={INKEX}", "/usr/bin/python3", "-B")
ENGINES: dict[str, SearchStrategy[Case]] = {
    "photos": pictures.photos,
    "drawn photos": pictures.drawn,
    "masks": pictures.masks,
    "drawings": documents.drawings,
    "edited drawings": documents.edited,
    "lines": lines.lines,
    "conversations": lines.conversations,
    "jobs": lines.jobs,
    "homes": lines.homes,
    "engines": lines.engines,
}
EXTENSIONS: dict[str, SearchStrategy[Case]] = {
    "documents in Inkscape": documents.in_inkscape,
    "settings": lines.settings_files,
    "events": lines.events,
    "jobs in Inkscape": lines.extension_jobs,
}


def search(
    budget: Budget,
    part: str,
    room: str,
    cases: SearchStrategy[Case],
    python: tuple[str, ...] = (sys.executable,),
) -> None:
    """Fail with every kind of fault that was found, and how to see it again."""
    trial = Trial()
    with bench(room, python) as one:
        trial.run(cases, one, budget.share_s(part), budget.seed_of(part))
    budget.count(part, trial.tried, "inputs")
    assert trial.tried
    told = "\n\n".join(trial.faults.values())
    assert not trial.faults, f"{len(trial.faults)} faults, each with its command:\n{told}"


@pytest.mark.parametrize("part", ENGINES)
def test_what_the_engine_reads(budget: Budget, part: str) -> None:
    search(budget, part, "engine", ENGINES[part])


@pytest.mark.parametrize("part", EXTENSIONS)
def test_what_the_extension_reads(budget: Budget, part: str) -> None:
    pytest.importorskip("inkex")
    search(budget, part, "extension", EXTENSIONS[part])


@pytest.mark.skipif(not (INKEX / "inkex").is_dir(), reason="there is no Inkscape of this system")
def test_what_the_extension_reads_under_the_systems_inkex(budget: Budget) -> None:
    part = "documents in the system's Inkscape"
    search(budget, part, "extension", documents.in_inkscape, SYSTEMS_PYTHON)
