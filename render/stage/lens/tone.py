"""View transforms: from the light of a scene, linear and without an upper end, to linear light of a screen in 0..1.

standard cuts off; filmic is the fit of Krzysztof Narkowicz, "ACES Filmic Tone Mapping Curve" (2016); agx follows Troy
Sobotka's AgX with the polynomial of Benjamin Wrensch, "Minimal AgX Implementation" (2023); neutral is the Khronos PBR
Neutral tone mapper (2024), which leaves hues and the lower three quarters as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from render.scene.colours.oklab import LUMA, POWER, SCALE, SHIFT, SLOPE, TOE_LIGHT

_AGX = ((0.842479062253094, 0.0784335999999992, 0.0792237451477643),
        (0.0423282422610123, 0.878468636469772, 0.0791661274605434),
        (0.0423756549057051, 0.0784336000000000, 0.879142973793104))  # fmt: skip
_AGX_BACK = ((1.19687900512017, -0.0980208811401368, -0.0990297440797205),
             (-0.0528968517574562, 1.15190312990417, -0.0989611768448433),
             (-0.0529716355144438, -0.0980434501171241, 1.15107367264116))  # fmt: skip
_AGX_LOW, _AGX_HIGH = -12.47393, 4.026069  # stops around 1 that the curve spans
_AGX_CURVE = (-0.00232, 0.1191, 0.4298, -6.868, 31.96, -40.14, 15.5)
_SHOULDER, _PALE = 0.76, 0.15  # where the neutral transform begins to compress, and how fast it turns pale there

RGB = tuple[Tensor, Tensor, Tensor]


def luminance(rgb: RGB) -> Tensor:
    """Returns the relative luminance of linear RGB."""
    return LUMA[0] * rgb[0] + LUMA[1] * rgb[1] + LUMA[2] * rgb[2]


def _standard(rgb: RGB) -> RGB:
    red, green, blue = (part.clamp(0, 1) for part in rgb)
    return red, green, blue


def _filmic(rgb: RGB) -> RGB:
    red, green, blue = ((x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).clamp(0, 1) for x in rgb)
    return red, green, blue


def _mixed(matrix: tuple[tuple[float, float, float], ...], rgb: RGB) -> list[Tensor]:
    return [row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2] for row in matrix]


def _agx(rgb: RGB) -> RGB:
    curved = []
    for part in _mixed(_AGX, rgb):
        stop = ((torch.log2(part.clamp(min=1e-10)) - _AGX_LOW) / (_AGX_HIGH - _AGX_LOW)).clamp(0, 1)
        value = torch.zeros_like(stop)
        for weight in reversed(_AGX_CURVE):
            value = value * stop + weight
        curved.append(value)
    red, green, blue = (part.clamp(0, 1) ** 2.2 for part in _mixed(_AGX_BACK, (curved[0], curved[1], curved[2])))
    return red, green, blue


def _neutral(rgb: RGB) -> RGB:
    low = torch.minimum(torch.minimum(rgb[0], rgb[1]), rgb[2])
    offset = torch.where(low < 0.08, low - 6.25 * low * low, torch.full_like(low, 0.04))
    lifted = [part - offset for part in rgb]
    peak = torch.maximum(torch.maximum(lifted[0], lifted[1]), lifted[2]).clamp(min=1e-6)
    room = 1 - _SHOULDER
    held = torch.where(peak < _SHOULDER, peak, 1 - room * room / (peak + room - _SHOULDER))
    pale = 1 - 1 / (_PALE * (peak - held) + 1)
    red, green, blue = ((part * held / peak * (1 - pale) + held * pale).clamp(0, 1) for part in lifted)
    return red, green, blue


TRANSFORMS: dict[str, Callable[[RGB], RGB]] = {
    "standard": _standard,
    "filmic": _filmic,
    "agx": _agx,
    "neutral": _neutral,
    "linear": lambda rgb: rgb,  # for what is written as light and not as a picture
}


def show(rgb: Tensor, transform: str) -> Tensor:
    """Returns linear light of a scene (..., 3) as linear light of a screen in 0..1."""
    red, green, blue = rgb.unbind(-1)
    return torch.stack(TRANSFORMS[transform]((red, green, blue)), -1)


def encoded(linear: Tensor) -> Tensor:
    """Returns linear light of a screen as sRGB in 0..1."""
    return torch.where(linear <= TOE_LIGHT, SLOPE * linear, SCALE * linear.clamp(min=TOE_LIGHT) ** (1 / POWER) - SHIFT)


def exposure_for(light: Tensor, transform: str, wanted: float) -> float:
    """Returns the factor under which a light (3,) is shown at a luminance in 0..1, or 1 for what no factor shows so."""
    low, high = 1e-4, 1e4
    for _ in range(60):
        middle = (low * high) ** 0.5
        red, green, blue = show(light * middle, transform)
        if float(luminance((red, green, blue))) < wanted:
            low = middle
        else:
            high = middle
    return (low * high) ** 0.5 if 2e-4 < low < 5e3 else 1.0
