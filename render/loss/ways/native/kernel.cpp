// A convolutional network at every point of a plane: the parts that one network's kernel is put together from.
//
// Behind this file stands what one network is made of (emission.py): the grids of its values, its steps, and the two
// functions declared at the end. An image is stored by rows, with the channels of a pixel side by side, filled up to
// whole vectors, and zeros around the image as far as its readers look over its edge. Every step ends in a chain,
// which is what becomes of each vector of channels before it is stored.
//
// Weights are rounded to float32 as the network would hold them; what is made of them (batch norm folded in, and
// Winograd's transform) is reckoned in float64 and rounded once more. The vectors and the
// activations stand in vectors.cpp.

#include <math.h>
#include <string.h>

#ifdef __AVX512F__
constexpr int VECTORS = 2, PIXELS = 12;
#else
constexpr int VECTORS = 2, PIXELS = 6;
#endif

// Examples that a point takes at a time: as many as any step. Tiles that a Winograd step takes for each time that it
// reads its filters: 16 is enough to hide the reading, and few channels leave room for more in the cache.
constexpr int BLOCK = LANES > 8 ? LANES : 8, TILES_AT_LEAST = 16, SCRATCH_AT_LEAST = 1 << 15;
typedef double wide __attribute__((vector_size(LANES * 4)));
typedef double loose_wide __attribute__((vector_size(LANES * 4), aligned(8)));
typedef float slim __attribute__((vector_size(LANES * 2)));
typedef float loose_slim __attribute__((vector_size(LANES * 2), aligned(4)));
constexpr int HALF = LANES / 2;  // as many float64
static inline void store(float *to, real x) { *(loose_real *)to = x; }
static inline real larger(real x, real y) {
  real found = y > x ? y : x;
  return y == y ? found : y;
}
#define SEPARATE __attribute__((noinline, noclone))  // compiled once for all that share it
static constexpr long most(long x, long y) { return x > y ? x : y; }

// Calls f(start, Count<n>) for parts of TOTAL that hold MOST at most and differ by one at most.
template <int TOTAL, int MOST, class F> static inline void parts(F f) {
  constexpr int BLOCKS = (TOTAL + MOST - 1) / MOST, SMALL = TOTAL / BLOCKS, LARGER = TOTAL % BLOCKS;
  for (int k = 0; k < LARGER; k++) f(k * (SMALL + 1), Count<SMALL + 1>{});
  for (int k = LARGER; k < BLOCKS; k++) f(LARGER + k * SMALL, Count<SMALL>{});
}

template <int CHANNELS, int HEIGHT, int WIDTH, int BEFORE, int BEHIND> struct Grid {
  static constexpr int C = CHANNELS, H = HEIGHT, W = WIDTH, CP = (C + LANES - 1) / LANES * LANES;
  static constexpr long ROW = (BEFORE + W + BEHIND) * CP, SIZE = (BEFORE + H + BEHIND) * ROW;
  static inline long at(int image, int y, int x) { return image * SIZE + (y + BEFORE) * ROW + (x + BEFORE) * CP; }
};

// Filters are stored by groups of channels that are made at once, so that they are read one line after the other.
template <int ROWS, int CP> static inline long filter_at(long row, int c) {
  constexpr int GROUP = VECTORS * LANES;
  const int start = c / GROUP * GROUP, width = CP - start < GROUP ? CP - start : GROUP;
  return (long)start * ROWS + row * width + c - start;
}

// The plane (3, Q): θ₀, u and v, at one point.
struct Point {
  const double *plane;
  long stride;
  double a, b;
  inline wide weights(long q) const {
    const double *at = plane + q;
    const wide exact = load(at) + a * load(at + stride) + b * load(at + 2 * stride);
    return __builtin_convertvector(__builtin_convertvector(exact, slim), wide);
  }
  static inline wide load(const double *from) { return *(const loose_wide *)from; }
};
static inline void store(float *to, wide x) { *(loose_slim *)to = __builtin_convertvector(x, slim); }

// scale·x + shift for each channel, from the bias before a batch norm and the norm's weight, bias, mean and variance.
template <int CP> struct Norm {
  static constexpr long RAW = 5 * CP, WEIGHTS = 2 * CP, SCRATCH = 0;
  static inline wide scale(const Point &p, long q, double epsilon, int c) {
    wide variance = p.weights(q + 4 * CP + c) + epsilon;
    for (int l = 0; l < HALF; l++) variance[l] = sqrt(variance[l]);
    return p.weights(q + CP + c) / variance;
  }
  static inline wide shift(const Point &p, long q, double epsilon, int c) {
    wide centred = p.weights(q + c) - p.weights(q + 3 * CP + c);
    return centred * scale(p, q, epsilon, c) + p.weights(q + 2 * CP + c);
  }
  SEPARATE static void weigh(const Point &p, long q, double epsilon, float *w) {
    for (int c = 0; c < CP; c += HALF) {
      store(w + c, scale(p, q, epsilon, c));
      store(w + CP + c, shift(p, q, epsilon, c));
    }
  }
};

// Any convolution, and a linear layer as one whose window is the whole image: PIXELS pixels of 2 vectors at a time.
template <class I, class O, int KH, int KW, int SY, int SX, int PY, int PX, int IMAGES> struct Direct {
  static constexpr int ROWS = KH * KW * I::C, CP = O::CP;
  static constexpr long FILTERS = ROWS * CP, RAW = FILTERS + 5 * CP, WEIGHTS = FILTERS + CP, SCRATCH = 0;

  SEPARATE static void weigh(const Point &p, long q, double epsilon, float *w) {
    for (int c = 0; c < CP; c += HALF) {
      const wide scale = Norm<CP>::scale(p, q + FILTERS, epsilon, c);
      for (long row = 0; row < ROWS; row++)
        store(w + filter_at<ROWS, CP>(row, c), p.weights(q + row * CP + c) * scale);
      store(w + FILTERS + c, Norm<CP>::shift(p, q + FILTERS, epsilon, c));
    }
  }
  template <class Chain> SEPARATE static void run(const float *w, const float *in, float *out, float *, Chain chain) {
    parts<IMAGES * O::H * O::W, PIXELS>([&](int start, auto pixels) {
      parts<CP / LANES, VECTORS>([&](int vector, auto vectors) {
        block<pixels.value, vectors.value>(w, in, out, start, vector * LANES, chain);
      });
    });
  }
  template <int N, int V, class Chain>
  static inline void block(const float *w, const float *in, float *out, int start, int c, Chain chain) {
    const float *from[N];
    real sum[N][V];
    _Pragma("GCC unroll 12") for (int k = 0; k < N; k++) {
      const int pixel = start + k, x = pixel % O::W, y = pixel / O::W % O::H;
      from[k] = in + I::at(pixel / (O::W * O::H), y * SY - PY, x * SX - PX);
      _Pragma("GCC unroll 2") for (int v = 0; v < V; v++) sum[k][v] = load(w + FILTERS + c + v * LANES);
    }
    const float *filter = w + filter_at<ROWS, CP>(0, c);
    for (int ky = 0; ky < KH; ky++)
      for (int kx = 0; kx < KW; kx++) {
        const long tap = ky * I::ROW + kx * I::CP;
        for (int i = 0; i < I::C; i++, filter += V * LANES)
          _Pragma("GCC unroll 12") for (int k = 0; k < N; k++)
            _Pragma("GCC unroll 2") for (int v = 0; v < V; v++)
              sum[k][v] += load(filter + v * LANES) * from[k][tap + i];
      }
    _Pragma("GCC unroll 12") for (int k = 0; k < N; k++) {
      const int pixel = start + k, x = pixel % O::W, y = pixel / O::W % O::H, image = pixel / (O::W * O::H);
      _Pragma("GCC unroll 2") for (int v = 0; v < V; v++)
        store(out + O::at(image, y, x) + c + v * LANES, chain(sum[k][v], image, y, x, c + v * LANES));
    }
  }
};

// Winograd's F(4×4, 3×3) with the points 0, ±A, ±B and infinity: 36 products in place of 144.
constexpr double A = 0.70710678118654752, B = 1.41421356237309505, A2 = A * A, B2 = B * B;
static inline void spread(const real *x, long step, real *y, long stride) {
  constexpr float a = A, b = B, a2 = A2, b2 = B2, product = A2 * B2, sum = A2 + B2;
  real x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
  real even = x4 - b2 * x2, odd = x3 - b2 * x1, even2 = x4 - a2 * x2, odd2 = x3 - a2 * x1;
  y[0] = product * x0 - sum * x2 + x4;
  y[stride] = even + a * odd;
  y[2 * stride] = even - a * odd;
  y[3 * stride] = even2 + b * odd2;
  y[4 * stride] = even2 - b * odd2;
  y[5 * stride] = product * x1 - sum * x3 + x5;
}
static inline void gather(const real *m, long step, real *y, long stride) {
  constexpr float a = A, b = B, a2 = A2, b2 = B2, a3 = A2 * A, b3 = B2 * B;
  real m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
  real even = m1 + m2, odd = m1 - m2, even2 = m3 + m4, odd2 = m3 - m4;
  y[0] = m[0] + even + even2;
  y[stride] = a * odd + b * odd2;
  y[2 * stride] = a2 * even + b2 * even2;
  y[3 * stride] = a3 * odd + b3 * odd2 + m[5 * step];
}
static inline void spread_filter(const wide *g, long step, wide *y, long stride) {
  constexpr double na = 1 / (2 * A2 * (A2 - B2)), nb = 1 / (2 * B2 * (B2 - A2));
  wide g0 = g[0], g1 = g[step], g2 = g[2 * step];
  y[0] = g0 * (1 / (A2 * B2));
  y[stride] = (g0 + A2 * g2 + A * g1) * na;
  y[2 * stride] = (g0 + A2 * g2 - A * g1) * na;
  y[3 * stride] = (g0 + B2 * g2 + B * g1) * nb;
  y[4 * stride] = (g0 + B2 * g2 - B * g1) * nb;
  y[5 * stride] = g2;
}

// The products of N tiles with CP filters of C channels at the 36 positions.
template <int C, int CP, int N, long IN, long OUT> struct Products {
  SEPARATE static void run(const float *w, const float *in, float *out) {
    for (int position = 0; position < 36; position++)
      parts<CP / LANES, VECTORS>([&](int vector, auto vectors) {
        parts<N, PIXELS>([&](int tile, auto pixels) {
          block<decltype(pixels)::value, decltype(vectors)::value>(
              w + position * C * CP + filter_at<C, CP>(0, vector * LANES), in + position * IN + tile * FAN_IN,
              out + position * OUT + tile * CP + vector * LANES);
        });
      });
  }
  static constexpr int FAN_IN = (C + LANES - 1) / LANES * LANES;
  template <int K, int V> static inline void block(const float *w, const float *in, float *out) {
    real sum[K][V] = {};
    for (int i = 0; i < C; i++)
      _Pragma("GCC unroll 12") for (int k = 0; k < K; k++)
        _Pragma("GCC unroll 2") for (int v = 0; v < V; v++)
          sum[k][v] += load(w + (i * V + v) * LANES) * in[k * FAN_IN + i];
    _Pragma("GCC unroll 12") for (int k = 0; k < K; k++)
      _Pragma("GCC unroll 2") for (int v = 0; v < V; v++) store(out + k * CP + v * LANES, sum[k][v]);
  }
};

// The filters of a Winograd step and the shifts behind them.
template <int C, int CP> struct Filters {
  static constexpr long PLAIN = 9 * C * CP;
  SEPARATE static void weigh(const Point &p, long q, double epsilon, float *w) {
    for (int c = 0; c < CP; c += HALF) {
      const wide scale = Norm<CP>::scale(p, q + PLAIN, epsilon, c);
      for (int i = 0; i < C; i++) {
        wide plain[9], half[18], made[36];
        for (int t = 0; t < 9; t++) plain[t] = p.weights(q + (t * C + i) * CP + c) * scale;
        for (int x = 0; x < 3; x++) spread_filter(plain + x, 3, half + x, 3);
        for (int y = 0; y < 6; y++) spread_filter(half + 3 * y, 1, made + 6 * y, 1);
        for (int t = 0; t < 36; t++) store(w + t * C * CP + filter_at<C, CP>(i, c), made[t]);
      }
      store(w + 36 * C * CP + c, Norm<CP>::shift(p, q + PLAIN, epsilon, c));
    }
  }
};

template <class I, class O, int PY, int PX, int IMAGES, bool POOLED> struct Winograd {
  static constexpr int H = I::H + 2 * PY - 2, W = I::W + 2 * PX - 2, ROWS = (H + 3) / 4, COLUMNS = (W + 3) / 4;
  static constexpr int CP = O::CP, TILES = IMAGES * ROWS * COLUMNS;
  static constexpr int MOST = most(TILES_AT_LEAST, SCRATCH_AT_LEAST / (36 * (I::CP + CP)));
  static constexpr long FILTERS = 36 * I::C * CP, RAW = Filters<I::C, CP>::PLAIN + 5 * CP, WEIGHTS = FILTERS + CP;
  static constexpr long SKEW = 2 * LANES, FEWER = MOST < TILES ? MOST : TILES;
  static constexpr long IN = FEWER * I::CP + SKEW, OUT = FEWER * CP + SKEW, SCRATCH = 36 * (IN + OUT);

  static void weigh(const Point &p, long q, double epsilon, float *w) { Filters<I::C, CP>::weigh(p, q, epsilon, w); }
  template <class Chain, class After>
  SEPARATE static void run(const float *w, const float *in, float *out, float *scratch, Chain chain, After after) {
    parts<TILES, MOST>([&](int start, auto tiles) {
      constexpr int N = decltype(tiles)::value;
      float *spread_in = scratch, *products = scratch + 36 * IN;
      for (int t = 0; t < N; t++) take(in, spread_in + t * I::CP, start + t);
      Products<I::C, CP, N, IN, OUT>::run(w, spread_in, products);
      for (int t = 0; t < N; t++) give(w + FILTERS, products + t * CP, out, start + t, chain, after);
    });
  }
  static inline void take(const float *in, float *to, int tile) {
    const int x = tile % COLUMNS * 4, y = tile / COLUMNS % ROWS * 4, image = tile / (ROWS * COLUMNS);
    for (int c = 0; c < I::CP; c += LANES) {
      const float *from = in + I::at(image, y - PY, x - PX) + c;
      real half[36], made[6];
      _Pragma("GCC unroll 6") for (int k = 0; k < 6; k++) {
        real column[6];
        _Pragma("GCC unroll 6") for (int j = 0; j < 6; j++) column[j] = load(from + j * I::ROW + k * I::CP);
        spread(column, 1, half + k, 6);
      }
      _Pragma("GCC unroll 6") for (int j = 0; j < 6; j++) {
        spread(half + 6 * j, 1, made, 1);
        _Pragma("GCC unroll 6") for (int k = 0; k < 6; k++) store(to + (6 * j + k) * IN + c, made[k]);
      }
    }
  }
  template <class Chain, class After>
  static inline void give(const float *shift, const float *from, float *out, int tile, Chain chain, After after) {
    const int x = tile % COLUMNS * 4, y = tile / COLUMNS % ROWS * 4, image = tile / (ROWS * COLUMNS);
    for (int c = 0; c < CP; c += LANES) {
      real half[24], made[16];
      _Pragma("GCC unroll 6") for (int k = 0; k < 6; k++) {
        real column[6];
        _Pragma("GCC unroll 6") for (int j = 0; j < 6; j++) column[j] = load(from + (6 * j + k) * OUT + c);
        gather(column, 1, half + k, 6);
      }
      _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++) gather(half + 6 * j, 1, made + 4 * j, 1);
      const real moved = load(shift + c);
      _Pragma("GCC unroll 16") for (int k = 0; k < 16; k++)
        if ((H % 4 == 0 || y + k / 4 < H) && (W % 4 == 0 || x + k % 4 < W)) {
          made[k] = chain(made[k] + moved, image, y + k / 4, x + k % 4, c);
          if (!POOLED) store(out + O::at(image, y + k / 4, x + k % 4) + c, made[k]);
        }
      if (POOLED)
        _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++) {
          const int at = k / 2 * 8 + k % 2 * 2, py = y / 2 + k / 2, px = x / 2 + k % 2;
          if ((H % 4 && py >= H / 2) || (W % 4 && px >= W / 2)) continue;
          const real most = larger(larger(made[at], made[at + 1]), larger(made[at + 4], made[at + 5]));
          store(out + O::at(image, py, px) + c, after(most, image, py, px, c));
        }
    }
  }
};

// The first layer, a sum over the plane: scale·(A + α·U + β·V) + shift with A, U, V (pixel, 3, channel) of each image.
template <class O, int H, int W, int IMAGES, bool POOLED> struct Planar {
  static constexpr int CP = O::CP;
  static constexpr long RAW = 5 * CP, WEIGHTS = 4 * CP, SCRATCH = 0, FIRST = 3l * H * W * CP;

  SEPARATE static void weigh(const Point &p, long q, double epsilon, float *w) {
    for (int c = 0; c < CP; c += HALF) {
      const wide scale = Norm<CP>::scale(p, q, epsilon, c);
      store(w + c, scale);
      store(w + CP + c, scale * p.a);
      store(w + 2 * CP + c, scale * p.b);
      store(w + 3 * CP + c, Norm<CP>::shift(p, q, epsilon, c));
    }
  }
  template <class Chain, class After>
  SEPARATE static void run(const float *w, const float *first, float *out, Chain chain, After after) {
    for (int image = 0; image < IMAGES; image++)
      for (int y = 0; y < O::H; y++)
        for (int c = 0; c < CP; c += LANES) {
          const real scale = load(w + c), a = load(w + CP + c), b = load(w + 2 * CP + c), shift = load(w + 3 * CP + c);
          auto pixel = [&](int y, int x) {
            const float *at = first + image * FIRST + (y * W + x) * 3 * CP + c;
            return chain(scale * load(at) + a * load(at + CP) + b * load(at + 2 * CP) + shift, image, y, x, c);
          };
          for (int x = 0; x < O::W; x++) {
            real made;
            if (POOLED) {
              const real upper = larger(pixel(2 * y, 2 * x), pixel(2 * y, 2 * x + 1));
              made = larger(upper, larger(pixel(2 * y + 1, 2 * x), pixel(2 * y + 1, 2 * x + 1)));
            } else {
              made = pixel(y, x);
            }
            store(out + O::at(image, y, x) + c, after(made, image, y, x, c));
          }
        }
  }
};

// Calls f(image, y, x, c) for every vector of a grid.
template <class O, int IMAGES, class F> static inline void each(F f) {
  for (int image = 0; image < IMAGES; image++)
    for (int y = 0; y < O::H; y++)
      for (int x = 0; x < O::W; x++)
        for (int c = 0; c < O::CP; c += LANES) f(image, y, x, c);
}

template <class I, class O, int KH, int KW, int SY, int SX, int PY, int PX, int IMAGES> struct Pool {
  template <class Chain> SEPARATE static void maximum(const float *in, float *out, Chain chain) {
    each<O, IMAGES>([&](int image, int y, int x, int c) {
      real found = all(-INFINITY);
      over(y, x, [&](int from_y, int from_x) { found = larger(found, load(in + I::at(image, from_y, from_x) + c)); });
      store(out + O::at(image, y, x) + c, chain(found, image, y, x, c));
    });
  }
  template <bool COUNTED, class Chain> SEPARATE static void mean(const float *in, float *out, Chain chain) {
    each<O, IMAGES>([&](int image, int y, int x, int c) {
      real sum = {};
      int count = 0;
      over(y, x, [&](int from_y, int from_x) { sum += load(in + I::at(image, from_y, from_x) + c), count++; });
      store(out + O::at(image, y, x) + c, chain(sum / (float)(COUNTED ? KH * KW : count), image, y, x, c));
    });
  }
  template <class F> static inline void over(int y, int x, F f) {
    for (int ky = 0; ky < KH; ky++)
      for (int kx = 0; kx < KW; kx++) {
        const int from_y = y * SY - PY + ky, from_x = x * SX - PX + kx;
        const bool inside_y = PY == 0 || (from_y >= 0 && from_y < I::H);
        const bool inside_x = PX == 0 || (from_x >= 0 && from_x < I::W);
        if (inside_y && inside_x) f(from_y, from_x);
      }
  }
};

template <class I, class O, int FIRST, int IMAGES, class Chain>
SEPARATE static void channels(const float *in, float *out, Chain chain) {
  float moved[O::CP] = {};
  each<O, IMAGES>([&](int image, int y, int x, int c) {
    if (c == 0) memcpy(moved + FIRST, in + I::at(image, y, x), I::C * sizeof(float));
    store(out + O::at(image, y, x) + c, chain(load(moved + c), image, y, x, c));
  });
}
template <class I, class O, int IMAGES, class Chain>
SEPARATE static void copy(const float *in, float *out, Chain chain) {
  each<O, IMAGES>([&](int image, int y, int x, int c) {
    store(out + O::at(image, y, x) + c, chain(load(in + I::at(image, y, x) + c), image, y, x, c));
  });
}

// The links of a chain, each of which takes a vector of channels and where it stands.
template <class... Links> struct Chain;
template <> struct Chain<> {
  inline real operator()(real v, int, int, int, int) const { return v; }
};
template <class Link, class... Links> struct Chain<Link, Links...> {
  Link link;
  Chain<Links...> rest;
  inline real operator()(real v, int image, int y, int x, int c) const {
    return rest(link(v, image, y, x, c), image, y, x, c);
  }
};
static inline Chain<> chain() { return {}; }
template <class Link, class... Links> static inline Chain<Link, Links...> chain(Link link, Links... links) {
  return {link, chain(links...)};
}
template <real (*F)(real)> struct Function {
  inline real operator()(real v, int, int, int, int) const { return F(v); }
};
template <class G> struct Add {
  const float *other;
  inline real operator()(real v, int image, int y, int x, int c) const {
    return v + load(other + G::at(image, y, x) + c);
  }
};
template <int CP> struct Scale {
  const float *w;
  inline real operator()(real v, int, int, int, int c) const { return v * load(w + c) + load(w + CP + c); }
};

struct Score { real loss; whole wrong; };

template <int C> static inline Score cross_entropy(const real *z, const int *labels, long) {
  whole label = load(labels), first = {};
  real largest = z[0], own = z[0], others = {};
  for (int c = 1; c < C; c++) {
    first = z[c] > largest ? whole{} + c : first;
    largest = z[c] > largest ? z[c] : largest;
    own = label == c ? z[c] : own;
  }
  for (int c = 0; c < C; c++) others += label == c ? all(0.f) : exponential(z[c] - largest);
  real drop = largest - own;
  return {drop + log_one_plus(drop > 0.f ? others + (exponential(-drop) - 1.f) : others + drop), first != label};
}
template <int C> static inline Score one_hot_error(const real *z, const int *labels, long) {
  whole label = load(labels), first = {};
  real largest = z[0], loss = {};
  for (int c = 0; c < C; c++) {
    real gap = z[c] - (label == c ? all(1.f) : all(0.f));
    loss += gap * gap;
    first = z[c] > largest ? whole{} + c : first;
    largest = z[c] > largest ? z[c] : largest;
  }
  return {loss * (1.f / C), first != label};
}
template <int C> static inline Score squared_error(const real *z, const float *values, long stride) {
  real loss = {};
  for (int c = 0; c < C; c++) {
    real gap = z[c] - load(values + c * stride);
    loss += gap * gap;
  }
  return {loss * (1.f / C), whole{}};
}

struct Chunk {
  long points, examples, stride;
  const double *coordinates, *plane;
  const float *inputs, *first;
  const GOAL *goal;
  float *weights, *work, *outputs;
  double *loss, *wrong;
};
struct Images { const float *w, *inputs, *first; float *work; long examples; };

static void weigh(const Point &p, float *w);
static void forward(const Images &images, long base, float *outputs);

static void score(const Chunk &c, long point, long example, const float *outputs) {
  real z[CLASSES];
  for (int k = 0; k < CLASSES; k++) z[k] = load(outputs + k * BLOCK);
  const Score found = COMPARE<CLASSES>(z, c.goal + example, c.stride);
  for (int l = 0; l < LANES && example + l < c.examples; l++) {
    c.loss[point] += found.loss[l];
    c.wrong[point] -= found.wrong[l];
  }
}
static void measure_all(const Chunk &c, long raw, long weights, int images) {
  for (long p = 0; p < c.points; p++)
    weigh({c.plane, raw, c.coordinates[2 * p], c.coordinates[2 * p + 1]}, c.weights + p * weights);
  for (long block = 0; block < c.examples; block += BLOCK)
    for (long p = 0; p < c.points; p++) {
      for (long base = block; base < block + BLOCK && base < c.examples; base += images)
        forward({c.weights + p * weights, c.inputs, c.first, c.work, c.examples}, base, c.outputs + base - block);
      for (int t = 0; t < BLOCK; t += LANES) score(c, p, block + t, c.outputs + t);
    }
}
