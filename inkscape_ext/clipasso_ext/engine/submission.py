"""Sketches of several bitmaps go to the background: all of them, or none."""

from __future__ import annotations

import shutil
import subprocess
import threading
import traceback
from typing import Any, Callable, Dict, List, Optional, Sequence

from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.engine.background import BackgroundJob, facts_of, show, start, write_hidden
from clipasso_ext.engine.session import READER_END_S, Post
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.sketch_task import PhotoTask
from clipasso_ext.host import Host, log
from clipasso_ext.menu import insert_finished
from clipasso_ext.problem import FAULT, Problem
from clipasso_ext.processes import end
from clipasso_ext.words import _, later, told_of

NONE_STARTED = later("None of the sketches was started.")


class Submission:
    """Every job is written first, then every one is started.

    Writing reads the bitmaps, which takes Inkscape its time; `begin` has it done in another thread.
    """

    def __init__(self, tasks: Sequence[PhotoTask], settings: Settings, host: Host) -> None:
        self._tasks = tasks
        self._settings = settings
        self._host = host
        self._written: List[BackgroundJob] = []  # in hidden folders
        self._writer: Optional[threading.Thread] = None
        self._closed = False

    def begin(
        self, post: Post, cancellation: Cancellation, finished: Callable[[str], None]
    ) -> None:
        """Write in a thread of its own, then start in the thread that `post` leads to, in which
        `finished` is told why nothing was submitted, or nothing when all is.
        """

        def work() -> None:
            problem = ""
            try:
                self.write(cancellation)
            except CalledOff:
                return  # who called it off knows
            except Problem as refused:
                problem = self._told(refused)
            except Exception:
                log(traceback.format_exc())
                problem = _(FAULT)
            post(lambda: self._finish(problem, finished))

        self._writer = threading.Thread(target=work, daemon=True)
        self._writer.start()

    def _finish(self, problem: str, finished: Callable[[str], None]) -> None:
        """problem: why nothing was written, if so."""
        if self._closed:
            return
        if not problem:
            try:
                self.start()
            except Problem as refused:
                problem = self._told(refused)
        finished(problem)

    def _told(self, problem: Problem) -> str:
        return str(problem) if len(self._tasks) == 1 else f"{problem} {_(NONE_STARTED)}"

    def write(self, cancellation: Optional[Cancellation] = None) -> None:
        """Write every job's folder, hidden yet. Raises `Problem` and `CalledOff`, after which
        nothing is left of them.
        """
        cancellation = cancellation or Cancellation()
        try:
            # what can't be sketched is told before anything is copied
            all_facts = [self._facts(task, cancellation) for task in self._tasks]
            for task, facts in zip(self._tasks, all_facts):
                picture = task.read(cancellation).path
                self._written.append(write_hidden(facts, picture, self._host))
            cancellation.check()
        except BaseException:
            self._discard()
            raise

    def _facts(self, task: PhotoTask, cancellation: Cancellation) -> Dict[str, Any]:
        try:
            return facts_of(task, self._settings, cancellation)
        except Problem as problem:
            if len(self._tasks) == 1:
                raise
            raise Problem(told_of(task.name, str(problem))) from None

    def start(self) -> List[BackgroundJob]:
        """Show the folders, and start a process for each that outlives Inkscape.

        Raises `Problem`, after which none computes and nothing is left of them.
        """
        jobs: List[BackgroundJob] = []
        processes: List[subprocess.Popen[bytes]] = []
        try:
            while self._written:
                jobs.append(show(self._written[0], self._host))
                del self._written[0]
                processes.append(start(jobs[-1], self._host))
        except Problem:
            for process in processes:
                end(process)
            for job in jobs:
                shutil.rmtree(job.folder, ignore_errors=True)
            self._discard()
            raise
        return jobs

    def close(self) -> None:
        """Take back what is written and not started. What is being written should have been called
        off before.
        """
        self._closed = True
        if self._writer is not None:
            self._writer.join(READER_END_S)
        self._discard()

    def _discard(self) -> None:
        for job in self._written:
            shutil.rmtree(job.folder, ignore_errors=True)
        self._written = []


def handed_over(names: Sequence[str]) -> str:
    """What the person is told of sketches that compute in the background now."""
    # Translators: {menu} is where Insert Finished Sketches is in the menu.
    return _(
        "Sketching in the background: {names}. Go on working: {menu} brings what is done."
    ).format(names=", ".join(names), menu=insert_finished())


def submit(task: PhotoTask, settings: Settings, host: Host) -> BackgroundJob:
    """Have one bitmap sketched in the background. Raises `Problem`."""
    submission = Submission([task], settings, host)
    submission.write()
    return submission.start()[0]
