"""A clone of an environment is another environment with the same contents."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from support.installer import FakeMachine, files

from installer.clone import clone_environment


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """One with a package, a script, a starter of Windows and a link."""
    folder = tmp_path / "engines" / "20260101-000000-abcdefgh"
    (folder / "bin").mkdir(parents=True)
    (folder / "package" / "deep").mkdir(parents=True)
    (folder / "package" / "deep" / "lib.so").write_bytes(b"\x7fELF")
    (folder / "pyvenv.cfg").write_text(f"command = python -m venv {folder}\n")
    (folder / "bin" / "tool").write_text(f"#!{folder}/bin/python\n")
    (folder / "bin" / "tool").chmod(0o755)
    (folder / "bin" / "tool.exe").write_bytes(b"MZ\xff" + str(folder).encode() + b"PK\x03")
    (folder / "bin" / "python").symlink_to("/usr/bin/python3")
    return folder


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "copies"])
def test_a_clone_has_all_files_and_scripts_of_its_own(
    environment: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:

        def refuse(*_: Any, **__: Any) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    before = files(environment)
    clone = environment.with_name("20260202-222222-ijklmnop")
    clone.mkdir()
    clone_environment(environment, clone)
    assert files(environment) == before
    assert files(clone).keys() == before.keys()
    assert os.readlink(clone / "bin" / "python") == "/usr/bin/python3"
    assert (clone / "bin" / "tool").read_text() == f"#!{clone}/bin/python\n"
    assert os.access(clone / "bin" / "tool", os.X_OK)
    assert (clone / "bin" / "tool.exe").read_bytes().startswith(b"MZ\xff" + str(clone).encode())
    assert (clone / "pyvenv.cfg").read_text() == f"command = python -m venv {clone}\n"
    library = clone / "package" / "deep" / "lib.so"
    assert library.samefile(environment / "package" / "deep" / "lib.so") is links


def test_a_disk_that_fills_up_while_it_is_cloned_leaves_the_old_engine_at_work(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.do()
    before = machine.in_use
    (machine.checkout.engine / "__init__.py").write_text("new = True")
    capfd.readouterr()

    def refuse(_: Any, target: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    with monkeypatch.context() as context:
        context.setattr(os, "link", refuse)
        context.setattr("shutil.copy2", refuse)
        assert machine.do() == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "No space left on device" in err
    assert "the engine that was there stays in use" in err
    assert machine.engines == [before] == [machine.in_use]
    assert machine.do() == 0
    assert machine.engines == [machine.in_use] != [before]
