"""What prints and passes lie on the disk: found by their names, told by their records, held to their keys."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.film import record
from render.film.prints.keeping import ENDING
from render.scene.printing import FORMATS, Print
from render.scene.quality import qualities
from render.works.file import file_finding
from render.works.order import Order
from render.works.print_work import PassesWork, PrintWork
from render.works.work import Finding

PASSES = ".passes.exr"


def findings(order: Order) -> Iterator[Finding]:
    """Gives what the prints and passes of a scene's stills are worth, those that were stopped too."""
    for name in order.scene.stills:
        stem = f"{name}{order.suffix}"
        for path in sorted((order.output / "stills").glob(f"{glob.escape(stem)}.*")):
            kind = _kind(path.name.removeprefix(stem))
            if kind == "begun":
                tiles = len(list(path.glob("*.json")))
                yield Finding("print", path.name.removesuffix(ENDING), str(path), "not finished", f"{tiles} tiles")
            elif kind and record.beside(path, ".json").is_file():
                yield _finding(order, name, kind, path)


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


def work_of(order: Order, finding: Finding) -> PrintWork | PassesWork | None:
    """Returns the print or the passes that a finding is on, where their record tells what was asked."""
    path = Path(finding.path).with_name(finding.name)
    for name in order.scene.stills:
        stem = f"{name}{order.suffix}"
        if path.name.startswith(f"{stem}.") and _kind(path.name.removeprefix(stem)) == finding.kind:
            return _work(order, name, finding.kind, path)
    return None


def _work(order: Order, name: str, kind: str, path: Path) -> PrintWork | PassesWork | None:
    printed = _printed((record.read(path) or {}).get("print"))
    if printed is None:
        return None
    return (PassesWork if kind == "passes" else PrintWork)(order, name, printed, path)


def _finding(order: Order, name: str, kind: str, path: Path) -> Finding:
    """Returns a finding on a print or passes; any key will do where the record does not tell what was asked."""
    work = _work(order, name, kind, path)
    return work.state() if work else file_finding(kind, path.name, path, "")


def _printed(told: Any) -> Print | None:
    """Returns the print that a record tells of."""
    try:
        width, height = told["trim"]
        return Print(str(told["name"]), (width, height), told["bleed"], told["dpi"], told["depth"], str(told["format"]))
    except (KeyError, TypeError, ValueError):
        return None
