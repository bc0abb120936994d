"""Words on the picture: where they stand, what they leave alone, and how numbers are written."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import SceneError
from render.film.canvas import SAFE
from render.film.words import overlay
from render.film.words.breaking import balanced
from render.film.words.figures import format_loss, format_step, short_loss
from render.film.words.ground import Dress
from render.film.words.ink import FIGURES, TEXT, line_ink, line_width, paint, value_ink, value_width
from render.film.words.overlay import Counter, Words, page_of, sheet_of
from render.scene.typefaces.letters import undrawable
from render.scene.words import WordStyle
from render.storage.files import asset

CAPTION = (
    "digits · mlp 64-32-32-10 tanh · sgd lr 0.1, batch 64 · train loss on 1,024 examples, eval mode · "
    "1,000 × 1,000 points, all measured · PCA plane 81.9 % + 9.9 % (random walk 60.8 % + 15.2 %) · "
    "log height, floor 1e-4"
)
COUNTERS = (Counter("step", "1,240"), Counter("loss", "0.0412"))
FULL = Words("First descent", CAPTION, COUNTERS)
SIZES = [(1920, 1080), (3840, 2160), (1080, 1920), (640, 360), (1080, 1080), (2400, 1000)]


def draw_words(pixels, words, colour="#9a9a9a", **options):
    """Writes words of a colour, as quiet as they are on a dark ground, on a sheet of the usual style."""
    height, width, _ = pixels.shape
    return overlay.draw_words(pixels, words, Dress(colour), sheet_of((width, height), **options))


def left_out(words, width, height, **options):
    return overlay.left_out(words, sheet_of((width, height), **options))


def ground(width, height, grey=20):
    return np.full((height, width, 3), grey, np.uint8)


def drawn_at(words, width, height, **options):
    """Returns where a picture changed, (H, W) bool."""
    before = ground(width, height)
    return (draw_words(before, words, **options) != before).any(axis=2)


def rows_of(changed):
    return np.flatnonzero(changed.any(axis=1))


def lines_of(changed):
    """Counts the runs of rows that hold ink."""
    return int((np.diff(changed.any(axis=1).astype(int)) == 1).sum())


@pytest.mark.parametrize("film", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_words_stay_within_the_safe_area(size, film):
    width, height = size
    changed = drawn_at(FULL, width, height, film=film)
    columns, rows = np.flatnonzero(changed.any(axis=0)), rows_of(changed)
    assert columns[0] >= SAFE * width - 2
    assert columns[-1] <= (1 - SAFE) * width + 2
    assert rows[-1] <= (1 - SAFE) * height + 0.012 * height  # a descender hangs below the baseline
    assert rows[0] >= 0.75 * height


@pytest.mark.parametrize("film", [False, True])
@pytest.mark.parametrize("size", [size for size in SIZES if size[0] >= size[1]])
def test_a_long_caption_leaves_room_beside_the_counters(size, film):
    counters = drawn_at(Words(counters=COUNTERS), *size, film=film)
    left_edge = np.flatnonzero(counters.any(axis=0))[0]
    everything = drawn_at(FULL, *size, film=film)
    assert not everything[:, left_edge - 16 : left_edge].any()
    assert np.array_equal(everything[:, left_edge:], counters[:, left_edge:])


def test_the_picture_that_was_given_is_left_alone_and_ground_without_words_too():
    before = ground(640, 360)
    after = draw_words(before, FULL)
    assert (before == 20).all()
    assert (after[:240] == 20).all()
    assert np.array_equal(draw_words(before, Words()), before)


def test_nothing_is_brighter_than_the_colour_of_the_words():
    after = draw_words(ground(1920, 1080), FULL, colour="#8f9aa6", film=True)
    assert (after.reshape(-1, 3).max(axis=0) == (0x8F, 0x9A, 0xA6)).all()


def test_on_paper_dark_words_only_darken():
    before = ground(1280, 720, grey=240)
    after = draw_words(before, FULL, colour="#555555")
    assert (after <= before).all()
    assert after.min() == 0x55


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
@pytest.mark.parametrize(("full", "most"), [(False, 2), (True, 12)])
def test_a_caption_has_two_lines_at_most_unless_all_of_it_is_asked_for(size, full, most):
    lines = lines_of(drawn_at(Words(caption=CAPTION * 3, full=full), *size, film=True))
    assert 2 <= lines <= most and (lines > 2) == full


def test_a_short_caption_is_one_line_at_its_size():
    changed = drawn_at(Words(caption="HHH"), 1920, 1080, film=True)
    assert lines_of(changed) == 1
    assert np.ptp(rows_of(changed)) + 1 == pytest.approx(0.02 * 1080 * 0.727, abs=1.5)  # Inter's cap height
    assert rows_of(changed)[-1] == 1080 - 54 - 1


def test_a_caption_without_dots_is_broken_at_spaces():
    assert lines_of(drawn_at(Words(caption="measured " * 30), 1920, 1080, film=True)) == 2


def test_a_colour_that_is_asked_for_is_the_colour_of_the_picture_where_letters_cover_it():
    for colour in ("#0b1f3a", "#ff5a5f", "#ffffff"):
        pixels = overlay.draw_words(ground(1920, 1080, 128), FULL, Dress(colour, quiet=1.0), sheet_of((1920, 1080)))
        whole = (pixels == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2)
        box = page_of(FULL, sheet_of((1920, 1080))).boxes[0]
        assert whole[box.top : box.bottom, box.left : box.right].sum() > 200


def test_words_stand_where_a_look_puts_them():
    style = WordStyle.model_validate(
        {"title": {"place": "upper-left", "size": 2}, "counters": {"place": "upper-right"}}
    )
    assert style.title.weight == "medium"
    page = page_of(FULL, sheet_of((1920, 1080), style=style))
    (title, counters), (caption,) = page.upper, page.lower
    assert title.left == 96 and counters.right == pytest.approx(1920 - 96, abs=2)
    assert max(title.bottom, counters.bottom) < 200 and caption.top > 1000
    usual = page_of(FULL, sheet_of((1920, 1080))).boxes[1]
    assert title.bottom - title.top == pytest.approx(2 * (usual.bottom - usual.top), abs=3)


def test_a_word_wider_than_the_picture_is_set_smaller():
    columns = np.flatnonzero(drawn_at(Words(title="W" * 90), 1920, 1080).any(axis=0))
    assert columns[-1] <= 0.95 * 1920 + 2


ASPECTS = [(9, 16), (4, 5), (1, 1), (4, 3), (16, 9), (21, 9)]
WIDTHS = [160, 480, 1920, 8192]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [FULL, Words("A title that is too long for any small picture at all", CAPTION * 2, COUNTERS)]
)
@pytest.mark.parametrize("aspect", ASPECTS, ids=str)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("full", [False, True])
def test_captions_are_never_cut(width, aspect, words, full):
    """Every word is on the page, whole, between the margins, and blocks keep off each other."""
    height = round(width * aspect[1] / aspect[0])
    words = replace(words, full=full)
    for film in (False, True):
        page = page_of(words, sheet_of((width, height), film=film))
        assert page.left_out == ()
        for box in page.boxes:
            assert SAFE * width - 2 <= box.left and box.right <= (1 - SAFE) * width + 2
            assert box.top >= 0 and box.bottom <= height
        for one, other in itertools.combinations(page.boxes, 2):
            assert not one.meets(other), (one, other)


@pytest.mark.parametrize("text", [CAPTION, CAPTION.replace(" · ", ", "), "a · " + "b" * 30 + " c" * 60])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_broken_caption_has_all_of_its_words_in_their_order(text, count):
    lines = balanced(text, count, TEXT)
    assert len(lines) <= count
    assert " ".join(lines).replace("·", " ").split() == text.replace("·", " ").split()


@pytest.mark.parametrize("film", [False, True])
def test_a_draft_has_all_words_of_the_final_picture_in_letters_that_can_be_read(film):
    drawn = drawn_at(FULL, 480, 270, film=film)
    assert left_out(FULL, 480, 270, film=film) == []
    capitals = drawn_at(Words(caption="HHH"), 480, 270, film=film)
    assert np.ptp(rows_of(capitals)) + 1 >= 6  # capitals of letters of 9 px
    assert rows_of(drawn)[0] > 0.6 * 270


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (320, 180), (480, 270), (300, 300), (200, 319)])
def test_small_pictures_have_all_words(size):
    width, height = size
    assert left_out(FULL, width, height, film=True) == []
    columns, rows = np.nonzero(drawn_at(FULL, width, height, film=True).T)
    assert columns.min() >= SAFE * width - 2 and columns.max() <= (1 - SAFE) * width + 2
    assert rows.min() > 0.3 * height


def test_what_would_leave_no_mark_is_left_out_and_told():
    assert left_out(FULL, 16, 16) == ["the caption", "the counters"]
    assert left_out(Words(labels=("with shortcuts", "without shortcuts")), 16, 16) == ["the names of its surfaces"]


def test_large_pictures_leave_nothing_out():
    for size in SIZES:
        assert left_out(FULL, *size, film=True) == []


def test_names_of_panels_are_set_as_small_as_their_panels_ask():
    words = Words(labels=("with shortcuts", "without shortcuts"))
    for width, height in ((160, 90), (480, 270), (1920, 1080)):
        left, right = page_of(words, sheet_of((width, height))).boxes
        assert left.right <= width / 2 <= right.left


@given(first=st.integers(0, 9999), second=st.integers(0, 9999))
def test_digits_may_change_without_moving_their_neighbours(first, second):
    assert value_width(f"{first:04d}", 21.6) == value_width(f"{second:04d}", 21.6)


def test_labels_do_not_move_when_values_grow():
    pictures = [
        draw_words(ground(1920, 1080), Words(counters=(Counter("step", step), Counter("loss", loss))), film=True)
        for step, loss in (("1", "2.31"), ("12,345", "0.00412"), ("999,999", "4.12×10⁻⁵"), ("7", "diverged"))
    ]
    labels = slice(0, 1920 - 96 - 140)
    assert all(np.array_equal(picture[:, labels], pictures[0][:, labels]) for picture in pictures)
    assert (pictures[0][:, labels] != 20).any()


def test_a_digit_looks_alike_wherever_it_stands():
    ones = [value_ink(text, 21.6) for text in ("8", "88")]
    assert np.array_equal(np.sort(ones[1].coverage), np.sort(np.tile(ones[0].coverage, 2)))


def test_half_covered_pixels_have_half_the_light_and_not_half_the_code():
    ink = line_ink("H", TEXT, 40.0)
    pixels = np.zeros((60, 60, 3), np.uint8)
    paint(pixels, ink.moved(5, 50), "#ffffff")
    light = np.where((code := pixels[..., 0] / 255) <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    assert light.sum() == pytest.approx(ink.coverage.sum(), rel=2e-3)


def test_letters_are_as_wide_as_the_layout_thinks():
    ink = line_ink("measured", TEXT, 21.6)
    assert np.ptp(ink.columns) + 1 == pytest.approx(line_width("measured", TEXT, 21.6), abs=4)


def test_ink_beyond_the_picture_is_cut():
    pixels = ground(8, 8)
    paint(pixels, line_ink("WW", TEXT, 30.0).moved(-4, 12), "#ffffff")
    assert pixels.shape == (8, 8, 3)


def test_every_sign_that_a_caption_uses_can_be_drawn():
    assert undrawable("·×−≤≥≈→←σθαβΔ%√±∞⁻⁰¹²³⁴⁵⁶⁷⁸⁹…–—’“” éñØßŁЖ\u00a0\u202f" + FIGURES, TEXT.chain) == []


def test_a_letter_that_the_font_lacks_is_named():
    assert undrawable("谷 line 線谷", TEXT.chain) == [(1, "谷"), (8, "線")]
    for what, words in (("title", Words(title="谷線")), ("caption", Words(caption="谷線"))):
        with pytest.raises(SceneError, match=rf'{what}: no font here has a letter for "谷" \(U\+8C37, character 1\)'):
            draw_words(ground(640, 360), words)


def test_a_caption_of_several_lines_is_drawn_as_one():
    assert np.array_equal(
        draw_words(ground(640, 360), Words("a\n", "b\nc")), draw_words(ground(640, 360), Words("a", "b c"))
    )


def test_the_fonts_are_small_and_have_their_licence_beside_them():
    for name in ("fonts/Inter-Regular.otf", "fonts/InterDisplay-Medium.otf"):
        assert asset(name).stat().st_size < 500_000
    assert "SIL OPEN FONT LICENSE" in asset("fonts/Inter-OFL.txt").read_text()


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (2.31, "2.31"),
        (2.3, "2.30"),
        (0.0412, "0.0412"),
        (0.99951, "1.00"),
        (0.99949, "0.999"),
        (55.94, "55.9"),
        (999.6, "1,000"),
        (1234.5, "1,230"),
        (4.12e-5, "4.12×10⁻⁵"),
        (0.000999, "9.99×10⁻⁴"),
        (1.5e7, "1.50×10⁷"),
        (0.0, "0.00"),
        (-0.5, "−0.500"),
        (float("nan"), "diverged"),
        (float("inf"), "diverged"),
    ],
)
def test_a_loss_has_three_significant_figures(loss, text):
    assert format_loss(loss) == text


@pytest.mark.parametrize(
    ("loss", "text"), [(0.5, "0.5"), (20.0, "20"), (2e-5, "2×10⁻⁵"), (1200.0, "1,200"), (0.0, "0")]
)
def test_a_tick_has_no_zeros_at_its_end(loss, text):
    assert short_loss(loss) == text


@given(loss=st.floats(1e-3, 9e5))
def test_a_written_loss_is_within_half_a_figure_of_the_loss(loss):
    assert float(format_loss(loss).replace(",", "")) == pytest.approx(loss, rel=0.0051)


def test_a_step_is_as_long_as_the_last_one():
    assert [format_step(step, 1200) for step in (7, 1200)] == ["\u2007\u2007\u2007\u20077", "1,200"]


def test_a_counter_with_a_colour_has_a_dot_of_it_before_its_label():
    plain = draw_words(ground(1920, 1080), Words(counters=COUNTERS), film=True)
    red = [counter._replace(colour="#ff0000") for counter in COUNTERS]
    dotted = draw_words(ground(1920, 1080), Words(counters=tuple(red)), film=True)
    changed = np.argwhere((plain != dotted).any(axis=2))
    assert (dotted[tuple(changed.T)][:, 0] > dotted[tuple(changed.T)][:, 1]).all()
    letters = np.argwhere((plain != ground(1920, 1080)).any(axis=2))
    assert len(changed) > 40 and changed[:, 1].max() < letters[:, 1].min()


def test_panels_are_named_in_their_own_halves():
    drawn = draw_words(ground(1920, 1080), Words(labels=("with shortcuts", "without")), film=True)
    columns = np.unique(np.argwhere((drawn != ground(1920, 1080)).any(axis=2))[:, 1])
    for half in (columns[columns < 960], columns[columns >= 960] - 960):
        assert abs((half.min() + half.max()) / 2 - 480) < 4
