"""pip's log tells a version that can't be had from a network that is cut."""

from __future__ import annotations

import pytest

from installer.pip_log import lacks_versions

# Lines of true logs, of pip 21.2, 23.0, 24.2 and 26.3.
PAGE = "Fetching project page and analyzing links: https://pypi.org/simple/numpy/\n"
CUT = (
    "Could not fetch URL https://pypi.org/simple/numpy/: connection error: HTTPSConnectionPool("
    "host='pypi.org', port=443): Max retries exceeded with url: /simple/numpy/ - skipping\n"
)
OTHER_PAGE = "Fetching project page and analyzing links: http://mirror/simple/numpy/\n"
OTHER_CUT = (
    "Could not fetch URL http://mirror/simple/numpy/: connection error: [Errno 111] Connection"
    " refused - skipping\n"
)
ABSENT = (
    "Could not fetch URL http://mirror/simple/numpy/: 404 Client Error: Not Found for url:"
    " http://mirror/simple/numpy/ - skipping\n"
)
RETRIED = (
    "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after"
    " connection broken by 'ReadTimeoutError'\n"
)
CONFLICT = (
    "pip._vendor.resolvelib.resolvers.ResolutionImpossible: [RequirementInformation(requirement="
    "SpecifierRequirement('numpy>=1.26'), parent=LinkCandidate('clipasso'))]\n"
)
TIMEOUT = "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool: Read timed out.\n"
DISK = "OSError: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    "log",
    [
        PAGE + CONFLICT,
        PAGE + RETRIED + CONFLICT,
        PAGE + OTHER_PAGE + ABSENT + CONFLICT,
        PAGE + OTHER_PAGE + OTHER_CUT + CONFLICT,
        PAGE + "pip._internal.exceptions.MetadataGenerationFailed: metadata generation failed\n",
        PAGE + "  ERROR: Failed building wheel for numpy\n",
    ],
    ids=["none", "retried", "absent in one", "one index down", "no metadata", "no compiler"],
)
def test_a_version_that_can_not_be_had_is_known(log: str) -> None:
    assert lacks_versions(log)


@pytest.mark.parametrize(
    "log",
    [
        "",
        PAGE + CUT + CONFLICT,
        PAGE + CUT + OTHER_PAGE + OTHER_CUT + CONFLICT,
        PAGE + CUT + PAGE.replace("numpy", "scipy") + CONFLICT,
        PAGE + TIMEOUT,
        PAGE + DISK,
        PAGE + "  ERROR: Failed building wheel for clipasso\n",
    ],
    ids=["killed", "cut", "all cut", "cut in between", "timeout", "disk full", "our own fault"],
)
def test_every_other_failure_is_told_as_it_is(log: str) -> None:
    assert not lacks_versions(log)
