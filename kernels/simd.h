// One vector type per instruction set and the elementary functions on it. Every function does the same operations in the
// same order on every instruction set (fused multiply-add, true division and square root), so results are the same bits
// wherever FMA exists. Errors are stated in units in the last place (ulp) and tested over the whole range by lab/.
#pragma once
#include <stddef.h>
#include <stdint.h>

/** Of what runs once where something else runs thousands of times: the package holds eight addons, each with up to three copies of it. */
#if defined(__clang__)
#define COMPACT __attribute__((minsize))
#else
#define COMPACT
#endif
#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__) || defined(CELLSTATE_WIDE_MODEL)
#include <immintrin.h>
#define CELLSTATE_LANES 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define CELLSTATE_LANES 8
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define CELLSTATE_LANES 4
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#define CELLSTATE_LANES 4
#else
#define CELLSTATE_LANES 4
#endif

namespace CELLSTATE_NAMESPACE {

constexpr int LANES = CELLSTATE_LANES;
typedef float V __attribute__((vector_size(LANES * 4)));
typedef int32_t I __attribute__((vector_size(LANES * 4)));
typedef uint32_t U __attribute__((vector_size(LANES * 4)));
typedef float UnalignedV __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t UnalignedI __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

INLINE V load(const float* p) { return *(const UnalignedV*)p; }
INLINE void store(float* p, V a) { *(UnalignedV*)p = a; }
INLINE I bits(V a) { return (I)a; }
INLINE V number(I a) { return (V)a; }

#if defined(__AVX512F__)
INLINE V set(float x) { return (V)_mm512_set1_ps(x); }
INLINE V fma(V a, V b, V c) { return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INLINE V squareRoot(V a) { return (V)_mm512_sqrt_ps((__m512)a); }
INLINE V smaller(V a, V b) { return (V)_mm512_min_ps((__m512)a, (__m512)b); }
INLINE V larger(V a, V b) { return (V)_mm512_max_ps((__m512)a, (__m512)b); }
#elif defined(CELLSTATE_WIDE_MODEL)
// Sixteen lanes out of two registers of AVX2: the lab checks the 512-bit copy's tiles with them on processors that have none.
struct Halves { __m256 low, high; };
INLINE Halves halves(V a) { return __builtin_bit_cast(Halves, a); }
INLINE V both(__m256 low, __m256 high) { return __builtin_bit_cast(V, (Halves{low, high})); }
INLINE V set(float x) { return both(_mm256_set1_ps(x), _mm256_set1_ps(x)); }
INLINE V fma(V a, V b, V c) {
  const Halves p = halves(a), q = halves(b), r = halves(c);
  return both(_mm256_fmadd_ps(p.low, q.low, r.low), _mm256_fmadd_ps(p.high, q.high, r.high));
}
INLINE V squareRoot(V a) { return both(_mm256_sqrt_ps(halves(a).low), _mm256_sqrt_ps(halves(a).high)); }
INLINE V smaller(V a, V b) { return both(_mm256_min_ps(halves(a).low, halves(b).low), _mm256_min_ps(halves(a).high, halves(b).high)); }
INLINE V larger(V a, V b) { return both(_mm256_max_ps(halves(a).low, halves(b).low), _mm256_max_ps(halves(a).high, halves(b).high)); }
#elif defined(__AVX2__)
INLINE V set(float x) { return (V)_mm256_set1_ps(x); }
INLINE V fma(V a, V b, V c) { return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE V squareRoot(V a) { return (V)_mm256_sqrt_ps((__m256)a); }
INLINE V smaller(V a, V b) { return (V)_mm256_min_ps((__m256)a, (__m256)b); }
INLINE V larger(V a, V b) { return (V)_mm256_max_ps((__m256)a, (__m256)b); }
#elif defined(__wasm_simd128__)
INLINE V set(float x) { return (V)wasm_f32x4_splat(x); }
INLINE V squareRoot(V a) { return (V)wasm_f32x4_sqrt((v128_t)a); }
INLINE V smaller(V a, V b) { return (V)wasm_f32x4_pmin((v128_t)b, (v128_t)a); }
INLINE V larger(V a, V b) { return (V)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }
#if defined(__wasm_relaxed_simd__)
INLINE V fma(V a, V b, V c) { return (V)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c); }
#else
INLINE V fma(V a, V b, V c) { return a * b + c; }
#endif
#elif defined(__ARM_NEON)
INLINE V set(float x) { return (V)vdupq_n_f32(x); }
INLINE V fma(V a, V b, V c) { return (V)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INLINE V squareRoot(V a) { return (V)vsqrtq_f32((float32x4_t)a); }
INLINE V smaller(V a, V b) { return a < b ? a : b; }
INLINE V larger(V a, V b) { return a > b ? a : b; }
#else
INLINE V set(float x) { return V{x, x, x, x}; }
INLINE V fma(V a, V b, V c) { return a * b + c; }
INLINE V squareRoot(V a) {
  for (int i = 0; i < LANES; i++) a[i] = __builtin_sqrtf(a[i]);
  return a;
}
INLINE V smaller(V a, V b) { return a < b ? a : b; }
INLINE V larger(V a, V b) { return a > b ? a : b; }
#endif
// smaller(a, b) is a < b ? a : b and larger(a, b) is a > b ? a : b: when a number is not a number, they give b.

/** A constant of the hot functions. V8 takes three instructions and more to make one, and one to load it. */
#if defined(__wasm__)
template <uint32_t BITS>
INLINE V loadConstant() {
  static const uint32_t word = BITS;
  const uint32_t* p = &word;
  asm("" : "+r"(p));  // else the compiler makes it a constant again
  return (V)wasm_v128_load32_splat(p);
}
#define K(x) loadConstant<__builtin_bit_cast(uint32_t, x)>()
#else
#define K(x) set(x)
#endif

INLINE I setI(int32_t x) { return bits(set(__builtin_bit_cast(float, x))); }
INLINE V choose(I mask, V a, V b) { return number((mask & bits(a)) | (~mask & bits(b))); }
INLINE V absolute(V a) { return number(bits(a) & setI(0x7fffffff)); }
INLINE V withSignOf(V a, V sign) { return number(bits(a) | (bits(sign) & setI((int32_t)0x80000000))); }
INLINE V negate(V a) { return number(bits(a) ^ setI((int32_t)0x80000000)); }

/** Numbers below 1e-30 become 0: gradients that vanish over many steps would otherwise turn into slow denormals (WASM cannot flush). */
INLINE V flush(V a) { return number(bits(a) & (I)(absolute(a) > set(1e-30f))); }

/** To bfloat16, the 16 high bits: the nearest, of two as near the even one; denormals become 0, what is no number stays none. */
INLINE V toBf16(V a) {
  const U u = (U)bits(a);
  const U even = (u >> 16) & (U)setI(1);
  const I nearest = (I)((u + (U)setI(0x7fff) + even) & (U)setI((int32_t)0xffff0000));
  const V some = choose((I)(absolute(a) < set(1.17549435e-38f)), number((I)(u & (U)setI((int32_t)0x80000000))), number(nearest));
  return choose((I)(a != a), a, some);
}

/** The first n of LANES numbers; the others are 0. Does not read beyond p[n-1]. */
static __attribute__((noinline)) void moveFew(float* to, const float* from, int n) {
  for (int i = 0; i < n; i++) to[i] = from[i];
}
INLINE V loadPart(const float* p, int n) {
  if (n >= LANES) return load(p);
  float t[LANES] = {0};
  moveFew(t, p, n);
  return load(t);
}
/** The first n of LANES numbers, and whatever lies behind them: for what is not stored. Another thread may be writing there. */
INLINE V loadAtLeast(const float* p, int n) {
#if defined(__SANITIZE_THREAD__)
  return loadPart(p, n);
#else
  (void)n;
  return load(p);
#endif
}
INLINE void storePart(float* p, V a, int n) {
  if (n >= LANES) return store(p, a);
  float t[LANES];
  store(t, a);
  moveFew(p, t, n);
}

/** Four numbers, on every instruction set; SHUFFLE picks four of the eight of two of them. */
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t FourPlaces __attribute__((vector_size(16)));
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, FourPlaces{__VA_ARGS__})
#endif

/** 2^n for a whole n in -126..127, as the magic number 1.5·2²³ + n holds it. */
INLINE V powerOfTwo(V magicPlusN) { return number((bits(magicPlusN) << 23) + setI(0x3f800000)); }

/** exp(r) − 1 − r over r² for |r| ≤ ½ ln 2; a polynomial fitted at Chebyshev nodes. */
INLINE V expTail(V r) {
  V p = K(1.989107986e-4f);
  p = fma(p, r, K(1.393373124e-3f));
  p = fma(p, r, K(8.333310485e-3f));
  p = fma(p, r, K(4.1666463017e-2f));
  p = fma(p, r, K(1.666666716e-1f));
  return fma(p, r, K(0.5f));
}

/** x = n ln 2 + r: leaves r, returns n added to the magic number. */
INLINE V reduceExp(V x, V& r) {
  const V magic = K(12582912.f);
  const V t = fma(x, K(1.44269504f), magic);
  const V n = t - magic;
  r = fma(n, K(-0.693145752f), x);           // ln 2 in two parts; the first has 16 bits, so n times it is exact
  r = fma(n, K(-1.42860677e-6f), r);
  return t;
}

/** exp for gates: x limited to ±87.33, where no result is a denormal, 1 ulp. Not-a-number stays so. */
INLINE V expBounded(V x) {
  x = smaller(K(87.33f), larger(K(-87.33f), x));
  V r;
  const V t = reduceExp(x, r);
  const V p = fma(fma(expTail(r), r, K(1.f)), r, K(1.f));
  return p * powerOfTwo(t);
}

/** exp over the whole range, 1 ulp; 0 below −87.34 (no denormals), infinity above 88.73. */
INLINE V exp(V x) {
  const V low = set(-87.336544f), high = set(88.722839f);
  const V bounded = smaller(high, larger(low, x));
  V r;
  const V t = reduceExp(bounded, r);
  const V p = fma(fma(expTail(r), r, set(1.f)), r, set(1.f));
  const V magic = set(12582912.f);
  const V n = t - magic;
  const V over = choose((I)(n > set(126.f)), set(1.f), set(0.f));  // 2^128 does not exist: multiply twice
  const V y = p * powerOfTwo(t - over) * (over + set(1.f));
  const V inf = number(setI(0x7f800000));
  return choose((I)(x < low), set(0.f), choose((I)(x > high), inf, y));
}

/** 1 / (1 + exp(−x)), 2.5 ulp; never below 1.18e-38. */
INLINE V sigmoid(V x) { return K(1.f) / (K(1.f) + expBounded(negate(x))); }

/** tanh, 2 ulp: an odd polynomial below 0.55, (1 − e) / (1 + e) with e = exp(−2|x|) above. */
INLINE V tanh(V x) {
  const V a = absolute(x);
  const V u = x * x;
  V p = K(-6.610227842e-3f);
  p = fma(p, u, K(2.130938867e-2f));
  p = fma(p, u, K(-5.390942883e-2f));
  p = fma(p, u, K(1.333311373e-1f));
  p = fma(p, u, K(-3.333333201e-1f));
  const V low = fma(p * u, x, x);
  const V e = expBounded(a * K(-2.f));
  const V high = withSignOf((K(1.f) - e) / (K(1.f) + e), x);
  return choose((I)(a < K(0.55f)), low, high);
}

/** Natural logarithm, 2 ulp; log 0 = −∞, negative → not a number. Denormals count as 0. */
INLINE V log(V x) {
  const I half = setI(0x3f3504f3);  // √½
  const I exponent = (I)((U)bits(x) - (U)half) >> 23;  // unsigned: the bits of a negative number are beyond what a signed difference holds
  const V e = __builtin_convertvector(exponent, V);
  const V f = number((I)((U)bits(x) - ((U)exponent << 23))) - set(1.f);
  V p = set(-6.202408681e-2f);
  p = fma(p, f, set(1.053239448e-1f));
  p = fma(p, f, set(-1.064661556e-1f));
  p = fma(p, f, set(1.103759742e-1f));
  p = fma(p, f, set(-1.245067367e-1f));
  p = fma(p, f, set(1.428653066e-1f));
  p = fma(p, f, set(-1.666800433e-1f));
  p = fma(p, f, set(2.000000999e-1f));
  p = fma(p, f, set(-2.499999025e-1f));
  p = fma(p, f, set(3.333333328e-1f));
  const V f2 = f * f;
  V y = fma(f2 * f, p, e * set(1.42860677e-6f));
  y = fma(set(-0.5f), f2, y);
  y = fma(e, set(0.693145752f), f + y);
  const V inf = number(setI(0x7f800000)), nan = number(setI(0x7fc00000));
  y = choose((I)(x < set(1.17549435e-38f)), negate(inf), y);
  y = choose((I)(x == inf), inf, y);
  return choose((I)(x < set(0.f)) | (I)(x != x), nan, y);
}

/** log(1 + x), 2 ulp: the rounding of 1 + x is put back. */
INLINE V log1p(V x) {
  const V u = set(1.f) + x;
  const V lost = (x - (u - set(1.f))) / u;
  const V y = log(u) + choose((I)(u == number(setI(0x7f800000))) | (I)(u <= set(0.f)), set(0.f), lost);
  return choose((I)(absolute(x) < set(1e-4f)), fma(x * x, fma(x, set(0.33333333f), set(-0.5f)), x), y);
}

/** exp(x) − 1 = 2ⁿ(exp(r) − 1) + (2ⁿ − 1), 2 ulp. */
INLINE V expm1(V x) {
  const V high = set(88.722839f), one = set(1.f);
  V r;
  const V t = reduceExp(smaller(high, larger(set(-87.f), x)), r);
  const V over = choose((I)(t > set(12582912.f + 126.f)), one, set(0.f));  // 2^128 does not exist: multiply twice
  const V scale = powerOfTwo(t - over);
  const V y = fma(fma(expTail(r) * r, r, r), scale, fma(set(-0.5f), over, scale) - (one - over)) * (over + one);
  return choose((I)(x > high), number(setI(0x7f800000)), choose((I)(x < set(-87.f)), negate(one), y));
}

/** sin (quarter 0) or cos (quarter 1): 2 ulp near 0, absolute error 1e-7 for |x| < 8192. */
INLINE V sine(V x, int quarter) {
  const V magic = set(12582912.f);
  const V t = fma(x, set(0.636619772f), magic);
  const V n = t - magic;
  V r = fma(n, set(-1.5703125f), x);
  r = fma(n, set(-4.8375129699707031e-4f), r);
  r = fma(n, set(-7.549790126e-8f), r);
  const I q = bits(t) + setI(quarter);
  const V u = r * r;
  V s = set(2.724686874e-6f), c = set(-2.729840774e-7f);
  s = fma(s, u, set(-1.984006304e-4f));
  s = fma(s, u, set(8.33333183e-3f));
  s = fma(s, u, set(-1.666666666e-1f));
  s = fma(s * u, r, r);
  c = fma(c, u, set(2.480058060e-5f));
  c = fma(c, u, set(-1.388888763e-3f));
  c = fma(c, u, set(4.1666666664e-2f));
  c = fma(u * u, c, fma(set(-0.5f), u, set(1.f)));
  const V y = choose((I)((q & setI(1)) != setI(0)), c, s);
  return number(bits(y) ^ ((q & setI(2)) << 30));
}

/** Half to even, as rounding is everywhere in IEEE 754. */
INLINE V roundEven(V x) {
  const V magic = set(8388608.f);
  const V a = absolute(x);
  return choose((I)(a < magic), withSignOf((a + magic) - magic, x), x);
}
INLINE V floorOf(V x) {
  const V r = roundEven(x);
  return r - choose((I)(r > x), set(1.f), set(0.f));
}

/** Double-precision scalars for the few places that need them (bias correction, pow): no library behind WASM. */
static __attribute__((noinline)) double logDouble(double x) {
  const uint64_t u = __builtin_bit_cast(uint64_t, x);
  int e = (int)((u - 0x3fe6a09e667f3bcdull) >> 52);
  e = (e << 20) >> 20;
  const double m = __builtin_bit_cast(double, u - ((uint64_t)(int64_t)e << 52));
  const double s = (m - 1) / (m + 1), s2 = s * s;
  double p = 0;
  for (int k = 21; k >= 1; k -= 2) p = p * s2 + 1.0 / k;
  return 2 * s * p + e * 0.69314718055994530942;
}
static __attribute__((noinline)) double expDouble(double x) {
  if (x > 709) return __builtin_inf();
  if (x < -700) return 0;
  const double magic = 6755399441055744.0;
  const double t = x * 1.4426950408889634074 + magic, n = t - magic;
  const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  double p = 1;
  for (int k = 14; k >= 1; k--) p = p * r / k + 1;
  return p * __builtin_bit_cast(double, (uint64_t)((int64_t)n + 1023) << 52);
}
/** a to the power b, as the C library defines the special cases. */
static __attribute__((noinline)) float power(float a, float b) {
  if (b == 0 || a == 1) return 1;
  if (a != a || b != b) return a + b;
  const bool whole = absolute(set(b))[0] >= 16777216.f || (float)(int32_t)b == b;
  const bool odd = whole && absolute(set(b))[0] < 16777216.f && ((int32_t)b & 1);
  const float inf = __builtin_inff();
  if (a == 0) return b > 0 ? (odd ? a : 0.f) : (odd ? 1 / a : inf);
  if (a < 0 && !whole) return __builtin_nanf("");
  const float m = a < 0 ? -a : a;
  if (m == inf) return b > 0 ? (odd ? a : inf) : 0.f;
  if (b == inf || b == -inf) return m == 1 ? 1 : ((m > 1) == (b > 0)) ? inf : 0.f;
  const float y = (float)expDouble(b * logDouble(m));
  return a < 0 && odd ? -y : y;
}

}  // namespace
