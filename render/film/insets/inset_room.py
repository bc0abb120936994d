"""Placing: where the insets of a shot stand, and the room that they leave to what the camera shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from render.film.canvas import Canvas
from render.film.words.layout import Box
from render.scene.insets import Inset, InsetSettings
from render.stage.camera import Frame
from render.stage.lens.tiles import CanvasBox

WIDEST = 0.48  # of the width between the margins, so that two of the usual size stand beside each other
TALL = 1000  # rows of a picture that stands for all of its shape
WORDS = 0.13  # of the height, at the lower edge, that is left to words there
PAST = 0.95  # of the room beside insets, that an object takes


def boxes_of(
    asked: Sequence[InsetSettings], size: tuple[int, int], taken: Sequence[Box]
) -> tuple[list[Box | None], float]:
    """Returns where insets stand on a picture of a size, off what is taken, and by how much they shrank for that.

    None stands for one that has no room.
    """
    canvas, sizes = Canvas(*size), []
    for settings in asked:
        wide = min(settings.width(*size), max(1.0, settings.size) * WIDEST * canvas.safe.width, canvas.safe.width)
        sizes.append((settings.place, wide, wide * settings.ratio))
    found, share = canvas.insets(sizes, [CanvasBox(*box) for box in taken])
    return [None if box is None else Box(box.left, box.top, box.right, box.bottom) for box in found], share


def room_beside(insets: Sequence[Inset], frame: Frame) -> Frame:
    """Returns the room that insets leave to an object: between their columns, or between their rows.

    Insets that come late or go early have their room for the whole shot, so that nothing jumps.
    """
    if not insets:
        return frame
    wide, high = round(TALL * frame.aspect), TALL
    words = Box(0, round((1 - WORDS) * high), wide, high)
    boxes = [box for box in boxes_of(insets, (wide, high), [words])[0] if box]
    left = max((box.right for box in boxes if box.left + box.right < 0.8 * wide), default=0)
    right = min((box.left for box in boxes if box.left + box.right > 1.2 * wide), default=wide)
    top = max((box.bottom for box in boxes if box.top + box.bottom < high), default=0)
    bottom = min((box.top for box in boxes if box.top + box.bottom >= high), default=words.top)
    beside = right - left if _is_clear(boxes, left, right) else 0
    if beside * high >= wide * max(0, bottom - top):
        middle = (left + right - wide) / wide
        return replace(frame, fill=min(frame.fill, PAST * beside / wide), tall=frame.height, aside=middle)
    middle = (high - top - bottom) / high
    return replace(frame, tall=min(frame.height, PAST * (bottom - top) / high), raised=middle)


def _is_clear(boxes: Sequence[Box], left: int, right: int) -> bool:
    """Whether no inset stands between two columns."""
    return left < right and not any(box.left < right and left < box.right for box in boxes)
