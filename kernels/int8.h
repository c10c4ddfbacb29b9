// Numbers rounded to 8 bits: whole ones from -127 to 127, and the factor that made them. Two of them lie in a word, 16 bits each, for there is an
// instruction everywhere that multiplies such pairs and adds the two products. Sums are exact, so neither order nor instruction is a question of bits.
#pragma once
#include "gemm.h"
#include "simd.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace CELLSTATE_NAMESPACE {

constexpr int EXACT_DEPTH = 1024;  // 1,024 · 127² < 2²⁴: f32 holds the sums of the definition exactly, and those of ours become f32 exactly

/** sum + low halves of a and b multiplied + high halves multiplied. Of what is no number the halves may be any: sums then wrap. */
INLINE I addPairs(I sum, I a, I b) {
#if defined(__AVX512F__)
  const I both = (I)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__) && !defined(CELLSTATE_WIDE_MODEL)
  const I both = (I)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__x86_64__) && !defined(CELLSTATE_WIDE_MODEL)
  const I both = (I)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__wasm_simd128__)
  const I both = (I)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
#elif defined(__ARM_NEON)
  const int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
  const I both = (I)vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
#else
  const auto low = [](I v) { return (I)((U)v << 16) >> 16; };
  const I both = (I)((U)low(a) * (U)low(b) + (U)(a >> 16) * (U)(b >> 16));
#endif
  return (I)((U)sum + (U)both);
}

/** The factor of numbers of which `largest` is the largest without its sign. */
INLINE V factorOf(V largest) { return set(127.f) / (largest + set(1e-7f)); }

/** Whole numbers nearest to those of a and b, halves to even, as pairs: added to 1.5 · 2²³ they have no room for a fraction, and lie in its low bits. */
INLINE I pairs(V a, V b) {
  const V magic = set(12582912.f);
  return (bits(a + magic) & setI(0xffff)) | (I)((U)bits(b + magic) << 16);
}

/** Words of n numbers: the k-th pairs with the one `pairCount` further. */
INLINE Index pairCount(Index n) { return (n + 1) / 2; }
/** Distance of rows of pairs. */
INLINE Index pairRow(Index n) { return (pairCount(n) + 15) / 16 * 16; }

/** One row of n numbers as pairs of whole ones, up to whole vectors; returns their factor, which is no number where one of them is none. */
static float roundRow(int32_t* to, const float* from, Index n) {
  V most = set(0.f), zeros = set(0.f);  // what is no number, or infinite, is none times 0 either
  for (Index i = 0; i < n; i += LANES) {
    const V x = loadPart(from + i, (int)(n - i));
    most = larger(absolute(x), most);
    zeros = fma(x, set(0.f), zeros);
  }
  float largest = 0, zero = 0;
  for (int j = 0; j < LANES; j++) {
    largest = most[j] > largest ? most[j] : largest;
    zero += zeros[j];
  }
  const V factor = factorOf(set(largest));
  const Index half = pairCount(n);
  for (Index i = 0; i < half; i += LANES) {
    const V a = loadPart(from + i, (int)(n - i)), b = loadPart(from + half + i, (int)(n - half - i));
    *(UnalignedI*)(to + i) = pairs(a * factor, b * factor);
  }
  return factor[0] + zero;
}

/** Columns of a packed panel [depth][width] become pairs [pairCount(depth)][width] in place; `scale` [width] gets the columns' factors. */
static void roundColumns(float* panel, float* scale, Index depth, int width) {
  const Index half = pairCount(depth);
  for (int j = 0; j < width; j += LANES) {
    V most = set(0.f), zeros = set(0.f);
    for (Index k = 0; k < depth; k++) {
      const V x = load(panel + k * width + j);
      most = larger(absolute(x), most);
      zeros = fma(x, set(0.f), zeros);
    }
    const V factor = factorOf(most);
    store(scale + j, factor + zeros);
    for (Index k = 0; k < half; k++) {
      const V other = half + k < depth ? load(panel + (half + k) * width + j) : set(0.f);
      *(UnalignedI*)(panel + k * width + j) = pairs(load(panel + k * width + j) * factor, other * factor);
    }
  }
}

/** c[rows, width] = start + a · b / (scale of the column · factor of the row); a and b hold pairs, b packed. `width` is a multiple of 16. */
struct WholeProduct {
  const int32_t* a;
  Index aRow;
  const float* factor;   // [rows]
  const float* b;        // pairs, in words of floats
  Index bRow;
  const float* scale;    // [width]
  float* c;
  Index cRow;
  const float* start;    // may be c
  Index startRow;        // 0: the same for all rows
  int rows, width;
  Index depth;           // pairs
};

/** MR rows times NV vectors of columns. */
template <int MR, int NV>
static __attribute__((noinline)) void wholeTile(const WholeProduct& p, int row, int j) {
  const int32_t* a = p.a + row * p.aRow;
  const float* b = p.b + j;
  I sums[MR][NV];
  UNROLL(16) for (int m = 0; m < MR; m++) {
    UNROLL(8) for (int n = 0; n < NV; n++) sums[m][n] = setI(0);
  }
  for (Index k = p.depth; k > 0; k--) {
    I bv[NV];
    UNROLL(8) for (int n = 0; n < NV; n++) bv[n] = *(const UnalignedI*)(b + n * LANES);
    UNROLL(16) for (int m = 0; m < MR; m++) {
      const I x = setI(a[m * p.aRow]);
      UNROLL(8) for (int n = 0; n < NV; n++) sums[m][n] = addPairs(sums[m][n], x, bv[n]);
    }
    a++;
    b += p.bRow;
  }
  UNROLL(16) for (int m = 0; m < MR; m++) {
    const V factor = set(p.factor[row + m]);
    const float* start = p.start + (row + m) * p.startRow + j;
    float* c = p.c + (row + m) * p.cRow + j;
    UNROLL(8) for (int n = 0; n < NV; n++) {
      const V sum = __builtin_convertvector(sums[m][n], V);
      store(c + n * LANES, sum / (load(p.scale + j + n * LANES) * factor) + load(start + n * LANES));
    }
  }
}

/** NV vectors of columns from column j on. WASM, which must stay small, has tiles of most rows and of one. */
template <int NV>
static void wholeStrip(const WholeProduct& p, int j) {
#if defined(__wasm__)
  int row = 0;
  for (; row + MOST_ROWS <= p.rows; row += MOST_ROWS) wholeTile<MOST_ROWS, NV>(p, row, j);
  for (; row < p.rows; row++) wholeTile<1, NV>(p, row, j);
#else
  for (int row = 0, take; row < p.rows; row += take) {
    take = groupOf(p.rows - row, MOST_ROWS);
    switch (take) {
#define TAKE(n) case n: wholeTile<(n <= MOST_ROWS ? n : 1), NV>(p, row, j); break;
      TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6)
#undef TAKE
    }
  }
#endif
}

static void product(const WholeProduct& p) {
  int j = 0;
#if CELLSTATE_LANES == 16
  for (; j + PANEL <= p.width; j += PANEL) wholeStrip<4>(p, j);
#endif
  constexpr int NV = LANES == 16 ? 1 : 2;
  for (; j < p.width; j += NV * LANES) wholeStrip<NV>(p, j);
}

}  // namespace
