"""What is read in the checkout: the versions that were tested, and what the engine needs."""

from __future__ import annotations

import re

from support.installer import FakeMachine

from installer.checkout import Checkout
from installer.packages import TEST_ONLY

NAME = re.compile(r"[A-Za-z0-9._-]+")
CHOSEN_ELSEWHERE = {"torch", "torchvision", "triton"}


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_is_needed_has_a_tested_version() -> None:
    checkout = Checkout()
    text = checkout.project.read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|dev) = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    assert len(lists) == 2
    needed = set()
    for quoted in re.findall(r'"(.*?)"', " ".join(lists)):
        name = NAME.match(quoted)
        assert name is not None
        needed.add(normal(name.group()))
    tested = {normal(line.partition("==")[0]) for line in checkout.tested_versions()}
    assert "numpy" in needed
    assert needed - tested == CHOSEN_ELSEWHERE


def test_the_tested_versions_fit_every_system_and_every_build_of_torch() -> None:
    lines = Checkout().tested_versions()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    names = {normal(line.partition("==")[0]) for line in lines}
    assert names.isdisjoint({*CHOSEN_ELSEWHERE, "clipasso"})
    assert [name for name in names if name.startswith(("nvidia-", "cuda-"))] == []
    assert TEST_ONLY in lines


def test_other_tested_versions_are_another_environment(machine: FakeMachine) -> None:
    constraints = machine.checkout.constraints
    text = constraints.read_text()
    assert machine.do() == 0
    constraints.write_text("# only said anew\n\n" + text)
    assert machine.do() == 0
    assert machine.count("-m venv") == 0
    constraints.write_text(text.replace("numpy==", "numpy==9"))
    assert machine.do() == 0
    assert machine.count("-m venv") == 1
    assert machine.do() == 0
    assert machine.count("-m venv") == 0
