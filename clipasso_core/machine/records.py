"""What was fetched into the models folder, and how to tell that it is still whole."""

from __future__ import annotations

import json
from typing import TypedDict

from clipasso_core.errors import UserError
from clipasso_core.files import move
from clipasso_core.machine import folders

RECORD = "fetched.json"  # what was fetched, by name


class Fetched(TypedDict):
    """What is remembered of a file that was fetched."""

    file: str  # below the models folder
    size: int
    sha256: str


def read_records() -> dict[str, Fetched]:
    path = folders.models() / RECORD
    if not path.is_file():
        return {}
    try:
        records: dict[str, Fetched] = json.loads(path.read_text())
        for one in records.values():
            is_named = isinstance(one["file"], str) and "\0" not in one["file"]
            if not (is_named and one["size"] >= 0 and len(one["sha256"]) == 64):
                raise ValueError("not a record")
        return records
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UserError(
            "bad-folder", "{path} is damaged: delete it and fetch the weights again", path=path
        ) from None


def write_records(records: dict[str, Fetched]) -> None:
    part = folders.models() / (RECORD + ".part")
    part.write_text(json.dumps(records, indent=1))
    move(part, folders.models() / RECORD)
