"""The choice of torch's build, which depends on the machine's GPU."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass

from installer.machine import Machine
from installer.options import Options
from installer.problem import Problem

INDEX = "https://download.pytorch.org/whl/"
# folders of that index
BUILDS = {"cpu": "cpu", "cuda": "cu126", "rocm": "rocm6.4"}
# CUDA's builds, the newest first: folder of that index, the first driver that runs it, and the
# cards that it has kernels for, by compute capability: from Turing on, without Blackwell, and so on
CUDA_BUILDS = (
    ("cu130", 580, (7, 5), (99, 0)),
    ("cu128", 570, (7, 5), (12, 99)),
    ("cu126", 525, (5, 0), (9, 99)),
)
# of all packages together; docs/install.md lists them
DOWNLOAD_GB = {"cpu": 0.4, "cuda": 3.0, "rocm": 4.5, "default": 3.0, "slim": 0.8, "existing": 0.3}
NEEDED_GB = {"cpu": 2.5, "cuda": 8.0, "rocm": 15.0, "default": 8.0, "slim": 4.0, "existing": 1.0}


@dataclass(frozen=True)
class TorchChoice:
    """Which torch. index: has that build, None for pip's own. why: for the person."""

    kind: str
    index: str | None
    why: str

    @property
    def download_gb(self) -> float:
        """How much is downloaded at most, the engine's other packages included."""
        return DOWNLOAD_GB[self.kind]

    @property
    def needed_gb(self) -> float:
        """How much room on the disk it takes to install."""
        return NEEDED_GB[self.kind]


def choose_torch(machine: Machine, options: Options) -> TorchChoice:
    """The build that fits the machine, or the one that was asked for. Raises `Problem`."""
    if options.torch == "existing":
        _check_existing(machine)
        return TorchChoice("existing", None, "the one of this Python")
    card = nvidia_card(machine)
    has_rocm = machine.exists("/opt/rocm") or machine.which("rocminfo") is not None
    kind = options.torch
    if kind == "auto":
        kind = _fitting_kind(card, has_rocm and machine.system == "linux")
    why = "for the CPU, as asked" if options.torch == "cpu" else _reason(kind, card, has_rocm)
    if options.offline is not None:
        return TorchChoice(kind, None, f"from {options.offline}")
    if machine.system == "darwin":
        apple = "Apple's GPU works with --device mps"
        return TorchChoice("cpu", None, apple if platform.machine() == "arm64" else why)
    build = card.build if kind == "cuda" and card is not None else None
    index = INDEX + (build or BUILDS[kind])
    if not machine.reaches(index + "/torch/"):
        return choose_default(machine, kind, f"{why}, but {index} does not answer")
    return TorchChoice(kind, index, why)


def choose_default(machine: Machine, kind: str, why: str) -> TorchChoice:
    """pip's own build, where the one of that kind can't be had. On Linux it is one for a GPU."""
    if kind == "cpu" and machine.system == "linux":
        return TorchChoice("slim", None, f"{why}: the default build without its GPU libraries")
    return TorchChoice("default", None, f"{why}: the default build")


def has_nvidia_gpu(machine: Machine) -> bool:
    """Whether there is one that torch can use."""
    card = nvidia_card(machine)
    return card is not None and card.build is not None


@dataclass(frozen=True)
class Card:
    """An NVIDIA GPU. driver: its major version. capability: what kernels it runs; None if the
    driver is too old to tell.
    """

    driver: int
    capability: tuple[int, int] | None = None

    @property
    def build(self) -> str | None:
        """The newest build of torch that the driver runs and that has kernels for the card."""
        for build, driver, first, last in CUDA_BUILDS:
            if self.driver >= driver and first <= (self.capability or first) <= last:
                return build
        return None

    @property
    def needed_driver(self) -> int | None:
        """The first driver with which there would be a build; None if there is none with any."""
        drivers = [driver for _, driver, *_ in CUDA_BUILDS if Card(driver, self.capability).build]
        return min(drivers, default=None)

    def __str__(self) -> str:
        named = f"NVIDIA driver {self.driver}"
        if self.capability is None:
            return named
        return f"{named}, compute capability {self.capability[0]}.{self.capability[1]}"


def nvidia_card(machine: Machine) -> Card | None:
    """The card of the highest compute capability, with the driver; None without a driver."""
    said = _told_by_driver(machine, "driver_version,compute_cap")
    # drivers before 470 know no compute capability
    said = said or _told_by_driver(machine, "driver_version")
    found = re.findall(r"^\s*(\d+)[\d.]*(?:\s*,\s*(\d+)\.(\d+))?", said, re.MULTILINE)
    cards = [
        Card(int(driver), (int(major), int(minor)) if major else None)
        for driver, major, minor in found
    ]
    return max(cards, key=lambda card: card.capability or (0, 0), default=None)


def _told_by_driver(machine: Machine, fields: str) -> str:
    return machine.ask(["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]) or ""


def _check_existing(machine: Machine) -> None:
    # without the working folder, which may hold a torch.py; not with -I, which hides the packages
    # that a person installed for themselves
    code = (
        "import sys; sys.path = [place for place in sys.path if place]; import torch, torchvision;"
        " assert tuple(int(part) for part in torch.__version__.split('.')[:2]) >= (2, 6)"
    )
    if machine.ask([sys.executable, "-c", code]) is None:
        raise Problem(
            "this Python has no torch 2.6 or newer with a torchvision that fits: leave --torch"
            " existing out"
        )


def _fitting_kind(card: Card | None, has_rocm: bool) -> str:
    if card is not None and card.build:
        return "cuda"
    return "rocm" if has_rocm else "cpu"


def _reason(kind: str, card: Card | None, has_rocm: bool) -> str:
    if kind == "cuda":
        return str(card) if card else "CUDA as asked, though no NVIDIA driver was found"
    if kind == "rocm":
        return "ROCm" if has_rocm else "ROCm as asked, though none was found"
    if card is None:
        return "no GPU that torch can use"
    needed = card.needed_driver
    if needed is None:
        return f"{card}: no build of torch has kernels for this GPU any more"
    return f"{card}: too old a driver for this GPU, get {needed} or newer and run install.py again"
