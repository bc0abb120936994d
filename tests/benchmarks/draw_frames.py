"""Seconds for a film frame of a million-cell surface at 1920×1080, beside the plain PyVista way, in the same run.

    python tests/benchmarks/draw_frames.py [--frames 12] [--out pictures.png]

Ours draws everything: block, floor, mirror image, bounce, bead, contours, bloom, depth of field, haze, filter, grain.
PyVista draws the same mesh under its physically based material with a shadow and supersampling, and a tube for the
path. Each way runs in a process of its own, one after the other; medians, and the first frame (compilation) apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SIZE = (1920, 1080)
CELLS = 1000  # along each axis
WAYS = {  # name: way of drawing, whether kernels are compiled
    "fused": ("ours", "1"),
    "unfused": ("ours", "0"),
    "PyVista": ("pyvista", "0"),
}


def surface(points: int):
    """Returns a made-up smooth surface as a relief in picture units."""
    import numpy as np

    from render.stage.body.relief import Relief, Scale

    y, x = np.mgrid[-1 : 1 : points * 1j, -1 : 1 : points * 1j]
    level = 0.5 * (x**2 + 1.4 * (y - 0.3 * np.sin(3 * x)) ** 2) / 1.7 + 0.05 * np.sin(9 * x + 4 * y)
    level = (level - level.min()) / np.ptp(level)
    return Relief(level.astype(np.float32), np.isfinite(level), 0.3, 1.0, Scale(None, 0.0, 1.0))


def settings():
    """Returns relief, look, path, sun and the view of a frame."""
    import numpy as np

    from render.scene.look import Look
    from render.stage import camera
    from render.stage.light.bake import Sun
    from render.stage.marks.trail import drape

    air = {"haze": 0.15, "focus": 0.3}
    look = Look.model_validate({"name": "ember", "body": "block", "ground": "floor", "air": air}).resolved
    relief = surface(CELLS)
    path = drape(relief, "block", np.linspace([-0.3, 0.3], [0.1, 0.0], 200), None, 0.0)

    def view(frame: int):
        return camera.standing(180 + frame, 28, 2.6, np.array([0, 0, 0.08]), 30)

    return relief, look, path, Sun(300, 28, 2), view


def ours() -> Callable[[int], object]:
    """Returns what draws a frame."""
    from render.film.shooting import supersampling
    from render.scene.output import Film
    from render.stage.cast import Placed
    from render.stage.stage import Stage

    relief, look, path, sun, view = settings()
    stage = Stage([Placed(relief)], look, sun, SIZE, supersampling(Film(size=SIZE)))

    def draw(frame: int):
        stage.show_paths([[path.until(150 + frame)]])
        return stage.photograph(view(frame), frame)

    return draw


def pyvista() -> Callable[[int], object]:
    """Returns what draws a frame the plain way: mesh, material, light with a shadow, supersampling, a tube."""
    import numpy as np
    import pyvista as pv

    from render.stage.body import mesh

    relief, look, path, sun, view = settings()
    top = mesh.terrain(relief, "block")
    data = pv.PolyData.from_regular_faces(top.points, top.triangles).compute_normals(split_vertices=False)
    data["height"] = top.points[:, 2]
    sides = mesh.wall(relief, top, "block", -look.walls.thickness)
    plotter = pv.Plotter(off_screen=True, window_size=list(SIZE), lighting="none")
    plotter.set_background(look.background.colour)
    plotter.add_mesh(data, scalars="height", cmap="magma", pbr=True, roughness=0.5, show_scalar_bar=False)
    plotter.add_mesh(pv.PolyData.from_regular_faces(sides.points, sides.triangles), color="#404048", pbr=True)
    plotter.add_mesh(pv.Plane(center=(0, 0, -look.walls.thickness), i_size=8, j_size=8), color="#202226", pbr=True)
    plotter.add_light(pv.Light(position=tuple(5 * sun.direction), light_type="scene light", intensity=3.0))
    plotter.add_light(pv.Light(light_type="headlight", intensity=0.6))
    plotter.enable_shadows()
    plotter.enable_anti_aliasing("ssaa")

    def draw(frame: int):
        tube = pv.lines_from_points(path.until(150 + frame).points + np.array([0, 0, 0.003])).tube(radius=0.004)
        plotter.add_mesh(tube, color=look.path.colour, ambient=1.0, diffuse=0.0, name="path", reset_camera=False)
        stand = view(frame)
        plotter.camera.position, plotter.camera.focal_point = tuple(stand.position), tuple(stand.target)
        plotter.camera.up, plotter.camera.view_angle = (0, 0, 1), stand.angle
        plotter.camera.clipping_range = (0.1, 12)
        return plotter.screenshot(return_img=True)

    return draw


def measure(way: str, frames: int, picture: str) -> dict[str, float]:
    """Returns seconds a frame and MiB of this process; saves the last frame."""
    from PIL import Image

    begin = time.perf_counter()
    draw, times, work = {"ours": ours, "pyvista": pyvista}[way](), [], []
    ready = time.perf_counter() - begin
    for frame in range(frames + 2):
        begin, used = time.perf_counter(), time.process_time()
        drawn = draw(frame)
        times.append(time.perf_counter() - begin)
        work.append(time.process_time() - used)
    Image.fromarray(drawn).save(picture)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    medians = {"median": statistics.median(times[2:]), "work": statistics.median(work[2:])}
    return {"ready": ready, "first": times[0], **medians, "memory": memory}


def child(name: str, frames: int, picture: Path) -> dict[str, float]:
    """Returns what a process of its own measured."""
    way, compile_ = WAYS[name]
    command = [sys.executable, __file__, "--child", way, "--frames", str(frames), "--out", str(picture)]
    environment = {**os.environ, "THALWEG_COMPILE": compile_}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def side_by_side(pictures: list[Path], out: Path) -> None:
    """Saves pictures beside each other."""
    from PIL import Image

    whole = Image.new("RGB", (SIZE[0] * len(pictures), SIZE[1]))
    for index, picture in enumerate(pictures):
        whole.paste(Image.open(picture), (index * SIZE[0], 0))
    whole.save(out)


def main() -> None:
    """Runs all ways and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--out", type=Path, help="where ours and PyVista's picture are saved side by side")
    parser.add_argument("--ways", default=",".join(WAYS), help="which to run, with commas between them")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.child, options.frames, options.out)))
        return
    heads = ("made ready, s", "first frame, s", "median frame, s", "of all cores, s", "peak memory, MiB")
    print(f"{'way':10}" + "".join(f"{head:>18}" for head in heads))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        pictures = {name: Path(folder, f"{name}.png") for name in options.ways.split(",")}
        for name, picture in pictures.items():
            row = found[name] = child(name, options.frames, picture)
            print(f"{name:10}" + "".join(f"{row[key]:18.2f}" for key in ("ready", "first", "median", "work", "memory")))
        if {"fused", "PyVista"} <= set(found):
            times = {key: found["PyVista"][key] / found["fused"][key] for key in ("median", "work")}
            print(f"PyVista / fused: {times['median']:.1f} times as long a frame, {times['work']:.1f} times the work")
        if options.out:
            side_by_side([pictures[name] for name in ("fused", "PyVista") if name in pictures], options.out)


if __name__ == "__main__":
    main()
