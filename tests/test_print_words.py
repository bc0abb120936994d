"""Words and furniture of prints: those of the still, large enough to be read on paper, and never in the bleed."""

import numpy as np
import pytest
from PIL import Image

from render.film.furniture.strokes import stroke
from render.film.prints import inking
from render.film.prints.inking import inked, sheet_of, words_on
from render.film.prints.patches import APART, patches
from render.film.prints.press import sized
from render.film.shooting import Shooting, bare_picture
from render.film.timeline import Slice
from render.film.words import layout
from render.film.words.ink import against
from render.film.words.lettering import lettering_of, plots_of
from render.film.words.overlay import BRIEF, FULL, page_of
from render.landscape import ready
from render.progress import Reporter
from render.scene.printing import PrintRequest, print_of
from render.works.bench import Bench
from render.works.order import Order
from render.works.print_work import print_work
from tests.test_drawing_ready import WAY, home, scene_of, written  # noqa: F401
from tests.test_prints import QUIET

WHOLE = ("look.furniture.height=true", "look.furniture.legend=true", "look.furniture.labels=[start, turn, end]")
STILL = 640, 360


@pytest.fixture
def shot(home, graphics):  # noqa: F811
    """What makes a shooting of a bowl for a print, its take, and the print."""
    file = written(home, **WAY)

    def of(asked, *settings):
        scene = scene_of(home, file, extra=(*QUIET, f"stills.given.size=[{STILL[0]}, {STILL[1]}]", *settings))
        made = print_of(asked, STILL)
        landscapes = {name: ready.load(settings) for name, settings in scene.surfaces.items()}
        shooting = Shooting(scene, sized(scene.stills["given"], made), landscapes, Reporter.silent())
        return shooting, shooting.take(0), made

    return of


def covered(found, size):
    """Returns which pixels (H, W) of a print patches have ink on, and how often each is in a patch."""
    ink, count = np.zeros(size[::-1], bool), np.zeros(size[::-1], int)
    for patch in found:
        height, width = patch.black.shape[:2]
        part = slice(patch.top, patch.top + height), slice(patch.left, patch.left + width)
        ink[part] |= (patch.black != 0).any(axis=2) | (patch.white != 255).any(axis=2)
        count[part] += 1
    return ink, count


@pytest.mark.slow
@pytest.mark.parametrize("name", ["A0", "A3", "A5", "A6", "A6-portrait", "20x20cm"])
@pytest.mark.parametrize("dpi", [150, 300, 600])
def test_letters_on_paper_have_seven_points_and_the_title_is_larger(shot, name, dpi):
    shooting, take, made = shot(PrintRequest(name, dpi))
    sheet, words = sheet_of(shooting, take, made), words_on(shooting, take, 2.0, made)
    labels = tuple(counter.label for counter in words.counters)
    text = layout.Text(words.title, words.caption, FULL if words.full else BRIEF, labels, "0" * 8, words.labels)
    points = {block.kind: block.size / dpi * 72 for block in layout._blocks(sheet, text)}
    assert points["caption"] >= 7 and points["counters"] >= 7 and inking.LEAST == 7
    assert points["title"] > 1.3 * points["caption"]
    boxes = page_of(words, sheet).boxes
    edge = 0.04 * np.array(made.trim)
    assert all(box.left >= edge[0] and box.bottom <= made.trim[1] - edge[1] / 2 for box in boxes)


@pytest.mark.slow
def test_a_print_of_the_stills_own_pixels_has_the_words_of_the_still(shot):
    shooting, take, made = shot(PrintRequest(format="png"), *WHOLE)
    stage = take.stage((0,), STILL, 2)
    seen_by = (lambda moment: bare_picture(take, [stage], moment.time)), stage.shown
    lettering = lettering_of(shooting.scene, shooting.output, take, [Slice(0, 2.0, 0)], seen_by)
    stage.close()
    expected, _ = covered(patches(shooting.words.writing(take, 2.0, lettering), STILL), STILL)
    found, count = covered(inked(shooting, take, 2.0, made), STILL)
    assert lettering.furnishing is not None and expected.sum() > 5000
    assert (found != expected).mean() < 1e-3 and count.max() == 1


@pytest.mark.slow
def test_nothing_is_written_in_the_bleed(shot):
    shooting, take, made = shot(PrintRequest("A5", 120, "8mm"), *WHOLE)
    ink, _ = covered(inked(shooting, take, 2.0, made), made.size)
    inside = ink[made.bleed : -made.bleed, made.bleed : -made.bleed]
    assert made.bleed == 38 and inside.sum() == ink.sum() > 5000
    plots = plots_of(shooting.output, take, 2.0)
    assert (plots[0].width, plots[0].height) == made.trim


@pytest.mark.slow
def test_each_piece_can_be_switched_as_on_stills(shot):
    def amount(*settings):
        shooting, take, made = shot(PrintRequest("A6", 150), *settings)
        return covered(inked(shooting, take, 2.0, made), made.size)[0].sum()

    plain = amount("look.furniture.labels=[]")
    assert amount("look.furniture.labels=[]", "look.furniture.legend=true") > plain + 500
    assert amount("look.furniture.labels=[]", "look.furniture.height=true") > plain + 100
    assert amount("look.furniture.labels=[end]") > plain + 100
    assert amount("stills.given.furniture=false", *WHOLE) <= plain
    assert amount("stills.given.caption=false", "stills.given.title=false") == 0


def test_patches_are_few_pixels_around_what_has_ink_and_share_none():
    size = 900, 700

    def dots(pixels):
        drawn = pixels.copy()
        for row, column in ((20, 30), (24, 30 + APART), (300, 800), (650, 10), (651, 700)):
            drawn[row : row + 3, column : column + 5] = 120
        return drawn

    found = patches(dots, size, 7)
    ink, count = covered(found, (size[0] + 14, size[1] + 14))
    assert len(found) == 4 and count.max() == 1
    assert ink.sum() == 5 * 15 and sum(patch.black[..., 0].size for patch in found) < 400
    assert (found[0].top, found[0].left) == (27, 37)


def test_lines_are_told_from_their_ground_by_a_smaller_picture_of_it():
    ground = np.zeros((200, 300, 3), np.uint8)
    ground[:, 150:] = 230
    line = stroke(np.array([[20.0, 100.0], [280.0, 100.0]]), 4.0)
    own = against(line, ground, "#d0d0d0")
    told = against(line, np.zeros_like(ground), "#d0d0d0", ground[::4, ::4])
    apart = np.abs(own.light - told.light).max(axis=1) > 0
    assert set(told.columns[apart]) <= set(range(145, 155)) and 0 < (told.light == 0).mean() < 1


@pytest.mark.slow
def test_a_print_shows_its_furniture_where_its_file_has_it(shot, tmp_path):
    asked = PrintRequest("A6", 100, "3mm", 8)
    pictures = []
    for shown in ("true", "false"):
        shooting, _, _ = shot(asked, *WHOLE, f"stills.given.furniture={shown}")
        made = Bench(Reporter.silent()).obtain(print_work(Order(shooting.scene, "final", tmp_path), "given", asked))
        with Image.open(made.path) as read:
            pictures.append(np.asarray(read).astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(axis=2) > 12
    assert 0.003 < changed.mean() < 0.1
    assert not changed[:12].any() and not changed[:, :12].any()
