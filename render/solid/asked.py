"""What is asked of an export: the format, the size in the world, how fine a mesh, and which shot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from render.errors import UsageError

UNITS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "in": 0.0254}  # metres
WIDEST = 1000.0  # metres


@dataclass(frozen=True)
class Form:
    """What a format is made for, where nothing else is asked."""

    width: str  # of the body along α
    cells: int  # of the mesh along its longer axis, at most


FORMS = {
    "glb": Form("1m", 1000),
    "usd": Form("1m", 1000),
    "stl": Form("120mm", 500),  # a cell is 0.24 mm, finer than a nozzle lays its plastic
    "obj": Form("1m", 500),  # its numbers are text
}


@dataclass(frozen=True)
class ExportRequest:
    """What the options of a command come to."""

    form: str  # a key of FORMS
    width: float  # metres, of the body along α
    cells: int  # of the mesh along its longer axis, at most
    shot: int  # counted from 1

    @staticmethod
    def of(form: str, width: str | None = None, cells: int | None = None, shot: int = 1) -> ExportRequest:
        """Returns what is asked; raises UsageError for a length or a count that nothing can be made of."""
        usual = FORMS[form]
        if cells is not None and cells < 2:
            raise UsageError(f"--mesh {cells}: is no surface; give 2 cells or more")
        return ExportRequest(form, metres(width or usual.width), usual.cells if cells is None else cells, shot)


def metres(text: str) -> float:
    """Returns a length such as 120mm in metres; raises UsageError where it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+) ?(mm|cm|m|in)", text.strip(), re.ASCII)
    if match is None:
        raise UsageError(f"--width {text!r}: is no length; write it like 120mm, 12cm, 1.2m or 5in")
    length = float(match[1]) * UNITS[match[2]]
    if not 1e-3 <= length <= WIDEST:
        raise UsageError(f"--width {text}: is not between 1mm and {WIDEST:g}m; choose a width that is")
    return length
