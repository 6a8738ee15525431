#!/usr/bin/env python3
"""Build what a release consists of, and try each part where nothing of this checkout is in reach.

  python release.py            the wheel, the sdist and the extension's zip, in dist/
  python release.py --out DIR  the same in another folder

Needs git and an environment with clipasso[dev] and inkex, such as `install.py test` makes;
CONTRIBUTING.md tells how to get into it. Downloads nothing. The same commit gives the same bytes.

Exit status: 0, or 1 with the reason.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from clipasso_core import __version__

ROOT = Path(__file__).resolve().parent
ENGINE, EXTENSION = "clipasso_core", "inkscape_ext"
SET_UP = (EXTENSION, "installer", "examples/coffee.jpg")  # what the engine's package carries
CARRIED = (".inx", ".jpg", ".mo", ".py")
BESIDE_THE_ENGINE = ("pyproject.toml", "README.md", "LICENSE")
NOT_FOR_INKSCAPE = ("ruff.toml",)  # of the extension's folder
GALLERYS = ("LICENSE", "README.md", "icon.svg")  # what Inkscape's gallery wants beside the code
INKSCAPES_FOLDER = "clipasso"  # in the zip, and in Inkscape's extensions folder
OLDEST_INKSCAPES_PYTHON = (3, 8)
EXAMPLE = ROOT / "examples" / "coffee.jpg"
MODE = 0o644  # of every file, whoever builds
NAMESPACE = "{http://www.inkscape.org/namespace/inkscape/extension}"
# Imports every module named. GTK is a stand-in where it is missing: the engine's environment has
# inkex, but not PyGObject, which wants a compiler.
IMPORT_ALL = """
import importlib, sys
from unittest.mock import MagicMock
try:
    import gi
except ImportError:
    sys.modules["gi"] = sys.modules["gi.repository"] = MagicMock()
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


class Problem(Exception):  # noqa: N818 - the word says what it is
    """Why there is no release; one line."""


def main(arguments: list[str]) -> int:
    """Build and check; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="DIR")
    out = parser.parse_args(arguments).out.absolute()
    try:
        check_needs()
        check_versions(ROOT, __version__)
        check_languages()
        wheel, sdist, extension = build(out, release_date())
        for path in (wheel, sdist, extension):
            print(f"built   {path.name}: {path.stat().st_size / 1000:.0f} kB, {checksum(path)}")
        with tempfile.TemporaryDirectory() as scratch:
            check_wheel_is_whole(wheel, packaged())
            for path in (wheel, sdist):
                check_installs(path, Path(scratch) / path.suffix)
                print(f"checked {path.name}: installs, sketches, brings the extension", flush=True)
            print(f"checked {extension.name}: {check_extension(extension, Path(scratch))}")
    except Problem as problem:
        print(f"release.py: {problem}", file=sys.stderr)
        return 1
    for reason in reservations():
        print(f"not for publishing: {reason}")
    return 0


def reservations() -> Iterator[str]:
    """Why what was built is for trying only."""
    if said("git", ["git", "status", "--porcelain"]):
        yield "this checkout has changes that are not committed"
    if f"\n## [{__version__}] - unreleased\n" in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        yield f"CHANGELOG.md gives no date for {__version__}"
    from po import catalogues

    for language in catalogues.LANGUAGES:
        if missing := catalogues.missing(catalogues.load(language)):
            yield f"po/{language}.po lacks {len(missing)} texts"


def said(step: str, command: list[Any], **settings: Any) -> str:
    """What a command prints. Raises `Problem` with the step and its last words when it fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **{"cwd": ROOT, **settings},
        )
    except OSError as error:
        raise Problem(f"{step}: {command[0]} can't be run ({error.strerror})") from None
    if done.returncode:
        lines = [*done.stdout.splitlines(), *done.stderr.splitlines()] or ["it says nothing"]
        raise Problem(f"{step}: {lines[-1].strip()}")
    return str(done.stdout)


# What is built from


def check_needs() -> None:
    """Raises `Problem` when this Python can't build or try a release."""
    for name in ("build", "setuptools", "pip", "inkex", "babel"):
        if find_spec(name) is None:
            raise Problem(
                f"this Python has no {name}: CONTRIBUTING.md tells how to get into the environment"
                " that has"
            )


def check_versions(root: Path, version: str) -> None:
    """Raises `Problem` when the extension or the changelog is of another version."""
    text = (root / EXTENSION / "clipasso_ext" / "__init__.py").read_text(encoding="utf-8")
    extension = re.search(r'^VERSION = "(.+)"', text, re.MULTILINE)
    if extension is None or extension[1] != version:
        raise Problem(f"the engine is {version}, the extension is not: {EXTENSION}/clipasso_ext")
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d.*?)\]", text, re.MULTILINE)
    if newest is None or newest[1] != version:
        raise Problem(f"the newest version in CHANGELOG.md is not {version}")


def check_languages() -> None:
    """Raises `Problem` when what Inkscape reads is not what translators wrote."""
    from po import catalogues

    for language in catalogues.LANGUAGES:
        if catalogues.is_stale(language):
            raise Problem(f"po/{language}.po is newer: run  python po/catalogues.py compile")


def tracked(*places: str) -> list[str]:
    """The files below these places that git has, or would take."""
    which = ["--cached", "--others", "--exclude-standard"]
    names = said("git", ["git", "ls-files", "-z", *which, "--", *places]).split("\0")
    return sorted({name for name in names if name and (ROOT / name).is_file()})


def packaged() -> list[str]:
    """What the wheel is to hold, by the names that it has there."""
    carried = [name for name in tracked(*SET_UP) if Path(name).suffix in CARRIED]
    return [*tracked(ENGINE), *(f"{ENGINE}/set_up/{name}" for name in carried)]


def release_date() -> int:
    """The time that all built files bear, in seconds: of the last commit, or
    ``SOURCE_DATE_EPOCH``.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or said("git", ["git", "log", "-1", "--format=%ct"]))


# Building


def build(out: Path, date: int) -> tuple[Path, Path, Path]:
    """Build the wheel, the sdist and the extension's zip into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy, built = Path(scratch) / "copy", Path(scratch) / "built"
        for name in tracked(ENGINE, *SET_UP, *BESIDE_THE_ENGINE):
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
            target.chmod(MODE)
        said(
            "building the wheel and the sdist",
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", built, copy],
            env={**own_environment(), "SOURCE_DATE_EPOCH": str(date)},
            umask=0o022,
        )
        (wheel,) = built.glob("*.whl")
        (sdist,) = built.glob("*.tar.gz")
        date_sdist(sdist, out / sdist.name, date)
        shutil.copyfile(wheel, out / wheel.name)
    extension = out / f"clipasso-inkscape-{__version__}.zip"
    zip_extension(extension, date)
    return out / wheel.name, out / sdist.name, extension


def date_sdist(path: Path, target: Path, date: int) -> None:
    """Write an sdist anew, with that date and nobody's name: setuptools dates it today."""
    with (
        tarfile.open(path) as old,
        open(target, "wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=date) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            clean = tarfile.TarInfo(member.name)
            clean.type, clean.size = member.type, member.size
            clean.mode = 0o755 if member.isdir() else MODE
            clean.mtime = date
            new.addfile(clean, old.extractfile(member) if member.isfile() else None)


def zip_extension(target: Path, date: int) -> None:
    """Write what belongs into Inkscape's extensions folder, in a folder of its own."""
    files = {"LICENSE": ROOT / "LICENSE"}
    for name in tracked(EXTENSION):
        inside = name.removeprefix(f"{EXTENSION}/")
        if inside not in NOT_FOR_INKSCAPE:
            files[inside] = ROOT / name
    with zipfile.ZipFile(target, "w") as file:
        for inside, path in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{INKSCAPES_FOLDER}/{inside}", time.gmtime(date)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = MODE << 16
            entry.create_system = 3  # Unix, whoever builds: the mode is read only then
            file.writestr(entry, path.read_bytes())


def checksum(path: Path) -> str:
    """SHA-256 of a file, as people write it."""
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


# Checking


def check_wheel_is_whole(wheel: Path, expected: Iterable[str]) -> None:
    """Raises `Problem` when the wheel holds more or less than it is to."""
    with zipfile.ZipFile(wheel) as file:
        inside = {name for name in file.namelist() if ".dist-info/" not in name}
    missing, strange = set(expected) - inside, inside - set(expected)
    if missing or strange:
        what = f"lacks {min(missing)}" if missing else f"holds {min(strange)}, which is not ours"
        raise Problem(f"{wheel.name} {what}: see packages and package-data in pyproject.toml")


def check_installs(package: Path, folder: Path) -> None:
    """Install a wheel or an sdist into an environment of its own in that folder, and sketch from
    an empty one. Raises `Problem`.
    """
    work = folder / "empty"
    work.mkdir(parents=True)
    surroundings = {
        "cwd": work,
        "env": {**own_environment(), "CLIPASSO_HOME": str(folder / "home")},
    }
    python = install(package, folder, surroundings)
    step = f"trying {package.name}"
    place = said(step, [python, "-c", f"import {ENGINE} as it; print(it.__file__)"], **surroundings)
    if (folder / "environment").resolve() not in Path(place.strip()).resolve().parents:
        raise Problem(f"{step}: {place.strip()} is imported instead")
    clipasso = python.with_name("clipasso")
    told = said(step, [clipasso, "--version"], **surroundings).strip()
    if told != f"clipasso, version {__version__}":
        raise Problem(f"{step}: it says '{told}', not {__version__}")
    how = ["--preset", "draft", "--strokes", 3, "--steps", 2, "--guide", "lite"]
    said(step, [clipasso, "sketch", EXAMPLE, "-o", "sketch.svg", *how], **surroundings)
    drawn = (work / "sketch.svg").read_text(encoding="utf-8").count("<path ")
    if drawn != 3:
        raise Problem(f"{step}: it drew {drawn} strokes instead of 3")
    check_brings_extension(clipasso, step, surroundings)


def check_brings_extension(clipasso: Path, step: str, surroundings: dict[str, Any]) -> None:
    """Let what was installed put the extension into a folder, and start the engine as that will.
    Raises `Problem`.
    """
    folder = Path(surroundings["cwd"]) / "extensions"
    how = ["--extensions-dir", folder]
    said(step, [clipasso, "install-extension", *how], **surroundings)
    there = {path.name for path in folder.glob("clipasso/*")}
    lacking = {Path(name).name for name in tracked(f"{EXTENSION}/*.inx")} - there
    if lacking:
        raise Problem(f"{step}: its extension lacks {min(lacking)}")
    pointer = json.loads((folder / "clipasso" / "engine.json").read_text("utf-8"))
    told = said(step, [*pointer["command"], "--version"], **surroundings).strip()
    if told != f"clipasso, version {__version__}":
        raise Problem(f"{step}: its extension starts '{told}'")
    said(step, [clipasso, "install-extension", "--remove", *how], **surroundings)
    if (folder / "clipasso").exists():
        raise Problem(f"{step}: its extension can't be taken away")


def install(package: Path, folder: Path, surroundings: dict[str, Any]) -> Path:
    """Make an environment that sees the packages of this Python after its own, so that nothing has
    to be downloaded, and install the package. Returns the environment's Python.
    """
    step, environment = f"installing {package.name}", folder / "environment"
    said(step, [sys.executable, "-m", "venv", "--without-pip", environment])
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    how = ["--quiet", "--no-deps", "--no-index"]
    if package.suffix != ".whl":  # what pip does with an sdist, done where setuptools is
        wheels = ["--no-build-isolation", "--wheel-dir", folder]
        said(step, [*pip, "wheel", *how, *wheels, package], **surroundings)
        (package,) = folder.glob("*.whl")
    # before it sees other packages: this Python may have another clipasso, which is not to go
    said(step, [*pip, "--python", python, "install", *how, package], **surroundings)
    lend_packages(python)
    return python


def lend_packages(python: Path) -> None:
    """Let another environment see the packages of this Python after its own."""
    own = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    inside = said("looking for site-packages", [python, "-I", "-c", ask]).strip()
    (Path(inside) / "lent.pth").write_text("\n".join(own), encoding="utf-8")


def check_extension(package: Path, folder: Path) -> str:
    """Unzip the extension and import all of it, under inkex. Returns what was found; raises
    `Problem`.
    """
    with zipfile.ZipFile(package) as file:
        file.extractall(folder)
    there = folder / INKSCAPES_FOLDER
    with zipfile.ZipFile(package) as file:
        others = {name for name in file.namelist() if not name.startswith(f"{INKSCAPES_FOLDER}/")}
    if others:
        raise Problem(f"{package.name}: {min(others)} is not in its folder {INKSCAPES_FOLDER}")
    for name in GALLERYS:
        if not (there / name).is_file():
            raise Problem(f"{package.name}: the gallery wants {name}, not in it")
    entries = sorted(there.glob("*.inx"))
    for entry in entries:
        for command in ElementTree.parse(entry).iter(f"{NAMESPACE}command"):
            if not (there / str(command.text)).is_file():
                raise Problem(f"{package.name}: {entry.name} starts {command.text}, not in it")
    modules = []
    for path in sorted(there.rglob("*.py")):
        inside = path.relative_to(there)
        try:
            ast.parse(path.read_text("utf-8"), feature_version=OLDEST_INKSCAPES_PYTHON)
        except SyntaxError as error:
            raise Problem(f"{package.name}: {inside} needs a newer Python ({error.msg})") from None
        modules.append(".".join(inside.with_suffix("").parts).removesuffix(".__init__"))
    step = f"importing what {package.name} holds"
    said(step, [sys.executable, "-c", IMPORT_ALL, *modules], cwd=there, env=own_environment())
    return f"{len(entries)} menu entries, {len(modules)} modules import"


def own_environment() -> dict[str, str]:
    """The environment without what would show this checkout to another Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
