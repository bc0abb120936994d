"""What drawing costs: a plan tells of pictures by what they show, and of this machine by what it took before."""

from __future__ import annotations

import json

import pytest

from render.works.drawing_cost import FILE, Paces, PictureManner, manner_of, told_by
from tests.test_programme import scene_of

PLAIN = PictureManner("plain", 0.13, 16, 0.04)
LINE = PictureManner("line", 0.13, 1, 0.0)


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
    manners = {0: PLAIN, 1: LINE}
    drawn = [(0, 9.0), *[(0, 1.0)] * 20, (1, 0.5), *[(1, 0.2)] * 20]
    seconds = sum(each for _, each in drawn) + 42 * 0.02
    before = Paces.of(tmp_path).seconds(manners, [shot for shot, _ in drawn], 0.13, 42)
    Paces(told_by(manners, drawn, seconds, 0.13, 42)).keep(tmp_path)
    after = Paces.of(tmp_path).seconds(manners, [shot for shot, _ in drawn], 0.13, 42)
    assert before < 0.5 * seconds
    assert after == pytest.approx(seconds, rel=0.05)


def test_a_pace_tells_of_the_nearest_size_and_then_of_other_kinds():
    paces = Paces({"plain 1": 2.0, "plain 4": 1.0, "first": 0.5})
    assert [paces.ratio(name) for name in ("plain 1", "plain 2", "plain 7", "baked 1")] == [2.0, 2.0, 1.0, 1.0]
    assert Paces({}).ratio("plain 1") == 1.0


def test_one_picture_or_a_few_tell_nothing(tmp_path):
    assert told_by({0: PLAIN}, [(0, 9.0), (0, 1.0)], 11.0, 0.13, 2) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"here": 3}', '{"NODE": [1]}', '{"NODE": {"plain 1": "fast", "first": -1}}']
)
def test_a_file_that_says_nonsense_is_as_none(tmp_path, monkeypatch, text):
    monkeypatch.setattr("render.works.drawing_cost._machine", lambda: "NODE")
    (tmp_path / FILE).write_text(text)
    assert Paces.of(tmp_path) == Paces({})


def test_machines_that_share_a_folder_keep_their_own(tmp_path, monkeypatch):
    for node, ratio in (("a", 1.0), ("b", 2.0)):
        monkeypatch.setattr("render.works.drawing_cost.platform.node", lambda node=node: node)
        Paces({"plain 1": ratio}).keep(tmp_path)
        assert Paces.of(tmp_path) == Paces({"plain 1": ratio})
    kept = json.loads((tmp_path / FILE).read_text())
    assert list(kept.values()) == [{"plain 1": 1.0}, {"plain 1": 2.0}]
    assert not {"a", "b"} & kept.keys()


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path):
    (tmp_path / "file").write_text("")
    Paces({"plain 1": 1.0}).keep(tmp_path / "file")
    assert Paces.of(tmp_path / "file") == Paces({})
