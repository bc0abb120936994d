"""The data that a network learns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.existing import File
from render.scene.part import Part, Seed

PerClass = Annotated[int, Field(ge=1, le=10_000_000)]


class Augmentation(Part):
    """Random changes of the images of each training batch; what is measured is never changed."""

    flip: bool = Field(default=False, description="left and right are exchanged, every second time")
    shift: int = Field(default=0, ge=0, le=64, description="moves by up to so many pixels, filled with zeros")


class Labelled(Part):
    """What all data sets of examples in classes have in common."""

    per_class: PerClass | None = Field(
        default=None, examples=[100], description="training examples of each class; all when absent"
    )
    test_per_class: PerClass | None = Field(
        default=None, examples=[50], description="test examples of each class; all when absent"
    )
    label_noise: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of the training labels that are drawn at random; 1 leaves nothing to learn but by heart",
    )
    seed: Seed = Field(default=0, description="seed of subset and label noise; it belongs to the data, not to a run")


class Images(Labelled):
    """What all data sets of images have in common."""

    normalise: Literal["standard", "unit", "symmetric", "imagenet", "none"] = Field(
        default="standard",
        description="standard: mean 0 and deviation 1 of each channel over the training images; unit: 0 to 1; "
        "symmetric: −1 to 1; imagenet: by that set's known means and deviations; none: as stored",
    )
    augment: Augmentation | None = Field(default=None, description="random changes of training batches")


class Pictures(Images):
    """What all data sets of image files have in common."""

    size: int = Field(default=64, ge=4, le=512, description="side of the square image, pixels")
    crop: Literal["centre", "squash"] = Field(
        default="centre", description="centre keeps the middle square, squash the whole image at another aspect"
    )
    grey: bool = Field(default=False, description="whether images have one channel, the luminance, in place of three")


class Digits(Labelled):
    """Handwritten digits of 8 × 8 pixels in ten classes, which need no download."""

    kind: Literal["digits"] = "digits"


class Mnist(Images):
    """Handwritten digits of 28 × 28 pixels: 60,000 and 10,000 (LeCun et al. 1998)."""

    kind: Literal["mnist"] = "mnist"


class FashionMnist(Images):
    """Articles of clothing of 28 × 28 pixels: 60,000 and 10,000 (Xiao et al. 2017)."""

    kind: Literal["fashion-mnist"] = "fashion-mnist"


class Cifar10(Images):
    """Photographs of 32 × 32 pixels in ten classes: 50,000 and 10,000 (Krizhevsky 2009)."""

    kind: Literal["cifar10"] = "cifar10"


class Imagenette(Pictures):
    """Photographs of ten easy classes of ImageNet: 9,469 and 3,925 (fast.ai)."""

    kind: Literal["imagenette"] = "imagenette"
    edition: Literal["full", "320", "160", "mini"] = Field(
        default="160",
        description="size that the images were stored at, the shorter side in pixels; mini is any smaller selection",
    )


class Folder(Pictures):
    """Images of one's own, in one folder for each class; in train/ and val/, or all together."""

    kind: Literal["folder"] = "folder"
    path: File = Field(examples=["flowers"], description="folder within the data folder")
    test_share: float = Field(
        default=0.2, gt=0, lt=1, description="share of the images that is for testing, where there is no val folder"
    )
    skip_broken: bool = Field(default=False, description="whether images that cannot be read are left out")


class Npz(Images):
    """Arrays of one's own: train_inputs, train_targets, test_inputs, test_targets; or inputs and targets."""

    kind: Literal["npz"] = "npz"
    path: File = Field(examples=["mine.npz"], description="file within the data folder")
    normalise: Literal["standard", "unit", "symmetric", "imagenet", "none"] = Field(
        default="none", description="as for images; none leaves the numbers as they are stored"
    )
    test_share: float = Field(
        default=0.2, gt=0, lt=1, description="share of the examples that is for testing, where there is only one set"
    )


class Spirals(Labelled):
    """Interleaved spirals of points in the plane, one arm for each class."""

    kind: Literal["spirals"] = "spirals"
    classes: int = Field(default=3, ge=2, le=10, description="number of arms, one class each")
    per_class: PerClass = Field(default=200, description="points of each class")
    turns: float = Field(default=1.0, ge=0, le=20, description="turns of each arm around the centre")
    noise: float = Field(
        default=0.1, ge=0, le=10, description="spread of the points around their arm, tenths of the radius"
    )


class Moons(Labelled):
    """Two half circles of points that reach into each other."""

    kind: Literal["moons"] = "moons"
    per_class: PerClass = Field(default=200, description="points of each class")
    noise: float = Field(default=0.1, ge=0, le=10, description="spread of the points, fraction of the radius")


class OneWeight(Part):
    """Points on a line through the origin, for a network of one weight: an mlp without hidden layers and biases.

    Its loss is mean((w·x − y)²), a parabola.
    """

    kind: Literal["one-weight"] = "one-weight"
    slope: float = Field(default=1.0, ge=-100, le=100, description="slope of the line, the weight that is right")
    noise: float = Field(default=0.0, ge=0, le=100, description="spread of the values around the line")


class TwoWeights(Part):
    """Points on a curve v·tanh(w·x), for a network of two weights: an mlp of widths [1] with tanh and without biases.

    Its loss is mean((v·tanh(w·x) − y)²): two valleys, one the mirror of the other, and a saddle at the origin.
    """

    kind: Literal["two-weights"] = "two-weights"
    inner: float = Field(default=2.0, ge=-100, le=100, description="w of the curve")
    outer: float = Field(default=1.5, ge=-100, le=100, description="v of the curve")
    noise: float = Field(default=0.0, ge=0, le=100, description="spread of the values around the curve")


Data = Annotated[
    Digits | Mnist | FashionMnist | Cifar10 | Imagenette | Folder | Npz | Spirals | Moons | OneWeight | TwoWeights,
    Field(discriminator="kind"),
]
