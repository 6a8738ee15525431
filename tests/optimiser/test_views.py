"""Sketch and photograph are seen through the same random perspectives."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from clipasso_core.guide import Guide
from clipasso_core.guide.losses import loss_terms, total
from clipasso_core.optimiser.views import KEPT, ViewPool

CPU = torch.device("cpu")


def pool(
    rounds: int = 3,
    views: int = 4,
    seed: int = 0,
    distortion: float = 0.5,
    crop: float = 0.8,
    side: int = 224,
) -> ViewPool:
    return ViewPool(rounds, views, distortion, crop, side, seed, CPU)


def test_the_first_view_is_the_picture_itself() -> None:
    pictures = torch.rand(2, 3, 224, 224)
    seen = pool().look(pictures, 1)
    assert seen.shape == (8, 3, 224, 224)
    assert torch.equal(seen[0], pictures[0])
    assert torch.equal(seen[4], pictures[1])


def test_what_lies_outside_is_white() -> None:
    dark = torch.zeros(1, 3, 224, 224)
    seen = pool(rounds=8, distortion=0.5, crop=1.0).look(dark, 0)[1:]
    assert seen.max() == 1
    assert ((seen == 0) | (seen == 1)).double().mean() > 0.95, (
        "nothing but the picture and white, save the antialiased rim"
    )


def test_views_differ_within_a_set_and_between_sets_and_come_again() -> None:
    picture = torch.rand(1, 3, 224, 224)
    views = pool()
    first, second, again = views.look(picture, 0), views.look(picture, 1), views.look(picture, 3)
    assert torch.equal(first, again)
    assert not torch.equal(first[1:], second[1:])
    assert not torch.equal(first[1], first[2])
    assert torch.equal(first, pool(seed=0).look(picture, 0))
    assert not torch.equal(first[1:], pool(seed=1).look(picture, 0)[1:])


def test_of_many_sets_few_are_kept_and_all_come_again() -> None:
    views = pool(rounds=3 * KEPT, views=2, side=32)
    before = [views.grid(turn, 1) for turn in range(len(views))]
    held = [value for value in vars(views).values() if isinstance(value, dict)]
    assert [len(one) for one in held] == [KEPT]
    for turn, grid in enumerate(before):
        assert torch.equal(views.grid(turn, 1), grid)
        assert torch.equal(views.grid(turn + len(views), 1), grid)


def test_a_view_keeps_its_share_of_the_picture() -> None:
    ramp = torch.linspace(0, 1, 224).expand(1, 3, 224, 224).contiguous()
    seen = pool(distortion=0.0, crop=0.64).look(ramp, 0)[1:]
    spans = (seen[:, 0, 100, -1] - seen[:, 0, 100, 0]).tolist()
    assert all(abs(span - 0.8) < 0.02 for span in spans)


def test_one_view_is_the_plain_one_at_the_guides_size() -> None:
    picture = torch.rand(1, 3, 224, 224)
    assert torch.allclose(
        pool(views=1, side=288).look(picture, 0),
        F.interpolate(picture, size=(288, 288), mode="bilinear"),
    )


def test_gradients_pass_through_the_views() -> None:
    picture = torch.rand(1, 3, 224, 224, requires_grad=True)
    pool().look(picture, 0)[1:].sum().backward()
    assert picture.grad is not None
    assert picture.grad.sum() > 0


def test_loss_terms_are_named_and_unreduced(lite: Guide) -> None:
    pictures, blank = torch.rand(3, 3, 224, 224), torch.ones(1, 3, 224, 224)
    seen, wanted, page = (lite.features(x).detach() for x in (pictures, pictures.flip(-1), blank))
    terms = loss_terms(seen, wanted, page, lite.recipe)
    assert list(terms) == ["block5", "block8", "block11", "embedding"]
    assert all(value.shape == (3,) for value in terms.values())
    same = loss_terms(seen, seen, page, lite.recipe)
    assert all(value.abs().max() < 1e-5 for value in same.values())
    assert torch.allclose(
        total(terms, lite.recipe),
        terms["block5"] + terms["block8"] + terms["block11"] + 0.5 * terms["embedding"],
    )
    worded = loss_terms(seen, wanted, page, lite.recipe, words=wanted.embedding[:1])
    assert worded["text"][0] == 1 - torch.cosine_similarity(
        seen.embedding[0], wanted.embedding[0], dim=0
    )
