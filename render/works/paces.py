"""Paces: how many times as long as built in things took on this machine, remembered beside the results.

Each film that one process draws, and each still, print, output and layer, leaves that in the folder of results; the
next plan counts with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from render import compiler
from render.errors import ThalwegError
from render.precompiled import seconds_spent
from render.storage.records import read_json, write_json
from render.works.drawing_cost import COMPILING, FIRST, Charge, FrameManner

FILE = "paces.json"
FEWEST = 3  # pictures of a shot that tell how long one takes
LEAST = 5.0  # seconds of compiling that tell how long that takes


@dataclass(frozen=True)
class Paces:
    """How many times as long as built in pictures take on this machine, by what they are like."""

    told: Mapping[str, float]

    @classmethod
    def of(cls, output: Path) -> Paces:
        """Returns what earlier works in a folder of results have told."""
        found = read_json(output / FILE)
        own = found.get(_machine()) if isinstance(found, dict) else None
        every = own.items() if isinstance(own, dict) else ()
        return cls({name: float(ratio) for name, ratio in every if isinstance(ratio, int | float) and ratio > 0})

    def ratio(self, name: str) -> float:
        """Returns that of a manner: its own, or that of the nearest of its kind, or the middle of all."""
        if name in self.told:
            return self.told[name]
        kind, _, size = name.rpartition(" ")
        alike = {other: ratio for other, ratio in self.told.items() if other.rpartition(" ")[0] == kind}
        if alike and kind:
            return alike[min(alike, key=lambda other: abs(int(other.rpartition(" ")[2]) - int(size)))]
        return statistics.median(self.told.values()) if self.told else 1.0

    def charged(self, charge: Charge) -> float:
        """Returns about how many seconds something takes."""
        return charge.seconds * self.ratio(charge.name) + self.compiled({charge.kernels})

    def compiled(self, kernels: Iterable[str]) -> float:
        """Returns about how many seconds kernels take that this machine has not kept yet."""
        new = [each for each in set(kernels) if each and not compiler.has_kept(each)]
        return len(new) * COMPILING * self.ratio("compiling")

    def seconds(self, frames: FrameManner, shots: Iterable[int], count: int) -> float:
        """Returns about how long so many frames take whose new pictures are of these shots, one for each picture."""
        new = Counter(shots)
        drawn = sum(
            frames.shots[shot].picture * self.ratio(frames.shots[shot].name) * some for shot, some in new.items()
        )
        ready = sum(frames.shots[shot].stage for shot in new)
        ready += FIRST if ready else 0.0
        ready = ready * self.ratio("first") + self.compiled(frames.shots[shot].kernels for shot in new)
        return drawn + ready + count * self.charged(frames.written)

    def keep(self, output: Path) -> None:
        """Writes them down beside those of other machines; where that cannot be, they are not."""
        with contextlib.suppress(ThalwegError, OSError):
            found = read_json(output / FILE)
            others = found if isinstance(found, dict) else {}
            write_json(output / FILE, {**others, _machine(): dict(sorted(self.told.items()))})


def remember(output: Path, told: Mapping[str, float], kernels: Iterable[str] = (), compiled: float = 0.0) -> None:
    """Keeps in a folder of results what works have told of this machine, in place of what is known by those names.

    kernels: those that they used, which are kept from now on. compiled: seconds for which they were compiled.
    """
    new = [each for each in set(kernels) if each and not compiler.has_kept(each)]
    found = {**told, "compiling": round(compiled / len(new) / COMPILING, 3)} if new and compiled > LEAST else told
    for each in new:
        compiler.note_kept(each)
    if found:
        Paces({**Paces.of(output).told, **found}).keep(output)


class Stopwatch:
    """Tells for how long something is made, and how much of that kernels are compiled."""

    def __init__(self) -> None:
        self._begun, self._compiled = perf_counter(), seconds_spent()

    @property
    def compiled(self) -> float:
        """The seconds for which kernels were compiled."""
        return seconds_spent() - self._compiled

    @property
    def seconds(self) -> float:
        """The others."""
        return perf_counter() - self._begun - self.compiled


def remember_once(output: Path, charge: Charge, watch: Stopwatch) -> None:
    """Keeps what a single thing has told of this machine that was just made."""
    remember(output, told_once(charge, watch.seconds), [charge.kernels], watch.compiled)


def told_once(charge: Charge, seconds: float) -> dict[str, float]:
    """Returns the ratio that a single thing tells, of which nothing is known but all that it took."""
    return {charge.name: round(seconds / charge.seconds, 3)} if charge.seconds > 0 and seconds > 0 else {}


def told_by(
    frames: FrameManner, drawn: Sequence[tuple[int, float]], seconds: float, count: int, compiled: float = 0.0
) -> dict[str, float]:
    """Returns the ratios that a film tells.

    drawn: the shot of each picture, and its seconds, of all that it took. compiled: seconds among the first ones'.
    """
    taken: dict[int, list[float]] = {}
    for shot, each in drawn:
        taken.setdefault(shot, []).append(each)
    told: dict[str, list[float]] = {}
    ready = built_in = 0.0
    for shot, every in taken.items():
        if len(every) > FEWEST:
            usual, manner = statistics.median(every[1:]), frames.shots[shot]
            told.setdefault(manner.name, []).append(usual / manner.picture)
            ready, built_in = ready + every[0] - usual, built_in + manner.stage
    found = {name: statistics.median(ratios) for name, ratios in told.items()}
    if built_in and ready > compiled:
        found["first"] = (ready - compiled) / (FIRST + built_in)
    rest = seconds - sum(each for _, each in drawn)
    if count > FEWEST and rest > 0:
        found[frames.written.name] = rest / (frames.written.seconds * count)
    return {name: round(ratio, 3) for name, ratio in found.items()}


def told_by_layers(
    charges: Sequence[Charge], first: Charge, taken: Sequence[float], compiled: float = 0.0
) -> dict[str, float]:
    """Returns the ratios that frames in layers tell.

    charges: of each frame, all under one name. first: of what is made ready for them. taken: seconds of each, in order.
    compiled: seconds of the first.
    """
    if len(taken) <= FEWEST or not charges:
        return {}
    usual = statistics.median(taken[1:])
    built_in = statistics.median(charge.seconds for charge in charges)
    return {
        **told_once(charges[0], usual * charges[0].seconds / built_in),
        **told_once(first, taken[0] - usual - compiled),
    }


def _machine() -> str:
    """Returns what tells this machine from others without naming it: results may be passed on."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:16]
