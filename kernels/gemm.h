// Products of matrices. All of them end in one register-blocked tile: rows of A times a packed panel of B of up to 64 columns.
// Every element is one sum of fused multiply-adds in the order of k, started from 0, a bias or what is there, so tiling,
// packing and threads never change a bit.
#pragma once
#include "simd.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

constexpr int PANEL = 64;  // columns of a packed panel; the last one of a matrix is narrower, a multiple of 16

enum class Start { zero, bias, add };

/** c[rows, width] = start + a · b. Row m of A is at a + m·aRow, its k-th number aK further each; b is packed [depth][width]. */
struct Product {
  const float* a;
  size_t aRow, aK;
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
  UNROLL(16) for (int m = 0; m < MR; m++) {
    UNROLL(8) for (int n = 0; n < NV; n++) {
      acc[m][n] = p.start == Start::add ? load(c + m * p.cRow + n * LANES) : p.start == Start::bias ? load(bias + n * LANES) : set(0.f);
    }
  }
  constexpr bool GATES = READING == Reading::gates;
  const size_t aRow = READING == Reading::transposed ? 1 : p.aRow, aK = p.aK;
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

/** NV vectors of columns from column j on, all rows, in balanced groups of at most MOST rows. */
template <int NV, int MOST, Reading READING>
static void strip(const Product& p, int j) {
  const size_t bRow = p.bRow ? p.bRow : (size_t)p.width;
  const float* b = p.b + j;
  const float* bias = p.bias ? p.bias + j : nullptr;
  const float* a = p.a + (READING == Reading::gates || p.aGate == 0 ? 0 : (size_t)(j / 16) * p.aGate);
  for (int row = 0; row < p.rows;) {
    const int left = p.rows - row;
    const int groups = (left + MOST - 1) / MOST;
    const int take = (left + groups - 1) / groups;
    const float* ar = a + row * p.aRow;
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
  if (p.aRow == 1 && p.width == 16) return strip<1, 12, Reading::transposed>(p, 0);
  switch (p.width / 16) {
    case 1: return strip<1, 12, Reading::rows>(p, 0);
    case 2: return strip<2, 12, Reading::rows>(p, 0);
    case 3: return strip<3, 8, Reading::rows>(p, 0);
    default: return strip<4, 6, Reading::rows>(p, 0);
  }
#else
#if defined(__wasm__) || (defined(__x86_64__) && CELLSTATE_LANES == 4)
  constexpr int MOST = 4;  // V8 keeps 2 x 4 sums in registers and spills 2 x 5: 50 against 25 of 58 GFLOP/s
#else
  constexpr int MOST = 6;
#endif
  int j = 0;
  if (p.rows == 1 && p.aGate == 0) {  // one row has too few sums to hide the latency of a multiply-add: eight at a time
    for (; j + 8 * LANES <= p.width; j += 8 * LANES) strip<8, 1, Reading::rows>(p, j);
  }
  for (; j < p.width; j += 2 * LANES) strip<2, MOST, Reading::rows>(p, j);
#endif
}

/** The same with k in pieces, so that the piece of B stays in the first-level cache while all rows pass over it. */
static void productInPieces(Product p, int piece) {
  const size_t bRow = p.bRow ? p.bRow : (size_t)p.width;
  const int depth = p.depth;
  for (int k = 0; k < depth; k += piece) {
    p.depth = depth - k < piece ? depth - k : piece;
    product(p);
    p.a += p.depth * p.aK;
    p.b += p.depth * bRow;
    p.start = Start::add;
  }
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

/** Panel n of b [K, N] (or of its transpose, when b is stored [N, K]) → out [K][width], zeros beyond N. */
static void packPanel(float* out, const float* b, Index K, Index N, Index n, bool transposed) {
  const int width = panelWidth(N, n);
  const Index first = n * PANEL;
  const int real = (int)(N - first < width ? N - first : width);
  if (!transposed) {
    for (Index k = 0; k < K; k++) {
      const float* from = b + k * N + first;
      float* to = out + k * width;
      for (int j = 0; j < real; j++) to[j] = from[j];
      for (int j = real; j < width; j++) to[j] = 0;
    }
    return;
  }
  for (int j0 = 0; j0 < width; j0 += 16) {  // 16 rows of b are read side by side, each line of `out` is written whole
    const int some = real - j0 < 16 ? (real - j0 > 0 ? real - j0 : 0) : 16;
    transpose(out + j0, width, b + (first + j0) * K, K, some, K);
    for (Index k = 0; some < 16 && k < K; k++) {
      for (int j = some; j < 16; j++) out[k * width + j0 + j] = 0;
    }
  }
}

/** Copies the first `columns` of each row of a scratch tile to its place. */
static void copyRows(float* to, size_t toRow, const float* from, size_t fromRow, int rows, int columns) {
  for (int r = 0; r < rows; r++) {
    for (int j = 0; j < columns; j++) to[r * toRow + j] = from[r * fromRow + j];
  }
}

/** Rows of A that pass over a packed matrix together (their part of A stays in the second-level cache). */
constexpr int ROWS = 96, DEPTH = 128;

/**
 * c [M, N] = a · b + bias over the packed panels of b; a(m, k) = a[m·aRow + k·aK]. `scratch`: ROWS × 64 numbers of this thread.
 * Threads split (block of rows × panel) pairs. No barrier inside.
 */
static void multiplyPacked(const Team& team, float* c, const float* a, size_t aRow, size_t aK, const float* packed, const float* bias, Index M,
                           Index K, Index N, float* scratch) {
  const Index panels = panelCount(N);
  Index rowsAtOnce = ROWS;
  if (panels * ((M + ROWS - 1) / ROWS) < 4 * team.count) rowsAtOnce = M / (4 * team.count) / 6 * 6 + 6;
  if (rowsAtOnce > ROWS) rowsAtOnce = ROWS;
  const Index bands = (M + rowsAtOnce - 1) / rowsAtOnce;
  Index from, to;
  team.share(bands * panels, 1, &from, &to);
  for (Index task = from; task < to; task++) {
    // bands outermost when A is the larger operand; else panels, so that each thread keeps its part of B
    const bool byPanel = N >= M;
    const Index band = byPanel ? task % bands : task / panels;
    const Index n = byPanel ? task / bands : task % panels;
    const int rows = (int)(M - band * rowsAtOnce < rowsAtOnce ? M - band * rowsAtOnce : rowsAtOnce);
    const int width = panelWidth(N, n);
    const int real = (int)(N - n * PANEL < width ? N - n * PANEL : width);
    float biasPart[PANEL];
    if (bias) {
      for (int j = 0; j < width; j++) biasPart[j] = j < real ? bias[n * PANEL + j] : 0;
    }
    float* out = c + band * rowsAtOnce * N + n * PANEL;
    Product p;
    p.a = a + band * rowsAtOnce * aRow;
    p.aRow = aRow;
    p.aK = aK;
    p.b = packed + n * PANEL * K;
    p.c = real == width ? out : scratch;
    p.cRow = real == width ? (size_t)N : (size_t)PANEL;
    p.rows = rows;
    p.width = width;
    p.depth = (int)K;
    p.start = bias ? Start::bias : Start::zero;
    p.bias = bias ? biasPart : nullptr;
    productInPieces(p, DEPTH);
    if (real != width) copyRows(out, N, scratch, PANEL, rows, real);
  }
}

static void packMatrix(const Team& team, float* packed, const float* b, Index K, Index N, bool transposed) {
  Index from, to;
  team.share(panelCount(N), 1, &from, &to);
  for (Index n = from; n < to; n++) packPanel(packed + n * PANEL * K, b, K, N, n, transposed);
}

}  // namespace
