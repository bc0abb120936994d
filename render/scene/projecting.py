"""What the projections of cameras ask of a scene: pictures of their shape, one surface, and a body with a surface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from render.scene.output import Film, Still
from render.scene.part import Fault

if TYPE_CHECKING:
    from render.scene.spec import Scene

SHAPES = {"dome": (1, "square"), "equirectangular": (2, "twice as wide as high")}  # width / height


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives what is wrong with the domes and the pictures all around of a scene."""
    for index, shot in enumerate(scene.shots):
        kind: str = shot.camera.projection
        if kind == "flat":
            continue
        where = ("shots", index, "camera", shot.camera.kind, "projection")
        if shot.beside:
            sentence = f"shows one surface; leave beside out, or let the camera be flat, since it is {kind}"
            yield ("shots", index, "beside"), list(shot.beside), sentence
        if scene.look.resolved.body == "points":
            yield where, kind, "points of light are drawn on flat pictures alone; choose another look.body"
    for family, outputs in (("films", scene.films), ("stills", scene.stills)):
        for name, output in outputs.items():
            for index, kind in _projections(scene, output):
                (width, height), (ratio, shape) = output.size, SHAPES[kind]
                if width != ratio * height:
                    other = (ratio * min(width, height), min(width, height))
                    sentence = (
                        f"{width} × {height} is not {shape}, as the {kind} picture of shot {index + 1} has to be; "
                        f"give it {other[0]} × {other[1]} for instance"
                    )
                    yield (family, name, "size"), list(output.size), sentence
                    break


def _projections(scene: Scene, output: Film | Still) -> Iterator[tuple[int, str]]:
    """Gives the shots that an output shows, by their numbers, whose cameras are not flat, with what they are."""
    shown = scene.shots_of(output) if isinstance(output, Film) else range(len(scene.shots))
    for index in shown:
        shot, start = scene.shots[index], scene.starts[index]
        there = isinstance(output, Film) or start <= output.at <= start + shot.duration
        if there and shot.camera.projection != "flat":
            yield index, shot.camera.projection
