"""Drawing a film in several processes: each draws a few frames at a time, and sends back what it could not draw.

The frames that shots are looked at by, for their words, are drawn before all others, so that no two processes do so.
"""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from render.errors import FramesError, MachineError
from render.film.film import TRIES, Draft, Failed, draw_frames
from render.progress import Reporter, Task
from render.sampling.survey import Means
from render.sampling.team import Team, cluster, is_stopped, processes
from render.scene.spec import Scene, resolved
from render.works.order import Order

if TYPE_CHECKING:
    from render.works.frames_work import FramesWork

TOGETHER = 8  # frames of an errand; a worker makes its stage ready for each


@dataclass(frozen=True)
class DrawingRecipe:
    """What a worker needs to draw frames of a film."""

    scene: str  # JSON
    quality: str
    output: str
    name: str
    size: tuple[int, int] | None
    fps: Fraction | None
    depth: int

    def order(self) -> Order:
        """Returns the order of the film."""
        return Order(Scene.model_validate(json.loads(self.scene)), self.quality, Path(self.output))


@dataclass(frozen=True)
class DrawnFrames:
    """What became of the frames of an errand."""

    done: int
    failed: Failed


_HELD: dict[bytes, Draft] = {}
_ONE = threading.Lock()  # a window of the graphics library is one thread's


def draw_some(packed: bytes, numbers: tuple[int, ...]) -> DrawnFrames:
    """Draws some frames in a worker."""
    with _ONE:
        if packed not in _HELD:
            _HELD.clear()
            _HELD[packed] = _prepared(packed)
        draft = _HELD[packed]
        done: list[int] = []
        failed = draw_frames(draft, numbers, done.append, lambda: int(is_stopped()))
        return DrawnFrames(len(done), failed)


def _prepared(packed: bytes) -> Draft:
    from render.works.bench import Bench
    from render.works.frames_work import FramesWork

    recipe: DrawingRecipe = pickle.loads(packed)
    work = FramesWork(recipe.order(), recipe.name, recipe.size, recipe.fps, recipe.depth)
    bench = Bench(Reporter.silent())
    finished = [bench.find(need) for need in work.needs]
    if None in finished:
        raise MachineError(f"{recipe.output}: its surfaces cannot be read by a worker; share the folder of results")
    return work.draft(work.shooting(finished, Reporter.silent()))


def draw_together(work: FramesWork, missing: Sequence[int], reporter: Reporter) -> None:
    """Draws the missing frames of a film in several processes; raises FramesError for those that failed twice."""
    first = [number for number in work.programme.looked_at(missing) if number in set(missing)]
    rest = [number for number in missing if number not in set(first)]
    total = len(work.keys)
    with (
        reporter.task(f"drawing film {work.name}", total=total, unit="frames", done=total - len(missing)) as task,
        _team(work) as team,
    ):
        failed = _round(team, [[number] for number in first], task)
        failed |= _round(team, [rest[at : at + TOGETHER] for at in range(0, len(rest), TOGETHER)], task)
        for _ in range(TRIES - 1):
            failed = _round(team, [[number] for number in failed], task)
    if failed:
        raise FramesError(work.name, failed, total)


def _round(team: Team, errands: Sequence[Sequence[int]], task: Task) -> dict[int, str]:
    """Has errands done; returns the frames that failed, and why."""
    failed: dict[int, str] = {}
    for receipt in team.receipts(iter([tuple(errand) for errand in errands if errand])):
        task.advance(receipt.done)
        failed |= receipt.failed
    return failed


def _team(work: FramesWork) -> AbstractContextManager[Team]:
    order, means = work.order, work.order.means
    scene = json.dumps(resolved(order.scene))
    output, look = str(order.output.resolve()), (work.size, work.fps, work.depth)
    packed = pickle.dumps(DrawingRecipe(scene, order.quality, output, work.name, *look))
    if means.scheduler:
        return cluster(means.scheduler, packed, draw_some)
    return processes(means.workers, packed, draw_some)


def share_of(wanted: Sequence[int], means: Means) -> Sequence[int]:
    """Returns the frames that a call draws of those that are wanted: all, or its share, which lie together."""
    if means.shard is None:
        return wanted
    number, count = means.shard
    return wanted[len(wanted) * (number - 1) // count : len(wanted) * number // count]
