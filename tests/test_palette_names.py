"""Palettes by name and in files: each is that of its source, is checked for its lightness, and fails in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from render.errors import MachineError, SceneError
from render.film.record import palette_of
from render.film.vision import seen_as
from render.scene.colours import colourmaps, oklab, palette
from render.scene.language.load import load
from render.scene.look import Look
from render.stage.colour import decoded, encoded, linear_of, table_of, to_oklab
from tests.conftest import SCENE

LIGHTS = st.lists(st.floats(0, 1), min_size=2, max_size=40)
STEP = 1 / 255 + 1e-9


def rgb(stops) -> np.ndarray:
    """Returns the colours of stops, (n, 3) in 0..1."""
    return np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in stops]) / 255


def greys(*lights: int) -> list[tuple[float, str]]:
    places = np.linspace(0, 1, len(lights))
    return [(float(place), f"#{light:02x}{light:02x}{light:02x}") for place, light in zip(places, lights, strict=True)]


def fall(values: np.ndarray) -> float:
    """Returns the most that values fall after having risen."""
    return float((np.maximum.accumulate(values) - values).max())


# what lightness must do


@given(LIGHTS)
def test_lightness_turns_just_where_it_neither_only_rises_nor_only_falls(lights):
    values = np.array(lights)
    assert bool(oklab.turns(lights)) == (min(fall(values), fall(-values)) > oklab.UNSEEN)


@given(LIGHTS)
def test_a_reversed_row_turns_as_often(lights):
    assert len(oklab.turns(lights[::-1])) == len(oklab.turns(lights))


@given(LIGHTS)
def test_a_row_in_order_never_turns(lights):
    assert oklab.turns(sorted(lights)) == [] == oklab.turns(sorted(lights, reverse=True))


def test_a_turn_lies_at_the_extreme():
    assert oklab.turns([0.1, 0.5, 0.9, 0.4, 0.2, 0.8]) == [2, 4]
    assert oklab.turns([0.5, 0.505, 0.5, 0.9, 0.895, 1.0]) == []


def test_plain_oklab_is_that_of_the_arrays():
    colours = [f"#{code:06x}" for code in np.random.default_rng(0).integers(0, 2**24, 50)]
    arrays = to_oklab(np.stack([linear_of(colour) for colour in colours]))
    np.testing.assert_allclose([oklab.oklab(colour) for colour in colours], arrays, atol=1e-12)
    np.testing.assert_allclose(oklab.oklab("#ff0000"), [0.62796, 0.22486, 0.12585], atol=2e-5)  # Ottosson's table


KINDS = [
    (greys(0, 255), "sequential", None),
    (greys(255, 128, 0), "sequential", None),
    (greys(128, 128), "sequential", None),
    (greys(0, 255, 0), "sequential", "grows lighter up to #ffffff at 0.5, then darker again; put its colours in order"),
    (greys(255, 0, 200), "sequential", "palette_kind: diverging if both ends are to stand out"),
    (greys(0, 255, 0, 255), "sequential", "turns 2 times, at 0.333, 0.667; put .* or take another palette"),
    (greys(0, 255, 0, 255, 0), "sequential", "turns 3 times, .*palette_kind: cyclic, since it ends as it begins"),
    (greys(0, 255, 0), "diverging", None),
    (greys(0, 255), "diverging", None),
    (greys(0, 255, 0, 255), "diverging", "a diverging palette turns once"),
    (greys(0, 255, 0), "cyclic", None),
    (greys(0, 255, 0, 255, 0), "cyclic", None),
    (greys(0, 255), "cyclic", 'begins with "#000000" and ends with "#ffffff"; a cyclic palette ends as it begins'),
    ("matplotlib:prism", "sequential", r'^"matplotlib:prism" grows .* turns \d+ times, .* or take another palette$'),
    ("cmcrameri:vik", "sequential", "palette_kind: diverging"),
    ("cmcrameri:vik", "diverging", None),
    ("cmocean:phase", "cyclic", None),
    ("matplotlib:twilight", "cyclic", None),
    ("cmcrameri:romaO", "cyclic", None),
]


@pytest.mark.parametrize(("colours", "kind", "fault"), KINDS, ids=str)
def test_a_palette_is_of_its_kind_or_is_refused(colours, kind, fault):
    if fault is None:
        palette.require_order(colours, kind)
        return
    with pytest.raises(ValueError, match=fault):
        palette.require_order(colours, kind)


def test_a_preset_that_is_changed_to_another_kind_says_so():
    assert Look(palette="cmcrameri:vik", palette_kind="diverging").palette == "cmcrameri:vik"
    with pytest.raises(ValidationError, match="palette_kind: diverging"):
        Look(palette=greys(0, 255, 0))


# our own


@pytest.mark.parametrize("name", palette.own_names())
def test_our_own_palettes_are_in_order_and_tell_height_to_everybody(name):
    palette.require_order(name, "sequential")
    lights = [oklab.oklab(colour)[0] for _, colour in palette.own(name)]
    assert np.ptp(lights) >= 0.5
    shown = encoded(table_of(name, np.linspace(0, 1, 9)))[None]
    for eyes in ("grey", "deuteranopia", "protanopia", "tritanopia"):
        lab = to_oklab(decoded(seen_as(shown, eyes)[0]))
        assert np.linalg.norm(np.diff(lab, axis=0), axis=1).min() >= 0.02, eyes  # 0.02 is just seen


def test_there_are_eight_palettes_of_our_own_at_least():
    assert len(palette.own_names()) >= 8


# those of other packages


def tables():
    from colorcet import palette as cet
    from matplotlib import colormaps

    yield "matplotlib:viridis", colormaps["viridis"](np.arange(256))
    yield "viridis", colormaps["viridis"](np.arange(256))
    yield "cmcrameri:batlow", colourmaps.maps_of("cmcrameri")["batlow"](np.arange(256))
    yield "batlow", colourmaps.maps_of("cmcrameri")["batlow"](np.arange(256))
    yield "cmocean:deep", colourmaps.maps_of("cmocean")["deep"](np.arange(256))
    for name in ("CET_L3", "fire"):
        yield f"colorcet:{name}", [[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in cet[name]]


@pytest.mark.parametrize("place", range(7))
def test_a_map_of_a_package_has_the_colours_of_its_own_table(place):
    name, table = list(tables())[place]
    np.testing.assert_allclose(rgb(palette.stops_of(name)), np.asarray(table)[:, :3], atol=STEP)
    Look(palette=name)
    shown = encoded(table_of(name, np.linspace(0, 1, 256)))
    np.testing.assert_allclose(shown / 255, np.asarray(table)[:, :3], atol=STEP)


@pytest.mark.parametrize("name", ["ember", "cmcrameri:batlow", "viridis"])
@pytest.mark.parametrize("ending", ["_r", "-r"])
def test_a_reversed_palette_has_the_same_colours_backwards(name, ending):
    forward, backward = palette.stops_of(name), palette.stops_of(name + ending)
    np.testing.assert_array_equal(rgb(forward)[::-1], rgb(backward))
    places = np.linspace(0, 1, 33)
    np.testing.assert_allclose(table_of(name, places), table_of(name + ending, 1 - places), atol=1e-6)
    palette.require_order(name + ending, "sequential")


NO_NAMES = [
    ("embre", '"embre" is not a palette; did you mean ember?'),
    ("viridsi", '"viridsi" is not a palette; did you mean matplotlib:viridis?'),
    ("qqqqqqqqq", '"qqqqqqqqq" is not a palette; known here: copper, dusk, ember'),
    ("cmocean:depe", '"cmocean:depe" is not a map of cmocean; did you mean deep?'),
    ("cmocaen:deep", '"cmocaen:deep": no maps are known of "cmocaen"; did you mean cmocean?'),
    ("gray", '"gray" is a map of cmocean, colorcet and matplotlib; say which, such as cmocean:gray'),
    ("matplotlib:", '"matplotlib:" is not a map of matplotlib'),
    (":", "no maps are known of"),
    ("_r", '"" is not a palette'),
    (5, "is neither the name of a palette nor a list of [position, colour] from deep to high"),
    (None, "is neither the name of a palette nor a list"),
    ({"name": "ember"}, "is neither the name of a palette nor a list"),
    ("#ffffff", '"#ffffff" is one colour; write two at least'),
    ("../secret.csv", "leads out of the working directory"),
    ("/etc/passwd", "leads out of the working directory"),
    ("none.csv", '"none.csv" is not a file here; name one from the working directory'),
    ("a\x1b.csv", "is no path"),
]


@pytest.mark.parametrize(("name", "sentence"), NO_NAMES)
def test_a_name_that_leads_nowhere_is_told_with_what_is_near(name, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError) as caught:
        Look(palette=name)
    assert sentence in str(caught.value)


def test_a_scene_says_where_the_palette_stands(tmp_path):
    with pytest.raises(SceneError, match=r'^--set look.palette=embre: look.palette: "embre" is not a palette'):
        load(SCENE, ["look.palette=embre"])
    assert load(SCENE, ["look.palette=cmocean:deep_r"]).look.palette == "cmocean:deep_r"


@pytest.fixture
def bare(monkeypatch):
    """A machine without any of the packages."""

    def absent(name: str) -> None:
        raise ImportError(name)

    colourmaps.maps_of.cache_clear()
    monkeypatch.setattr(colourmaps.importlib, "import_module", absent)
    monkeypatch.setattr(colourmaps.importlib.util, "find_spec", lambda name: None)
    yield
    monkeypatch.undo()
    colourmaps.maps_of.cache_clear()


def test_a_package_that_is_missing_is_named_with_what_brings_it(bare):
    with pytest.raises(MachineError, match=r"needs the package cmocean; `pip install 'thalweg\[maps\]'` brings it"):
        Look(palette="cmocean:deep")
    with pytest.raises(ValidationError, match=r"matplotlib may have it, which `pip install 'thalweg\[maps\]'` brings"):
        Look(palette="viridis")
    assert Look(palette="glacier").palette == "glacier"


# those in files

FORMS = {
    "shares": "0,0,0\n0.5,0.25,0\n1,1,1\n",
    "bytes": "0,0,0\n128 , 64, 0\n255,255,255\n",
    "spaces": "0 0 0\n0.5   0.25 0\n1\t1 1\n",
    "tabs": "0\t0\t0\n128\t64\t0\n255\t255\t255",
    "decimal commas": "0;0;0\n0,5;0,25;0\n1;1;1\n",
    "names": "red,green,blue\n0,0,0\n128,64,0\n255,255,255\n",
    "codes": "#000000\n#804000\n#ffffff\n",
    "capitals, comments, quotes": '\ufeff# of a printer\n\n"#000000"\n#804000\n\n# the lightest\n#FFFFFF\n',
    "positions": "0,0,0,0\n0.5,128,64,0\n1,255,255,255\n",
    "names and positions": "position;r;g;b\n0;0;0;0\n0.5;128;64;0\n1;255;255;255\n",
    "positions and codes": "position colour\n0 #000000\n0.5 #804000\n1 #ffffff\n",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_colours_is_read_in_every_form(here, form):
    (here / "mine.csv").write_text(FORMS[form], encoding="utf-8")
    assert palette.stops_of("mine.csv") == ((0.0, "#000000"), (0.5, "#804000"), (1.0, "#ffffff"))
    assert palette.stops_of("mine.csv_r")[0] == (0.0, "#ffffff")


@given(
    st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=30).filter(
        lambda rows: max(map(max, rows)) > 1
    )
)
def test_bytes_in_a_file_come_back_as_they_were_given(rows):
    from render.scene.colours.colourfile import parse

    given_back = parse("\n".join(",".join(map(str, row)) for row in rows))
    np.testing.assert_array_equal(rgb(given_back) * 255, rows)


HOSTILE = {
    "empty": (b"", "has too few colours, 0; from 2 to 4,096 are read"),
    "one": (b"#ffffff\n", "has too few colours, 1"),
    "many": (b"#ffffff\n" * 5000, "has too many colours, 5,000"),
    "binary": (b"\x89PNG\xff\xfe\x00", "is not UTF-8 text"),
    "huge": (b"0" * 600_000, "is larger than 500 kB"),
    "words": (b"#000000\nred\n", 'line 2: "red" is no colour; write r,g,b or #rrggbb'),
    "nan": (b"0,0,0\nnan,0,1\n", 'line 2: "nan, 0, 1" is no colour'),
    "infinite": (b"0,0,0\n1e999,0,1\n", "is no colour"),
    "below": (b"0,0,0\n-3,0,200\n", 'line 2: "-3, 0, 200" leaves the range from 0 to 255'),
    "above": (b"0,0,0\n0,0,300\n", "leaves the range from 0 to 255"),
    "ragged": (b"0,0,0\n0,0\n", "line 2 has 2 columns and line 1 3"),
    "wide": (b"0,0,0,0,0\n1,1,1,1,1\n", "has 5 columns"),
    "other order": (b"b,g,r\n0,0,0\n255,255,255\n", 'has the columns "b, g, r"; write r,g,b'),
    "falling": (b"0,0,0,0\n0.5,9,9,9\n0.5,20,20,20\n1,30,30,30\n", "position 0.5 does not lie above 0.5"),
    "other range": (b"0,0,0,0\n255,255,255,255\n", "runs from 0 to 255; let it run from 0 to 1"),
    "turning": (b"#000000\n#ffffff\n#000000\n", "palette_kind: diverging"),
    "long line": (b"#000000\n" + b"x" * 9000 + b"\n", "xxx…"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_is_no_palette_is_refused_in_one_sentence(here, what):
    raw, sentence = HOSTILE[what]
    (here / "mine.txt").write_bytes(raw)
    with pytest.raises(ValidationError) as caught:
        Look(palette="mine.txt")
    said = caught.value.errors()[0]["ctx"]["error"].args[0]
    assert sentence in said and said.startswith('"mine.txt" ') and "\n" not in said and len(said) < 300


def test_folders_links_and_files_that_cannot_be_read_are_refused(here, tmp_path_factory):
    (here / "folder.csv").mkdir()
    outside = tmp_path_factory.mktemp("outside") / "other.csv"
    outside.write_text("#000000\n#ffffff\n")
    (here / "link.csv").symlink_to(outside)
    for name, sentence in (("folder.csv", "is not a file here"), ("link.csv", "link that leads out")):
        with pytest.raises(ValidationError, match=sentence):
            Look(palette=name)


@given(st.binary(max_size=200))
def test_no_bytes_make_a_traceback(raw):
    from render.scene.colours.colourfile import parse

    try:
        stops = parse(raw.decode("utf-8", errors="ignore"))
    except ValueError as error:
        assert str(error)
        return
    assert all(len(colour) == 7 for _, colour in stops)


def test_what_a_name_stood_for_is_kept_with_the_picture(here):
    (here / "mine.csv").write_text("#000000\n#ffffff\n")
    kept = palette_of(load(SCENE, ["look.palette=mine.csv"]))
    assert kept == ["0 #000000", "1 #ffffff"]
    (here / "mine.csv").write_text("#000000\n#eeeeee\n")
    assert palette_of(load(SCENE, ["look.palette=mine.csv"])) == ["0 #000000", "1 #eeeeee"]
    assert palette_of(load(SCENE, ["look.palette=[[0, '#000000'], [1, '#ffffff']]"])) == []
