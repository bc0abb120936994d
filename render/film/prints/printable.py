"""What can be printed: the moments of a scene that prints and passes are made of, and why not of others."""

from __future__ import annotations

from dataclasses import replace

from render.errors import UsageError
from render.film.timeline import timeline_of
from render.scene.output import Still
from render.scene.printing import Print
from render.scene.projecting import SHAPES
from render.scene.spec import Scene

MOST = {"line": 36_000_000}  # pixels of a print that is drawn at once: a line takes 3 GB for 17 million
MOST_AROUND = 17_000_000  # of one that is put together from the sides of a cube: it takes 9.4 GB
CALLED = {"line": "the chart of a line", "dome": "a dome", "equirectangular": "a picture all around"}
WHOLE = 1 - 1e-9  # share of a picture


def kind_at(scene: Scene, still: Still) -> str:
    """Returns what a still shows: line, terrain, dome, equirectangular, or two shots."""
    slices = timeline_of(scene.shots, 1.0).slices(still.at)
    if len(slices) > 1 or slices[0].share < WHOLE:
        return "two shots"
    shot = scene.shots[slices[0].shot]
    projection: str = shot.camera.projection
    return "line" if shot.line else "terrain" if projection == "flat" else projection


def is_drawn_at_once(scene: Scene, still: Still) -> bool:
    """Whether a print of a still is one picture, as of a line and a dome, and no tiles of a terrain."""
    return kind_at(scene, still) != "terrain"


def fitted(scene: Scene, still: Still, printed: Print) -> Print:
    """Returns a print of a still whose shape is the very one that a dome or a picture all around has.

    A length on paper comes to whole pixels, so that its sheet may be a pixel off.
    """
    kind = kind_at(scene, still)
    (width, height), (ratio, _) = printed.trim, SHAPES.get(kind, (0, ""))
    return replace(printed, trim=(ratio * height, height)) if 0 < abs(width - ratio * height) <= ratio else printed


def require_printable(scene: Scene, name: str, printed: Print) -> None:
    """Raises UsageError where no such print of a still is made, with what to do in its place."""
    still = scene.stills[name]
    kind = kind_at(scene, still)
    if kind == "terrain":
        return
    _require_one_shot(name, still, kind, "a print")
    what = f"still {name}: {CALLED[kind]}"
    if printed.format == "exr":
        raise UsageError(f"{what} has no print in linear light; leave --format out, or say tiff")
    if kind != "line" and printed.bleed:
        raise UsageError(f"{what} ends at its edge and has no bleed; leave --bleed out")
    width, height = printed.trim
    ratio, shape = SHAPES.get(kind, (width / height, ""))
    if width != ratio * height:
        side = f"{ratio * 20}x20cm, or {ratio * 2048}x2048px"
        raise UsageError(f"{what} is {shape}, and {width:,} × {height:,} pixels are not; give --print {side}")
    most, (wide, high) = MOST.get(kind, MOST_AROUND), printed.size
    if wide * high > most:
        less = int(printed.dpi * (most / (wide * high)) ** 0.5)
        remedy = f"use --dpi {less}" if printed.is_on_paper and not printed.name.endswith("px") else "give fewer"
        raise UsageError(f"{what} is drawn at once, and {wide:,} × {high:,} pixels are more than {most:,}; {remedy}")


def require_passes(scene: Scene, name: str) -> None:
    """Raises UsageError where a still has no passes, with what to do in its place."""
    still = scene.stills[name]
    kind = kind_at(scene, still)
    _require_one_shot(name, still, kind, "passes")
    if kind == "line":
        raise UsageError(f"still {name}: a line is drawn without light, so it has no passes; leave --passes out")
    if kind != "terrain":
        raise UsageError(
            f"still {name}: passes are of flat pictures, and it is {kind}; leave --passes out, or make it flat"
        )


def _require_one_shot(name: str, still: Still, kind: str, what: str) -> None:
    if kind == "two shots":
        raise UsageError(
            f"still {name}: at {still.at:g} s one shot goes over into another, and {what} shows one; "
            f"move it with --set stills.{name}.at=…"
        )
