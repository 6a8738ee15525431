"""Pictures are found wherever they lie, once each, and no two sketches share a file."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import fsspec
import pytest
from support.batches import fill

from clipasso_core.batch.pictures import Photo, Search, with_outputs
from clipasso_core.errors import UserError


def paths(*sources: Path | str, **more: object) -> list[str]:
    """The paths of what is found."""
    search = Search(tuple(str(one) for one in sources), **more)  # type: ignore[arg-type]
    return [photo.path for photo in search.find().photos]


def outputs(*names: str, before: dict[str, str] | None = None) -> dict[str, str]:
    photos = with_outputs([Photo(name, name) for name in names], before or {})
    return {photo.path: photo.output for photo in photos}


# What is found


def test_pictures_of_a_folder_are_those_with_a_pictures_ending(tmp_path: Path) -> None:
    fill(tmp_path, "b.JPG", "a.png", "notes.txt", ".hidden.png", "deep/c.webp", "x.svg")
    assert paths(tmp_path) == ["a.png", "b.JPG"]
    assert paths(tmp_path, recursive=True) == ["a.png", "b.JPG", "deep/c.webp"]


def test_a_glob_chooses_by_name_or_by_path(tmp_path: Path) -> None:
    fill(tmp_path, "cat-1.jpg", "CAT-2.JPG", "dog.jpg", "deep/cat-3.jpg")
    assert paths(tmp_path, glob="cat*.jpg") == ["CAT-2.JPG", "cat-1.jpg"]
    found = paths(tmp_path, glob="deep/*", recursive=True)
    assert found == ["deep/cat-3.jpg"]


def test_files_count_whatever_their_ending_from_the_folder_that_holds_all(tmp_path: Path) -> None:
    fill(tmp_path, "a/x.dat", "b/x.jpg")
    assert paths(tmp_path / "a" / "x.dat", tmp_path / "b" / "x.jpg") == ["a/x.dat", "b/x.jpg"]
    assert paths(tmp_path / "a" / "x.dat") == ["x.dat"]


def test_a_picture_named_twice_is_one(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    assert paths(tmp_path, tmp_path / "a.jpg") == ["a.jpg"]


def test_a_list_names_pictures_from_its_own_folder(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg", "in/deep/b.jpg")
    (tmp_path / "list.txt").write_text("in/a.jpg\r\n\nin/deep/b.jpg\nin/lost.jpg\n")
    # one that is not there is told when it is its turn
    assert paths(tmp_path / "list.txt") == ["a.jpg", "deep/b.jpg", "lost.jpg"]


def test_a_list_between_nuls_names_what_holds_line_breaks(tmp_path: Path) -> None:
    fill(tmp_path, "two\nlines.jpg", "b.jpg")
    (tmp_path / "list.txt").write_bytes(b"two\nlines.jpg\0b.jpg\0")
    assert paths(tmp_path / "list.txt") == ["b.jpg", "two\nlines.jpg"]


def test_names_of_any_bytes_are_found(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe\n.jpg")
    fill(tmp_path, name)
    assert paths(tmp_path) == [name]


def test_links_in_a_circle_are_left_out_and_told(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg", "in/deep/b.jpg")
    (tmp_path / "in" / "deep" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "also").symlink_to(tmp_path / "in" / "deep")
    found = Search((str(tmp_path / "in"),), recursive=True).find()
    # as what it is, though the link's name comes first
    assert [photo.path for photo in found.photos] == ["a.jpg", "deep/b.jpg"]
    assert len(found.notes) == 2
    assert all("looked into: left out" in note for note in found.notes)


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    fill(tmp_path, "elsewhere/b.jpg", "in/a.jpg")
    (tmp_path / "in" / "more").symlink_to(tmp_path / "elsewhere")
    assert paths(tmp_path / "in", recursive=True) == ["a.jpg", "more/b.jpg"]


def test_a_link_that_leads_to_itself_is_a_picture_that_fails_in_its_turn(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg")
    (tmp_path / "in" / "round.jpg").symlink_to("round.jpg")
    assert paths(tmp_path / "in") == ["a.jpg", "round.jpg"]


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="nothing is closed to root")
def test_a_closed_folder_is_told(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg", "in/closed/b.jpg")
    (tmp_path / "in" / "closed").chmod(0)
    found = Search((str(tmp_path / "in"),), recursive=True).find()
    assert [photo.path for photo in found.photos] == ["a.jpg"]
    assert "closed can't be looked into" in found.notes[0]


def test_ten_thousand_files_are_found_and_named_in_seconds(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number}.jpg").touch()
    began = time.process_time()
    photos = with_outputs(Search((str(tmp_path),)).find().photos, {})
    assert len({photo.output for photo in photos}) == 10_000
    assert time.process_time() - began < 5


def test_a_source_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no picture, folder or list"):
        paths(tmp_path / "lost")


@pytest.mark.parametrize("out", ["in", "in/out", "in/deep/../out", "link"])
def test_sketches_do_not_go_where_pictures_are_looked_for(tmp_path: Path, out: str) -> None:
    fill(tmp_path, "in/a.jpg", "in/deep/b.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "in" / "deep")
    with pytest.raises(UserError, match=r"lies within .* choose a folder beside it"):
        paths(tmp_path / "in", out=str(tmp_path / out))


def test_a_folder_whose_name_begins_alike_is_another_one(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg")
    assert paths(tmp_path / "in", out=str(tmp_path / "in-sketches")) == ["a.jpg"]


# Pictures elsewhere


def test_pictures_of_a_store_are_found_by_its_address(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg", "in/deep/b.jpg", "in/.hidden/c.jpg", "in/notes.md")
    url = f"file://{tmp_path}/in"
    assert paths(url) == ["a.jpg"]
    assert paths(url, recursive=True) == ["a.jpg", "deep/b.jpg"]
    assert paths(f"{url}/deep/b.jpg") == ["b.jpg"]


def test_a_key_of_a_store_may_have_empty_parts() -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("/shop/old//b.jpg", b"")
    assert paths("memory://shop", recursive=True) == ["old//b.jpg"]
    store.rm("/shop", recursive=True)


def test_a_store_and_a_folder_have_nothing_in_common(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.jpg")
    with pytest.raises(UserError, match="lie in no common folder"):
        paths(tmp_path / "in", f"file://{tmp_path}/in")


def test_a_store_that_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(UserError, match="nowhere://x can't be reached"):
        paths("nowhere://x")


# Names of sketches


def test_a_sketch_has_its_pictures_path() -> None:
    assert outputs("a/cat.jpg", "b/cat.jpg", "dog") == {
        "a/cat.jpg": "a/cat.svg",
        "b/cat.jpg": "b/cat.svg",
        "dog": "dog.svg",
    }


def test_pictures_that_differ_by_their_ending_keep_it() -> None:
    assert outputs("cat.jpg", "cat.png", "dog.jpg") == {
        "cat.jpg": "cat.jpg.svg",
        "cat.png": "cat.png.svg",
        "dog.jpg": "dog.svg",
    }


@pytest.mark.parametrize("other", ["Cat.jpg", "CAT.JPG"])
def test_capitals_make_no_other_file(other: str) -> None:
    names = outputs("cat.jpg", other)
    assert len({name.lower() for name in names.values()}) == 2


def test_letters_written_in_two_ways_make_no_other_file() -> None:
    names = outputs("caf\u00e9.jpg", "cafe\u0301.jpg")
    assert sorted(names.values()) == ["cafe\u0301.jpg-2.svg", "caf\u00e9.jpg.svg"]


def test_names_that_were_given_stay() -> None:
    names = outputs("cat.jpg", "cat.png", before={"cat.jpg": "cat.svg"})
    assert names == {"cat.jpg": "cat.svg", "cat.png": "cat.png.svg"}


def test_on_windows_no_sketch_has_a_name_that_is_not_allowed_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["a:b.jpg", "a_b.jpg", "nul.jpg", "Com1.x.png", "cats ./aux/c?t.jpg", "console.jpg"]
    photos = [Photo(name, f"s3://cats/{name}") for name in names]
    assert [one.output for one in with_outputs(photos, {})][2:4] == ["nul.svg", "Com1.x.svg"]
    monkeypatch.setattr(sys, "platform", "win32")
    assert [one.output for one in with_outputs(photos, {})] == [
        *("a_b.jpg.svg", "a_b.jpg-2.svg", "_nul.svg", "_Com1.x.svg", "cats/_aux/c_t.svg"),
        "console.svg",
    ]
