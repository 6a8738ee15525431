"""What the libraries would tell or keep elsewhere, were they not told otherwise.

They read it when they are imported.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from clipasso_core.errors import UserError
from clipasso_core.machine import folders

SETTINGS = {
    # huggingface_hub: no reports, no look at whether it is the newest, no token of the person's
    # with a request for what is public, and no second way of downloading, which keeps a cache and
    # logs in the person's own folders
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_XET": "1",
    "DO_NOT_TRACK": "1",
    # ray: no reports of how it is used
    "RAY_USAGE_STATS_ENABLED": "0",
}
# torch makes this folder when torchvision is imported, else among the temporary files
COMPILED = "TORCHINDUCTOR_CACHE_DIR"


def keep_silent(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set it in an environment; where somebody chose the folder, that stays."""
    environment.update(SETTINGS)
    try:
        scratch = folders.home() / "scratch"
    except UserError:  # it is told where the home is needed
        return
    if _is_writable(scratch):
        environment.setdefault(COMPILED, str(scratch / "torch"))


def _is_writable(folder: Path) -> bool:
    """Whether a folder could be written, or made."""
    there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    return os.path.isdir(there) and os.access(there, os.W_OK)
