"""A release is whole, the same for everybody who builds it, and works where nothing of the checkout
is in reach.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.screen import need, virtual_screen

import release
from clipasso_core import __version__

DATE = 1_790_000_000
NAMES = [
    f"clipasso-{__version__}-py3-none-any.whl",
    f"clipasso-{__version__}.tar.gz",
    f"clipasso-inkscape-{__version__}.zip",
]
pytestmark = pytest.mark.skipif(
    not (release.ROOT / ".git").exists(), reason="a release is built from a git checkout"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What is built, by its kind."""
    wheel, sdist, extension = release.build(tmp_path_factory.mktemp("built"), DATE)
    return {"wheel": wheel, "sdist": sdist, "extension": extension}


def without(package: Path, left_out: str, folder: Path) -> Path:
    """A copy of a zip that lacks one file."""
    copy = folder / package.name
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            if name != left_out:
                new.writestr(name, old.read(name))
        assert len(new.namelist()) == len(old.namelist()) - 1
    return copy


def with_file(package: Path, name: str, text: str, folder: Path) -> Path:
    """A copy of a zip that holds this file instead of its own."""
    copy = without(package, name, folder)
    with zipfile.ZipFile(copy, "a") as file:
        file.writestr(name, text)
    return copy


def test_the_wheel_holds_every_file_of_the_engine_and_brings_the_extension_along(
    built: dict[str, Path],
) -> None:
    with zipfile.ZipFile(built["wheel"]) as file:
        inside = {name for name in file.namelist() if ".dist-info/" not in name}
    assert inside == set(release.packaged())
    assert set(release.tracked("clipasso_core")) < inside
    assert "clipasso_core/set_up/inkscape_ext/clipasso_sketch.inx" in inside
    assert "clipasso_core/set_up/installer/attach.py" in inside
    assert "clipasso_core/guide/lite.py" in inside


@pytest.mark.parametrize(
    "name",
    [
        "clipasso_core/raster/sparse.py",
        "clipasso_core/__main__.py",
        "clipasso_core/set_up/inkscape_ext/clipasso_sketch.inx",
    ],
)
def test_a_wheel_that_lacks_a_file_is_no_release(
    built: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = release.packaged()
    release.check_wheel_is_whole(built["wheel"], whole)
    with pytest.raises(release.Problem, match=f"lacks {name}"):
        release.check_wheel_is_whole(without(built["wheel"], name, tmp_path), whole)


def test_a_wheel_that_holds_something_else_is_no_release(built: dict[str, Path]) -> None:
    fewer = [name for name in release.packaged() if "raster/" not in name]
    with pytest.raises(release.Problem, match=r"clipasso_core/raster/__init__\.py, which is not"):
        release.check_wheel_is_whole(built["wheel"], fewer)


def test_the_sdist_holds_what_the_wheel_is_built_from(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as file:
        members = file.getmembers()
    inside = {member.name.partition("/")[2] for member in members if member.isfile()}
    assert {*release.tracked("clipasso_core"), *release.BESIDE_THE_ENGINE} <= inside
    assert "installer/attach.py" in inside
    assert "inkscape_ext/clipasso_sketch.inx" in inside
    assert {member.mtime for member in members} == {DATE}
    assert {member.uname for member in members} == {""}


def test_the_zip_holds_everything_that_inkscape_needs(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["extension"]) as file:
        inside = set(file.namelist())
    own = {name.replace("inkscape_ext/", "clipasso/") for name in release.tracked("inkscape_ext")}
    assert inside == own - {"clipasso/ruff.toml"} | {"clipasso/LICENSE"}
    assert "clipasso/README.md" in inside
    assert "clipasso/locale/de/LC_MESSAGES/clipasso.mo" in inside


def test_two_builds_are_alike_to_the_byte(built: dict[str, Path], tmp_path: Path) -> None:
    before = os.umask(0o077)  # as another person may have it
    try:
        again = release.build(tmp_path, DATE)
    finally:
        os.umask(before)
    for path in again:
        assert path.read_bytes() == (built["wheel"].parent / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("clipasso/clipasso_sketch.py", "clipasso_sketch.inx starts clipasso_sketch.py"),
        ("clipasso/clipasso_ext/problem.py", "No module named 'clipasso_ext.problem'"),
        ("clipasso/icon.svg", r"the gallery wants icon\.svg"),
        ("clipasso/LICENSE", "the gallery wants LICENSE"),
    ],
)
def test_an_extension_that_lacks_a_file_is_no_release(
    built: dict[str, Path], tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(release.Problem, match=reason):
        release.check_extension(without(built["extension"], name, tmp_path), tmp_path)


def test_an_extension_that_is_not_one_folder_is_no_release(
    built: dict[str, Path], tmp_path: Path
) -> None:
    package = without(built["extension"], "clipasso/README.md", tmp_path)
    with zipfile.ZipFile(package, "a") as file:
        file.writestr("README.md", "")
    with pytest.raises(release.Problem, match=r"README\.md is not in its folder clipasso"):
        release.check_extension(package, tmp_path)


def test_an_extension_for_a_newer_python_is_no_release(
    built: dict[str, Path], tmp_path: Path
) -> None:
    newer = "match 1:\n    case 1:\n        pass\n"
    package = with_file(built["extension"], "clipasso/clipasso_ext/problem.py", newer, tmp_path)
    with pytest.raises(release.Problem, match=r"clipasso_ext/problem\.py needs a newer Python"):
        release.check_extension(package, tmp_path)


def test_an_extension_that_is_whole_says_so(built: dict[str, Path], tmp_path: Path) -> None:
    told = release.check_extension(built["extension"], tmp_path)
    entries = len(list((release.ROOT / "inkscape_ext").glob("*.inx")))
    assert told.startswith(f"{entries} menu entries, ")


def test_a_wheel_that_does_not_work_is_no_release(built: dict[str, Path], tmp_path: Path) -> None:
    main = "clipasso_core/cli/main.py"
    broken = with_file(built["wheel"], main, "import nowhere\n", tmp_path)
    with pytest.raises(release.Problem, match=r"trying .* No module named 'nowhere'"):
        release.check_installs(broken, tmp_path / "place")


@pytest.mark.parametrize("other", ["extension", "changelog"])
def test_all_parts_are_of_one_version(tmp_path: Path, other: str) -> None:
    (tmp_path / "inkscape_ext" / "clipasso_ext").mkdir(parents=True)
    for name in ("CHANGELOG.md", "inkscape_ext/clipasso_ext/__init__.py"):
        shutil.copyfile(release.ROOT / name, tmp_path / name)
    release.check_versions(tmp_path, __version__)
    if other == "extension":
        (tmp_path / "inkscape_ext/clipasso_ext/__init__.py").write_text('VERSION = "0.0.1"\n')
    else:
        (tmp_path / "CHANGELOG.md").write_text("## [0.0.1] - 2026-01-01\n")
    with pytest.raises(release.Problem, match=__version__):
        release.check_versions(tmp_path, __version__)


def test_a_language_that_is_not_compiled_is_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogues = pytest.importorskip("po.catalogues", exc_type=ImportError)
    release.check_languages()
    monkeypatch.setattr(catalogues, "is_stale", lambda language: language == "ja")
    with pytest.raises(release.Problem, match=r"po/ja\.po is newer"):
        release.check_languages()


@pytest.mark.slow
def test_a_release_is_built_and_tried_by_one_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, release.ROOT / "release.py", "--out", tmp_path / "dist"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    for word, lines in (("built", told[:3]), ("checked", told[3:6])):
        for name, line in zip(NAMES, lines, strict=True):
            assert line.split()[:2] == [word, f"{name}:"]
    assert sorted(path.name for path in (tmp_path / "dist").iterdir()) == sorted(NAMES)


def test_a_python_without_the_tools_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(release, "find_spec", lambda name: None)
    assert release.main(["--out", str(tmp_path / "dist")]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("release.py: this Python has no build")
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert not (tmp_path / "dist").exists()


@pytest.mark.slow
def test_the_wheel_alone_brings_a_sketch_into_inkscape(
    built: dict[str, Path], tmp_path: Path
) -> None:
    need("inkscape", "Xvfb")
    person = tmp_path / "person"
    person.mkdir()
    with virtual_screen() as display:
        kept = {
            name: value
            for name, value in release.own_environment().items()
            if not name.startswith(("CLIPASSO", "XDG_", "INKSCAPE"))
        }
        surroundings = {
            "cwd": person,
            "env": {**kept, "HOME": str(person), "DISPLAY": display},
        }
        python = release.install(built["wheel"], tmp_path, surroundings)
        clipasso = python.with_name("clipasso")
        told = release.said("trying", [clipasso, "install-extension"], **surroundings)
        assert "Inkscape: a sketch was inserted" in told
        assert "Ready: restart Inkscape" in told
        (pointer,) = person.glob(".config/inkscape/extensions/clipasso/engine.json")
        assert str(python) in pointer.read_text("utf-8")
        release.said("trying", [clipasso, "engine", "stop"], **surroundings)
