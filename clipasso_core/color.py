"""Colours as people write them, and as the renderer needs them."""

from __future__ import annotations

from PIL import ImageColor

from clipasso_core.errors import UserError

PHOTO = "photo"  # instead of a colour: each stroke takes its ink from the photograph below it


def parse_color(text: str) -> str:
    """A CSS colour (name, hex, rgb(), hsl()) as ``"#rrggbb"``.

    Raises `UserError` for anything else.
    """
    try:
        red, green, blue = ImageColor.getrgb(text.strip())[:3]
    except ValueError:
        raise UserError(
            "bad-color",
            "'{color}' is not a colour: write a CSS colour such as black, '#1a2b3c' or"
            " 'rgb(20,40,60)', or 'photo'",
            color=text,
        ) from None
    # as CSS does; PIL passes rgb(300,0,0) on
    red, green, blue = (min(max(band, 0), 255) for band in (red, green, blue))
    return f"#{red:02x}{green:02x}{blue:02x}"


def to_rgb(hex_color: str) -> tuple[float, float, float]:
    """``"#rrggbb"`` as three numbers in 0..1."""
    red, green, blue = (int(hex_color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def from_rgb(rgb: tuple[float, float, float]) -> str:
    """Three numbers in 0..1 as ``"#rrggbb"``."""
    return "#" + "".join(f"{round(min(max(band, 0.0), 1.0) * 255):02x}" for band in rgb)
