// A stack of linear layers at every point of a plane: layers, loss and accuracy of each tile of examples in one pass.
//
// In front of this file stands what one stack is made of (fused.py): WIDTH, the units of the widest layer; H, those of
// the first layer, which is a sum over the plane already; C outputs; Q weights of the layers after the first; GOAL, the
// type of a target; COMPARE, the loss of one example; FIRST, the first layer's activation; LAYERS, the calls of the
// layers after it; OUTPUTS, the buffer that the last of them wrote.
//
// Exponential and logarithm follow Cephes, tanh and erf the rational approximations of Eigen; each is within a few
// units in the last place, and NaN stays NaN.

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
