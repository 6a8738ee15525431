"""How the campaign's minutes are shared."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

CI_MINUTES = 4.0  # in a run of all tests, always with the same seed
DEFAULT_MINUTES = 20.0  # of `install.py test --campaign`: a coffee, and every part gets a good look
SEED = 0
BATCHES = 1_000_000  # seeds that one part of a campaign has for itself
# Parts of the whole; what takes longer for one try gets more.
SHARES = {
    **{"photos": 8, "drawn photos": 5, "masks": 4, "drawings": 8, "edited drawings": 5},
    **{"lines": 4, "conversations": 4, "jobs": 6, "homes": 5, "engines": 5},
    **{"documents in Inkscape": 8, "settings": 3, "events": 3, "jobs in Inkscape": 4},
    **{"documents in the system's Inkscape": 6},
    **{"killed writers": 10, "killed jobs": 10, "killed engines": 12},
    **{"callers": 8, "soak": 14, "clock": 3, "stranger": 2},
}


@dataclass
class Budget:
    """minutes: of the whole campaign. seed: from which all its chances follow."""

    minutes: float = CI_MINUTES
    seed: int = SEED
    counts: dict[str, tuple[int, str]] = field(default_factory=dict)

    def share_s(self, part: str) -> float:
        """Seconds for a part."""
        return 60 * self.minutes * SHARES[part] / sum(SHARES.values())

    def seed_of(self, part: str) -> int:
        """The first of a part's own seeds."""
        return (self.seed * len(SHARES) + list(SHARES).index(part)) * BATCHES

    def count(self, part: str, number: int, what: str) -> None:
        """For the summary: so many of these were tried."""
        self.counts[part] = (number, what)


@dataclass
class Clock:
    """Says whether there is time for one more try; there always is for the first."""

    limit_s: float
    tried: int = 0

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.limit_s

    def once_more(self) -> bool:
        more = not self.tried or time.monotonic() < self._until
        self.tried += more
        return more
