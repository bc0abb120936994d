"""Readers of what is exported, written from the formats' own descriptions."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
NUMBERS = {5126: "<f4", 5125: "<u4"}


@dataclass(frozen=True)
class Gltf:
    """A binary glTF that was read."""

    document: dict[str, Any]
    binary: bytes

    def numbers(self, index: int) -> np.ndarray:
        """Returns the numbers of an accessor."""
        accessor = self.document["accessors"][index]
        kind, width = np.dtype(NUMBERS[accessor["componentType"]]), WIDTHS[accessor["type"]]
        content = self.view(accessor["bufferView"])
        assert len(content) == accessor["count"] * width * kind.itemsize
        flat = np.frombuffer(content, kind)
        return flat if width == 1 else flat.reshape(-1, width)

    def view(self, index: int) -> bytes:
        """Returns the bytes of a view."""
        view = self.document["bufferViews"][index]
        return self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def part(self, name: str) -> dict[str, np.ndarray]:
        """Returns the arrays of the mesh of a name."""
        (mesh,) = (mesh for mesh in self.document["meshes"] if mesh["name"] == name)
        (primitive,) = mesh["primitives"]
        arrays = {key: self.numbers(index) for key, index in primitive["attributes"].items()}
        return {**arrays, "triangles": self.numbers(primitive["indices"]).reshape(-1, 3)}

    def picture(self, name: str) -> np.ndarray:
        """Returns the picture of a name, (H, W, 3) uint8."""
        (image,) = (image for image in self.document["images"] if image["name"] == name)
        return np.asarray(Image.open(io.BytesIO(self.view(image["bufferView"]))))

    def node(self, name: str) -> dict[str, Any]:
        """Returns the node of a name."""
        (node,) = (node for node in self.document["nodes"] if node["name"] == name)
        return node


def read_gltf(path: Path) -> Gltf:
    """Returns a binary glTF, whose frame is as the format asks."""
    content = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    chunks, place = {}, 12
    while place < length:
        size, kind = struct.unpack_from("<I4s", content, place)
        assert size % 4 == 0
        chunks[kind] = content[place + 8 : place + 8 + size]
        place += 8 + size
    return Gltf(json.loads(chunks[b"JSON"]), chunks[b"BIN\0"])
