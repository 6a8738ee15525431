"""How many starts a GPU computes in the time of one."""

from __future__ import annotations

from clipasso_core.machine.device import bytes_per_s

# counted by benchmarks/gpu.py, a step of 4 views in 16 bits: launches, and bytes that a picture
# moves forward and back; neither time was measured
LAUNCHES = 630
LITE_BYTES, CLIP_BYTES = 0.15e9, 0.55e9
LAUNCH_S = 2.5e-6  # of a recorded kernel
REACHED = 0.6  # of the memory's own speed
MOST = 16  # more starts than that are seldom better


def seeds_in_time_of_one(guide: str, views: int, device: str) -> int:
    """Until launching no longer takes longer than moving what is computed, seeds cost nothing. The
    same for the same card always, so that a sketch can be made again.
    """
    rate = bytes_per_s(device) * REACHED
    picture = LITE_BYTES if guide == "lite" else CLIP_BYTES
    return min(MOST, max(1, int(LAUNCHES * LAUNCH_S * rate / (views * picture))))
