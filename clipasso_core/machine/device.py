"""Where the engine computes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clipasso_core.errors import UserError
from clipasso_core.wording import Wording


def choose_device(name: str) -> str:
    """``cpu``, ``cuda`` or ``mps`` for a request's device.

    ``auto`` takes CUDA (ROCm included) where there is one that this torch has kernels for, else the
    CPU; Apple's ``mps`` is taken only when asked for. Raises `UserError` when the device asked for
    is not there.
    """
    if name == "cpu":
        return name
    import torch

    if name == "auto":
        return "cuda" if why_not_cuda() is None else "cpu"
    if name == "cuda":
        _require_cuda()
    if name == "mps" and not torch.backends.mps.is_available():
        raise UserError("no-device", "there is no Apple GPU that torch can use: leave --device out")
    return name


def _require_cuda() -> None:
    lack = why_not_cuda()
    if lack is None:
        return
    if not lack.values:
        raise UserError(
            "no-device",
            "there is no CUDA device that torch can use: leave --device out, or run clipasso doctor"
            " to see what to do",
        )
    raise UserError(
        "no-device",
        "this build of torch has no kernels for the GPU {gpu}, {arch} (it has {known}): leave"
        " --device out, or run clipasso doctor to see what to do",
        gpu=lack.values["gpu"],
        arch=lack.values["arch"],
        known=lack.values["known"],
    )


def why_not_cuda() -> Wording | None:
    """Why there is no computing on CUDA, a clause; None where there is."""
    import torch

    if not torch.cuda.is_available():
        return Wording("there is no CUDA device that torch can use")
    card = torch.cuda.get_device_properties(0)
    built_for = torch.cuda.get_arch_list()
    arch = getattr(card, "gcnArchName", "") if torch.version.hip else f"sm_{card.major}{card.minor}"
    if has_kernels(arch.partition(":")[0], built_for):
        return None
    return Wording(
        "this build of torch has no kernels for the GPU {gpu}, {arch} (it has {known})",
        gpu=card.name,
        arch=arch,
        known=", ".join(built_for),
    )


def bytes_per_s(device: str) -> float:
    """What a GPU's memory moves at most; 0 where torch doesn't tell."""
    if device != "cuda":
        return 0.0
    import torch

    card = torch.cuda.get_device_properties(0)
    clock_khz = getattr(card, "memory_clock_rate", 0)  # twice a cycle
    return clock_khz * 1e3 * 2 * getattr(card, "memory_bus_width", 0) / 8


def has_kernels(arch: str, built_for: Sequence[str]) -> bool:
    """Whether a build runs on a card.

    arch: the card's, such as ``sm_86`` or ``gfx1100``. built_for: the same of the kernels, and
    ``compute_90`` for code that the driver translates for newer cards. Kernels of NVIDIA's run on
    cards of the same generation, newer ones included.
    """
    if arch in built_for:
        return True
    card = re.fullmatch(r"sm_(\d+)(\d)", arch)
    if card is None:
        return False
    major, minor = int(card[1]), int(card[2])
    for kind, *number in re.findall(r"\b(sm|compute)_(\d+)(\d)\b", " ".join(built_for)):
        at = int(number[0]), int(number[1])
        if at <= (major, minor) and (kind == "compute" or at[0] == major):
            return True
    return False
