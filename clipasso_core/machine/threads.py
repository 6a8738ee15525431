"""How torch's threads share work, and how long they spin for their next piece before they sleep.

torch is imported where it is needed only: it reads the settings on import.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

# A step is a thousand pieces of a few hundredths of a millisecond. Threads that sleep between them
# cost a third of the speed on an idle machine; threads that spin for milliseconds, as by default,
# take forty times as long where other programs keep the cores busy.
SETTINGS = {
    # some 15 microseconds, GNU's runtime (Linux): near the best on idle and on busy machines
    "GOMP_SPINCOUNT": "1000",
    "KMP_BLOCKTIME": "1",  # milliseconds, LLVM's and Intel's (macOS, Windows)
}


def spin_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set it in an environment, unless somebody has chosen how threads wait.

    Does nothing for a process that has imported torch.
    """
    if not {"OMP_WAIT_POLICY", *SETTINGS} & set(environment):
        environment.update(SETTINGS)


@contextmanager
def single() -> Iterator[None]:
    """The calling thread's torch does not share out its work meanwhile.

    Drawing 16 strokes takes half as long without waking others.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
