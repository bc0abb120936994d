"""Data in files: idx and CIFAR's batches; what is wrong with them is a sentence, and nothing of them is run."""

import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from render import data
from render.data import cifar, idx
from render.errors import DataError
from render.scene import data as spec

RNG = np.random.default_rng(0)


pytestmark = pytest.mark.usefixtures("shelf")


def written_idx(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(gzip.compress(header + values.tobytes()))


def small_mnist(shelf: Path, name: str = "mnist") -> dict[str, np.ndarray]:
    made = {}
    for part, count in (("train", 60), ("t10k", 20)):
        made[part] = RNG.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        written_idx(shelf / name / f"{part}-images-idx3-ubyte.gz", made[part])
        written_idx(shelf / name / f"{part}-labels-idx1-ubyte.gz", (np.arange(count) % 10).astype(np.uint8))
    return made


@pytest.mark.parametrize("settings", [spec.Mnist(normalise="unit"), spec.FashionMnist(normalise="unit")])
def test_idx_files_become_images_of_one_channel(shelf, settings):
    made = small_mnist(shelf, settings.kind)
    loaded = data.load(settings)
    np.testing.assert_allclose(loaded.train.inputs[:, 0], made["train"] / 255, rtol=1e-6)
    assert loaded.test.inputs.shape == (20, 1, 28, 28) and loaded.classes == 10
    assert loaded.train.targets.tolist() == [n % 10 for n in range(60)]


@pytest.mark.parametrize(
    ("rule", "mean", "spread"), [("standard", 0, 1), ("unit", 0.5, 0.29), ("symmetric", 0, 0.58), ("none", 127, 74)]
)
def test_a_normalisation_gives_the_mean_and_spread_that_it_promises(shelf, rule, mean, spread):
    small_mnist(shelf)
    inputs = data.load(spec.Mnist(normalise=rule)).train.inputs
    assert inputs.mean() == pytest.approx(mean, abs=0.01 * max(1, mean))
    assert inputs.std() == pytest.approx(spread, rel=0.02)


def test_data_that_are_absent_say_what_was_looked_for_where_and_what_fetches_them(shelf):
    with pytest.raises(DataError, match=r"mnist or MNIST/raw was not found in .*data.*`thalweg data fetch mnist`"):
        data.load(spec.Mnist())
    with pytest.raises(DataError, match=r"imagenette2-160 was not found .*`thalweg data fetch imagenette-160`"):
        data.load(spec.Imagenette())


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


def short(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-5]))


def long(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"1"))


def other(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\0\0\x0d" + gzip.decompress(path.read_bytes())[3:]))


def huge(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**31, 28, 28)))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (torn, "is not a whole gzip file"),
        (short, "fewer bytes than its header says"),
        (long, "more bytes than its header says"),
        (other, "is no idx file of unsigned bytes"),
        (huge, "claims .* bytes, at most"),
    ],
)
def test_a_damaged_idx_file_is_a_sentence(shelf, damage, words):
    small_mnist(shelf)
    damage(shelf / "mnist" / "train-images-idx3-ubyte.gz")
    with pytest.raises(DataError, match=words):
        data.load(spec.Mnist())


def test_a_file_that_is_missing_is_named(shelf):
    small_mnist(shelf)
    (shelf / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte.gz: is missing; `thalweg data fetch mnist`"):
        data.load(spec.Mnist())


def test_labels_out_of_range_are_a_sentence(shelf):
    small_mnist(shelf)
    written_idx(shelf / "mnist" / "t10k-labels-idx1-ubyte.gz", np.full(20, 10, np.uint8))
    with pytest.raises(DataError, match="label 10 is out of range, 0 to 9"):
        data.load(spec.Mnist())


def test_as_many_labels_as_images_are_needed(shelf):
    small_mnist(shelf)
    written_idx(shelf / "mnist" / "t10k-labels-idx1-ubyte.gz", np.zeros(19, np.uint8))
    with pytest.raises(DataError, match="has 19 labels for 20 images"):
        data.load(spec.Mnist())


def test_images_that_are_none_or_of_two_sizes_are_a_sentence(shelf):
    small_mnist(shelf)
    written_idx(shelf / "mnist" / "t10k-images-idx3-ubyte.gz", np.zeros((20, 14, 14), np.uint8))
    with pytest.raises(DataError, match="images of train and test have different sizes"):
        data.load(spec.Mnist())
    written_idx(shelf / "mnist" / "t10k-images-idx3-ubyte.gz", np.zeros((0, 28, 28), np.uint8))
    written_idx(shelf / "mnist" / "t10k-labels-idx1-ubyte.gz", np.zeros(0, np.uint8))
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte.gz: holds no images"):
        data.load(spec.Mnist())


def small_cifar(shelf: Path) -> np.ndarray:
    folder = shelf / "cifar-10-batches-py"
    folder.mkdir()
    images = RNG.integers(0, 256, (60, 3072), dtype=np.uint8)
    for number, name in enumerate([*cifar.TRAIN, *cifar.TEST]):
        part = images[10 * number : 10 * number + 10]
        (folder / name).write_bytes(pickle.dumps({b"data": part, b"labels": list(range(10))}, protocol=2))
    return images


def test_the_batches_of_cifar_become_images_of_three_channels(shelf):
    images = small_cifar(shelf)
    loaded = data.load(spec.Cifar10(normalise="none"))
    np.testing.assert_array_equal(loaded.train.inputs.reshape(50, -1), images[:50].astype(np.float32))
    np.testing.assert_array_equal(loaded.test.inputs[:, 0, 0, 0], images[50:, 0].astype(np.float32))


def python_2_pickle(images: np.ndarray, labels: list[int]) -> bytes:
    """Returns a batch as Python 2 wrote it, and as it is published: byte strings, and an array of old NumPy."""

    def text(content: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(content)) + content

    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t" + text(b"b") + b"tR"
    kind = b"cnumpy\ndtype\n(" + text(b"u1") + b"K\x00K\x01tR(K\x03" + text(b"|")
    kind += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    shape = b"(" + b"".join(b"J" + struct.pack("<i", size) for size in images.shape) + b"t"
    array += b"(K\x01" + shape + kind + b"\x89" + text(images.tobytes()) + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + text(b"labels") + numbers + b"u."


def test_a_batch_as_it_is_published_is_read(shelf):
    images = RNG.integers(0, 256, (10, 3072), dtype=np.uint8)
    (shelf / "batch").write_bytes(python_2_pickle(images, list(range(10))))
    read, labels = cifar.read(shelf / "batch")
    np.testing.assert_array_equal(read.reshape(10, -1), images)
    assert labels.tolist() == list(range(10))


@pytest.mark.parametrize("ask", [data.load, data.fingerprint])
def test_a_batch_that_is_missing_is_named(shelf, ask):
    small_cifar(shelf)
    (shelf / "cifar-10-batches-py" / "data_batch_3").unlink()
    with pytest.raises(DataError, match=r"data_batch_3: is missing; .*`thalweg data fetch cifar10`"):
        ask(spec.Cifar10())


class Hostile:
    """Pickles into a command."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


def test_a_pickle_that_would_run_code_is_refused_and_nothing_is_run(shelf, tmp_path):
    small_cifar(shelf)
    batch = {b"data": Hostile(tmp_path / "ran"), b"labels": [0]}
    (shelf / "cifar-10-batches-py" / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(DataError, match=r"no batch of CIFAR-10 \(it asks for posix.system\); nothing of it was run"):
        data.load(spec.Cifar10())
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"\x80", b"no pickle", pickle.dumps([1]), pickle.dumps({b"data": 1})])
def test_what_is_no_batch_is_a_sentence(shelf, content):
    small_cifar(shelf)
    (shelf / "cifar-10-batches-py" / "data_batch_3").write_bytes(content)
    with pytest.raises(DataError, match="data_batch_3: is no batch of CIFAR-10"):
        data.load(spec.Cifar10())


def test_a_fingerprint_follows_the_bytes_of_the_files(shelf):
    small_mnist(shelf)
    first = data.fingerprint(spec.Mnist())
    assert data.fingerprint(spec.Mnist(normalise="unit")) == first
    written_idx(shelf / "mnist" / "t10k-labels-idx1-ubyte.gz", np.zeros(20, np.uint8))
    assert data.fingerprint(spec.Mnist()) != first


REAL = os.environ.get("THALWEG_DATA")


@pytest.mark.skipif(not REAL or not Path(REAL, "mnist").is_dir(), reason="THALWEG_DATA holds no mnist")
def test_the_real_mnist_has_its_known_sizes_and_mean(monkeypatch):
    monkeypatch.setenv("THALWEG_DATA", REAL)
    loaded = data.load(spec.Mnist(normalise="unit"))
    assert loaded.train.inputs.shape == (60_000, 1, 28, 28) and len(loaded.test) == 10_000
    assert loaded.train.inputs.mean() == pytest.approx(0.1307, abs=1e-4)
    assert np.bincount(loaded.train.targets).tolist()[:3] == [5923, 6742, 5958]
    assert idx.files_of("mnist")[0].name == "train-images-idx3-ubyte.gz"
