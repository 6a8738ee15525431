"""Why a document holds no sketch to go on from: a whole sentence for one with a name (of its file)
and for one without, as other languages need it.
"""

from __future__ import annotations

from clipasso_core.errors import UserError


def damaged(name: str | None) -> UserError:
    """Of what is no document."""
    if name is None:
        return UserError("bad-sketch", "the sketch to go on from is not an SVG file or is damaged")
    return UserError("bad-sketch", "{name} is not an SVG file or is damaged", name=name)


def with_doctype(name: str | None) -> UserError:
    """Of a document that may name others."""
    if name is None:
        return UserError(
            "bad-sketch",
            "the sketch to go on from has a DOCTYPE, which a sketch never needs: save it again as"
            " plain SVG",
        )
    return UserError(
        "bad-sketch",
        "{name} has a DOCTYPE, which a sketch never needs: save it again as plain SVG",
        name=name,
    )


def not_one(name: str | None, count: int) -> UserError:
    """Of a document with no sketch, or several."""
    if name is None:
        return UserError(
            "bad-sketch",
            "the sketch to go on from holds {count} sketches, not one: name an SVG file that"
            " clipasso wrote",
            count=count,
        )
    return UserError(
        "bad-sketch",
        "{name} holds {count} sketches, not one: name an SVG file that clipasso wrote",
        name=name,
        count=count,
    )


def changed(name: str | None) -> UserError:
    """Of a sketch that somebody edited."""
    if name is None:
        return UserError(
            "bad-sketch",
            "the sketch to go on from was changed in a way that can't be read back: sketch the"
            " photo again",
        )
    return UserError(
        "bad-sketch",
        "{name} was changed in a way that can't be read back: sketch the photo again",
        name=name,
    )
