"""The true machine: commands, addresses and answers."""

from __future__ import annotations

import sys

import pytest

from installer.machine import Machine


def test_a_report_with_faults_is_read_though_its_command_fails() -> None:
    command = [sys.executable, "-c", "print('report'); raise SystemExit(2)"]
    assert Machine().ask(command) is None
    assert Machine().ask(command, any_status=True) == "report\n"


def test_a_command_that_is_missing_hangs_or_talks_gibberish_is_no_crash() -> None:
    machine = Machine()
    assert machine.ask(["/no/such/command"]) is None
    assert machine.ask([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.1) is None
    assert machine.ask([sys.executable, "-c", "import os; os.write(1, b'\\xff')"]) == "\ufffd"


def test_a_path_in_the_system_s_own_encoding_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", "import os; os.write(1, b'C:/Users/Jos\\xe9')"]
    monkeypatch.setattr("locale.getpreferredencoding", lambda _: "cp1252")
    assert Machine().ask(command) == "C:/Users/José"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "no address", "http://[/"])
def test_what_does_not_answer_is_out_of_reach(address: str) -> None:
    assert Machine().reaches(address) is False


def test_nobody_there_to_answer_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert Machine().answer("Fetch?") is False
