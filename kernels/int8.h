// Numbers rounded to 8 bits: whole ones from -127 to 127, and the factor that made them. Two of them lie in a word, 16 bits each, for there is an
// instruction everywhere that multiplies such pairs and adds the two products; or four, 8 bits each, where the processor multiplies fours (VNNI, and
// NEON's dot products). VNNI takes numbers without a sign on its left: rows are kept with 128 added, and sums begin at -128 times the sum of their column.
// Fours are what tiles (AMX) multiply too, which take over where rows and columns are many.
// Sums are exact, so neither order nor instruction is a question of bits.
#pragma once
#include "gemm.h"
#include "processor.h"
#include "simd.h"
#include "tiles.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace CELLSTATE_NAMESPACE {

constexpr int FEW_FOR_TILES = 8;   // rows from which tiles are faster
constexpr int EXACT_DEPTH = 1024;  // 1,024 · 127² < 2²⁴: f32 holds the sums of the definition exactly, and those of ours become f32 exactly

#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(CELLSTATE_PAIRS)
#define CELLSTATE_FOURS 1
#define WITH_FOURS __attribute__((target("+dotprod")))
#elif defined(CELLSTATE_PAIRS) || !defined(__x86_64__) || CELLSTATE_LANES == 4 || (defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 11)
#define CELLSTATE_FOURS 0
#define WITH_FOURS
#elif defined(CELLSTATE_WIDE_MODEL)
#define CELLSTATE_FOURS 1
#define WITH_FOURS
#elif CELLSTATE_LANES == 16
#define CELLSTATE_FOURS 1
#define WITH_FOURS __attribute__((target("avx512vnni")))
#else
#define CELLSTATE_FOURS 1
#define WITH_FOURS __attribute__((target("avxvnni")))
#endif

/** Whether the instruction for fours takes numbers without a sign on its left. */
#if defined(__aarch64__)
constexpr int UNSIGNED_BYTES = 0;
#else
constexpr int UNSIGNED_BYTES = (int32_t)0x80808080;
#endif

/** Whether words hold four numbers here, or two. */
static inline bool fours() {
#if !CELLSTATE_FOURS
  return false;
#elif defined(CELLSTATE_WIDE_MODEL)
  return true;
#else
  static const bool found = LANES == 8 ? Processor().bytes256 : Processor().bytes;
  return found;
#endif
}

#if CELLSTATE_FOURS
/** sum + the four products of the bytes of a, on x86 without a sign, and those of b. */
static inline WITH_FOURS __attribute__((always_inline)) I addFours(I sum, I a, I b) {
#if defined(CELLSTATE_WIDE_MODEL)
  for (int i = 0; i < 32; i += 8) sum = (I)((U)sum + (((U)a >> i) & 255u) * (U)((I)((U)b << (24 - i)) >> 24));
  return sum;
#elif defined(__aarch64__)
  return (I)vdotq_s32((int32x4_t)sum, (int8x16_t)a, (int8x16_t)b);
#elif CELLSTATE_LANES == 16
  return (I)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#else
  return (I)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#endif
}
#endif

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

/** The whole number nearest to each, halves to even, in the low bits: added to 1.5 · 2²³ there is no room for a fraction. */
INLINE I whole(V x) { return bits(x + set(12582912.f)); }
/** Those of two numbers as pairs, those of four as fours. */
INLINE I pairs(V a, V b) { return (whole(a) & setI(0xffff)) | (I)((U)whole(b) << 16); }
INLINE I foursOf(V a, V b, V c, V d) {
  const I byte = setI(255);
  return (whole(a) & byte) | (I)((U)(whole(b) & byte) << 8) | (I)((U)(whole(c) & byte) << 16) | (I)((U)whole(d) << 24);
}

/** Words of n numbers: the k-th holds the k-th number and those one word count, or each of three, further. */
INLINE Index wholeWords(Index n) { return fours() ? (n + 3) / 4 : (n + 1) / 2; }
/** From here on wholeRow(n) words lie within n. */
constexpr Index TILES_DEPTH = 16;
/** Distance of rows of them. */
INLINE Index wholeRow(Index n) { return (wholeWords(n) + 15) / 16 * 16; }

/** One row of n numbers as words of whole ones, up to whole vectors; returns their factor, which is no number where one of them is none. */
static __attribute__((noinline)) float roundRow(int32_t* to, const float* from, Index n) {
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
  const Index words = wholeWords(n);
  const auto at = [&](Index i) { return loadPart(from + i, (int)(n - i)) * factor; };
  if (fours()) {
    for (Index i = 0; i < words; i += LANES) {
      *(UnalignedI*)(to + i) = foursOf(at(i), at(words + i), at(2 * words + i), at(3 * words + i)) ^ setI(UNSIGNED_BYTES);
    }
  } else {
    for (Index i = 0; i < words; i += LANES) *(UnalignedI*)(to + i) = pairs(at(i), at(words + i));
  }
  return factor[0] + zero;
}

/**
 * Columns of a packed panel [depth][width] become words [wholeWords(depth)][width], `to` may be the panel; `scale` [width] gets the columns'
 * factors, `begin` what their sums begin with. Zeros follow up to whole tiles, where `to` is as long as the panel or wholeRow(depth).
 * `rounded`: the numbers are whole already, from -128 to 127; their factor is 1, and none for a column in which one is not.
 */
static __attribute__((noinline)) COMPACT void roundColumns(float* to, const float* panel, float* scale, int32_t* begin, Index depth, int width, bool rounded) {
  const Index words = wholeWords(depth);
  for (int j = 0; j < width; j += LANES) {
    V most = set(0.f), zeros = set(0.f), sums = set(0.f);
    for (Index k = 0; k < depth; k++) {
      const V x = load(panel + k * width + j);
      most = larger(absolute(x), most);
      zeros = fma(rounded ? choose((I)(x == __builtin_convertvector((I)((U)whole(x) << 24) >> 24, V)), set(0.f), number(setI(0x7f800000))) : x, set(0.f), zeros);
    }
    const V factor = rounded ? set(1.f) : factorOf(most);
    store(scale + j, factor + zeros);
    const auto at = [&](Index k) { return k < depth ? load(panel + k * width + j) * factor : set(0.f); };
    for (Index k = 0; k < words; k++) {
      I word;
      if (fours()) {
        word = foursOf(at(k), at(words + k), at(2 * words + k), at(3 * words + k));
        for (int i = 0; i < 32; i += 8) sums = sums + __builtin_convertvector((I)((U)word << (24 - i)) >> 24, V);
      } else {
        word = pairs(load(panel + k * width + j) * factor, at(words + k));
      }
      *(UnalignedI*)(to + k * width + j) = word;
    }
    for (Index k = words; fours() && depth >= TILES_DEPTH && k < wholeRow(depth); k++) store(to + k * width + j, set(0.f));
    if (fours()) *(UnalignedI*)(begin + j) = __builtin_convertvector(UNSIGNED_BYTES ? sums * set(-128.f) : set(0.f), I);
  }
}

/** c[rows, width] = start + a · b / (scale of the column · factor of the row); a and b hold words, b packed. `width` is a multiple of 16. */
struct WholeProduct {
  const int32_t* a;
  Index aRow;
  const float* factor;   // [rows]
  const float* b;        // words, as if they were floats
  Index bRow;
  const float* scale;    // [width]
  const int32_t* begin;  // [width]
  float* c;
  Index cRow;
  const float* start;    // may be c
  Index startRow;        // 0: the same for all rows
  int rows, width;
  Index depth;           // words
  bool tiles = false;    // zeros follow a's and b's words up to whole tiles
};

/** A vector of sums into c. */
INLINE void finish(const WholeProduct& p, I sum, V factor, int row, int j) {
  store(p.c + row * p.cRow + j, __builtin_convertvector(sum, V) / (load(p.scale + j) * factor) + load(p.start + row * p.startRow + j));
}

/** Sums as they are into c. */
template <int MR, int NV>
INLINE void finishTile(const WholeProduct& p, const I (&sums)[MR][NV], int row, int j) {
  UNROLL(16) for (int m = 0; m < MR; m++) {
    const V factor = set(p.factor[row + m]);
    UNROLL(8) for (int n = 0; n < NV; n++) finish(p, sums[m][n], factor, row + m, j + n * LANES);
  }
}

/** MR rows times NV vectors of columns. */
template <int MR, int NV>
static __attribute__((noinline)) void pairsTile(const WholeProduct& p, int row, int j) {
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
  finishTile(p, sums, row, j);
}

#if CELLSTATE_FOURS
/** The same of fours. */
template <int MR, int NV>
static WITH_FOURS __attribute__((noinline)) void foursTile(const WholeProduct& p, int row, int j) {
  const int32_t* a = p.a + row * p.aRow;
  const float* b = p.b + j;
  I sums[MR][NV];
  UNROLL(16) for (int m = 0; m < MR; m++) {
    UNROLL(8) for (int n = 0; n < NV; n++) sums[m][n] = *(const UnalignedI*)(p.begin + j + n * LANES);
  }
  for (Index k = p.depth; k > 0; k--) {
    I bv[NV];
    UNROLL(8) for (int n = 0; n < NV; n++) bv[n] = *(const UnalignedI*)(b + n * LANES);
    UNROLL(16) for (int m = 0; m < MR; m++) {
      const I x = setI(a[m * p.aRow]);
      UNROLL(8) for (int n = 0; n < NV; n++) sums[m][n] = addFours(sums[m][n], x, bv[n]);
    }
    a++;
    b += p.bRow;
  }
  finishTile(p, sums, row, j);
}
#endif
template <int MR, int NV>
INLINE void wholeTile(const WholeProduct& p, int row, int j) {
#if CELLSTATE_FOURS
  if (fours()) return foursTile<MR, NV>(p, row, j);
#endif
  pairsTile<MR, NV>(p, row, j);
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

#if CELLSTATE_TILES
/** Whether tiles multiply rows of n numbers here. */
static inline bool byTiles(Index n) { return fours() && n >= TILES_DEPTH && tilesHere().int8; }

/** Up to 32 rows, 16 · NC columns from column j on. BELOW: whether there are more than 16 rows. */
template <bool BELOW, int NC>
static __attribute__((noinline)) void wholeBlock(const WholeProduct& p, int row, int rows, int j) {
  alignas(64) int32_t sums[32][32];
  const int32_t* a = p.a + row * p.aRow;
  const float* b = p.b + j;
  const Index aBytes = p.aRow * 4, bBytes = p.bRow * 4;
  tileLoad<0>(p.begin + j, 0);
  if (NC > 1) tileLoad<1>(p.begin + j + 16, 0);
  if (BELOW) tileLoad<2>(p.begin + j, 0);
  if (BELOW && NC > 1) tileLoad<3>(p.begin + j + 16, 0);
  for (Index k = 0; k < p.depth; k += 16, a += 16, b += 16 * p.bRow) {
    tileLoad<4>(a, aBytes);
    tileLoad<6>(b, bBytes);
    tileBytes<0, 4, 6>();
    if (NC > 1) tileLoad<7>(b + 16, bBytes), tileBytes<1, 4, 7>();
    if (BELOW) tileLoad<5>(a + 16 * p.aRow, aBytes), tileBytes<2, 5, 6>();
    if (BELOW && NC > 1) tileBytes<3, 5, 7>();
  }
  tileStore<0>(sums[0], 128);
  if (NC > 1) tileStore<1>(sums[0] + 16, 128);
  if (BELOW) tileStore<2>(sums[16], 128);
  if (BELOW && NC > 1) tileStore<3>(sums[16] + 16, 128);
  for (int r = 0; r < rows; r++) {
    const V factor = set(p.factor[row + r]);
    for (int n = 0; n < 16 * NC; n += LANES) finish(p, *(const UnalignedI*)(sums[r] + n), factor, row + r, j + n);
  }
}
static void tilesProduct(const WholeProduct& p) {
  for (int row = 0, configured = 0; row < p.rows; row += 32) {
    const int rows = p.rows - row < 32 ? p.rows - row : 32;
    if (rows != configured) {
      TileShapes shapes;
      for (int t = 0; t < 8; t++) shapes.set(t, t >= 6 ? 16 : t == 2 || t == 3 || t == 5 ? (rows > 16 ? rows - 16 : 1) : rows < 16 ? rows : 16, 64);
      tileConfigure(shapes);
      configured = rows;
    }
    int j = 0;
    for (; j + 32 <= p.width; j += 32) rows > 16 ? wholeBlock<true, 2>(p, row, rows, j) : wholeBlock<false, 2>(p, row, rows, j);
    for (; j < p.width; j += 16) rows > 16 ? wholeBlock<true, 1>(p, row, rows, j) : wholeBlock<false, 1>(p, row, rows, j);
  }
}
#endif

static void product(const WholeProduct& p) {
#if CELLSTATE_TILES
  if (p.tiles && p.rows >= FEW_FOR_TILES) return tilesProduct(p);
#endif
  int j = 0;
#if CELLSTATE_LANES == 16
  for (; j + PANEL <= p.width; j += PANEL) wholeStrip<4>(p, j);
#endif
  constexpr int NV = LANES == 16 ? 1 : 2;
  for (; j < p.width; j += NV * LANES) wholeStrip<NV>(p, j);
}

}  // namespace
