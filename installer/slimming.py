"""Slimming: torch's build for NVIDIA's GPUs, without the several GB that only a GPU needs.

torch names those packages and libraries as needed, though without a GPU it calls none of them. So
each of the packages is there in name, for pip, and each of the libraries as a stand-in, for the
loader. Linux only: elsewhere pip's own torch is one for the processor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from installer.elf import Library, Symbol, read_library
from installer.stand_in import make_stand_in

GPU_PACKAGE = re.compile(r"(nvidia|cuda|triton|pytorch[-_]triton)\b|(nvidia|cuda)_", re.IGNORECASE)
# What NVIDIA's libraries call their functions, and the libraries; the driver's own, libcuda and
# libnvidia-ml, is on the machine or not, and torch looks for it by itself.
GPU_NAME = re.compile(r"(__)?(cu|nv|nccl)")
GPU_LIBRARY = re.compile(r"lib(cu|nv|nccl)(?!da\.|idia-)")
REQUIREMENT = re.compile(r"[\w.-]+")
EXTRAS = re.compile(r"\[(.*?)\]")
# the version that a requirement names
VERSION = re.compile(r"(?:==|~=|>=)\s*([\d.]+)")
SUMMARY = "Left out: there is no GPU that needs it. `install.py --torch cuda` brings all of them"


@dataclass(frozen=True)
class Placeholder:
    """A package that is there in name only. extras: what else of it can be asked for."""

    name: str
    version: str
    extras: tuple[str, ...] = ()

    def write(self, site: Path) -> None:
        """Lay it among the packages of an environment, as pip would."""
        stem = re.sub(r"[-_.]+", "_", self.name)
        folder = site / f"{stem}-{self.version}.dist-info"
        folder.mkdir()
        facts = [
            "Metadata-Version: 2.1",
            f"Name: {self.name}",
            f"Version: {self.version}",
            f"Summary: {SUMMARY}",
            *(f"Provides-Extra: {extra}" for extra in self.extras),
        ]
        files = {"METADATA": "\n".join(facts) + "\n", "INSTALLER": "clipasso\n"}
        record = "".join(f"{folder.name}/{name},,\n" for name in (*files, "RECORD"))
        for name, text in {**files, "RECORD": record}.items():
            (folder / name).write_text(text, encoding="utf-8")


class TorchPackages:
    """The packages of an environment, as far as they are torch's."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def for_gpu(self) -> list[str]:
        """The names of those that only a GPU needs, placeholders not counted."""
        return sorted(
            one.name
            for one in distributions(path=[str(self.site)])
            if GPU_PACKAGE.match(one.name) and not is_placeholder(one)
        )

    def bytes_for_gpu(self) -> int:
        """What those take on the disk."""
        names = self.for_gpu()
        return sum(
            path.stat().st_size
            for one in distributions(path=[str(self.site)])
            if one.name in names
            for path in (Path(str(file.locate())) for file in one.files or [])
            if path.is_file()
        )

    def placeholders(self) -> dict[str, str]:
        """Those that are there in name only, by name: their versions."""
        found = sorted(distributions(path=[str(self.site)]), key=lambda one: one.name)
        return {one.name: one.version for one in found if is_placeholder(one)}

    def missing(self) -> list[Placeholder]:
        """What torch names as needed for a GPU, and is not there."""
        found = {_plain(one.name): one for one in distributions(path=[str(self.site)])}
        needs = found["torch"].requires or [] if "torch" in found else []
        wanted = dict(_read_needs(need for need in needs if GPU_PACKAGE.match(need)))
        return [one for name, one in wanted.items() if name not in found]

    def fill_in(self) -> None:
        """Let pip and the loader find what is missing. Raises OSError or ValueError where that
        can't be done here.
        """
        folder = self.site / "torch" / "lib"
        for path, content in self._stand_ins(folder):
            path.write_bytes(content)
        for one in self.missing():
            one.write(self.site)

    def _stand_ins(self, folder: Path) -> list[tuple[Path, bytes]]:
        """The files of the libraries that torch's own need and that are not there."""
        libraries = [read_library(path) for path in self._libraries()]
        there = {path.name for path in self.site.glob("nvidia/**/*.so*")}
        there |= {path.name for path in folder.glob("*.so*")}
        there |= {path.name for path in self.site.glob("*.libs/*.so*")}
        needed = {name for one in libraries for name in one.needed}
        missing = {name for name in needed - there if GPU_LIBRARY.match(name)}
        if not missing:
            return []
        wanted = wanted_of_gpu(libraries)
        (machine,) = {one.machine for one in libraries}
        return [
            (
                folder / name,
                make_stand_in(name, [one for one in wanted if one.library in ("", name)], machine),
            )
            for name in sorted(missing)
        ]

    def _libraries(self) -> list[Path]:
        """torch's own, without stand-ins, and torchvision's, whose further ones lie beside it."""
        patterns = ("torch/lib/*.so*", "torch/_C*.so", "torchvision/*.so")
        found = [path for pattern in patterns for path in sorted(self.site.glob(pattern))]
        return [path for path in found if not GPU_LIBRARY.match(path.name)]


def is_placeholder(package: Distribution) -> bool:
    """Whether a package is there in name only."""
    return package.metadata["Summary"] == SUMMARY


def wanted_of_gpu(libraries: list[Library]) -> list[Symbol]:
    """The functions of NVIDIA's libraries that these call."""
    offered = {name for one in libraries for name in one.offered}
    wanted = {symbol for one in libraries for symbol in one.wanted}
    return sorted(one for one in wanted if GPU_NAME.match(one.name) and one.name not in offered)


def _read_needs(needs: Iterator[str]) -> Iterator[tuple[str, Placeholder]]:
    """The requirements of a package, by their plain names."""
    for need in needs:
        words = need.partition(";")[0]
        name, version, extras = (one.search(words) for one in (REQUIREMENT, VERSION, EXTRAS))
        if name is not None and version is not None:
            listed = tuple(extras[1].replace(" ", "").split(",")) if extras else ()
            yield _plain(name[0]), Placeholder(name[0], version[1], listed)


def _plain(name: str) -> str:
    """A package's name, as its spellings have in common."""
    return re.sub(r"[-_.]+", "-", name).lower()
