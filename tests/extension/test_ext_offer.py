"""Where there is no engine, the extension says how to get it, and brings it after a yes."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

import pytest
from clipasso_ext import VERSION
from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.engine import pythons
from clipasso_ext.engine.offer import Offer, Step, bring, make_offer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is offered on Linux")


# Debian splits it off
HAS_VENV = importlib.util.find_spec("ensurepip") is not None and sys.version_info >= (3, 10)
needs_venv = pytest.mark.skipif(not HAS_VENV, reason="this Python makes no environments")


def have(monkeypatch: pytest.MonkeyPatch, *commands: str) -> None:
    """Let these commands be on the PATH."""

    def find(name: str, path: Optional[str] = None) -> Optional[str]:
        return sys.executable if name in commands else None

    monkeypatch.setattr("shutil.which", find)


@needs_venv
def test_the_lines_make_a_place_for_the_engine_and_fill_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    have(monkeypatch, "python3")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "Zoë's home"))
    offer = make_offer(tmp_path / "extensions" / "clipasso")
    assert (offer.obstacle, offer.size_gb) == ("", 0.4)
    lines = [shlex.split(line) for line in offer.command.splitlines()]
    assert lines == [step.command for step in offer.steps]
    place = tmp_path / "Zoë's home" / "engines" / "by-pip"
    clipasso = str(place / "bin" / "clipasso")
    assert lines[0] == [sys.executable, "-m", "venv", str(place)]
    assert lines[1][-2:] == ["--index-url", "https://download.pytorch.org/whl/cpu"]
    assert lines[2][-1] == "clipasso==" + VERSION
    assert lines[4] == [clipasso, "models", "fetch", "u2netp", "faces"]
    assert lines[3][:2] == [clipasso, "install-extension"]
    assert lines[3][-1] == str(tmp_path / "extensions")


@needs_venv
def test_with_a_gpu_torch_is_pips_own(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, "python3", "nvidia-smi")
    offer = make_offer()
    assert "--index-url" not in offer.command
    assert offer.size_gb == 3.0


@pytest.mark.parametrize("old", [True, False], ids=["old", "none"])
def test_a_python_that_is_missing_or_too_old_is_told_first(
    monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    have(monkeypatch, *["python3"] * old)
    monkeypatch.setattr(pythons, "ABLE", "raise SystemExit(1)")
    offer = make_offer()
    assert offer.steps == []
    assert "sudo apt install python3-venv" in offer.obstacle


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as of an Inkscape with a Python of its own, which is first in the PATH, before
    another Python.
    """
    bundle = tmp_path / "Inkscape.app"
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(put_python(bundle)), str(put_python(tmp_path))])
    )
    (bundle / "bin" / "inkscape.exe").touch()
    monkeypatch.setattr(sys, "prefix", str(bundle))
    monkeypatch.setattr(sys, "executable", str(bundle / "bin" / "python3"))
    monkeypatch.setenv("APPDIR", str(bundle))
    monkeypatch.setattr(pythons, "_is_able", lambda _: True)
    return bundle


def put_python(folder: Path) -> Path:
    """Put commands named as Python's into a folder's ``bin``. Returns that."""
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "python3"):
        (folder / "bin" / name).write_text("#!/bin/sh\n")
        (folder / "bin" / name).chmod(0o755)
    return folder / "bin"


@pytest.mark.parametrize(("system", "name"), [("linux", "python3"), ("darwin", "python3")])
def test_the_engine_is_not_made_with_the_python_that_inkscape_brought_along(
    system: str, name: str, bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert make_offer().steps[0].command[0] == str(tmp_path / "bin" / name)


def test_nor_is_it_on_windows(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert pythons._search_path() == str(tmp_path / "bin")
    # where a person had Inkscape take the system's Python
    (bundled / "bin" / "inkscape.exe").unlink()
    assert pythons._search_path() == os.environ["PATH"]


def test_a_mac_is_looked_through_for_pythons_beside_apples(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("PATH", f"{bundled / 'bin'}:/usr/bin:/none")  # as from the Dock
    monkeypatch.setattr(pythons, "MACOS_FOLDERS", (str(tmp_path / "bin"),))
    assert pythons._search_path() == f"/none:{tmp_path / 'bin'}"
    assert make_offer().steps[0].command[0] == str(tmp_path / "bin" / "python3")


def test_a_python_of_the_microsoft_store_is_none(tmp_path: Path) -> None:
    store = "import sys; sys.base_prefix = r'C:\\Program Files\\WindowsApps\\Python'; "
    done = subprocess.run([sys.executable, "-I", "-c", store + pythons.ABLE], check=False)
    assert done.returncode == 1


def writes(path: Path, status: int = 0) -> List[str]:
    """A command that leaves a file, and ends with that status."""
    return [sys.executable, "-c", f"open({str(path)!r}, 'w'); raise SystemExit({status})"]


def test_what_is_offered_is_done_in_its_order_up_to_the_first_failure(tmp_path: Path) -> None:
    steps = [
        Step("First", writes(tmp_path / "1")),
        Step("Second", writes(tmp_path / "2", 1)),
        Step("Third", writes(tmp_path / "3")),
    ]
    told: List[str] = []
    problem = bring(Offer("", steps), told.append, Cancellation())
    assert told == ["First", "Second"]
    assert problem.startswith("Second failed: check the connection")
    assert sorted(path.name for path in tmp_path.glob("?")) == ["1", "2"]
    assert bring(Offer("", steps[::2]), told.append, Cancellation()) == ""
    assert bring(Offer("", [Step("Fourth", ["/nowhere"])]), told.append, Cancellation())


def test_cancel_ends_what_is_being_done(tmp_path: Path) -> None:
    cancellation = Cancellation()
    steps = [Step("Long", [sys.executable, "-c", "__import__('signal').pause()"])]

    def tell(meaning: str) -> None:
        cancellation.call_off()

    with pytest.raises(CalledOff):
        bring(Offer("", [*steps, Step("Next", writes(tmp_path / "1"))]), tell, cancellation)
    assert not (tmp_path / "1").exists()


def test_nothing_of_inkscapes_reaches_the_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/usr/share/inkscape/extensions")
    code = f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(str(os.environ))"
    assert not bring(Offer("", [Step("Look", [sys.executable, "-c", code])]), print, Cancellation())
    assert "PYTHONPATH" not in (tmp_path / "seen").read_text()


def test_the_python_that_is_asked_is_one_that_runs() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", pythons.ABLE], check=False)
    assert (done.returncode == 0) == HAS_VENV
