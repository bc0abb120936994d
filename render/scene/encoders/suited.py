"""Whether a kind of output suits what is asked of it: its size, its rate, a transparent ground."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from render.scene.encoders.encoder import EncoderPart

CLEAR = "vp9, prores with profile 4444, hap with profile alpha, ffv1, webp, apng, gif, png, tiff and exr have"


def kind_of(settings: EncoderPart) -> str:
    """Returns what a scene calls the kind of an output."""
    return str(settings.model_dump(include={"kind"})["kind"])


def misfits(settings: EncoderPart, size: tuple[int, int], fps: Fraction, clear: bool) -> Iterator[tuple[str, str]]:
    """Gives what of an output is not to be had, each with its key, or "", and what to do instead.

    clear: whether the ground of the pictures is transparent.
    """
    kind, (width, height) = kind_of(settings), size
    across, down = settings.multiples
    if settings.pad is None and (width % across or height % down):
        needed = "even sides" if (across, down) == (2, 2) else f"sides that are multiples of {_all(across, down)}"
        less = f"{max(across, width // across * across)}×{max(down, height // down * down)}"
        yield "size", f"{width}×{height} is no size of {kind}, which needs {needed}; use {less}, or set pad to a colour"
    if fps > settings.fastest:
        yield "fps", f"{float(fps):g} frames per second are too many for {kind}; at most {settings.fastest}"
    if clear and not settings.keeps_alpha:
        yield "", f"{kind} has no transparency, and look.background.colour is transparent; {CLEAR} it"


def _all(across: int, down: int) -> str:
    return f"{across}" if across == down else f"{across} across and {down} down"
