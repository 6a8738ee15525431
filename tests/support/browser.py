"""A real browser without a window, in which pages are looked at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


def the_browser() -> str:
    """Its command. Skips the test where none is installed; where CLIPASSO_CI is set, fails."""
    found = next((path for path in map(shutil.which, NAMES) if path is not None), None)
    if found is not None:
        return found
    if os.environ.get("CLIPASSO_CI"):
        pytest.fail("no browser is installed: apt install chromium")
    pytest.skip("no browser is installed: apt install chromium")


@contextmanager
def looking(url: str, **settings: Any) -> Iterator[Any]:
    """A page in the browser. settings: of its context, such as ``color_scheme``. What goes wrong in
    it, and what it asks of any network, fails the test.
    """
    command = the_browser()
    from playwright.sync_api import sync_playwright

    faults: list[str] = []
    with sync_playwright() as playwright:
        # a container has no sandbox for root
        browser = playwright.chromium.launch(executable_path=command, args=["--no-sandbox"])
        try:
            page = browser.new_context(**settings).new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda message: faults.append(message.text))
            page.on("request", lambda request: faults.extend(_outside(request.url, url)))
            page.goto(url)
            yield page
        finally:
            browser.close()
    assert faults == []


def _outside(asked: str, url: str) -> list[str]:
    """What a page asks for that is not in it."""
    folder = url.rpartition("/")[0]
    return [] if asked.startswith(("data:", "about:", folder)) else [asked]
