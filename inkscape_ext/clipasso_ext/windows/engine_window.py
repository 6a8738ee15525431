"""Engine and Models: what works on this machine, the engine's switches, CLIP weights, the logs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, List, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.engine.host import Host, detached, engine_environment, log  # noqa: E402

CLIP = "clip:RN101:openai"  # the published guide
MARKS = {"ok": "✓", "note": "·", "fault": "✗"}


class EngineWindow(Gtk.Window):
    """Every button is one command of the engine; its answer is shown below."""

    def __init__(self, host: Host) -> None:
        super().__init__(
            title="CLIPasso: Engine and Models", border_width=12, icon_name="org.inkscape.Inkscape"
        )
        self.set_position(Gtk.WindowPosition.CENTER)
        self.set_default_size(680, 460)
        self._host = host
        self._report = Gtk.Label(xalign=0, yalign=0, wrap=True, selectable=True, max_width_chars=90)
        self._answer = Gtk.Label(xalign=0, wrap=True, selectable=True, max_width_chars=90)
        self._spinner = Gtk.Spinner()
        scroll = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN)
        self._report.set_margin_start(8)
        self._report.set_margin_top(8)
        scroll.add(self._report)
        self._buttons = Gtk.Box(spacing=8)
        for label, act in self._acts():
            button = Gtk.Button.new_with_mnemonic(label)
            button.connect("clicked", lambda _, act=act: act())
            self._buttons.pack_start(button, False, False, 0)
        close = Gtk.Button.new_with_mnemonic("_Close")
        close.connect("clicked", lambda _: Gtk.main_quit())
        self._buttons.pack_end(close, False, False, 0)
        line = Gtk.Box(spacing=8)
        line.pack_start(self._spinner, False, False, 0)
        line.pack_start(self._answer, True, True, 0)
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        page.pack_start(scroll, True, True, 0)
        page.pack_start(line, False, False, 0)
        page.pack_start(self._buttons, False, False, 0)
        self.add(page)
        self.connect("delete-event", lambda *_: Gtk.main_quit() or True)
        self.connect(
            "key-press-event",
            lambda _, event: event.keyval == Gdk.KEY_Escape and (Gtk.main_quit() or True),
        )

    def run(self) -> None:
        self.show_all()
        self.present()
        self._examine()
        Gtk.main()
        self.destroy()

    def _acts(self) -> List[Tuple[str, Callable[[], None]]]:
        return [
            ("_Start Engine", lambda: self._do(["engine", "start"], self._say)),
            ("S_top Engine", lambda: self._do(["engine", "stop"], self._say)),
            ("_Fetch CLIP Weights…", self._fetch),
            ("Open _Log", self._open_log),
        ]

    def _examine(self) -> None:
        self._do(["doctor", "--json"], self._show_report, "Looking at this machine…")

    def _show_report(self, answer: str) -> None:
        try:
            findings = json.loads(answer)
        except ValueError:
            self._report.set_text(answer)
            return
        lines = []
        for one in findings:
            lines.append(f"{MARKS.get(one['state'], '·')} {one['subject']}: {one['text']}")
            if one["advice"]:
                lines.append(f"      → {one['advice']}")
        self._report.set_text("\n".join(lines))
        self._do(["engine", "status"], self._say)

    def _say(self, answer: str) -> None:
        self._answer.set_text(answer[:1].upper() + answer[1:])

    def _fetch(self) -> None:
        question = Gtk.MessageDialog(
            transient_for=self,
            modal=True,
            message_type=Gtk.MessageType.QUESTION,
            buttons=Gtk.ButtonsType.OK_CANCEL,
            text="Download the CLIP weights that the paper uses?",
            secondary_text=(
                "About 480 MB from huggingface.co (OpenAI's RN101, MIT licence) into"
                f" {self._host.home / 'models'}."
            ),
        )
        wanted = question.run() == Gtk.ResponseType.OK
        question.destroy()
        if wanted:
            self._do(
                ["models", "fetch", CLIP],
                self._say,
                "Downloading; you may close this window only when it is done…",
            )

    def _open_log(self) -> None:
        logs = (
            sorted(self._host.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)
            if self._host.logs.is_dir()
            else []
        )
        if not logs:
            self._say("There is no log yet.")
            return
        self._open(self._host.logs)

    def _open(self, path: Path) -> None:
        opener = {"win32": "explorer", "darwin": "open"}.get(sys.platform, "xdg-open")
        silent = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
        }
        try:
            subprocess.Popen([opener, str(path)], **silent, **detached())  # type: ignore[call-overload]
            self._say(f"The logs are in {path}.")
        except OSError:
            self._say(f"The logs are in {path}; nothing on this machine opens folders.")

    def _do(self, words: List[str], show: Callable[[str], None], meanwhile: str = "") -> None:
        """Run one of the engine's commands without holding the window."""
        self._buttons.set_sensitive(False)
        self._spinner.start()
        if meanwhile:
            self._answer.set_text(meanwhile)

        def work() -> None:
            answer = run_command(self._host, words)
            GLib.idle_add(done, answer)

        def done(answer: str) -> Any:
            self._buttons.set_sensitive(True)
            self._spinner.stop()
            if meanwhile:
                self._answer.set_text("")
            show(answer)

        threading.Thread(target=work, daemon=True).start()


def run_command(host: Host, words: List[str]) -> str:
    """What one of the engine's commands printed, or why it could not."""
    try:
        done = subprocess.run(
            [*host.command, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=engine_environment(host),
            **detached(),
        )
    except OSError as error:
        log(f"{host.command}: {error}")
        return "The engine is not where it was installed: run install.py again."
    said = done.stdout.decode("utf-8", "replace").strip()
    return said or done.stderr.decode("utf-8", "replace").strip().replace("clipasso: ", "")
