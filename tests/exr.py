"""EXR files as another program reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render.film.prints.exr import openimageio


def read_exr(source: Path) -> dict[str, np.ndarray]:
    """Returns the channels of an EXR by their names, (H, W) float32 each."""
    library = openimageio()
    found = library.ImageInput.open(str(source))
    assert found, library.geterror()
    values = np.asarray(found.read_image(library.FLOAT))
    names = found.spec().channelnames
    found.close()
    return {name: values[..., index] for index, name in enumerate(names)}
