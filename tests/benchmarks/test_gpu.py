"""The benchmark for GPUs: what it says without one, and what it brings along."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import gpu
import gpu_parts
import pytest
import torch
import wheels

from clipasso_core.raster import available

COFFEE = str(gpu.ROOT / "examples" / "coffee.jpg")


@pytest.mark.skipif(not available("fused"), reason="Triton is not installed")
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_counts_and_says_that_nothing_was_measured(tmp_path: Path) -> None:
    gpu.measure(list(gpu.PARTS), COFFEE, 480, tmp_path)
    parts = json.loads((tmp_path / "gpu.json").read_text())["parts"]
    dense, fused = parts["traffic"]["rows"]
    assert (dense["rasteriser"], fused["rasteriser"]) == ("dense", "fused")
    assert fused["the rasteriser's launches"] <= 16
    assert fused["launches of a step"] < dense["launches of a step"] - 700
    assert dense["its GB"] > 50 * fused["its GB"]
    page = (tmp_path / "gpu.md").read_text()
    for part in gpu.ON_A_GPU:
        assert f"## {part}\n\nnot measured: there is no GPU" in page


def test_a_part_that_fails_is_told_and_keeps_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_photo: str, _left_s: float) -> gpu_parts.Rows:
        raise RuntimeError("CUDA error: misaligned address")

    monkeypatch.setattr(gpu_parts, "traffic", fail)
    report = gpu.measure(["traffic", "machine"], COFFEE, 480, tmp_path)
    assert "failed: RuntimeError: CUDA error: misaligned address" in gpu.page(report)
    assert report["parts"]["machine"]["rows"]


def test_what_is_not_begun_in_time_is_told(tmp_path: Path) -> None:
    report = gpu.measure(["machine"], COFFEE, -1, tmp_path)
    assert "not measured: the time was up" in gpu.page(report)


def test_wheels_are_brought_and_installed_without_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Sequence[str]] = []
    wheels.collect(tmp_path / "wheels", "3.12", ran.append)
    assert (tmp_path / "wheels").is_dir()
    assert {"download", "--no-deps", "--python-version=3.12", "tinycss2"} <= set(ran[0])
    monkeypatch.setattr(wheels, "find_spec", lambda module: None if module == "ftfy" else module)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert wheels.bring_in(tmp_path / "wheels", ran.append) == ["ftfy"]
    assert {"install", "--no-index", "--no-deps", "ftfy"} <= set(ran[1])
    assert any(word == f"--target={sys.path[-1]}" for word in ran[1])
