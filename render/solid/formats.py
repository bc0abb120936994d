"""The formats: what each makes of a shot, and the files that it lays beside its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from render.solid import glb, obj, stl, usd
from render.solid.cut import Cut
from render.solid.model import Model
from render.solid.sentences import facts
from render.storage.files import content_key

PLAIN = re.compile(r"[^A-Za-z0-9_.-]|^[.-]", re.ASCII)  # what a name within a file had better not have


@dataclass(frozen=True)
class ExportSubject:
    """What is to be written, and under which name."""

    model: Model
    cut: Cut
    name: str  # of the file

    def beside(self, ending: str) -> str:
        """Returns the name of a file beside the own one, such as other programs can read within it."""
        plain = PLAIN.sub("_", self.name)
        mark = "" if plain == self.name else "-" + content_key({"name": self.name})[:8]  # no two names become one
        return f"{plain}{mark}.{ending}"

    @property
    def textures(self) -> dict[str, str]:
        """The files of the textures, by the textures' names."""
        return {texture.name: self.beside(f"{texture.name}.png") for texture in self.model.textures}

    def pictures(self) -> dict[str, bytes]:
        """Returns the textures as files, by their names."""
        return {self.beside(f"{texture.name}.png"): texture.png() for texture in self.model.textures}


@dataclass(frozen=True)
class Written:
    """The bytes of an export."""

    content: bytes
    beside: dict[str, bytes] = field(default_factory=dict)  # further files, by their names
    facts: dict[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def _glb(subject: ExportSubject) -> Written:
    return Written(glb.encode(subject.model), facts=_facts(subject))


def _usd(subject: ExportSubject) -> Written:
    return Written(usd.encode(subject.model, subject.textures), subject.pictures(), _facts(subject))


def _obj(subject: ExportSubject) -> Written:
    materials = subject.beside("mtl")
    beside = {materials: obj.materials(subject.model, subject.textures), **subject.pictures()}
    return Written(obj.encode(subject.model, materials), beside, _facts(subject))


def _facts(subject: ExportSubject) -> dict[str, Any]:
    return facts(subject.cut, subject.model.camera, subject.model)


def _stl(subject: ExportSubject) -> Written:
    made = stl.encode(subject.cut)
    wide, deep, high = made.size
    rows, columns = subject.cut.mesh.level.shape
    numbers = {
        "unit": "millimetre",
        "size": [round(length, 3) for length in made.size],
        "base": round(made.base, 3),
        "mesh": [columns, rows],
        "triangles": made.triangles,
        "parts": made.parts,
        "watertight": True,
    }
    parts = (f"{made.parts} parts that do not hang together",) if made.parts > 1 else ()
    size = f"{wide:.1f} × {deep:.1f} × {high:.1f} mm, of which {made.base:.1f} mm are base"
    return Written(made.content, facts=numbers, said=(size, *parts))


FORMATS: dict[str, Callable[[ExportSubject], Written]] = {"glb": _glb, "usd": _usd, "stl": _stl, "obj": _obj}
