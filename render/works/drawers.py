"""Drawing the frames of a film, or layers of them: here, or in several processes, each a few frames at a time.

The pictures that shots are looked at by, for their words, are drawn before all else, so that no two processes do so.
A worker sends back what it could not draw. It keeps what it draws by from one errand to the next, and with it the
stages of the shot that it was at.
"""

from __future__ import annotations

import functools
import json
import os
import pickle
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from render.errors import FramesError, MachineError
from render.film.attempts import TRIES, Drawable, Failed, draw_here
from render.film.film import draw_bare
from render.film.shooting import Shooting
from render.progress import Reporter, Task
from render.sampling.team import Team, cluster, is_stopped, processes
from render.scene.spec import Scene, resolved
from render.stage.window.gl import keep_to
from render.works.order import Order
from render.works.shares import Shares
from render.works.worth import is_worth_a_team

if TYPE_CHECKING:
    from render.works.frames_work import FramesWork


MakeReady = Callable[["FramesWork", Shooting], Drawable]  # what is drawn of frames; it goes to other processes


@dataclass(frozen=True)
class DrawingJob:
    """What is to be drawn of a film: some of its frames, or layers of them."""

    frames: FramesWork
    make_ready: MakeReady
    missing: Sequence[int]  # their numbers
    seconds: float  # about as many as one process takes for them
    what: str  # such as "film main"

    @property
    def total(self) -> int:
        """How many frames are asked for, of which the others are there."""
        return len(self.frames.wanted)


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
    make_ready: MakeReady

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


_HELD: dict[bytes, Drawable] = {}


@functools.cache
def _hand() -> ThreadPoolExecutor:
    """The one thread of a worker that draws: a window of the graphics library belongs to the thread that opened it."""
    return ThreadPoolExecutor(1, thread_name_prefix="drawing")


class DrawingErrand(NamedTuple):
    """Frames that a worker draws."""

    numbers: tuple[int, ...]
    bare: bool = False  # whether only their pictures without words


def draw_some(packed: bytes, errand: DrawingErrand) -> DrawnFrames:
    """Draws some frames in a worker."""
    return _hand().submit(_draw_some, packed, errand).result()


def _draw_some(packed: bytes, errand: DrawingErrand) -> DrawnFrames:
    if packed not in _HELD:
        _let_go()
        _HELD[packed] = _prepared(packed)
    drawing, numbers, done, failed = _HELD[packed], errand.numbers, list[int](), Failed()
    if errand.bare:
        draw_bare(drawing.shooting, drawing.pool, drawing.programme, numbers)
    else:
        failed = drawing.draw(numbers, done.append, lambda: int(is_stopped()), stay=True)
    return DrawnFrames(numbers[0], f"{socket.gethostname()}:{os.getpid()}", len(done), failed)


def let_go() -> None:
    """Gives back what a worker has kept, as soon as it has drawn what it is at."""
    _hand().submit(_let_go)


def _let_go() -> None:
    while _HELD:
        _HELD.popitem()[1].leave()


def _prepared(packed: bytes) -> Drawable:
    from render.works.bench import Bench
    from render.works.frames_work import FramesWork

    keep_to(torch.get_num_threads())
    recipe: DrawingRecipe = pickle.loads(packed)
    work = FramesWork(recipe.order(), recipe.name, recipe.size, recipe.fps, recipe.depth)
    bench = Bench(Reporter.silent())
    finished = [bench.find(need) for need in work.needs]
    if None in finished:
        raise MachineError(f"{recipe.output}: its surfaces cannot be read by a worker; share the folder of results")
    return recipe.make_ready(work, work.shooting(finished, Reporter.silent()))


def draw(job: DrawingJob, finished: Sequence[Any], reporter: Reporter) -> Drawable | None:
    """Draws what is missing by the means of its order; raises FramesError for what failed twice.

    finished: what its frames need. Returns what it was drawn by, where that was in this process.
    """
    if _is_for_a_team(job, reporter):
        _draw_together(job, reporter)
        return None
    drawing = job.make_ready(job.frames, job.frames.shooting(finished, reporter))
    draw_here(drawing, job.missing, job.what, job.total)
    return drawing


def _is_for_a_team(job: DrawingJob, reporter: Reporter) -> bool:
    """Whether several processes draw; those of this machine do so only where they are done sooner than one."""
    means = job.frames.order.means
    if means.scheduler or means.workers < 2:
        return means.scheduler is not None
    worth = is_worth_a_team(means.workers, job.seconds, len(job.missing))
    if job.missing and not worth:
        reporter.say(f"{job.what}: so few frames are drawn by one process as soon as by {means.workers} workers")
    return worth


def _draw_together(job: DrawingJob, reporter: Reporter) -> None:
    done = job.total - len(job.missing)
    with reporter.task(f"drawing {job.what}", total=job.total, unit="frames", done=done) as task, _team(job) as team:
        for _ in team.receipts(DrawingErrand((number,), bare=True) for number in _looked_at(job)):
            pass
        failed = _round(job, team, job.missing, task)
        for _ in range(TRIES - 1):
            failed = _round(job, team, sorted(failed), task)
    if failed:
        raise FramesError(job.what, failed, job.total)


def _looked_at(job: DrawingJob) -> list[int]:
    """Returns the frames that shots are looked at by and that are not kept, where there are words to look for."""
    film, programme, pool = job.frames.film, job.frames.programme, job.frames.pool
    found = programme.looked_at(job.missing)
    if not (film.title or film.caption):
        found = [number for number in found if number in set(job.missing)]
    parts = {number: {part.key for part in programme.frames[number].parts} for number in found}
    there = pool.find({key for keys in parts.values() for key in keys})
    return [number for number, keys in parts.items() if keys - there.keys()]


def _round(job: DrawingJob, team: Team, numbers: Sequence[int], task: Task) -> Failed:
    """Has frames drawn; returns those that failed, and why."""
    failed: Failed = {}
    frames = job.frames.programme.frames
    shares = Shares(numbers, team.size(), lambda number: frames[number].parts[0].slice.shot)
    for receipt in team.receipts(map(DrawingErrand, shares), one_each=True):
        shares.done_by(receipt.worker, receipt.first)
        task.advance(receipt.done)
        failed |= receipt.failed
    return failed


def _team(job: DrawingJob) -> AbstractContextManager[Team]:
    frames, order, means = job.frames, job.frames.order, job.frames.order.means
    scene, output = json.dumps(resolved(order.scene)), str(order.output.resolve())
    look = (frames.size, frames.fps, frames.depth)
    packed = pickle.dumps(DrawingRecipe(scene, order.quality, output, frames.name, *look, job.make_ready))
    if means.scheduler:
        return cluster(means.scheduler, packed, draw_some, let_go)
    return processes(means.workers, packed, draw_some)
