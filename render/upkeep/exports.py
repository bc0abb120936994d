"""What exports lie on the disk: found by their names, told by their records, held to their keys."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.film import record
from render.film.made import suffix
from render.scene.spec import Scene
from render.solid.asked import FORMS, Asked
from render.solid.export import Order, target_of
from render.storage.files import is_whole
from render.upkeep.audit import Finding, file_finding


def findings(scene: Scene, stem: str, quality: str, output: Path, metadata: bool = True) -> Iterator[Finding]:
    """Gives what the exports at a quality of a scene are worth, whose file is called by a stem."""
    for path in sorted((output / "exports").glob(f"{glob.escape(stem)}.*")):
        told = record.read(path)
        asked = _asked((told or {}).get("asked"))
        if asked is not None and path != target_of(stem, asked, quality, output):
            continue  # of another quality
        if asked is None and path.name not in {f"{stem}{suffix(quality)}.{form}" for form in FORMS}:
            continue
        if not record.beside(path, ".json").is_file():
            continue
        finding = file_finding("export", path.name, path, _key(scene, asked, quality, metadata))
        yield _with_further(finding, path, told)


def _key(scene: Scene, asked: Asked | None, quality: str, metadata: bool) -> str:
    """Returns the key that an export should have; "" where its record does not tell what was asked."""
    return "" if asked is None else Order(scene, asked, quality, metadata).key


def _asked(told: Any) -> Asked | None:
    """Returns what a record says was asked."""
    try:
        return Asked(**told)
    except TypeError:
        return None


def _with_further(finding: Finding, path: Path, told: dict[str, Any] | None) -> Finding:
    """Returns a finding that knows of the files which an export refers to."""
    for name, digest in (told or {}).get("files", {}).items():
        if finding.state != "damaged" and not (Path(name).name == name and is_whole(path.with_name(name), digest)):
            return Finding(finding.kind, finding.name, finding.path, "damaged", f"{name} beside it is not as it was")
    return finding
