"""Natively: many trainings at once by a compiled kernel of C++, made for the sizes of one trial.

Each lane of a vector is another training; threads share the rest out. It agrees with torch until rounding matters,
which on the chaotic side of the edge is soon.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from render import compiler
from render.descent.many.tiny_trial import Fates, Trial
from render.errors import MachineError

HERE = Path(__file__)
KERNEL, DOUBLES = HERE.with_name("trainings.cpp"), HERE.with_name("doubles.cpp")
VECTORS = HERE.parents[2] / "loss" / "ways" / "vectors.cpp"
NUMBERS = {"float32": "float", "float64": "double"}
ACTIVATED = {"tanh": "tangent", "relu": "rectified", "linear": ""}
SLOPES = {"tanh": "1 - (a) * (a)", "relu": "(a) > 0 ? all(1) : all(0)", "linear": "all(1)"}
SHARE = 16  # vectors of trainings that a thread takes at a time
LARGEST = 4096  # weights of the first layer, above which a kernel would not be compiled in seconds


class _Lot(ctypes.Structure):
    _fields_ = [
        *[(name, ctypes.c_long) for name in ("count", "steps", "tail")],
        ("bound", ctypes.c_double),
        *[(name, ctypes.c_void_p) for name in ("inputs", "targets", "first", "second", "doses", "found")],
        ("stride", ctypes.c_long),
    ]


class NativeTrainings:
    """Trains many networks at once by a compiled kernel."""

    name = "native"

    def __init__(self, trial: Trial):
        """Compiles the kernel of a trial, or takes it from the cache; raises MachineError where that fails."""
        self._trial, self._libraries = trial, dict[bool, ctypes.CDLL]()
        number = np.dtype(trial.precision)
        parts = (trial.inputs, trial.targets, trial.first, trial.second)
        self._parts = [np.ascontiguousarray(part, number) for part in parts]
        lanes = ctypes.c_long.in_dll(self._library(momentum=False), "lanes").value
        self._share = lanes * SHARE
        self.batch = self._share * torch.get_num_threads()

    def __call__(self, doses: np.ndarray) -> Fates:
        """Returns what becomes of trainings with hyperparameters (5, B) float64, on as many threads as torch uses."""
        doses = np.ascontiguousarray(doses, np.float64)
        library, count = self._library(momentum=bool(doses[2].any())), doses.shape[1]
        found = np.zeros((5, count))
        starts = range(0, count, self._share)
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(lambda start: self._train(library, doses, found, start), starts))
        return Fates.of(self._trial, found)

    def _train(self, library: ctypes.CDLL, doses: np.ndarray, found: np.ndarray, start: int) -> None:
        trial, stride, size = self._trial, doses.shape[1], doses.itemsize
        lot = _Lot(
            min(self._share, stride - start), trial.steps, trial.tail, trial.bound,
            *(part.ctypes.data for part in self._parts),
            doses.ctypes.data + start * size, found.ctypes.data + start * size, stride,
        )  # fmt: skip
        library.train_all(ctypes.byref(lot))

    def _library(self, *, momentum: bool) -> ctypes.CDLL:
        if momentum not in self._libraries:
            made = compiler.library(source_of(self._trial, momentum=momentum))
            if made is None:
                raise MachineError("strategy: native needs a C++ compiler that works; `apt install g++` brings one")
            self._libraries[momentum] = made
        return self._libraries[momentum]


def source_of(trial: Trial, *, momentum: bool) -> str:
    """Returns the C++ source of a trial's kernel."""
    (examples, inputs), hidden = trial.inputs.shape, len(trial.second)
    together = next(count for count in (4, 2, 1) if examples % count == 0)
    macros = {
        "NUMBER": NUMBERS[trial.precision], "INPUTS": inputs, "HIDDEN": hidden, "EXAMPLES": examples,
        "TOGETHER": together, "MOMENTUM": int(momentum), "ACTIVATED": ACTIVATED[trial.activation],
        "SLOPE(a)": SLOPES[trial.activation],
    }  # fmt: skip
    lines = "".join(f"#define {name} {value}\n" for name, value in macros.items())
    vectors = VECTORS if trial.precision == "float32" else DOUBLES
    return lines + vectors.read_text(encoding="utf-8") + KERNEL.read_text(encoding="utf-8")
