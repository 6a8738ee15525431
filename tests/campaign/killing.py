"""Commands that are run, and killed at moments of their work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from support.talk import surroundings

from campaign.bench import HERE, ROOT
from campaign.pictures import good_png

MOST_DEEDS = 120  # of a small sketch; a command that does fewer ends by itself


@dataclass(frozen=True)
class Moment:
    """When a command is killed: before one of its deeds, or after some time; never for neither."""

    deeds: int | None = None
    seconds: float | None = None

    @classmethod
    def any(cls, chance: Random, longest_s: float) -> Moment:
        """One of either kind."""
        if chance.random() < 0.6:
            return cls(deeds=int(MOST_DEEDS * chance.random() ** 2))
        return cls(seconds=longest_s * chance.random())


NEVER = Moment()


class Victims:
    """See `victims`."""

    def __init__(self, home: Path, scratch: Path) -> None:
        """home: of their engine. scratch: for temporary files."""
        self._environment = {"CLIPASSO_HOME": str(home), "TMPDIR": str(scratch)}
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "victims.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=surroundings(home, TMPDIR=str(scratch)),
        )

    def run(
        self, folder: Path, words: list[str], moment: Moment = NEVER, user: int | None = None
    ) -> int:
        """Run `clipasso` in a folder, as a user if one is named; what it says goes into ``said``
        there. Returns its status, negative when it was killed.
        """
        order = {
            "folder": str(folder),
            "words": words,
            "deeds": moment.deeds,
            "seconds": moment.seconds,
            "user": user,
            "environment": self._environment,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline())["status"])

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait()


@contextmanager
def victims(home: Path, scratch: Path) -> Iterator[Victims]:
    """For as long as the block lasts."""
    scratch.mkdir(exist_ok=True)
    some = Victims(home, scratch)
    try:
        yield some
    finally:
        some.close()


def fresh_job(folder: Path, request: dict[str, Any]) -> Path:
    """A folder `job` in that folder, with a job of that request and nothing else."""
    job = folder / "job"
    shutil.rmtree(job, ignore_errors=True)
    job.mkdir()
    (job / "good.png").write_bytes(good_png())
    line = {"id": "j", "photo": "good.png", "request": request}
    (job / "job.json").write_text(json.dumps({"line": line}))
    return job
