"""A stand-in for a shared library of Linux: it has the names that others ask it for, so that they
load, and a few kilobytes in the place of hundreds of megabytes.

The format: see installer/elf.py.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from installer.elf import SIXTY_FOUR_BITS, Symbol

# What every function answers: CUDA's cudaErrorNoDevice, and no success for any of its libraries
ANSWER = 100
# By the processor's number, x86-64 and 64-bit ARM: return that
CODE = {
    62: b"\xb8" + struct.pack("<I", ANSWER) + b"\xc3",
    183: struct.pack("<II", 0x52800000 | ANSWER << 5, 0xD65F03C0),
}
PAGE = 0x10000  # the largest that these processors have
# bytes of the file's head and of one of its programs, and how many there are
HEADER = 64
PROGRAM = 56
PROGRAMS = 4
ANYBODYS = 1  # the number of no version
READ_RUN, READ_WRITE = 5, 6
# kinds of programs
LOAD = 1
DYNAMIC = 2
STACK = 0x6474E551


def make_stand_in(name: str, wanted: Sequence[Symbol], machine: int) -> bytes:
    """The file of a library of that name, with these functions. machine: the processor's number.
    Raises ValueError for a processor that is not known.
    """
    if machine not in CODE:
        raise ValueError(f"processor {machine} is not known")
    return _StandIn(name, wanted, machine).build()


class _StandIn:
    def __init__(self, name: str, wanted: Sequence[Symbol], machine: int) -> None:
        self.name = name
        self.machine = machine
        self.symbols = wanted
        self.versions = sorted({symbol.version for symbol in wanted} - {""})
        self.strings = b"\0"
        self.content = bytearray(HEADER + PROGRAMS * PROGRAM)

    def build(self) -> bytes:
        code = self._lay(CODE[self.machine])
        symbols = self._lay(self._symbol_table(code))
        hashes = self._lay(self._hash_table())
        numbers = self._lay(self._version_numbers())
        versions = self._lay(self._version_table())
        name = self._string(self.name)
        strings = self._lay(self.strings)
        entries = {
            14: name,
            4: hashes,
            5: strings,
            6: symbols,
            10: len(self.strings),
            11: 24,  # the size of a symbol
            0x6FFFFFF0: numbers,
            0x6FFFFFFC: versions,
            0x6FFFFFFD: 1 + len(self.versions),
            0: 0,
        }
        self._lay(b"")  # aligned
        end = len(self.content)
        dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries.items())
        self.content += dynamic
        head = self._header() + self._programs(end, len(dynamic))
        self.content[: len(head)] = head
        return bytes(self.content)

    def _lay(self, part: bytes) -> int:
        """Add a part. Returns its place, in the file and in memory."""
        self.content += bytes(-len(self.content) % 16)
        place = len(self.content)
        self.content += part
        return place

    def _string(self, text: str) -> int:
        place = len(self.strings)
        self.strings += text.encode("ascii") + b"\0"
        return place

    def _symbol_table(self, code: int) -> bytes:
        """All functions are the same one; the first entry is none."""
        size = len(CODE[self.machine])
        function = 1 << 4 | 2  # global
        return bytes(24) + b"".join(
            struct.pack("<IBBHQQ", self._string(symbol.name), function, 0, 1, code, size)
            for symbol in self.symbols
        )

    def _hash_table(self) -> bytes:
        count = len(self.symbols) + 1
        buckets, chains = [0] * count, [0] * count
        for place, symbol in enumerate(self.symbols, 1):
            bucket = _hash(symbol.name) % count
            chains[place], buckets[bucket] = buckets[bucket], place
        return struct.pack(f"<II{2 * count}I", count, count, *buckets, *chains)

    def _version_numbers(self) -> bytes:
        numbers = {name: number for number, name in enumerate(self.versions, 2)}
        own = [numbers.get(symbol.version, ANYBODYS) for symbol in self.symbols]
        return struct.pack(f"<{len(own) + 1}H", 0, *own)

    def _version_table(self) -> bytes:
        """The library's own name, and then each version."""
        table = b""
        names = [self.name, *self.versions]
        for number, name in enumerate(names, 1):
            base, step = int(number == 1), 28 if number < len(names) else 0
            table += struct.pack("<HHHHIII", 1, base, number, 1, _hash(name), 20, step)
            table += struct.pack("<II", self._string(name), 0)
        return table

    def _header(self) -> bytes:
        ident = SIXTY_FOUR_BITS + b"\x01" + bytes(9)
        kind, version = 3, 1  # a shared library
        sizes = (HEADER, PROGRAM, PROGRAMS, 64, 0, 0)
        rest = struct.pack("<HHIQQQIHHHHHH", kind, self.machine, version, 0, HEADER, 0, 0, *sizes)
        return ident + rest

    def _programs(self, end: int, dynamic: int) -> bytes:
        """What is loaded: everything, and behind it what the loader writes into."""
        parts = (
            (LOAD, READ_RUN, 0, 0, end, PAGE),
            (LOAD, READ_WRITE, end, end + PAGE, dynamic, PAGE),
            (DYNAMIC, READ_WRITE, end, end + PAGE, dynamic, 8),
            (STACK, READ_WRITE, 0, 0, 0, 16),
        )
        return b"".join(
            struct.pack("<IIQQQQQQ", kind, rights, start, place, place, size, size, align)
            for kind, rights, start, place, size, align in parts
        )


def _hash(name: str) -> int:
    """System V's hash of a name."""
    value = 0
    for byte in name.encode("ascii"):
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value
