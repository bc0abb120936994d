"""Figures: how a loss and a step are written, so that they read alike everywhere on a picture."""

from __future__ import annotations

import math

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_loss(loss: float, lost: str = "diverged", figures: int = 3) -> str:
    """Returns a loss to three significant figures: 2.31, 0.0412, 1,230, 4.12×10⁻⁵; lost where it is not finite."""
    if not math.isfinite(loss):
        return lost
    mantissa, exponent = f"{loss:.{figures - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 6:
        text = f"{rounded_loss(loss, figures):,.{max(figures - 1 - power, 0)}f}"
    else:
        text = f"{mantissa}×10{str(power).translate(_RAISED)}"
    return text.replace("-", "−")


def format_share(share: float, unknown: str = "–") -> str:
    """Returns a share in percent, three significant figures: 87.3 %, 9.84 %, 100 %; unknown where it is not finite."""
    return f"{format_loss(100 * share)} %" if math.isfinite(share) else unknown


def rounded_loss(loss: float, figures: int) -> float:
    """Returns a loss rounded to so many significant figures."""
    return float(f"{loss:.{figures - 1}e}")


def short_loss(loss: float, figures: int = 3) -> str:
    """Returns a loss to three significant figures without zeros at its end: 0.5, 20, 2×10⁻⁵."""
    text = format_loss(loss, figures=figures)
    front, times, power = text.partition("×")
    kept = front.rstrip("0").rstrip(".") if "." in front else front
    return f"{kept or '0'}{times}{power}"


def format_step(step: int, total: int) -> str:
    """Returns a step with its thousands marked, padded with figure spaces to about the width of the last one."""
    return f"{step:,}".rjust(len(f"{total:,}"), "\u2007")
