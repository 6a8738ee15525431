"""A trial: case after case from a strategy, read on a bench, for as long as there is time.

What ends otherwise than it should is made small by hypothesis, kept as files that anybody can try
again with one command, and told at the end; the same fault is not searched for twice.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import FlakyFailure, HypothesisWarning
from hypothesis.strategies import SearchStrategy

from campaign.bench import HERE, LIMIT_S, ROOT
from campaign.case import Case

KEPT = ROOT / ".hypothesis" / "campaign"  # hypothesis' own database, and the files of failures
BATCH = 100  # cases that hypothesis makes from one seed
TOLD = 12  # of a fault's first and last lines
GRACE_S = 10.0  # beyond a case's own limit, after which nothing answers any more


class Fault(Exception):  # noqa: N818 - it is a finding
    """A case that ends otherwise than it should."""

    @property
    def signature(self) -> str:
        """The same for the same fault of other cases: where it was raised, without what was
        raised for.
        """
        lines = [line for line in str(self).splitlines() if line.strip()] or [""]
        places = re.findall(r'File ".*?([^/"]+)", line (\d+)', str(self))
        kind = re.split(r"[:(]", lines[-1])[0]
        if "RecursionError" in kind:  # raised wherever the depth happens to end
            return f"{kind} below {places[len(places) // 2]}"
        return f"{kind} {places[-1] if places else ''}"


class Bench:
    """The process in which cases are read; one that hangs or dies is replaced."""

    def __init__(
        self, room: str, folder: Path, python: tuple[str, ...] = (sys.executable,)
    ) -> None:
        """folder: a new one, for the case that is read, the home and temporary files."""
        self._command = [*python, str(HERE / "bench.py"), room]
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        for name in ("case", "home", "tmp"):
            (folder / name).mkdir(parents=True)

    def judge(self, case: Case) -> str:
        """What is wrong with how a case ends; "" for nothing."""
        where = self._folder / "case"
        case.write(where)
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        order = {"reader": case.reader, "folder": str(where)}
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answer = _line_of(process.stdout, LIMIT_S + GRACE_S)
        if not answer:
            return self._bury()
        fault = str(json.loads(answer)["fault"])
        left = [one.name for one in (self._folder / "tmp").iterdir() if one.name != "stderr"]
        if left and not fault:
            fault = f"left among the temporary files: {left}"
        if fault:
            self.close()  # what is broken in there must not break the next case
        return fault

    def _start(self) -> subprocess.Popen[str]:
        said = open(self._folder / "tmp" / "stderr", "wb")  # noqa: SIM115 - the process has it
        with said:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env=surroundings(self._folder),
            )
        return self._process

    def _bury(self) -> str:
        """It took too long, or died: with which words."""
        assert self._process is not None
        self._process.kill()
        status = self._process.wait()
        words = (self._folder / "tmp" / "stderr").read_text(errors="replace")[-3000:]
        self.close()
        return f"it took longer than {LIMIT_S:g} s, or died with status {status}\n{words}"

    def keep(self, case: Case, fault: str) -> str:
        """Keep a case, and return the command that tries it again, and what it found."""
        folder = KEPT / "failures" / case.reader / case.digest
        case.write(folder)
        command = shlex.join([*self._command, case.reader, str(folder)])
        lines = fault.strip().splitlines()
        if len(lines) > 2 * TOLD:
            lines = [*lines[:TOLD], "...", *lines[-TOLD:]]
        return "\n".join([command, *lines])

    def close(self) -> None:
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.kill()
        self._process.wait()
        self._process = None
        for path in (self._folder / "tmp").iterdir():
            subprocess.run(["rm", "-rf", str(path)], check=True)


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a bench: a home and temporary files of its own, no network's settings."""
    return {
        **os.environ,
        "PYTHONPATH": "",
        "OMP_NUM_THREADS": "1",
        "CLIPASSO_HOME": str(folder / "home"),
        "CLIPASSO_NO_GUI": "1",
        "CLIPASSO_ENGINE": str(folder / "none.json"),
        "TMPDIR": str(folder / "tmp"),
    }


def _line_of(stream: IO[str], limit_s: float) -> str:
    """The next line, or "" when none came in time. The stream holds one line at a time."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline() if selector.select(limit_s) else ""


@dataclass
class Trial:
    """What came of reading. tried: how many cases. faults: by signature, what was found."""

    tried: int = 0
    faults: dict[str, str] = field(default_factory=dict)

    def run(self, cases: SearchStrategy[Case], bench: Bench, limit_s: float, start: int) -> None:
        """Try cases until the time is over. start: the seed of the first batch."""
        until = time.monotonic() + limit_s
        number = start
        # whoever says how large the strategies' own words would be is not listened to
        warnings.simplefilter("ignore", HypothesisWarning)
        while time.monotonic() < until:
            try:
                self._batch(cases, bench, until, number)
            except Fault as fault:
                # hypothesis leaves the smallest case behind it as the last one judged
                self.faults[fault.signature] = bench.keep(fault.args[1], str(fault.args[0]))
            except FlakyFailure as flaky:
                for one in flaky.exceptions:
                    if not isinstance(one, Fault):
                        raise
                    words = f"(now and then only) {one.args[0]}"
                    self.faults[one.signature] = bench.keep(one.args[1], words)
            number += 1

    def _batch(self, cases: SearchStrategy[Case], bench: Bench, until: float, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=BATCH,
            deadline=None,
            database=DirectoryBasedExampleDatabase(KEPT / "examples"),
            phases=(Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(cases)
        def judge(case: Case) -> None:
            if time.monotonic() > until:
                return
            self.tried += 1
            fault = Fault(bench.judge(case), case)
            if fault.args[0] and fault.signature not in self.faults:
                raise fault

        judge()


@contextmanager
def bench(room: str, python: tuple[str, ...] = (sys.executable,)) -> Iterator[Bench]:
    """A bench for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        one = Bench(room, Path(folder) / "bench", python)
        try:
            yield one
        finally:
            one.close()
