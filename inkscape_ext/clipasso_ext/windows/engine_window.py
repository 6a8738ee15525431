"""Engine and Models: what works on this machine, the engine's switches, CLIP weights, the logs."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, List, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext import VERSION  # noqa: E402
from clipasso_ext.engine.commands import Answer, run_command  # noqa: E402
from clipasso_ext.engine.many import Many, all_many  # noqa: E402
from clipasso_ext.host import Host, without_inkscapes  # noqa: E402
from clipasso_ext.problem import Problem  # noqa: E402
from clipasso_ext.processes import detached, silent  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.theme import follow_inkscape  # noqa: E402
from clipasso_ext.words import _  # noqa: E402

# What each button of the question fetches, the recommended first
OFFERED = {
    1: ("ViT-B/16", "clip:ViT-B-16:laion2b_s34b_b88k"),
    2: ("RN101", "clip:RN101:openai"),
}
MARKS = {"ok": "✓", "note": "·", "fault": "✗"}
LOOK_MS = 300  # between two looks at whether what was stopped has ended
OPENERS = {"win32": "explorer", "darwin": "open"}


class EngineWindow(Gtk.Window):  # type: ignore[misc] # GTK has no types
    """Every button is one command of the engine; its answer is shown below."""

    def __init__(self, host: Host) -> None:
        follow_inkscape()
        super().__init__(
            title=_("CLIPasso: Engine and Models"),
            border_width=12,
            icon_name="org.inkscape.Inkscape",
        )
        self.set_position(Gtk.WindowPosition.CENTER)
        self.set_default_size(680, 460)
        self._host = host
        self._report = Gtk.Label(xalign=0, yalign=0, wrap=True, selectable=True, max_width_chars=90)
        self._report.set_margin_start(8)
        self._report.set_margin_top(8)
        self._answer = Gtk.Label(xalign=0, wrap=True, selectable=True, max_width_chars=90)
        self._spinner = Gtk.Spinner()
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        scroll = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN)
        scroll.add(self._report)
        page.pack_start(scroll, True, True, 0)
        line = Gtk.Box(spacing=8)
        line.pack_start(self._spinner, False, False, 0)
        line.pack_start(self._answer, True, True, 0)
        page.pack_start(line, False, False, 0)
        self._buttons = self._button_row()
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

    def _button_row(self) -> Any:
        row = Gtk.Box(spacing=8)
        for label, act in self._acts():
            button = Gtk.Button.new_with_mnemonic(label)
            button.connect("clicked", lambda _, act=act: act())
            row.pack_start(button, False, False, 0)
        # Translators: stops what the menu entry Sketch Many began.
        self._many = Gtk.Button.new_with_mnemonic(_("Stop Sketch _Many"))
        self._many.set_no_show_all(True)  # only where there is one
        self._many.connect("clicked", lambda _: self._stop_many())
        row.pack_start(self._many, False, False, 0)
        close = Gtk.Button.new_with_mnemonic(_("_Close"))
        close.connect("clicked", lambda _: Gtk.main_quit())
        row.pack_end(close, False, False, 0)
        return row

    def _acts(self) -> List[Tuple[str, Callable[[], None]]]:
        return [
            (
                _("_Start Engine"),
                lambda: self._do(["engine", "start", "--json"], self._show_engine),
            ),
            (_("S_top Engine"), lambda: self._do(["engine", "stop", "--json"], self._show_engine)),
            (_("_Fetch CLIP Weights…"), self._fetch),
            (_("Open _Log"), self._open_log),
        ]

    def _examine(self) -> None:
        self._do(["doctor", "--json"], self._show_report, _("Looking at this machine…"))

    def _show_report(self, answer: Answer) -> None:
        own = _("extension: {version}, under Inkscape's Python {python}").format(
            version=VERSION, python=platform.python_version()
        )
        lines = [f"{MARKS['ok']} {own}"]
        try:
            findings = json.loads(answer.text)
        except ValueError:
            self._report.set_text("\n".join([*lines, answer.text]))
            return
        for one in findings:
            lines.append(f"{MARKS.get(one['state'], '·')} {wording.finding(one)}")
            if one["advice"]:
                lines.append(f"      → {wording.advice(one)}")
        many = all_many(self._host)
        lines += [f"{MARKS['note']} {one.line}" for one in many]
        self._report.set_text("\n".join(lines))
        self._many.set_visible(any(one.is_at_work for one in many))
        self._do(["engine", "status", "--json"], self._show_engine)

    def _show_engine(self, answer: Answer) -> None:
        """After what was asked of the engine: what it is at now."""
        runs_or_not = answer.succeeded or answer.text == "null"
        failed = answer.last.get("event") == "error" or not runs_or_not
        self._show_text(answer.failure if failed else wording.engine(answer.last))

    def _show_fetched(self, answer: Answer) -> None:
        if answer.succeeded:
            self._show_text(_("CLIP is on this machine now."))
        else:
            self._show_text(answer.failure)

    def _show_text(self, text: str) -> None:
        self._answer.set_text(text)

    def _stop_many(self) -> None:
        working = [one for one in all_many(self._host) if one.is_at_work]
        try:
            for one in working:
                one.stop()
        except Problem as problem:
            self._show_text(str(problem))
            return
        self._show_text(_("Sketch Many ends after the step that is under way…"))
        self._many.set_sensitive(False)
        GLib.timeout_add(LOOK_MS, self._await_end, working)

    def _await_end(self, working: List[Many]) -> bool:
        """Whether to look once more."""
        if any(one.is_at_work for one in working):
            return True
        self._many.set_sensitive(True)
        self._examine()
        return False

    def _fetch(self) -> None:
        """Only the engine knows where models go."""
        self._do(["models", "path"], self._fetch_if_wanted)

    def _fetch_if_wanted(self, folder: Answer) -> None:
        if folder.succeeded and folder.text:
            source = _("It comes from huggingface.co and goes into {folder}.").format(
                folder=folder.text
            )
        else:
            source = _("It comes from huggingface.co.")
        reason = "\n".join(
            [
                _("Without a GPU a sketch takes minutes with it.") + "\n",
                _(
                    "ViT-B/16 is recommended: its sketches are recognised most often (LAION, MIT"
                    " licence, about 600 MB)."
                ),
                _(
                    "RN101 is the one of the published method, and a little quicker (OpenAI, MIT"
                    " licence, about 480 MB)."
                ),
            ]
        )
        question = Gtk.MessageDialog(
            transient_for=self,
            modal=True,
            message_type=Gtk.MessageType.QUESTION,
            buttons=Gtk.ButtonsType.CANCEL,
            text=_("Download CLIP, a network that has seen drawings besides photographs?"),
            secondary_text=f"{reason}\n\n{source}",
        )
        for number, (label, _model) in OFFERED.items():
            question.add_button(label, number)
        chosen = question.run()
        question.destroy()
        if chosen in OFFERED:
            self._do(
                ["models", "fetch", OFFERED[chosen][1], "--json"],
                self._show_fetched,
                _("Downloading; you may close this window only when it is done…"),
            )

    def _open_log(self) -> None:
        if not self._host.logs.is_dir() or not list(self._host.logs.glob("*.log")):
            self._show_text(_("There is no log yet."))
            return
        self._open(self._host.logs)

    def _open(self, folder: Path) -> None:
        opener = OPENERS.get(sys.platform, "xdg-open")
        try:
            # an AppImage's libraries are none for other programs
            subprocess.Popen(
                [opener, str(folder)], env=without_inkscapes(), **silent(), **detached()
            )
            text = _("The logs are in {folder}.")
        except OSError:
            text = _("The logs are in {folder}; nothing on this machine opens folders.")
        self._show_text(text.format(folder=folder))

    def _do(self, words: List[str], show: Callable[[Answer], None], meanwhile: str = "") -> None:
        """Run one of the engine's commands without holding the window."""
        self._buttons.set_sensitive(False)
        self._spinner.start()
        if meanwhile:
            self._answer.set_text(meanwhile)

        def work() -> None:
            answer = run_command(self._host, words)
            GLib.idle_add(done, answer)

        def done(answer: Answer) -> None:
            self._buttons.set_sensitive(True)
            self._spinner.stop()
            if meanwhile:
                self._answer.set_text("")
            show(answer)

        threading.Thread(target=work, daemon=True).start()
