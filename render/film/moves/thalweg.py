"""The thalweg: the line along a valley floor of a surface, from one edge of it through its lowest ground to another.

It is the cheapest way over a lattice where a step costs its length times a power of the level that it is on, found by
E. W. Dijkstra's search (1959) from the lowest cell; its two ends lie on different sides.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from render.stage.body import mesh
from render.stage.body.relief import Relief

SIDE = 80  # cells of the lattice along a side
REACH = 0.47  # of its extents that the line keeps to
STEEP = 4.0  # how much dearer a step at the highest level is, as a power of e
APART = 100.0  # degrees between the two ends, seen from the lowest ground
LINE = 400  # points of the line, evenly
CALM = 0.05  # of the line, over which it is smoothed


def thalweg_of(relief: Relief, body: str) -> np.ndarray:
    """Returns the points (LINE, 2) of the valley line of a relief, picture widths."""
    x, y = (np.linspace(-REACH, REACH, SIDE) * extent for extent in (1.0, relief.depth))
    places = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    level = mesh.height_at(relief, places[:, 0], places[:, 1]) / max(relief.exaggeration, 1e-9)
    drawn = mesh.covers(relief, body, places[:, 0], places[:, 1])
    cost = np.exp(STEEP * np.where(drawn, level, 2.0))
    lowest = int(np.argmin(np.where(drawn, level, np.inf)))
    ways, before = dijkstra(_graph(places, cost), indices=lowest, return_predecessors=True)
    first, second = _ends(places, lowest, ways)
    line = places[[*_back(before, first), *_back(before, second)[::-1][1:]]]
    return _even(line)


def _graph(places: np.ndarray, cost: np.ndarray) -> coo_matrix:
    """Returns the ways between neighbouring cells, diagonal ones too, and what each costs."""
    index = np.arange(len(places)).reshape(SIDE, SIDE)
    pairs = [
        (index[:, :-1], index[:, 1:]),
        (index[:-1], index[1:]),
        (index[:-1, :-1], index[1:, 1:]),
        (index[:-1, 1:], index[1:, :-1]),
    ]
    one, other = (np.concatenate([pair[k].ravel() for pair in pairs]) for k in (0, 1))
    length = np.linalg.norm(places[one] - places[other], axis=1) * (cost[one] + cost[other]) / 2
    ends = np.concatenate([one, other]), np.concatenate([other, one])
    return coo_matrix((np.concatenate([length, length]), ends), shape=(len(places),) * 2)


def _ends(places: np.ndarray, lowest: int, ways: np.ndarray) -> tuple[int, int]:
    """Returns two cells of the edge that are cheapest to come to, in directions far enough apart."""
    index = np.arange(len(places)).reshape(SIDE, SIDE)
    edge = np.unique(np.concatenate([index[0], index[-1], index[:, 0], index[:, -1]]))
    edge = edge[edge != lowest]
    first = int(edge[np.argmin(ways[edge] / _far(places, edge, lowest))])
    turn = np.degrees(np.arctan2(*(places[edge] - places[lowest]).T))
    own = np.degrees(np.arctan2(*(places[first] - places[lowest])))
    apart = np.abs((turn - own + 180) % 360 - 180) >= APART
    rest = edge[apart] if apart.any() else edge
    return first, int(rest[np.argmin(ways[rest] / _far(places, rest, lowest))])


def _far(places: np.ndarray, some: np.ndarray, lowest: int) -> np.ndarray:
    """Returns how far some cells lie from the lowest, so that a long cheap way is not held dearer than a short one."""
    return np.asarray(np.maximum(np.linalg.norm(places[some] - places[lowest], axis=1), 0.2))


def _back(before: np.ndarray, cell: int) -> list[int]:
    """Returns the cells from one back to where the search began."""
    cells = [cell]
    while before[cells[-1]] >= 0:
        cells.append(int(before[cells[-1]]))
    return cells


def _even(line: np.ndarray) -> np.ndarray:
    """Returns a line (n, 2) with LINE points evenly along it, smoothed, its ends kept."""
    for calm in (CALM, 0.0):
        walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        places = np.linspace(0, walked[-1], LINE)
        line = np.stack([np.interp(places, walked, line[:, k]) for k in (0, 1)], 1)
        line = _calmed(line, calm * LINE) if calm else line
    return line


def _calmed(line: np.ndarray, points: float) -> np.ndarray:
    """Returns a line smoothed over so many points, carried on beyond its ends, which stay."""
    around = 2 * int(2 * points)
    before, after = 2 * line[:1] - line[around:0:-1], 2 * line[-1:] - line[-2 : -around - 2 : -1]
    return np.asarray(gaussian_filter1d(np.concatenate([before, line, after]), points, axis=0)[around:-around])
