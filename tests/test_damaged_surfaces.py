"""Files of surfaces in which bytes have changed, or that end too soon: a surface or a sentence, never anything else."""

import random

import numpy as np
import pytest

from render import exchange
from render.errors import DataError
from render.exchange.given import Given
from tests.test_height_maps import ALPHA, levels, png, tiff

X = np.linspace(-1, 1, 6)
MORE = {"accuracy": np.full((6, 6), 0.5, np.float32), "path_alpha": X, "path_beta": X}
GIVEN = Given(X, X, (X + X[:, None] ** 2).astype(np.float32), "loss", MORE)
MAP = {42113: (2, b"-1\0"), 33550: (12, [1.0, 1.0, 0.0]), 33922: (12, [0.0] * 6)}
WRITERS = {
    **{kind: lambda path, kind=kind: exchange.write(GIVEN, path, kind) for kind in ("npz", "h5", "csv", "vtp", "vti")},
    "npy": lambda path: np.save(path, GIVEN.values),
    "txt": lambda path: np.savetxt(path, GIVEN.values),
    "png": lambda path: png(path, levels(2), ALPHA),
    "tif": lambda path: tiff(path, GIVEN.values.astype(">f8"), MAP),
    "tiff": lambda path: tiff(path, GIVEN.values.astype("<f4"), MAP, tile=16, big=True),
}
TIMES = 60


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Returns the beginning of a content, or all of it with a few bytes changed, most of them near its head."""
    if chance.random() < 0.2:
        return content[: chance.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(chance.choice((1, 2, 5, 20))):
        place = chance.randrange(min(len(content), 400) if chance.random() < 0.6 else len(content))
        changed[place] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_damaged_file_is_a_surface_or_a_sentence(tmp_path, kind):
    whole, path, chance = tmp_path / f"whole.{kind}", tmp_path / f"a.{kind}", random.Random(kind)
    WRITERS[kind](whole)
    content, said = whole.read_bytes(), 0
    for _ in range(TIMES):
        path.write_bytes(damaged(content, chance))
        for read in (exchange.read, exchange.read_path):
            try:
                read(path)
            except DataError as error:
                said += str(error).startswith(str(path))
    assert said > TIMES / 2
