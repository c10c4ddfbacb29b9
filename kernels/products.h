// matmul and linear: operands packed (once per change of the weights where they rest), then shared out as panels and bands.
#pragma once
#include "gemm.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

struct MatmulShape {
  Index batch, M, K, N;
  bool transposeA, transposeB;

  explicit MatmulShape(const Instruction& q) {
    const Slot &a = q.in[0], &b = q.in[1];
    const bool linear = q.op == OP_LINEAR;
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
    if (b.rank == 2 && !transposeA) {  // one b for all leading axes: they fold into M
      M *= batch;
      batch = 1;
    }
  }
  /** Of b [K, N], its columns rounded up to 16, and to whole lines. */
  int64_t packedWords() const { return ((int64_t)K * ((N + 15) / 16 * 16) + 31) / 16 * 16; }
  /** Whether there is a b for each product, and enough of them that each thread takes its own. */
  bool apart(const Instruction& q, int threads) const { return q.in[1].rank != 2 && batch >= 2 * threads; }
  static Index workspaceWords(int threads) { return (Index)threads * ROWS * PANEL; }
};

OP void matmul(const Context& c, Instruction& q, const Team& team, bool packed) {
  const MatmulShape s(q);
  const float *a = c.at(q.in[0]), *b = c.at(q.in[1]);
  const float* bias = q.op == OP_LINEAR && q.inputs > 2 ? c.at(q.in[2]) : nullptr;
  float* y = c.at(q.out[0]);
  float* scratch = c.workspace + (Index)team.index * ROWS * PANEL;
  const bool shared = q.in[1].rank == 2;
  if (s.apart(q, team.count) && q.packedWords >= s.packedWords() * team.count) {
    const Team alone{0, 1, nullptr};
    float* own = q.packed + team.index * s.packedWords();
    Index from, to;
    team.share(s.batch, 1, &from, &to);
    for (Index i = from; i < to; i++) {
      packMatrix(alone, own, b + i * s.K * s.N, s.K, s.N, s.transposeB);
      multiplyPacked(alone, y + i * s.M * s.N, a + i * s.M * s.K, s.transposeA ? 1 : s.K, s.transposeA ? s.M : 1, own, bias, s.M, s.K, s.N, scratch);
    }
    return;
  }
  for (Index i = 0; i < s.batch; i++) {
    if (!packed && (i == 0 || !shared)) {
      if (i > 0) team.meet();
      packMatrix(team, q.packed, b + (shared ? 0 : i * s.K * s.N), s.K, s.N, s.transposeB);
      team.meet();
    }
    multiplyPacked(team, y + i * s.M * s.N, a + i * s.M * s.K, s.transposeA ? 1 : s.K, s.transposeA ? s.M : 1, q.packed, bias, s.M, s.K, s.N, scratch);
  }
}

}  // namespace
