"""Easings by name: how a value goes from one key of a track to the next. Each maps 0 to 0 and 1 to 1.

Those of CSS ("CSS Easing Functions Level 2", W3C) and of Robert Penner as easings.net names them, in, out and in-out;
hold, which waits for its key; and a spring, which swings about it and comes to rest.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable

from render.scene.language.nearest import nearest

Ease = Callable[[float], float]

CALL = re.compile(r"([a-z-]+) ?\(([^()]*)\)")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
BACK = 1.70158  # overshoots by a tenth, Penner
STIFF, SWINGS = 7.0, 2.0  # of a spring: decay by the end of its segment, and swings until then
MOST_STEPS = 10_000


def easing(text: str) -> Ease:
    """Returns the easing of a name such as in-out-cubic, or of a call such as steps(4).

    Raises ValueError, with the nearest right thing, for what is none.
    """
    word = _dashed(text.strip())
    if word in EASES:
        return EASES[word]
    call = CALL.fullmatch(word)
    if call is None or call[1] not in CALLS:
        raise ValueError(f'"{text}" is not an easing; {nearest(call[1] if call else word, [*EASES, *CALLS])}')
    return CALLS[call[1]](text, [part.strip() for part in call[2].split(",")])


def _dashed(word: str) -> str:
    """Returns easeInOutCubic, as easings.net spells it, as in-out-cubic; every other word as it is."""
    if not re.fullmatch(r"ease(In|Out)[A-Za-z]+", word):
        return word
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", word.removeprefix("ease")).lower()


def _bezier(x1: float, y1: float, x2: float, y2: float) -> Ease:
    """Returns the curve of CSS with two handles; time runs along x, so it is solved for its parameter by halving."""

    def along(a: float, b: float, s: float) -> float:
        return 3 * a * s * (1 - s) ** 2 + 3 * b * s * s * (1 - s) + s**3

    def ease(t: float) -> float:
        if t in (0.0, 1.0):
            return t
        low, high = 0.0, 1.0
        for _ in range(52):
            middle = (low + high) / 2
            low, high = (middle, high) if along(x1, x2, middle) < t else (low, middle)
        return along(y1, y2, (low + high) / 2)

    return ease


def _read_bezier(text: str, parts: list[str]) -> Ease:
    if len(parts) != 4 or not all(NUMBER.fullmatch(part) for part in parts):
        raise ValueError(f'"{text}" does not have four numbers; write it like cubic-bezier(0.4, 0, 0.2, 1)')
    x1, y1, x2, y2 = map(float, parts)
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1):
        raise ValueError(f'"{text}" goes back in time; the first and the third number are from 0 to 1')
    if max(abs(y1), abs(y2)) > 10:
        raise ValueError(f'"{text}" goes too far; the second and the fourth number are from -10 to 10')
    return _bezier(x1, y1, x2, y2)


JUMPS = {  # the first jump at once, and jumps more than steps
    **dict.fromkeys(("jump-end", "end"), (0, 0)),
    **dict.fromkeys(("jump-start", "start"), (1, 0)),
    "jump-none": (0, -1),
    "jump-both": (1, 1),
}


def _read_steps(text: str, parts: list[str]) -> Ease:
    count, jump = parts[0], parts[1] if len(parts) == 2 else "jump-end"
    if len(parts) > 2 or not count.isdecimal() or jump not in JUMPS:
        raise ValueError(f'"{text}" is no row of steps; write it like steps(4) or steps(4, jump-none)')
    first, more = JUMPS[jump]
    number, rises = int(count), int(count) + more
    if not (1 <= number <= MOST_STEPS and rises >= 1):
        raise ValueError(f'"{text}" has too few or too many steps; from 1 to {MOST_STEPS}, and 2 at least of jump-none')
    return lambda t: 1.0 if t >= 1 else min(1.0, (math.floor(t * number) + first) / rises) if t > 0 else 0.0


def _spring(t: float) -> float:
    if t in (0.0, 1.0):
        return t
    speed = 2 * math.pi * SWINGS
    gone = lambda t: 1 - math.exp(-STIFF * t) * (math.cos(speed * t) + STIFF / speed * math.sin(speed * t))  # noqa: E731
    return gone(t) / gone(1.0)


def _bounce(t: float) -> float:
    """Falls and bounces, from the top at 0 to rest at 1."""
    for end, middle, height in ((4 / 11, 0.0, 0.0), (8 / 11, 6 / 11, 0.75), (10 / 11, 9 / 11, 0.9375)):
        if t < end:
            return 7.5625 * (t - middle) ** 2 + height
    return 7.5625 * (t - 21 / 22) ** 2 + 0.984375


def _elastic(t: float) -> float:
    if t in (0.0, 1.0):
        return t
    return -(2 ** (10 * t - 10)) * math.sin((10 * t - 10.75) * 2 * math.pi / 3)


STARTS: dict[str, Ease] = {  # how each begins; the other two are this turned round, and both halves of it
    "sine": lambda t: 1 - math.cos(t * math.pi / 2),
    "quad": lambda t: t**2,
    "cubic": lambda t: t**3,
    "quart": lambda t: t**4,
    "quint": lambda t: t**5,
    "expo": lambda t: 0.0 if t <= 0 else 2 ** (10 * t - 10),
    "circ": lambda t: 1 - math.sqrt(max(0.0, 1 - t * t)),
    "back": lambda t: (BACK + 1) * t**3 - BACK * t * t,
    "elastic": _elastic,
    "bounce": lambda t: 1 - _bounce(1 - t),
}


def _turned(start: Ease) -> Ease:
    return lambda t: 1 - start(1 - t)


def _halved(start: Ease) -> Ease:
    return lambda t: start(2 * t) / 2 if t < 0.5 else 1 - start(2 - 2 * t) / 2


def _ended(ease: Ease) -> Ease:
    """Returns an easing that is exactly 0 at the beginning, and 1 at the end."""
    return functools.wraps(ease)(lambda t: t if t in (0.0, 1.0) else ease(t))


EASES: dict[str, Ease] = {
    "linear": lambda t: t,
    "hold": lambda t: 1.0 if t >= 1 else 0.0,
    "ease": _bezier(0.25, 0.1, 0.25, 1.0),
    "ease-in": _bezier(0.42, 0.0, 1.0, 1.0),
    "ease-out": _bezier(0.0, 0.0, 0.58, 1.0),
    "ease-in-out": _bezier(0.42, 0.0, 0.58, 1.0),
    "step-start": lambda t: 1.0 if t > 0 else 0.0,
    "step-end": lambda t: 1.0 if t >= 1 else 0.0,
    "smooth": lambda t: t * t * (3 - 2 * t),
    "smoother": lambda t: t**3 * (t * (t * 6 - 15) + 10),
    "spring": _spring,
    **{f"in-{name}": _ended(start) for name, start in STARTS.items()},
    **{f"out-{name}": _ended(_turned(start)) for name, start in STARTS.items()},
    **{f"in-out-{name}": _ended(_halved(start)) for name, start in STARTS.items()},
}
CALLS: dict[str, Callable[[str, list[str]], Ease]] = {"cubic-bezier": _read_bezier, "steps": _read_steps}
