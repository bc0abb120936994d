"""What a picture is put together of: bodies over their ground, and points of light behind them."""

from __future__ import annotations

import torch
from torch import Tensor

from render.stage.body.motes import Motes
from render.stage.cast import Cast
from render.stage.lens.lens import OWN
from render.stage.lens.tone import show

DIM, DIMMED = (0.008, 0.02), 0.08  # picture widths from a path within which points of light are dimmed, and how far


def composed(colour: Tensor, cover: Tensor, factor: Tensor, added: Tensor, ground: Tensor, clear: Tensor) -> Tensor:
    """Returns bodies (3, H, W) of a coverage (H, W) over their ground: picture, alpha, and what is drawn, (5, H, W).

    Of a transparent ground only the shadow is left, as black that hides.
    """
    plain = ground[:, None, None]
    behind = (1 - (1 - plain * factor) * (1 - added)) * (1 - clear)
    hidden = 1 - clear * factor
    changed = (behind - plain).abs().amax(0) + clear * (1 - factor)
    own = cover + (1 - cover) * (OWN * changed).clamp(max=1)
    return torch.cat([colour + (1 - cover) * behind, (cover + (1 - cover) * hidden)[None], own.clamp(0, 1)[None]])


def motes_of(cast: Cast, body: str, away: Tensor) -> Motes:
    """Returns the points of light of a body, dimmed beside the paths, which stand out.

    away: picture widths to the nearest path, a square of cells over the ground, one behind the other.
    """
    placed = cast.placed
    return Motes.of(placed.relief, cast.motes(body), _aside(cast, away), placed.offset)


def _aside(cast: Cast, away: Tensor) -> Tensor:
    """Returns what the cells of a body send out, (n_β, n_α, 3), dimmed beside the paths."""
    rows, columns = cast.placed.relief.level.shape
    side = round(away.shape[0] ** 0.5)
    square = away.reshape(1, 1, side, side)
    wide = torch.nn.functional.interpolate(square, (rows, columns), mode="bilinear", align_corners=True)[0, 0]
    share = ((wide - DIM[0]) / (DIM[1] - DIM[0])).clamp(0, 1)
    return cast.field.sent * (DIMMED + (1 - DIMMED) * share)[..., None]


def behind(colour: Tensor, cover: Tensor, made: Tensor, exposure: float, transform: str) -> tuple[Tensor, Tensor]:
    """Returns a picture (3, H, W) and its coverage (H, W) with points of light, (4, H, W), behind what it shows."""
    lit = show(made[:3].permute(1, 2, 0) * exposure, transform).permute(2, 0, 1)
    return colour + (1 - cover) * lit, cover + (1 - cover) * made[3]
