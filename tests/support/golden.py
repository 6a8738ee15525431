"""What the published program gives for weights and pictures that anybody can make again.

The figures were measured once on the authors' own program, with torch 2.15 in fp32. No trained
weights are needed: both networks have the true architecture, and numbers from one generator.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

LAYER2, LAYER3 = 0.026068171486258507, 0.16131792962551117  # mean squares
EMBEDDING = 0.00010310411744285375  # a tenth of one minus the cosine, as it is added
GRADIENT_NORM = 0.013655494898557663  # of the three terms' sum, by the sketch's pixels
XDOG_MEAN = 0.9301857352256775
START_CELLS = 3503  # of 50176: where the first point of a stroke may lie

# Pixels at which the maps below were read, as flat indices of [224, 224]
PROBES = [(7 * one + 13) % 224 * 224 + (31 * one + 5) % 224 for one in range(24)]
# of the first channel
GRADIENT = [
    1.3345538718567695e-06,
    2.281472916365601e-06,
    4.118158813071204e-06,
    4.641439772967715e-06,
    5.179389972909121e-06,
    1.0081718755827751e-05,
    1.869664811238181e-05,
    3.0598664579883916e-07,
    1.2642991350730881e-05,
    7.484048637707019e-06,
    1.740282095852308e-05,
    4.00262106268201e-05,
    2.6470821467228234e-05,
    -3.6300996271165786e-06,
    9.810437404667027e-07,
    -4.081105998920975e-06,
    -5.097075700177811e-06,
    1.0672029020497575e-05,
    8.224081830121577e-05,
    6.9111947595956735e-06,
    1.1911781257367693e-05,
    -9.340326982965053e-07,
    2.785581330044806e-07,
    -2.813583705574274e-06,
]
# enlarged and put onto 0..1
RELEVANCE = [
    0.024141287431120872,
    0.024759065359830856,
    0.027501240372657776,
    0.014396654441952705,
    0.01644250936806202,
    0.0391177274286747,
    0.03520161285996437,
    0.03138670697808266,
    0.022334560751914978,
    0.02636050432920456,
    0.15994004905223846,
    0.5050833225250244,
    0.2165471613407135,
    0.025912892073392868,
    0.026802048087120056,
    0.02730010263621807,
    0.0672268494963646,
    0.2823089063167572,
    0.39014989137649536,
    0.08352441340684891,
    0.02830706723034382,
    0.03142789006233215,
    0.03099432773888111,
    0.025575747713446617,
]
# 0 on an edge, 1 elsewhere; two of the probes lie on one
XDOG = [float(one not in (17, 18)) for one in range(24)]
# to be where a stroke starts
CHANCE = [0.0] * 24
CHANCE[17] = 0.0001019849005388096
CHANCE[18] = 0.00014610048674512655


def numbers_for(tower: nn.Module) -> dict[str, Tensor]:
    """Numbers for every tensor of an image tower, in the order of their names.

    Normal, and scaled so that each layer gives about what it takes: matrices and kernels by their
    inputs, norms near 1, variances positive.
    """
    rng = np.random.default_rng(0)
    found: dict[str, Tensor] = {}
    for name, value in sorted(tower.state_dict().items()):
        if not value.is_floating_point():  # counts of batches
            found[name] = value
            continue
        drawn: Any = rng.standard_normal(tuple(value.shape)).astype(np.float32)
        if name.endswith("running_var"):
            drawn = 1 + 0.1 * np.abs(drawn)
        elif name.endswith(("running_mean", "bias")):
            drawn = 0.02 * drawn
        elif value.ndim == 1 and name.endswith("weight"):
            drawn = 1 + 0.05 * drawn
        else:
            drawn = drawn / np.sqrt(max(1, math.prod(value.shape[1:])))
        found[name] = torch.from_numpy(np.asarray(drawn, np.float32))
    return found


def tower_of(model: str, quick_gelu: bool = False) -> Any:
    """The image tower of one of open_clip's models, with those numbers."""
    import open_clip

    whole: Any = open_clip.create_model(model, pretrained=None, force_quick_gelu=quick_gelu)
    whole.visual.load_state_dict(numbers_for(whole.visual))
    return whole.visual.eval().requires_grad_(False)


def photograph() -> Tensor:
    """Two soft spots and a wave, each in a colour of its own: [1, 3, 224, 224] in 0..1."""
    x, y = _places()
    colours = [
        np.exp(-((x - 0.5) ** 2 + (y - 0.45) ** 2) / 0.06),
        np.exp(-((x - 0.4) ** 2 + (y - 0.6) ** 2) / 0.03),
        0.5 + 0.5 * np.sin(9 * x + 5 * y),
    ]
    fading = np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) / 0.09)
    return torch.from_numpy((1 - 0.8 * np.stack(colours) * fading)[None].astype(np.float32))


def drawing() -> Tensor:
    """A dark circle and a wavy line across it: [1, 3, 224, 224] in 0..1."""
    x, y = _places()
    to_circle = np.abs(np.hypot(x - 0.5, y - 0.5) - 0.3)
    to_line = np.abs(y - 0.5 - 0.15 * np.sin(8 * x))
    grey = np.clip((np.minimum(to_circle, to_line) - 0.008) * 224, 0, 1)
    return torch.from_numpy(np.repeat(grey[None, None], 3, 1).astype(np.float32))


def _places() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """x and y of every pixel's corner, [224, 224] in 0..1 each."""
    y, x = np.mgrid[0:224, 0:224].astype(np.float32) / 224
    return x, y
