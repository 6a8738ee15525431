"""Why a picture is no photograph to sketch: a whole sentence for one with a name (of its file) and
for one without, as other languages need it.
"""

from __future__ import annotations

from clipasso_core.errors import UserError


def unreadable(name: str | None) -> UserError:
    """Of what is no picture."""
    if name is None:
        return UserError(
            "bad-photo",
            "the photo is not a picture that can be read: save it as PNG, JPEG, WebP, TIFF, BMP or"
            " GIF",
        )
    return UserError(
        "bad-photo",
        "{name} is not a picture that can be read: save it as PNG, JPEG, WebP, TIFF, BMP or GIF",
        name=name,
    )


def damaged(name: str | None) -> UserError:
    """Of a picture that breaks off."""
    if name is None:
        return UserError(
            "bad-photo",
            "the photo is damaged or cut off: open it in a picture editor and save it again",
        )
    return UserError(
        "bad-photo",
        "{name} is damaged or cut off: open it in a picture editor and save it again",
        name=name,
    )


def too_large(name: str | None, most: int) -> UserError:
    """Of more pixels than are read. most: pixels."""
    if name is None:
        return UserError(
            "bad-photo",
            "the photo has more than {megapixels} million pixels: save it smaller",
            megapixels=most // 1_000_000,
        )
    return UserError(
        "bad-photo",
        "{name} has more than {megapixels} million pixels: save it smaller",
        name=name,
        megapixels=most // 1_000_000,
    )


def too_small(name: str | None, size: tuple[int, int], least: int) -> UserError:
    """Of too few pixels. size: width and height, pixels. least: pixels a side."""
    if name is None:
        return UserError(
            "bad-photo",
            "the photo is {width} x {height} pixels: a sketch needs at least {least} x {least}",
            width=size[0],
            height=size[1],
            least=least,
        )
    return UserError(
        "bad-photo",
        "{name} is {width} x {height} pixels: a sketch needs at least {least} x {least}",
        name=name,
        width=size[0],
        height=size[1],
        least=least,
    )


def transparent(name: str | None) -> UserError:
    """Of a picture that shows nothing."""
    if name is None:
        return UserError("bad-photo", "the photo is fully transparent: there is nothing to sketch")
    return UserError(
        "bad-photo", "{name} is fully transparent: there is nothing to sketch", name=name
    )


def many_scans(name: str | None, scans: int) -> UserError:
    """Of a JPEG that takes minutes."""
    if name is None:
        return UserError(
            "bad-photo",
            "the photo is a JPEG of {scans} scans, which takes too long to read: open it in a"
            " picture editor and save it again",
            scans=scans,
        )
    return UserError(
        "bad-photo",
        "{name} is a JPEG of {scans} scans, which takes too long to read: open it in a picture"
        " editor and save it again",
        name=name,
        scans=scans,
    )
