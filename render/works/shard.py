"""A shard: the share of a film or a surface that one of several calls makes, side by side with the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from render.errors import Partial
from render.sampling.survey import Means


def share_of(wanted: Sequence[int], means: Means) -> Sequence[int]:
    """Returns the frames that a call draws of those that are wanted: all, or its share, which lie together."""
    if means.shard is None:
        return wanted
    number, count = means.shard
    return wanted[len(wanted) * (number - 1) // count : len(wanted) * number // count]


def place_of(folder: Path, means: Means) -> Path:
    """Returns what stands for a folder, or for a share of it, where a call keeps others from what it makes."""
    if means.shard is None:
        return folder
    number, count = means.shard
    return folder.with_name(f"{folder.name}.{number}-of-{count}")


def require_others(film: str, means: Means, left: int, what: str = "frames") -> None:
    """Raises Partial where frames are left for other shards, after a call that has drawn its own."""
    if means.shard and left:
        number, count = means.shard
        raise Partial(
            f"film {film}: shard {number}/{count} is done, {left:,} {what} are for other shards; when they are done "
            "too, run it again"
        )
