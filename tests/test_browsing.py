"""A gallery in a browser: its pages from a disk, its terrain in the hand, and the camera that a view gives a scene."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app
from render.exchange import numpy_files
from tests.browsing import overlap, started, visiting
from tests.conftest import SCENE

pytestmark = pytest.mark.slow
TITLE = '<img src=x onerror="alert(1)"></title><script>alert(2)</script>'
THUMB = ["--quality", "thumb", "--set", f"title={json.dumps(TITLE)}"]
SERIOUS = {"serious", "critical"}


def run(*words):
    """Runs a command that has to succeed; returns what it prints."""
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def home(graphics, tmp_path_factory):
    """A folder with a small scene, rendered and hung: output, and site."""
    folder = tmp_path_factory.mktemp("hung")
    run("render", SCENE, "--out", folder / "output", *THUMB)
    run("gallery", SCENE, "--out", folder / "output", "--site", folder / "site", *THUMB)
    return folder


@pytest.fixture(scope="module")
def browser():
    with started() as found:
        yield found


@pytest.fixture(scope="module")
def opened(browser, home):
    """The page of the work, its terrain drawn."""
    with visiting(browser, page_of(home), permissions=["clipboard-read", "clipboard-write"]) as visit:
        yield visit.ready()


@pytest.fixture
def work(opened):
    """The page of the work as it was when it was opened."""
    opened.page.evaluate(
        "const viewer = thalweg.viewers()[0]; viewer.find('palette').selectedIndex = 0;"
        "viewer.arrangePalettes(); viewer.arrangeWalk(); viewer.reset();"
    )
    return opened


def page_of(home):
    return home / "site" / "works" / "first-descent" / "index.html"


def test_pages_ask_for_nothing_beyond_their_folder_and_complain_of_nothing(browser, home):
    for path in (home / "site" / "index.html", page_of(home)):
        with visiting(browser, path) as visit:
            if path != home / "site" / "index.html":
                visit.ready()
            visit.page.wait_for_load_state("networkidle")
            inside = (f"{(home / 'site').as_uri()}/", "data:", "blob:")
            assert [url for url in visit.asked if not url.startswith(inside)] == []
            assert visit.said == []
            assert len(visit.asked) > 4


def test_every_picture_loads_and_has_words_for_who_does_not_see_it(work):
    page = work.page
    page.evaluate("document.querySelectorAll('img').forEach(each => { each.loading = 'eager'; })")
    page.wait_for_function("[...document.images].every(each => each.complete)")
    told = page.evaluate("[...document.images].map(each => [each.naturalWidth, each.alt])")
    assert len(told) >= 2 and all(width > 0 for width, _ in told)
    assert any("mlp 64-24-24-24-10 tanh on digits at 24 × 24, all measured points" in words for _, words in told)


def test_a_film_has_a_poster_waits_to_be_asked_and_plays(work):
    film = work.page.locator("video").first
    assert film.get_attribute("poster") and film.get_attribute("preload") == "none"
    assert not any(url.endswith(".mp4") for url in work.asked)
    seconds = film.evaluate(
        "async film => { film.muted = true; await film.play(); await new Promise(r => setTimeout(r, 400));"
        " return film.currentTime; }"
    )
    assert seconds > 0


def test_a_view_draws_and_turns_by_key_by_hand_and_by_finger(work):
    first = work.draw()
    assert 0.1 < (first[..., 3] > 250).mean() < 0.9 and len(np.unique(first[..., :3].reshape(-1, 3), axis=0)) > 500
    canvas = work.part("canvas")
    canvas.focus()
    work.page.keyboard.press("ArrowLeft")
    turned = work.draw()
    assert overlap(first[..., 3] > 250, turned[..., 3] > 250) < 0.99
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    work.page.mouse.move(*middle)
    work.page.mouse.down()
    work.page.mouse.move(middle[0] + 90, middle[1] + 40)
    work.page.mouse.up()
    dragged = work.draw()
    assert overlap(turned[..., 3] > 250, dragged[..., 3] > 250) < 0.99
    work.page.keyboard.press("Home")
    assert (work.draw() == first).mean() > 0.999


def test_two_fingers_bring_a_view_nearer(browser, home):
    with visiting(browser, page_of(home), has_touch=True, viewport={"width": 390, "height": 844}) as visit:
        box = visit.ready().part("canvas").bounding_box()
        visit.page.evaluate(f"scrollTo(0, scrollY + {box['y'] - 200})")
        box = visit.part("canvas").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before, session = visit.draw(), visit.page.context.new_cdp_session(visit.page)
        for kind, apart in (("touchStart", 30), ("touchMove", 60), ("touchMove", 90), ("touchEnd", None)):
            points = [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}] if apart else []
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        assert (visit.draw()[..., 3] > 250).sum() > 1.5 * (before[..., 3] > 250).sum()


def test_the_slider_tells_the_step_and_the_loss_that_were_logged(work, home):
    given = numpy_files.read(home / "site" / "works" / "first-descent" / "main.npz")
    losses = given.more["path_loss"]
    slider = work.part("step")
    first, places = work.draw(), int(slider.get_attribute("max"))
    assert places == len(losses) - 1
    slider.focus()
    work.page.keyboard.press("Home")
    for _ in range(3):
        work.page.keyboard.press("ArrowRight")
    said = work.part("told").text_content()
    assert said.startswith("step 3 of 60")
    assert float(re.search(r"loss ([\d.]+)", said)[1]) == pytest.approx(float(losses[3]), rel=1e-3)
    assert (work.draw() != first).any()


def test_the_loss_under_the_pointer_is_one_that_was_measured(work, home):
    given = numpy_files.read(home / "site" / "works" / "first-descent" / "main.npz")
    box = work.part("canvas").bounding_box()
    work.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    said = work.part("reading").text_content().replace("−", "-")
    loss, alpha, beta = (float(number) for number in re.search(r"loss (\S+).*α (\S+).*β (\S+)", said).groups())
    row, column = np.abs(given.betas - beta).argmin(), np.abs(given.alphas - alpha).argmin()
    assert given.alphas[column] == pytest.approx(alpha, rel=1e-3) and given.betas[row] == pytest.approx(beta, rel=1e-3)
    assert loss == pytest.approx(float(given.values[row, column]), rel=1e-3)


def test_another_palette_colours_the_same_terrain(work):
    before, names = work.draw(), work.part("palette").locator("option").all_text_contents()
    assert len(names) == 10 and names[0] == "ember, as in the scene"
    work.part("palette").select_option(label="glacier")
    after = work.draw()
    assert overlap(before[..., 3] > 250, after[..., 3] > 250) > 0.999
    assert np.abs(before[..., :3].astype(int) - after[..., :3]).mean() > 3


def test_a_copied_camera_frames_a_picture_as_the_view_is_framed(work, home):
    canvas = work.part("canvas")
    canvas.focus()
    work.page.evaluate("thalweg.viewers()[0].scenery.show(false)")
    for key in (*["ArrowLeft"] * 7, "ArrowUp", "+", "+", "Shift+ArrowRight", "Shift+ArrowUp"):
        work.page.keyboard.press(key)
    seen = work.draw()
    work.part("copy").click()
    work.page.evaluate("thalweg.viewers()[0].scenery.show(true)")
    words = work.page.evaluate("navigator.clipboard.readText()")
    assert words == work.part("copied").text_content() and words.startswith("camera: {kind: fixed, azimuth: ")
    height, width = seen.shape[:2]
    wide = work.part("stage").evaluate("each => each.clientWidth / each.clientHeight")
    assert wide == pytest.approx(16 / 9, rel=0.01)
    settings = [
        f"shots.0.camera={words.removeprefix('camera: ')}",
        "look.ground=void",
        "look.background.colour=transparent",
        "look.bloom=0",
        "shots.0.path.show=false",
        "stills.first-descent={at: 7s, size: [960, 540], caption: false, title: false}",
        "films={}",
    ]
    options = [word for setting in settings for word in ("--set", setting)]
    run("still", SCENE, "--out", home / "output", *THUMB, *options)
    drawn = Image.open(home / "output" / "stills" / "first-descent.thumb.png").getchannel("A").resize((width, height))
    assert overlap(np.asarray(drawn) > 127, seen[..., 3] > 127) > 0.97


@pytest.mark.parametrize("light", ["dark", "light"])
def test_axe_finds_nothing_serious(browser, home, light):
    from axe_playwright_python.sync_playwright import Axe

    for path in (home / "site" / "index.html", page_of(home)):
        with visiting(browser, path, color_scheme=light) as visit:
            if path != home / "site" / "index.html":
                visit.ready()
            found = Axe().run(visit.page).response["violations"]
            assert [(each["id"], each["help"]) for each in found if each["impact"] in SERIOUS] == []


def test_a_hostile_title_is_shown_as_it_is_written(browser, home):
    for path in (home / "site" / "index.html", page_of(home)):
        with visiting(browser, path) as visit:
            assert TITLE in visit.page.locator("main").text_content()
            assert visit.page.locator("img[src=x], main script").count() == 0
            assert visit.said == []


def test_nothing_plays_by_itself_where_no_motion_is_wanted(browser, home):
    with visiting(browser, page_of(home), reduced_motion="reduce") as visit:
        assert not visit.ready().part("play").is_visible()
        assert visit.page.evaluate("document.querySelectorAll('[autoplay]').length") == 0


def test_no_page_is_wider_than_a_phone(browser, home):
    for path in (home / "site" / "index.html", page_of(home)):
        with visiting(browser, path, viewport={"width": 390, "height": 844}) as visit:
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_page_follows_its_scene_and_keeps_the_camera(browser, home):
    command = ["view", SCENE, "--out", home / "output", "--no-open", "--once", *THUMB]
    run(*command)
    with visiting(browser, home / "output" / "views" / "first-descent.thumb.html") as visit:
        visit.ready().part("canvas").focus()
        visit.page.keyboard.press("ArrowLeft")
        azimuth = visit.page.evaluate("thalweg.viewers()[0].camera.azimuth")
        visit.page.wait_for_timeout(1200)
        run(*command, "--set", "look.relief=[{log: {floor: 1.0e-4}}, {exaggeration: 0.6}]")
        for _ in range(100):
            if visit.page.evaluate("thalweg.viewers()[0].terrain.height") > 0.5:
                break
            visit.page.wait_for_timeout(200)
        assert visit.page.evaluate("thalweg.viewers()[0].terrain.height") == 0.6
        assert visit.page.evaluate("thalweg.viewers()[0].camera.azimuth") == azimuth
        assert visit.said == []
