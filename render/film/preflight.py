"""The preflight: what would end a command after minutes of training and measuring is looked for before them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from render.progress import Reporter
from render.stage.window.gl import require_gl
from render.storage.files import disk_errors


def require_drawing(say: Callable[[str], None]) -> None:
    """Raises MachineError where no window can be drawn in; says what there is to say of it."""
    said = require_gl()
    if said:
        say(said)


def require_writable(folder: Path) -> None:
    """Raises MachineError where a folder, or the nearest one above it that is there, cannot be written."""
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    with disk_errors(folder), tempfile.TemporaryFile(dir=place) as file:
        file.write(b"x")


def say_of_room(needed: float, output: Path, reporter: Reporter) -> None:
    """Says where pictures of so many megabytes are likely to fill the disk."""
    place = next(path for path in (output.absolute(), *output.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e6
    if needed > free:
        reporter.say(
            f"the pictures take about {needed:,.0f} MB and {free:,.0f} MB are free in {output}; make room, or choose "
            "another folder with --out"
        )
