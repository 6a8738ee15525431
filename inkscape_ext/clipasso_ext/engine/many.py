"""Folders of photographs that are sketched while Inkscape goes on: each is a `clipasso batch`, a
process of its own, and a file that says where its sketches go.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from clipasso_ext.engine.commands import run_command
from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.locks import is_held
from clipasso_ext.problem import Problem
from clipasso_ext.processes import detached, silent
from clipasso_ext.words import _, ngettext

MANIFEST = "manifest.jsonl"
LOCK = ".batch.lock"  # held while a batch is at work in the folder
STOP = ".batch.stop"  # laid there, it ends that
FORGET_S = 30 * 24 * 3600  # for so long it is told how a batch ended


class Many:
    """A batch that was started: facts has ``folder``, ``sketches`` and the number ``pictures``."""

    def __init__(self, facts: Dict[str, Any]) -> None:
        self.facts = facts

    @property
    def line(self) -> str:
        """How far it is, for the person."""
        drawn, failed = _counted(Path(self.facts["sketches"]) / MANIFEST)
        pictures = self.facts["pictures"]
        # Translators: "Sketch Many" is the menu entry.
        text = _("Sketch Many, into {folder}: {drawn} of {all} drawn.").format(
            folder=self.facts["sketches"], drawn=drawn, all=pictures
        )
        parts = [text]
        if failed:
            parts.append(
                ngettext("{count} failed.", "{count} failed.", failed).format(count=failed)
            )
        if self.is_at_work:
            # Translators: a folder of photographs is being sketched now.
            parts.append(_("It is at work."))
        elif drawn + failed < pictures:
            parts.append(_("It was stopped: Sketch Many with the same folders goes on."))
        return " ".join(parts)

    @property
    def is_at_work(self) -> bool:
        """Whether a batch holds the folder's lock."""
        try:
            return is_held(Path(self.facts["sketches"]) / LOCK)
        except OSError:  # there is none
            return False

    def stop(self) -> None:
        """Have it end after its step, as soon as it looks. Raises `Problem`."""
        try:
            (Path(self.facts["sketches"]) / STOP).touch()
        except OSError as error:
            raise Problem(
                _("{folder} can't be written ({reason}).").format(
                    folder=self.facts["sketches"], reason=error.strerror
                )
            ) from None


def start(host: Host, folder: str, sketches: str, options: List[str]) -> Many:
    """Have a folder sketched into another one. Raises `Problem`, told by the engine where it is a
    mistake in the folders or the options.
    """
    folder, sketches = os.path.abspath(folder), os.path.abspath(sketches)
    words = ["batch", folder, "-o", sketches, *options]
    plan = run_command(host, [*words, "--dry-run", "--json"])
    planned = plan.last
    if not plan.succeeded or planned.get("event") != "planned":
        raise Problem(plan.failure)
    counts = [int(planned[name]) for name in ("to_draw", "done_before", "failed_before")]
    many = Many({"folder": folder, "sketches": sketches, "pictures": sum(counts)})
    _keep(host, many)
    try:
        command = [*host.command, *words, "--quiet"]
        subprocess.Popen(
            command, cwd=host.working_folder, env=host.environment, **silent(), **detached()
        )
    except OSError as error:
        log(f"{host.command}: {error}")
        raise Problem(_(NO_ENGINE)) from None
    return many


def all_many(host: Host) -> List[Many]:
    """Those that were started lately, the last one of each folder, oldest first."""
    found: Dict[str, Many] = {}
    for path in sorted(_place(host).glob("*.json")):
        facts = _read(path)
        if facts is None:
            continue
        if time.time() - path.stat().st_mtime > FORGET_S:
            with suppress(OSError):
                path.unlink()
            continue
        found.pop(facts["sketches"], None)
        found[facts["sketches"]] = Many(facts)
    return list(found.values())


def _place(host: Host) -> Path:
    return host.home / "batches"


def _keep(host: Host, many: Many) -> None:
    name = time.strftime("%Y%m%d-%H%M%S-") + uuid.uuid4().hex[:6] + ".json"
    try:
        _place(host).mkdir(parents=True, exist_ok=True)
        (_place(host) / name).write_text(json.dumps(many.facts), encoding="utf-8")
    except OSError as error:
        raise Problem(
            _(
                "The batch can't be written down ({reason}): make room for {folder}, and try again."
            ).format(reason=error.strerror, folder=_place(host))
        ) from None


def _read(path: Path) -> Optional[Dict[str, Any]]:
    """What was kept; None for what is damaged."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        is_sound = isinstance(facts["sketches"], str) and isinstance(facts["pictures"], int)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return facts if is_sound else None


def _counted(manifest: Path) -> Tuple[int, int]:
    """How many pictures are drawn, and how many failed; the last line of each counts."""
    status: Dict[str, str] = {}
    with suppress(OSError):
        for line in manifest.read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                status[str(row["path"])] = str(row["status"])
    drawn = sum(one == "done" for one in status.values())
    return drawn, len(status) - drawn
