// Products of rows of bfloat16 by tiles (tiles.h). Two numbers lie in a word: the k-th of the first half and the k-th of the second, so that a
// tile's two chains take one half each; halves are filled up with zeros to whole tiles of 16 words.
#pragma once
#include "gemm.h"
#include "tiles.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

/** Words of a row of n numbers: whole tiles. */
INLINE Index tileWords(Index n) { return ((n + 1) / 2 + 15) / 16 * 16; }

#if CELLSTATE_TILES
/** Words of two numbers that are bfloat16 already. */
INLINE V twoOf(V low, V high) { return number((I)((U)bits(low) >> 16) | (bits(high) & setI((int32_t)0xffff0000))); }

/** A row of n numbers to tileWords(n) words; n is 16 or more, and `to` may be `from`. */
static __attribute__((noinline)) void tileRow(float* to, const float* from, Index n) {
  const Index half = (n + 1) / 2;
  for (Index i = 0; i < half; i += LANES) {
    const V low = toBf16(loadPart(from + i, (int)(half - i))), high = toBf16(loadPart(from + half + i, (int)(n - half - i)));
    store(to + i, twoOf(low, high));
  }
  for (Index i = (half + LANES - 1) / LANES * LANES; i < tileWords(n); i += LANES) store(to + i, set(0.f));
}
/** A packed panel [depth][width] of bfloat16 to [tileWords(depth)][width]; `to` may be the panel, or begin before it, where the depth is 16 or more. */
static __attribute__((noinline)) void tilePanel(float* to, const float* panel, Index depth, int width) {
  const Index half = (depth + 1) / 2;
  for (Index k = 0; k < tileWords(depth); k++) {
    for (int j = 0; j < width; j += LANES) {
      const V low = k < half ? load(panel + k * width + j) : set(0.f), high = half + k < depth ? load(panel + (half + k) * width + j) : set(0.f);
      store(to + k * width + j, k < half ? twoOf(low, high) : set(0.f));
    }
  }
}
/** Sixteen columns or fewer of a [depth, ...], rows `aRow` apart, to rows of tileWords(depth) words, `toRow` apart; `scratch` holds a row for each. */
static __attribute__((noinline)) void tileColumns(float* to, Index toRow, const float* a, Index aRow, Index depth, int columns, float* scratch) {
  const Index half = (depth + 1) / 2;
  for (Index k = 0; k < half; k++) {
    for (int j = 0; j < 16; j += LANES) {
      const float *low = a + k * aRow + j, *high = low + half * aRow;
      store(scratch + k * 16 + j, twoOf(toBf16(loadPart(low, columns - j)), half + k < depth ? toBf16(loadPart(high, columns - j)) : set(0.f)));
    }
  }
  transpose(to, toRow, scratch, 16, half, columns);
  for (int j = 0; j < columns; j++) {
    for (Index k = half; k < tileWords(depth); k++) to[j * toRow + k] = 0;
  }
}
/** Columns of b [depth, ...], rows `bRow` apart, to a panel [tileWords(depth)][width]; zeros beyond `real`. */
static __attribute__((noinline)) void tilePiece(float* to, const float* b, Index bRow, Index depth, int real, int width) {
  const Index half = (depth + 1) / 2;
  for (Index k = 0; k < tileWords(depth); k++) {
    for (int j = 0; j < width; j += LANES) {
      const float *low = b + k * bRow + j, *high = low + half * bRow;
      const V one = k < half ? toBf16(loadPart(low, real - j)) : set(0.f), two = half + k < depth ? toBf16(loadPart(high, real - j)) : set(0.f);
      store(to + k * width + j, k < half ? twoOf(one, two) : set(0.f));
    }
  }
}
/** The same of its transpose b [..., depth]; `scratch` as above. */
static __attribute__((noinline)) void tilePieceTransposed(float* to, const float* b, Index bRow, Index depth, int real, int width, float* scratch) {
  const Index words = tileWords(depth);
  for (int j = 0; j < width; j += 16) {
    const int some = real - j < 16 ? real - j : 16;
    for (int i = 0; i < 16; i++) {
      if (i < some) tileRow(scratch + i * words, b + (j + i) * bRow, depth);
      else zeroWords(scratch + i * words, words);
    }
    transpose(to + j, width, scratch, words, 16, words);
  }
}
/** What sums may start from. */
alignas(64) static const float zeros[64] = {};

/** c[rows, width] = start + a · b, in words of two; `width` is a multiple of 16. */
struct TileProduct {
  const float* a;
  Index aRow;
  const float* b;
  Index bRow;
  float* c;
  Index cRow;
  const float* start;  // may be c
  Index startRow;      // 0: the same for all rows
  int rows, width;
  Index words;         // of a row: whole tiles
};

/** Up to 32 rows, 16 · NC columns from column j on. BELOW: whether there are more than 16 rows. */
template <bool BELOW, int NC>
static void tileBlock(const TileProduct& p, int row, int j) {
  const float *a = p.a + row * p.aRow, *b = p.b + j, *start = p.start + row * p.startRow + j;
  float* c = p.c + row * p.cRow + j;
  const Index aBytes = p.aRow * 4, bBytes = p.bRow * 4, cBytes = p.cRow * 4, startBytes = p.startRow * 4;
  tileLoad<0>(start, startBytes);
  if (NC > 1) tileLoad<1>(start + 16, startBytes);
  if (BELOW) tileLoad<2>(start + 16 * p.startRow, startBytes);
  if (BELOW && NC > 1) tileLoad<3>(start + 16 * p.startRow + 16, startBytes);
  for (Index k = 0; k < p.words; k += 16, a += 16, b += 16 * p.bRow) {
    tileLoad<4>(a, aBytes);
    tileLoad<6>(b, bBytes);
    tileBf16<0, 4, 6>();
    if (NC > 1) tileLoad<7>(b + 16, bBytes), tileBf16<1, 4, 7>();
    if (BELOW) tileLoad<5>(a + 16 * p.aRow, aBytes), tileBf16<2, 5, 6>();
    if (BELOW && NC > 1) tileBf16<3, 5, 7>();
  }
  tileStore<0>(c, cBytes);
  if (NC > 1) tileStore<1>(c + 16, cBytes);
  if (BELOW) tileStore<2>(c + 16 * p.cRow, cBytes);
  if (BELOW && NC > 1) tileStore<3>(c + 16 * p.cRow + 16, cBytes);
}

static __attribute__((noinline)) void tileProduct(const TileProduct& p) {
  for (int row = 0, configured = 0; row < p.rows; row += 32) {
    const int rows = p.rows - row < 32 ? p.rows - row : 32, above = rows < 16 ? rows : 16;
    if (rows != configured) {
      TileShapes shapes;
      for (int t = 0; t < 8; t++) shapes.set(t, t >= 6 ? 16 : t == 2 || t == 3 || t == 5 ? (rows > 16 ? rows - 16 : 1) : above, 64);
      tileConfigure(shapes);
      configured = rows;
    }
    int j = 0;
    for (; j + 32 <= p.width; j += 32) rows > 16 ? tileBlock<true, 2>(p, row, j) : tileBlock<false, 2>(p, row, j);
    for (; j < p.width; j += 16) rows > 16 ? tileBlock<true, 1>(p, row, j) : tileBlock<false, 1>(p, row, j);
  }
}
#endif

}  // namespace
