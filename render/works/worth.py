"""Whether several processes are worth their start: each makes every shot ready for itself before its first frame.

What is built in was measured on two cores: a team of two loses START seconds, and some frames' time while its members
wait for each other at the beginning and in the end; after that each further frame comes 1.2 to 1.3 times as soon.
"""

from __future__ import annotations

START = 12.0  # seconds that a team loses
WAITING = 2  # frames whose time it loses
GAIN = 0.25  # by which each further process makes a frame come sooner than one that uses all cores


def is_worth_a_team(workers: int, seconds: float, frames: int) -> bool:
    """Whether several workers draw frames sooner than one process that uses all cores and takes so many seconds."""
    if workers < 2 or frames < 2:
        return False
    saved = seconds * (1 - 1 / (1 + GAIN * (workers - 1)))
    return saved > START + WAITING * seconds / frames
