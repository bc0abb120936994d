"""The nearest right thing to say when a word is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def guess(word: str, choices: Iterable[str]) -> str | None:
    """Returns the choice that a word was probably meant to be, or None."""
    by_lower = {choice.lower(): choice for choice in choices}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[matches[0]] if matches else None


def nearest(word: str, choices: Iterable[str]) -> str:
    """Returns a question with the likely choice, or the list of all."""
    choices = list(choices)
    found = guess(word, choices)
    if found is not None:
        return f"did you mean {found}?"
    return f"known here: {', '.join(choices)}" if choices else "none is known here"
