// Reads a tape, checks it, and runs it: K steps in one call, every instruction by all members of the team.
// This file is compiled once for each instruction set; CELLSTATE_NAMESPACE names the copy.
#include "engine.h"

#include "elementwise.h"
#include "moves.h"
#include "optimizer.h"
#include "peak.h"
#include "products.h"
#include "random.h"
#include "recurrent_ops.h"
#include "reduce.h"
#include "softmax.h"

namespace CELLSTATE_NAMESPACE {

struct Executable {
  int32_t* tape = nullptr;
  char* nodes = nullptr;  // slots and instructions
  Memory* regions[REGIONS] = {nullptr};
  bool owned[REGIONS] = {false};
  Instruction* instructions = nullptr;
  int count = 0;
  int64_t feedWords = 0, spareWords = 0;
  float* spare = nullptr;
  float* packed = nullptr;
  double flops = 0;
  int threads = 1;
  Settings settings;
  // a light step: ns it took, as usual, with the team and alone; runs until the slower way is tried again, and how many that is
  double took[2] = {0, 0};
  uint32_t untilTry = 0, patience = 0;
  // the run in progress
  uint32_t firstStep = 0, times = 0, seed = 0;
};

// Reading ------------------------------------------------------------------------------------------------------------
struct Reader {
  const int32_t* tape;
  int64_t words, at = 0;
  char *nodes, *nodesEnd;
  Executable* executable;
  const char* problem = nullptr;

  bool fail(const char* what) {
    if (!problem) problem = what;
    return false;
  }
  int32_t word() {
    if (at >= words) {
      fail("it ends too early");
      return 0;
    }
    return tape[at++];
  }
  int size(int most) {
    const int32_t n = word();
    if (n < 0 || n > most) {
      fail("a count is out of range");
      return 0;
    }
    return n;
  }
  template <class T>
  T* make(int64_t n) {
    char* p = nodes;
    const int64_t bytes = (n * (int64_t)sizeof(T) + 15) / 16 * 16;
    if (n < 0 || bytes > nodesEnd - nodes) {
      fail("a count is out of range");
      return nullptr;
    }
    nodes += bytes;
    T* list = (T*)p;
    for (int64_t i = 0; i < n; i++) list[i] = T();
    return list;
  }
  bool slots(Slot* list, int n) {
    for (int i = 0; i < n && !problem; i++) {
      Slot& s = list[i];
      s.region = word();
      const uint32_t lo = (uint32_t)word();
      s.offset = (int64_t)((uint64_t)(uint32_t)word() << 32 | lo);
      s.integer = word() != 0;
      s.rank = size(MAX_RANK);
      s.size = 1;
      int64_t extent = 1;  // the size with 1 for 0, so that no product of some of the dimensions overflows
      for (int k = 0; k < s.rank; k++) {
        s.dims[k] = word();
        if (s.dims[k] < 0) return fail("a dimension is negative");
        if (s.dims[k] > 0 && extent > ((int64_t)1 << 40) / s.dims[k]) return fail("a tensor is too large");
        if (s.dims[k] > 0) extent *= s.dims[k];
        s.size *= s.dims[k];
      }
      if (s.region < -1 || s.region >= REGIONS) return fail("a region does not exist");
      if (s.region < 0) continue;
      const int64_t words = s.region == FEED ? executable->feedWords : executable->regions[s.region] ? executable->regions[s.region]->words : 0;
      if (s.offset < 0 || s.offset > words || s.size > words - s.offset) return fail("a tensor lies outside its region");
    }
    return !problem;
  }
  Instruction* list(int n);
  bool instruction(Instruction& q);
};

/** What must be present and fit together, beyond what every slot must. Null when all is well. */
static const char* check(const Instruction& q);

Instruction* Reader::list(int n) {
  Instruction* instructions = make<Instruction>(n);
  for (int i = 0; i < n && !problem; i++) instruction(instructions[i]);
  return instructions;
}

bool Reader::instruction(Instruction& q) {
  const int64_t start = at;
  q.op = word();
  const int64_t length = word();
  q.inputs = size(1 << 16);
  q.outputs = size(64);
  q.attributes = size(1 << 24);
  if (q.op < 0 || q.op >= OP_COUNT) return fail("an op does not exist");
  q.in = make<Slot>(q.inputs);
  q.out = make<Slot>(q.outputs);
  if (problem || !slots(q.in, q.inputs) || !slots(q.out, q.outputs)) return false;
  if (q.attributes > words - at) return fail("it ends too early");
  q.attribute = tape + at;
  at += q.attributes;
  if (const char* what = check(q)) return fail(what);
  if (q.op == OP_SCAN) {
    Body* b = make<Body>(1);
    if (problem) return false;
    b->carries = q.attribute[0];
    b->sequences = q.attribute[1];
    b->results = q.outputs - b->carries;
    b->carry = make<Slot>(b->carries);
    b->next = make<Slot>(b->carries);
    b->slice = make<Slot>(b->sequences);
    b->result = make<Slot>(b->results);
    if (problem || !slots(b->carry, b->carries) || !slots(b->next, b->carries) || !slots(b->slice, b->sequences) || !slots(b->result, b->results)) return false;
    const int64_t length = q.attribute[3];
    for (int i = 0; i < b->carries; i++) {
      if (!b->carry[i].present() || !b->next[i].present()) return fail("a slot of a scan is missing");
      if (b->carry[i].size != b->next[i].size || b->carry[i].size != q.in[i].size) return fail("a carry of a scan changes its size");
      if (q.out[i].present() && q.out[i].size != b->carry[i].size) return fail("a carry of a scan changes its size");
    }
    for (int i = 0; i < b->sequences; i++) {
      const Slot& x = q.in[b->carries + i];
      if (!b->slice[i].present()) return fail("a slot of a scan is missing");
      if (x.rank < 2 || x.dims[1] != length || b->slice[i].size * length != x.size) return fail("a sequence of a scan has another length");
    }
    for (int i = 0; i < b->results; i++) {
      const Slot& y = q.out[b->carries + i];
      if (y.present() && (!b->result[i].present() || y.rank < 2 || y.dims[1] != length || b->result[i].size * length != y.size)) return fail("a result of a scan has another length");
    }
    b->count = size(1 << 20);
    b->instructions = list(b->count);
    q.body = b;
  }
  if (length != at - start) return fail("an instruction has another length than it says");
  return !problem;
}

static bool has(const Instruction& q, int inputs, int outputs) {
  if (q.inputs < inputs || q.outputs < outputs) return false;
  for (int i = 0; i < inputs; i++) if (!q.in[i].present()) return false;
  for (int i = 0; i < outputs; i++) if (!q.out[i].present()) return false;
  return true;
}
static bool sized(const Slot& s, int64_t n) { return !s.present() || s.size == n; }
static bool spreads(const Slot& x, const Slot& y) {
  if (x.rank > y.rank) return false;
  for (int i = 0; i < x.rank; i++) {
    if (x.dims[i] != 1 && x.dims[i] != y.dims[y.rank - x.rank + i]) return false;
  }
  return true;
}
static const char* checkRecurrent(const Instruction& q) {
  const RecurrentKind k = kindOf(q.op);
  const RecurrentInputs at(k);
  if (q.inputs < at.count(k) || q.attributes < (k.slots > 1 ? 4 : 3)) return "a recurrent op lacks arguments";
  const Slot &x = q.in[at.x], &wx = q.in[at.wx], &wh = q.in[at.wh];
  if (!x.present() || !wx.present() || !wh.present() || x.rank != 3 || wh.rank != 2) return "a recurrent op lacks x or weights";
  const int64_t B = x.dims[0], T = x.dims[1], D = x.dims[2], H = wh.dims[0], N = k.gates * H, Hp = (H + 15) / 16 * 16;
  if (wh.dims[1] != N || wx.size != D * N) return "the weights of a recurrent op do not fit";
  const double rows = (double)B + T + 512;  // of a chunk, at most; each of them [x | h], four times under dropout
  if (B * T > 0x7fffffff || T > 1 << 24 || rows * 16 * (D + H + 32) > (double)(SIZE_MAX / 2)) return "a batch of sequences is too large";
  const Slot& b = q.in[at.b];
  if (b.present() && b.size != N && b.size != 2 * N) return "the bias of a recurrent op does not fit";
  if (b.present() && b.size == 2 * N && (b.rank != 2 || k.gates != 3)) return "the bias of a recurrent op does not fit";
  const int64_t saved = k.hasC ? T * B * 4 * Hp + 2 * (T + 1) * B * Hp : k.slots == 4 ? T * B * 4 * Hp + (T + 1) * B * Hp : 2 * (T + 1) * B * Hp;
  const int64_t state = B * H, all = state * T;
  bool ok = sized(q.in[at.h0], state) && (at.c0 < 0 || sized(q.in[at.c0], state)) && sized(q.in[at.mask], B * T) && sized(q.in[at.prefix], B);
  for (int which = 0; which < 2; which++) {
    const int i = which == 0 ? at.xDrop : at.hDrop;
    const Slot& m = q.in[i];
    if (!m.present()) continue;
    const bool isX = i == at.xDrop;
    ok = ok && m.rank == 3 && m.size == m.dims[0] * B * (isX ? D : H) && (m.dims[0] == k.gates || (isX && m.dims[0] == 1));
  }
  auto out = [&](int i, int64_t n) { return i >= q.outputs || sized(q.out[i], n); };
  auto least = [&](const Slot& s) { return !s.present() || s.size >= saved; };
  if (!k.back) {
    ok = ok && out(0, all) && out(1, state) && out(2, state) && (!k.hasC || out(3, state));
    const int i = k.hasC ? 4 : 3;
    ok = ok && (i >= q.outputs || least(q.out[i]));
  } else {
    ok = ok && q.in[at.saved].present() && least(q.in[at.saved]) && sized(q.in[0], all) && sized(q.in[1], state) && sized(q.in[2], state);
    ok = ok && (!k.hasC || sized(q.in[3], state)) && out(0, B * T * D) && out(1, D * N) && out(2, H * N) && out(3, b.present() ? b.size : N);
    ok = ok && out(4, state) && (!k.hasC || out(5, state));
  }
  return ok ? nullptr : "the arguments of a recurrent op do not fit";
}

static const char* check(const Instruction& q) {
  const char* missing = "an argument is missing";
  const char* wrong = "the shapes of an instruction do not fit";
  const auto list = [&](int from, int n) { return q.attributes > from && q.attribute[from] == n && q.attributes - from - 1 >= n; };
  if (isRecurrent(q.op)) return checkRecurrent(q);
  switch (q.op) {
    case OP_UNARY:
    case OP_CAST:
    case OP_COPY:
    case OP_ASSIGN:
    case OP_ACCUMULATE:
      if (!has(q, 1, 1) || (q.op == OP_UNARY && (q.attributes < 1 || q.attribute[0] < NEG || q.attribute[0] > ROUND))) return missing;
      return q.in[0].size == q.out[0].size ? nullptr : wrong;
    case OP_BINARY:
      if (!has(q, 2, 1) || q.attributes < 1 || q.attribute[0] < ADD || q.attribute[0] > GREATER_EQUAL) return missing;
      return spreads(q.in[0], q.out[0]) && spreads(q.in[1], q.out[0]) && q.in[0].integer == q.in[1].integer ? nullptr : wrong;
    case OP_WHERE:
      if (!has(q, 3, 1)) return missing;
      return spreads(q.in[0], q.out[0]) && spreads(q.in[1], q.out[0]) && spreads(q.in[2], q.out[0]) ? nullptr : wrong;
    case OP_FILL: return has(q, 0, 1) && q.attributes >= 1 ? nullptr : missing;
    case OP_REDUCE: {
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
    case OP_ARGMAX:
    case OP_ONE_HOT: {
      if (!has(q, 1, 1)) return missing;
      const Slot &wide = q.op == OP_ARGMAX ? q.in[0] : q.out[0], &narrow = q.op == OP_ARGMAX ? q.out[0] : q.in[0];
      return wide.rank > 0 && wide.size == narrow.size * wide.dim(-1) ? nullptr : wrong;
    }
    case OP_SLICE:
    case OP_PAD: {
      if (!has(q, 1, 1)) return missing;
      const Slot &box = q.op == OP_SLICE ? q.out[0] : q.in[0], &whole = q.op == OP_SLICE ? q.in[0] : q.out[0];
      if (!list(0, box.rank) || box.rank != whole.rank) return wrong;
      for (int i = 0; i < box.rank; i++) {
        if (q.attribute[1 + i] < 0 || q.attribute[1 + i] > whole.dims[i] - box.dims[i]) return wrong;
      }
      return nullptr;
    }
    case OP_CONCAT: {
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
    case OP_TRANSPOSE: {
      if (!has(q, 1, 1)) return missing;
      if (!list(0, q.in[0].rank) || q.out[0].rank != q.in[0].rank) return wrong;
      for (int i = 0; i < q.in[0].rank; i++) {
        const int a = q.attribute[1 + i];
        if (a < 0 || a >= q.in[0].rank || q.out[0].dims[i] != q.in[0].dims[a]) return wrong;
      }
      return q.in[0].size == q.out[0].size ? nullptr : wrong;
    }
    case OP_REVERSE:
      if (!has(q, 1, 1) || q.attributes < 1) return missing;
      for (int i = 0; i < q.in[0].rank; i++) if (q.out[0].rank != q.in[0].rank || q.in[0].dims[i] != q.out[0].dims[i]) return wrong;
      return q.attribute[0] >= 0 && q.attribute[0] < q.in[0].rank ? nullptr : wrong;
    case OP_BROADCAST: return !has(q, 1, 1) ? missing : spreads(q.in[0], q.out[0]) ? nullptr : wrong;
    case OP_GATHER: {
      if (!has(q, 2, 1)) return missing;
      const Slot& t = q.in[0];
      return q.in[1].integer && t.rank > 0 && (t.dims[0] == 0 ? q.out[0].size == 0 : q.out[0].size == q.in[1].size * (t.size / t.dims[0])) ? nullptr : wrong;
    }
    case OP_GATHER_BACK: {
      if (!has(q, 2, 1)) return missing;
      const Slot& t = q.out[0];
      if (q.inputs > 2 && q.in[2].present() && (q.in[0].rank < 2 || q.in[2].size != q.in[0].dims[0])) return wrong;
      return q.in[0].integer && t.rank > 0 && (t.dims[0] == 0 || q.in[1].size == q.in[0].size * (t.size / t.dims[0])) ? nullptr : wrong;
    }
    case OP_MATMUL:
    case OP_LINEAR: {
      if (!has(q, 2, 1) || (q.op == OP_MATMUL && q.attributes < 2)) return missing;
      if (q.in[0].rank < (q.op == OP_MATMUL ? 2 : 1) || q.in[1].rank < 2 || (q.op == OP_LINEAR && q.in[1].rank != 2)) return wrong;
      const MatmulShape s(q);
      const int64_t batches = q.in[1].rank == 2 ? 1 : s.batch;
      if (q.in[0].size != s.batch * s.M * s.K || q.in[1].size != batches * s.K * s.N || q.out[0].size != s.batch * s.M * s.N) return wrong;
      return q.op == OP_LINEAR && q.inputs > 2 && !sized(q.in[2], s.N) ? wrong : nullptr;
    }
    case OP_SOFTMAX:
    case OP_LOG_SOFTMAX: return !has(q, 1, 1) ? missing : q.in[0].rank > 0 && q.in[0].size == q.out[0].size ? nullptr : wrong;
    case OP_SOFTMAX_BACK:
    case OP_BINARY_CROSS_ENTROPY:
      if (!has(q, 2, 1)) return missing;
      return q.in[0].size == q.out[0].size && q.in[1].size == q.out[0].size && (q.op != OP_SOFTMAX_BACK || q.in[0].rank > 0) ? nullptr : wrong;
    case OP_SOFTMAX_CROSS_ENTROPY:
    case OP_SPARSE_SOFTMAX_CROSS_ENTROPY: {
      if (!has(q, 2, 0) || q.outputs < 1) return missing;
      const Slot& x = q.in[0];
      const bool sparse = q.op == OP_SPARSE_SOFTMAX_CROSS_ENTROPY;
      const int64_t rows = x.rank > 0 && x.dim(-1) > 0 ? x.size / x.dim(-1) : 0;
      return x.rank > 0 && q.in[1].size == (sparse ? rows : x.size) && q.in[1].integer == sparse && sized(q.out[0], rows) &&
                     (q.outputs < 2 || sized(q.out[1], x.size))
                 ? nullptr : wrong;
    }
    case OP_RANDOM: return has(q, 0, 1) && q.attributes >= 3 ? nullptr : missing;
    case OP_SCAN:
      if (q.attributes < 4 || q.attribute[0] < 0 || q.attribute[1] < 0 || q.attribute[3] < 0 || q.attribute[3] > 1 << 24) return missing;
      return q.attribute[0] <= q.outputs && q.attribute[0] + (int64_t)q.attribute[1] <= q.inputs && has(q, q.attribute[0] + q.attribute[1], 0) ? nullptr : missing;
    case OP_ADAM:
      if (!has(q, 3, 3) || q.attributes < 5) return missing;
      return q.in[0].size == q.out[0].size && q.out[1].size == q.out[0].size && q.out[2].size == q.out[0].size && q.in[1].size >= 1 && q.in[2].size >= 1 ? nullptr : wrong;
    case OP_SGD:
      if (!has(q, 2, 1) || q.attributes < 2) return missing;
      return q.in[0].size == q.out[0].size && q.in[1].size >= 1 && (q.outputs < 2 || sized(q.out[1], q.out[0].size)) ? nullptr : wrong;
    case OP_RMSPROP:
      if (!has(q, 2, 2) || q.attributes < 5) return missing;
      for (int k = 1; k < q.outputs; k++) if (!sized(q.out[k], q.out[0].size)) return wrong;
      return q.in[0].size == q.out[0].size && q.in[1].size >= 1 ? nullptr : wrong;
    case OP_CLIP_BY_GLOBAL_NORM:
      if (!has(q, 1, 1) || q.attributes < 1) return missing;
      return q.in[0].size == q.out[0].size ? nullptr : wrong;
    case OP_COMMON_PREFIX:
      if (!has(q, 1, 1)) return missing;
      return q.in[0].integer && q.in[0].rank == 2 && q.out[0].size == q.in[0].dims[0] ? nullptr : wrong;
    case OP_CLIP_BY_NORM: {
      if (!has(q, 1, 1) || q.attributes < 3 || q.in[0].size != q.out[0].size) return missing;
      const int64_t n = q.attribute[1];
      if (n < 0 || q.attributes < 3 + 2 * n || q.attribute[2 + n] != n) return wrong;
      for (int64_t i = 0; i < n; i++) {
        const int64_t from = q.attribute[2 + i], size = q.attribute[3 + n + i];
        if (from < 0 || size < 0 || from + size > q.in[0].size) return wrong;
      }
      return nullptr;
    }
  }
  return "an op does not exist";
}

// Preparing ----------------------------------------------------------------------------------------------------------
static void estimate(Instruction* list, int n, bool exactly, double* total) {
  for (int i = 0; i < n; i++) {
    Instruction& q = list[i];
    if (isRecurrent(q.op)) {
      measureRecurrent(q, 1);
    } else if (q.op == OP_MATMUL || q.op == OP_LINEAR) {
      const MatmulShape s(q);
      q.flops = 2.0 * s.batch * s.M * s.N * s.K;
      q.packedWords = s.packedWords();
    } else if (q.op == OP_SCAN) {
      estimate(q.body->instructions, q.body->count, exactly, &q.flops);
      q.flops *= q.attribute[3];
    } else {
      for (int k = 0; k < q.inputs; k++) q.flops += q.in[k].present() && q.op != OP_GATHER ? q.in[k].size : 0;
      for (int k = 0; k < q.outputs; k++) q.flops += q.out[k].present() ? q.out[k].size : 0;
    }
    q.solo = !exactly && q.op != OP_SCAN && q.flops < 16384;
    *total += q.flops;
  }
}

/** Whether an instruction's writes to the weights count as aside: all do but an optimizer's, which writes the whole region. */
static bool writesAside(const Instruction& q, int output) {
  return q.out[output].region == WEIGHTS && q.op != OP_ADAM && q.op != OP_SGD && q.op != OP_RMSPROP;
}
static void widenAside(const Instruction* list, int n, Memory* weights) {
  for (int i = 0; i < n; i++) {
    const Instruction& q = list[i];
    if (q.body) widenAside(q.body->instructions, q.body->count, weights);
    for (int k = 0; k < q.outputs; k++) {
      if (!writesAside(q, k)) continue;
      const int64_t from = q.out[k].offset, to = from + q.out[k].size;
      if (weights->asideFrom == weights->asideTo) weights->asideFrom = from, weights->asideTo = to;
      if (from < weights->asideFrom) weights->asideFrom = from;
      if (to > weights->asideTo) weights->asideTo = to;
    }
  }
}

static void sizeWorkspace(Instruction* list, int n, int threads, int64_t* spare, int64_t* packed) {
  for (int i = 0; i < n; i++) {
    Instruction& q = list[i];
    if (isRecurrent(q.op)) measureRecurrent(q, threads);
    if (q.op == OP_MATMUL || q.op == OP_LINEAR) q.spareWords = MatmulShape::spareWords(threads);
    if (q.op == OP_REDUCE || q.op == OP_CLIP_BY_GLOBAL_NORM) q.spareWords = q.in[0].size / BLOCK + q.out[0].size + 16;
    if (q.spareWords > *spare) *spare = q.spareWords;
    q.packedWords = (q.packedWords + 15) / 16 * 16;
    *packed += q.packedWords;
    if (q.body) sizeWorkspace(q.body->instructions, q.body->count, threads, spare, packed);
  }
}
static float* placePacked(Instruction* list, int n, float* at) {
  for (int i = 0; i < n; i++) {
    list[i].packed = at;
    at += list[i].packedWords;
    if (list[i].body) at = placePacked(list[i].body->instructions, list[i].body->count, at);
  }
  return at;
}

static void freeExecutable(void* handle) {
  Executable* e = (Executable*)handle;
  for (int i = 0; i < REGIONS; i++) {
    if (e->owned[i]) cellstate_memory_free(e->regions[i]);
  }
  cellstate_release(e->spare);
  cellstate_release(e->packed);
  cellstate_release(e->nodes);
  cellstate_release(e->tape);
  cellstate_release(e);
}

static void say(char* error, int size, const char* a, const char* b) {
  int n = 0;
  for (; *a && n + 1 < size; a++) error[n++] = *a;
  for (; *b && n + 1 < size; b++) error[n++] = *b;
  error[n] = 0;
}

/** Memory for sizes that were computed in 64 bits, where a pointer may have 32. */
static void* roomFor(int64_t bytes) { return bytes < 0 || (uint64_t)bytes > SIZE_MAX ? nullptr : cellstate_allocate((size_t)bytes); }

static void* load(const int32_t* tape, int64_t words, Memory* const* regions, const Settings& settings, char* error, int errorSize) {
  const auto refuse = [&](Executable* e, const char* what, const char* more) -> void* {
    say(error, errorSize, what, more);
    if (e) freeExecutable(e);
    return nullptr;
  };
  const char* noMemory = "not enough memory";
  const int header = 5 + REGIONS;
  if (words < header || tape[0] != MAGIC || tape[1] != VERSION || tape[4] != REGIONS) return refuse(nullptr, "not a tape of this version", "");
  Executable* e = (Executable*)cellstate_allocate(sizeof(Executable));
  if (!e) return refuse(nullptr, noMemory, "");
  *e = Executable();
  e->settings = settings;
  e->feedWords = (uint32_t)tape[3];
  e->tape = (int32_t*)roomFor(words * 4);
  const int64_t nodeBytes = words * 64 + 4096;
  e->nodes = (char*)roomFor(nodeBytes);
  if (!e->tape || !e->nodes) return refuse(e, noMemory, "");
  for (int64_t i = 0; i < words; i++) e->tape[i] = tape[i];
  for (int i = 0; i < REGIONS; i++) {
    const int64_t size = (uint32_t)tape[5 + i];
    if (regions[i]) {
      if (regions[i]->words < size) return refuse(e, "a region given is smaller than the program needs", "");
      e->regions[i] = regions[i];
    } else {
      e->regions[i] = cellstate_memory_new(size);
      if (!e->regions[i]) return refuse(e, noMemory, "");
      e->owned[i] = true;
    }
  }
  Reader r{e->tape, words, header, e->nodes, e->nodes + nodeBytes, e, nullptr};
  e->count = tape[2];
  if (e->count < 0 || e->count > words) return refuse(e, "the tape is damaged: ", "a count is out of range");
  e->instructions = r.list(e->count);
  if (!r.problem && r.at != words) r.fail("it goes on after its last instruction");
  if (r.problem) return refuse(e, "the tape is damaged: ", r.problem);

  widenAside(e->instructions, e->count, e->regions[WEIGHTS]);
  estimate(e->instructions, e->count, settings.exactly, &e->flops);
  const double worth = e->flops / (WORTH_THREADS / 2);
  e->threads = settings.exactly ? settings.threads : worth < 2 ? 1 : worth < settings.threads ? (int)worth : settings.threads;
  int64_t packedWords = 0;
  sizeWorkspace(e->instructions, e->count, e->threads, &e->spareWords, &packedWords);
  e->spare = (float*)roomFor((e->spareWords + 64) * 4);
  e->packed = (float*)roomFor((packedWords + 64) * 4);
  if (!e->spare || !e->packed) return refuse(e, noMemory, "");
  placePacked(e->instructions, e->count, e->packed);
  return e;
}

// Running ------------------------------------------------------------------------------------------------------------
struct Runner {
  Executable& e;
  const Team& team;
  Context c;
  uint64_t versions[REGIONS], asideVersion;  // each member counts for itself; all count alike

  void list(Instruction* instructions, int n) {
    for (int i = 0; i < n; i++) {
      Instruction& q = instructions[i];
      uint64_t from = 0;
      if (e.settings.profile && team.index == 0) from = cellstate_now();
      if (q.op == OP_SCAN) {
        scan(q);
      } else if (!q.solo) {
        execute(q, team);
      } else if (team.index == 0) {
        execute(q, Team{0, 1, nullptr});
      }
      for (int k = 0; k < q.outputs; k++) {
        if (q.out[k].present()) (writesAside(q, k) ? asideVersion : versions[q.out[k].region])++;
      }
      if (!(q.solo && i + 1 < n && instructions[i + 1].solo)) team.meet();
      if (e.settings.profile && team.index == 0) {
        q.nanoseconds += cellstate_now() - from;
        q.runs++;
      }
    }
  }

  /** Whether q.packed still holds the weights as they are; marks that from now on it does. Member 0 keeps the record. */
  bool packedIsFresh(Instruction& q, const Team& t) {
    const int first = q.op == OP_MATMUL || q.op == OP_LINEAR ? 1 : RecurrentInputs(kindOf(q.op)).wx;
    const int last = q.op == OP_MATMUL || q.op == OP_LINEAR ? 1 : first + 2;
    uint64_t stamp = 1;
    bool keeps = q.op != OP_MATMUL || q.in[1].rank == 2;
    for (int i = first; i <= last; i++) {
      if (!q.in[i].present()) continue;
      if (q.in[i].region == FEED) keeps = false;
      stamp += versions[q.in[i].region];
      const Memory& m = *e.regions[WEIGHTS];
      const bool overlaps = q.in[i].offset < m.asideTo && q.in[i].offset + q.in[i].size > m.asideFrom;
      if (q.in[i].region == WEIGHTS && overlaps) stamp += asideVersion;
    }
    const bool fresh = keeps && q.packedVersion[0] == stamp;
    t.meet();
    if (t.index == 0) q.packedVersion[0] = stamp;
    return fresh;
  }

  void execute(Instruction& q, const Team& t) {
    switch (q.op) {
      case OP_UNARY: return unary(c, q, t);
      case OP_BINARY: return binary(c, q, t);
      case OP_WHERE: return where(c, q, t);
      case OP_CAST: return cast(c, q, t);
      case OP_FILL: return fill(c, q, t);
      case OP_REDUCE: return reduce(c, q, t);
      case OP_ARGMAX: return argmax(c, q, t);
      case OP_SLICE: return slice(c, q, t);
      case OP_PAD: return pad(c, q, t);
      case OP_CONCAT: return concat(c, q, t);
      case OP_TRANSPOSE: return transpose(c, q, t);
      case OP_REVERSE: return reverse(c, q, t);
      case OP_BROADCAST: return broadcast(c, q, t);
      case OP_COPY:
      case OP_ASSIGN: return copyAll(c, q, t);
      case OP_GATHER: return gather(c, q, t);
      case OP_GATHER_BACK: return gatherBack(c, q, t);
      case OP_ONE_HOT: return oneHot(c, q, t);
      case OP_MATMUL:
      case OP_LINEAR: return matmul(c, q, t, packedIsFresh(q, t));
      case OP_SOFTMAX: return softmax(c, q, t);
      case OP_LOG_SOFTMAX: return logSoftmax(c, q, t);
      case OP_SOFTMAX_BACK: return softmaxBack(c, q, t);
      case OP_SOFTMAX_CROSS_ENTROPY:
      case OP_SPARSE_SOFTMAX_CROSS_ENTROPY: return softmaxCrossEntropy(c, q, t);
      case OP_BINARY_CROSS_ENTROPY: return binaryCrossEntropy(c, q, t);
      case OP_COMMON_PREFIX: return commonPrefix(c, q, t);
      case OP_RANDOM: return random(c, q, t);
      case OP_ACCUMULATE: return accumulate(c, q, t);
      case OP_ADAM: return adam(c, q, t);
      case OP_SGD: return sgd(c, q, t);
      case OP_RMSPROP: return rmsprop(c, q, t);
      case OP_CLIP_BY_NORM: return clipByNorm(c, q, t);
      case OP_CLIP_BY_GLOBAL_NORM: return clipByGlobalNorm(c, q, t);
      default: return recurrent(c, q, t, packedIsFresh(q, t));
    }
  }

  void copyShare(float* to, const float* from, Index n) {
    Index a, b;
    team.share(n, 1024, &a, &b);
    copyWords(to + a, from + a, b - a);
  }
  /** Step t of a sequence [B, T, ...] to its slice, or back. */
  void moveSlice(const Slot& sequence, const Slot& slice, int t, bool out) {
    const Index B = sequence.dims[0], T = sequence.dims[1], n = B > 0 ? slice.size / B : 0;
    float *whole = c.at(sequence) + t * n, *part = c.at(slice);
    Index a, b;
    team.share(B, n >= 64 ? 4 : 64, &a, &b);
    for (Index r = a; r < b; r++) {
      if (out) copyWords(whole + r * T * n, part + r * n, n);
      else copyWords(part + r * n, whole + r * T * n, n);
    }
  }
  void scan(Instruction& q) {
    const Body& b = *q.body;
    const int length = q.attribute[3];
    const bool reverse = q.attribute[2] != 0;
    for (int i = 0; i < b.carries; i++) copyShare(c.at(b.carry[i]), c.at(q.in[i]), b.carry[i].size);
    for (int turn = 0; turn < length; turn++) {
      const int t = reverse ? length - 1 - turn : turn;
      for (int i = 0; i < b.sequences; i++) moveSlice(q.in[b.carries + i], b.slice[i], t, false);
      // the slots of a turn lie in scratch: weights that rest elsewhere keep their packed copies
      for (int i = 0; i < b.carries; i++) versions[b.carry[i].region]++;
      for (int i = 0; i < b.sequences; i++) versions[b.slice[i].region]++;
      team.meet();
      list(b.instructions, b.count);
      team.meet();
      for (int i = 0; i < b.results; i++) {
        if (q.out[b.carries + i].present()) moveSlice(q.out[b.carries + i], b.result[i], t, true);
      }
      team.meet();
      for (int i = 0; i < b.carries; i++) copyShare(c.at(b.carry[i]), c.at(b.next[i]), b.carry[i].size);
      team.meet();
    }
    for (int i = 0; i < b.carries; i++) {
      if (q.out[i].present()) copyShare(c.at(q.out[i]), c.at(b.carry[i]), b.carry[i].size);
    }
  }
};

static void runSteps(void* handle, const Team& team) {
  Executable& e = *(Executable*)handle;
  Runner runner{e, team, {}, {}, 0};
  for (int i = 0; i < REGIONS; i++) {
    runner.c.base[i] = e.regions[i]->data;
    runner.versions[i] = e.regions[i]->version;
  }
  runner.asideVersion = e.regions[WEIGHTS]->asideVersion;
  runner.c.spare = e.spare;
  runner.c.seed = e.seed;
  runner.c.sharePadding = e.settings.sharePadding;
  for (uint32_t k = 0; k < e.times; k++) {
    runner.c.step = e.firstStep + k;
    runner.c.base[FEED] = e.regions[FEED]->data + k * e.feedWords;
    runner.list(e.instructions, e.count);
  }
  team.meet();
  if (team.index == 0) {
    for (int i = 0; i < REGIONS; i++) e.regions[i]->version = runner.versions[i];
    e.regions[WEIGHTS]->asideVersion = runner.asideVersion;
  }
}

/** Whether a light run should do without helpers: whichever way was faster; the other is tried now and then, ever more rarely while it stays slower. */
static bool preferAlone(Executable& e) {
  if (e.took[0] == 0 || e.took[1] == 0) return e.took[0] != 0;
  const bool alone = e.took[1] < e.took[0];
  if (e.untilTry > 0) {
    e.untilTry--;
    return alone;
  }
  e.patience = e.patience < 8 ? 8 : e.patience < 512 ? 2 * e.patience : 512;
  e.untilTry = e.patience;
  return !alone;
}

/** A step so short that waiting for a core that others hold may cost more than a second thread gains: only the clock knows. Same bits either way. */
static void runLight(Executable& e) {
  const bool alone = preferAlone(e), before = e.took[1] < e.took[0];
  const uint64_t from = cellstate_now();
  cellstate_parallel(alone ? 1 : e.threads, runSteps, &e);
  const double took = (double)(cellstate_now() - from) / e.times + 1;
  double& usual = e.took[alone];
  usual = usual == 0 || took < usual ? took : 0.75 * usual + 0.25 * took;
  if (before != (e.took[1] < e.took[0])) e.patience = 0;  // the other way has become the faster one
}

static const char* run(void* handle, uint32_t firstStep, uint32_t times, uint32_t seed) {
  Executable& e = *(Executable*)handle;
  if (e.feedWords > 0 && (int64_t)times * e.feedWords > e.regions[FEED]->words) return "the feed region does not hold so many steps";
  e.firstStep = firstStep;
  e.times = times;
  e.seed = seed;
  if (e.threads > 1 && times > 0 && !e.settings.exactly && e.flops < LIGHT) runLight(e);
  else cellstate_parallel(e.threads, runSteps, &e);
  return nullptr;
}

static Memory* memoryOf(void* handle, int region) { return ((Executable*)handle)->regions[region]; }
static int instructionsOf(void* handle) { return ((Executable*)handle)->count; }
static Profile profileOf(void* handle, int index) {
  const Instruction& q = ((Executable*)handle)->instructions[index];
  return {q.op, q.nanoseconds * 1e-6, q.flops, (double)q.runs};
}
static double flopsOf(void* handle) { return ((Executable*)handle)->flops; }

#define STRING(x) #x
#define STRING_OF(x) STRING(x)
extern const Engine engine;
const Engine engine = {STRING_OF(CELLSTATE_NAMESPACE), load, run, memoryOf, freeExecutable, instructionsOf, profileOf, flopsOf, peak};

}  // namespace
