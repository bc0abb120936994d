"""Whether several processes are worth their start: each makes every shot ready for itself before its first frame.

What is built in is reckoned from films of 64 frames on two cores: a further frame came 1.2 to 1.3 times as soon by a
team of two, which began some 15 s late. That was before its members shared the pictures that shots are looked at by, so
that a team may be worth it sooner than is said here.
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
