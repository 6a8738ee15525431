"""Small networks that look at a photograph, read by OpenCV: no other runtime is needed for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


class Network:
    """An ONNX file, ready to look. Raises ValueError when the file holds no network."""

    def __init__(self, path: Path) -> None:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        try:
            with _silence():
                self._net = cv2.dnn.readNetFromONNX(data)
                self._outputs = self._net.getUnconnectedOutLayersNames()
        except cv2.error:
            raise ValueError(f"{path} holds no network") from None
        if not self._outputs:
            raise ValueError(f"{path} holds no network")

    def first_output(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """What its first output says of a batch [B, C, H, W]."""
        self._net.setInput(batch)
        return np.asarray(self._net.forward(self._outputs[0]), np.float32)


@contextmanager
def _silence() -> Iterator[None]:
    """OpenCV prints what it does not like about a file on stderr, whoever reads that."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)
