"""Wavefront OBJ with its materials: text, metres, y up, the pictures beside it; no camera and no light."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from render.solid import axes
from render.solid.model import Material, Model, Piece

MATTE = 1000.0  # of the exponent of gloss, at roughness 0


def encode(model: Model, materials: str) -> bytes:
    """Returns the pieces of a model as the text of an obj file; materials is the name of the file of its materials."""
    lines = ["# metres, y up", *(f"# {key}: {_line(text)}" for key, text in model.words.items()), f"mtllib {materials}"]
    start = np.ones(3, int)  # of points, places and normals, which are counted through the file
    for piece in model.pieces:
        lines += [f"o {piece.name}", *_numbers(piece), f"usemtl {piece.material.name}", *_faces(piece, start)]
        start += (len(piece.points), len(piece.points) if piece.places is not None else 0, len(piece.points))
    return ("\n".join(lines) + "\n").encode()


def _line(text: str) -> str:
    """Returns a text in one line, everything escaped that would begin another."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _numbers(piece: Piece) -> Iterator[str]:
    for x, y, z in axes.y_up(piece.points).tolist():
        yield f"v {x:.8g} {y:.8g} {z:.8g}"
    if piece.places is not None:
        for u, v in piece.places.tolist():
            yield f"vt {u:.7g} {v:.7g}"
    for x, y, z in axes.y_up(piece.normals).tolist():
        yield f"vn {x:.5g} {y:.5g} {z:.5g}"


def _faces(piece: Piece, start: np.ndarray) -> Iterator[str]:
    point, place, normal = start.tolist()
    for corners in piece.triangles.tolist():
        if piece.places is None:
            yield "f " + " ".join(f"{k + point}//{k + normal}" for k in corners)
        else:
            yield "f " + " ".join(f"{k + point}/{k + place}/{k + normal}" for k in corners)


def materials(model: Model, names: Mapping[str, str]) -> bytes:
    """Returns the text of the mtl file of a model; names are the files of its textures."""
    lines = [line for material in model.materials for line in (*_material(material, names), "")]
    return "\n".join(lines).encode()


def _material(material: Material, names: Mapping[str, str]) -> Iterator[str]:
    yield f"newmtl {material.name}"
    shade = 1 if material.texture else 0
    yield f"Kd {shade} {shade} {shade}"
    yield f"Ns {MATTE * (1 - material.roughness) ** 2:.6g}"
    yield f"Ni {material.index:.6g}"
    if material.texture:
        yield f"map_Kd {names[material.texture.name]}"
    if material.emission:
        yield "Ke " + " ".join(f"{material.emission * part:.6g}" for part in material.colour)
