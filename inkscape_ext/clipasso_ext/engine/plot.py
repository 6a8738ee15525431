"""A route for plotters through the strokes of a sketch, by a command of the engine: ``join`` or
``order``.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from pathlib import Path
from typing import Callable, List, Optional

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.engine.connection import Event, message_of, parsed
from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.problem import Problem
from clipasso_ext.processes import detached, end
from clipasso_ext.words import _, ngettext, sentence

JOIN = "join"
ORDER = "order"
SILENCE_S = 600  # without any sign of progress; a step of the largest sketches takes seconds


def plot(
    sketch: SketchLayer,
    command: str,
    host: Host,
    scratch: Path,
    on_progress: Callable[[Event], None],
    cancellation: Optional[Cancellation] = None,
    silence_s: Optional[float] = None,
) -> Path:
    """Have the engine make a copy of the sketch with a layer more. Returns the copy, a file below
    `scratch`.

    on_progress: gets ``progress`` events, in this thread. silence_s: after so many seconds without
        an event the command is ended. Raises `Problem` and `CalledOff`; the command has ended by
        then.
    """
    only = sketch.only
    if only == []:
        raise Problem(_("The selected strokes are hidden: show them, and try again."))
    given = scratch / "sketch.svg"
    made = scratch / "plotted.svg"
    given.write_bytes(sketch.alone())
    words = [*host.command, command, str(given), "--json"]
    words += ["--layer", str(sketch.layer.get("id")), "-o", str(made)]
    words += [f"--only={ident}" for ident in only or []]
    last = _run(words, host, scratch / "messages", on_progress, cancellation, silence_s)
    if last.get("event") != "plotted":
        raise Problem(sentence(message_of(last)))
    return made


def _run(
    words: List[str],
    host: Host,
    messages: Path,
    on_progress: Callable[[Event], None],
    cancellation: Optional[Cancellation],
    silence_s: Optional[float],
) -> Event:
    """Run a command of the engine to its end. Returns its last event, of its own making if it said
    none. messages: a file for what it says on stderr.
    """
    cancellation = cancellation or Cancellation()
    process = _started(words, host, messages)
    events: queue.Queue[Optional[Event]] = queue.Queue()
    threading.Thread(target=_listen, args=(process, events), name="events", daemon=True).start()
    last: Event = {}
    try:
        with cancellation.listening(lambda: end(process)):
            for event in iter(lambda: events.get(timeout=silence_s), None):
                if event["event"] == "progress":
                    on_progress(event)
                else:
                    last = event
            status = process.wait(silence_s)
    except (queue.Empty, subprocess.TimeoutExpired):
        minutes = round((silence_s or 0) / 60)
        raise Problem(
            ngettext(
                "The engine gave no sign of progress for {count} minute and was ended: select fewer"
                " strokes, and try again.",
                "The engine gave no sign of progress for {count} minutes and was ended: select"
                " fewer strokes, and try again.",
                minutes,
            ).format(count=minutes)
        ) from None
    finally:
        end(process)
    cancellation.check()
    said = messages.read_text(encoding="utf-8", errors="replace").strip()
    if status or not last:
        log(said or f"the engine's command ended with status {status}: {words}")
        return last if last.get("event") == "error" else _failure(said)
    return last


def _started(words: List[str], host: Host, messages: Path) -> subprocess.Popen[bytes]:
    with open(messages, "wb") as file:
        try:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                env=host.environment,
                **detached(),
            )
        except OSError:
            raise Problem(_(NO_ENGINE)) from None


def _listen(process: subprocess.Popen[bytes], events: queue.Queue[Optional[Event]]) -> None:
    """Pass the command's events on, and None at its end."""
    assert process.stdout is not None
    with process.stdout as stream:
        for line in stream:
            event = parsed(line)
            if event is not None:
                events.put(event)
    events.put(None)


def _failure(said: str) -> Event:
    """The ``error`` of a command that told of none: the last line that it wrote for people."""
    lines = said.splitlines() or [""]
    return {"event": "error", "message": lines[-1].replace("clipasso: ", "", 1)}
