// matmul and linear. A second operand that rests is packed once per change of it; others piece by piece, on the way.
#pragma once
#include "multiply.h"
#include "tape.h"
#include "tile_product.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

INLINE int precisionOf(const Instruction& q) {
  const int at = q.op == OP_MATMUL ? 2 : 0;
  return q.attributes > at ? q.attribute[at] : PLAIN;
}

#if CELLSTATE_TILES
/** A product of two operands as they lie by tiles, piece after piece of the depth: a piece of a, then of b panel by panel, becomes words. */
struct TilePieces {
  Index M, K, N;
  TilePieces(Index m, Index k, Index n) { M = m, K = k, N = n; }

  static constexpr Index DEPTH = 1024;
  Index depth() const { return K < DEPTH ? K : DEPTH; }
  /** Distance of rows of a's words: an odd number of lines, so that rows do not compete for the same cache sets. */
  Index row() const { return (tileWords(depth()) / 16 | 1) * 16; }
  Index rowWords() const { return M * row(); }
  /** Of one thread: a panel of b, columns on their way to rows, rows of c beyond which there are no columns. */
  Index threadWords() const { return tileWords(depth()) * (PANEL + 16) + 32 * PANEL; }
  /** `apart`: each thread has products of its own. */
  int64_t workspaceWords(bool apart, int threads) const { return (int64_t)(apart ? threads : 1) * rowWords() + (int64_t)threads * threadWords(); }

  __attribute__((noinline)) COMPACT void multiply(const Team& team, const Multiplication& m, float* rows, float* own) const {
    float *panel = own, *columns = panel + tileWords(depth()) * PANEL, *scratch = columns + tileWords(depth()) * 16;
    const Rectangle part(team, M, 32, N, PANEL);
    for (Index k = 0; k < K; k += DEPTH) {
      const Index some = K - k < DEPTH ? K - k : DEPTH;
      Index from, to;
      if (m.aK == 1) {
        team.share(M, 1, &from, &to);
        for (Index r = from; r < to; r++) tileRow(rows + r * row(), m.a + r * m.aRow + k, some);
      } else {
        team.share(M, 16, &from, &to);
        for (Index r = from; r < to; r += 16) tileColumns(rows + r * row(), row(), m.a + k * m.aK + r, m.aK, some, (int)(to - r < 16 ? to - r : 16), columns);
      }
      team.meet();
      for (Index n = part.n0; n < part.n1; n += PANEL) {
        const int width = panelWidth(N - n, 0), real = (int)(N - n < width ? N - n : width);
        if (m.transposed) tilePieceTransposed(panel, m.b + n * K + k, K, some, real, width, columns);
        else tilePiece(panel, m.b + k * N + n, N, some, real, width);
        const bool whole = real == width;
        const Index most = whole ? part.m1 - part.m0 : 32;
        for (Index r = part.m0; r < part.m1; r += most) {
          const int height = (int)(part.m1 - r < most ? part.m1 - r : most);
          float *out = m.c + r * N + n, *c = whole ? out : scratch;
          const Index cRow = whole ? N : PANEL;
          if (!whole && k > 0) copyRows(scratch, PANEL, out, (size_t)N, height, real);
          tileProduct({rows + r * row(), row(), panel, width, c, cRow, k > 0 ? c : zeros, k > 0 ? cRow : 0, height, width, tileWords(some)});
          if (!whole) copyRows(out, (size_t)N, scratch, PANEL, height, real);
        }
      }
      team.meet();
    }
  }
};
#endif

struct MatmulShape {
  Index batch, M, K, N;
  bool rounds;  // both operands, to bfloat16
  bool transposeA, transposeB, linear, shared;  // shared: one b for all of the batch

  explicit MatmulShape(const Instruction& q) {
    const Slot &a = q.in[0], &b = q.in[1];
    linear = q.op == OP_LINEAR;
    rounds = precisionOf(q) == BF16;
    shared = b.rank == 2;
    transposeA = !linear && q.attribute[0];
    transposeB = !linear && q.attribute[1];
    N = transposeB ? b.dim(-2) : b.dim(-1);
    K = transposeB ? b.dim(-1) : b.dim(-2);
    batch = 1;
    if (linear) {
      M = K > 0 ? a.size / K : (q.out[0].size / (N > 0 ? N : 1));
      return;
    }
    M = transposeA ? a.dim(-1) : a.dim(-2);
    for (int i = 0; i + 2 < a.rank; i++) batch *= a.dims[i];
    if (shared && !transposeA) {  // one b for all leading axes: they fold into M
      M *= batch;
      batch = 1;
    }
  }
  /** Whether b is packed as a whole and kept: weights, unless so many rows pass over them that packing costs little beside. */
  bool keeps(const Instruction& q) const { return linear || (shared && q.in[1].region == WEIGHTS && M * batch < 256); }
  /** Of b [K, N], its columns rounded up to 16, and to whole lines. */
  int64_t packedWords(const Instruction& q) const { return keeps(q) ? ((int64_t)K * ((N + 15) / 16 * 16) + 31) / 16 * 16 : 0; }
  /** Of one thread. */
  Index threadWords(const Instruction& q) const { return (Blocks(M, K, N).words(keeps(q)) + 31) / 16 * 16; }
  /** Of a rounded copy of an operand; of the second none where it is packed and rounded there. */
  static int64_t copyOf(const Slot& s) { return (s.size + 31) / 16 * 16; }
  int64_t roundedWords(const Instruction& q) const { return rounds ? copyOf(q.in[0]) + (keeps(q) ? 0 : copyOf(q.in[1])) : 0; }
  int64_t workspaceWords(const Instruction& q, int threads) const {
    const int64_t words = roundedWords(q) + threads * threadWords(q);
#if CELLSTATE_TILES
    if (!rounds) return words;
    const int64_t tiles = TilePieces(M, K, N).workspaceWords(batch >= 2 * threads, threads);
    if (tiles > words) return tiles;
#endif
    return words;
  }
};

#if CELLSTATE_TILES
/** linear by tiles: `rows` of words of two, b packed in panels of `panel` columns. Each thread takes panels. */
static void linearByTiles(const Team& team, const MatmulShape& s, int panel, const float* rows, const float* packed, const float* bias, float* c, float* scratch) {
  const Index words = tileWords(s.K);
  Index from, to;
  team.share((s.N + panel - 1) / panel, 1, &from, &to);
  for (Index n = from; n < to; n++) {
    const Index j = n * panel;
    const int real = (int)(s.N - j < panel ? s.N - j : panel), width = (real + 15) / 16 * 16;
    float begin[PANEL];
    for (int i = 0; i < width; i++) begin[i] = bias && i < real ? bias[j + i] : 0;
    for (Index row = 0; row < s.M; row += 32) {
      const int some = (int)(s.M - row < 32 ? s.M - row : 32);
      const bool whole = real == width;
      float* out = c + row * s.N + j;
      tileProduct({rows + row * words, words, packed + j * s.K, width, whole ? out : scratch, whole ? s.N : (Index)PANEL, begin, 0, some, width, words});
      if (!whole) copyRows(out, (size_t)s.N, scratch, PANEL, some, real);
    }
  }
  tileRelease();
}
#endif

#if CELLSTATE_TILES
static void batchByTiles(const Context& c, const Team& team, const MatmulShape& s, const Multiplication& m) {
  const TilePieces pieces(s.M, s.K, s.N);
  const bool apart = s.batch >= 2 * team.count;  // enough products that each thread takes its own
  float* own = c.workspace + (apart ? team.count : 1) * pieces.rowWords() + team.index * pieces.threadWords();
  Index from = 0, to = s.batch;
  if (apart) team.share(s.batch, 1, &from, &to);
  const Team alone{0, 1, nullptr};
  for (Index i = from; i < to; i++) {
    Multiplication one = m;
    one.a += i * s.M * s.K;
    one.c += i * s.M * s.N;
    if (!s.shared) one.b += i * s.K * s.N;
    pieces.multiply(apart ? alone : team, one, c.workspace + (apart ? team.index : 0) * pieces.rowWords(), own);
  }
  tileRelease();
}
#endif

OP void matmul(const Context& c, Instruction& q, const Team& team, bool packed) {
  const MatmulShape s(q);
  float* workspace = c.workspace + s.roundedWords(q) + team.index * s.threadWords(q);
  Multiplication m;
  m.a = c.at(q.in[0]);
  m.aRow = s.transposeA ? 1 : s.K;
  m.aK = s.transposeA ? s.M : 1;
  m.b = c.at(q.in[1]);
  m.c = c.at(q.out[0]);
  m.bias = s.linear && q.inputs > 2 ? c.at(q.in[2]) : nullptr;
  m.start = m.bias ? Start::bias : Start::zero;
  m.transposed = s.transposeB;
  m.M = s.M, m.K = s.K, m.N = s.N;
#if CELLSTATE_TILES
  const bool byTiles = c.tiles && s.rounds && s.K >= 16, tiles = byTiles && s.linear;
  if (byTiles && !s.linear) return batchByTiles(c, team, s, m);
#endif
  if (s.keeps(q)) {
    if (!packed) {
      packMatrix(team, q.packed, m);
      team.meet();
      if (s.rounds) roundShare(team, q.packed, q.packed, s.packedWords(q));
#if CELLSTATE_TILES
      if (tiles) {
        team.meet();
        const int panel = m.panel();
        Index from, to;
        team.share((s.N + panel - 1) / panel, 1, &from, &to);
        for (Index n = from; n < to; n++) tilePanel(q.packed + n * panel * s.K, q.packed + n * panel * s.K, s.K, panelWidth(s.N - n * panel, 0));
      }
#endif
    }
    m.packed = true;
    m.b = q.packed;
  }
#if CELLSTATE_TILES
  if (tiles) {
    Index from, to;
    team.share(s.M, 1, &from, &to);
    for (Index r = from; r < to; r++) tileRow(c.workspace + r * tileWords(s.K), m.a + r * s.K, s.K);
    team.meet();
    return linearByTiles(team, s, m.panel(), c.workspace, q.packed, m.bias, m.c, workspace);
  }
#endif
  if (s.rounds) {
    roundShare(team, c.workspace, m.a, q.in[0].size);
    m.a = c.workspace;
    if (!m.packed) {
      float* copy = c.workspace + s.copyOf(q.in[0]);
      roundShare(team, copy, m.b, q.in[1].size);
      m.b = copy;
    }
    team.meet();
  }
  const bool apart = s.batch >= 2 * team.count;  // enough products that each thread takes its own
  Index from = 0, to = s.batch;
  if (apart) team.share(s.batch, 1, &from, &to);
  const Team alone{0, 1, nullptr};
  for (Index i = from; i < to; i++) {
    Multiplication one = m;
    one.a += i * s.M * s.K;
    one.c += i * s.M * s.N;
    if (!s.shared) one.b += i * s.K * s.N;
    multiply(apart ? alone : team, one, workspace);
  }
}

}  // namespace
