"""What prints and passes lie on the disk: found by their names, told by their records, held to their keys."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.film import record
from render.film.made import suffix
from render.film.prints.keeping import ENDING
from render.film.prints.press import key_of
from render.scene.printing import FORMATS, Print
from render.scene.quality import qualities
from render.scene.spec import Scene
from render.upkeep.audit import Finding, file_finding

PASSES = ".passes.exr"


def findings(scene: Scene, quality: str, output: Path, metadata: bool = True) -> Iterator[Finding]:
    """Gives what the prints and passes of a scene's stills at a quality are worth, those that were stopped too."""
    for name in scene.stills:
        stem = f"{name}{suffix(quality)}"
        for path in sorted((output / "stills").glob(f"{glob.escape(stem)}.*")):
            kind = _kind(path.name.removeprefix(stem))
            if kind == "begun":
                tiles = len(list(path.glob("*.json")))
                yield Finding("print", path.name.removesuffix(ENDING), str(path), "not finished", f"{tiles} tiles")
            elif kind and record.beside(path, ".json").is_file():
                yield file_finding(kind, path.name, path, _key(scene, name, path, metadata))


def _kind(rest: str) -> str:
    """Returns what a file is whose name goes on so after that of a still and a quality; "" is something else."""
    first, _, ending = rest[1:].rpartition(".")
    if first.split(".")[0] in qualities():
        return ""
    if rest.endswith(ENDING):
        return "begun"
    if rest.endswith(PASSES):
        return "passes"
    return "print" if ending in FORMATS.values() and (first or ending != "png") else ""


def _key(scene: Scene, name: str, path: Path, metadata: bool) -> str:
    """Returns the key that a file should have; "" where its record does not tell what was asked."""
    printed = _printed((record.read(path) or {}).get("print"))
    if printed is None:
        return ""
    return key_of(scene, name, printed, metadata, of="passes" if path.name.endswith(PASSES) else "print")


def _printed(told: Any) -> Print | None:
    """Returns the print that a record tells of."""
    try:
        width, height = told["trim"]
        return Print(str(told["name"]), (width, height), told["bleed"], told["dpi"], told["depth"], str(told["format"]))
    except (KeyError, TypeError, ValueError):
        return None
