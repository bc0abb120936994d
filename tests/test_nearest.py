"""The nearest word: slips of the hand are seen, and nothing is suggested where nothing is near."""

import pytest

from render.data.sources import SOURCES
from render.exchange import WRITERS
from render.scene.language.anatomy import is_model
from render.scene.language.nearest import guess, nearest, slips_between
from render.scene.look import Look, preset_names
from render.scene.output import Film, Still
from render.scene.quality import QUALITIES
from render.scene.shot import PathStyle, Shot
from render.scene.spec import RunSettings, Scene
from render.scene.surface import ObjectiveSettings, SurfaceSettings
from render.scene.training import Training

SHOT, SCENE, TRAINING = list(Shot.model_fields), list(Scene.model_fields), list(Training.model_fields)
LOOK, SURFACE, OBJECTIVE = (
    list(Look.model_fields),
    list(SurfaceSettings.model_fields),
    list(ObjectiveSettings.model_fields),
)
NEAR = [
    # what was written, among what, what was meant
    ("durtion", SHOT, "duration"),
    ("duraiton", SHOT, "duration"),
    ("Duration", SHOT, "duration"),
    ("camra", SHOT, "camera"),
    ("besides", SHOT, "beside"),
    ("run", SCENE, "runs"),
    ("sede", SCENE, "seed"),
    ("flims", SCENE, "films"),
    ("still", SCENE, "stills"),
    ("bach", TRAINING, "batch"),
    ("optimizer", TRAINING, "optimiser"),
    ("label-smoothing", TRAINING, "label_smoothing"),
    ("label_smooth", TRAINING, "label_smoothing"),
    ("vignete", LOOK, "vignette"),
    ("back_ground", LOOK, "background"),
    ("pallete", LOOK, "palette"),
    ("tolerence", SURFACE, "tolerance"),
    ("weight-decay", OBJECTIVE, "weight_decay"),
    ("los", OBJECTIVE, "loss"),
    ("mpl", ["mlp", "lenet", "vit"], "mlp"),
    ("h265", ["h264"], "h264"),
    ("dense", ["auto", "dense-eager", "loop"], "dense-eager"),
    ("float61", ["float32", "float16"], "float16"),
    ("embre", preset_names(), "ember"),
    ("prewiew", QUALITIES, "preview"),
    ("minst", SOURCES, "mnist"),
    ("fashion", SOURCES, "fashion-mnist"),
    ("h55", WRITERS, "h5"),
    ("first-decent.yaml", ["first-descent.yaml", "mnist.yaml"], "first-descent.yaml"),
]
FAR = [
    ("weather", SHOT),
    ("easing", SHOT),
    ("fade", SHOT),
    ("music", SCENE),
    ("resolution", list(Film.model_fields)),
    ("codec", list(Film.model_fields)),
    ("background", list(Still.model_fields)),
    ("colour", list(PathStyle.model_fields)),
    ("epochs", TRAINING),
    ("learning_rate", TRAINING),
    ("temperature", LOOK),
    ("resolution", SURFACE),
    ("accuracy", OBJECTIVE),
    ("dataset", list(RunSettings.model_fields)),
    ("mse", ["cross-entropy", "squared-error"]),
    ("middle", ["last", "mean", "first"]),
    ("huge", QUALITIES),
    ("sunset", preset_names()),
    ("coco", SOURCES),
    ("json", WRITERS),
    ("e", ["b", "c", "wide"]),
    ("", ["a", "b"]),
    ("long" * 10_000, ["long"]),
]


@pytest.mark.parametrize(("word", "choices", "meant"), NEAR, ids=[word for word, _, _ in NEAR])
def test_a_slip_is_seen(word, choices, meant):
    assert nearest(word, choices) == f"did you mean {meant}?"


@pytest.mark.parametrize(("word", "choices"), FAR, ids=[word[:20] for word, _ in FAR])
def test_where_none_is_near_all_are_named(word, choices):
    assert nearest(word, choices) == f"known here: {', '.join(choices)}"


def test_where_none_is_known_that_is_said():
    assert nearest("a", []) == "none is known here"


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("", "", 0), ("a", "", 1), ("log", "lgo", 1), ("abc", "abc", 0), ("kitten", "sitting", 3), ("ca", "abc", 3)],
)
def test_slips_are_counted(one, other, slips):
    assert slips_between(one, other) == slips_between(other, one) == slips


def models(root: type) -> set[type]:
    """Returns every model of the scene language."""
    found, waiting = set(), [root]
    while waiting:
        kind = waiting.pop()
        if is_model(kind) and kind not in found:
            found.add(kind)
            waiting += [field.annotation for field in kind.model_fields.values()]
        waiting += [] if is_model(kind) else list(getattr(kind, "__args__", ()))
    return found


def test_no_key_of_the_language_is_taken_for_another_one_of_the_same_part():
    taken = {
        (key, found)
        for model in models(Scene)
        for key in model.model_fields
        if (found := guess(key, [other for other in model.model_fields if other != key]))
    }
    assert all(key in other or other in key for key, other in taken), taken  # such as loss in losses


def test_every_key_is_known_again_when_two_letters_change_places():
    for model in models(Scene):
        keys = list(model.model_fields)
        for key in (key for key in keys if len(key) > 3):
            slip = key[:1] + key[2] + key[1] + key[3:]
            assert guess(slip, keys) == key, (model, slip)
