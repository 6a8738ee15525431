"""Shared libraries of Linux: what one needs of others, read from its file.

The format: System V ABI, chapters 4 and 5; versions of symbols: Linux Standard Base, chapter 10.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DYNAMIC, DYNAMIC_SYMBOLS = 6, 11  # kinds of sections
VERSIONS_NEEDED, VERSION_OF_SYMBOL = 0x6FFFFFFE, 0x6FFFFFFF
NEEDED = 1  # a kind of entry in the dynamic section
GLOBAL = 1  # how a symbol is bound; a weak one may be missing
SIXTY_FOUR_BITS = b"\x7fELF\x02\x01"  # little-endian


@dataclass(frozen=True, order=True)
class Symbol:
    """A name that a library asks for. version: of it, and library: that has that version; both
    empty where any library's will do.
    """

    name: str
    version: str = ""
    library: str = ""


@dataclass(frozen=True)
class Library:
    """What a shared library is made for and with. machine: the processor's number. needed: names of
    the libraries that must be there when it is loaded. wanted: what they must have. offered: the
    names that others find in it.
    """

    machine: int
    needed: frozenset[str]
    wanted: frozenset[Symbol]
    offered: frozenset[str]


def read_library(path: Path) -> Library:
    """Raises OSError or ValueError where it can't be read."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Reader(data).read()
        except (struct.error, KeyError, IndexError, OverflowError) as error:
            raise ValueError(f"{path} is damaged") from error


@dataclass(frozen=True)
class _Section:
    kind: int
    start: int
    size: int
    names: int  # the number of the section with its strings


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        if data[:6] != SIXTY_FOUR_BITS:
            raise ValueError("no shared library of a 64-bit, little-endian processor")
        self.data = data
        (self.machine,) = struct.unpack_from("<H", data, 18)
        (start,) = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        self.sections = [self._section(start + place * size) for place in range(count)]
        self.by_kind = {section.kind: section for section in self.sections}

    def _section(self, place: int) -> _Section:
        _, kind, _, _, start, size, names = struct.unpack_from("<IIQQQQI", self.data, place)
        return _Section(kind, start, size, names)

    def _content(self, section: _Section) -> bytes:
        return self.data[section.start : section.start + section.size]

    def _strings(self, kind: int) -> bytes:
        """The strings that a section of that kind names its things by."""
        return self._content(self.sections[self.by_kind[kind].names])

    def read(self) -> Library:
        strings = self._strings(DYNAMIC)
        entries = struct.iter_unpack("<QQ", self._content(self.by_kind[DYNAMIC]))
        needed = {_string(strings, value) for kind, value in entries if kind == NEEDED}
        wanted, offered = self._symbols()
        return Library(self.machine, frozenset(needed), wanted, offered)

    def _symbols(self) -> tuple[frozenset[Symbol], frozenset[str]]:
        """What is wanted, and what is offered."""
        wanted, offered = set(), set()
        strings = self._strings(DYNAMIC_SYMBOLS)
        versions = dict(self._versions())
        numbers = self._version_numbers()
        table = self._content(self.by_kind[DYNAMIC_SYMBOLS])
        for place, entry in enumerate(struct.iter_unpack("<IBBHQQ", table)):
            at, info, _, section, _, _ = entry
            name = _string(strings, at)
            if section:
                offered.add(name)
            elif info >> 4 == GLOBAL:
                number = numbers[place] & 0x7FFF if numbers else 0
                wanted.add(Symbol(name, *versions.get(number, ())))
        return frozenset(wanted), frozenset(offered)

    def _version_numbers(self) -> tuple[int, ...]:
        """Of each symbol; empty where no symbol has a version."""
        section = self.by_kind.get(VERSION_OF_SYMBOL)
        if section is None:
            return ()
        return struct.unpack(f"<{section.size // 2}H", self._content(section))

    def _versions(self) -> Iterator[tuple[int, tuple[str, str]]]:
        """The number of each version that is needed: its name, and that of its library."""
        section = self.by_kind.get(VERSIONS_NEEDED)
        if section is None:
            return
        strings = self._strings(VERSIONS_NEEDED)
        place, next_place = section.start, -1
        while next_place:
            _, count, library, first, next_place = struct.unpack_from("<HHIII", self.data, place)
            one = place + first
            for _ in range(count):
                _, _, number, name, next_one = struct.unpack_from("<IHHII", self.data, one)
                yield number & 0x7FFF, (_string(strings, name), _string(strings, library))
                one += next_one
            place += next_place


def _string(strings: bytes, place: int) -> str:
    return strings[place : strings.index(0, place)].decode("ascii", "replace")
