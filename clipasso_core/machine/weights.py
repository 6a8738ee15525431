"""Files of weights: their tensors by name, with nothing in the files run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

# in OpenAI's archives, beside the weights
NO_WEIGHTS = ("input_resolution", "context_length", "vocab_size", "attn_mask")


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Tensors by name, of a safetensors file, a checkpoint, or a TorchScript archive.

    A file that holds anything else is refused; safetensors and torch raise many kinds of errors for
    one that is damaged.
    """
    import torch

    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    if is_torchscript(path):
        return _read_torchscript(path)
    stored = torch.load(path, map_location="cpu", weights_only=True)
    return dict(stored.get("state_dict", stored))


def is_torchscript(path: Path) -> bool:
    """Whether a file is an archive of a program with its weights, as OpenAI publishes CLIP."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.split("/")[1:2] == ["code"] for name in archive.namelist())
    except zipfile.BadZipFile:  # damaged, which reading it will tell
        return False


def _read_torchscript(path: Path) -> dict[str, torch.Tensor]:
    with zipfile.ZipFile(path) as archive:
        top = archive.namelist()[0].split("/")[0]
        with archive.open(f"{top}/data.pkl") as stored:
            whole = _Unpickler(stored, archive, f"{top}/data").load()
    return dict(_named(whole, ""))


class _Module:
    """A module of the archive's program: its attributes alone."""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            raise pickle.UnpicklingError("a module of the archive would make itself")
        self.parts: dict[str, Any] = state


class _Unpickler(pickle.Unpickler):
    """Reads modules and tensors; whatever else a file asks for is refused, and never called."""

    def __init__(self, stored: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(stored)
        self._archive, self._folder = archive, folder

    def find_class(self, module: str, name: str) -> Any:
        """See `pickle.Unpickler.find_class`."""
        if module.startswith("__torch__"):
            return _Module
        if module == "torch" and name.endswith("Storage"):
            return name  # kind of numbers
        known = {
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("collections", "OrderedDict"): dict,
            ("torch.jit._pickle", "build_intlist"): list,
            ("torch.jit._pickle", "build_doublelist"): list,
            ("torch.jit._pickle", "build_boollist"): list,
            ("torch.jit._pickle", "restore_type_tag"): _untagged,
        }
        if (module, name) in known:
            return known[module, name]
        raise pickle.UnpicklingError(f"{module}.{name} is no part of weights")

    def persistent_load(self, pid: Any) -> Any:
        """The numbers of a tensor; see `pickle.Unpickler.persistent_load`."""
        import torch

        _, kind, key, _, count = pid
        dtype = getattr(torch, f"{kind}".removesuffix("Storage").lower())
        data = bytearray(self._archive.read(f"{self._folder}/{key}"))
        return torch.frombuffer(data, dtype=dtype, count=count) if count else torch.empty(0)


def _tensor(
    numbers: torch.Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> torch.Tensor:
    return numbers.as_strided(size, stride, offset)


def _untagged(value: object, _tag: str) -> object:
    return value


def _named(module: _Module, prefix: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Names and tensors of a module and of those in it."""
    import torch

    for name, part in module.parts.items():
        if isinstance(part, _Module):
            # as a checkpoint names them: visual.layer1.0.conv1.weight
            yield from _named(part, f"{prefix}{name}.")
        elif isinstance(part, torch.Tensor) and name not in NO_WEIGHTS:
            yield prefix + name, part
