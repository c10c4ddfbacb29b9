// Runs a tape: K steps in one call, every instruction by all threads of the team.
// This file is compiled once for each instruction set; CELLSTATE_NAMESPACE names the copy.
#include "engine.h"

#include "chain.h"
#include "ctc.h"
#include "elementwise.h"
#include "linear_int8.h"
#include "moves.h"
#include "optimizer.h"
#include "peak.h"
#include "products.h"
#include "random.h"
#include "reader.h"
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
  int64_t feedWords = 0, workspaceWords = 0;
  float* workspace = nullptr;
  float* packed = nullptr;
  double flops = 0;
  int threads = 1;
  Settings settings;
  // a light step: ns it took, as usual, with the team and alone; runs until the slower way is tried again, and how many that is
  double took[2] = {0, 0};
  uint32_t untilTry = 0, patience = 0;
  // the run in progress
  uint32_t firstStep = 0, times = 0, seed = 0;
  Versions begun;  // one snapshot for the whole team: what is written during the run counts for the next
};

// Preparing ----------------------------------------------------------------------------------------------------------
static COMPACT void estimate(Instruction* list, int n, bool exactly, double* total) {
  for (int i = 0; i < n; i++) {
    Instruction& q = list[i];
    if (isRecurrent(q.op)) {
      measureRecurrent(q, 1);
    } else if (q.op == OP_MATMUL || q.op == OP_LINEAR) {
      const MatmulShape s(q);
      q.flops = 2.0 * s.batch * s.M * s.N * s.K;
      q.packedWords = s.packedWords(q);
    } else if (q.op == OP_LINEAR_INT8) {
      const WholeLinear s(q);
      q.flops = 2.0 * s.M * s.N * s.K;
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

/** Whether an instruction's writes to the weights count for their range alone: all do but an optimizer's, which counts for the region. */
static bool writesRange(const Instruction& q, int output) {
#if CELLSTATE_CHAINS
  if (q.op == OP_CHAIN) return false;
#endif
  return q.out[output].region == WEIGHTS && q.op != OP_ADAM && q.op != OP_SGD;
}
static void widenRange(const Instruction* list, int n, Memory* weights) {
  for (int i = 0; i < n; i++) {
    const Instruction& q = list[i];
    if (q.body) widenRange(q.body->instructions, q.body->count, weights);
    for (int k = 0; k < q.outputs; k++) {
      if (!writesRange(q, k)) continue;
      const int64_t from = q.out[k].offset, to = from + q.out[k].size;
      if (weights->rangedFrom == weights->rangedTo) weights->rangedFrom = from, weights->rangedTo = to;
      if (from < weights->rangedFrom) weights->rangedFrom = from;
      if (to > weights->rangedTo) weights->rangedTo = to;
    }
  }
}

static COMPACT void sizeWorkspace(Instruction* list, int n, int threads, int64_t* workspace, int64_t* packed) {
  for (int i = 0; i < n; i++) {
    Instruction& q = list[i];
    if (isRecurrent(q.op)) measureRecurrent(q, threads);
    if (q.op == OP_MATMUL || q.op == OP_LINEAR) {
      q.workspaceWords = MatmulShape(q).workspaceWords(q, threads);
    }
    if (q.op == OP_LINEAR_INT8) q.workspaceWords = WholeLinear(q).workspaceWords(threads);
    if (q.op == OP_GATHER_BACK && q.out[0].dims[0] > 0) q.workspaceWords = q.out[0].size / q.out[0].dims[0];
    if (q.op == OP_REDUCE || q.op == OP_CLIP_BY_GLOBAL_NORM) q.workspaceWords = q.in[0].size / BLOCK + q.out[0].size + 16;
#if CELLSTATE_CHAINS
    if (q.op == OP_CHAIN) q.workspaceWords = (int64_t)threads * MOST_STEPS * PIECE;
    if (q.op == OP_CTC) q.workspaceWords = (int64_t)threads * CtcShape(q).words();
#endif
    if (q.workspaceWords > *workspace) *workspace = q.workspaceWords;
    q.packedWords = (q.packedWords + 15) / 16 * 16;
    *packed += q.packedWords;
    if (q.body) sizeWorkspace(q.body->instructions, q.body->count, threads, workspace, packed);
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
  cellstate_release(e->workspace);
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
  Reader r{e->tape, words, header, e->nodes, e->nodes + nodeBytes, e->regions, e->feedWords};
  e->count = tape[2];
  if (e->count < 0 || e->count > words) return refuse(e, "the tape is damaged: ", "a count is out of range");
  e->instructions = r.list(e->count);
  if (!r.problem && r.at != words) r.fail("it goes on after its last instruction");
  if (r.problem) return refuse(e, "the tape is damaged: ", r.problem);

  widenRange(e->instructions, e->count, e->regions[WEIGHTS]);
  estimate(e->instructions, e->count, settings.exactly, &e->flops);
  const double worth = e->flops / (WORTH_THREADS / 2);
  e->threads = settings.exactly ? settings.threads : worth < 2 ? 1 : worth < settings.threads ? (int)worth : settings.threads;
  int64_t packedWords = 0;
  sizeWorkspace(e->instructions, e->count, e->threads, &e->workspaceWords, &packedWords);
  e->workspace = (float*)roomFor((e->workspaceWords + 64) * 4);
  e->packed = (float*)roomFor((packedWords + 64) * 4);
  if (!e->workspace || !e->packed) return refuse(e, noMemory, "");
  placePacked(e->instructions, e->count, e->packed);
  return e;
}

// Running ------------------------------------------------------------------------------------------------------------
struct Runner {
  Executable& e;
  const Team& team;
  Context c;
  Versions now;  // each thread counts for itself from the team's snapshot; all count alike

  void list(Instruction* instructions, int n) {
    for (int i = 0; i < n; i++) {
      Instruction& q = instructions[i];
      uint64_t from = 0;
      if (e.settings.profile && team.index == 0) from = cellstate_now();
      if (!q.solo) {
        execute(q, team);
      } else if (team.index == 0) {
        execute(q, Team{0, 1, nullptr});
      }
      for (int k = 0; k < q.outputs; k++) {
        if (q.out[k].present()) (writesRange(q, k) ? now.ranged : now.of[q.out[k].region])++;
      }
      if (!(q.solo && i + 1 < n && instructions[i + 1].solo)) team.meet();
      if (e.settings.profile && team.index == 0) {
        q.nanoseconds += cellstate_now() - from;
        q.runs++;
      }
    }
  }

  /** Whether q.packed still holds the weights as they are; marks that from now on it does. Thread 0 keeps the record. */
  bool packedIsFresh(Instruction& q, const Team& t) {
    const int first = isRecurrent(q.op) ? RecurrentInputs(*cellOf(q.op).kind, isBack(q.op)).wx : 1;
    const int last = isRecurrent(q.op) ? first + 2 : q.op == OP_LINEAR_INT8 ? 2 : 1;
    uint64_t stamp = 1;
    bool keeps = q.op != OP_MATMUL || q.packedWords > 0;
    for (int i = first; i <= last; i++) {
      if (!q.in[i].present()) continue;
      if (q.in[i].region == FEED) keeps = false;
      stamp += now.of[q.in[i].region];
      const bool overlaps = q.in[i].offset < now.rangedTo && q.in[i].offset + q.in[i].size > now.rangedFrom;
      if (q.in[i].region == WEIGHTS && overlaps) stamp += now.ranged;
    }
    const bool fresh = keeps && q.packedVersion == stamp;
    t.meet();
    if (t.index == 0) q.packedVersion = stamp;
    return fresh;
  }

  void wholeLinear(Instruction& q, const Team& t) { linearInt8(c, q, t, packedIsFresh(q, t)); }
  void product(Instruction& q, const Team& t) { matmul(c, q, t, packedIsFresh(q, t)); }
  void execute(Instruction& q, const Team& t) {
#define RUN_ONE(NAME, RUN, CHECK) \
  case OP_##NAME: return RUN;
#define RUN_CELL(NAME, CELL) \
  case OP_##NAME:            \
  case OP_##NAME##_BACK: return recurrent(c, q, t, packedIsFresh(q, t));
    switch (q.op) { OPS(RUN_ONE, RUN_CELL) }
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
      for (int i = 0; i < b.carries; i++) now.of[b.carry[i].region]++;
      for (int i = 0; i < b.sequences; i++) now.of[b.slice[i].region]++;
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
  const Memory& weights = *e.regions[WEIGHTS];
  if (team.index == 0) {
    for (int i = 0; i < REGIONS; i++) e.begun.of[i] = countOf(e.regions[i]->version);
    e.begun.ranged = countOf(weights.rangedVersion);
    e.begun.rangedFrom = weights.rangedFrom, e.begun.rangedTo = weights.rangedTo;
  }
  team.meet();
  Runner runner{e, team, {}, e.begun};
  for (int i = 0; i < REGIONS; i++) runner.c.base[i] = e.regions[i]->data;
  runner.c.workspace = e.workspace;
  runner.c.seed = e.seed;
  runner.c.sharePadding = e.settings.sharePadding;
#if CELLSTATE_TILES
  runner.c.tiles = e.settings.tiles && tilesHere().bf16;
#endif
  for (uint32_t k = 0; k < e.times; k++) {
    runner.c.step = e.firstStep + k;
    runner.c.base[FEED] = e.regions[FEED]->data + k * e.feedWords;
    runner.list(e.instructions, e.count);
  }
  team.meet();
  if (team.index == 0) {  // added: what was written meanwhile from outside has been counted too
    for (int i = 0; i < REGIONS; i++) countWrites(e.regions[i]->version, runner.now.of[i] - e.begun.of[i]);
    countWrites(e.regions[WEIGHTS]->rangedVersion, runner.now.ranged - e.begun.ranged);
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
  if ((uint64_t)times * (uint64_t)e.feedWords > (uint64_t)e.regions[FEED]->words)  // both below 2^32
    return "the feed region does not hold so many steps";
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
