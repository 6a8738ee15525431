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
BUILDS = {"cpu": "cpu", "cuda": "cu126", "cuda-new": "cu130", "rocm": "rocm6.4"}
# the first drivers that run CUDA 13 and CUDA 12
NEW_CUDA_DRIVER = 580
OLD_CUDA_DRIVER = 525
# of all packages together; docs/install.md lists them
DOWNLOAD_GB = {"cpu": 0.4, "cuda": 3.0, "rocm": 4.5, "default": 3.0, "slim": 0.9, "existing": 0.3}
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
    driver = nvidia_driver(machine)
    has_rocm = machine.exists("/opt/rocm") or machine.which("rocminfo") is not None
    kind = options.torch
    if kind == "auto":
        kind = _fitting_kind(driver, has_rocm and machine.system == "linux")
    why = "for the CPU, as asked" if options.torch == "cpu" else _reason(kind, driver, has_rocm)
    if options.offline is not None:
        return TorchChoice(kind, None, f"from {options.offline}")
    if machine.system == "darwin":
        apple = "Apple's GPU works with --device mps"
        return TorchChoice("cpu", None, apple if platform.machine() == "arm64" else why)
    build = "cuda-new" if kind == "cuda" and driver >= NEW_CUDA_DRIVER else kind
    index = INDEX + BUILDS[build]
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
    return nvidia_driver(machine) >= OLD_CUDA_DRIVER


def nvidia_driver(machine: Machine) -> int:
    """The driver's major version; 0 without one."""
    said = machine.ask(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]) or ""
    number = re.match(r"\s*(\d+)", said)
    return int(number.group(1)) if number else 0


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


def _fitting_kind(driver: int, has_rocm: bool) -> str:
    if driver >= OLD_CUDA_DRIVER:
        return "cuda"
    return "rocm" if has_rocm else "cpu"


def _reason(kind: str, driver: int, has_rocm: bool) -> str:
    if kind == "cuda":
        if driver:
            return f"NVIDIA driver {driver}"
        return "CUDA as asked, though no NVIDIA driver was found"
    if kind == "rocm":
        return "ROCm" if has_rocm else "ROCm as asked, though none was found"
    if 0 < driver < OLD_CUDA_DRIVER:
        return "an NVIDIA driver that is too old for CUDA 12"
    return "no GPU that torch can use"
