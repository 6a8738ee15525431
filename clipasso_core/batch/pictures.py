"""The pictures of a batch: found in folders, files, lists and stores, in an order that stays, each
with the name of its sketch.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from clipasso_core.batch.place import file_system, is_url, reason
from clipasso_core.errors import UserError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f]')  # on Windows; a colon begins a hidden file
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|$)", re.IGNORECASE)
LIST = ".txt"  # how a file ends that names pictures, one a line


@dataclass(frozen=True)
class Photo:
    """A picture to draw.

    path: below the folder that holds them all, with ``/`` between its parts; it names the picture.
    place: where it is read, a path of this machine or a URL.
    output: its sketch's file, below OUT.
    """

    path: str
    place: str
    output: str = ""


@dataclass
class Found:
    """Pictures, and what is worth telling about the search: one sentence each."""

    photos: list[Photo]
    notes: list[str]


@dataclass
class Search:
    """Looks for pictures.

    recursive: in folders within folders, too.
    glob: which names count, in capitals or not; with a ``/`` in it it is compared with the path
        below the folder. None takes the endings of pictures that can be read.
    out: the folder of the sketches, which may not lie in one that is searched.
    """

    sources: tuple[str, ...]
    recursive: bool = False
    glob: str | None = None
    out: str = ""
    _notes: list[str] = field(default_factory=list)

    def find(self) -> Found:
        """All pictures, sorted by their paths. Raises `UserError` for a source that is not there or
        may not be one.
        """
        self._notes = []
        found: dict[str, None] = {}  # places
        roots = []
        for source in self.sources:
            for root, places in self._of_source(source, listed=False):
                roots.append(root)
                found.update(dict.fromkeys(places))
        start = _common(roots)
        photos = [Photo(_below(place, start), place) for place in found]
        return Found(sorted(photos, key=lambda photo: photo.path), self._notes)

    def _of_source(self, source: str, listed: bool) -> Iterator[tuple[str, Iterable[str]]]:
        """The folder from which a source's paths count, and its pictures."""
        if is_url(source):
            yield self._of_url(source)
        elif os.path.isdir(source):
            self._refuse_out_within(source)
            yield os.path.abspath(source), self._of_folder(os.path.abspath(source))
        elif source.lower().endswith(LIST) and not listed:
            for line in _lines(source):
                yield from self._of_source(line, listed=True)
        elif listed or os.path.lexists(source):
            place = os.path.abspath(source)
            yield os.path.dirname(place), [place]
        else:
            raise UserError(
                "no-photo",
                "there is no picture, folder or list {source}: check the name",
                source=source,
            )

    def _of_folder(self, folder: str) -> list[str]:
        """Pictures in a folder; each real folder is looked into once, however many links lead to
        it, and as what it is rather than by a link.
        """
        places = []
        seen: set[tuple[int, int]] = set()
        linked: list[str] = []  # links to folders: after all that are none
        waiting = [folder]
        while waiting or linked:
            here = waiting.pop() if waiting else linked.pop(0)
            try:
                status = os.stat(here)
                if (status.st_dev, status.st_ino) in seen:
                    self._notes.append(f"{here} leads to a folder that was looked into: left out")
                    continue
                seen.add((status.st_dev, status.st_ino))
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                self._notes.append(f"{here} can't be looked into ({error.strerror}): left out")
                continue
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if _is_folder(entry):
                    if self.recursive:
                        (linked if entry.is_symlink() else waiting).append(entry.path)
                elif self._counts(os.path.relpath(entry.path, folder).replace(os.sep, "/")):
                    places.append(entry.path)
        return places

    def _of_url(self, source: str) -> tuple[str, list[str]]:
        system, path = file_system(source)
        try:
            system.invalidate_cache()
            if system.isfile(path):
                return source.rpartition("/")[0], [source]
            depth = None if self.recursive else 1
            inside = system.find(path, maxdepth=depth)
        except Exception as error:  # each store's own
            raise UserError(
                "bad-url", "{source} can't be listed: {reason}", source=source, reason=reason(error)
            ) from None
        root = source.rstrip("/")
        if self.out == root or self.out.startswith(f"{root}/"):
            raise _out_within(self.out, source)
        start = len(path.rstrip("/")) + 1
        names = [one[start:] for one in inside]
        shown = [one for one in names if not any(part.startswith(".") for part in one.split("/"))]
        return root, [f"{root}/{name}" for name in shown if self._counts(name)]

    def _counts(self, path: str) -> bool:
        """Whether a file's name, or its path below the folder, is one that was asked for."""
        name = path.rpartition("/")[2]
        if self.glob is None:
            return name.lower().endswith(ENDINGS)
        compared = path if "/" in self.glob else name
        return fnmatchcase(compared.lower(), self.glob.lower())

    def _refuse_out_within(self, folder: str) -> None:
        if not self.out or is_url(self.out):
            return
        inner, outer = os.path.realpath(self.out), os.path.realpath(folder)
        if inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep):
            raise _out_within(self.out, folder)


def _out_within(out: str, folder: str) -> UserError:
    return UserError(
        "bad-output",
        "{out} lies within {folder}, where the pictures are: choose a folder beside it with -o",
        out=out,
        folder=folder,
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere, or in a circle: told when it is read
        return False


def _lines(name: str) -> list[str]:
    """What a list names, from the list's own folder; between NULs where there are any, as names may
    hold line breaks.
    """
    from clipasso_core.files import read_bytes

    text = read_bytes(name, "list").decode("utf-8", "surrogateescape")
    lines = text.split("\0") if "\0" in text else text.replace("\r\n", "\n").split("\n")
    folder = os.path.dirname(os.path.abspath(name))
    named = [line for line in lines if line.strip()]
    return [line if is_url(line) else os.path.join(folder, line) for line in named]


def _common(roots: list[str]) -> str:
    """The folder that holds them all. Raises `UserError` where none does."""
    if not roots:
        return ""
    apart = UserError(
        "bad-pictures", "those pictures lie in no common folder: draw each place on its own"
    )
    if any(is_url(root) for root in roots):
        schemes = {root.partition("://")[0] for root in roots}
        if len(schemes) > 1 or not all(is_url(root) for root in roots):
            raise apart
        scheme = schemes.pop()
        return f"{scheme}://" + posixpath.commonpath([root.partition("://")[2] for root in roots])
    try:
        return os.path.commonpath(roots)
    except ValueError:  # drives of Windows
        raise apart from None


def _below(place: str, start: str) -> str:
    """A picture's path below the folder that holds them all."""
    if is_url(place):
        return place[len(start.rstrip("/")) + 1 :]
    return os.path.relpath(place, start).replace(os.sep, "/")


def with_outputs(photos: Iterable[Photo], before: Mapping[str, str]) -> list[Photo]:
    """Pictures with the names of their sketches: ``a/cat.jpg`` becomes ``a/cat.svg``. Where several
    would have one name, also on a disk that knows no capitals, each keeps its own ending
    (``cat.jpg.svg``, ``cat.png.svg``), and a number if need be.

    before: names by path that were given in an earlier run; they stay.
    """
    photos = list(photos)
    taken = {_folded(name) for name in before.values()}
    wishes = [usual_output(photo.path) for photo in photos if photo.path not in before]
    count: dict[str, int] = {}
    for wish in wishes:
        count[_folded(wish)] = count.get(_folded(wish), 0) + 1
    named = []
    for photo in photos:
        output = before.get(photo.path)
        if output is None:
            output = usual_output(photo.path)
            if count[_folded(output)] > 1:
                output = _allowed(f"{photo.path}.svg")
            output = _free(output, photo.path, taken)
            taken.add(_folded(output))
        named.append(Photo(photo.path, photo.place, output))
    return named


def _free(output: str, path: str, taken: set[str]) -> str:
    number = 1
    while _folded(output) in taken:
        output = _allowed(f"{path}.svg" if number == 1 else f"{path}-{number}.svg")
        number += 1
    return output


def usual_output(path: str) -> str:
    """The sketch's name where no other picture would have the same."""
    folder, mark, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return _allowed(f"{folder}{mark}{stem}.svg")


def _allowed(name: str) -> str:
    """A file's name below OUT as this system allows it. Windows lacks some letters, devices have
    their names in every folder, and a name ends in neither blanks nor points: pictures of stores
    and of other systems' disks may be called so.
    """
    if sys.platform != "win32":
        return name
    parts = [FORBIDDEN.sub("_", part).rstrip(" .") or "_" for part in name.split("/")]
    return "/".join(f"_{part}" if DEVICE.match(part) else part for part in parts)


def _folded(name: str) -> str:
    """What disks take for the same name."""
    return unicodedata.normalize("NFC", name).casefold()
