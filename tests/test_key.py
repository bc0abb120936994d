"""What of a scene a key is made from: a field counts unless it says in its own definition that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import pytest
from pydantic import Field

from render.descent import run as runs
from render.landscape import measure
from render.scene import spec
from render.scene.key import InKey, OwnSeed, counted, draws_from_scene
from render.scene.language.load import load
from render.scene.part import Name, Part
from render.scene.plane import PlaneSettings, Random, Three, others_of

ROOT = Path(__file__).resolve().parent.parent
SCENE = load(ROOT / "scenes" / "optimisers.yaml")


class Inner(Part):
    depth: int = 1
    note: Annotated[str | None, InKey.LABEL] = None


class Made(Part):
    """A part with a field of each kind."""

    plain: int = 1
    nobody_knows_me: float = 0.5
    inner: Inner = Inner()
    each: list[Inner] = Field(default=[Inner()])
    of: Annotated[Name, InKey.NAME] = "a"
    others: Annotated[list[Name], InKey.NAME] = Field(default=[])
    title: Annotated[str, InKey.LABEL] = "said"
    share: Annotated[float | None, InKey.APART] = None
    start: OwnSeed = Field(default=None)


KEYS = {"a": "0a", "b": "0b"}


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"plain": 2}, True),
        ({"nobody_knows_me": 0.25}, True),
        ({"inner": Inner(depth=2)}, True),
        ({"each": [Inner(depth=2)]}, True),
        ({"of": "b"}, True),
        ({"others": ["b"]}, True),
        ({"start": 3}, True),
        ({"title": "other"}, False),
        ({"share": 2.0}, False),
        ({"inner": Inner(note="other")}, False),
        ({"each": [Inner(note="other")]}, False),
    ],
)
def test_a_field_counts_unless_it_says_otherwise(change, counts):
    assert (counted(Made(**change), KEYS) != counted(Made(), KEYS)) == counts


def test_a_name_counts_as_the_key_of_what_it_names():
    one, two = Made(of="a", others=["b"]), Made(of="x", others=["y"])
    assert counted(one, KEYS) == counted(two, {"x": "0a", "y": "0b"}) != counted(one, {"a": "0a", "b": "0c"})
    with pytest.raises(KeyError, match="b"):
        counted(one, {"a": "0a"})


def test_a_seed_that_is_absent_is_that_of_the_scene():
    assert draws_from_scene(Made()) and not draws_from_scene(Made(start=0))
    surface = SCENE.measured[next(iter(SCENE.measured))]
    for seed in (None, 3):
        assert draws_from_scene(surface.model_copy(update={"plane": Random(seed=seed)})) == (seed is None)


def test_a_field_that_a_run_or_a_surface_gets_later_makes_another_key():
    class LaterRun(spec.RunSettings):
        patience: int = 3

    class LaterSurface(spec.SurfaceSettings):
        colour_of_noise: str = "white"

    name, surface = next(iter(SCENE.measured.items()))
    run = SCENE.runs[surface.run]
    known = {other: f"key of {other}" for other in SCENE.runs}
    later = [LaterRun(**dict(run), patience=patience) for patience in (3, 4)]
    assert len({runs.key_of(one, 1) for one in (run, *later)}) == 3
    keys = {measure.key_of(SCENE, name, known)}
    for colour in ("white", "pink"):
        changed = LaterSurface.model_construct(**dict(surface), colour_of_noise=colour)
        keys.add(measure.key_of(SCENE.model_copy(update={"surfaces": {name: changed}}), name, known))
    assert len(keys) == 3


def test_every_run_that_a_plane_names_is_said_to_be_a_name():
    for plane in get_args(get_args(PlaneSettings)[0]):
        marked = {name for name, field in plane.model_fields.items() if InKey.NAME in field.metadata}
        assert marked == {name for name in plane.model_fields if name in ("run", "runs")}
    assert [name for _, name in others_of(Three(runs=("b", "a")).model_dump())] == ["b", "a"]
    assert counted(Three(runs=("b", "a")), KEYS)["runs"] == ["0b", "0a"]
