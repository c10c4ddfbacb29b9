// Products of matrices. All of them end in one register-blocked tile: rows of A times a packed panel of B of up to 64 columns.
// Every element is one sum of fused multiply-adds in the order of k, started from 0, a bias or what is there, so tiling,
// packing and threads never change a bit.
#pragma once
#include "engine.h"
#include "simd.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

constexpr int PANEL = 64;  // columns of a packed panel; the last one of a matrix is narrower, a multiple of 16

#if defined(__wasm__) || (defined(__x86_64__) && CELLSTATE_LANES == 4)
constexpr int MOST_ROWS = 4;  // of a tile two vectors wide. V8 keeps 2 x 4 sums in registers and spills 2 x 5: 50 against 25 of 58 GFLOP/s
#else
constexpr int MOST_ROWS = 6;  // of a tile of 64 columns (AVX-512), or of 16
#endif

enum class Start { zero, bias, add };

/** c[rows, width] = start + a · b. Row m of A is at a + m·aRow, its k-th number aK further each; b is packed [depth][width]. */
struct Product {
  const float* a;
  size_t aRow, aK;       // aK 0: A is packed in groups of rows, as packRows leaves it
  const float* b;
  float* c;
  size_t cRow;
  int rows, width;
  int depth;             // k per block
  int blocks = 1;        // A and B continue in further blocks of `depth`, `aJump` and `bJump` numbers apart
  size_t aJump = 0, bJump = 0;
  size_t bRow = 0;       // distance of two k in b; 0: width
  size_t aGate = 0;      // 1: A holds four numbers at each place, one for each gate; columns 16g.. multiply the g-th (dropout)
  Start start = Start::zero;
  const float* bias = nullptr;
  const float* next = nullptr;  // what of B is read after this panel: fetched meanwhile, strip by strip; null: B is near
};

#define PRAGMA(x) _Pragma(#x)
#if defined(__clang__)
#define UNROLL(n) PRAGMA(clang loop unroll(full))
#else
#define UNROLL(n) PRAGMA(GCC unroll n)
#endif

/** How a tile reads A: rows anywhere; rows side by side (A transposed); four numbers at each place, one for each gate. */
enum class Reading { rows, transposed, gates };

/** MR rows times NV vectors of columns, all accumulators in registers. */
template <int MR, int NV, Reading READING>
static __attribute__((noinline)) void tile(const Product& p, const float* a0, const float* b0, float* c, const float* bias, size_t bRow) {
  V acc[MR][NV];
#if !defined(__wasm__)
  if (p.start != Start::add) {  // c is first met at the end, and may be far
    UNROLL(16) for (int m = 0; m < MR; m++) {
      UNROLL(8) for (int n = 0; n < NV; n += 16 / LANES) __builtin_prefetch(c + m * p.cRow + n * LANES, 1);
    }
  }
#endif
  UNROLL(16) for (int m = 0; m < MR; m++) {
    UNROLL(8) for (int n = 0; n < NV; n++) {
      acc[m][n] = p.start == Start::add ? load(c + m * p.cRow + n * LANES) : p.start == Start::bias ? load(bias + n * LANES) : set(0.f);
    }
  }
  constexpr bool GATES = READING == Reading::gates;
  const size_t aRow = READING == Reading::transposed ? 1 : p.aRow, aK = p.aK ? p.aK : MR;
  for (int block = 0; block < p.blocks; block++) {
    const float* a = a0 + block * p.aJump;
    const float* b = b0 + block * p.bJump;
    const float* row[MR];  // one register for each row, where every column has a number of its own to multiply
    UNROLL(16) for (int m = 0; m < MR; m++) {
      row[m] = a + m * aRow;
      if (GATES) asm("" : "+r"(row[m]));
    }
    for (int k = p.depth; k > 0; k--) {
      V bv[NV];
      UNROLL(8) for (int n = 0; n < NV; n++) bv[n] = load(b + n * LANES);
      UNROLL(16) for (int m = 0; m < MR; m++) {
        if (GATES) {
          UNROLL(8) for (int n = 0; n < NV; n++) acc[m][n] = fma(set(row[m][n]), bv[n], acc[m][n]);
        } else {
          const V x = set(a[m * aRow]);
          UNROLL(8) for (int n = 0; n < NV; n++) acc[m][n] = fma(x, bv[n], acc[m][n]);
        }
        if (GATES) row[m] += aK;
      }
      a += aK;
      b += bRow;
    }
  }
  UNROLL(16) for (int m = 0; m < MR; m++) {
    UNROLL(8) for (int n = 0; n < NV; n++) store(c + m * p.cRow + n * LANES, acc[m][n]);
  }
}

/** Rows of the next tile where `left` are left: groups of at most `most`, balanced. */
INLINE int groupOf(int left, int most) {
  const int groups = (left + most - 1) / most;
  return (left + groups - 1) / groups;
}

/** NV vectors of columns from column j on, all rows in groups of at most MOST. */
template <int NV, int MOST, Reading READING>
static void strip(const Product& p, int j) {
  const size_t bRow = p.bRow ? p.bRow : (size_t)p.width;
  const float* b = p.b + j;
  const float* bias = p.bias ? p.bias + j : nullptr;
  const float* a = p.a + (READING == Reading::gates || p.aGate == 0 ? 0 : (size_t)(j / 16) * p.aGate);
  for (int row = 0; row < p.rows;) {
    const int take = groupOf(p.rows - row, MOST);
    const float* ar = a + row * (p.aK ? p.aRow : (size_t)p.depth);
#if !defined(__wasm__)
    if (p.next) {  // a part of the strip that comes next, for as long as this tile takes
      const float* to = j + NV * LANES < p.width ? b + NV * LANES : p.next;
      for (int k = p.depth * row / p.rows; k < p.depth * (row + take) / p.rows; k++) {
        UNROLL(8) for (int n = 0; n < NV; n += 16 / LANES) __builtin_prefetch(to + k * bRow + n * LANES, 0, 2);
      }
    }
#endif
    float* cr = p.c + row * p.cRow + j;
    switch (take) {
#define TAKE(n) case n: tile<(n <= MOST ? n : 1), NV, READING>(p, ar, b, cr, bias, bRow); break;
      TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6)
#if CELLSTATE_LANES == 16
      TAKE(7) TAKE(8) TAKE(9) TAKE(10) TAKE(11) TAKE(12)
#endif
#undef TAKE
    }
    row += take;
  }
}

/** One panel: c = start + a · b. `width` is a multiple of 16; with aGate it is 64. */
static void product(const Product& p) {
  if (p.rows <= 0) return;
#if CELLSTATE_LANES == 16
  if (p.aGate) return strip<4, 6, Reading::gates>(p, 0);
  if (p.aK == 0) {
    switch (p.width / 16) {
      case 1: return strip<1, MOST_ROWS, Reading::rows>(p, 0);
      case 2: return strip<2, MOST_ROWS, Reading::rows>(p, 0);
      case 3: return strip<3, MOST_ROWS, Reading::rows>(p, 0);
      default: return strip<4, MOST_ROWS, Reading::rows>(p, 0);
    }
  }
  if (p.aRow == 1 && p.width == 16) return strip<1, 12, Reading::transposed>(p, 0);
  switch (p.width / 16) {
    case 1: return strip<1, 12, Reading::rows>(p, 0);
    case 2: return strip<2, 12, Reading::rows>(p, 0);
    case 3: return strip<3, 8, Reading::rows>(p, 0);
    default: return strip<4, 6, Reading::rows>(p, 0);
  }
#else
  int j = 0;
  if (p.rows == 1 && p.aGate == 0) {  // one row has too few sums to hide the latency of a multiply-add: eight at a time
    for (; j + 8 * LANES <= p.width; j += 8 * LANES) strip<8, 1, Reading::rows>(p, j);
  }
  for (; j < p.width; j += 2 * LANES) strip<2, MOST_ROWS, Reading::rows>(p, j);
#endif
}

/** Columns of panel number n of a matrix of N columns, rounded up to 16. */
INLINE int panelWidth(Index N, Index n) {
  const Index left = N - n * PANEL;
  return left >= PANEL ? PANEL : (int)((left + 15) / 16 * 16);
}
INLINE Index panelCount(Index N) { return (N + PANEL - 1) / PANEL; }

/** to[k·toRow + j] = from[j·fromRow + k] for j < rows, k < columns: four by four, so that few lines of `to` and `from` are open at a time. */
static __attribute__((noinline)) void transpose(float* to, Index toRow, const float* from, Index fromRow, Index rows, Index columns) {
  const Index wholeRows = rows / 4 * 4, wholeColumns = columns / 4 * 4;
  for (Index k = 0; k < wholeColumns; k += 4) {
    for (Index j = 0; j < wholeRows; j += 4) {
      const float* f = from + j * fromRow + k;
      float* t = to + k * toRow + j;
      const Four a = *(const Four*)f, b = *(const Four*)(f + fromRow), c = *(const Four*)(f + 2 * fromRow), d = *(const Four*)(f + 3 * fromRow);
      const Four ab0 = SHUFFLE(a, b, 0, 4, 1, 5), ab1 = SHUFFLE(a, b, 2, 6, 3, 7), cd0 = SHUFFLE(c, d, 0, 4, 1, 5), cd1 = SHUFFLE(c, d, 2, 6, 3, 7);
      *(Four*)t = SHUFFLE(ab0, cd0, 0, 1, 4, 5);
      *(Four*)(t + toRow) = SHUFFLE(ab0, cd0, 2, 3, 6, 7);
      *(Four*)(t + 2 * toRow) = SHUFFLE(ab1, cd1, 0, 1, 4, 5);
      *(Four*)(t + 3 * toRow) = SHUFFLE(ab1, cd1, 2, 3, 6, 7);
    }
  }
  for (Index k = 0; k < columns; k++) {
    for (Index j = k < wholeColumns ? wholeRows : 0; j < rows; j++) to[k * toRow + j] = from[j * fromRow + k];
  }
}

/**
 * A piece of B, [depth, real] with rows `stride` apart (or its transpose, [real, depth]) → panels of `panel` columns one after the other, each
 * [depth][width], zeros beyond `real`. A row of B is read as it lies, its sixteens each to its panel.
 */
static __attribute__((noinline)) void packPanels(float* out, const float* b, Index stride, Index depth, Index real, int panel, bool transposed) {
  const auto place = [&](Index j, Index k) {
    const Index first = j & -panel, left = real - first;
    return out + first * depth + k * (left >= panel ? panel : (left + 15) / 16 * 16) + (j - first);
  };
  const Index whole = real / 16 * 16;
  for (Index j = 0; j < whole && transposed; j += 16) {  // 16 rows of b are read side by side, each line of a panel is written whole
    transpose(place(j, 0), place(j, 1) - place(j, 0), b + j * stride, stride, 16, depth);
  }
  for (Index k = 0; k < depth; k++) {
    const float* from = b + k * stride;
    for (Index j = 0; j < whole && !transposed; j += 16) {
      float* to = place(j, k);
      UNROLL(4) for (int i = 0; i < 16; i += LANES) store(to + i, load(from + j + i));
    }
    if (whole == real) continue;
    float* to = place(whole, k);
    for (Index j = 0; j < 16; j++) to[j] = whole + j < real ? transposed ? b[(whole + j) * stride + k] : from[whole + j] : 0;
  }
}

/** Copies the first `columns` of each row of a scratch tile to its place. */
static void copyRows(float* to, size_t toRow, const float* from, size_t fromRow, int rows, int columns) {
  for (int r = 0; r < rows; r++) {
    for (int j = 0; j < columns; j++) to[r * toRow + j] = from[r * fromRow + j];
  }
}

/** Rows that pass over a panel together, where nothing else bounds them. */
constexpr int ROWS = 96;

/**
 * Depth of the pieces in which a long sum is taken: 16 columns of B (64 with AVX-512) of that depth stay in the first-level cache
 * beside the rows of A that pass over them. Never a question of bits: a sum continues where it stopped.
 */
INLINE int pieceDepth() {
  const int depth = (int)(cellstate_caches()->level1 * 2 / 3 / ((LANES == 16 ? 64 : 16) * 4) / 16 * 16);
  return depth < 64 ? 64 : depth > 384 ? 384 : depth;
}
/** n in pieces of at most `most`, all about as long. */
INLINE Index evenPiece(Index n, Index most) {
  const Index pieces = n <= most ? 1 : (n + most - 1) / most;
  return (n + pieces - 1) / pieces;
}

}  // namespace
