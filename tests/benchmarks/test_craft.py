"""What the quality benchmark counts is what it says it counts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import controls
import drawings
import judges
import numpy as np
import pytest
from craft import bootstrap, is_knot, measure, outline, paired, photo_area, trace
from numpy.typing import NDArray
from page import page
from table import finish

from clipasso_core.frame import Frame

Floats = NDArray[np.floating]


def straight(begin: tuple[float, float], end: tuple[float, float]) -> Floats:
    """A straight stroke [4, 2]."""
    return np.linspace(begin, end, 4)


def square() -> Floats:
    """A subject of 100 x 100 px in the middle of the canvas."""
    mask = np.zeros((224, 224), np.float32)
    mask[62:162, 62:162] = 1
    return mask


# radius 6 px, in one chain of two cubics
CIRCLE = np.array(
    [[106, 100], [106, 108], [94, 108], [94, 100], [94, 92], [106, 92], [106, 100.2]], dtype=float
)
# 18 px long, crosses itself
SMALL_LOOP = np.array([[100, 100], [112, 104], [95, 112], [103, 100]], dtype=float)
LARGE_LOOP = np.array([[60, 60], [160, 160], [10, 160], [110, 60]], dtype=float)


def test_a_straight_stroke_has_its_length() -> None:
    line = trace(straight((20, 20), (50, 60)))
    assert line.length == pytest.approx(50)
    assert np.allclose(line.directions, [0.6, 0.8])


def test_a_frame_around_the_subject_is_all_its_outline_and_has_no_fault() -> None:
    corners = [(62, 62), (162, 62), (162, 162), (62, 162), (62, 62)]
    found = measure([straight(a, b) for a, b in pairwise(corners)], square())
    assert found["silhouette"] == 1
    assert found["on_subject"] == 1
    assert found["nodes"] == 8
    assert (found["knots"], found["dust"], found["flawed"]) == (0, 0, 0)
    assert found["doubled"] == 0


def test_the_share_on_the_subject_counts_length_and_forgives_three_pixels() -> None:
    half = straight((112, 100), (212, 100))  # 50 px on the square, 3 px forgiven, 47 px beside it
    assert measure([half], square())["on_subject"] == pytest.approx(0.53, abs=0.02)
    assert measure([straight((162, 70), (162, 150))], square())["on_subject"] == 1
    assert measure([straight((170, 70), (170, 150))], square())["on_subject"] == 0
    leaving = measure([straight((112, 150), (112, 310))], square())["on_subject"]
    assert leaving < 0.12, "what leaves the canvas is off the subject"


def test_the_silhouette_counts_what_is_near_a_stroke() -> None:
    one_side = measure([straight((66, 62), (66, 162))], square())["silhouette"]
    assert one_side == pytest.approx(0.29, abs=0.01), "a quarter, and what is near at the corners"
    within = measure([straight((70, 70), (70, 154))], square())["silhouette"]
    assert within == 0, "8 px are not near"


def test_outline_where_the_photograph_ends_is_not_asked_for() -> None:
    # the canvas shows a photograph of 100 x 100 px, all subject, and white around it
    frame = Frame(-62, -62, 224)
    assert len(outline(square(), photo_area(frame, 100, 100))) == 0
    assert measure([], square(), photo_area(frame, 100, 100))["silhouette"] is None
    wider = outline(square(), photo_area(frame, 150, 150))  # cut off on the left and above only
    assert len(wider) == pytest.approx(200, abs=6)


def test_small_parts_are_not_asked_for_but_large_ones_are() -> None:
    mask = square()
    mask[10:16, 10:16] = 1
    assert outline(mask).min() > 20
    mask[10:50, 10:50] = 1
    assert outline(mask).min() < 20


def test_small_loops_and_curls_are_knots_and_large_ones_are_not() -> None:
    assert is_knot(SMALL_LOOP)
    assert not is_knot(LARGE_LOOP)
    assert not is_knot(CIRCLE), "a wheel of 38 px is meant"
    assert is_knot((CIRCLE - 100) * 0.45 + 100), "turned around within 20 px"
    assert not is_knot(straight((0, 0), (5, 5)))
    assert not is_knot(np.full((4, 2), 100.0))


def test_short_strokes_are_dust_and_both_faults_count_once() -> None:
    dot = (SMALL_LOOP - 100) * 0.1 + 100  # a knot that is a dot as well
    sound = straight((80, 80), (140, 80))
    dash = straight((80, 100), (83, 100))
    found = measure([sound, dash, SMALL_LOOP, dot], square())
    assert found["dust"] == 2
    assert found["knots"] == 2
    assert found["flawed"] == 0.75


def test_doubled_length_is_what_runs_along_something() -> None:
    base = straight((70, 100), (150, 100))
    assert measure([base, straight((70, 102), (150, 102))], square())["doubled"] == 1
    assert measure([base, straight((70, 103), (150, 103))], square())["doubled"] == 0, "3 px apart"
    half = measure([base, straight((110, 101), (190, 101))], square())["doubled"]
    assert half == pytest.approx(0.52, abs=0.03)
    crossing = measure([base, straight((110, 60), (110, 140))], square())["doubled"]
    assert crossing == 0, "crossing is not doubling"


def test_a_stroke_may_double_itself() -> None:
    hairpin = np.array([[70, 100], [190, 99], [190, 102], [70, 101]], dtype=float)
    assert measure([hairpin], square())["doubled"] > 0.7
    assert measure([straight((70, 100), (150, 100))], square())["doubled"] == 0


def test_no_strokes_are_no_reason_to_fail() -> None:
    found = measure([], square())
    assert found["silhouette"] == 0
    assert (found["strokes"], found["length_px"], found["doubled"]) == (0, 0, 0)


def test_the_bootstrap_knows_a_mean_and_how_sure_it_is() -> None:
    values = np.random.default_rng(1).normal(5, 2, 100)
    interval = bootstrap(values)
    assert interval is not None
    assert interval.mean == pytest.approx(values.mean())
    margin = 1.96 * values.std() / 10  # what theory says
    assert interval.low == pytest.approx(values.mean() - margin, abs=0.06)
    assert interval.high == pytest.approx(values.mean() + margin, abs=0.06)
    assert bootstrap([3.0, None, 3.0]) == bootstrap([3.0, 3.0])
    assert bootstrap([None]) is None


def test_pairing_sees_what_photographs_hide() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 10, 16)
    ours: dict[str, float | None] = {}
    theirs: dict[str, float | None] = {"else": 5.0}
    for photo, value in enumerate(values.tolist()):
        ours[str(photo)] = value
        theirs[str(photo)] = value - 0.5 - 0.1 * rng.random()
    gap = paired(ours, theirs)
    assert gap is not None
    assert gap.count == 16
    assert gap.low > 0.4
    alone = bootstrap(ours.values())
    other = bootstrap(theirs.values())
    assert alone is not None
    assert other is not None
    assert alone.low < other.high, "unpaired, the intervals overlap"


def shape(turn: int) -> Floats:
    """A canvas [224, 224, 3] with a dark bar, turned."""
    y, x = np.mgrid[:224, :224] - 112
    angle = turn * np.pi / 4
    across = x * np.sin(angle) - y * np.cos(angle)
    along = x * np.cos(angle) + y * np.sin(angle)
    dark = (np.abs(across) < 20) & (np.abs(along) < 85)
    return np.repeat(np.where(dark, 0.2, 1.0)[..., None], 3, 2)


def mask_of(canvas: Floats) -> Floats:
    """Its bar."""
    dark: NDArray[np.bool_] = canvas[..., 0] < 0.5
    return dark.astype(np.float32)


def test_a_judge_knows_edge_drawings_even_displaced_and_is_not_taken_in_by_a_blank_page() -> None:
    canvases = [shape(turn) for turn in range(4)]
    judge = judges.Judge(canvases, judges.Gradients())
    blank = judges.to_picture(np.ones((224, 224)))
    for own, canvas in enumerate(canvases):
        drawing = judges.to_picture(judges.canny(canvas, mask_of(canvas)))
        assert judge.rank(drawing, own) == 1
        assert judge.verdict(drawing, own)["margin"] > 0
        assert judge.rank(drawing, (own + 1) % 4) > 1, "another photograph's drawing"
        assert judge.rank(blank, own) == 4
    edges = judges.canny(canvases[0], mask_of(canvases[0]))
    assert judge.displaced(judges.to_picture(edges), 0) == 1
    assert judges.sound(judges.validate(judge, canvases, list(map(mask_of, canvases))))


def test_displaced_copies_differ_and_are_the_same_every_time() -> None:
    picture = judges.to_picture(shape(0))
    copies = judges.displace(picture)
    assert (copies == judges.displace(picture)).all()
    assert len({float(copy.mean()) for copy in copies}) == len(copies)
    assert float(copies[:, :, 0].min()) > 0.99, "white comes in from outside"


def test_a_traced_ring_is_one_chain_along_it() -> None:
    y, x = np.mgrid[:224, :224] + 0.5
    distance = np.hypot(x - 112, y - 112)
    thin = controls.thin(np.abs(distance - 60) < 4)
    blocks = thin[1:, 1:] & thin[1:, :-1] & thin[:-1, 1:] & thin[:-1, :-1]
    assert not blocks.any(), "one pixel wide"
    assert np.abs(distance[thin] - 60).max() < 3
    longest = max(controls.walks(thin), key=len)
    assert len(longest) > 0.8 * thin.sum()
    white_around = np.repeat((distance > 60)[..., None].astype(float), 3, 2)
    mask = (distance < 60).astype(np.float32)
    chains = controls.centreline(white_around, mask, 1)
    assert len(chains) == 1
    silhouette = measure(chains, mask)["silhouette"]
    assert silhouette is not None
    assert silhouette > 0.95


def test_random_strokes_lie_where_they_should() -> None:
    chains = controls.random_strokes(square(), 16, np.random.default_rng(0), True)
    anywhere = controls.random_strokes(square(), 16, np.random.default_rng(0), False)
    assert len(chains) == len(anywhere) == 16
    assert measure(chains, square())["on_subject"] > measure(anywhere, square())["on_subject"] + 0.3


def test_sketches_are_measured_and_the_seed_of_the_lowest_loss_is_chosen(photo: Path) -> None:
    # a folder stands for the photographs in it
    subjects = drawings.read_subjects([photo.parent], None)
    assert [subject.name for subject in subjects] == ["photo"]
    done = drawings.draw_all(subjects, drawings.Plan([4], 2, "draft", "lite", controls=False))
    made = [(one["kind"], one["strokes"], one["seed"]) for one in done["drawings"]]
    assert made == [("sketch", 4, 0), ("sketch", 4, 1)]
    assert [one["chosen"] for one in done["drawings"]].count(True) == 1
    assert min(done["drawings"], key=lambda one: one["loss"])["chosen"]
    for one in done["drawings"]:
        assert one["craft"]["strokes"] == len(one["paths"]) == 4
        assert one["craft"]["on_subject"] > 0.5
    finish(done)
    assert page(done).count('<figure class="card"') == 2


@pytest.mark.parametrize(("told_apart", "asked"), [(True, "auto"), (False, "one")])
def test_several_subjects_are_drawn_as_one_when_that_is_asked(
    photo: Path, monkeypatch: pytest.MonkeyPatch, told_apart: bool, asked: str
) -> None:
    heard: list[str] = []
    draw = drawings.sketch

    def listen(subject: Any, request: Any, guide: Any) -> Any:
        heard.append(request.subjects)
        return draw(subject, request, guide)

    monkeypatch.setattr(drawings, "sketch", listen)
    plan = drawings.Plan([4], 1, "draft", "lite", controls=False, told_apart=told_apart)
    done = drawings.draw_all(drawings.read_subjects([photo], None), plan)
    assert heard == [asked]
    finish(done)
    assert ("several subjects as one" in page(done)) != told_apart


def drawn() -> list[dict[str, Any]]:
    """Of two photographs two seeds and a control of each sort."""
    found: list[dict[str, Any]] = []
    for photo in ("cat", "d<g"):
        for seed in (0, 1):
            chain = straight((70 + seed, 100), (150, 100 + 10 * seed))
            sketch = {
                "photo": photo,
                "kind": "sketch",
                "strokes": 16,
                "seed": seed,
                "chosen": seed == 0,
                "loss": 1.0 + seed,
                "time_s": 2.0,
                "steps": 20,
                "paths": [[chain.tolist()]],
                "craft": measure([chain], square()),
            }
            found.append(sketch)
        control: dict[str, Any] = {"photo": photo, "strokes": None, "paths": []}
        found.append({**control, "kind": "blank page", "craft": measure([], square())})
        found.append({**control, "kind": "edge map", "craft": None, "png": "aGFsbG8="})
    return found


def judged_as(drawing: dict[str, Any]) -> dict[str, Any]:
    """What a judge says: it knows neither a blank page nor the cat's second sketch."""
    is_lost = drawing["photo"] == "cat" and drawing.get("seed") == 1
    rank = 2 if is_lost or drawing["kind"] == "blank page" else 1
    return {
        "rank": rank,
        "nearest": "d<g",
        "margin": 2.0 - rank,
        "displaced": 1.0,
        "alike": None,
    }


def report(judged: bool) -> dict[str, Any]:
    """A stored report, judged or not."""
    made = drawn()
    for one in made:
        one["judged"] = {"lite2": judged_as(one)} if judged else {}
    edges = {kind: {"top1": 1.0, "rank": 1.0, "displaced": 0.98} for kind in judges.EDGES}
    judge = {"key": "lite2", "name": "Lite2", "sound": True, "edges": edges}
    photo = {"label": None, "mask": "alpha", "mask_s": 0.1, "jpeg": "aGFsbG8="}
    settings = {
        "strokes": [16],
        "seeds": 2,
        "preset": "quick",
        "guide": "lite",
        "published_steps": 48,
        "published_whole": 2001,
    }
    return {
        "version": 1,
        "made": "2000-01-01",
        "settings": settings,
        "machine": {},
        "peak_mb": 1000.0,
        "photos": [{"name": name, "file": name, **photo} for name in ("cat", "d<g")],
        "survey": [{"layers": [3, 4], "edges": edges}] if judged else [],
        "judges": [judge] if judged else [],
        "drawings": made,
    }


def test_the_table_counts_seeds_within_photographs_and_pairs_controls() -> None:
    done = report(True)
    finish(done)
    rows = {row["kind"]: row for row in done["table"]}
    # a photograph whose seeds disagree counts half
    assert rows["sketch"]["cells"]["lite2"][0] == pytest.approx(0.75)
    assert rows["sketch, chosen seed"]["cells"]["lite2"][0] == 1
    assert rows["blank page"]["against"]["lite2"]["verdict"] == "beaten"
    assert rows["edge map"]["against"]["lite2"]["verdict"] == "level"
    assert rows["edge map"]["cells"]["on_subject"] is None
    aims = {aim["title"]: aim for aim in done["aims"]}
    assert not aims["recognised, 16 strokes"]["passed"]
    assert aims["on subject, 16 strokes"]["passed"]
    assert aims["controls beaten, recognised, 16 strokes"]["lost"] == ["edge map"]


@pytest.mark.parametrize("judged", [True, False])
def test_the_page_holds_every_drawing_failures_first_and_needs_nothing_else(judged: bool) -> None:
    done = report(judged)
    finish(done)
    text = page(done)
    assert text.count('<figure class="card"') == len(done["drawings"])
    assert text.count("<svg") == sum("png" not in one for one in done["drawings"])
    for one in done["drawings"]:
        for path in one["paths"]:
            (x, y) = path[0][0]
            assert f'd="M{x:.1f} {y:.1f}C' in text
    assert "d<g" not in text, "names are escaped"
    assert "http" not in text.replace("http-equiv", ""), "nothing is fetched"
    if judged:
        first, *others = text[text.index('id="sketches"') :].split("<figure")[1:]
        assert "taken for d&lt;g" in first
        assert not any("taken for" in other for other in others)
