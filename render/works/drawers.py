"""Drawing a film in several processes: each draws a few frames at a time, and sends back what it could not draw.

The frames that shots are looked at by, for their words, are drawn before all others, so that no two processes do so.
A worker keeps what it draws by from one errand to the next, and with it the stages of the shot that it was at.
"""

from __future__ import annotations

import functools
import json
import os
import pickle
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from render.errors import FramesError, MachineError
from render.film.film import TRIES, Draft, Failed, draw_frames
from render.progress import Reporter, Task
from render.sampling.team import Team, cluster, is_stopped, processes
from render.scene.spec import Scene, resolved
from render.stage.window.gl import keep_to
from render.works.order import Order
from render.works.shares import Shares

if TYPE_CHECKING:
    from render.works.frames_work import FramesWork


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

    first: int  # of them
    worker: str
    done: int
    failed: Failed


_HELD: dict[bytes, Draft] = {}


@functools.cache
def _hand() -> ThreadPoolExecutor:
    """The one thread of a worker that draws: a window of the graphics library belongs to the thread that opened it."""
    return ThreadPoolExecutor(1, thread_name_prefix="drawing")


def draw_some(packed: bytes, numbers: tuple[int, ...]) -> DrawnFrames:
    """Draws some frames in a worker."""
    return _hand().submit(_draw_some, packed, numbers).result()


def _draw_some(packed: bytes, numbers: tuple[int, ...]) -> DrawnFrames:
    if packed not in _HELD:
        _let_go()
        _HELD[packed] = _prepared(packed)
    done: list[int] = []
    failed = draw_frames(_HELD[packed], numbers, done.append, lambda: int(is_stopped()), stay=True)
    return DrawnFrames(numbers[0], f"{socket.gethostname()}:{os.getpid()}", len(done), failed)


def let_go() -> None:
    """Gives back what a worker has kept, as soon as it has drawn what it is at."""
    _hand().submit(_let_go)


def _let_go() -> None:
    while _HELD:
        _HELD.popitem()[1].shooting.leave(())


def _prepared(packed: bytes) -> Draft:
    from render.works.bench import Bench
    from render.works.frames_work import FramesWork

    keep_to(torch.get_num_threads())
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
    total = len(work.wanted)
    with (
        reporter.task(f"drawing film {work.name}", total=total, unit="frames", done=total - len(missing)) as task,
        _team(work) as team,
    ):
        failed = _round(work, team, first, task)
        failed |= _round(work, team, rest, task)
        for _ in range(TRIES - 1):
            failed = _round(work, team, sorted(failed), task)
    if failed:
        raise FramesError(work.name, failed, total)


def _round(work: FramesWork, team: Team, numbers: Sequence[int], task: Task) -> Failed:
    """Has frames drawn; returns those that failed, and why."""
    failed: Failed = {}
    frames = work.programme.frames
    shares = Shares(numbers, team.size(), lambda number: frames[number].parts[0].slice.shot)
    for receipt in team.receipts(shares, one_each=True):
        shares.done_by(receipt.worker, receipt.first)
        task.advance(receipt.done)
        failed |= receipt.failed
    return failed


def _team(work: FramesWork) -> AbstractContextManager[Team]:
    order, means = work.order, work.order.means
    scene = json.dumps(resolved(order.scene))
    output, look = str(order.output.resolve()), (work.size, work.fps, work.depth)
    packed = pickle.dumps(DrawingRecipe(scene, order.quality, output, work.name, *look))
    if means.scheduler:
        return cluster(means.scheduler, packed, draw_some, let_go)
    return processes(means.workers, packed, draw_some)
