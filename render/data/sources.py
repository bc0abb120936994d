"""Where data sets are published, and the hashes that their publishers and users know them by."""

from __future__ import annotations

from dataclasses import dataclass

IMAGENETTE = "https://s3.amazonaws.com/fast-ai-imageclas/"
MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
FASHION = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
CIFAR = "https://www.cs.toronto.edu/~kriz/"


@dataclass(frozen=True)
class Remote:
    """A file to fetch."""

    url: str
    md5: str  # the hash that is published; it guards against damage, and https against forgery

    @property
    def name(self) -> str:
        """Its name on disk."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class PublishedData:
    """A data set that can be fetched."""

    folder: str  # within the data folder
    files: tuple[Remote, ...]
    megabytes: int  # to fetch
    licence: str
    most_members: int = 0  # of its archive; 0 where files are used as they are
    most_bytes: int = 0  # of its archive, unpacked
    examples: int = 0  # that are published; 0 where that is not known
    others: tuple[str, ...] = ()  # folders that it lies in where something else has fetched it

    @property
    def folders(self) -> tuple[str, ...]:
        """All folders within the data folder that it is looked for in."""
        return self.folder, *self.others


def _idx(base: str, *hashes: str) -> tuple[Remote, ...]:
    names = (f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
    return tuple(Remote(base + name, md5) for name, md5 in zip(names, hashes, strict=True))


def _imagenette(name: str, md5: str, megabytes: int, gigabytes: int, *others: str) -> PublishedData:
    remote = Remote(f"{IMAGENETTE}{name}.tgz", md5)
    licence = "images of ImageNet, for research; selection Apache-2.0"
    return PublishedData(name, (remote,), megabytes, licence, 20_000, gigabytes * 2**30, 13_394, others)


SOURCES: dict[str, PublishedData] = {
    "mnist": PublishedData(
        "mnist",
        _idx(
            MNIST,
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        12,
        "CC BY-SA 3.0",
        examples=70_000,
        others=("MNIST/raw",),
    ),
    "fashion-mnist": PublishedData(
        "fashion-mnist",
        _idx(
            FASHION,
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        31,
        "MIT",
        examples=70_000,
        others=("FashionMNIST/raw",),
    ),
    "cifar10": PublishedData(
        "cifar-10-batches-py",
        (Remote(f"{CIFAR}cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"),),
        171,
        "no licence is stated; for research",
        20,
        2**28,
        60_000,
        ("cifar10/cifar-10-batches-py", "cifar10"),
    ),
    "imagenette-160": _imagenette("imagenette2-160", "e793b78cc4c9e9a4ccc0c1155377a412", 99, 1),
    "imagenette-320": _imagenette("imagenette2-320", "3df6f0d01a2c9592104656642f5e78a3", 342, 2),
    "imagenette-full": _imagenette("imagenette2", "fe2fc210e6bb7c5664d602c3cd71e612", 1557, 6, "imagenette"),
}

SELECTION = "imagenette-mini"  # the folder of any smaller selection of Imagenette, which nobody publishes
EDITIONS = {
    **{name: source.folders for name, source in SOURCES.items() if name.startswith("imagenette")},
    SELECTION: (SELECTION,),
}


def asked_by(name: str) -> str:
    """Returns how a scene asks for a data set that is known by a name: {kind: imagenette, edition: mini}."""
    kind, _, edition = name.partition("-") if name in EDITIONS else (name, "", "")
    quoted = f'"{edition}"' if edition.isdecimal() else edition
    return f"{{kind: {kind}, edition: {quoted}}}" if edition else f"{{kind: {kind}}}"
