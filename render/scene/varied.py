"""What of a scene varies: its parameters, and the matrix that lists values of some of them, or of any keys.

matrix: {width: [1, 2, 4, 8], look.name: [ember, porcelain]}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from render.scene.language.problem import show
from render.scene.param import Param
from render.scene.part import Name, Part

MOST_VARIANTS = 64
ONE = ("thalweg", "include", "params", "matrix")  # keys of a scene that are the same in every variant


def _is_made(matrix: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    """Returns a matrix; raises ValueError where it asks for too many variants, or for one twice."""
    count = math.prod(len(values) for values in matrix.values())
    if count > MOST_VARIANTS:
        product = " × ".join(str(len(values)) for values in matrix.values())
        raise ValueError(f"{product} makes {count:,} variants; at most {MOST_VARIANTS} are made of one scene")
    for key, values in matrix.items():
        twice = next((value for index, value in enumerate(values) if value in values[:index]), None)
        if twice is not None:
            raise ValueError(f"{key} lists {show(twice)} twice; keep one of them")
    return matrix


Params = Annotated[
    dict[Name, Param],
    Field(description="values by name, which others of the scene are written with as ${params.NAME}"),
]
Matrix = Annotated[
    dict[str, Annotated[list[Any], Field(min_length=1, max_length=MOST_VARIANTS)]],
    AfterValidator(_is_made),
    Field(
        examples=[{"look.name": ["ember", "porcelain"]}],
        description="lists of values by the name of a param or by the path of a key: all combinations, at most "
        f"{MOST_VARIANTS}, are made, and one sheet of them",
    ),
]


class Varied(Part):
    """What of a scene says how it varies."""

    params: Params = Field(default={})
    matrix: Matrix = Field(default={})
