"""Families of kinds: each member that a scene may name has its builder, and each builder its name in the language."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from render import data, exchange
from render.descent import networks, optimisers, schedules
from render.film import easing, moves, timeline
from render.film.encoders import ENCODERS
from render.film.insets import inset_layer
from render.film.prints import press
from render.film.words import caption
from render.landscape import measured_line, planning
from render.loss.ways.strategies import STRATEGIES
from render.scene import along, camera, encoders, insets, look, network, plane, printing, relief, shot, training
from render.scene import data as datasets
from render.scene.language.anatomy import bare, members
from render.solid import asked, formats
from render.stage.body import relief as reliefs
from render.stage.lens import tone
from tests.conftest import ROOT

MAP = ROOT / "docs" / "architecture.md"


def kinds(union: object) -> set[type]:
    return {bare(member) for member in members(bare(union)).values()}


def tags(union: object) -> set[str]:
    return set(members(bare(union)))


def choices(model: type, field: str) -> set[str]:
    return set(get_args(bare(model.model_fields[field].annotation)))


FAMILIES = {  # what a scene may name, and what builds it
    "A data set": (kinds(datasets.Data), set(data.DATASETS)),
    "A network": (kinds(network.AnyNetwork), set(networks.NETWORKS)),
    "A network, told": (set(networks.NETWORKS), set(networks.DESCRIPTIONS)),
    "An optimiser": (kinds(training.Optimiser), set(optimisers.OPTIMISERS)),
    "A schedule": (kinds(training.AnySchedule), set(schedules.SCHEDULES)),
    "A plane": (kinds(plane.PlaneSettings), set(planning.PLANES)),
    "A plane, told": (tags(plane.PlaneSettings), set(caption.PLANES)),
    "A direction of a line": (kinds(along.AlongSettings), set(measured_line.LINES)),
    "A step of the relief": (set(relief.STEPS.values()), set(reliefs.STEPS)),
    "A camera move": (kinds(camera.Camera), set(moves.MOVES)),
    "An inset": (kinds(insets.Inset), set(inset_layer.INSETS)),
    "A view transform": (choices(look.Look, "transform") - {"linear"}, set(tone.TRANSFORMS) - {"linear"}),
    "A pace": (choices(shot.PathStyle, "pace"), set(timeline.PACES)),
    "An easing": (choices(camera.Orbit, "ease"), set(easing.EASINGS)),
    "An output": (kinds(encoders.AnyEncoder), set(ENCODERS)),
    "A format of prints": (set(printing.FORMATS), {*press.WRITERS, "exr"}),
    "A format of the stage": (set(asked.FORMS), set(formats.FORMATS)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_scene_may_name_is_what_can_be_built(family):
    named, built = FAMILIES[family]
    assert named, f"{family}: nothing can be named"
    assert not named - built, f"{family}: no builder for {named - built}"
    assert not built - named, f"{family}: no name in the language for {built - named}"


def test_every_format_of_surfaces_that_is_written_is_read_again():
    assert set(exchange.WRITERS) <= {name.lstrip(".") for name in exchange.READERS}


def test_the_map_names_files_that_exist():
    named = set(re.findall(r"`((?:render|docs|assets|tests)/[^`]*)`", MAP.read_text(encoding="utf-8")))
    assert len(named) > 40
    assert not {name for name in named if not (ROOT / name).exists()}


def test_the_map_tells_how_to_add_a_member_of_every_family():
    told = set(re.findall(r"^### (.*)$", MAP.read_text(encoding="utf-8"), re.M))
    wanted = {family for family in FAMILIES if ", told" not in family} - {"A pace", "An easing"}
    assert not wanted - told


def test_the_map_has_every_room_in_the_order_of_imports():
    from tests.test_layers import FLOORS

    told = re.findall(r"^\| `render/(\w+)/`", MAP.read_text(encoding="utf-8"), re.M)
    rooms = [name for name in sorted(FLOORS, key=FLOORS.__getitem__) if (ROOT / "render" / name).is_dir()]
    assert told == rooms


def test_every_strategy_is_told_of_in_the_book():
    text = (ROOT / "docs" / "ideas" / "measuring.md").read_text(encoding="utf-8")
    assert not {name for name in STRATEGIES if name not in text}
