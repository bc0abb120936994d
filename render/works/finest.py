"""The finest surfaces on disk: a lower quality draws what is measured already, instead of a coarser terrain of its own.

A coarser surface of a shorter training looks another, so a composition that was found on it would not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from render.errors import DataError
from render.landscape import measure
from render.scene.quality import QUALITIES, apply_quality
from render.scene.spec import Scene
from render.works.order import Order
from render.works.surface_work import SurfaceWork


def finest(whole: Scene, order: Order, find: Callable[[SurfaceWork], Any] | None = None) -> tuple[Order, list[str]]:
    """Returns an order of a whole scene within the limits of its quality, but with surfaces as fine as on disk.

    The runs of such a surface are those that it was measured with. Also returns the names of these surfaces. find: of a
    bench, which keeps what it reads.
    """
    asked = order.scene
    runs, surfaces, taken = dict(asked.runs), dict(asked.surfaces), []
    finer = [other for other in reversed(QUALITIES) if QUALITIES.index(other) > QUALITIES.index(order.quality)]
    joined = {name for series in asked.series.values() for name in getattr(series, "surfaces", ())}
    for name in [each for each in asked.measured if each not in joined]:  # those of a series keep one grid
        found = _first_whole(
            [replace(order, scene=apply_quality(whole, other)) for other in finer], order, name, find or _read
        )
        if found is not None:
            surfaces[name] = found.surfaces[name]
            runs |= {run: found.runs[run] for run in measure.runs_of(found.measured[name])}
            taken.append(name)
    return replace(order, scene=asked.model_copy(update={"runs": runs, "surfaces": surfaces})), taken


def _first_whole(
    candidates: Sequence[Order], asked: Order, name: str, find: Callable[[SurfaceWork], Any]
) -> Scene | None:
    """Returns the scene of the first of orders whose surface of a name is another than asked, and on disk whole."""
    for order in candidates:
        try:
            work = SurfaceWork(order, name)
            if work.key != SurfaceWork(asked, name).key and find(work) is not None:
                return order.scene
        except DataError:  # without the data or an imported run there is no key, which is told where they are needed
            return None
    return None


def _read(work: SurfaceWork) -> Any:
    try:
        return measure.load(work.site)
    except DataError:
        return None
