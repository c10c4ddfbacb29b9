// linear of numbers rounded to 8 bits. Weights come as whole numbers with their columns' factors, and rest packed in words; rows of x are rounded here.
#pragma once
#include "int8.h"
#include "tape.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

struct WholeLinear {
  Index M, K, N, columns;  // columns: N rounded up to 16
  const Slot *x, *w, *scale, *b;

  explicit WholeLinear(const Instruction& q) : x(&q.in[0]), w(&q.in[1]), scale(&q.in[2]), b(q.inputs > 3 && q.in[3].present() ? &q.in[3] : nullptr) {
    K = w->dim(0);
    N = w->dim(1);
    M = K > 0 ? x->size / K : 0;
    columns = (N + 15) / 16 * 16;
  }
  /** Words of the weights, then the columns' factors and what their sums begin with. */
  int64_t packedWords() const { return (int64_t)columns * (wholeRow(K) + 2); }
  /** Words of the rows, then their factors. */
  int64_t rowWords() const { return ((int64_t)M * (wholeRow(K) + 1) + 31) / 16 * 16; }
  /** Of one thread: a panel of weights before it is words, or a few rows of results beyond which there are no columns. */
  Index threadWords() const { return PANEL * (K > 32 ? K : 32); }
  int64_t workspaceWords(int threads) const { return rowWords() + threads * (int64_t)threadWords(); }
};

static __attribute__((noinline)) COMPACT void linearInt8(const Context& c, Instruction& q, const Team& team, bool packed) {
  const WholeLinear s(q);
  const Index row = wholeRow(s.K);
  float *panels = q.packed, *scale = panels + s.columns * row, *scratch = c.workspace + s.rowWords() + team.index * s.threadWords();
  int32_t *begin = (int32_t*)(scale + s.columns), *rows = (int32_t*)c.workspace;
  float* factors = c.workspace + s.M * row;
  Index from, to;
  if (!packed) {
    team.share(panelCount(s.N), 1, &from, &to);
    for (Index n = from; n < to; n++) {
      const Index j = n * PANEL;
      const int width = panelWidth(s.N, n), real = (int)(s.N - j < width ? s.N - j : width);
      packPanels(scratch, c.at(*s.w) + j, s.N, s.K, real, PANEL, false);
      roundColumns(panels + j * row, scratch, scale + j, begin + j, s.K, width, true);
      for (int i = 0; i < real; i++) scale[j + i] *= c.at(*s.scale)[j + i];
    }
  }
  team.share(s.M, 1, &from, &to);
  for (Index r = from; r < to; r++) factors[r] = roundRow(rows + r * row, c.at(*s.x) + r * s.K, s.K);
  team.meet();

  // Each thread its part of the columns, a few hundred rows at a time so that they stay near.
  const Index near = cellstate_caches()->level2 / 8 / row / 32 * 32 + 32;
  team.share(panelCount(s.N), 1, &from, &to);
  for (Index r0 = 0; r0 < s.M; r0 += near) {
    const Index r1 = s.M - r0 < near ? s.M : r0 + near;
    for (Index n = from; n < to; n++) {
      const Index j = n * PANEL;
      const int width = panelWidth(s.N, n), real = (int)(s.N - j < width ? s.N - j : width);
      float bias[PANEL];
      for (int i = 0; i < width; i++) bias[i] = s.b && i < real ? c.at(*s.b)[j + i] : 0;
      const bool whole = real == width;
      const Index most = whole ? r1 - r0 : 32;
      for (Index r = r0; r < r1; r += most) {
        float* out = c.at(q.out[0]) + r * s.N + j;
        WholeProduct p{rows + r * row, row, factors + r};
        p.b = panels + j * row;
        p.bRow = width;
        p.scale = scale + j;
        p.begin = begin + j;
        p.c = whole ? out : scratch;
        p.cRow = whole ? s.N : (Index)PANEL;
        p.start = bias;
        p.startRow = 0;
        p.rows = (int)(r1 - r < most ? r1 - r : most);
        p.width = width;
        p.depth = wholeWords(s.K);
#if CELLSTATE_TILES
        p.tiles = byTiles(s.K);
#endif
        product(p);
        if (!whole) copyRows(out, (size_t)s.N, scratch, PANEL, p.rows, real);
      }
    }
  }
#if CELLSTATE_TILES
  if (byTiles(s.K)) tileRelease();
#endif
}

}  // namespace
