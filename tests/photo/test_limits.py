"""Whatever picture is given, reading it takes a gigabyte at most, seconds, and prints nothing."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipasso_core.errors import UserError
from clipasso_core.photo.picture import (
    MAX_PIXELS,
    MAX_WEBP_PIXELS,
    WORK_SIDE,
    decode_picture,
    from_image,
)

if not sys.platform.startswith("linux"):
    pytest.skip("only Linux tells a process's own peak", allow_module_level=True)

LIMIT_S = 20.0  # for less than a second, or five where a busy machine counts every line
LIMIT_MB = 1024
LARGE = (8000, MAX_PIXELS // 8000)
READ = """
import re, sys, time
from clipasso_core.photo.picture import read_picture
began = time.process_time()
picture = read_picture(sys.argv[1])
peak_kb = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
print(picture.width, picture.height, peak_kb >> 10, time.process_time() - began)
"""


def read_in_a_child(path: Path) -> tuple[list[float], str]:
    """Size in pixels, peak in MB and seconds; and what was printed on standard error."""
    words = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    return [float(one) for one in done.stdout.split()], done.stderr


@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("TIFF", "F", LARGE),
        ("TIFF", "RGBA", LARGE),
        ("PNG", "I;16", LARGE),
        ("WEBP", "RGBA", (8000, MAX_WEBP_PIXELS // 8000)),
    ],
)
def test_the_largest_pictures_take_a_gigabyte_at_most(
    tmp_path: Path, kind: str, mode: str, size: tuple[int, int]
) -> None:
    path = tmp_path / "large"
    settings = {"compression": "tiff_deflate"} if kind == "TIFF" else {"method": 0, "quality": 1}
    image = Image.new(mode, size)
    if mode == "RGBA":
        image.paste((200, 100, 50, 128), (0, 0, size[0] // 2, size[1]))
    image.save(path, kind, **settings)
    told, printed = read_in_a_child(path)
    assert printed == ""
    assert tuple(told[:2]) == size
    assert told[2] < LIMIT_MB


def test_a_webp_that_would_take_more_is_refused_by_its_size() -> None:
    data = io.BytesIO()
    Image.new("RGB", (8000, MAX_WEBP_PIXELS // 8000 + 1)).save(data, "WEBP", method=0, quality=1)
    with pytest.raises(UserError, match="more than 56 million pixels"):
        decode_picture(data.getvalue())


def of_many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan stands there so often more."""
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", progressive=True, quality=10)
    data = buffer.getvalue()
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]


def test_a_jpeg_of_thousands_of_scans_is_told_at_once() -> None:
    began = time.process_time()
    with pytest.raises(UserError, match="scans") as refusal:
        decode_picture(of_many_scans(4000), "scanned.jpg")
    assert time.process_time() - began < LIMIT_S
    assert "\n" not in refusal.value.message


def test_a_jpeg_of_a_few_scans_more_is_read() -> None:
    assert decode_picture(of_many_scans(10)).width == 800


def damaged_fax() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 2, (64, 64)).astype(bool)
    Image.fromarray(noise).save(buffer, "TIFF", compression="group4")
    data = bytearray(buffer.getvalue())
    data[12:60] = bytes(range(100, 148))
    return bytes(data)


def damaged_exif() -> bytes:
    buffer = io.BytesIO()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12\0\x03\0\0\0\x01\0\x06"
    Image.new("RGB", (64, 64), "white").save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def too_many_samples() -> bytes:
    """A TIFF of more samples a pixel than there are colours, and more than Pillow decodes."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "TIFF")
    data = buffer.getvalue()
    three, eight = (struct.pack("<HHII", 277, 3, 1, number) for number in (3, 8))  # the tag's entry
    assert data.count(three) == 1
    return data.replace(three, eight)


@pytest.mark.parametrize(
    "data",
    [damaged_fax(), damaged_exif(), too_many_samples()],
    ids=["fax", "EXIF", "samples"],
)
def test_what_decoders_find_is_not_printed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(data)
    code = (
        "import sys, warnings; warnings.simplefilter('always')\n"
        "from clipasso_core.errors import UserError\n"
        "from clipasso_core.photo.picture import read_picture\n"
        "try: read_picture(sys.argv[1])\n"
        "except UserError: pass\n"
        "print('still here', file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.stderr == "still here\n"


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "F", "P"])
def test_a_picture_read_in_strips_is_the_picture_read_at_once(mode: str) -> None:
    height, width = 3300, 5 * WORK_SIDE
    y, x = np.mgrid[:height, :width]
    levels = ((np.sin(x / 300) * np.cos(y / 200) + 1) * 127).astype(np.uint8)
    grey = Image.fromarray(levels)
    if mode == "I;16":
        image = Image.fromarray(levels.astype(np.uint16) * 256)
    elif mode == "F":
        image = Image.fromarray(levels / np.float32(levels.max()))
    else:
        image = grey.convert(mode)
    factor = WORK_SIDE / width
    small = grey.resize(
        (WORK_SIDE, round(height * factor)), Image.Resampling.LANCZOS, reducing_gap=3
    )
    seen = from_image(image).rgb[..., 0].astype(int)
    assert np.abs(seen - np.asarray(small).astype(int)).max() <= 2
