"""OKLab in plain Python, and where the lightness of a row of colours turns.

Björn Ottosson, "A perceptual color space for image processing" (2020). The arrays of a picture are converted in the
stage, with the same matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
FROM_LMS = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
LUMA = (0.2126, 0.7152, 0.0722)  # luminance of linear red, green and blue
# The transfer of sRGB (IEC 61966-2-1): a line near black, and a power above it.
TOE, TOE_LIGHT = 0.04045, 0.0031308  # where the line ends, as a code in 0..1 and as light
SLOPE = 12.92  # of the line, code / light
SHIFT, SCALE, POWER = 0.055, 1.055, 2.4
UNSEEN = 0.01  # lightness; well-kept maps, measured in other spaces, go back by up to 0.006

Triple = tuple[float, float, float]


def light(colour: str) -> Triple:
    """Returns the linear RGB of "#rrggbb", 0 to 1 each."""
    red, green, blue = (decoded(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return red, green, blue


def decoded(code: float) -> float:
    """Returns the linear light of an sRGB code, both 0 to 1."""
    return code / SLOPE if code <= TOE else ((code + SHIFT) / SCALE) ** POWER


def oklab(colour: str) -> Triple:
    """Returns lightness, 0 to 1, and the two axes of hue of "#rrggbb"."""
    lms = [math.cbrt(part) for part in _times(TO_LMS, light(colour))]
    return _times(TO_LAB, lms)


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> Triple:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def mixed(one: str, other: str, share: float) -> str:
    """Returns the colour at a share of the way from one to another, blended in OKLab; what sRGB lacks is clipped."""
    lab = [(1 - share) * a + share * b for a, b in zip(oklab(one), oklab(other), strict=True)]
    lms = [part**3 for part in _times(FROM_LAB, lab)]
    codes = (round(255 * coded(min(max(part, 0.0), 1.0))) for part in _times(FROM_LMS, lms))
    return "#" + "".join(f"{code:02x}" for code in codes)


def coded(light: float) -> float:
    """Returns the sRGB code of linear light, both 0 to 1."""
    return light * SLOPE if light <= TOE_LIGHT else SCALE * light ** (1 / POWER) - SHIFT


def apart(one: str, other: str) -> float:
    """Returns the distance of two colours, 0 to about 1; 0.02 is just seen."""
    return math.dist(oklab(one), oklab(other))


def turns(values: Sequence[float], unseen: float = UNSEEN) -> list[int]:
    """Returns the indices at which values begin to rise after falling, or to fall after rising, by more than unseen."""
    found: list[int] = []
    way, lowest, highest = 0, 0, 0  # of the run since the last turn
    for index, value in enumerate(values):
        if way >= 0 and value < values[highest] - unseen:
            found += [highest] if way > 0 else []
            way, lowest = -1, index
        elif way <= 0 and value > values[lowest] + unseen:
            found += [lowest] if way < 0 else []
            way, highest = 1, index
        lowest = min(lowest, index, key=values.__getitem__)
        highest = max(highest, index, key=values.__getitem__)
    return found
