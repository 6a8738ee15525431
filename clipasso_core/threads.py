"""How long torch's threads spin for their next piece of work before they sleep. No torch in here: it reads these settings on import."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

# A step is a thousand pieces of a few hundredths of a millisecond. Threads that sleep between them cost a third of the speed on an idle
# machine; threads that spin for milliseconds, as by default, take forty times as long where other programs keep the cores busy.
SETTINGS = {
    "GOMP_SPINCOUNT": "1000",  # some 15 microseconds, GNU's runtime (Linux): near the best on an idle machine and on a busy one
    "KMP_BLOCKTIME": "1",  # milliseconds, LLVM's and Intel's (macOS, Windows)
}


def spin_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set it in an environment, unless somebody has chosen how threads wait. Does nothing for a process that has imported torch."""
    if not {"OMP_WAIT_POLICY", *SETTINGS} & set(environment):
        environment.update(SETTINGS)
