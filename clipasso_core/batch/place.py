"""Where pictures lie and sketches go: folders of this machine, and what fsspec reaches by a URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipasso_core import files
from clipasso_core.errors import UserError, reason_of


def is_url(text: str) -> bool:
    """Whether that names something elsewhere, such as ``s3://bucket/pictures``."""
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum()


def file_system(url: str) -> tuple[Any, str]:
    """What reaches a URL, and the URL's path within it. Raises `UserError`."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise UserError(
            "bad-url",
            "{url} needs a package that is not installed: {reason}",
            url=url,
            reason=reason(error),
        ) from None
    except ValueError as error:
        raise UserError(
            "bad-url", "{url} can't be reached: {reason}", url=url, reason=reason(error)
        ) from None
    return system, path


def reason(error: BaseException) -> str:
    """One clause: stores elsewhere each raise errors of their own, some without words."""
    if isinstance(error, OSError) and error.errno is not None:
        return reason_of(error)
    return str(error) or type(error).__name__


def read_photo(place: str) -> bytes:
    """The bytes of a picture's file. Raises `UserError`."""
    if not is_url(place):
        return files.read_bytes(place, "photo")
    system, path = file_system(place)
    try:
        size = system.size(path)
        if size is not None and size > files.MAX_BYTES:
            raise UserError(
                "bad-photo",
                "{place} is larger than {megabytes} MB: save it smaller",
                place=place,
                megabytes=files.MAX_BYTES >> 20,
            )
        return bytes(system.cat_file(path))
    except FileNotFoundError:
        raise UserError(
            "no-photo", "there is no photo {place}: check the name and the folder", place=place
        ) from None
    except UserError:
        raise
    except Exception as error:  # each store's own
        raise UserError(
            "bad-photo", "{place} can't be read: {reason}", place=place, reason=reason(error)
        ) from None


def stamp_of(place: str) -> str | None:
    """Changes when a picture's file does, and costs no reading of it; None where there is none."""
    try:
        if not is_url(place):
            status = os.stat(place)
            return f"{status.st_size} {status.st_mtime_ns}"
        system, path = file_system(place)
        facts = system.info(path)
        changes = ("ETag", "etag", "md5", "mtime", "LastModified", "last_modified", "created")
        change = next((facts[name] for name in changes if facts.get(name)), "")
        return f"{facts.get('size')} {change}"
    except Exception:  # whatever is wrong is told when the picture is read
        return None


@dataclass(frozen=True)
class Out:
    """The folder that sketches go to. root: a path of this machine, or a URL.

    Names are paths below it, with ``/`` between their parts.
    """

    root: str

    @property
    def is_here(self) -> bool:
        """Whether it is a folder of this machine."""
        return not is_url(self.root)

    def path(self, name: str) -> Path:
        """Of a file in a folder of this machine."""
        return Path(self.root, *name.split("/"))

    def make(self) -> None:
        """Make the folder, in one that is there. Raises `UserError` where nothing can be
        written.
        """
        if not self.is_here:
            with self._elsewhere() as (system, path):
                system.makedirs(path, exist_ok=True)
            return
        folder = Path(self.root)
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(
                "cannot-write",
                "the folder {folder} can't be made ({reason}): choose another with -o",
                folder=self.root,
                reason=error.strerror,
            ) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(
                "cannot-write",
                "the folder {folder} is read-only: choose another with -o",
                folder=self.root,
            )

    def write(self, name: str, data: bytes, force: bool = False) -> None:
        """Write a file whole, and the folders that it lies in. Raises `UserError`; where the system
        refused, the `OSError` is its `__context__`.
        """
        if self.is_here:
            target = self.path(name)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError(
                    "cannot-write",
                    "{folder} can't be made ({reason}): choose another with -o",
                    folder=target.parent,
                    reason=error.strerror,
                ) from None
            files.write_whole(data, target, force)
            return
        with self._elsewhere() as (system, path):
            url_path = f"{path}/{name}"
            system.makedirs(url_path.rpartition("/")[0], exist_ok=True)
            system.pipe_file(url_path, data)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none. Raises `UserError`."""
        if self.is_here:
            try:
                return self.path(name).read_bytes()
            except FileNotFoundError:
                return None
            except OSError as error:
                raise UserError(
                    "cannot-write",
                    "{path} can't be read ({reason}): choose another folder with -o",
                    path=self.path(name),
                    reason=error.strerror,
                ) from None
        with self._elsewhere() as (system, path):
            try:
                return bytes(system.cat_file(f"{path}/{name}"))
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        """Delete a file, if it is there. Raises `UserError`."""
        if self.is_here:
            self.path(name).unlink(missing_ok=True)
            return
        with self._elsewhere() as (system, path):
            system.rm_file(f"{path}/{name}")

    def names(self) -> set[str]:
        """Of all files in it and in its folders. Raises `UserError`."""
        if self.is_here:
            return set(_names_below(self.root))
        with self._elsewhere() as (system, path):
            system.invalidate_cache()
            start = len(path) + 1
            return {one[start:] for one in system.find(path)}

    @contextmanager
    def _elsewhere(self) -> Iterator[tuple[Any, str]]:
        """The file system and the path in it; its errors as `UserError`."""
        system, path = file_system(self.root)
        try:
            yield system, path.rstrip("/")
        except FileNotFoundError:
            raise
        except Exception as error:  # each store's own
            raise UserError(
                "cannot-write",
                "{folder} can't be used: {reason}",
                folder=self.root,
                reason=reason(error),
            ) from error


def _names_below(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        inside = os.path.relpath(folder, root)
        start = "" if inside == os.curdir else inside.replace(os.sep, "/") + "/"
        for name in names:
            yield start + name
