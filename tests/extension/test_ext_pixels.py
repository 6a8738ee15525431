"""What the engine gets to see of a bitmap: its own bytes where they are what the eye sees, else
Inkscape's drawing of it.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple
from urllib.parse import quote

import pytest
from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document import pixels, rendering, source
from clipasso_ext.document.placement import Box
from clipasso_ext.document.selection import Photo, find_photos
from clipasso_ext.names import DEFS, GROUP, IMAGE, STYLE_SHEET, SVG, XLINK_HREF
from clipasso_ext.problem import Problem
from inkex import Transform
from lxml import etree

from easel import document, exif, gif, hexad, image, jpeg, photo_of, png, root, tree_of, uri
from matrices import applied, rotate, scale, skew, text, times, translate
from stand_in import StandIn

PNG = png(40, 20)
posix = pytest.mark.skipif(
    sys.platform == "win32", reason="names and links as other systems have them"
)


class Drawn(Exception):  # noqa: N818 - stands for a drawing
    """Inkscape was asked to draw the bitmap."""


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "draws" not in request.node.name:

        def draw(*_: Any) -> None:
            raise Drawn

        monkeypatch.setattr(pixels, "write_drawing", draw)


def seen(
    svg: Any, scratch: Path, folders: Sequence[Path] = (), ident: str = "photo"
) -> pixels.Pixels:
    return pixels_of(photo_of(svg, ident), svg, list(folders), scratch)


def pixels_of(photo: Photo, svg: Any, folders: List[Path], scratch: Path) -> pixels.Pixels:
    """Of a photo, drawn if need be."""
    found = pixels.find_pixels(photo, svg, folders, scratch)
    return found if isinstance(found, pixels.Pixels) else found.draw(Cancellation())


def is_drawn(svg: Any, scratch: Path, ident: str = "photo") -> bool:
    try:
        seen(svg, scratch, ident=ident)
    except Drawn:
        return True
    return False


def corners(box: Box) -> Tuple[float, float, float, float]:
    return (box.x, box.y, box.width, box.height)


# Embedded

EMBEDDED = {
    "plain": uri(),
    "lines": re.sub("(.{60})", r"\1&#10;", uri()),
    "spaces": "data:image/png;base64, " + uri()[22:].replace("A", "A "),
    "percent": "data:image/png;base64," + quote(uri()[22:], safe=""),
    "space before": " \n" + uri(),
    "upper case": "DATA:image/PNG;BASE64," + uri()[22:],
    "charset": "data:image/png;charset=utf-8;base64," + uri()[22:],
    "no kind": "data:;base64," + uri()[22:],
    "not padded": uri().rstrip("="),
    "no base64": "data:image/png," + quote(PNG, safe=""),
}


@pytest.mark.parametrize("form", EMBEDDED)
def test_an_embedded_bitmap_is_handed_over_byte_for_byte(form: str, scratch: Path) -> None:
    found = seen(root(image(link=EMBEDDED[form])), scratch)
    assert found.path.read_bytes() == PNG
    assert (found.size_px, corners(found.box), found.rendered) == (
        (40, 20),
        (10, 20, 80, 40),
        False,
    )


def test_the_older_and_the_newer_spelling_of_a_link_are_read(scratch: Path) -> None:
    body = '<image id="photo" width="80" height="40" href="%s"/>' % uri()
    assert seen(root(body), scratch).path.read_bytes() == PNG


@pytest.mark.parametrize(
    "link",
    [
        "data:",
        "data:image/png;base64",
        "data:image/png;base64,%%%",
        "data:image/png;base64,ÄÖ=",
        "data:;base64,A",
    ],
)
def test_a_damaged_embedded_bitmap_is_refused(link: str, scratch: Path) -> None:
    with pytest.raises(Problem, match="embedded bitmap is damaged: import it again"):
        seen(root(image(link=link)), scratch)


def test_an_embedded_bitmap_that_is_too_large_is_refused_before_it_is_decoded(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 50)
    monkeypatch.setattr("base64.b64decode", lambda *_, **__: pytest.fail("was decoded"))
    with pytest.raises(Problem, match="larger than"):
        seen(root(image()), scratch)


@pytest.mark.parametrize(
    "ident", ["../outside", "/tmp/clipasso-outside", "a/b", "x" * 300, "ü", ".", "a&#10;b"]
)
def test_files_are_not_named_by_the_documents_ids(ident: str, scratch: Path) -> None:
    svg = root(image(ident))
    found = seen(svg, scratch, ident=ident.replace("&#10;", "\n"))
    assert found.path.parent == scratch
    assert list(scratch.parent.rglob("*outside*")) == []


def test_two_bitmaps_of_one_clone_have_a_file_each(scratch: Path) -> None:
    svg = root(
        '<g id="g">%s%s</g><use id="u" xlink:href="#g"/>'
        % (image("a"), image("b", link=uri(png(20, 10))))
    )
    one, two = (pixels_of(photo, svg, [], scratch) for photo in find_photos(svg, ["u"]))
    assert one.path.read_bytes() == PNG
    assert two.path.read_bytes() == png(20, 10)


@posix
def test_a_full_disk_is_a_problem_that_names_the_place(scratch: Path) -> None:
    with pytest.raises(Problem, match=r"can't be copied to .*nowhere.*make room there"):
        seen(root(image()), scratch / "nowhere")


# Linked


def linked(link: str, *folders: Path, more: str = "") -> Optional[Path]:
    """The file that a link leads to."""
    return source.find_source(photo_of(root(image(link=link, more=more))).image, list(folders)).path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the bitmap under names of all sorts."""
    for name in ("photo.png", "with space.png", "50%.png", "Kätzchen.png", "a#b.png"):
        (tmp_path / name).write_bytes(PNG)
    return tmp_path


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("photo.png", "photo.png"),
        ("./photo.png", "photo.png"),
        ("sub/../photo.png", None),
        ("with%20space.png", "with space.png"),
        ("with space.png", "with space.png"),
        ("50%25.png", "50%.png"),
        ("50%.png", "50%.png"),
        ("K%C3%A4tzchen.png", "Kätzchen.png"),
        ("Kätzchen.png", "Kätzchen.png"),
        ("a%23b.png", "a#b.png"),
    ],
)
def test_a_relative_link_is_found_beside_the_document(
    link: str, name: Optional[str], folder: Path
) -> None:
    if name is None:
        (folder / "sub").mkdir()
    assert linked(link, folder) == (folder / (name or "photo.png")).resolve()


@posix
@pytest.mark.parametrize("start", ["file://", "file:", "FILE://", "file://localhost"])
@pytest.mark.parametrize(
    "name", ["photo.png", "with space.png", "50%.png", "Kätzchen.png", "a#b.png"]
)
def test_a_file_address_is_followed(start: str, name: str, folder: Path) -> None:
    assert linked(start + quote(str(folder / name))) == (folder / name).resolve()


@posix
def test_an_absolute_link_is_followed(folder: Path) -> None:
    assert linked(str(folder / "photo.png")) == (folder / "photo.png").resolve()


def test_the_input_files_folder_comes_first_then_the_documents(tmp_path: Path) -> None:
    for name in ("input", "document"):
        (tmp_path / name).mkdir()
    (tmp_path / "document" / "photo.png").write_bytes(PNG)
    both = (tmp_path / "input", tmp_path / "document")
    assert linked("photo.png", *both) == (tmp_path / "document" / "photo.png").resolve()
    (tmp_path / "input" / "photo.png").write_bytes(PNG)
    assert linked("photo.png", *both) == (tmp_path / "input" / "photo.png").resolve()


def test_a_link_that_leads_nowhere_falls_back_to_where_the_bitmap_was_imported_from(
    folder: Path,
) -> None:
    more = 'sodipodi:absref="%s"' % (folder / "photo.png")
    assert linked("../../gone.png", folder, more=more) == (folder / "photo.png").resolve()


def test_a_linked_bitmap_is_not_copied(folder: Path, scratch: Path) -> None:
    found = seen(root(image(link="photo.png")), scratch, [folder])
    assert found.path == (folder / "photo.png").resolve()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("link", "scheme"),
    [
        ("http://example.org/a.png", "http:"),
        ("HTTPS://example.org/secret?token=1", "HTTPS:"),
        ("ftp://example.org/a.png", "ftp:"),
        ("smb://host/a.png", "smb:"),
        ("javascript:alert(1)", "javascript:"),
    ],
)
def test_nothing_is_fetched_from_the_network(link: str, scheme: str, folder: Path) -> None:
    with pytest.raises(Problem) as told:
        linked(link, folder)
    assert (
        "on the network (%s...), from where nothing is fetched: save it on this computer" % scheme
        in str(told.value)
    )
    assert "token" not in str(told.value)


@pytest.mark.parametrize(
    "link",
    [
        "file://host/share/a.png",
        "file:////host/share/a.png",
        "//host/share/a.png",
        "\\\\host\\share\\a.png",
        "%5C%5Chost%5Ca.png",
        "file:a",
    ],
)
def test_nothing_is_read_from_other_computers(link: str, folder: Path) -> None:
    with pytest.raises(
        Problem, match="on another computer, from where nothing is read: copy it to this one"
    ):
        linked(link, folder)


@pytest.mark.parametrize("absref", ["//host/share/photo.png", "\\\\host\\share\\photo.png"])
def test_not_even_where_it_was_imported_from_is_on_another_computer(
    absref: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    real = Path.stat

    def stat(self: Path, **more: Any) -> Any:
        looked.append(str(self))
        return real(self, **more)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(Problem, match="missing"):
        linked("gone.png", folder, more='sodipodi:absref="%s"' % absref)
    assert not [path for path in looked if "host" in path]


def test_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(
        Problem, match=r"file is missing: .*sub.gone one.png. Put it back, or relink"
    ):
        linked("sub/gone%20one.png", folder)


@pytest.mark.parametrize("link", ["a%00b.png", "x" * 5000, "photo.png/more", "%"])
def test_names_that_no_file_can_have_are_missing(link: str, folder: Path) -> None:
    with pytest.raises(Problem, match="missing") as told:
        linked(link, folder)
    assert len(str(told.value)) < 400


def test_a_folder_is_no_bitmap(folder: Path) -> None:
    (folder / "album").mkdir()
    for link in ("album", ".", "album/"):
        with pytest.raises(Problem, match="is not a regular file: link the bitmap's file itself"):
            linked(link, folder)


@posix
def test_a_pipe_is_refused_without_waiting_for_it(folder: Path) -> None:
    os.mkfifo(str(folder / "pipe.png"))
    with pytest.raises(Problem, match="not a regular file"):
        linked("pipe.png", folder)


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "file:///dev/null"])
def test_a_device_is_refused(device: str, folder: Path) -> None:
    if device == "/dev/stdin" and stat.S_ISREG(os.stat(device).st_mode):
        pytest.skip("is a file here")
    with pytest.raises(Problem, match="not a regular file"):
        linked(device, folder)


def test_a_file_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 20)
    with pytest.raises(Problem, match=r"is larger than .* MB: save it smaller"):
        linked("photo.png", folder)


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(folder: Path, scratch: Path) -> None:
    (folder / "photo.png").chmod(0)
    with pytest.raises(Problem, match="file can't be read"):
        seen(root(image(link="photo.png")), scratch, [folder])


def test_a_file_that_can_not_be_read_is_told(
    folder: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source.Source, "head", lambda self: (folder / "gone").read_bytes())
    with pytest.raises(Problem, match=r"file can't be read \(No such file.*photo.png"):
        seen(root(image(link="photo.png")), scratch, [folder])


def test_messages_never_tell_what_is_in_a_file_or_in_an_embedded_bitmap(
    folder: Path, scratch: Path
) -> None:
    (folder / "secret.png").write_text("root:SECRET:0:0")
    for link in (
        "secret.png",
        "data:text/plain,SECRET",
        " data:text/plain;base64;x," + "SECRET" * 99,
    ):
        with pytest.raises((Problem, Drawn)) as told:
            seen(root(image(link=link)), scratch, [folder])
        assert "SECRET" not in str(told.value)


# Where the picture lies on the image


def test_an_image_without_a_size_has_its_bitmaps(scratch: Path) -> None:
    assert corners(
        seen(root('<image id="photo" x="3" xlink:href="%s"/>' % uri()), scratch).box
    ) == (3, 0, 40, 20)


@pytest.mark.parametrize(
    "size",
    [
        'width="80"',
        'height="40"',
        'width="80" height="auto"',
        'width="40%"',
        'height="40%"',
        'width="80px"',
    ],
)
def test_a_size_that_is_missing_follows_from_the_other(size: str, scratch: Path) -> None:
    assert corners(
        seen(root('<image id="photo" %s xlink:href="%s"/>' % (size, uri())), scratch).box
    ) == (0, 0, 80, 40)


@pytest.mark.parametrize(
    "size", ['width="0" height="9"', 'width="-5" height="9"', 'width="wide" height="9"']
)
def test_an_image_of_no_size_is_refused(size: str, scratch: Path) -> None:
    with pytest.raises(Problem, match="no size on the page: give it a width and a height"):
        seen(root('<image id="photo" %s xlink:href="%s"/>' % (size, uri())), scratch)


def test_a_turned_photograph_is_as_wide_as_it_is_shown(scratch: Path) -> None:
    link = uri(jpeg(exif(6)), "image/jpeg")
    found = seen(root(image(link=link, box='width="32" height="48"')), scratch)
    assert (found.size_px, corners(found.box)) == ((16, 24), (0, 0, 32, 48))


@pytest.mark.parametrize(
    ("words", "box"),
    [
        ("xMidYMid", (30, 20, 40, 20)),
        ("xMinYMin", (10, 20, 40, 20)),
        ("xMaxYMax meet", (50, 20, 40, 20)),
    ],
)
def test_the_box_is_what_the_picture_fills(words: str, box: Tuple[int, ...], scratch: Path) -> None:
    body = image(
        more='preserveAspectRatio="%s"' % words, box='x="10" y="20" width="80" height="20"'
    )
    assert corners(seen(root(body), scratch).box) == box


@pytest.mark.parametrize(
    "page",
    [
        'width="100" height="100" viewBox="a b c d"',
        'viewBox=""',
        'viewBox="0 0 0 0"',
        'width="x"',
        "",
    ],
)
def test_a_damaged_page_size_does_no_harm(page: str, scratch: Path) -> None:
    assert seen(root(image(), page), scratch).size_px == (40, 20)


# What has to be drawn by Inkscape, and what has not

CLIP = '<clipPath id="c"><circle cx="50" cy="40" r="9"/></clipPath>'
STRAIGHT = {
    "nothing": "",
    "turned": 'transform="rotate(20)"',
    "mirrored": 'transform="scale(-1,1)"',
    "turned and grown": 'transform="rotate(20) scale(7)"',
    "whole opacity": 'opacity="1" style="opacity:1.0"',
    "none of all": 'clip-path="none" mask="none" style="filter:none;mix-blend-mode:normal"',
    "other style": 'style="fill-opacity:0.5;image-rendering:optimizeSpeed"',
    "style wins": 'opacity="0.5" style="opacity:1"',
    "slice of its own proportions": 'preserveAspectRatio="xMidYMid slice"',
}
DRAWN = {
    "clip": 'clip-path="url(#c)"',
    "clip in style": 'style="clip-path:url(#c)"',
    "mask": 'mask="url(#m)"',
    "mask in style": 'style="opacity:1;mask: url(#m)"',
    "filter": 'style="filter:url(#f)"',
    "opacity": 'opacity="0.5"',
    "opacity in style": 'style="display:inline;opacity:.5"',
    "blend": 'style="mix-blend-mode:multiply"',
    "upper case": 'style="OPACITY:0.5"',
    "stretched": 'transform="scale(2,1)"',
}


@pytest.mark.parametrize("case", STRAIGHT)
def test_the_bitmap_itself_is_taken_where_it_is_what_the_eye_sees(case: str, scratch: Path) -> None:
    assert not is_drawn(root(image(more=STRAIGHT[case])), scratch)


@pytest.mark.parametrize("case", DRAWN)
def test_what_the_eye_sees_is_drawn_where_it_is_not_the_bitmap(case: str, scratch: Path) -> None:
    assert is_drawn(root(CLIP + image(more=DRAWN[case])), scratch)


@pytest.mark.parametrize("case", ["clip", "mask in style", "opacity", "stretched"])
def test_groups_and_clones_count_as_well(case: str, scratch: Path) -> None:
    more = DRAWN[case]
    assert is_drawn(root("%s<g %s>%s</g>" % (CLIP, more, image())), scratch)
    assert is_drawn(
        root('%s%s<use id="u" xlink:href="#photo" %s/>' % (CLIP, image(), more)), scratch, "u"
    )
    assert not is_drawn(root("%s<g %s/>%s" % (CLIP, more, image())), scratch)


def test_style_sheets_with_effects_count(scratch: Path) -> None:
    assert is_drawn(root("<style>image { opacity: 0.5 }</style>" + image()), scratch)
    assert is_drawn(root("<defs><style>.faint{filter:url(#f)}</style></defs>" + image()), scratch)
    assert not is_drawn(root("<style>path { fill: red }</style><style/>" + image()), scratch)


def test_slices_and_stretched_bitmaps_are_drawn(scratch: Path) -> None:
    square = 'x="0" y="0" width="40" height="40"'
    assert is_drawn(root(image(more='preserveAspectRatio="xMidYMid slice"', box=square)), scratch)
    assert is_drawn(root(image(more='preserveAspectRatio="none"', box=square)), scratch)
    assert not is_drawn(
        root(image(more='preserveAspectRatio="xMidYMid meet"', box=square)), scratch
    )
    assert not is_drawn(
        root(image(more='preserveAspectRatio="none" transform="scale(2,1)"', box=square)), scratch
    )


OTHER_KINDS = [
    b"II*\0 a tiff",
    b"RIFF\x24\0\0\0WEBPVP8 ",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    PNG[:20],
    b"",
    gif(0, 9),
]


@pytest.mark.parametrize("data", OTHER_KINDS)
def test_bitmaps_of_other_kinds_are_drawn_if_inkscape_shows_them(
    data: bytes, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg = root(image(link=uri(data, "image/any")))
    monkeypatch.setattr(pixels, "is_shown", lambda *_: True)
    assert is_drawn(svg, scratch)
    monkeypatch.setattr(pixels, "is_shown", lambda *_: False)
    with pytest.raises(
        Problem,
        match="damaged, or of a kind that this Inkscape does not show: save it as PNG or JPEG",
    ):
        seen(svg, scratch)


def test_what_inkscape_shows_is_known_from_gtk(scratch: Path) -> None:
    gi = pytest.importorskip("gi", reason="this Python has no GTK")
    gi.require_version("GdkPixbuf", "2.0")
    turned = png(40, 20, (b"eXIf", b"II*\0"))
    for data, shown in (
        (turned, True),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", True),
        (b"", False),
        (b"once upon", False),
    ):
        assert pixels.is_shown(source.Source(data, None), scratch) is shown
        path = scratch / "linked"
        path.write_bytes(data)
        assert pixels.is_shown(source.Source(None, path), scratch) is shown


# Drawing


@posix
def test_inkscape_draws_1024_pixels_of_the_longer_side(inkscape: StandIn, scratch: Path) -> None:
    inkscape.does("open(target, 'wb').write(b'drawn')")
    # 240 x 40 on the page
    found = seen(root(image(more='opacity="0.5" transform="rotate(20) scale(3,1)"')), scratch)
    assert found.path.read_bytes() == b"drawn"
    assert (found.size_px, corners(found.box), found.rendered) == (
        (1024, 171),
        (10, 20, 80, 40),
        True,
    )
    (words,) = inkscape.calls()
    assert {
        "--export-width=1024",
        "--export-height=171",
        "--export-area-page",
        "--export-type=png",
    } < set(words)
    assert Path(words[0]).parent == scratch


@posix
@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("sys.exit(1)", "could not draw the bitmap"),
        ("pass", "could not draw the bitmap"),
        ("print('x'); os.abort()", "could not draw"),
    ],
)
def test_a_failure_of_inkscape_draws_a_way_out(
    act: str, told: str, inkscape: StandIn, scratch: Path
) -> None:
    inkscape.does(act)
    with pytest.raises(Problem, match=told + ".*make a bitmap copy of it"):
        seen(root(image(more='opacity="0.5"')), scratch)


@posix
def test_inkscape_that_never_ends_draws_nothing(
    inkscape: StandIn, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inkscape.does("import time; time.sleep(60)")
    monkeypatch.setattr(rendering, "RENDER_S", 0.3)
    with pytest.raises(Problem, match="did not draw the bitmap within"):
        seen(root(image(more='opacity="0.5"')), scratch)


def test_a_missing_command_draws_a_way_out(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKSCAPE_COMMAND", str(scratch / "nowhere"))
    with pytest.raises(Problem, match="Inkscape's own command was not found"):
        seen(root(image(more='opacity="0.5"')), scratch)


@pytest.mark.parametrize(
    "squashed", ["scale(0,1)", "scale(1,0)", "scale(0)", "matrix(1,2,2,4,0,0)"]
)
def test_a_squashed_bitmap_draws_a_refusal(squashed: str, scratch: Path) -> None:
    with pytest.raises(Problem, match="squashed to nothing: undo its transform"):
        seen(root(image(more='opacity="0.5" transform="%s"' % squashed)), scratch)


def alone(svg: Any, ident: str = "photo", folders: Sequence[Path] = ()) -> Any:
    """The document that is handed to Inkscape."""
    photo = photo_of(svg, ident)
    found = source.find_source(photo.image, list(folders))
    box = pixels.image_box(photo.image, (40, 20), (200, 100))
    handed = etree.tostring(rendering.bitmap_alone(photo, svg, found, box, (1024, 512)))
    return tree_of(handed)


def outside_defs(tree: Any) -> List[str]:
    return [
        one.tag.replace(SVG, "")
        for one in tree.iter()
        if not any(up.tag == DEFS for up in [one, *one.iterancestors()])
    ]


OTHERS = '<rect width="99" height="99"/><text>secret</text>' + image("other") + "<!-- secret -->"


def test_the_document_that_is_drawn_holds_no_other_objects() -> None:
    body = '%s<g id="g" style="opacity:0.5">%s%s%s</g>' % (OTHERS, OTHERS, image(), OTHERS)
    tree = alone(root(body, head="<defs>%s<script>1</script></defs>" % CLIP))
    assert outside_defs(tree) == ["svg", "g", "g", "image"]
    assert b"secret" not in etree.tostring(tree)
    assert len(tree.findall(".//" + IMAGE)) == 1


def test_the_document_that_is_drawn_has_everything_that_the_bitmap_refers_to() -> None:
    head = '<defs>%s<filter id="f"/></defs><style>.a{opacity:.5}</style>' % CLIP
    body = (
        '<mask id="m"><rect width="9" height="9"/></mask><g class="a" style="filter:url(#f)"'
        ' mask="url(#m)">%s</g>'
    )
    tree = alone(root(body % image(more='clip-path="url(#c)"'), head=head))
    ids = {one.get("id") for one in tree.iter()}
    assert {"c", "f", "m", "photo"} < ids
    group = tree.find(GROUP + "/" + GROUP)
    assert dict(group.attrib, transform="") == {
        "class": "a",
        "style": "filter:url(#f)",
        "mask": "url(#m)",
        "transform": "",
    }
    assert tree.find(".//" + IMAGE).get("clip-path") == "url(#c)"
    assert [one.text for one in tree.iter(STYLE_SHEET)] == [".a{opacity:.5}"]


def test_the_document_that_is_drawn_is_the_bitmaps_box_straightened() -> None:
    matrices = [
        times(rotate(30), skew(20)),
        times(translate(9, 9), scale(-2, 1)),
        times(rotate(-80), scale(0.1, 3)),
    ]
    body = '<g transform="%s"><use id="u" xlink:href="#photo" transform="%s"/></g>%s'
    own = image(more='transform="%s"' % text(matrices[2]))
    tree = alone(root(body % (text(matrices[0]), text(matrices[1]), own)), "u")
    assert (tree.get("viewBox"), tree.get("width"), tree.get("height")) == (
        "10.0 20.0 80.0 40.0",
        "1024",
        "512",
    )
    assert tree.get("preserveAspectRatio") == "none"
    drawn = tree.find(".//" + IMAGE)
    chain = [
        hexad(Transform(one.get("transform")))
        for one in reversed([drawn, *drawn.iterancestors()])
        if one.get("transform")
    ]
    for corner in ((10, 20), (90, 20), (10, 60)):
        assert applied(times(*chain), corner) == pytest.approx(corner, abs=1e-6)


@posix
def test_the_document_that_is_drawn_finds_a_linked_bitmap(folder: Path) -> None:
    for body in (
        image(link="with%20space.png"),
        '<image id="photo" width="80" height="40" href="with%20space.png"/>',
    ):
        tree = alone(root(body), folders=[folder])
        drawn = tree.find(".//" + IMAGE)
        assert drawn.get(XLINK_HREF) == (folder / "with space.png").resolve().as_uri()
        assert drawn.get("href") is None


def test_drawing_leaves_the_document_as_it_is(folder: Path) -> None:
    svg = root("%s<g>%s</g>after" % (CLIP, image(link="photo.png", more='clip-path="url(#c)"')))
    before = etree.tostring(svg)
    alone(svg, folders=[folder])
    assert etree.tostring(svg) == before


def test_the_document_is_well_formed() -> None:
    tree_of(document(CLIP + image()))
