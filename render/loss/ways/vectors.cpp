// Vectors of LANES numbers and the functions of activations, which both generated kernels begin with.
//
// Exponential and logarithm follow Cephes, tanh and erf the rational approximations of Eigen; each is within a few
// units in the last place, and NaN stays NaN.

#ifdef __AVX512F__
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif
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
