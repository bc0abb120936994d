"""The lines of a scene as works, and the balls that its shots let go on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.landscape import balls, letting_go, measured_line
from render.landscape.balls import Balls
from render.landscape.landscape import Landscape
from render.landscape.measured_line import LineSite
from render.progress import Reporter
from render.scene.ball import Ball
from render.scene.shot import Shot
from render.works.order import Order
from render.works.run_work import ImportedWork, RunWork, run_work
from render.works.surface_work import BYTES_PER_POINT
from render.works.work import Finding, Item, Work, judged

RATE = 2000.0  # points or steps per second that a plan counts with: a guess, since a line has few of them
BYTES_PER_STEP = 24


@dataclass(frozen=True)
class LineWork:
    """A line that is measured here."""

    order: Order
    name: str

    kind = "line"
    again = "is mended"

    @cached_property
    def runs(self) -> dict[str, RunWork | ImportedWork]:
        """The runs that it is measured with, by name, its own first."""
        scene = self.order.scene
        names = measured_line.runs_of(scene.lines[self.name])
        return {name: run_work(name, scene.runs[name], scene.seed, self.order.output) for name in names}

    @property
    def needs(self) -> Sequence[Work]:
        """Its runs."""
        return tuple(self.runs.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return measured_line.key_of(self.order.scene, self.name, {name: run.key for name, run in self.runs.items()})

    @cached_property
    def site(self) -> LineSite:
        """Where it lies."""
        return LineSite(self.order.scene, self.name, self.order.output, self.key)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.site.folder

    @property
    def place(self) -> Path:
        """Its folder."""
        return self.path

    def load(self) -> Landscape | None:
        """Returns it from disk."""
        return measured_line.load(self.site) if (self.path / "line.json").is_file() else None

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Landscape:
        """Measures what is missing of it."""
        runs = dict(zip(self.runs, finished, strict=True))
        return measured_line.prepare(self.site, runs, self.order.means, reporter).measure()

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "line.json", lambda: measured_line.load(self.site))

    def left(self) -> Item:
        """Returns its points."""
        count = self.site.settings.points
        return Item(f"line {self.name}", count, "points", count / RATE, count * BYTES_PER_POINT / 1e6)

    def claims(self) -> Iterator[Path]:
        """Gives its folder; where data are absent, and with them its key, those of all lines in such a direction."""
        try:
            yield self.path
        except DataError:
            yield self.order.output / "lines" / f"{self.order.scene.lines[self.name].along.kind}-*"

    def told(self, made: Landscape) -> dict[str, Any]:
        """Returns what was counted, and the lowest and the highest loss."""
        return {name: made.record[name] for name in ("counts", "loss")}


@dataclass(frozen=True)
class BallsWork:
    """The balls that a shot lets go on a line."""

    order: Order
    line: LineWork
    asked: Ball

    kind = "balls"
    again = "are let go again"

    @property
    def name(self) -> str:
        """The line that they go down."""
        return self.line.name

    @property
    def needs(self) -> Sequence[Work]:
        """The runs of the line: the slope is computed on the network itself."""
        return self.line.needs

    @cached_property
    def key(self) -> str:
        """The hash of everything that they depend on; not how finely their line is measured."""
        runs = {name: run.key for name, run in self.line.runs.items()}
        direction = measured_line.direction_key(self.order.scene, self.line.name, runs)
        return balls.balls_key(direction, self.asked)

    @property
    def path(self) -> Path:
        """Their folder."""
        return balls.balls_folder(self.order.output, self.key)

    @property
    def place(self) -> Path:
        """Their folder."""
        return self.path

    def load(self) -> Balls | None:
        """Returns them from disk."""
        return balls.load_balls(self.path, self.key)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; they have no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Balls:
        """Lets them go."""
        runs = dict(zip(self.line.runs, finished, strict=True))
        traced = measured_line.traced(self.line.site, runs, self.order.means)
        return balls.write_balls(self.path, self.key, self.asked, letting_go.let_go(traced, self.asked))

    def state(self) -> Finding:
        """Returns what they are worth on disk."""
        return judged(self, self.path, "balls.json", self._read)

    def _read(self) -> None:
        if self.load() is None:
            raise DataError(f"{self.path / 'balls.json'}: is damaged")

    def left(self) -> Item:
        """Returns their steps."""
        count = len(self.asked.starts) * self.asked.steps
        return Item(f"balls on {self.name}", count, "steps", count / RATE, count * BYTES_PER_STEP / 1e6)

    def claims(self) -> Iterator[Path]:
        """Gives their folder; where data are absent, and with them their key, those of all balls."""
        try:
            yield self.path
        except DataError:
            yield self.order.output / "lines" / "balls-*"

    def told(self, made: Balls) -> dict[str, Any]:
        """Returns how many there are, and how many steps each has taken."""
        return {"balls": len(made.alpha), "steps": made.steps}


def line_works(order: Order) -> list[LineWork | BallsWork]:
    """Returns the lines of a scene, and the balls of its shots, each once."""
    lines = {name: LineWork(order, name) for name in order.scene.lines}
    let_go = {
        (shot.line, shot.ball.model_copy(update={"pace": "steps"}).model_dump_json()): balls_work(order, shot)
        for shot in order.scene.shots
        if shot.line and shot.ball
    }
    return [*lines.values(), *let_go.values()]


def balls_work(order: Order, shot: Shot) -> BallsWork:
    """Returns the balls of a shot of a line as a work."""
    assert shot.line is not None and shot.ball is not None
    return BallsWork(order, LineWork(order, shot.line), shot.ball)


def lines_shown(order: Order, shots: Sequence[Shot]) -> dict[str, LineWork | BallsWork]:
    """Returns the lines and balls of shots under names that no surface can have: what follows them has a space."""
    found: dict[str, LineWork | BallsWork] = {}
    for shot in shots:
        if shot.line:
            found[shot.line_name] = LineWork(order, shot.line)
            if shot.ball:
                found[shot.balls_name] = balls_work(order, shot)
    return found
