"""Outputs of a film: kinds and presets by name, the files that they become, and what is refused at check."""

from __future__ import annotations

import json
import stat
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from render.cli import app
from render.film.encoders import ENCODERS
from render.film.lacking import NEEDED, lacking
from render.film.record import file_key
from render.scene.encoders import H264, Av1, Gif, Hap, Hevc, PngSequence
from render.scene.encoders.suited import kind_of
from render.scene.filesize import file_bytes, told_bytes
from render.scene.language.load import load
from render.scene.output import Film
from render.scene.outputs import KINDS, files_of, presets, rate_of, size_of
from render.scene.quality import apply_quality
from render.scene.spec import Scene, resolved
from render.works.encoding_cost import COSTS, cost_of
from tests.test_scene_problems import GOOD, problems_of

PLAIN = "{size: [320, 180], fps: 30}"


def scene_text(film: str, clear: bool = False) -> str:
    look = "look: {name: ember, body: none, ground: void, background: {colour: transparent}}"
    return GOOD.replace(PLAIN, film).replace("look: {name: ember}", look if clear else "look: {name: ember}")


def film_of(**keys: object) -> Film:
    return Film.model_validate({"size": [640, 360], **keys})


def names_of(film: Film, suffix: str = "") -> list[str]:
    return [file.file_name("f", suffix) for file in files_of(film)]


def test_every_kind_that_a_scene_may_name_has_an_encoder():
    assert set(KINDS.values()) == set(ENCODERS)
    assert all(kind_of(kind()) == name for name, kind in KINDS.items())
    assert set(COSTS) == set(KINDS)
    assert set(NEEDED) <= set(KINDS)


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_is_an_output_of_a_size_that_its_kind_can_have(name):
    [encoder] = film_of(outputs=[name]).outputs
    assert encoder.name == name
    assert encoder.size is not None
    assert name not in KINDS
    across, down = encoder.multiples
    assert encoder.size[0] % across == encoder.size[1] % down == 0


def test_a_film_without_outputs_is_one_file_as_ever():
    film = film_of()
    assert names_of(film) == ["f.mp4"]
    assert names_of(film, ".draft") == ["f.draft.mp4"]
    assert film.encoder == H264()


def test_an_encoder_without_a_kind_is_h264_as_scenes_have_had_it():
    assert film_of(encoder={"crf": 20, "preset": "slow"}).encoder == H264(crf=20, preset="slow")


def test_an_option_that_is_not_asked_for_makes_no_old_film_anew():
    old = {"kind": "h264", "crf": 17, "preset": "medium"}
    from render.storage.files import content_key

    assert file_key("p", H264()) == content_key({"stage": "file", "picture": "p", "encoder": old})
    others = [
        H264(crf=18),
        H264(loop=True),
        H264(max_size=8_000_000),
        H264(pad="#000000"),
        Hevc(),
        Gif(loop=False),
        Gif(),
    ]
    assert len({file_key("p", each) for each in [H264(), *others]}) == 8
    assert file_key("p", H264(name="story", size=(64, 64), fps=Fraction(30))) == file_key("p", H264())


def test_outputs_are_called_by_their_kind_or_name_where_two_have_one_ending():
    film = film_of(outputs=["h264", "gif"])
    assert names_of(film) == ["f.mp4", "f.gif"]
    film = film_of(outputs=["h264", "hevc", "story", "gif", {"kind": "av1", "name": "small"}])
    assert names_of(film) == ["f.h264.mp4", "f.hevc.mp4", "f.story.mp4", "f.gif", "f.small.mp4"]
    film = film_of(outputs=["png", "exr", "poster", "contact-sheet", "dome-master"])
    assert names_of(film) == ["f.png", "f.exr", "f.poster.png", "f.contact-sheet.png", "f.dome-master"]
    assert names_of(film, ".draft") == [
        "f.draft.png",
        "f.draft.exr",
        "f.draft.poster.png",
        "f.draft.contact-sheet.png",
        "f.draft.dome-master",
    ]


def test_a_preset_may_be_changed_in_part():
    [encoder] = film_of(outputs=[{"preset": "story", "crf": 25, "size": [540, 960]}]).outputs
    assert (encoder.crf, encoder.size, encoder.fps, encoder.name) == (25, (540, 960), 30, "story")
    [encoder] = film_of(outputs=[{"preset": "museum-loop", "kind": "av1"}]).outputs
    assert encoder == Av1(name="museum-loop", size=(3840, 2160), loop=True)


def test_the_speed_of_x264_is_no_preset_of_outputs():
    [encoder] = film_of(outputs=[{"kind": "h264", "preset": "slow"}]).outputs
    assert encoder == H264(preset="slow")


def test_size_and_rate_are_the_films_own_where_an_output_has_none():
    film = film_of(fps=25, outputs=["hevc", {"kind": "gif", "size": [100, 51], "fps": 12.5}])
    assert [size_of(film, each) for each in film.outputs] == [(640, 360), (100, 51)]
    assert [rate_of(film, each) for each in film.outputs] == [25, Fraction(25, 2)]


def test_a_scene_with_outputs_is_itself_again_when_it_is_written_and_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(scene_text(f"{PLAIN[:-1]}, outputs: [web, gif, {{preset: story, crf: 30}}, poster]}}"))
    scene = load(path)
    assert Scene.model_validate(json.loads(json.dumps(resolved(scene)))) == scene


@pytest.mark.parametrize(
    ("text", "count"), [("8MB", 8_000_000), ("1.5 GB", 1_500_000_000), ("500kB", 500_000), ("2MiB", 2_097_152), (9, 9)]
)
def test_a_size_of_a_file_has_a_unit(text, count):
    assert file_bytes(text) == count


def test_bytes_are_told_in_three_digits():
    assert [told_bytes(count) for count in (999, 8e6, 1.234e9)] == ["0.999 kB", "8 MB", "1.23 GB"]


def test_outputs_keep_within_a_quality_each_by_itself(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        scene_text("{size: [1920, 1080], fps: 30, outputs: [hevc, {kind: hap, size: [1000, 500]}, story, dome-master]}")
    )
    scene = load(path)
    film = apply_quality(scene, "draft").films["one"]
    assert [size_of(film, each) for each in film.outputs] == [(480, 270), (480, 240), (480, 854), (480, 480)]
    assert {rate_of(film, each) for each in film.outputs} == {12}
    assert film.outputs[0].size is None  # so that it shares the frames of the film
    assert [type(each) for each in film.outputs] == [Hevc, Hap, H264, PngSequence]
    assert apply_quality(scene, "final").films == scene.films
    odd = scene_text("{size: [1366, 768], fps: 30, outputs: [hap, {kind: hap, pad: '#000000', name: b}]}")
    path.write_text(odd.replace("[hap, {", "[{kind: hap, size: [1364, 768]}, {"))
    film = apply_quality(load(path), "draft").films["one"]
    assert [size_of(film, each) for each in film.outputs] == [(480, 272), (480, 270)]


BAD = [  # the film, where the problem stands, what is said
    ("outputs: [gfi]", "21:46", 'films.one.outputs.0: "gfi" is no output; did you mean gif?'),
    ("outputs: [{preset: stroy}]", "21:46", 'films.one.outputs.0: "stroy" is no output; did you mean story?'),
    ("outputs: [{kind: h265}]", "21:53", 'films.one.outputs.0.kind: "h265" is not known; did you mean h264?'),
    ("outputs: [{crf: 20}]", "21:46", "films.one.outputs.0: needs a kind: h264, hevc, av1, vp9, prores"),
    ("outputs: [7]", "21:46", "films.one.outputs.0: 7 is not a mapping"),
    ("outputs: h264", "21:45", 'films.one.outputs: "h264" is not a list'),
    ("outputs: [{kind: gif, crf: 20}]", "21:58", "films.one.outputs.0.crf: is not a key here"),
    ("outputs: [{kind: hevc, crf: 60}]", "21:64", "films.one.outputs.0.crf: 60 is too large; at most 51"),
    (
        "outputs: [{kind: h264, max_size: 8 potatoes}]",
        "21:69",
        'films.one.outputs.0.max_size: "8 potatoes" is not the size of a file; write it like 8MB, 500kB or 1.5GB',
    ),
    ("outputs: [{kind: prores, max_size: 8MB}]", "21:61", "films.one.outputs.0.max_size: is not a key here"),
    (
        "outputs: [{kind: hevc, size: [321, 180]}]",
        "21:65",
        "films.one.outputs.0.size: 321×180 is no size of hevc, which needs even sides; use 320×180, or set pad to",
    ),
    (
        "outputs: [{kind: hap, size: [322, 180]}]",
        "21:64",
        "films.one.outputs.0.size: 322×180 is no size of hap, which needs sides that are multiples of 4;",
    ),
    (
        "outputs: [{kind: gif, fps: 60}]",
        "21:63",
        "films.one.outputs.0.fps: 60 frames per second are too many for gif; at most 50",
    ),
    (
        "outputs: [h264, h264]",
        "21:52",
        "films.one.outputs.1: would be the same file as the output before it, one.h264.mp4;",
    ),
    ("outputs: [{kind: gif, name: draft}]", "21:64", "films.one.outputs.0.name: is what a quality is called"),
    ("outputs: [gif], encoder: {kind: hevc}", "21:61", "films.one.encoder: stands beside outputs"),
    ("encoder: {kind: h264, size: [64, 64]}", "21:64", "films.one.encoder.size: is a matter of outputs"),
    ("encoder: {kind: h266}", "21:52", 'films.one.encoder.kind: "h266" is not known; did you mean h264?'),
]


@pytest.mark.parametrize(("keys", "place", "said"), BAD, ids=[keys for keys, _, _ in BAD])
def test_what_does_not_go_together_is_told_at_its_place(tmp_path, keys, place, said):
    problems = problems_of(scene_text(f"{PLAIN[:-1]}, {keys}}}"), tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{place}: {said}"), problems[0]


def test_an_output_without_transparency_is_refused_where_the_ground_is_transparent(tmp_path):
    text = scene_text(f"{PLAIN[:-1]}, outputs: [vp9, hevc, {{kind: prores, profile: '4444'}}]}}", clear=True)
    [problem] = problems_of(text, tmp_path)
    assert "21:51: films.one.outputs.1: hevc has no transparency, and look.background.colour is transparent;" in problem
    (tmp_path / "b.yaml").write_text(scene_text(PLAIN, clear=True))
    assert load(tmp_path / "b.yaml").films["one"].encoder == H264()  # whose frames are made, as ever


def test_an_encoder_that_this_ffmpeg_lacks_is_told_at_check(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ' V....D libx264              H.264'\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    path = tmp_path / "a.yaml"
    path.write_text(scene_text(f"{PLAIN[:-1]}, outputs: [h264, png, av1, gif]}}"))
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 3
    assert done.stderr.splitlines() == [
        f"{path}:21:57: films.one.outputs.2: the ffmpeg that was found has no libsvtav1; unset "
        "IMAGEIO_FFMPEG_EXE, or install imageio-ffmpeg again",
        f"{path}:21:62: films.one.outputs.3: the ffmpeg that was found has no gif; unset "
        "IMAGEIO_FFMPEG_EXE, or install imageio-ffmpeg again",
    ]


def test_exr_without_openimageio_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert lacking("exr") == "exr needs OpenImageIO, which is not installed; `pip install 'thalweg[exr]'`, or use tiff"
    assert lacking("png") is None


def test_what_an_output_takes_is_estimated_and_a_size_that_it_must_not_pass_is_no_more_than_kept_twice():
    plain, small = (cost_of(H264(max_size=most), (1920, 1080), 300) for most in (None, 1_000_000))
    assert 1 < plain.megabytes < 500 and 1 < plain.seconds < 120
    assert small.megabytes == 2
    assert (
        cost_of(PngSequence(), (1920, 1080), 300).megabytes > cost_of(PngSequence(depth=8), (1920, 1080), 300).megabytes
    )
