"""The order in which letters of both directions stand in a line, by the Unicode bidirectional algorithm (UAX #9).

Only what is implicit in the letters is done: the direction of a line is that of its first letter which has one, numbers
run from left to right in either. There are no embeddings.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

Ordered = TypeVar("Ordered")
BRACKETS = dict(zip("([{⟨〈《「『【⟦", ")]}⟩〉》」』】⟧", strict=True))
STRONG = {"L": "L", "R": "R", "AL": "R"}


def levels(text: str) -> list[int]:
    """Returns the level of every letter of a line: even ones run from left to right, odd ones from right to left."""
    kinds = [unicodedata.bidirectional(letter) or "L" for letter in text]
    base = next((STRONG[kind] for kind in kinds if kind in STRONG), "L")
    return [_level(kind, base) for kind in _resolved(_paired(text, _weak(kinds, base), base), base)]


def _level(kind: str, base: str) -> int:
    if base == "L":
        return {"L": 0, "R": 1}.get(kind, 2)
    return 1 if kind == "R" else 2


def _weak(kinds: Sequence[str], base: str) -> list[str]:
    """Returns the kinds after rules W1 to W7, in which only L, R, EN, AN and ON are left."""
    found: list[str] = []
    strong, arabic = base, False
    for kind in kinds:
        if kind == "NSM":
            kind = found[-1] if found else base
        elif kind in STRONG:
            strong, arabic = STRONG[kind], kind == "AL"
            kind = strong
        elif kind == "EN" and arabic:
            kind = "AN"
        found.append(kind)
    for place in range(1, len(found) - 1):
        before, kind, after = found[place - 1 : place + 2]
        if before == after and ((before == "EN" and kind in ("ES", "CS")) or (before == "AN" and kind == "CS")):
            found[place] = before
    found = _beside_numbers(found)
    strong = base
    for place, kind in enumerate(found):
        strong = kind if kind in ("L", "R") else strong
        if kind == "EN" and strong == "L":
            found[place] = "L"
        elif kind not in ("L", "R", "EN", "AN"):
            found[place] = "ON"
    return found


def _beside_numbers(kinds: list[str]) -> list[str]:
    """Returns the kinds with signs such as % and $ made part of the number that they touch (W5)."""
    found: list[str] = []
    runs = [(kind, len(list(run))) for kind, run in itertools.groupby(kinds)]
    for place, (kind, length) in enumerate(runs):
        around = {runs[other][0] for other in (place - 1, place + 1) if 0 <= other < len(runs)}
        found += ["EN" if kind == "ET" and "EN" in around else kind] * length
    return found


def _paired(text: str, kinds: list[str], base: str) -> list[str]:
    """Returns the kinds with both brackets of a pair in the direction of what they hold, or of the line (N0)."""
    for begin, end in sorted(_pairs(text)):
        within = {_side(kind) for kind in kinds[begin + 1 : end] if kind != "ON"}
        if within:
            before = next((_side(kind) for kind in reversed(kinds[:begin]) if kind != "ON"), base)
            kinds[begin] = kinds[end] = base if base in within else before
    return kinds


def _pairs(text: str) -> list[tuple[int, int]]:
    """Returns the places of brackets that belong together."""
    found: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for place, letter in enumerate(text):
        if letter in BRACKETS:
            waiting.append((BRACKETS[letter], place))
        elif any(closing == letter for closing, _ in waiting):
            while waiting[-1][0] != letter:
                waiting.pop()
            found.append((waiting.pop()[1], place))
    return found


def _resolved(kinds: Sequence[str], base: str) -> list[str]:
    """Returns the kinds with neutral ones in the direction of both neighbours, or of the line (N1, N2, L1)."""
    found: list[str] = []
    runs = [(kind, len(list(run))) for kind, run in itertools.groupby(kinds)]
    for place, (kind, length) in enumerate(runs):
        if kind == "ON":
            before = _side(runs[place - 1][0]) if place else base
            after = _side(runs[place + 1][0]) if place + 1 < len(runs) else base
            kind = before if before == after else base
        found += [kind] * length
    return found


def _side(kind: str) -> str:
    return "L" if kind == "L" else "R"


def in_order(items: Sequence[Ordered], levels_of_items: Sequence[int]) -> list[Ordered]:
    """Returns items, such as runs of letters, as they stand from left to right (L2)."""
    order = list(range(len(items)))
    for level in range(max(levels_of_items, default=0), 0, -1):
        place = 0
        while place < len(order):
            end = place
            while end < len(order) and levels_of_items[order[end]] >= level:
                end += 1
            order[place:end] = reversed(order[place:end])
            place = max(end, place + 1)
    return [items[index] for index in order]
