"""What surrounds the code agrees with it: the version, the changelog, the forms, the hooks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clipasso_core import __version__

ROOT = Path(__file__).resolve().parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
HEADING = re.compile(r"^## \[(\d+)\.(\d+)\.(\d+)\] - (unreleased|\d{4}-\d\d-\d\d)$")
FIELDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}  # that GitHub's forms know


def read_yaml(path: Path) -> Any:
    """A file's content. huggingface_hub brings the reader."""
    return pytest.importorskip("yaml").safe_load(path.read_text(encoding="utf-8"))


# The version


def test_command_and_extension_say_the_engines_version() -> None:
    code = "from clipasso_ext import VERSION; print(VERSION)"
    surroundings = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'inkscape_ext'}"}
    for words, told in (
        (["-m", "clipasso_core", "--version"], f"clipasso, version {__version__}\n"),
        (["-c", code], f"{__version__}\n"),
    ):
        done = subprocess.run(
            [sys.executable, *words], env=surroundings, capture_output=True, text=True
        )
        assert done.stdout == told, done.stderr


# The changelog


def headings() -> list[re.Match[str]]:
    """The versions of the changelog, as they stand in it."""
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    found = [(line, HEADING.match(line)) for line in lines if line.startswith("## ")]
    assert all(match for _, match in found), found
    return [match for _, match in found if match]


def test_the_changelogs_newest_version_is_the_engines() -> None:
    assert ".".join(headings()[0].groups()[:3]) == __version__


def test_the_changelog_goes_back_in_time() -> None:
    versions = [tuple(int(number) for number in one.groups()[:3]) for one in headings()]
    dates = [one[4] for one in headings()]
    assert versions == sorted(set(versions), reverse=True)
    assert "unreleased" not in dates[1:]
    assert dates == sorted(dates, reverse=True)  # a word comes after every number


def test_the_changelogs_sections_are_of_known_kinds_and_hold_something() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for version in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]:
        opening, *sections = re.split(r"^### ", version, flags=re.MULTILINE)
        kinds = [section.partition("\n")[0] for section in sections]
        assert opening.strip() == ""
        assert kinds
        assert set(kinds) <= KINDS
        assert len(kinds) == len(set(kinds))
        assert all(section.partition("\n")[2].strip().startswith("- ") for section in sections)


# Forms and hooks


@pytest.mark.parametrize(
    "path", [one for one in FORMS if one.stem != "config"], ids=lambda p: p.stem
)
def test_a_form_is_one_that_github_shows(path: Path) -> None:
    form = read_yaml(path)
    assert {"name", "description", "body"} <= form.keys()
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in form["body"]} <= FIELDS
    assert all(field["attributes"]["label"] for field in asked)
    assert len({field["id"] for field in asked}) == len(asked)


def test_who_reports_a_bug_is_asked_for_doctor_and_log() -> None:
    form = read_yaml(ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml")
    fields = {field.get("id"): field for field in form["body"]}
    assert "python3 install.py doctor" in fields["doctor"]["attributes"]["label"]
    for name in ("doctor", "log"):
        assert fields[name]["validations"]["required"] is True
    logs = (ROOT / "clipasso_core" / "machine" / "log.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"([\w-]+\.log)"', logs)) | {"extension.log"}
    assert len(named) == 5
    assert all(name in fields["log"]["attributes"]["description"] for name in named)


def test_the_hooks_run_what_the_tests_of_style_run() -> None:
    (group,) = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert group["repo"] == "local"  # others are downloaded, in versions of their own
    entries = [hook["entry"].removesuffix(" --force-exclude") for hook in group["hooks"]]
    assert entries == ["python -m ruff check", "python -m ruff format", "python -m mypy"]
    assert {hook["language"] for hook in group["hooks"]} == {"system"}
