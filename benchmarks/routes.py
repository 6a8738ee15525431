"""How long `clipasso order` takes, and how far the pen goes without drawing, by number of strokes.

    python benchmarks/routes.py [COUNT...]

Prints a table: the whole command in seconds of the processor, and travel with the pen up in sides
of the page, as drawn and as ordered. Scattered strokes are cubics some 2 % of the page long, in no
order; a hatching is lines across the page, drawn by an unsteady hand and shuffled.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import checkout  # noqa: F401
import numpy as np

from clipasso_core.document.drawing import Drawing, read_drawing
from clipasso_core.document.path_data import path_text

PAGE = 1000.0
ROOT = Path(__file__).resolve().parent.parent


def scattered(count: int) -> np.ndarray:
    """Cubics [count, 4, 2]."""
    rng = np.random.default_rng(0)
    return PAGE * (rng.random((count, 1, 2)) + np.cumsum(rng.normal(0, 0.008, (count, 4, 2)), 1))


def hatching(count: int) -> np.ndarray:
    """Cubics [count, 4, 2]."""
    rng = np.random.default_rng(0)
    ends = np.zeros((count, 2, 2))
    ends[:, 1, 0] = 1
    ends[:, :, 1] = (rng.permutation(count) / count)[:, None]
    ends += rng.normal(0, 0.05 / count, ends.shape)
    share = np.linspace(0, 1, 4)[None, :, None]
    return PAGE * (ends[:, :1] * (1 - share) + ends[:, 1:] * share)


def write(chains: np.ndarray, path: Path) -> None:
    """A sketch of these cubics, as the engine writes one."""
    style = "fill:none;stroke:#000000;stroke-width:2.0;stroke-linecap:round;stroke-linejoin:round"
    paths = "".join(
        f'<path id="stroke-{number}" d="{path_text(chain)}" style="{style}"/>'
        for number, chain in enumerate(chains, 1)
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:clipasso="https://clipasso.org/ns"'
        f' viewBox="0 0 {PAGE:g} {PAGE:g}"><g id="sketch" clipasso:sketch="1">{paths}</g></svg>'
    )


def travel(drawing: Drawing) -> float:
    """With the pen up, in the order of the file, in sides of the page."""
    chains = [chain for line in drawing.lines for chain in line.chains]
    up = np.array([chain[-1] for chain in chains[:-1]])
    down = np.array([chain[0] for chain in chains[1:]])
    return float(np.hypot(*(down - up).T).sum()) / PAGE


def processor_s() -> float:
    """Seconds that commands have computed until now: on a busy machine steadier than a clock."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[32, 100, 200, 512, 2000])
    counts = parser.parse_args().counts
    print("| | strokes | s | travel as drawn | ordered |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "drawn.svg"), Path(folder, "ordered.svg")
        for draw in (scattered, hatching):
            for count in counts:
                write(draw(count), source)
                began = processor_s()
                words = ["order", str(source), "-o", str(target)]
                command = [sys.executable, "-m", "clipasso_core", *words]
                subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
                taken = processor_s() - began
                layer = re.findall(r'id="(plot-\d+)"', target.read_text())[0]
                drawn = travel(read_drawing(source, None))
                ordered = travel(read_drawing(target, None, layer))
                print(f"| {draw.__name__} | {count} | {taken:.1f} |", end="")
                print(f" {drawn:.2f} | {ordered:.2f} |", flush=True)


if __name__ == "__main__":
    main()
