"""The programme of a film: what is on each frame, and that a picture is another only where what it shows is."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import SceneError
from render.film.mixing import mixed
from render.film.programme import Programme
from render.film.timeline import timeline_of
from render.scene.language.document import parse
from render.scene.language.load import check
from render.scene.language.place import Source
from render.scene.spec import Scene

SCENE = """\
thalweg: 1
title: Two shots
runs:
  main:
    data: {kind: digits}
    network: {kind: mlp, widths: [4]}
    training: {optimiser: {kind: sgd, lr: 0.1}, batch: 8, steps: 4}
surfaces: {main: {run: main, plane: {kind: pca}, points: [3, 3]}}
look: {name: ember, rim: 0.5}
shots:
  - {surface: main, duration: 2s, camera: {kind: orbit, sweep: 50}}
  - {surface: main, duration: 3s, camera: {kind: orbit, sweep: 20}}
films: {main: {size: [320, 180], fps: 10}}
"""
SURFACES = {"main": "the key of a surface"}


def scene_of(*changes: tuple[str, str]) -> Scene:
    text = SCENE
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return check(parse(text, Source("scene.yaml")))


def programme_of(*changes: tuple[str, str]) -> Programme:
    scene = scene_of(*changes)
    return Programme(scene, scene.films["main"], SURFACES)


def pictures(programme: Programme) -> list[str]:
    return [frame.parts[0].key for frame in programme.frames]


BEFORE = programme_of()


def test_another_title_makes_other_frames_of_the_same_pictures():
    after = programme_of(("Two shots", "Three shots"))
    assert pictures(after) == pictures(BEFORE)
    assert not {frame.key for frame in after.frames} & {frame.key for frame in BEFORE.frames}


@pytest.mark.parametrize(
    "change",
    [
        ("fps: 10", "fps: 10, caption: false"),
        ("rim: 0.5", "rim: 0.5, furniture: {legend: true}"),
    ],
)
def test_what_is_written_makes_no_picture_another(change):
    assert pictures(programme_of(change)) == pictures(BEFORE)
    assert programme_of(change).frames[0].key != BEFORE.frames[0].key


def test_the_colour_of_words_is_no_part_of_a_picture_without_marks():
    plain, red = (f"rim: 0.5, path: {{lowest: false}}{more}" for more in ("", ", text: '#ff0000'"))
    assert pictures(programme_of(("rim: 0.5", red))) == pictures(programme_of(("rim: 0.5", plain)))


def test_the_colour_of_words_makes_pictures_others_where_a_mark_has_it():
    red = programme_of(("rim: 0.5", "rim: 0.5, text: '#ff0000'"))
    assert not set(pictures(red)) & set(pictures(BEFORE))


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        ("furniture: {legend: {keys: [{t: 0s, v: false}, {t: 1s, v: true}]}}", False),
        ("path: {lowest: false}, text: {keys: [{t: 0s, v: '#ffffff'}, {t: 1s, v: '#ff0000'}]}", False),
        ("text: {keys: [{t: 0s, v: '#ffffff'}, {t: 1s, v: '#ff0000'}]}", True),
    ],
)
def test_words_that_change_in_time_make_pictures_others_only_where_a_mark_has_their_colour(words, drawn):
    plain = programme_of(("rim: 0.5", "rim: 0.5, path: {lowest: false}" if "lowest" in words else "rim: 0.5"))
    after = programme_of(("rim: 0.5", f"rim: 0.5, {words}"))
    assert (pictures(after) != pictures(plain)) == drawn
    assert len({frame.key for frame in after.frames}) == len(after.frames)
    assert not {frame.key for frame in after.frames} & {frame.key for frame in plain.frames}


def test_another_camera_makes_the_frames_of_its_shot_others_and_no_more():
    after = programme_of(("sweep: 50", "sweep: 51"))
    same = [a.key == b.key for a, b in zip(after.frames, BEFORE.frames, strict=True)]
    assert same == [False] * 20 + [True] * 30


@pytest.mark.parametrize(
    "change",
    [
        ("rim: 0.5", "rim: 0.6"),
        ("size: [320, 180]", "size: [640, 360]"),
        ("title: Two shots", "title: Two shots\nseed: 3"),
    ],
)
def test_another_look_size_or_seed_makes_every_picture_another(change):
    assert not set(pictures(programme_of(change))) & set(pictures(BEFORE))


def test_a_shorter_first_shot_keeps_the_pictures_of_the_second():
    after = programme_of(("duration: 2s", "duration: 1500ms"))
    assert pictures(after)[15:] == pictures(BEFORE)[20:]


def test_a_shot_put_before_all_keeps_the_pictures_of_all():
    first = "shots:\n  - {surface: main, duration: 1s, camera: {kind: fixed}}"
    assert pictures(programme_of(("shots:", first)))[10:] == pictures(BEFORE)


def test_a_track_makes_the_pictures_others_in_which_its_value_is():
    early = programme_of(("rim: 0.5", "rim: {keys: [{t: 0s, v: 0.5}, {t: 1s, v: 0.9}]}"))
    other = programme_of(("rim: 0.5", "rim: {keys: [{t: 0s, v: 0.5}, {t: 1s, v: 0.8}]}"))
    assert not set(pictures(early)) & set(pictures(other))
    assert len(set(pictures(early))) == 50


@pytest.mark.parametrize("rate", ["24000/1001", "30", "23.976"])
def test_the_frames_of_a_fraction_are_as_many_as_its_time_holds(rate):
    programme = programme_of(("fps: 10", f"fps: {rate}"))
    assert len(programme.frames) == round(5 * float(Fraction(rate)))


def test_a_dissolve_overlaps_its_shots_and_both_go_on():
    after = programme_of(("duration: 3s,", "duration: 3s, transition: {kind: dissolve, duration: 1s},"))
    assert len(after.frames) == 40
    both = [frame for frame in after.frames if len(frame.parts) == 2]
    assert [frame.number for frame in both] == list(range(11, 20))
    for frame in both:
        assert {part.slice.shot for part in frame.parts} == {0, 1}
        assert sum(part.slice.share for part in frame.parts) == pytest.approx(1)
        assert frame.parts[0].slice.share >= frame.parts[1].slice.share
    assert pictures(after)[:10] == pictures(BEFORE)[:10]


def test_a_dip_goes_to_its_colour_and_takes_no_time():
    after = programme_of(("duration: 3s,", "duration: 3s, transition: {kind: dip, duration: 1s, colour: '#203040'},"))
    shares = [frame.parts[0].slice.share for frame in after.frames]
    assert len(after.frames) == 50
    assert shares[:15] == [1.0] * 15 and shares[25:] == [1.0] * 25
    assert shares[20] == 0.0 and all(0 < share < 1 for share in (*shares[16:20], *shares[21:25]))
    assert after.timeline.dip(2.2) == "#203040"
    assert pictures(after) == pictures(BEFORE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("duration: 3s,", "duration: 3s, transition: {kind: dissolve, duration: 2500ms},"),
            r"shots\.1\.transition\.duration: 2\.5 s is too long",
        ),
        (("duration: 2s,", "duration: 2s, transition: {kind: dip},"), "the first shot takes over from none"),
        (("duration: 3s,", "duration: 3s, transition: {kind: fade},"), "is not known"),
        (("duration: 3s,", "duration: 3s, transition: {kind: dip, duration: 0s},"), "too small"),
    ],
)
def test_a_transition_that_cannot_be_is_refused(change, said):
    with pytest.raises(SceneError, match=said):
        scene_of(change)


def test_two_shots_of_one_name_are_refused():
    with pytest.raises(SceneError, match=r'shots\.1\.name: shot 1 is called "a" too'):
        scene_of(("duration: 2s,", "duration: 2s, name: a,"), ("duration: 3s,", "duration: 3s, name: a,"))


def test_what_is_on_no_frame_makes_no_frame_another():
    budget = programme_of(("title: Two shots", "title: Two shots\nbudget: 9min\nfps: 10"))
    assert [frame.key for frame in budget.frames] == [frame.key for frame in BEFORE.frames]


def test_the_name_of_a_shot_makes_no_picture_another():
    assert pictures(programme_of(("duration: 2s,", "duration: 2s, name: overview,"))) == pictures(BEFORE)


@given(
    durations=st.lists(st.floats(0.5, 8), min_size=1, max_size=5),
    share=st.floats(0, 1),
    kind=st.sampled_from(["cut", "dissolve", "dip"]),
)
def test_shares_never_pass_one_and_slices_lie_within_their_shots(durations, share, kind):
    shots = [
        f"  - {{surface: main, duration: {length}, transition: {{kind: {kind if n else 'cut'}, duration: 0.2}}}}"
        for n, length in enumerate(durations)
    ]
    text = SCENE[: SCENE.index("shots:")] + "shots:\n" + "\n".join(shots)
    scene = check(parse(text, Source("scene.yaml")))
    timeline = timeline_of(scene.shots, 24)
    assert timeline.total == pytest.approx(scene.duration)
    slices = timeline.slices(share * timeline.total)
    assert 0 <= sum(each.share for each in slices) <= 1 + 1e-9
    assert all(0 <= each.time <= durations[each.shot] for each in slices)
    assert all(0 <= each.number <= timeline.frames_of(each.shot) for each in slices)


def test_pictures_are_mixed_as_light():
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    grey = mixed([(black, 0.5), (white, 0.5)], "#000000", 0)
    assert abs(grey.mean() - 188) < 1  # half the light of white is 188 of 255 in sRGB
    assert mixed([(white, 1.0)], "#000000", 0) is white
    assert abs(mixed([(white, 0.0)], "#203040", 0).reshape(-1, 3).mean(0) - (32, 48, 64)).max() < 0.6


def test_what_is_seen_through_is_mixed_by_what_it_covers():
    clear, red = np.zeros((4, 4, 4), np.uint8), np.full((4, 4, 4), (255, 0, 0, 255), np.uint8)
    half = mixed([(clear, 0.5), (red, 0.5)], "#000000", 0)
    assert np.abs(half.reshape(-1, 4).mean(0) - (255, 0, 0, 127.5)).max() < 1


def test_a_film_shows_the_shots_that_it_names_in_its_own_order_by_the_same_pictures():
    named = ("duration: 3s,", "duration: 3s, name: close,")
    after = programme_of(named, ("fps: 10", "fps: 10, shots: [close, '1']"))
    assert pictures(after) == pictures(BEFORE)[20:] + pictures(BEFORE)[:20]
    assert len(programme_of(named, ("fps: 10", "fps: 10, shots: [close]")).frames) == 30


@pytest.mark.parametrize(
    ("shots", "said"),
    [
        ("[closed]", r'films\.main\.shots\.0: there is no shot "closed"; did you mean close\?'),
        ("[close, close]", '"close" comes twice'),
        ("['3']", 'there is no shot "3"'),
    ],
)
def test_shots_that_a_film_cannot_show_are_refused(shots, said):
    with pytest.raises(SceneError, match=said):
        scene_of(("duration: 3s,", "duration: 3s, name: close,"), ("fps: 10", f"fps: 10, shots: {shots}"))


def test_a_transition_that_another_order_makes_too_long_is_refused():
    dissolve = ("duration: 3s,", "duration: 3s, name: close, transition: {kind: dissolve, duration: 1900ms},")
    last = ("films:", "  - {surface: main, duration: 1s, name: last}\nfilms:")
    scene_of(dissolve, last)
    with pytest.raises(SceneError, match=r"in this order 1\.9 s is too long"):
        scene_of(dissolve, last, ("fps: 10", "fps: 10, shots: [last, close]"))
