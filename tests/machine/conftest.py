"""A hub, and the command that fetches from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hub import Hub, serving
from support.models import CLIP, FILE, WEIGHTS, Session


@pytest.fixture(scope="module")
def the_hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


@pytest.fixture
def hub(the_hub: Hub) -> Hub:
    """A well hub that holds RN50's weights."""
    the_hub.reset()
    the_hub.files[FILE] = WEIGHTS
    return the_hub


@pytest.fixture(scope="module")
def clipasso(the_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The command, with `hub` for its hub."""
    session = Session(tmp_path_factory.mktemp("person"), HF_ENDPOINT=the_hub.url)
    yield session
    session.close()


@pytest.fixture
def fetched(hub: Hub, clipasso: Session) -> Path:
    """The file of RN50's weights, fetched."""
    assert clipasso("models", "fetch", CLIP).status == 0
    return Path(clipasso("models", "path", CLIP).out.strip())
