"""glTF 2.0 in one binary file: JSON, then everything that is numbers or a picture.

Khronos Group, "glTF 2.0 Specification" (ISO/IEC 12113:2022), with KHR_lights_punctual, KHR_materials_ior and
KHR_materials_emissive_strength. Lengths are metres, y is up; a light of π lux lights a white surface to 1.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np

from render import __version__
from render.solid import axes
from render.solid.model import Lights, Material, Model, ModelCamera, Piece, Texture

FLOAT, UINT = 5126, 5125
VERTICES, INDICES = 34962, 34963  # what a part of the buffer is for
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
MIPMAP, LINEAR, CLAMP = 9987, 9729, 33071


class _Binary:
    """The binary part while it grows: views of it, and accessors to them."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self.size = 0

    def view(self, content: bytes, **more: Any) -> int:
        """Appends bytes, on a border of 4; returns the number of their view."""
        self.views.append({"buffer": 0, "byteOffset": self.size, "byteLength": len(content), **more})
        padded = content + b"\0" * (-len(content) % 4)
        self.chunks.append(padded)
        self.size += len(padded)
        return len(self.views) - 1

    def accessor(self, values: np.ndarray, *, target: int | None = None, bounded: bool = False) -> int:
        """Appends numbers (n,) or (n, k); returns the number of their accessor."""
        whole = target == INDICES
        values = np.ascontiguousarray(values, "<u4" if whole else "<f4")
        more = {} if target is None else {"target": target}
        table = values.reshape(len(values), -1)
        bounds = {"min": table.min(0).tolist(), "max": table.max(0).tolist()} if bounded else {}
        self.accessors.append(
            {
                "bufferView": self.view(values.tobytes(), **more),
                "componentType": UINT if whole else FLOAT,
                "count": len(values),
                "type": TYPES[table.shape[1]],
                **bounds,
            }
        )
        return len(self.accessors) - 1


def encode(model: Model) -> bytes:
    """Returns a model as the bytes of a glb file."""
    binary = _Binary()
    materials = [material.name for material in model.materials]
    meshes = [_mesh(piece, materials.index(piece.material.name), binary) for piece in model.pieces]
    images = [_image(texture, binary) for texture in model.textures]
    names = [texture.name for texture in model.textures]
    document = {
        "asset": {"version": "2.0", "generator": f"Thalweg {__version__}"},
        "extensionsUsed": _extensions(model),
        "extensions": {"KHR_lights_punctual": {"lights": [_sun(model.lights)]}},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(meshes) + 2)), **({"extras": model.words} if model.words else {})}],
        "nodes": [*_nodes(model), _camera_node(model.camera), _sun_node(model.lights)],
        "meshes": meshes,
        "materials": [_material(material, names) for material in model.materials],
        "cameras": [_camera(model.camera)],
        "animations": [_animation(model.camera, len(meshes), binary)],
        "samplers": [{"magFilter": LINEAR, "minFilter": MIPMAP, "wrapS": CLAMP, "wrapT": CLAMP}][: len(images)],
        "textures": [{"sampler": 0, "source": number} for number in range(len(images))],
        "images": images,
        "accessors": binary.accessors,
        "bufferViews": binary.views,
        "buffers": [{"byteLength": binary.size}],
    }
    return _file({key: value for key, value in document.items() if value != []}, b"".join(binary.chunks))


def _file(document: dict[str, Any], content: bytes) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(content)
    head = struct.pack("<4sII", b"glTF", 2, total)
    return b"".join(
        [head, struct.pack("<I4s", len(text), b"JSON"), text, struct.pack("<I4s", len(content), b"BIN\0"), content]
    )


def _extensions(model: Model) -> list[str]:
    """Returns the extensions of the format that a file makes use of."""
    shining = any(material.emission for material in model.materials)
    of_materials = ["KHR_materials_ior"] if model.materials else []
    return ["KHR_lights_punctual", *of_materials, *(["KHR_materials_emissive_strength"] if shining else [])]


def _mesh(piece: Piece, material: int, binary: _Binary) -> dict[str, Any]:
    attributes = {
        "POSITION": binary.accessor(axes.y_up(piece.points), target=VERTICES, bounded=True),
        "NORMAL": binary.accessor(axes.y_up(piece.normals), target=VERTICES),
    }
    if piece.places is not None:
        from_above = np.column_stack([piece.places[:, 0], 1 - piece.places[:, 1]])
        attributes["TEXCOORD_0"] = binary.accessor(from_above, target=VERTICES)
    indices = binary.accessor(piece.triangles.ravel(), target=INDICES)
    primitive = {"attributes": attributes, "indices": indices, "material": material}
    return {"name": piece.name, "primitives": [primitive]}


def _image(texture: Texture, binary: _Binary) -> dict[str, Any]:
    return {"name": texture.name, "mimeType": "image/png", "bufferView": binary.view(texture.png())}


def _material(material: Material, textures: list[str]) -> dict[str, Any]:
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": material.roughness}
    made: dict[str, Any] = {"name": material.name, "pbrMetallicRoughness": surface}
    made["extensions"] = {"KHR_materials_ior": {"ior": material.index}}
    if material.texture:
        surface["baseColorTexture"] = {"index": textures.index(material.texture.name)}
    if material.emission:
        surface["baseColorFactor"] = [0.0, 0.0, 0.0, 1.0]
        made["emissiveFactor"] = list(map(float, material.colour))
        made["extensions"]["KHR_materials_emissive_strength"] = {"emissiveStrength": material.emission}
    return {**made, "doubleSided": True} if material.two_sided else made


def _nodes(model: Model) -> list[dict[str, Any]]:
    return [{"name": piece.name, "mesh": number} for number, piece in enumerate(model.pieces)]


def _turns(camera: ModelCamera) -> np.ndarray:
    """Returns the rotations (F, 4) of the camera's node, for which it looks along −z with y up."""
    return axes.quaternions(axes.basis(axes.y_up(axes.unshifted(camera))))


def _camera_node(camera: ModelCamera) -> dict[str, Any]:
    place, turn = axes.y_up(camera.positions)[0], _turns(camera)[0]
    return {"name": "camera", "camera": 0, "translation": place.tolist(), "rotation": turn.tolist()}


def _camera(camera: ModelCamera) -> dict[str, Any]:
    perspective = {
        "aspectRatio": camera.aspect,
        "yfov": math.radians(float(camera.angles[0])),
        "znear": camera.clip[0],
        "zfar": camera.clip[1],
    }
    shift = {"shift": camera.shifts[0].tolist(), "fps": camera.fps, "firstFrame": camera.first}
    return {"name": "camera", "type": "perspective", "perspective": perspective, "extras": shift}


def _animation(camera: ModelCamera, node: int, binary: _Binary) -> dict[str, Any]:
    """Returns the move of the camera's node, a key for every frame, the first at 0 s."""
    times = binary.accessor(np.arange(len(camera)) / camera.fps, bounded=True)
    tracks = {"translation": axes.y_up(camera.positions), "rotation": _turns(camera)}
    samplers = [
        {"input": times, "output": binary.accessor(track), "interpolation": "LINEAR"} for track in tracks.values()
    ]
    channels = [{"sampler": k, "target": {"node": node, "path": path}} for k, path in enumerate(tracks)]
    return {"name": "camera", "samplers": samplers, "channels": channels}


def _sun(lights: Lights) -> dict[str, Any]:
    strength = float(lights.sun.max())
    colour = lights.sun / strength if strength > 0 else np.ones(3)
    return {"name": "sun", "type": "directional", "color": colour.tolist(), "intensity": math.pi * strength}


def _sun_node(lights: Lights) -> dict[str, Any]:
    turn = axes.quaternions(axes.shining(axes.y_up(lights.towards))[None])[0]
    return {"name": "sun", "rotation": turn.tolist(), "extensions": {"KHR_lights_punctual": {"light": 0}}}
