"""How a valid file becomes one that hardly anybody has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

# values at which lengths and counts overflow, and others that are nothing special
NUMBERS = [0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
WHOLE = 1 << 16  # a place in a file is a share of its length, in so many parts


class Change(NamedTuple):
    """how: a name of `_CHANGES`. place, other: shares of the length. number: what is written."""

    how: str
    place: int
    other: int
    number: int


def _flip(data: bytes, at: int, _to: int, number: int) -> bytes:
    return (
        data[:at] + bytes([data[at] ^ 1 << number % 8]) + data[at + 1 :] if at < len(data) else data
    )


def _overwrite(data: bytes, at: int, to: int, number: int) -> bytes:
    size = 1 << to % 3
    order = "big" if to % 2 else "little"
    word = (number % (1 << 8 * size)).to_bytes(size, "big" if order == "big" else "little")
    return data[:at] + word + data[at + size :]


def _cut(data: bytes, at: int, _to: int, _number: int) -> bytes:
    return data[:at]


def _remove(data: bytes, at: int, to: int, _number: int) -> bytes:
    first, last = sorted((at, to))
    return data[:first] + data[last:]


def _double(data: bytes, at: int, to: int, number: int) -> bytes:
    first, last = sorted((at, to))
    return data[:last] + data[first:last] * (number % 5) + data[last:]


_CHANGES = {
    "flip": _flip,
    "overwrite": _overwrite,
    "cut": _cut,
    "remove": _remove,
    "double": _double,
}
_changes = st.lists(
    st.builds(
        Change,
        st.sampled_from(sorted(_CHANGES)),
        st.integers(0, WHOLE),
        st.integers(0, WHOLE),
        st.sampled_from(NUMBERS) | st.integers(0, 0xFFFFFFFF),
    ),
    max_size=6,
)


def apply(data: bytes, changes: Sequence[Change]) -> bytes:
    for one in changes:
        at, to = (len(data) * share // WHOLE for share in (one.place, one.other))
        data = _CHANGES[one.how](data, at, to, one.number)
    return data[:200_000]


def mutated(valid: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of these files with up to six changes; sometimes with none."""
    return st.builds(apply, st.sampled_from(list(valid)), _changes)


@st.composite
def spliced(draw: st.DrawFn, valid: Sequence[bytes], tokens: Sequence[str]) -> bytes:
    """A text of which pieces are replaced by tokens that mean something, or left out."""
    data = draw(st.sampled_from(list(valid)))
    for _ in range(draw(st.integers(1, 4))):
        first, last = sorted(len(data) * draw(st.integers(0, WHOLE)) // WHOLE for _ in range(2))
        last = min(last, first + draw(st.integers(0, 40)))
        token = draw(st.sampled_from(list(tokens))) * draw(st.sampled_from([1, 1, 1, 2, 50]))
        data = data[:first] + token.encode() + data[last:]
    return data


@st.composite
def altered(draw: st.DrawFn, value: Any, junk: st.SearchStrategy[Any]) -> Any:
    """A JSON value of which one or two parts are something else, left out or new."""
    for _ in range(draw(st.integers(0, 3))):
        value = draw(_altered_once(value, junk))
    return value


@st.composite
def _altered_once(draw: st.DrawFn, value: Any, junk: st.SearchStrategy[Any]) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: inner for key, inner in value.items() if key != name}
        return draw(
            st.just(rest)
            | st.builds(lambda one: {**rest, name: one}, _altered_once(value[name], junk))
            | st.builds(lambda key: {**rest, key: value[name]}, st.text(max_size=5))
        )
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(value) - 1))
        inner = draw(_altered_once(value[place], junk))
        return [*value[:place], inner, *value[place + 1 :]]
    return draw(junk)


json_junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(-3, 300)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "auto", "~nobody/x", "/dev/null", "/", "\0", "\ud800", "x" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
nested = st.builds(
    lambda depth, pair: pair[0] * depth + pair[1] * depth,
    st.sampled_from([100, 1000, 100_000]),
    st.sampled_from([("[", "]"), ('{"a":', "}"), ("[", "")]),
).map(str.encode)
