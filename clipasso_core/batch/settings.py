"""How all pictures of a batch are drawn, and a fingerprint that tells whether it was so before."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from typing import Any

from clipasso_core import __version__
from clipasso_core.document.animate import check_seconds
from clipasso_core.errors import UserError
from clipasso_core.files import read_bytes
from clipasso_core.request import SketchRequest

MASKS = ("auto", "alpha", "none", "rembg")  # that are no file
OF_ONE = ("mask_repair", "emphasis")  # what a person painted on one photograph
DIGITS = 16  # of a fingerprint: no two settings of one folder will ever share it


@dataclass(frozen=True)
class Settings:
    """What holds for every picture.

    animation_s: seconds within which each sketch draws itself in a browser; None for none.
    force: replace files that are read-only.
    mask_sha256: of the mask's file, which counts for all pictures; "" for none.
    """

    request: SketchRequest
    animation_s: float | None = None
    force: bool = False
    mask_sha256: str = ""

    def described(self) -> dict[str, Any]:
        """Everything that a sketch depends on, besides its picture."""
        told = {"engine": __version__, **self.request.to_json()}
        del told["version"]
        if self.animation_s is not None:
            told["animate"] = self.animation_s
        if self.mask_sha256:
            told["mask_sha256"] = self.mask_sha256
        return told

    @property
    def fingerprint(self) -> str:
        """The same for the same settings and engine only."""
        text = json.dumps(self.described(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def make_settings(request: SketchRequest, animation_s: float | None, force: bool) -> Settings:
    """Settings that were checked. Raises `UserError`."""
    if animation_s is not None:
        check_seconds(animation_s)
    for name in OF_ONE:
        if getattr(request, name) is not None:
            option = name.replace("_", "-")
            raise UserError(
                f"bad-{name}",
                "--{option} is a picture of one photograph: leave it out, and draw that photograph"
                " with clipasso sketch",
                option=option,
            )
    if request.mask in MASKS or request.mask.startswith("rembg:"):
        return Settings(request, animation_s, force)
    if os.path.isdir(request.mask):
        raise UserError(
            "bad-mask",
            "{path} is a folder: one mask's file holds for all pictures, and masks of their own"
            " are drawn with clipasso sketch",
            path=request.mask,
        )
    data = read_bytes(request.mask, "mask")
    whole = replace(request, mask=os.path.abspath(request.mask))  # processes may be elsewhere
    return Settings(whole, animation_s, force, hashlib.sha256(data).hexdigest())


def differences(before: dict[str, Any], now: dict[str, Any]) -> str:
    """In which settings two batches differ, one clause each: ``strokes 8 then, 16 now``."""
    clauses = []
    for name in sorted(before.keys() | now.keys()):
        then, since = before.get(name), now.get(name)
        if then != since:
            clauses.append(f"{name} {_told(name, then)} then, {_told(name, since)} now")
    return "; ".join(clauses)


def _told(name: str, value: object) -> str:
    if value is None:  # as by default
        value = getattr(SketchRequest, name, None)
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
