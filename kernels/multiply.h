// Whole products c = a · b + bias, in blocks that fit the caches: a piece of b for some hundred columns is packed (or was), some hundred
// rows of a are packed to be read in one stream by every strip of it, and c is added to, piece of the depth after piece.
#pragma once
#include "gemm.h"

namespace CELLSTATE_NAMESPACE {

#if defined(__wasm__)
constexpr bool PACKS_ROWS = false;  // must stay small, and reads of A cost less than its sums there
#else
constexpr bool PACKS_ROWS = true;
#endif

/** Columns of B that the tiles read together: packed so, a piece of them lies dense in the first-level cache. */
constexpr int STRIP = LANES == 16 ? PANEL : 16;

/**
 * c [M, N] = start + a · b; a(m, k) = a[m·aRow + k·aK]. b [K, N] as it lies, or transposed [N, K], or packed over its whole depth in panels
 * of `panel` columns. Where `apart` is set, b and c lie in panels as gates do (layout.h), each a matrix of its own width.
 */
struct Multiplication {
  float* c;
  const float* a;
  size_t aRow, aK;
  const float* b;
  bool packed = false, transposed = false;
  Start start = Start::zero;
  const float* bias = nullptr;
  Index M, K, N;
  bool apart = false;
  Index bPanel = 0, cPanel = 0;   // distances of panels
  Index bSkip = 0, cSkip = 0;     // rows before the first
  int from = 0, to = PANEL;       // of each whole panel the columns that are wanted

  /** Where the columns that are wanted of this one's panel begin, and end; without panels all are, up to `last`. */
  Index wantedFrom(Index column) const { return apart && rowOf(column) == PANEL ? column + from : column; }
  Index wantedTo(Index column, Index last) const { return !apart ? last : column + (rowOf(column) == PANEL ? to : rowOf(column)); }
  /** Columns of a packed panel. One row has too few sums to wait for: it reads many columns at once. */
  int panel() const { return apart || M >= 2 * MOST_ROWS ? STRIP : PANEL; }
  Index rowOf(Index column) const { return apart ? panelWidth(N, column / PANEL) : N; }  // distance of two rows of b, or c
  const float* bAt(Index k, Index column) const {
    if (apart) return b + column / PANEL * bPanel + (bSkip + k) * rowOf(column) + column % PANEL;
    return packed ? b + column * K : transposed ? b + column * K + k : b + k * N + column;
  }
  float* cAt(Index row, Index column) const {
    return apart ? c + column / PANEL * cPanel + (cSkip + row) * rowOf(column) + column % PANEL : c + row * N + column;
  }
};

/** Sizes of the blocks, and how much workspace a thread needs for them. */
struct Blocks {
  int depth, rows, columns;  // of a piece; rows of a, columns of b (whole panels)
  bool packsRows;            // whether a is packed: many strips read it, and it is not near anyway

  Blocks(Index M, Index K, Index N) : Blocks(M, evenPiece(K, pieceDepth()), N, true) {}
  /** Workspace for any K up to this one. */
  static Index mostWords(Index M, Index K, Index N) {
    const Index depth = K < pieceDepth() ? K : pieceDepth();
    const Blocks most(M, depth, N, true);
    return (N >= 256 ? rowsOf(1) + 48 * depth : 0) + (Index)most.columns * depth;
  }
  Index rowWords() const { return packsRows ? (Index)rows * depth : 0; }
  Index columnWords(bool packed) const { return packed ? 0 : (Index)columns * depth; }
  Index words(bool packed) const { return rowWords() + columnWords(packed) + (Index)rows * PANEL; }

 private:
  /** Rows of this depth that fill half the second-level cache. */
  static Index rowsOf(Index depth) { return cellstate_caches()->level2 / 8 / (depth > 0 ? depth : 1) / 12 * 12; }
  Blocks(Index M, Index d, Index N, bool) : depth((int)d) {
    const Index most = rowsOf(d);
    rows = (int)(most < 48 ? 48 : most > 384 ? 384 : most);
    if (rows > M) rows = (int)M;
    columns = (int)(N < 512 ? (N + PANEL - 1) / PANEL * PANEL : 512);
    packsRows = PACKS_ROWS && N >= 256 && M >= 2 * MOST_ROWS && M * d * 4 > cellstate_caches()->level1;
  }
};

/** Rows of a as the tiles of `product` take them: groups, each [depth][rows of the group]. */
static void packRows(float* out, const float* a, size_t aRow, size_t aK, int rows, int depth) {
  for (int row = 0, take; row < rows; row += take, out += (Index)take * depth) {
    take = groupOf(rows - row, MOST_ROWS);
    const float* from = a + row * aRow;
    if (aRow != 1) {
      transpose(out, take, from, (Index)aRow, take, depth);
      continue;
    }
    for (int k = 0; k < depth; k++, from += aK) {
      float* to = out + k * take;
      if (take >= 4) *(Four*)to = *(const Four*)from, *(Four*)(to + take - 4) = *(const Four*)(from + take - 4);
      for (int m = 0; m < take && take < 4; m++) to[m] = from[m];
    }
  }
}

/** A thread's rectangle of [M, N]: cut so that the largest is as small as can be. */
struct Rectangle {
  Index m0 = 0, m1, n0 = 0, n1;
  Rectangle(const Team& team, Index M, Index mGrain, Index N, Index nGrain) : m1(M), n1(N) {
    const auto part = [](Index n, Index grain, int count) { return ((n + grain - 1) / grain + count - 1) / count * grain; };
    int down = team.count;
    for (int d = team.count - 1; d > 0; d--) {
      if (team.count % d != 0) continue;
      const auto size = [&](int rows) { return part(M, mGrain, rows) * part(N, nGrain, team.count / rows); };
      if (size(d) < size(down)) down = d;
    }
    partOf(team.index % down, down, M, mGrain, &m0, &m1);
    partOf(team.index / down, team.count / down, N, nGrain, &n0, &n1);
  }
};

/** By the whole team, each thread its rectangle. `workspace`: Blocks::words of this thread. No barrier inside. */
static void multiply(const Team& team, const Multiplication& m, float* workspace) {
  const Blocks blocks(m.M, m.K, m.to - m.from < 32 ? m.N / 4 : m.N);
  const int panel = m.panel();
  const bool far = m.K * m.N * 4 > cellstate_caches()->level2 / 2;  // b
  const Rectangle part(team, m.M, MOST_ROWS, m.N, m.apart ? PANEL : panel);
  float *packedA = workspace, *packedB = packedA + blocks.rowWords(), *scratch = packedB + blocks.columnWords(m.packed);
  for (Index n = part.n0; n < part.n1; n += blocks.columns) {
    const Index end = n + blocks.columns < part.n1 ? n + blocks.columns : part.n1;
    Index k = 0;
    do {
      const int depth = (int)(m.K - k < blocks.depth ? m.K - k : blocks.depth);
      for (Index j = n; j < end && !m.packed; j += m.apart ? PANEL : end - n) {
        const Index from = m.wantedFrom(j), real = m.wantedTo(j, end) - from;
        packPanels(packedB + (from - n) * depth, m.bAt(k, from), m.transposed ? m.K : m.rowOf(j), depth, real, panel, m.transposed);
      }
      for (Index row = part.m0; row < part.m1; row += blocks.rows) {
        Product p;
        p.rows = (int)(part.m1 - row < blocks.rows ? part.m1 - row : blocks.rows);
        p.depth = depth;
        p.a = m.a + row * m.aRow + k * m.aK;
        p.aRow = m.aRow;
        p.aK = m.aK;
        if (PACKS_ROWS && blocks.packsRows) {
          packRows(packedA, p.a, p.aRow, p.aK, p.rows, depth);
          p.a = packedA;
          p.aRow = 1;
          p.aK = 0;
        }
        const auto strip = [&](Index j, int real) {
          p.width = (real + 15) / 16 * 16;
          float* out = m.cAt(row, j);
          const size_t outRow = (size_t)m.rowOf(j);
          float biasPart[PANEL];
          p.start = k > 0 ? Start::add : m.start;
          for (int i = 0; i < p.width && p.start == Start::bias; i++) biasPart[i] = i < real ? m.bias[j + i] : 0;
          p.bias = biasPart;
          p.b = m.packed ? m.bAt(0, j) + k * p.width : packedB + (j - n) * depth;
          if (far && p.rows >= 2 * MOST_ROWS) p.next = p.b + p.width * (m.packed ? m.K : (Index)depth);
          const bool whole = real == p.width;
          p.c = whole ? out : scratch;
          p.cRow = whole ? outRow : (size_t)PANEL;
          if (!whole && k > 0) copyRows(scratch, PANEL, out, outRow, p.rows, real);
          product(p);
          if (!whole) copyRows(out, outRow, scratch, PANEL, p.rows, real);
        };
        for (Index j = n; j < end; j += m.apart ? PANEL : end - n) {
          for (Index t = m.wantedFrom(j), to = m.wantedTo(j, end); t < to; t += panel) strip(t, (int)(to - t < panel ? to - t : panel));
        }
      }
      k += depth;
    } while (k < m.K);
  }
}

/** b into panels over its whole depth, by the whole team. */
static void packMatrix(const Team& team, float* packed, const Multiplication& m) {
  const int panel = m.panel();
  Index from, to;
  team.share((m.N + panel - 1) / panel, 1, &from, &to);
  if (to * panel < m.N) to *= panel;
  else to = m.N;
  for (Index j = from * panel; j < to; j += 512) {
    packPanels(packed + j * m.K, m.bAt(0, j), m.transposed ? m.K : m.N, m.K, to - j < 512 ? to - j : 512, panel, m.transposed);
  }
}

}  // namespace
