"""How long the campaign lasts, and what it tells at its end."""

from __future__ import annotations

import secrets

import pytest

from campaign.budget import CI_MINUTES, DEFAULT_MINUTES, SEED, Budget

BUDGET = pytest.StashKey[Budget]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Read when this folder is named: python -m pytest tests/campaign --campaign 30."""
    group = parser.getgroup("campaign")
    group.addoption(
        "--campaign",
        nargs="?",
        type=float,
        const=DEFAULT_MINUTES,
        default=None,
        metavar="MINUTES",
        help=f"look for faults for so long [default: {DEFAULT_MINUTES:g}], with a seed of its own",
    )
    group.addoption(
        "--campaign-seed", type=int, default=None, metavar="N", help="the campaign with that seed"
    )


def pytest_configure(config: pytest.Config) -> None:
    minutes = config.getoption("--campaign", None)
    seed = config.getoption("--campaign-seed", None)
    if seed is None:
        seed = SEED if minutes is None else secrets.randbelow(1_000_000)
    config.stash[BUDGET] = Budget(CI_MINUTES if minutes is None else minutes, seed)


@pytest.fixture(scope="session")
def budget(pytestconfig: pytest.Config) -> Budget:
    """The campaign's time and chances."""
    return pytestconfig.stash[BUDGET]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    spent = config.stash[BUDGET]
    if not spent.counts:
        return
    terminalreporter.section(f"campaign of {spent.minutes:g} minutes, seed {spent.seed}")
    totals: dict[str, int] = {}
    for part, (number, what) in spent.counts.items():
        terminalreporter.write_line(f"{number:8} {what:8} {part}")
        totals[what] = totals.get(what, 0) + number
    told = ", ".join(f"{number} {what}" for what, number in totals.items())
    terminalreporter.write_line(f"tried: {told}")
