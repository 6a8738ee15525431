"""pip's log, read for why it failed: for want of a version, of the network, or of room."""

from __future__ import annotations

import re

# where a version does not exist for this Python and system, or exists as source code only, which
# does not build here; the same from pip 21 to 26
LACKING = re.compile(
    r"ResolutionImpossible|MetadataGenerationFailed|Failed building wheel for (?!clipasso\b)"
)
ASKED = re.compile(r"Fetching project page and analyzing links: (\S+)")
UNANSWERED = re.compile(r"Could not fetch URL (\S+): (?!404 )")
FULL = re.compile(r"\[Errno (28|122)\]|\[WinError 112\]|No space left on device")


def tells_of_full_disk(log: str) -> bool:
    """Whether pip failed because there was no room left."""
    return bool(FULL.search(log))


def lacks_versions(log: str) -> bool:
    """Whether pip failed because a version can't be had here, as far as its log tells."""
    return bool(LACKING.search(log)) and not _misses_pages(log)


def _misses_pages(log: str) -> bool:
    """Whether no index answered for some package: pip takes it for one without versions. One index
    of several may be out of reach for good.
    """
    unanswered = set(UNANSWERED.findall(log))
    answered = {_package(page) for page in ASKED.findall(log) if page not in unanswered}
    return any(_package(page) not in answered for page in unanswered)


def _package(page: str) -> str:
    return page.rstrip("/").rpartition("/")[2]
