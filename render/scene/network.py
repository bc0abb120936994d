"""The network whose loss becomes the terrain."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.part import Part

Width = Annotated[int, Field(ge=1, le=4096)]
Activation = Literal["relu", "gelu", "silu", "mish", "tanh", "sigmoid", "step"]
Norm = Literal["batch", "group", "none"]

SMOOTHNESS = (
    "tanh, sigmoid, gelu, silu and mish give smooth ground, relu gives creases, step gives terraces (its gradient is "
    "zero, so that only what stands behind the last one learns)"
)


class Initialisation(Part):
    """How the weights of linear and convolution layers are drawn; biases begin at zero unless it is default."""

    kind: Literal["default", "kaiming", "xavier", "orthogonal", "normal", "zero"] = Field(
        default="default",
        description="torch's own default; kaiming (He, for relu), xavier (Glorot), orthogonal, normal, or zero",
    )
    gain: float = Field(
        default=1.0, gt=0, le=1000, description="factor on the weights; for normal, their standard deviation / 0.02"
    )


class Network(Part):
    """What all networks have in common."""

    init: Initialisation = Field(
        default=Initialisation(), description="how weights are drawn, from the seed of the run"
    )


class Mlp(Network):
    """Fully connected layers; without hidden layers it is a linear model."""

    kind: Literal["mlp"] = "mlp"
    widths: list[Width] = Field(max_length=16, description="units of each hidden layer; may be empty")
    activation: Activation = Field(default="tanh", description=f"between layers: {SMOOTHNESS}")
    bias: bool = Field(default=True, description="whether layers have a bias")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of hidden units that are dropped in training")


class Lenet(Network):
    """LeNet-5: two convolutions with pooling, then three linear layers; 61,706 parameters on one channel of 32 px."""

    kind: Literal["lenet"] = "lenet"
    activation: Activation = Field(default="tanh", description=f"between layers: {SMOOTHNESS}")


class Convnet(Network):
    """Blocks of a convolution of 3 × 3, a norm, an activation and pooling by two; then the mean and a linear layer."""

    kind: Literal["convnet"] = "convnet"
    depth: int = Field(default=4, ge=1, le=12, description="blocks; each halves the side of the image")
    width: Width = Field(default=32, description="channels of the first block")
    growth: float = Field(
        default=2.0, ge=1, le=4, description="channels of a block / channels of the one before; 2 is customary, 1 even"
    )
    widest: Width = Field(default=256, description="most channels of a block")
    norm: Norm = Field(default="batch", description="batch norm, group norm, or none")
    pooling: Literal["max", "mean", "stride"] = Field(
        default="max", description="how the side is halved; stride is by the convolution itself"
    )
    activation: Activation = Field(default="relu", description=f"in each block: {SMOOTHNESS}")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of the means that are dropped in training")


class Resnet(Network):
    """Residual networks (He et al. 2015): 20 to 110 layers for images of 32 px, 18 and 34 for those of 224 px."""

    kind: Literal["resnet"] = "resnet"
    depth: Literal[18, 20, 32, 34, 44, 56, 110] = Field(
        default=20, description="layers; 18 and 34 are of the kind for large images"
    )
    shortcut: bool = Field(default=True, description="whether inputs of blocks are added to their outputs")
    width: float = Field(default=1.0, ge=0.125, le=16, description="factor on the channels of all layers")
    norm: Norm = Field(default="batch", description="batch norm, group norm, or none")
    activation: Activation = Field(default="relu", description=f"between layers: {SMOOTHNESS}")


class Vgg(Network):
    """VGG (Simonyan and Zisserman 2014) with a mean and one linear layer behind its convolutions."""

    kind: Literal["vgg"] = "vgg"
    depth: Literal[11, 13, 16, 19] = Field(default=11, description="layers with weights, as the paper counts them")
    width: float = Field(default=1.0, ge=0.0625, le=4, description="factor on the channels of all layers")
    norm: Norm = Field(default="batch", description="batch norm, group norm, or none")
    activation: Activation = Field(default="relu", description=f"between layers: {SMOOTHNESS}")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of the means that are dropped in training")


class VitSettings(Network):
    """A small vision transformer (Dosovitskiy et al. 2020): patches as tokens, pre-norm blocks, mean of the tokens."""

    kind: Literal["vit"] = "vit"
    patch: int = Field(default=8, ge=1, le=64, description="side of a patch, pixels")
    dim: int = Field(default=64, ge=4, le=1024, description="numbers of a token; a multiple of heads")
    depth: int = Field(default=4, ge=1, le=24, description="blocks")
    heads: int = Field(default=4, ge=1, le=16, description="heads of the attention")
    ratio: float = Field(default=2.0, gt=0, le=8, description="hidden units of a block / dim")
    activation: Activation = Field(default="gelu", description=f"in each block: {SMOOTHNESS}")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of hidden units that are dropped in training")


AnyNetwork = Annotated[Mlp | Lenet | Convnet | Resnet | Vgg | VitSettings, Field(discriminator="kind")]
