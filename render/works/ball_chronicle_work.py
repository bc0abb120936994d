"""What a network tells at each step of a ball as works, where pictures of a line ask for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.landscape import chronicle, measured_line
from render.landscape.chronicle import Chronicle
from render.landscape.visited_line import visited_on
from render.progress import Reporter
from render.scene.inquiry import Inquiry
from render.scene.shot import Shot
from render.scene.told_on_lines import ball_name, same_balls
from render.scene.written import wishes_at_balls
from render.works.chronicle_work import SECONDS, KeptChronicle
from render.works.line_work import BallsWork, balls_work
from render.works.order import Order
from render.works.work import Item, Work


@dataclass(frozen=True)
class BallChronicleWork(KeptChronicle):
    """What the network of a line tells where one of the balls of a shot stands after each of its steps."""

    order: Order
    shot: Shot
    ball: int
    wish: Inquiry

    trained = None  # a ball has no epochs

    @property
    def name(self) -> str:
        """What it is called among all that pictures show."""
        return ball_name(self.shot, self.ball)

    @cached_property
    def balls(self) -> BallsWork:
        """The balls."""
        return balls_work(self.order, self.shot)

    @property
    def needs(self) -> Sequence[Work]:
        """The balls, and the runs of their line."""
        return (self.balls, *self.balls.needs)

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return chronicle.key_at_ball(self.balls.key, self.ball, self.wish)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.order.output / "chronicles" / f"{self.balls.path.name}-{self.key[:8]}"

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Chronicle:
        """Computes it."""
        balls, *runs = finished
        line = self.balls.line
        traced = measured_line.traced(line.site, dict(zip(line.runs, runs, strict=True)), self.order.means)
        visited = visited_on(traced, balls.alpha[self.ball])
        chronicle.make(self.path, self.key, visited, self.wish, reporter)
        found = self.load()
        assert found is not None
        return found

    def left(self) -> Item:
        """Returns the steps that it tells of."""
        steps = self.balls.asked.steps + 1
        return Item(f"chronicle of balls on {self.shot.line}", steps, "steps", SECONDS * steps, 0.0)


def ball_chronicles_of(order: Order) -> list[BallChronicleWork]:
    """Returns the chronicles at balls that the pictures of a scene need, each once."""
    found: list[BallChronicleWork] = []
    for shot in order.scene.shots:
        twins = (each.shot for each in found)
        if shot.line and not any(each.line == shot.line and same_balls(each.ball, shot.ball) for each in twins):
            found += ball_chronicles_in(order, shot)
    return found


def ball_chronicles_in(order: Order, shot: Shot) -> list[BallChronicleWork]:
    """Returns the chronicles at the balls of a shot of a line."""
    return [BallChronicleWork(order, shot, ball, wish) for ball, wish in wishes_at_balls(order.scene, shot).items()]
