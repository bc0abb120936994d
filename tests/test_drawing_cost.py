"""What drawing costs: a plan tells of pictures by what they show, and of this machine by what it took before."""

from __future__ import annotations

import json

import pytest

from render.scene.output import Still
from render.scene.printing import Print
from render.works.drawing_cost import (
    COMPILING,
    Charge,
    FrameManner,
    PictureManner,
    export_charge,
    layers_begun,
    layers_charge,
    manner_of,
    passes_charge,
    print_charge,
    still_charge,
)
from render.works.paces import FILE, Paces, remember, told_by, told_by_layers, told_once
from tests.test_programme import scene_of

PLAIN = PictureManner("plain", 0.13, 16, 0.04)
LINE = PictureManner("line", 0.13, 1, 0.0)


@pytest.fixture(autouse=True)
def kept(monkeypatch) -> set[str]:
    """What kernels are kept for: at first all that is drawn here but by one test."""
    kept = {"all"}
    monkeypatch.setattr("render.works.paces.compiler.has_kept", lambda what: what in kept or "all" in kept)
    monkeypatch.setattr("render.works.paces.compiler.note_kept", kept.add)
    return kept


def manner(*changes: tuple[str, str]) -> PictureManner:
    scene = scene_of(*changes)
    return manner_of(scene, scene.films["main"], 0)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (("sweep: 50", "sweep: 50"), "plain"),
        (("sweep: 50", "sweep: 50, blur: 0.5"), "plain blurred"),
        (("sweep: 50", "sweep: 50, projection: equirectangular"), "plain around"),
        (("rim: 0.5", "rim: {keys: [{t: 0s, v: 0.5}, {t: 1s, v: 0.9}]}"), "plain"),
        (("rim: 0.5", "sun: {azimuth: {keys: [{t: 0s, v: 200}, {t: 1s, v: 220}]}}"), "lit"),
    ],
)
def test_a_shot_is_told_by_what_has_to_be_made_for_each_of_its_pictures(change, kind):
    assert manner(change, ("size: [320, 180]", "size: [320, 160]")).kind == kind


def test_small_pictures_have_finer_pixels():
    size = ("size: [320, 180]", "size: [1920, 1080]")
    assert (manner().finer, manner(size).finer) == (16, 4)
    assert manner(size).picture == pytest.approx(0.98, abs=0.01)  # as it was measured


@pytest.mark.parametrize("kind", ["lit", "baked", "plain around", "plain blurred", "baked blurred"])
def test_what_is_made_anew_takes_longer_and_a_line_takes_the_least(kind):
    assert PictureManner(kind, 0.13, 16, 0.04).picture > PLAIN.picture > LINE.picture


def test_what_this_machine_took_is_counted_with_from_then_on(tmp_path):
    frames = FrameManner({0: PLAIN, 1: LINE}, 0.13)
    drawn = [(0, 9.0), *[(0, 1.0)] * 20, (1, 0.5), *[(1, 0.2)] * 20]
    seconds = sum(each for _, each in drawn) + 42 * 0.02
    before = Paces.of(tmp_path).seconds(frames, [shot for shot, _ in drawn], 42)
    remember(tmp_path, told_by(frames, drawn, seconds, 42))
    after = Paces.of(tmp_path).seconds(frames, [shot for shot, _ in drawn], 42)
    assert before < 0.5 * seconds
    assert after == pytest.approx(seconds, rel=0.05)


def test_a_pace_tells_of_the_nearest_size_and_then_of_other_kinds():
    paces = Paces({"plain 1": 2.0, "plain 4": 1.0, "first": 0.5})
    assert [paces.ratio(name) for name in ("plain 1", "plain 2", "plain 7", "baked 1")] == [2.0, 2.0, 1.0, 1.0]
    assert Paces({}).ratio("plain 1") == 1.0


def test_one_picture_or_a_few_tell_nothing(tmp_path):
    assert told_by(FrameManner({0: PLAIN}, 0.13), [(0, 9.0), (0, 1.0)], 11.0, 2) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"here": 3}', '{"NODE": [1]}', '{"NODE": {"plain 1": "fast", "first": -1}}']
)
def test_a_file_that_says_nonsense_is_as_none(tmp_path, monkeypatch, text):
    monkeypatch.setattr("render.works.paces._machine", lambda: "NODE")
    (tmp_path / FILE).write_text(text)
    assert Paces.of(tmp_path) == Paces({})


def test_machines_that_share_a_folder_keep_their_own(tmp_path, monkeypatch):
    for node, ratio in (("a", 1.0), ("b", 2.0)):
        monkeypatch.setattr("render.works.paces.platform.node", lambda node=node: node)
        Paces({"plain 1": ratio}).keep(tmp_path)
        assert Paces.of(tmp_path) == Paces({"plain 1": ratio})
    kept = json.loads((tmp_path / FILE).read_text())
    assert list(kept.values()) == [{"plain 1": 1.0}, {"plain 1": 2.0}]
    assert not {"a", "b"} & kept.keys()


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path):
    (tmp_path / "file").write_text("")
    Paces({"plain 1": 1.0}).keep(tmp_path / "file")
    assert Paces.of(tmp_path / "file") == Paces({})


SERIES = (
    ("shots:", "series:\n  ride: {kind: KIND, run: main, points: [40, 30], stops: 4}\nshots:"),
    ("surface: main", "surface: ride"),
)


@pytest.mark.parametrize(("kind", "drawn"), [("ride-along", "baked"), ("blend", "plain")])
def test_a_series_has_the_cells_of_its_grid_and_rises_where_it_morphs(kind, drawn):
    (before, series), shown = SERIES
    found = manner((before, series.replace("KIND", kind)), shown)
    assert found.kind == drawn
    assert found.megacells == pytest.approx(40 * 30 / 1e6)


def test_words_on_deep_frames_take_longer_and_tell_of_plain_ones_where_nothing_else_does():
    plain, deep = FrameManner({}, 2.0), FrameManner({}, 2.0, 16)
    assert deep.written.seconds > plain.written.seconds
    paces = Paces({plain.written.name: 3.0, "plain 4": 1.0})
    assert paces.charged(deep.written) == pytest.approx(3 * deep.written.seconds)


def charges() -> list[Charge]:
    scene = scene_of()
    still = Still(at=0.5, size=(640, 360))
    asked = Print("A6", (640, 360), 0, 150, 16, "tiff")
    return [
        still_charge(scene, still),
        print_charge(scene, still, asked),
        passes_charge(scene, still, asked),
        export_charge(3.0),
    ]


def test_what_is_drawn_alone_is_remembered_each_kind_by_itself(tmp_path):
    made = charges()
    for number, charge in enumerate(made, 1):
        remember(tmp_path, told_once(charge, 10.0 * number))
    assert [Paces.of(tmp_path).charged(charge) for charge in made] == pytest.approx([10, 20, 30, 40], rel=0.01)


def test_a_larger_print_takes_longer_and_its_passes_longer_still():
    scene, still = scene_of(), Still(at=0.5, size=(640, 360))
    small, large = (Print("own", size, 0, 150, 16, "tiff") for size in ((640, 360), (6400, 3600)))
    assert print_charge(scene, still, large).seconds > 5 * print_charge(scene, still, small).seconds
    assert passes_charge(scene, still, small).seconds > print_charge(scene, still, small).seconds


def test_frames_in_layers_tell_of_what_they_begin_with_and_of_each(tmp_path):
    each = [layers_charge(PLAIN, apart=True, written=False)] * 8
    first = layers_begun(FrameManner({0: PLAIN}, 0.13))
    taken = [12.0, *[2.0] * 7]
    remember(tmp_path, told_by_layers(each, first, taken))
    paces = Paces.of(tmp_path)
    assert paces.charged(first) + sum(map(paces.charged, each)) == pytest.approx(sum(taken), rel=0.01)
    assert told_by_layers(each[:2], first, taken[:2]) == {}


def test_kernels_that_are_not_kept_yet_count_once_and_say_nothing_of_what_is_drawn(tmp_path, kept):
    kept.clear()
    frames, shots = FrameManner({0: PLAIN}, 0.13), [0] * 20
    drawn = [(0, 64.0), *[(0, 1.0)] * 19]
    before = Paces.of(tmp_path).seconds(frames, shots, 20)
    told = told_by(frames, drawn, sum(each for _, each in drawn) + 0.4, 20, compiled=60.0)
    remember(tmp_path, told, [PLAIN.kernels], 60.0)
    assert before > COMPILING
    assert Paces.of(tmp_path).seconds(frames, shots, 20) == pytest.approx(23.4, rel=0.05)
    other = FrameManner({0: PictureManner("plain", 0.5, 16, 0.04)}, 0.13)
    assert Paces.of(tmp_path).seconds(other, [0], 1) > 60
    assert not Paces.of(tmp_path).compiled([LINE.kernels])
