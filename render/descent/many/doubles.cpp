// Vectors of LANES double numbers with the functions that trainings in float64 need, as ways/vectors.cpp has them in
// float32. The exponential follows Cephes, to within a few units in the last place; NaN stays NaN.

#ifdef __AVX512F__
constexpr int LANES = 8;
#elif defined(__AVX__)
constexpr int LANES = 4;
#else
constexpr int LANES = 2;
#endif
typedef double real __attribute__((vector_size(LANES * 8)));
typedef long whole __attribute__((vector_size(LANES * 8)));

static inline real all(double x) { return real{} + x; }
static inline real exponential(real x) {  // of numbers from 0 to 40
  real shifted = x * 1.4426950408889634073599 + 6755399441055744.0, n = shifted - 6755399441055744.0;
  real r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6, s = r * r;
  real p = r * ((1.26177193074810590878e-4 * s + 3.02994407707441961300e-2) * s + 9.99999999999999999910e-1);
  real q = ((3.00198505138664455042e-6 * s + 2.52448340349684104192e-3) * s + 2.27265548208155028766e-1) * s + 2.0;
  return (1.0 + 2.0 * p / (q - p)) * (real)(((whole)shifted << 52) + 0x3ff0000000000000);
}
static inline real tangent(real x) {
  real size = x < 0.0 ? -x : x, s = x * x;
  real p = (-9.64399179425052238628e-1 * s - 9.92877231001918586564e1) * s - 1.61468768441708447952e3;
  real q = ((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s + 4.84406305325125486048e3;
  real near = x + x * s * (p / q);
  real far = 1.0 - 2.0 / (exponential(2.0 * (size > 20.0 ? all(20.0) : size)) + 1.0);
  return size < 0.625 ? near : x < 0.0 ? -far : far;
}
static inline real rectified(real x) { return x < 0.0 ? all(0.0) : x; }
