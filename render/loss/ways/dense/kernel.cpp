// A stack of linear layers at every point of a plane: layers, loss and accuracy of each tile of examples in one pass.
//
// In front of this file stands what one stack is made of (fused.py): WIDTH, the units of the widest layer; H, those of
// the first layer, which is a sum over the plane already; C outputs; Q weights of the layers after the first; GOAL, the
// type of a target; COMPARE, the loss of one example; FIRST, the first layer's activation; LAYERS, the calls of the
// layers after it; OUTPUTS, the buffer that the last of them wrote.
// The vectors and the activations stand in vectors.cpp.

#ifdef __AVX512F__
constexpr int STRIPS = 4, UNITS = 5;
#else
constexpr int STRIPS = 2, UNITS = 5;
#endif
constexpr int TILE = LANES * STRIPS;

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
