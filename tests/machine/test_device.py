"""Which device computes: one that torch has kernels for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from clipasso_core import UserError
from clipasso_core.cli import doctor
from clipasso_core.machine.device import choose_device, has_kernels
from clipasso_core.sketching.crowd import seeds_in_time_of_one
from clipasso_core.wording import Wording

# of torch's builds
CU126 = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]
CU130 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]
ROCM = ["gfx90a", "gfx942", "gfx1030", "gfx1100"]


@pytest.mark.parametrize(
    ("arch", "built_for", "runs"),
    [
        ("sm_61", CU126, True),  # Pascal, of the same generation as sm_60
        ("sm_61", CU130, False),
        ("sm_70", CU130, False),
        ("sm_75", CU130, True),
        ("sm_89", CU130, True),
        ("sm_90", CU130, True),
        ("sm_120", CU126, False),
        ("sm_121", CU130, True),
        ("sm_80", ["sm_86"], False),
        ("sm_80", ["compute_75"], True),  # the driver translates
        ("sm_100", ["sm_90a", "sm_90"], False),
        ("gfx1100", ROCM, True),
        ("gfx1201", ROCM, False),
    ],
)
def test_kernels_run_on_their_generation(arch: str, built_for: list[str], runs: bool) -> None:
    assert has_kernels(arch, built_for) is runs


def stand_in(monkeypatch: pytest.MonkeyPatch, major: int, minor: int) -> None:
    """A card on a machine with a newer build of torch."""
    card = SimpleNamespace(name="Old Card", major=major, minor=minor)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _number: card)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _number: card.name)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: CU130)


def test_a_card_without_kernels_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, 6, 1)
    assert choose_device("auto") == "cpu"
    with pytest.raises(UserError, match=r"no kernels for the GPU Old Card, sm_61.*clipasso doctor"):
        choose_device("cuda")


def test_the_doctor_says_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, 6, 1)
    (found,) = [one for one in doctor.examine() if one.subject == "devices"]
    assert found.state == doctor.NOTE
    assert "no kernels for the GPU Old Card, sm_61 (it has sm_75" in found.text
    assert "run install.py again" in found.advice


@pytest.mark.parametrize(
    ("clock_khz", "bits", "lite", "clip"),
    [
        (3_201_000, 6144, 7, 2),  # H200: 4.9 TB/s
        (2_619_000, 5120, 5, 1),  # H100
        (10_501_000, 384, 1, 1),  # RTX 4090: 1 TB/s
        (0, 0, 1, 1),  # a torch that doesn't tell
    ],
)
def test_a_quick_card_takes_more_seeds(
    clock_khz: int, bits: int, lite: int, clip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, 9, 0)
    card = torch.cuda.get_device_properties(0)
    card.memory_clock_rate, card.memory_bus_width = clock_khz, bits
    assert seeds_in_time_of_one("lite", 4, "cuda") == lite
    assert seeds_in_time_of_one("clip:RN101:openai", 4, "cuda") == clip
    assert seeds_in_time_of_one("lite", 4, "mps") == 1


def test_a_card_with_kernels_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, 8, 9)
    assert choose_device("auto") == choose_device("cuda") == "cuda"


def test_the_doctor_says_why_strokes_are_drawn_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, 9, 0)
    lack = Wording("Triton fails ({fault})", fault="no compiler")
    monkeypatch.setattr("clipasso_core.raster.why_not_fused", lambda: lack)
    (found,) = [one for one in doctor.examine() if one.subject == "devices"]
    assert "drawn by dense; Triton fails (no compiler)" in found.text
    assert "C compiler" in found.advice
