"""Fonts that a scene names: found by file and family, asked for every letter, and drawn with."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from render.cli import app
from render.errors import SceneError
from render.film.record import fonts_of
from render.film.words.bidi import in_order, levels
from render.film.words.ink import TEXT, line_ink, line_width, paint
from render.scene.language.load import load
from render.scene.typefaces import drawable, fonts
from render.scene.typefaces.letters import clusters, one_line, undrawable
from render.scene.typefaces.typeface import NoTypefaceError, read_typeface
from render.works.file import picture_key
from render.works.order import Order
from tests.conftest import ROOT, SCENE
from tests.fonts import BUNDLED, write_colour_font, write_font

runner = CliRunner()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a font of two CJK letters, one of two Arabic ones, and one of an emoji in red."""
    write_font(tmp_path / "cjk.otf", {"山": "H", "川": "I"})
    write_font(tmp_path / "arabic.otf", {"ا": "H", "ب": "O", " ": " "})
    write_colour_font(tmp_path / "emoji.ttf", "😄", (255, 0, 0))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fonts, "_by_fontconfig", lambda: iter(()))
    monkeypatch.setattr(fonts, "_in_folders", lambda: iter(()))
    fonts.installed.cache_clear()
    yield tmp_path
    fonts.installed.cache_clear()


def scene_with(here, title, *lines):
    """Writes the first scene with another title and more lines."""
    text = SCENE.read_text(encoding="utf-8").replace("title: First descent", f"title: {json.dumps(title)}")
    (here / "a.yaml").write_text("\n".join([text, *lines]), encoding="utf-8")
    return here / "a.yaml"


def faced(*names):
    return TEXT._replace(chosen=tuple(map(fonts.find, names)))


def same(one, other):
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in ("rows", "columns", "coverage"))


def test_a_letter_is_drawn_in_the_shape_that_the_named_font_has(here):
    face = faced("cjk.otf")
    assert same(line_ink("山", face, 30.0), line_ink("H", TEXT, 30.0))
    assert line_width("山川", face, 30.0) == pytest.approx(line_width("HI", TEXT, 30.0))


def test_what_the_named_font_lacks_is_drawn_in_the_bundled_one(here):
    mixed = line_width("山 and a", faced("cjk.otf"), 30.0)
    assert mixed == pytest.approx(line_width("H", TEXT, 30.0) + line_width(" and a", TEXT, 30.0))


def test_letters_from_right_to_left_stand_in_their_order(here):
    written = line_ink("اب", faced("arabic.otf"), 30.0)
    assert same(written, line_ink("OH", TEXT, 30.0))
    assert not same(written, line_ink("HO", TEXT, 30.0))


def test_an_emoji_keeps_its_colours_and_the_words_about_it_theirs(here):
    ink = line_ink("a😄", faced("emoji.ttf"), 30.0)
    own = ~np.isnan(ink.light[:, 0])
    assert own.sum() == 30 * 30 and (ink.light[own] == [1, 0, 0]).all()
    pixels = np.zeros((60, 90, 3), np.uint8)
    paint(pixels, ink.moved(5, 45), "#00ff00")
    assert {tuple(pixel) for pixel in pixels.reshape(-1, 3)} >= {(255, 0, 0), (0, 255, 0), (0, 0, 0)}
    faded = np.zeros((60, 90, 3), np.uint8)
    paint(faded, ink.faded(0.5).moved(5, 45), "#00ff00")
    assert faded[..., 0].max() == 188  # half the light


def test_check_names_the_letter_its_place_and_what_to_do(here):
    done = runner.invoke(app, ["check", str(scene_with(here, "On 山"))])
    assert done.exit_code == 3
    assert ':5:8: title: no font here has a letter for "山" (U+5C71, character 4); set look.font: ' in done.stderr
    assert "Noto Sans CJK JP, which `apt install fonts-noto-cjk` brings, or hide the title with" in done.stderr


SAID = [
    ("∇L", '"∇" (U+2207, character 1); set look.font: DejaVu Sans, which `apt install fonts-dejavu-core` brings'),
    ("♻️ and 😄", "set look.font: Noto Color Emoji, which `apt install fonts-noto-color-emoji` brings"),
    ("اب", "set look.font: Noto Sans Arabic, which `apt install fonts-noto-core` brings"),
    ("한글", "set look.font: Noto Sans CJK KR, which"),
    ("שלום", "set look.font: Noto Sans Hebrew, which"),
    ("山∇", "look.font: [Noto Sans CJK JP, DejaVu Sans], which `apt install fonts-dejavu-core fonts-noto-cjk` br"),
    ("山川损失形", "and 2 more; set"),
    ("a\u202eb", "for a sign (U+202E, character 2); remove it"),
    ("a\u0007b", "for a sign (U+0007, character 2); remove it"),
    ("𐀀", "set look.font to a font that has it"),
]


@pytest.mark.parametrize(("title", "words"), SAID, ids=[title.encode("unicode_escape").decode() for title, _ in SAID])
def test_what_cannot_be_drawn_is_said_with_what_would_draw_it(here, title, words):
    with pytest.raises(SceneError, match=r"a\.yaml:5:8: title: no font here has a letter for ") as caught:
        load(scene_with(here, title))
    assert words in caught.value.problems[0]


@pytest.mark.parametrize(
    ("title", "font"),
    [
        ("山川", "cjk.otf"),
        ("اب", "arabic.otf"),
        ("Well 😄", "emoji.ttf"),
        ("山 😄 اب", "[cjk.otf, emoji.ttf, arabic.otf]"),
    ],
)
def test_a_scene_with_a_font_for_its_letters_is_right(here, title, font):
    scene = load(scene_with(here, title), [f"look.font={font}"])
    assert scene.look.font == font.strip("[]").split(", ")


def test_letters_that_join_are_refused_where_they_cannot_be_laid_out(here, monkeypatch):
    monkeypatch.setattr(drawable, "_can_shape", lambda: False)
    with pytest.raises(SceneError, match=r"the letters of Arabic take their form .* `apt install libfribidi0`"):
        load(scene_with(here, "اب"), ["look.font=arabic.otf"])
    load(scene_with(here, "山川"), ["look.font=cjk.otf"])


def test_words_that_are_not_drawn_are_not_asked_about(here):
    path = scene_with(here, "山川 unheard of 😄")
    with pytest.raises(SceneError, match="title"):
        load(path, ["stills.first-descent.title=false"])
    load(path, ["stills.first-descent.title=false", "films.first-descent.title=false"])
    load(path, ["stills={}", "films={}"])


READY = """\
thalweg: 1
title: Ready
surfaces: {main: {source: {surface: 山.npz}}, other: {source: {surface: 川.npz}}}
shots: [{surface: main, duration: 2s}]
stills: {one: {at: 1s, size: [960, 540]}}
"""


def test_a_file_whose_name_cannot_be_drawn_is_blamed_at_its_own_place(here):
    (here / "a.yaml").write_text(READY, encoding="utf-8")
    with pytest.raises(SceneError, match="its name is drawn in the caption") as caught:
        load(here / "a.yaml")
    (problem,) = caught.value.problems
    assert ":3:37: surfaces.main.source.surface: " in problem and "title" not in problem
    assert problem.endswith("or rename the file, or hide it with caption: false")
    load(here / "a.yaml", ["stills.one.caption=false"])
    load(here / "a.yaml", ["look.font=cjk.otf"])


BAD = [
    ("nothing.otf", 'look.font.0: there is no file "nothing.otf"; name one from the working directory, or a family'),
    ("Nothing Sans", 'no font family "Nothing Sans" is installed; name one that is, or a font file in the working'),
    ("../a.otf", '"../a.otf" leads out of the working directory; copy the file there, or name the family'),
    ("/usr/share/fonts/a.ttf", "leads out of the working directory"),
    ("~/a.ttf", "leads out of the working directory"),
    ("link.otf", "leads out of the working directory"),
    ("words.ttf", '"words.ttf" is not a TrueType or OpenType font; name another font'),
    ("web.otf", "is packed for the web (WOFF); take the same font as .ttf or .otf"),
    ("torn.otf", "is damaged: it ends before its tables do"),
    ("[cjk.otf, nothing.otf]", "look.font.1: there is no file"),
]


@pytest.mark.parametrize(("font", "words"), BAD, ids=[font for font, _ in BAD])
def test_a_font_that_is_not_there_is_said_at_its_place(here, font, words):
    (here / "words.ttf").write_text("words")
    (here / "web.otf").write_bytes(b"wOF2" + bytes(60))
    (here / "torn.otf").write_bytes((here / "cjk.otf").read_bytes()[:200])
    (here / "link.otf").symlink_to(BUNDLED)
    with pytest.raises(SceneError, match=r"look\.font") as caught:
        load(scene_with(here, "Words"), [f"look.font={font}"])
    assert words in caught.value.problems[0]


def test_a_family_is_found_by_any_of_its_names_in_the_plainest_style(here, monkeypatch):
    faces = [
        fonts.Installed(120.0, "bold.otf", 0, ("Mountain Sans",), ("Mountain Sans Bold",)),
        fonts.Installed(0.0, "cjk.otf", 0, ("Mountain Sans", "山体"), ("Mountain Sans Regular",)),
        fonts.Installed(25.0, "narrow.otf", 0, ("Mountain Sans",), ("Mountain Sans Condensed",)),
    ]
    write_font(here / "bold.otf", {"山": "O"})
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    monkeypatch.setattr(fonts, "_in_folders", lambda: iter(faces))
    fonts.installed.cache_clear()
    assert [fonts.find(name).file.name for name in ("Mountain Sans", "mountain sans", "山体")] == ["cjk.otf"] * 3
    assert fonts.find("Mountain Sans Bold").file.name == "bold.otf"
    with pytest.raises(LookupError, match='no font family "Mountian Sans" is installed; did you mean Mountain Sans'):
        fonts.find("Mountian Sans")


def test_without_fontconfig_the_folders_are_looked_through(tmp_path, monkeypatch):
    (tmp_path / "fonts" / "inter").mkdir(parents=True)
    (tmp_path / "fonts" / "inter" / "a.otf").write_bytes(BUNDLED.read_bytes())
    (tmp_path / "fonts" / "broken.ttf").write_bytes(b"\x00\x01\x00\x00\xff")
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    monkeypatch.setattr(fonts, "folders", lambda: [tmp_path / "fonts"])
    fonts.installed.cache_clear()
    try:
        assert fonts.find("Inter").file == tmp_path / "fonts" / "inter" / "a.otf"
    finally:
        fonts.installed.cache_clear()


def test_what_fontconfig_lists_is_understood(monkeypatch, here):
    lines = (
        "/a/Thin.otf\t0\tSans,Sans Thin\tSans Thin\t0\t0\t100\n"
        "/a/Variable.ttf\t65536\tSans\tSans\t[0 210]\t0\t100\n"
        "/a/Slanted.otf\t0\tSans\tSans Italic\t80\t100\t100\n"
        "/a/bitmap.pcf.gz\t0\tSans\tSans\t80\t0\t100\nnonsense\n"
    )
    done = subprocess.CompletedProcess([], 0, stdout=lines.encode())
    monkeypatch.undo()
    monkeypatch.setattr(fonts.subprocess, "run", lambda *_, **__: done)
    found = sorted(fonts._by_fontconfig())
    assert [(face.departure, face.file, face.face) for face in found] == [
        (0.0, "/a/Variable.ttf", 0), (80.0, "/a/Thin.otf", 0), (100.0, "/a/Slanted.otf", 0),
    ]  # fmt: skip


def test_the_font_belongs_to_the_key_and_the_record_and_its_folder_does_not(here):
    path = scene_with(here, "Words")
    plain, named = load(path), load(path, ["look.font=cjk.otf"])
    output = plain.films["first-descent"]
    assert picture_key(Order(plain, "final", Path()), output) != picture_key(Order(named, "final", Path()), output)
    before = picture_key(Order(named, "final", Path()), output)
    (entry,) = fonts_of(named)
    assert entry["file"] == "cjk.otf" and entry["face"] == 0 and len(entry["sha256"]) == 64
    write_font(here / "other.otf", {"山": "O"})
    assert before != picture_key(Order(load(path, ["look.font=other.otf"]), "final", Path()), output)
    assert str(here) not in json.dumps(fonts_of(named))


def test_a_map_of_letters_without_letters_is_no_font(tmp_path):
    write_font(tmp_path / "empty.otf", {})
    with pytest.raises(NoTypefaceError, match="has no map of Unicode letters"):
        read_typeface(tmp_path / "empty.otf")


def test_the_bundled_font_is_read_in_both_of_its_maps():
    letters = fonts.bundled().letters
    assert {ord(c) for c in "AzéЖΩ←√−⁵"} <= letters
    assert not {0x8C37, 0x2207, 0xFFFF, 0} & letters


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301x", ["é", "x"]),
        ("♻️!", ["♻️", "!"]),
        ("👩‍💻", ["👩‍💻"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("👍🏽", ["👍🏽"]),
        ("a\nb\tc", ["a", " ", "b", " ", "c"]),
    ],
)
def test_signs_of_several_letters_stay_together(text, parts):
    assert list(clusters(one_line(text))) == parts


def test_a_mark_that_no_font_has_on_its_letter_is_named():
    assert undrawable("xx\U0001e8d0", [fonts.bundled()]) == [(2, "\U0001e8d0")]


ORDERS = [
    # as it is written, as it stands from left to right
    ("abc", "abc"),
    ("אבג", "גבא"),
    ("a אב 12 b", "a 12 בא b"),
    ("אב 12.5% ab", "ab 12.5% בא"),
    ("אב (ab) 12", "12 )ab( בא"),
    ("ab (אב) c", "ab (בא) c"),
    ("ab: אב, 12!", "ab: 12 ,בא!"),
    ("اب 1,024", "1,024 با"),
]


@pytest.mark.parametrize(("written", "seen"), ORDERS, ids=[str(number) for number in range(len(ORDERS))])
def test_both_directions_stand_in_one_line(written, seen):
    assert "".join(in_order(written, levels(written))) == seen


def test_a_check_of_any_title_loads_no_heavy_library(here):
    path = scene_with(here, "山川 and words")
    code = (
        "import sys; from pathlib import Path; from render.scene.language.load import load\n"
        f"load(Path({str(path)!r}), ['look.font=cjk.otf'])\n"
        "print([name for name in ('numpy', 'PIL', 'torch') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=here,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == "[]"
