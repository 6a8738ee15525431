"""The subject is found as the person names it, or in the cheapest way that works; that is told."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, Protocol

import cv2
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw
from support.pictures import SIZE, draw_subject

from clipasso_core.errors import UserError
from clipasso_core.machine.networks import MASK
from clipasso_core.photo import mask as masks
from clipasso_core.photo.crop import rim
from clipasso_core.photo.mask import Mask, find_subject
from clipasso_core.photo.picture import (
    Picture,
    decode_picture,
    from_array,
    from_image,
    read_picture,
)

BACKDROP = (200, 215, 230)


class MaskFile(Protocol):
    """Writes pixels as a mask file and returns its path."""

    def __call__(self, pixels: ArrayLike) -> str: ...


def not_asked() -> NoReturn:
    raise AssertionError("the guide was asked though it was not needed")


def subject(mask: Mask) -> NDArray[np.bool_]:
    return mask.foreground > 0.5


def backdrop() -> Image.Image:
    return Image.new("RGB", (160, 120), BACKDROP)


def ring() -> Image.Image:
    """A dark ring before a plain backdrop that shows through its hole."""
    image = backdrop()
    ImageDraw.Draw(image).ellipse((40, 20, 120, 100), outline=(40, 30, 30), width=12)
    return image


def disc() -> Image.Image:
    """A dark disc before a plain backdrop."""
    image = backdrop()
    ImageDraw.Draw(image).ellipse((40, 20, 120, 100), fill=(40, 30, 30))
    return image


def in_the_middle() -> NDArray[np.float32]:
    """Relevance as a guide gives it: coarse, strongest in the middle."""
    y, x = np.mgrid[-1:1:14j, -1:1:14j]
    strength: NDArray[np.float64] = np.exp(-3 * (x**2 + y**2))
    return strength.astype(np.float32)


@pytest.fixture
def mask_file(tmp_path: Path) -> MaskFile:
    def write(pixels: ArrayLike) -> str:
        path = tmp_path / "mask.png"
        Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
        return str(path)

    return write


def test_none_takes_the_whole_picture(photo: Path) -> None:
    mask = find_subject(read_picture(photo), "none", not_asked)
    assert mask.source == "none"
    assert (mask.foreground == 1).all()


@pytest.mark.parametrize("choice", ["alpha", "auto"])
def test_transparency_is_the_mask_when_there_is_some(choice: str) -> None:
    rgba = np.full((120, 160, 4), 90, np.uint8)
    rgba[..., 3] = 0
    rgba[30:90, 40:120, 3] = 255
    mask = find_subject(from_array(rgba), choice, not_asked)
    assert mask.source == "alpha"
    assert (mask.foreground == rgba[..., 3] / 255).all()


def test_half_transparent_edges_stay_soft() -> None:
    rgba = np.full((120, 160, 4), 200, np.uint8)
    rgba[..., 3] = np.linspace(0, 255, 160).astype(np.uint8)
    mask = find_subject(from_array(rgba), "alpha", not_asked)
    assert np.allclose(mask.foreground, rgba[..., 3] / 255)


def test_alpha_without_transparency_is_refused(photo: Path) -> None:
    with pytest.raises(UserError, match="no transparency: use --mask"):
        find_subject(read_picture(photo), "alpha", not_asked)


@pytest.mark.parametrize(
    "size", [(160, 120), (80, 60), (320, 240), (81, 60)], ids=lambda size: "x".join(map(str, size))
)
def test_a_mask_file_is_white_on_the_subject_whatever_its_size(
    photo: Path, mask_file: MaskFile, size: tuple[int, int]
) -> None:
    pixels = np.zeros(size[::-1])
    pixels[:, : size[0] // 2] = 255
    mask = find_subject(read_picture(photo), mask_file(pixels), not_asked)
    assert mask.source == "file mask.png"
    assert mask.foreground.shape == (120, 160)
    assert subject(mask)[:, :78].all()
    assert not subject(mask)[:, 82:].any()


def test_a_mask_file_may_tell_the_subject_by_its_transparency(
    photo: Path, mask_file: MaskFile
) -> None:
    pixels = np.zeros((120, 160, 4))
    pixels[:60, :, 3] = 255
    mask = find_subject(read_picture(photo), mask_file(pixels), not_asked)
    assert subject(mask)[:60].all()
    assert not subject(mask)[60:].any()


@pytest.mark.parametrize("size", [(120, 160), (160, 60), (100, 100)])
def test_a_mask_of_other_proportions_is_refused_with_both_sizes(
    photo: Path, mask_file: MaskFile, size: tuple[int, int]
) -> None:
    with pytest.raises(UserError, match=f"{size[0]} x {size[1]} and the photo 160 x 120"):
        find_subject(read_picture(photo), mask_file(np.full(size[::-1], 255)), not_asked)


def test_a_mask_that_is_all_black_is_refused(photo: Path, mask_file: MaskFile) -> None:
    with pytest.raises(UserError, match=r"mask\.png is all background"):
        find_subject(read_picture(photo), mask_file(np.zeros((120, 160))), not_asked)


def test_a_mask_file_that_is_not_there_is_called_a_mask(photo: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no mask"):
        find_subject(read_picture(photo), str(tmp_path / "lost.png"), not_asked)


def test_a_mask_file_that_is_no_picture_is_refused_by_name(
    photo: Path, bad_photo: Callable[[str], Path]
) -> None:
    with pytest.raises(UserError, match=r"text\.png"):
        find_subject(read_picture(photo), str(bad_photo("text")), not_asked)


def test_before_a_plain_backdrop_the_subject_is_what_differs() -> None:
    mask = find_subject(from_array(np.asarray(disc())), "auto", not_asked)
    wanted = np.asarray(disc())[..., 0] < 100
    assert mask.source == "plain border"
    assert (subject(mask) == wanted).mean() > 0.99


def test_what_the_subject_encloses_belongs_to_it() -> None:
    mask = find_subject(from_array(np.asarray(ring())), "auto", not_asked)
    assert mask.source == "plain border"
    assert mask.foreground[60, 80] > 0.99
    assert mask.foreground[5, 5] < 0.01


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_a_plain_backdrop_may_have_the_noise_of_jpeg(quality: int) -> None:
    stream = io.BytesIO()
    disc().save(stream, "JPEG", quality=quality)
    mask = find_subject(decode_picture(stream.getvalue()), "auto", not_asked)
    wanted = (np.asarray(disc())[..., 0] < 100).astype(np.uint8)
    # JPEG smears an edge over its blocks of 8 px
    within_a_block = cv2.dilate(wanted, np.ones((17, 17), np.uint8)) > 0
    assert mask.source == "plain border"
    assert subject(mask)[wanted > 0].mean() > 0.99
    assert not subject(mask)[~within_a_block].any()


def test_a_subject_may_touch_the_edge_of_the_picture() -> None:
    pixels = np.asarray(backdrop()).copy()
    pixels[50:, 60:64] = 0
    pixels[30:60, 40:100] = 0
    mask = find_subject(from_array(pixels), "auto", not_asked)
    assert mask.source == "plain border"
    assert subject(mask)[45, 70]
    assert not subject(mask)[10, 10]


def test_before_a_busy_backdrop_the_guide_is_asked_once_and_grabcut_named(
    noisy_photo: Path,
) -> None:
    asked = []

    def relevance() -> NDArray[np.float32]:
        asked.append(True)
        return in_the_middle()

    mask = find_subject(read_picture(noisy_photo), "auto", relevance)
    assert mask.source == "GrabCut"
    assert len(asked) == 1
    assert subject(mask)[68, 80]
    assert not subject(mask)[3, 3]


def test_grabcut_finds_the_same_subject_every_time(noisy_photo: Path) -> None:
    picture = read_picture(noisy_photo)
    first = find_subject(picture, "auto", in_the_middle)
    second = find_subject(picture, "auto", in_the_middle)
    assert (first.foreground == second.foreground).all()


def test_grabcut_manages_a_picture_of_extreme_proportions() -> None:
    stripe = np.random.default_rng(0).integers(0, 256, (16, 30_000, 3), dtype=np.uint8)
    mask = find_subject(from_array(stripe), "auto", in_the_middle)
    assert np.isfinite(mask.foreground).all()


def test_u2netp_is_preferred_to_grabcut_when_its_file_is_here(
    noisy_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = np.zeros((1, 1, 320, 320), np.float32)
    seen[..., 80:240, 80:240] = 1

    class Net:
        def getUnconnectedOutLayersNames(self) -> tuple[str, ...]:  # noqa: N802 - OpenCV's word
            return ("finest", "coarsest")

        def setInput(self, batch: NDArray[np.float32]) -> None:  # noqa: N802
            assert batch.shape == (1, 3, 320, 320)

        def forward(self, name: str) -> NDArray[np.float32]:
            assert name == "finest"
            return seen

    def read(data: NDArray[np.uint8]) -> Net:
        assert data.tobytes() == b"weights"
        return Net()

    monkeypatch.setattr(cv2.dnn, "readNetFromONNX", read)
    MASK.paths[0].parent.mkdir(parents=True)
    MASK.paths[0].write_bytes(b"weights")
    mask = find_subject(read_picture(noisy_photo), "auto", not_asked)
    assert mask.source == "u2netp"
    assert subject(mask)[60, 80]
    assert not subject(mask)[5, 5]


@pytest.mark.parametrize("content", [b"half a download", b"", b"\x08\x07\x12\x00" * 50])
def test_a_damaged_u2netp_is_refused_in_one_line_and_the_fix_named(
    noisy_photo: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    MASK.paths[0].parent.mkdir(parents=True)
    MASK.paths[0].write_bytes(content)
    with pytest.raises(UserError, match="clipasso models fetch u2netp"):
        find_subject(read_picture(noisy_photo), "auto", not_asked)
    assert capfd.readouterr() == ("", "")


def test_when_nothing_is_found_the_whole_picture_is_taken_and_that_is_told(
    noisy_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(picture: Picture, relevance: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros(picture.rgb.shape[:2], np.float32)

    monkeypatch.setattr(masks, "_from_grabcut", nothing)
    mask = find_subject(read_picture(noisy_photo), "auto", in_the_middle)
    assert mask.source == "none (GrabCut found no subject)"
    assert (mask.foreground == 1).all()


@pytest.mark.parametrize("colour", ["white", "black", BACKDROP])
def test_a_photo_of_one_plain_colour_is_refused(colour: str | tuple[int, int, int]) -> None:
    plain = from_array(np.asarray(Image.new("RGB", (160, 120), colour)))
    with pytest.raises(UserError, match="one plain colour"):
        find_subject(plain, "auto", not_asked)


def test_dust_is_dropped_and_the_parts_are_kept(photo: Path, mask_file: MaskFile) -> None:
    pixels = np.zeros((120, 160))
    pixels[20:100, 20:80] = 255
    pixels[30:60, 100:130] = 255
    pixels[5:8, 150:153] = 255
    mask = find_subject(read_picture(photo), mask_file(pixels), not_asked)
    assert subject(mask)[25, 25]
    assert subject(mask)[45, 115]
    assert (mask.foreground[0:12, 145:] == 0).all()


def test_without_the_package_rembg_its_mask_is_refused_and_the_fix_named(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masks, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"extra \[mask\], or use --mask auto"):
        find_subject(read_picture(photo), "rembg", not_asked)


@pytest.fixture
def rembg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package rembg that finds the left half, and the folder of its models."""
    package = tmp_path / "packages" / "rembg"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from PIL import Image\n"
        "def new_session(model):\n"
        "    return model\n"
        "def remove(image, session, only_mask):\n"
        "    assert only_mask and session in ('u2net', 'isnet-general-use')\n"
        "    mask = Image.new('L', image.size)\n"
        "    mask.paste(255, (0, 0, image.width // 2, image.height))\n"
        "    return mask\n"
    )
    models_folder = tmp_path / "rembg-models"
    models_folder.mkdir()
    monkeypatch.setenv("U2NET_HOME", str(models_folder))
    kept = sys.modules.pop("rembg", None)
    monkeypatch.syspath_prepend(package.parent)
    yield models_folder
    sys.modules.pop("rembg", None)
    if kept is not None:
        sys.modules["rembg"] = kept


@pytest.mark.parametrize(
    ("choice", "model"), [("rembg", "u2net"), ("rembg:isnet-general-use", "isnet-general-use")]
)
def test_with_the_package_rembg_and_its_model_that_is_used(
    photo: Path, rembg: Path, choice: str, model: str
) -> None:
    (rembg / f"{model}.onnx").write_bytes(b"weights")
    mask = find_subject(read_picture(photo), choice, not_asked)
    assert mask.source == f"rembg {model}"
    assert subject(mask)[:, :80].all()
    assert not subject(mask)[:, 80:].any()


def test_rembg_is_never_let_to_download_a_model(photo: Path, rembg: Path) -> None:
    with pytest.raises(UserError, match=r"put u2net\.onnx into"):
        find_subject(read_picture(photo), "rembg", not_asked)


# Cropped, padded and faded pictures


def padded(image: Image.Image, alpha: int = 255) -> Picture:
    """The image in the middle of a transparent bitmap twice as wide."""
    sheet = Image.new("RGBA", (2 * image.width, image.height))
    image = image.convert("RGBA")
    image.putalpha(alpha)
    sheet.paste(image, (image.width // 2, 0))
    return from_image(sheet)


@pytest.mark.parametrize("alpha", [255, 128], ids=["opaque", "faded"])
def test_transparency_around_an_upright_rectangle_is_no_cut_out(alpha: int) -> None:
    image = draw_subject(Image.new("RGB", SIZE, (240, 240, 235)))
    alone = find_subject(from_image(image), "auto", not_asked)
    inside = find_subject(padded(image, alpha), "auto", not_asked)
    assert inside.source == alone.source == "plain border"
    left = SIZE[0] // 2
    assert np.abs(inside.foreground[:, left : left + SIZE[0]] - alone.foreground).mean() < 0.02
    assert inside.foreground[:, :left].max() == 0


def test_a_faded_picture_is_sketched_by_its_subject() -> None:
    image = draw_subject(Image.new("RGB", SIZE, (240, 240, 235))).convert("RGBA")
    image.putalpha(100)
    assert find_subject(from_image(image), "auto", not_asked).source == "plain border"


def cropped(image: Image.Image, box: tuple[int, int, int, int]) -> Picture:
    """A photograph in an oval, nothing beside it."""
    cut = Image.new("L", image.size, 0)
    ImageDraw.Draw(cut).ellipse(box, fill=255)
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    clear.paste(image, mask=cut)
    return from_image(clear)


def on_its_rim(mask: Mask) -> NDArray[np.bool_]:
    """Where the subject reaches the end of what the oval shows."""
    assert mask.shown is not None
    return subject(mask)[rim(mask.shown)]


def test_an_oval_around_the_subject_is_not_the_subject() -> None:
    found = find_subject(cropped(disc(), (10, 5, 150, 115)), "auto", not_asked)
    assert found.source == "plain border"
    assert not on_its_rim(found).any()
    assert (subject(found) == subject(find_subject(from_image(disc()), "auto", not_asked))).all()


def test_an_oval_that_cuts_the_subject_off_crops_it() -> None:
    found = find_subject(cropped(disc(), (70, 5, 154, 115)), "auto", in_the_middle)
    assert found.source != "alpha"
    assert 0.05 < on_its_rim(found).mean() < 0.6
    assert not subject(found)[:, :69].any()


@pytest.mark.parametrize("seen", ["the whole ball", "a spot of it", "nothing"])
def test_a_round_thing_that_was_cut_out_is_the_subject(
    monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    rows, columns = np.mgrid[:120, :160]
    away = np.hypot(columns - 80, rows - 60)
    shade = np.clip(220 - 2 * np.hypot(columns - 70, rows - 50), 30, 220)
    ball = Image.fromarray(np.dstack([shade, shade / 4, shade / 4]).astype(np.uint8))
    reach = {"the whole ball": 200, "a spot of it": 12, "nothing": 0}[seen]

    def network(picture: Picture) -> NDArray[np.float32]:
        height, width = picture.rgb.shape[:2]
        top, left = (120 - height) // 2, (160 - width) // 2
        found: NDArray[np.bool_] = away[top : top + height, left : left + width] < reach
        return found.astype(np.float32)

    MASK.paths[0].parent.mkdir(parents=True)
    MASK.paths[0].write_bytes(b"weights")
    monkeypatch.setattr(masks, "_from_u2netp", network)
    found = find_subject(cropped(ball, (40, 20, 120, 100)), "auto", not_asked)
    assert found.source == "alpha"
    assert found.shown is None


def test_what_was_cut_out_along_its_outline_is_the_subject() -> None:
    pixels = np.asarray(draw_subject(Image.new("RGB", SIZE, "white")))
    alpha = np.where(pixels.min(2) < 255, 255, 0).astype(np.uint8)
    found = find_subject(from_array(np.dstack([pixels, alpha])), "auto", not_asked)
    assert found.source == "alpha"
    assert found.shown is None


def test_transparency_is_insisted_on_even_where_it_crops() -> None:
    found = find_subject(cropped(disc(), (10, 5, 150, 115)), "alpha", not_asked)
    assert found.source == "alpha"
    assert subject(found)[60, 15]


def test_a_padded_picture_is_shown_in_its_window_only(photo: Path) -> None:
    found = find_subject(padded(Image.open(photo)), "auto", not_asked)
    assert found.shown is not None
    assert found.shown.sum() == SIZE[0] * SIZE[1]


def test_a_window_passes_the_relevance_of_its_own_part(noisy_photo: Path) -> None:
    image = Image.open(noisy_photo).convert("RGB")
    asked = []

    def relevance() -> NDArray[np.float32]:
        asked.append(True)
        seen = np.zeros((8, 16), np.float32)
        seen[2:6, 6:10] = 1
        return seen

    found = find_subject(padded(image), "auto", relevance)
    assert asked
    assert found.source == "GrabCut"
    width = SIZE[0]
    beside = found.foreground[:, : width // 2]
    within = found.foreground[:, width // 2 :][:, :width]
    assert within.mean() > 4 * beside.mean()
