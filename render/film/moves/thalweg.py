"""The thalweg: the line along a valley of a surface, through its lowest ground and out of its mouth.

The mouth is the lowest place of the edge, and the line comes from the opposite side. It is the cheapest way over a
lattice where a step costs its length times a power of the level that it is on, found by E. W. Dijkstra's search (1959).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from render.stage.body import mesh
from render.stage.body.relief import Relief

SIDE = 80  # cells of the lattice along a side
REACH = 0.47  # of its extents that the line keeps to
STEEP = 7.0  # how much dearer a step at the highest level is, as a power of e
LINE = 400  # points of the line, evenly
CALM = 0.05  # of the line, over which it is smoothed


def thalweg_of(relief: Relief, body: str) -> np.ndarray:
    """Returns the points (LINE, 2) of the valley line of a relief, picture widths."""
    x, y = (np.linspace(-REACH, REACH, SIDE) * extent for extent in (1.0, relief.depth))
    places = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    level = mesh.height_at(relief, places[:, 0], places[:, 1]) / max(relief.exaggeration, 1e-9)
    drawn = mesh.covers(relief, body, places[:, 0], places[:, 1])
    cost = np.exp(STEEP * np.where(drawn, level, 2.0))
    graph, index = _graph(places, cost), np.arange(len(places)).reshape(SIDE, SIDE)
    sides = [index[0], index[:, -1], index[-1], index[:, 0]]  # each opposite to the next but one
    mouth = int(np.argmin([cost[side].min() for side in sides]))
    lowest = np.array([int(np.argmin(cost))])
    up, down = (_cheapest(graph, lowest, sides[side % 4]) for side in (mouth + 2, mouth))
    return _even(places[[*up, *down[::-1][1:]]])


def _graph(places: np.ndarray, cost: np.ndarray) -> csr_matrix:
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
    return csr_matrix((np.concatenate([length, length]), ends), shape=(len(places),) * 2)


def _cheapest(graph: csr_matrix, begin: np.ndarray, end: np.ndarray) -> list[int]:
    """Returns the cells of the cheapest way from some cells to any of others, its end first."""
    costs, before, _ = dijkstra(graph, indices=begin, return_predecessors=True, min_only=True)
    cells = [int(end[np.argmin(costs[end])])]
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
