// Whether an instruction's slots and attributes fit together: a tape may come damaged (test/conformance/hostile-tape.test.ts).
#pragma once
#include "chain.h"
#include "ctc.h"
#include "elementwise.h"
#include "linear_int8.h"
#include "products.h"
#include "recurrent_ops.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

static bool has(const Instruction& q, int inputs, int outputs) {
  if (q.inputs < inputs || q.outputs < outputs) return false;
  for (int i = 0; i < inputs; i++) if (!q.in[i].present()) return false;
  for (int i = 0; i < outputs; i++) if (!q.out[i].present()) return false;
  return true;
}
static const char* const missing = "an argument is missing";
static const char* const wrong = "the shapes of an instruction do not fit";
/** Whether a size (below 2^40) is a product that 64 bits may not hold: in doubles, none that is larger equals it. */
static bool isProduct(int64_t size, double a, double b, double c = 1) { return size == a * b * c; }
static bool sized(const Slot& s, int64_t n) { return !s.present() || s.size == n; }
static bool spreads(const Slot& x, const Slot& y) {
  if (x.rank > y.rank) return false;
  for (int i = 0; i < x.rank; i++) {
    if (x.dims[i] != 1 && x.dims[i] != y.dims[y.rank - x.rank + i]) return false;
  }
  return true;
}
static const char* checkRecurrent(const Instruction& q) {
  const CellKind& k = *cellOf(q.op).kind;
  const bool back = isBack(q.op);
  const RecurrentInputs at(k, back);
  if (q.inputs < at.count(back) || q.attributes < (k.slots > 1 ? 5 : 4)) return missing;
  const Slot &x = q.in[at.x], &wx = q.in[at.wx], &wh = q.in[at.wh];
  if (!x.present() || !wx.present() || !wh.present() || x.rank != 3 || wh.rank != 2) return missing;
  const int64_t B = x.dims[0], T = x.dims[1], D = x.dims[2], H = wh.dims[0], N = k.gates * H, Hp = (H + 15) / 16 * 16;
  if (wh.dims[1] != N || wx.size != D * N) return wrong;
  const double rows = (double)B + T + 512;  // of a chunk, at most; each of them [x | h], four times under dropout
  if (B * T > 0x7fffffff || T > 1 << 24 || rows * 16 * (D + H + 32) > (double)(SIZE_MAX / 2)) return "a batch of sequences is too large";
  const Slot& b = q.in[at.b];
  if (b.present() && b.size != N && (b.size != 2 * N || b.rank != 2 || k.gates != 3)) return wrong;
  const int64_t saved = k.hasC ? T * B * 4 * Hp + 2 * (T + 1) * B * Hp : k.slots == 4 ? T * B * 4 * Hp + (T + 1) * B * Hp : 2 * (T + 1) * B * Hp;
  const int64_t state = B * H, all = state * T;
  const int precision = q.attribute[k.slots > 1 ? 4 : 3];
  if (precision < PLAIN || precision > BF16) return missing;
  const bool rounds = precision == INT8;  // to 8 bits: without dropout, and sums that f32 holds
  if (rounds && (D > EXACT_DEPTH || H > EXACT_DEPTH)) return wrong;
  bool ok = sized(q.in[at.h0], state) && (at.c0 < 0 || sized(q.in[at.c0], state)) && sized(q.in[at.mask], B * T) && sized(q.in[at.prefix], B);
  for (int which = 0; which < 2; which++) {
    const int i = which == 0 ? at.xDrop : at.hDrop;
    const Slot& m = q.in[i];
    if (!m.present()) continue;
    const bool isX = i == at.xDrop;
    ok = ok && !rounds && m.rank == 3 && (m.dims[0] == k.gates || (isX && m.dims[0] == 1)) && m.size == m.dims[0] * B * (isX ? D : H);
  }
  auto out = [&](int i, int64_t n) { return i >= q.outputs || sized(q.out[i], n); };
  auto least = [&](const Slot& s) { return !s.present() || s.size >= saved; };
  if (!back) {
    ok = ok && out(0, all) && out(1, state) && out(2, state) && (!k.hasC || out(3, state));
    const int i = k.hasC ? 4 : 3;
    ok = ok && (i >= q.outputs || least(q.out[i])) && q.outputs <= i + 1 + k.gates + k.hasC;
    for (int seen = i + 1; seen < q.outputs; seen++) ok = ok && out(seen, all);
  } else {
    ok = ok && q.in[at.saved].present() && least(q.in[at.saved]) && sized(q.in[0], all) && sized(q.in[1], state) && sized(q.in[2], state);
    ok = ok && (!k.hasC || sized(q.in[3], state)) && out(0, B * T * D) && out(1, D * N) && out(2, H * N) && out(3, b.present() ? b.size : N);
    ok = ok && out(4, state) && (!k.hasC || out(5, state));
  }
  return ok ? nullptr : wrong;
}

/** Whether a list of n numbers stands at `from` among the attributes. */
static bool listAt(const Instruction& q, int from, int n) { return q.attributes > from && q.attribute[from] == n && q.attributes - from - 1 >= n; }

static const char* checkUnary(const Instruction& q) {
  if (!has(q, 1, 1) || (q.op == OP_UNARY && (q.attributes < 1 || q.attribute[0] < 0 || q.attribute[0] >= UNARY_KERNELS))) return missing;
  return q.in[0].size == q.out[0].size ? nullptr : wrong;
}

static const char* checkBinary(const Instruction& q) {
  if (!has(q, 2, 1) || q.attributes < 1 || q.attribute[0] < ADD || q.attribute[0] > GREATER_EQUAL) return missing;
  return spreads(q.in[0], q.out[0]) && spreads(q.in[1], q.out[0]) && q.in[0].integer == q.in[1].integer ? nullptr : wrong;
}

static const char* checkWhere(const Instruction& q) {
  if (!has(q, 3, 1)) return missing;
  return spreads(q.in[0], q.out[0]) && spreads(q.in[1], q.out[0]) && spreads(q.in[2], q.out[0]) ? nullptr : wrong;
}

static const char* checkFill(const Instruction& q) {
  return has(q, 0, 1) && q.attributes >= 1 ? nullptr : missing;
}

static const char* checkReduce(const Instruction& q) {
  if (!has(q, 1, 1) || q.attributes < 3 || q.attribute[1] < 0 || q.attributes - 3 < q.attribute[1]) return missing;
  int64_t kept = 1;
  bool gone[MAX_RANK] = {false};
  for (int i = 0; i < q.attribute[1]; i++) {
    if (q.attribute[2 + i] < 0 || q.attribute[2 + i] >= q.in[0].rank) return wrong;
    gone[q.attribute[2 + i]] = true;
  }
  for (int i = 0; i < q.in[0].rank; i++) kept *= gone[i] ? 1 : q.in[0].dims[i];
  return kept == q.out[0].size ? nullptr : wrong;
}

static const char* checkArgmax(const Instruction& q) {
  if (!has(q, 1, 1)) return missing;
  const Slot &wide = q.op == OP_ARGMAX ? q.in[0] : q.out[0], &narrow = q.op == OP_ARGMAX ? q.out[0] : q.in[0];
  return wide.rank > 0 && isProduct(wide.size, narrow.size, wide.dim(-1)) ? nullptr : wrong;
}

static const char* checkSlice(const Instruction& q) {
  if (!has(q, 1, 1)) return missing;
  const Slot &box = q.op == OP_SLICE ? q.out[0] : q.in[0], &whole = q.op == OP_SLICE ? q.in[0] : q.out[0];
  if (!listAt(q, 0, box.rank) || box.rank != whole.rank) return wrong;
  for (int i = 0; i < box.rank; i++) {
    if (q.attribute[1 + i] < 0 || q.attribute[1 + i] > whole.dims[i] - box.dims[i]) return wrong;
  }
  return nullptr;
}

static const char* checkConcat(const Instruction& q) {
  if (q.inputs < 1 || !has(q, q.inputs, 1) || q.attributes < 1) return missing;
  const int axis = q.attribute[0];
  if (axis < 0 || axis >= q.out[0].rank) return wrong;
  int64_t along = 0;
  for (int k = 0; k < q.inputs; k++) {
    if (q.in[k].rank != q.out[0].rank) return wrong;
    for (int i = 0; i < q.out[0].rank; i++) if (i != axis && q.in[k].dims[i] != q.out[0].dims[i]) return wrong;
    along += q.in[k].dims[axis];
  }
  return along == q.out[0].dims[axis] ? nullptr : wrong;
}

static const char* checkTranspose(const Instruction& q) {
  if (!has(q, 1, 1)) return missing;
  if (!listAt(q, 0, q.in[0].rank) || q.out[0].rank != q.in[0].rank) return wrong;
  for (int i = 0; i < q.in[0].rank; i++) {
    const int a = q.attribute[1 + i];
    if (a < 0 || a >= q.in[0].rank || q.out[0].dims[i] != q.in[0].dims[a]) return wrong;
  }
  return q.in[0].size == q.out[0].size ? nullptr : wrong;
}

static const char* checkReverse(const Instruction& q) {
  if (!has(q, 1, 1) || q.attributes < 1) return missing;
  for (int i = 0; i < q.in[0].rank; i++) if (q.out[0].rank != q.in[0].rank || q.in[0].dims[i] != q.out[0].dims[i]) return wrong;
  return q.attribute[0] >= 0 && q.attribute[0] < q.in[0].rank ? nullptr : wrong;
}

static const char* checkBroadcast(const Instruction& q) {
  return !has(q, 1, 1) ? missing : spreads(q.in[0], q.out[0]) ? nullptr : wrong;
}

static const char* checkGather(const Instruction& q) {
  if (!has(q, 2, 1)) return missing;
  const Slot& t = q.in[0];
  return q.in[1].integer && t.rank > 0 && (t.dims[0] == 0 ? q.out[0].size == 0 : isProduct(q.out[0].size, q.in[1].size, t.size / t.dims[0])) ? nullptr : wrong;
}

static const char* checkGatherBack(const Instruction& q) {
  if (!has(q, 2, 1) || q.attributes < 1 || q.attribute[0] < 0 || q.attribute[0] > 2) return missing;
  const Slot& t = q.out[0];
  if (q.inputs > 2 && q.in[2].present() && (!q.in[2].integer || q.in[0].rank < 2 || q.in[2].size != q.in[0].dims[0])) return wrong;
  return q.in[0].integer && t.rank > 0 && (t.dims[0] == 0 || isProduct(q.in[1].size, q.in[0].size, t.size / t.dims[0])) ? nullptr : wrong;
}

static const char* checkMatmul(const Instruction& q) {
  if (!has(q, 2, 1) || (q.op == OP_MATMUL && q.attributes < 2)) return missing;
  const int precision = precisionOf(q);
  if (precision != PLAIN && precision != BF16) return missing;
  if (q.in[0].rank < (q.op == OP_MATMUL ? 2 : 1) || q.in[1].rank < 2 || (q.op == OP_LINEAR && q.in[1].rank != 2)) return wrong;
  const MatmulShape s(q);
  const int64_t batches = q.in[1].rank == 2 ? 1 : s.batch;
  const double rows = (double)s.batch * s.M;
  if (!isProduct(q.in[0].size, rows, s.K) || !isProduct(q.in[1].size, batches, s.K, s.N) || !isProduct(q.out[0].size, rows, s.N)) return wrong;
  return q.op == OP_LINEAR && q.inputs > 2 && !sized(q.in[2], s.N) ? wrong : nullptr;
}

static const char* checkLinearInt8(const Instruction& q) {
  if (!has(q, 3, 1)) return missing;
  if (q.in[0].rank < 1 || q.in[1].rank != 2) return wrong;
  const WholeLinear s(q);
  if (s.K < 1 || s.K > EXACT_DEPTH || (double)s.M * (s.K + 32) > (double)(SIZE_MAX / 16)) return wrong;
  if (!isProduct(q.in[0].size, s.M, s.K) || !isProduct(q.in[1].size, s.K, s.N) || !isProduct(q.out[0].size, s.M, s.N) || q.in[2].size != s.N) return wrong;
  return s.b && !sized(*s.b, s.N) ? wrong : nullptr;
}

static const char* checkSoftmax(const Instruction& q) {
  return !has(q, 1, 1) ? missing : q.in[0].rank > 0 && q.in[0].size == q.out[0].size ? nullptr : wrong;
}

static const char* checkSoftmaxBack(const Instruction& q) {
  if (!has(q, 2, 1)) return missing;
  return q.in[0].size == q.out[0].size && q.in[1].size == q.out[0].size && (q.op != OP_SOFTMAX_BACK || q.in[0].rank > 0) ? nullptr : wrong;
}

static const char* checkSoftmaxCrossEntropy(const Instruction& q) {
  const bool back = q.inputs > 2;
  if (!has(q, back ? 3 : 2, 1)) return missing;
  const Slot& x = q.in[0];
  const bool sparse = q.in[1].integer;
  const int64_t rows = x.rank > 0 && x.dim(-1) > 0 ? x.size / x.dim(-1) : 0;
  return x.rank > 0 && q.in[1].size == (sparse ? rows : x.size) && q.out[0].size == (back ? x.size : rows) &&
                 (!back || q.in[2].size == rows)
             ? nullptr : wrong;
}

static const char* checkRandom(const Instruction& q) {
  return has(q, 0, 1) && q.attributes >= 3 ? nullptr : missing;
}

static const char* checkScan(const Instruction& q) {
  if (q.attributes < 4 || q.attribute[0] < 0 || q.attribute[1] < 0 || q.attribute[3] < 0 || q.attribute[3] > 1 << 24) return missing;
  return q.attribute[0] <= q.outputs && q.attribute[0] + (int64_t)q.attribute[1] <= q.inputs && has(q, q.attribute[0] + q.attribute[1], 0) ? nullptr : missing;
}

static const char* checkAdam(const Instruction& q) {
  if (!has(q, 3, 3) || q.attributes < 5) return missing;
  if (q.inputs < 4 || (q.in[3].present() && (q.in[3].integer || q.in[3].size != q.out[0].size))) return wrong;
  return q.in[0].size == q.out[0].size && q.out[1].size == q.out[0].size && q.out[2].size == q.out[0].size && q.in[1].size >= 1 && q.in[2].size >= 1 ? nullptr : wrong;
}

static const char* checkSgd(const Instruction& q) {
  if (!has(q, 2, 1) || q.attributes < 2) return missing;
  return q.in[0].size == q.out[0].size && q.in[1].size >= 1 && (q.outputs < 2 || sized(q.out[1], q.out[0].size)) ? nullptr : wrong;
}

static const char* checkClipByGlobalNorm(const Instruction& q) {
  if (!has(q, 1, 1) || q.attributes < 1) return missing;
  return q.in[0].size == q.out[0].size ? nullptr : wrong;
}

#if CELLSTATE_CHAINS
static const char* checkCtc(const Instruction& q) {
  if (!has(q, 2, 0) || q.outputs < 1 || q.attributes < 1) return missing;
  const Slot &x = q.in[0], &labels = q.in[1];
  if (x.rank != 3 || labels.rank != 2 || !labels.integer || labels.dims[0] != x.dims[0]) return wrong;
  if (q.attribute[0] < 0 || q.attribute[0] >= x.dims[2]) return wrong;
  if (((double)x.dims[1] + 6) * (2.0 * labels.dims[1] + 64) * 512 > (double)(SIZE_MAX / 8)) return "a batch of sequences is too large";
  return sized(q.out[0], x.dims[0]) && (q.outputs < 2 || sized(q.out[1], x.size)) && (q.inputs < 3 || sized(q.in[2], x.dims[0] * x.dims[1])) ? nullptr : wrong;
}

static const char* checkChain(const Instruction& q) {
  const int64_t words = q.attributes > 0 ? q.attribute[0] : 0, steps = words / CODE;
  if (steps < 1 || words % CODE != 0 || steps > MOST_STEPS || q.inputs < 1 || q.inputs > MOST_INPUTS || q.outputs < 1) return missing;
  if (q.attributes < words + 2 + q.outputs || q.attribute[words + 1] != q.outputs || !has(q, q.inputs, q.outputs)) return missing;
  for (int k = 0; k < q.inputs; k++) if (q.in[k].integer || (q.in[k].size != 1 && q.in[k].size != q.out[0].size)) return wrong;
  for (int k = 0; k < q.outputs; k++) {
    const int result = q.attribute[words + 2 + k];
    if (q.out[k].integer || q.out[k].size != q.out[0].size || result < 0 || result >= steps) return wrong;
  }
  for (int s = 0; s < steps; s++) {
    const int32_t* step = q.attribute + 1 + s * CODE;
    if (step[0] < 0 || step[0] > WHERE_CODE) return missing;
    for (int k = 1; k < CODE; k++) if (step[k] < 0 || step[k] >= q.inputs + s) return missing;
  }
  return nullptr;
}

#endif

static const char* checkCommonPrefix(const Instruction& q) {
  if (!has(q, 1, 1)) return missing;
  return q.in[0].integer && q.in[0].rank == 2 && q.out[0].size == q.in[0].dims[0] ? nullptr : wrong;
}

static const char* checkClipByNorm(const Instruction& q) {
  if (!has(q, 1, 1) || q.attributes < 3 || q.in[0].size != q.out[0].size) return missing;
  const int64_t n = q.attribute[1];
  if (n < 0 || q.attributes < 3 + 2 * n || q.attribute[2 + n] != n) return wrong;
  for (int64_t i = 0; i < n; i++) {
    const int64_t from = q.attribute[2 + i], size = q.attribute[3 + n + i];
    if (from < 0 || size < 0 || from + size > q.in[0].size) return wrong;
  }
  return nullptr;
}

/** What must be present and fit together, beyond what every slot must. Null when all is well. */
static const char* check(const Instruction& q) {
#define CHECK_ONE(NAME, RUN, CHECK) \
  case OP_##NAME: return CHECK(q);
#define CHECK_CELL(NAME, CELL) \
  case OP_##NAME:              \
  case OP_##NAME##_BACK: return checkRecurrent(q);
  switch (q.op) { OPS(CHECK_ONE, CHECK_CELL) }
  return missing;  // reader.h has refused other opcodes
}

}  // namespace
