"""The nearest right thing to say when a word is not known.

Two words are near when few slips of the hand lie between them: a letter too many, too few, another one, or two that
changed places (the optimal string alignment distance). A third of the longer word is the most that counts as slips, so
that `transition` is not taken for `duration`, with which it shares no more than its ending. Who writes the beginning of
a longer word, such as `dense` for `dense-eager`, is understood too.
"""

from __future__ import annotations

from collections.abc import Iterable

SLIPS = 3  # letters of the longer word for each slip
BEGUN = 3  # letters of a beginning that are enough to know the word by
LONGEST = 100  # letters; longer words are nobody's slip, and would take long to compare


def guess(word: str, choices: Iterable[str]) -> str | None:
    """Returns the choice that a word was probably meant to be, the first of several that are equally near, or None."""
    meant = _plain(word)
    best: tuple[float, str] | None = None
    for choice in choices:
        apart = _apart(meant, _plain(choice))
        if apart is not None and (best is None or apart < best[0]):
            best = apart, choice
    return best[1] if best else None


def nearest(word: str, choices: Iterable[str]) -> str:
    """Returns a question with the likely choice, or the list of all."""
    choices = list(choices)
    found = guess(word, choices)
    if found is not None:
        return f"did you mean {found}?"
    return f"known here: {', '.join(choices)}" if choices else "none is known here"


def _plain(word: str) -> str:
    """Returns a word as it is compared: a capital, and _ for -, are no slips."""
    return word.lower().replace("_", "-")


def _apart(word: str, choice: str) -> float | None:
    """Returns how far a choice is from a word, as a share of its length; None where it is not near."""
    longer = max(len(word), len(choice))
    if not 0 < longer <= LONGEST:
        return None
    slips = slips_between(word, choice)
    if slips * SLIPS <= longer:
        return slips / longer
    return 1.0 if len(word) >= BEGUN and choice.startswith(word) else None


def slips_between(one: str, other: str) -> int:
    """Returns the fewest slips that make one word of another: a letter added, left out, exchanged, or two swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        beyond, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            fewest = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                fewest = min(fewest, beyond[j - 2] + 1)
            row.append(fewest)
    return row[-1]
