"""The fused rasteriser's kernels, which are meant for GPUs: on a processor Triton's interpreter
runs them, and its compiler builds them for cards that are not there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from support import interpreted
from support.reference import slow_render
from support.strokes import cosine, gradients, smooth_weights, some_strokes

from clipasso_core import raster
from clipasso_core.raster import StrokeBatch, available, why_not_fused

# in CI they run: a set-up that leaves Triton out would else go unnoticed
pytestmark = pytest.mark.skipif(
    not available("fused") and not os.environ.get("CLIPASSO_CI"), reason="Triton is not installed"
)
SIZE = (40, 36)  # no whole number of tiles in either direction
Results = dict[str, dict[str, Any]]


def chains(*points: list[list[float]]) -> StrokeBatch:
    """Black strokes of one cubic each, 3 px wide."""
    whole = torch.tensor(points, dtype=torch.float64)[None]
    one = torch.ones(1, len(points), dtype=torch.float64)
    return StrokeBatch(whole, 3 * one, torch.zeros(1, len(points), 3).double(), one)


def padded(strokes: StrokeBatch) -> StrokeBatch:
    """The same, each chain a cubic longer, which repeats its last point."""
    end = strokes.points[:, :, -1:].expand(-1, -1, 3, -1)
    points = torch.cat([strokes.points, end], 2)
    return StrokeBatch(points, strokes.width, strokes.color, strokes.opacity)


CUSPS = (
    chains([[21.62, 29.12], [12.28, 5.0], [1.34, 18.63], [20.94, 19.74]]),
    chains([[13.74, 4.17], [1.73, 23.24], [38.16, 24.05], [13.45, 1.21]]),
    chains([[0.71, 3.5], [11.07, 28.77], [0.35, 28.81], [11.07, 3.79]]),
    chains(
        [[6.0, 34], [34, 4], [6, 4], [34, 34]],  # comes to a halt and turns back
        [[3.0, 20], [40, 21], [-4, 22], [32, 20]],  # turns back twice
        [[8.0, 8], [30, 8.2], [30, 8.4], [9, 8.6]],  # a hairpin
    ),
)
CASES = {
    "thick and thin": some_strokes(0, batch=2, count=3),
    "chains": some_strokes(1, count=2, cubics=3),
    "padded chains": padded(some_strokes(1, count=2, cubics=3)),
    "one stroke": some_strokes(5, count=1),
    **{f"cusps {one}": strokes for one, strokes in enumerate(CUSPS)},
    "farther than one can see": chains(
        [[-1e4, -1e4]] * 4, [[30.0, 28], [-400, 900], [500, -800], [31, 28]]
    ),
}
# nothing tells which of its points pulls at a pixel
POINT = chains([[5.0, 5]] * 4)
NOWHERE = chains([[-1e4, -1e4]] * 4)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What the interpreter draws of every case."""
    folder = tmp_path_factory.mktemp("interpreted")
    weights = smooth_weights(SIZE)
    more = {"again": CASES["cusps 3"], "a point": POINT, "nowhere": NOWHERE}
    cases = {name: (vars(strokes), weights) for name, strokes in {**CASES, **more}.items()}
    torch.save(cases, folder / "cases.pt")
    files = [str(folder / name) for name in ("cases.pt", "results.pt")]
    subprocess.run(
        [sys.executable, interpreted.__file__, *files],
        check=True,
        env={
            **os.environ,
            "TRITON_INTERPRET": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )
    found: Results = torch.load(folder / "results.pt")
    return found


@pytest.fixture(autouse=True)
def fine_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a stroke that runs for thousands of pixels, 400 samples miss what the kernels find."""
    monkeypatch.setattr("support.reference.SAMPLES", 4000)


@pytest.mark.parametrize("name", CASES)
def test_the_image_is_the_reference_image(name: str, results: Results) -> None:
    reference = slow_render(CASES[name], SIZE)
    assert reference.min() < 0.7, "there is something to see"
    image = results[name]["image"]
    assert image.dtype == reference.dtype
    assert (image - reference).abs().max() < 1 / 255


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_reference_gradients(name: str, results: Results) -> None:
    reference = gradients(slow_render, CASES[name], smooth_weights(SIZE))
    for kind, value in results[name]["gradients"].items():
        assert cosine(value, reference[kind]) > 0.9999, kind
        assert value.norm() / reference[kind].norm() == pytest.approx(1, abs=1e-3), kind


def test_a_point_is_a_dot_and_pulls_as_a_whole(results: Results) -> None:
    assert (results["a point"]["image"] - slow_render(POINT, SIZE)).abs().max() < 1 / 255
    reference = gradients(slow_render, POINT, smooth_weights(SIZE))["points"].sum(2)
    assert torch.allclose(results["a point"]["gradients"]["points"].sum(2), reference, atol=1e-3)


def test_what_is_out_of_sight_leaves_white_and_pulls_nowhere(results: Results) -> None:
    found = results["nowhere"]
    assert (found["image"] == 1).all()
    assert not any(value.any() for value in found["gradients"].values())


def test_the_same_strokes_give_the_same_bits(results: Results) -> None:
    first, second = results["cusps 3"], results["again"]
    assert torch.equal(first["image"], second["image"])
    for kind, value in first["gradients"].items():
        assert torch.equal(value, second["gradients"][kind]), kind


@pytest.mark.parametrize(("rasteriser", "cusp"), [("dense", 0), ("dense", 1), ("sparse", 2)])
def test_these_cusps_are_hard(rasteriser: str, cusp: int) -> None:
    """What the others draw there would not pass."""
    error = raster.render(CUSPS[cusp], SIZE, rasteriser) - slow_render(CUSPS[cusp], SIZE)
    assert error.abs().max() > 0.9 / 255


COMMON = dict.fromkeys(("points", "half", "color", "opacity", "parameter", "above"), "*fp32")
COUNTS = dict.fromkeys(("strokes", "cubics", "height", "width", "across"), "i32")
FORWARD = {**COMMON, "image": "*fp32", "touched": "*i8", **COUNTS}
BACKWARD = {**COMMON, "grad": "*fp32", "touched": "*i8", "shares": "*fp32", **COUNTS}


@pytest.mark.parametrize(
    ("backend", "arch", "warp", "code"),
    [
        ("cuda", 75, 32, "cubin"),  # Turing
        ("cuda", 90, 32, "cubin"),  # Hopper
        ("cuda", 120, 32, "cubin"),  # Blackwell
        ("hip", "gfx1100", 32, "hsaco"),
    ],
)
@pytest.mark.parametrize("name", ["forward", "backward"])
def test_the_kernels_are_built_for_cards_that_are_not_there(
    name: str, backend: str, arch: Any, warp: int, code: str, monkeypatch: Any, tmp_path: Path
) -> None:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from clipasso_core.raster import kernels

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernel = getattr(kernels, name)
    kinds = FORWARD if name == "forward" else {**BACKWARD, "with_style": "constexpr"}
    signature = {argument: kinds[argument] for argument in kernel.arg_names}
    constants = {(len(signature) - 1,): True} if name == "backward" else {}
    built = triton.compile(
        ASTSource(kernel, signature, constexprs=constants),
        target=GPUTarget(backend, arch, warp),
        options={"num_warps": kernels.WARPS},
    )
    assert len(built.asm[code]) > 1000


def test_a_machine_where_triton_fails_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("Failed to find C compiler\nand more")

    monkeypatch.setattr("clipasso_core.raster.fused.try_out", fail)
    why_not_fused.cache_clear()
    try:
        assert str(why_not_fused()) == "Triton fails (RuntimeError: Failed to find C compiler)"
    finally:
        why_not_fused.cache_clear()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("name", CASES)
def test_a_gpu_draws_what_the_interpreter_draws(name: str, results: Results) -> None:
    strokes = StrokeBatch(**{kind: value.cuda() for kind, value in vars(CASES[name]).items()})
    found = interpreted.drawn(vars(strokes), smooth_weights(SIZE).cuda())
    assert (found["image"].cpu() - results[name]["image"]).abs().max() < 1e-3
    for kind, value in results[name]["gradients"].items():
        assert torch.allclose(found["gradients"][kind].cpu(), value, rtol=1e-2, atol=1e-2), kind
