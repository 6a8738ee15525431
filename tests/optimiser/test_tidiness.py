"""Untidy strokes cost something, tidy ones nothing, and the gradient leads from the one to the
other.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from clipasso_core.optimiser.tidiness import trespass, untidiness, untidy_terms
from clipasso_core.photo.framing import fade_where_cut


def line(x0: float, y0: float, x1: float, y1: float) -> torch.Tensor:
    t = torch.linspace(0, 1, 4)[:, None]
    return torch.tensor([x0, y0]) * (1 - t) + torch.tensor([x1, y1]) * t


def terms(*strokes: torch.Tensor) -> dict[str, float]:
    return {name: float(value) for name, value in untidy_terms(torch.stack(strokes)[None]).items()}


def arc(radius: float) -> torch.Tensor:
    """Half a circle, nearly."""
    k = 4 / 3 * radius
    return torch.tensor(
        [[100.0, 100], [100, 100 + k], [100 + 2 * radius, 100 + k], [100 + 2 * radius, 100]]
    )


def test_lines_apart_and_lines_that_cross_are_tidy() -> None:
    apart = terms(line(20, 20, 120, 20), line(20, 40, 120, 40))
    crossing = terms(line(20, 70, 120, 70), line(70, 20, 70, 120))
    meeting = terms(line(20, 20, 70, 20), line(70, 20, 120, 20))
    assert max(apart.values()) < 1e-3
    assert crossing["doubled"] < 0.02
    assert meeting["doubled"] < 0.02


@pytest.mark.parametrize("gap", [0.0, 1.0, 2.0])
def test_a_line_drawn_twice_is_doubled(gap: float) -> None:
    assert terms(line(20, 20, 120, 20), line(20, 20 + gap, 120, 20 + gap))["doubled"] > 0.25
    there_and_back = torch.tensor([[20.0, 20], [150, 20], [150, 20 + gap], [20, 20 + gap]])
    assert terms(there_and_back)["doubled"] > 0.1


def test_a_line_drawn_three_times_is_no_worse_than_all_of_it_doubled() -> None:
    assert terms(*[line(20, 20, 120, 20)] * 3)["doubled"] <= 1


def test_bends_are_no_kinks_until_they_are_tight() -> None:
    assert terms(arc(30))["kinks"] == pytest.approx(0, abs=1e-3)
    assert terms(arc(2))["kinks"] > 1
    there = torch.tensor([[20.0, 20], [120, 20], [120, 21], [20, 60]])
    assert terms(there)["kinks"] > 0.5, "a spike"


def test_short_strokes_are_dust() -> None:
    assert terms(line(20, 20, 22, 20))["dust"] == pytest.approx(0.8, abs=0.02)
    assert terms(line(20, 20, 40, 20))["dust"] == 0


def test_what_leaves_the_canvas_is_astray() -> None:
    assert terms(line(100, 0, 100, -40))["astray"] == pytest.approx(20, abs=1), "20 px in the mean"
    assert terms(line(100, 0, 100, 224))["astray"] == 0


@pytest.mark.parametrize("name", ["doubled", "kinks", "dust", "astray"])
def test_the_gradient_mends(name: str) -> None:
    start = {
        "doubled": torch.stack([line(20, 20, 120, 20), line(20, 21.5, 120, 22)]),
        "kinks": arc(2)[None],
        "dust": line(20, 20, 22, 20)[None],
        "astray": line(200, 20, 240, 30)[None],
    }[name][None].requires_grad_(True)
    before = untidy_terms(start)[name]
    (gradient,) = torch.autograd.grad(before.sum(), start)
    assert torch.isfinite(gradient).all()
    assert untidy_terms(start - 0.5 * gradient / gradient.abs().max())[name] < before


def test_padded_chains_and_points_are_no_trouble() -> None:
    chain = torch.cat([line(20, 20, 80, 20), torch.full((3, 2), 0.0) + torch.tensor([80.0, 20])])
    points = torch.stack([chain, torch.full_like(chain, 50.0)])[None].requires_grad_(True)
    cost = untidiness(points)
    cost.sum().backward()
    assert points.grad is not None
    assert torch.isfinite(points.grad).all()
    assert float(points.grad.abs().max()) < 10


def test_many_strokes_are_looked_at_more_coarsely_with_the_same_result() -> None:
    few = torch.stack([line(20, 20 + 3 * i, 120, 20 + 3 * i) for i in range(20)])
    many = torch.cat([few] + [few + 500 * (1 + i) for i in range(3)])
    assert float(untidy_terms(many[None])["doubled"]) == pytest.approx(
        float(untidy_terms(few[None])["doubled"]), rel=0.1
    )


def test_a_mask_fades_where_the_picture_cuts_the_subject_off() -> None:
    mask = np.zeros((100, 120), np.float32)
    mask[40:, 30:90] = 1
    faded = fade_where_cut(mask, 20)
    assert np.array_equal(faded[:80], mask[:80])
    column = faded[:, 60]
    assert (np.diff(column[80:]) < 0).all()
    assert column[-1] < 0.01
    whole = np.zeros((100, 120), np.float32)
    whole[10:90, 10:90] = 1
    assert np.array_equal(fade_where_cut(whole, 20), whole)
    assert math.isclose(float(fade_where_cut(np.ones((50, 50), np.float32), 10)[25, 25]), 1)


def test_a_drawing_of_long_paths_costs_no_more_than_a_sketch() -> None:
    paths = torch.rand(1, 100, 3 * 60 + 1, 2, generator=torch.Generator().manual_seed(0)) * 200
    assert untidy_terms(paths)["doubled"].item() == 0, "too many pairs to look at"
    assert torch.isfinite(untidiness(paths)).all()


def test_trespass_is_the_share_of_length_on_a_ground() -> None:
    ground = torch.zeros(1, 1, 224, 224)
    ground[..., 112:] = 1  # the right half
    across = torch.tensor([[[[12.0, 50.0], [78.0, 50.0], [146.0, 50.0], [212.0, 50.0]]]])
    assert float(trespass(across, ground)) == pytest.approx(0.5, abs=0.03)
    left = across * torch.tensor([0.4, 1.0])
    assert float(trespass(left, ground)) == 0
    assert float(trespass(torch.cat([across, left], 1), ground)) == pytest.approx(
        0.5 / 1.4, abs=0.03
    )
    # what lies on its border is led off it
    soft = torch.sigmoid((torch.arange(224.0) - 112) / 8).expand(1, 1, 224, 224)
    there = (left + torch.tensor([80.0, 0.0])).requires_grad_(True)
    trespass(there, soft).sum().backward()
    assert there.grad is not None
    assert float(there.grad[..., 0].sum()) > 0, "a step against it goes to the left"
