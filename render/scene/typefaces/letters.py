"""Letters: what a line is made of, which typeface draws each of them, and what none can draw.

A cluster is a letter with the marks that stand on it, or several that are one sign, such as a flag. The typefaces that
a scene names are asked first, in their order, then the bundled one; those in colour come last, except for emoji.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from render.scene.typefaces.typeface import Typeface

JOINER, EMOJI_STYLE = "\u200d", "\ufe0f"
FLAG_LETTERS = range(0x1F1E6, 0x1F200)  # two make a flag
EMOJI = range(0x1F000, 0x20000)
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # controls, which are not obeyed
JOINED = [  # blocks whose letters change their form beside each other, other than those written from right to left
    (0x0900, 0x0E00), (0x0E80, 0x1100), (0x1700, 0x1800), (0x1900, 0x1A20), (0x1A20, 0x1AB0), (0x1B00, 0x1C80),
    (0xA800, 0xAC00), (0x11000, 0x12000),
]  # fmt: skip


def one_line(text: str) -> str:
    """Returns a text as it is drawn: in one line, every accent on its letter."""
    return unicodedata.normalize("NFC", " ".join(text.splitlines()).replace("\t", " "))


def clusters(text: str) -> Iterator[str]:
    """Gives the clusters of a line."""
    cluster = ""
    for letter in text:
        if cluster and not _goes_on(cluster, letter):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def _goes_on(cluster: str, letter: str) -> bool:
    flag = ord(letter) in FLAG_LETTERS and len(cluster) == 1 and ord(cluster) in FLAG_LETTERS
    tone = 0x1F3FB <= ord(letter) <= 0x1F3FF
    return flag or tone or _is_silent(letter) or unicodedata.category(letter)[0] == "M" or cluster[-1] == JOINER


def _is_silent(letter: str) -> bool:
    """Whether a letter leaves no mark of its own: a joiner, a selector of a variant, a tag of a flag."""
    code = ord(letter)
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or _is_format(letter)


def _is_format(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" and unicodedata.bidirectional(letter) not in DIRECTIONS


def is_emoji(cluster: str) -> bool:
    """Whether a cluster is to be drawn in colour where that can be chosen."""
    return EMOJI_STYLE in cluster or ord(cluster[0]) in EMOJI


def typeface_for(cluster: str, chain: Sequence[Typeface]) -> Typeface | None:
    """Returns the typeface of a chain that draws a cluster, or None."""
    asked = is_emoji(cluster)
    in_order = sorted(chain, key=lambda face: face.colour != asked)  # stable, so that the chain's order holds
    return next((face for face in in_order if not lacking(cluster, face)), None)


def lacking(cluster: str, face: Typeface) -> str:
    """Returns the letters of a cluster that a typeface has not."""
    return "".join(letter for letter in cluster if not _is_silent(letter) and not face.has(letter))


def undrawable(text: str, chain: Sequence[Typeface]) -> list[tuple[int, str]]:
    """Returns the letters of a text that no typeface has, each once, with its place in the text, counted from 1."""
    found: dict[str, int] = {}
    place = 1
    for cluster in clusters(one_line(text)):
        if typeface_for(cluster, chain) is None:
            fewest = min((lacking(cluster, face) for face in chain), key=len)
            found.setdefault(fewest[0], place)
        place += len(cluster)
    return [(place, letter) for letter, place in found.items()]


def needs_shaping(text: str) -> str:
    """Returns the first letter whose form depends on its neighbours, or that is read from right to left; or ""."""
    return next((letter for letter in one_line(text) if _is_shaped(letter)), "")


def _is_shaped(letter: str) -> bool:
    joined = any(first <= ord(letter) < end for first, end in JOINED)
    return joined or unicodedata.bidirectional(letter) in ("R", "AL", "AN")


def script_of(letters: Iterable[str]) -> list[str]:
    """Returns the first words of the names of letters, which tell their scripts: CJK, ARABIC, HANGUL."""
    return list(dict.fromkeys(unicodedata.name(letter, "?").split(" ")[0].split("-")[0] for letter in letters))
