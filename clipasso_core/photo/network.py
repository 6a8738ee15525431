"""Small networks that look at a photograph, read by OpenCV: no other runtime is needed for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


class Network:
    """An ONNX or TFLite file, ready to look. Raises ValueError when the file holds no network."""

    def __init__(self, path: Path) -> None:
        try:
            with _silence():
                self._net = _read(path)
                self._outputs = self._net.getUnconnectedOutLayersNames()
        except cv2.error:
            raise ValueError(f"{path} holds no network") from None
        if not self._outputs:
            raise ValueError(f"{path} holds no network")

    def first_output(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """What its first output says of a batch [B, C, H, W]."""
        self._net.setInput(batch)
        return np.asarray(self._net.forward(self._outputs[0]), np.float32)

    def outputs(
        self, batch: NDArray[np.float32], names: Sequence[str]
    ) -> tuple[NDArray[np.float32], ...]:
        """What the outputs of those names say of a batch [B, C, H, W]."""
        self._net.setInput(batch)
        said = self._net.forward(list(names))
        return tuple(np.asarray(one, np.float32) for one in said)


def _read(path: Path) -> cv2.dnn.Net:
    if path.suffix != ".tflite":
        return cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))
    # The engine that OpenCV 5 takes by itself hides all outputs of a TFLite network but one, and of
    # bytes in memory it takes no other. OpenCV 4 has the classic one only, and no name for it.
    classic = getattr(cv2.dnn, "ENGINE_CLASSIC", None)
    if classic is None:
        return cv2.dnn.readNetFromTFLite(str(path))
    return cv2.dnn.readNetFromTFLite(str(path), classic)


@contextmanager
def _silence() -> Iterator[None]:
    """OpenCV prints what it does not like about a file on stderr, whoever reads that."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)
