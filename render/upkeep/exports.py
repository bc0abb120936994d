"""What exports lie on the disk: found by their names, told by their records, held to their keys."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.film import record
from render.solid.asked import FORMS, ExportRequest
from render.storage.files import is_whole
from render.works.export_work import ExportWork
from render.works.file import file_finding
from render.works.order import Order
from render.works.work import Finding


def findings(order: Order) -> Iterator[Finding]:
    """Gives what the exports of a scene are worth."""
    for path in sorted((order.output / "exports").glob(f"{glob.escape(order.stem)}.*")):
        told = record.read(path)
        asked = _asked((told or {}).get("asked"))
        if asked is None and path.name not in {f"{order.stem}{order.suffix}.{form}" for form in FORMS}:
            continue
        if asked is not None and path != ExportWork(order, asked).path:
            continue  # of another quality
        if not record.beside(path, ".json").is_file():
            continue
        finding = ExportWork(order, asked).state() if asked else file_finding("export", path.name, path, "")
        yield _with_further(finding, path, told)


def _asked(told: Any) -> ExportRequest | None:
    """Returns what a record says was asked."""
    try:
        return ExportRequest(**told)
    except TypeError:
        return None


def _with_further(finding: Finding, path: Path, told: dict[str, Any] | None) -> Finding:
    """Returns a finding that knows of the files which an export refers to."""
    for name, digest in (told or {}).get("files", {}).items():
        if finding.state != "damaged" and not (Path(name).name == name and is_whole(path.with_name(name), digest)):
            return Finding(finding.kind, finding.name, finding.path, "damaged", f"{name} beside it is not as it was")
    return finding
