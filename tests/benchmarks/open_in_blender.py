"""Opens the glTF and the USD of a scene in Blender and renders one frame of each on the processor.

    python tests/benchmarks/open_in_blender.py FILE.glb FILE.usd --out FOLDER [--frame 0.8] [--width 480] [--samples 16]

It needs bpy, Blender as a Python module, which is best installed in an environment of its own. What it tells of each
file: what was found in it, the seconds of opening and of rendering, and where the picture lies.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

UNITLESS = "COMPAT"  # light that is told in multiples of white, not in candles
DISTANT = 4.0  # by so much Blender 4.5 makes the sun of a USD stronger than its illuminance
SKY = (0.1, 0.15, 0.33, 1.0)  # linear RGB, about that of the warm look


def blender() -> Any:
    """Returns Blender, or None where it is not installed."""
    try:
        return importlib.import_module("bpy")
    except ImportError:
        return None


def opened(bpy: Any, file: Path) -> float:
    """Opens a file in an empty scene; returns the seconds that it took."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    begin = time.perf_counter()
    if file.suffix == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(file), export_import_convert_lighting_mode=UNITLESS)
    else:
        bpy.ops.wm.usd_import(filepath=str(file), set_frame_range=True)
        for light in bpy.data.lights:
            light.energy /= DISTANT
    return time.perf_counter() - begin


def told(bpy: Any) -> str:
    """Returns what is in the scene, in words."""
    kinds = Counter(thing.type.lower() for thing in bpy.data.objects)
    points = sum(len(mesh.vertices) for mesh in bpy.data.meshes)
    pictures = ", ".join(f"{image.size[0]}×{image.size[1]}" for image in bpy.data.images if image.size[0])
    return f"{dict(kinds)}, {points:,} points, pictures {pictures}"


def aimed(bpy: Any, share: float) -> Any:
    """Returns the camera, at a share of its move."""
    scene = bpy.context.scene
    (camera,) = (thing for thing in bpy.data.objects if thing.type == "CAMERA")
    moves = [action.frame_range for action in bpy.data.actions] or [(scene.frame_start, scene.frame_end)]
    first, last = min(move[0] for move in moves), max(move[1] for move in moves)
    scene.frame_set(round(first + share * (last - first)))
    scene.camera = camera
    return camera


def skylit(bpy: Any) -> None:
    """Puts a plain sky around everything where the file brought none, since a glTF cannot and Blender 4.5 drops it."""
    if bpy.context.scene.world is None:
        bpy.context.scene.world = bpy.data.worlds.new("sky")
        bpy.context.scene.world.use_nodes = True
        bpy.context.scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = SKY


def rendered(bpy: Any, picture: Path, width: int, samples: int) -> float:
    """Renders the frame; returns the seconds that it took."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples = "CPU", samples
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = width, round(width * 9 / 16)
    scene.render.filepath = str(picture)
    begin = time.perf_counter()
    bpy.ops.render.render(write_still=True)
    return time.perf_counter() - begin


def main() -> None:
    """Opens and renders every file that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=Path("output/blender"))
    parser.add_argument("--frame", type=float, default=0.8, help="share of the camera's move")
    parser.add_argument("--width", type=int, default=480)
    parser.add_argument("--samples", type=int, default=16)
    options = parser.parse_args()
    bpy = blender()
    if bpy is None:
        print("bpy is not installed here; `pip install bpy` brings it for one version of Python", file=sys.stderr)
        return
    for file in options.files:
        seconds = opened(bpy, file.resolve())
        skylit(bpy)
        camera = aimed(bpy, options.frame)
        picture = (options.out / f"{file.name}.png").resolve()
        took = rendered(bpy, picture, options.width, options.samples)
        place = ", ".join(f"{part:.3f}" for part in camera.matrix_world.translation)
        print(f"{file.name}: {told(bpy)}; camera at {place}; opened {seconds:.1f} s, rendered {took:.1f} s: {picture}")


if __name__ == "__main__":
    main()
