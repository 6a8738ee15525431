"""What the installer's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.installer import FakeMachine, copy_checkout


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """A stand-in machine with a copy of the checkout, which a test may change."""
    return FakeMachine(copy_checkout(tmp_path / "checkout"), tmp_path)
