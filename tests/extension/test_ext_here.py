"""Whether the extension's tests can run here at all."""

from __future__ import annotations

import os
import warnings

import pytest


def test_the_extension_is_tested_here() -> None:
    try:
        with warnings.catch_warnings():  # inkex switches them all on
            import inkex  # noqa: F401
    except ImportError as error:
        reason = "inkex is not importable (%s), so that NONE of the extension's tests ran" % error
        if os.environ.get("CI") or os.environ.get("CLIPASSO_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
