"""One C++ kernel for a stack of linear layers: first layer, activations, products, loss and accuracy in one pass.

A tile of examples goes through all layers for one point after the other without leaving the first-level cache, and the
layers' sizes are constants, so that sums stay in registers. Points never meet: a height does not depend on how the
points were divided. Exponential and logarithm follow Cephes, tanh and erf the rational approximations of Eigen; each is
within a few units in the last place, and NaN stays NaN.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import nn

from render import compiler
from render.landscape.stack import PlaneStack

SHARE = 256  # points that one thread takes at a time, about 4 ms
TILE = 64  # examples are filled up to a multiple of this; every TILE of the kernel divides it
WEIGHTS = 2**13  # weights of the points that share a tile of examples, 32 KiB

SOURCE = r"""
#ifdef __AVX512F__
constexpr int LANES = 16, STRIPS = 4, UNITS = 5;
#elif defined(__AVX__)
constexpr int LANES = 8, STRIPS = 2, UNITS = 5;
#else
constexpr int LANES = 4, STRIPS = 2, UNITS = 5;
#endif
constexpr int TILE = LANES * STRIPS;
typedef float real __attribute__((vector_size(LANES * 4)));
typedef int whole __attribute__((vector_size(LANES * 4)));
typedef float loose_real __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int loose_whole __attribute__((vector_size(LANES * 4), aligned(4)));
template <int N> struct Count { static constexpr int value = N; };

static inline real all(float x) { return real{} + x; }
static inline real clamp(real x, float low, float high) {
  x = x < low ? all(low) : x;
  return x > high ? all(high) : x;
}
static inline real load(const float *from) { return *(const loose_real *)from; }
static inline whole load(const int *from) { return *(const loose_whole *)from; }

static inline real exponential(real x) {
  x = clamp(x, -87.f, 88.f);
  real shifted = x * 1.44269504088896341f + 12582912.f;
  real n = shifted - 12582912.f;
  real r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  real p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return (p * (r * r) + r + 1.f) * (real)(((whole)shifted << 23) + 0x3f800000);
}
static inline real log_one_plus(real s) {
  real u = 1.f + s;
  whole bits = (whole)u - 0x3f3504f3;
  real n = __builtin_convertvector(bits >> 23, real);
  real f = (real)((bits & 0x7fffff) + 0x3f3504f3) - 1.f;
  real z = f * f;
  real p = 7.0376836292e-2f * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  real y = p * f * z + n * -2.12194440e-4f - 0.5f * z;
  return s == s ? f + y + n * 0.693359375f + (s - (u - 1.f)) / u : s;
}
static inline real tangent(real x) {
  real c = clamp(x, -7.90531110763549805f, 7.90531110763549805f), s = c * c;
  real p = -2.76076847742355e-16f * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  real q = 1.19825839466702e-06f * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return c * p / q;
}
static inline real error_function(real x) {
  real c = clamp(x, -4.f, 4.f), s = c * c;
  real p = -2.72614225801306e-10f * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  real q = -1.45660718464996e-05f * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return c * p / q;
}
static inline real logistic(real x) { return 1.f / (1.f + exponential(-x)); }
static inline real rectified(real x) { return x < 0.f ? all(0.f) : x; }
static inline real silu(real x) { return x * logistic(x); }
static inline real gelu(real x) { return 0.5f * x * (1.f + error_function(x * 0.70710678f)); }
static inline real gelu_by_tanh(real x) {
  return 0.5f * x * (1.f + tangent(0.79788456f * (x + 0.044715f * x * x * x)));
}

template <int IN, int OUT, class Activation>
static inline void layer(const float *w, const real (*in)[STRIPS], real (*out)[STRIPS], Activation activation) {
  auto units = [&](int j, auto count) {
    constexpr int N = decltype(count)::value;
    real sum[N][STRIPS];
    _Pragma("GCC unroll 8") for (int k = 0; k < N; k++)
      _Pragma("GCC unroll 8") for (int t = 0; t < STRIPS; t++) sum[k][t] = all(w[IN * OUT + j + k]);
    for (int i = 0; i < IN; i++)
      _Pragma("GCC unroll 8") for (int k = 0; k < N; k++)
        _Pragma("GCC unroll 8") for (int t = 0; t < STRIPS; t++) sum[k][t] += w[(j + k) * IN + i] * in[i][t];
    _Pragma("GCC unroll 8") for (int k = 0; k < N; k++)
      _Pragma("GCC unroll 8") for (int t = 0; t < STRIPS; t++) out[j + k][t] = activation(sum[k][t]);
  };
  constexpr int BLOCKS = (OUT + UNITS - 1) / UNITS, SMALL = OUT / BLOCKS, LARGER = OUT % BLOCKS;
  for (int k = 0; k < LARGER; k++) units(k * (SMALL + 1), Count<SMALL + 1>{});
  for (int k = LARGER; k < BLOCKS; k++) units(LARGER + k * SMALL, Count<SMALL>{});
}

struct Score { real loss; whole wrong; };

template <int C> static inline Score cross_entropy(const real (*z)[STRIPS], int t, const int *labels, long) {
  whole label = load(labels), first = {};
  real largest = z[0][t], own = z[0][t], others = {};
  for (int c = 1; c < C; c++) {
    first = z[c][t] > largest ? whole{} + c : first;
    largest = z[c][t] > largest ? z[c][t] : largest;
    own = label == c ? z[c][t] : own;
  }
  for (int c = 0; c < C; c++) others += label == c ? all(0.f) : exponential(z[c][t] - largest);
  real drop = largest - own;
  return {drop + log_one_plus(drop > 0.f ? others + (exponential(-drop) - 1.f) : others + drop), first != label};
}
template <int C> static inline Score one_hot_error(const real (*z)[STRIPS], int t, const int *labels, long) {
  whole label = load(labels), first = {};
  real largest = z[0][t], loss = {};
  for (int c = 0; c < C; c++) {
    real gap = z[c][t] - (label == c ? all(1.f) : all(0.f));
    loss += gap * gap;
    first = z[c][t] > largest ? whole{} + c : first;
    largest = z[c][t] > largest ? z[c][t] : largest;
  }
  return {loss * (1.f / C), first != label};
}
template <int C> static inline Score squared_error(const real (*z)[STRIPS], int t, const float *values, long stride) {
  real loss = {};
  for (int c = 0; c < C; c++) {
    real gap = z[c][t] - load(values + c * stride);
    loss += gap * gap;
  }
  return {loss * (1.f / C), whole{}};
}
"""

MAIN = r"""
struct Chunk {
  long points, examples, stride, group;
  const double *coordinates, *tail;
  const float *first;
  const GOAL *goal;
  float *weights;
  real (*hidden)[STRIPS];
  double *loss, *wrong;
};

static void weigh(const Chunk &c, long start, long count) {
  for (long p = 0; p < count; p++) {
    const double a = c.coordinates[2 * (start + p)], b = c.coordinates[2 * (start + p) + 1];
    for (long q = 0; q < Q; q++) c.weights[p * Q + q] = c.tail[q] + a * c.tail[Q + q] + b * c.tail[2 * Q + q];
  }
}
static void first_layer(const Chunk &c, long point, long example, real (*out)[STRIPS]) {
  const float a = c.coordinates[2 * point], b = c.coordinates[2 * point + 1];
  for (int i = 0; i < H; i++)
    for (int t = 0; t < STRIPS; t++) {
      const float *at = c.first + i * c.stride + example + t * LANES;
      out[i][t] = FIRST(load(at) + a * load(at + H * c.stride) + b * load(at + 2 * H * c.stride));
    }
}
static void score(const Chunk &c, long point, long example, const real (*outputs)[STRIPS]) {
  real loss = {};
  whole wrong = {}, lane = {};
  for (int l = 0; l < LANES; l++) lane[l] = l;
  for (int t = 0; t < STRIPS; t++) {
    const int left = c.examples - example - t * LANES;
    Score found = COMPARE<C>(outputs, t, c.goal + example + t * LANES, c.stride);
    loss += lane < left ? found.loss : all(0.f);
    wrong += found.wrong & (lane < left);
  }
  for (int l = 0; l < LANES; l++) {
    c.loss[point] += loss[l];
    c.wrong[point] -= wrong[l];
  }
}
extern "C" void measure(const Chunk *chunk) {
  const Chunk &c = *chunk;
  real (*even)[STRIPS] = c.hidden, (*odd)[STRIPS] = c.hidden + WIDTH;
  for (long start = 0; start < c.points; start += c.group) {
    const long count = c.points - start < c.group ? c.points - start : c.group;
    weigh(c, start, count);
    for (long example = 0; example < c.examples; example += TILE)
      for (long p = 0; p < count; p++) {
        const float *w = c.weights + p * Q;
        first_layer(c, start + p, example, even);
        LAYERS
        score(c, start + p, example, OUTPUTS);
      }
  }
}
"""

FUNCTIONS: dict[type[nn.Module], str] = {
    nn.Tanh: "tangent",
    nn.Sigmoid: "logistic",
    nn.ReLU: "rectified",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
    nn.Identity: "",
}


class _Chunk(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("points", "examples", "stride", "group")] + [
        (name, ctypes.c_void_p)
        for name in ("coordinates", "tail", "first", "goal", "weights", "hidden", "loss", "wrong")
    ]


def fused(stack: PlaneStack) -> Callable[[np.ndarray], np.ndarray] | None:
    """Returns the kernel that gives loss and accuracy (2, B) float64 at points (B, 2), or None without a compiler."""
    library = compiler.library(source_of(stack)) if stack.first.device.type == "cpu" else None
    return Kernel(stack, library) if library else None


class Kernel:
    """A compiled kernel with the stack that it reads."""

    def __init__(self, stack: PlaneStack, library: ctypes.CDLL):
        self._stack, self._library = stack, library
        self._examples = stack.first.shape[-1]
        filled = torch.arange(-(-self._examples // TILE) * TILE).clamp(max=self._examples - 1)
        self._first, self._tail = stack.first[..., filled].contiguous(), stack.tail.contiguous()
        values = stack.goal.values[..., filled].contiguous()
        self._goal = values if values.is_floating_point() else values.int()
        self._group = min(16, max(1, WEIGHTS // max(1, self._tail.shape[1])))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Returns loss and accuracy (2, B) float64 at points (B, 2), on as many threads as torch uses."""
        found = np.zeros((2, len(points)))
        parts = [slice(start, start + SHARE) for start in range(0, len(points), SHARE)]
        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            list(threads.map(lambda part: self._measure(points[part], *found[:, part]), parts))
        labelled = not self._goal.is_floating_point()
        return np.stack([found[0] / self._examples, 1 - found[1] / self._examples if labelled else found[1] * np.nan])

    def _measure(self, points: np.ndarray, loss: np.ndarray, wrong: np.ndarray) -> None:
        weights = torch.empty(self._group * self._tail.shape[1])
        hidden = torch.empty(2 * self._stack.width * TILE)
        arrays = (points, loss, wrong)
        coordinates, losses, wrongs = (array.ctypes.data for array in arrays)
        tensors = (self._tail, self._first, self._goal, weights, hidden)
        chunk = _Chunk(
            len(points), self._examples, self._first.shape[-1], self._group,
            coordinates, *(tensor.data_ptr() for tensor in tensors), losses, wrongs,
        )  # fmt: skip
        self._library.measure(ctypes.byref(chunk))


def source_of(stack: PlaneStack) -> str:
    """Returns the C++ source of a stack's kernel."""
    sizes = {"WIDTH": stack.width, "H": stack.shapes[0][0], "C": stack.shapes[-1][0], "Q": stack.tail.shape[1]}
    names = {
        "GOAL": "float" if stack.goal.values.is_floating_point() else "int",
        "COMPARE": stack.goal.kind,
        "OUTPUTS": "odd" if len(stack.shapes) % 2 == 0 else "even",
        "FIRST": _composed(stack.activations[0]),
        "LAYERS": " ".join(_layer(stack, index) for index in range(1, len(stack.shapes))),
    }
    constants = "".join(f"constexpr long {name} = {value};\n" for name, value in sizes.items())
    return SOURCE + constants + "".join(f"#define {name} {text}\n" for name, text in names.items()) + MAIN


def _layer(stack: PlaneStack, index: int) -> str:
    out, fan_in = stack.shapes[index]
    buffers = "even, odd" if index % 2 else "odd, even"
    return f"layer<{fan_in}, {out}>(w, {buffers}, {_composed(stack.activations[index])}); w += {out * (fan_in + 1)};"


def _composed(chain: tuple[nn.Module, ...]) -> str:
    """Returns a chain of activations as one C++ function, the first of them innermost."""
    text = "x"
    for activation in chain:
        by_tanh = isinstance(activation, nn.GELU) and activation.approximate == "tanh"
        text = f"{'gelu_by_tanh' if by_tanh else FUNCTIONS[type(activation)]}({text})"
    return f"[](real x) {{ return {text}; }}"
