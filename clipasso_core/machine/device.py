"""Where the engine computes."""

from __future__ import annotations

from clipasso_core.errors import UserError


def choose_device(name: str) -> str:
    """``cpu``, ``cuda`` or ``mps`` for a request's device.

    ``auto`` takes CUDA (ROCm included) where there is one, else the CPU; Apple's ``mps`` is taken
    only when asked for. Raises `UserError` when the device asked for is not there.
    """
    if name == "cpu":
        return name
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "no-device",
            "there is no CUDA device that torch can use: leave --device out, or run clipasso doctor"
            " to see why",
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise UserError("no-device", "there is no Apple GPU that torch can use: leave --device out")
    return name
