"""The `clipasso models` command beside a hub of its own, and the weights that this holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as as_safetensors

from clipasso_core.machine import folders

ROOT = Path(__file__).parents[2]
CLIP = "clip:RN50:openai"
REPOSITORY = "timm/resnet50_clip.openai"
FILE = f"{REPOSITORY}/open_clip_model.safetensors"
PICKLED = f"{REPOSITORY}/open_clip_pytorch_model.bin"
WEIGHTS = as_safetensors({"weights": np.arange(50_000, dtype=np.float32)})
CHUNK = 10 * 1024 * 1024  # what the hub's client writes at a time

# One process serves many commands: importing torch and open_clip takes most of a command's time and
# is left out of `time_s`.
SERVE = """
import json, os, sys, time
import huggingface_hub, open_clip
from clipasso_core.cli.main import main
print("=== ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    os.environ["CLIPASSO_HOME"] = order["home"]
    began = time.monotonic()
    status = main(order["arguments"])
    print("===", json.dumps([status, time.monotonic() - began]), flush=True)
"""


@dataclass(frozen=True)
class Answer:
    """What a command returned, printed and took."""

    status: int
    out: str
    err: str
    time_s: float

    @property
    def one_line(self) -> str:
        """The single line that a person gets for a mistake."""
        assert self.status == 2, self
        assert self.err.startswith("clipasso: "), self
        assert self.err.count("\n") == 1, self
        assert self.out == "", self
        return self.err


class Session:
    """The `clipasso` command in a process of its own, with its own hub.

    Started when first needed, and again after it was killed.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self._environment = {**clean_environment(folder), **environment}
        self._errors = folder / "stderr"
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, *arguments: str, limit_s: float = 60) -> Answer:
        if self._process is None or self._process.poll() is not None:
            with self._errors.open("ab") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", SERVE],
                    cwd=ROOT,
                    env=self._environment,
                    text=True,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                )
            self._read(self._process, 240)
        before = self._errors.stat().st_size
        assert self._process.stdin is not None
        order = {"home": str(folders.home()), "arguments": arguments}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        out, (status, time_s) = self._read(self._process, limit_s)
        return Answer(status, out, self._errors.read_bytes()[before:].decode(), time_s)

    @staticmethod
    def _read(process: subprocess.Popen[str], limit_s: float) -> tuple[str, Any]:
        assert process.stdout is not None
        watchdog = threading.Timer(limit_s, process.kill)
        watchdog.start()
        lines: list[str] = []
        for line in process.stdout:
            if line.startswith("==="):
                watchdog.cancel()
                return "".join(lines), json.loads(line[3:]) if "[" in line else None
            lines.append(line)
        watchdog.cancel()
        raise AssertionError(f"no status, or none within {limit_s} s: {lines}")

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def clean_environment(folder: Path) -> dict[str, str]:
    """The environment without anything that steers downloads, and with a home of its own."""
    foreign = ("HF_", "HUGGING", "PIP_", "XDG_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(foreign) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "HOME": str(folder), "USERPROFILE": str(folder), "OMP_NUM_THREADS": "1"}


def kept() -> list[Path]:
    """The files in the models folder that hold weights or parts of them."""
    return [
        path
        for path in folders.models().rglob("*")
        if path.is_file() and path.stat().st_size >= 10_000
    ]
