"""The bench: a process of its own, in which readers read case after case.

    python tests/campaign/bench.py engine level FOLDER

tries one kept case again, and tells what is wrong with how it ends. Without a reader and a folder
it takes cases as JSON lines, one at a time, as `trial.Bench` hands them out. Standard library and
Python 3.8, but for what the readers read with.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import resource
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Protocol

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT_S = 20.0  # for what takes a fraction of a second; the machine may be busy
LIMIT_BYTES = 3 << 30  # of memory: what the largest picture that is read takes, and torch
PATHS = (HERE.parent, ROOT, ROOT / "inkscape_ext", ROOT / "tests" / "extension" / "support")
ROOMS = {"engine": "campaign.engine_readers", "extension": "campaign.extension_readers"}


class Ending(NamedTuple):
    """How reading ended. status: 0 for a result, 2 for what the person can mend. said: on standard
    output. complained: on standard error. fault: what is wrong with it by itself, or "".
    """

    status: int
    said: str
    complained: str
    fault: str = ""


class Reader(Protocol):
    """Reads the case in a folder, and returns its status, or raises what it must not."""

    def __call__(self, folder: Path) -> int: ...


class Judge(Protocol):
    """Says what is wrong with how a reader ended; "" for nothing."""

    def __call__(self, name: str, folder: Path, before: Dict[str, bytes], end: Ending) -> str: ...


def read(reader: Reader, folder: Path) -> Ending:
    """Run a reader, with what it prints kept from our own streams, whoever prints it."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    fault = ""
    status = -1
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            status = reader(folder)
        except BaseException:
            fault = traceback.format_exc()
        finally:
            for stream, number, own in zip((sys.stdout, sys.stderr), (1, 2), kept):
                stream.flush()
                os.dup2(own, number)
                os.close(own)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return Ending(status, texts[0], texts[1], fault)


def memory_fault() -> str:
    """Told once more than `LIMIT_BYTES` were ever taken: the bench has to be started anew."""
    peak = _peak()
    return "" if peak < LIMIT_BYTES else "%d MB of memory were taken" % (peak >> 20)


def _peak() -> int:
    """Bytes that this process itself ever took: `ru_maxrss` has its parent's on Linux."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # another system
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def try_case(room: Any, name: str, folder: Path) -> str:
    """What is wrong with how a case ends; "" for nothing."""
    from campaign.case import contents

    before = contents(folder)
    end = read(room.READERS[name], folder)
    return end.fault or str(room.judge(name, folder, before, end)) or memory_fault()


def enter(room: str) -> Any:
    """The room's readers, in a home and a temporary folder of their own."""
    sys.path[:0] = [str(path) for path in PATHS]
    return importlib.import_module(ROOMS[room])


def serve(room: Any) -> None:
    """Cases in, verdicts out, until the input ends."""
    stuck = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as we live
    for line in sys.stdin:
        order = json.loads(line)
        faulthandler.dump_traceback_later(LIMIT_S, exit=True, file=sys.__stderr__ or stuck)
        fault = try_case(room, order["reader"], Path(order["folder"]))
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps({"fault": fault}), flush=True)


def main(words: List[str]) -> int:
    """See the head of this file."""
    room = enter(words[0])
    if len(words) == 1:
        serve(room)
        return 0
    with tempfile.TemporaryDirectory() as scratch:  # the kept case stays as it is
        folder = Path(scratch) / "case"
        shutil.copytree(words[2], str(folder))
        fault: Optional[str] = try_case(room, words[1], folder)
    print(fault or "it ends as it should")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
