// Counts for the regression guard: one run of one piece of work on one thread of the AVX2 copy, between two calls that
// `valgrind --tool=callgrind --toggle-collect=measured` sees. scripts/instructions.mjs asks and compares: `npm run instructions`.
//   ./counts                     names of the works, one a line, with their multiply-adds or numbers
//   ./counts NAME [SET [RUNS]]   runs it once unseen, then once measured, or RUNS times; by another copy: generic, neon
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../choose.h"
#include "tape_builder.h"

/** The blocks of products are cut by the caches' sizes: here always those of a small core, whatever runs this. */
extern "C" const Caches* cellstate_caches() {
  static const Caches small{32768, 524288};
  return &small;
}

typedef std::function<void()> Work;
static const Engine* engine;
static const Settings alone{1, false, true, false};

static Work onTape(const Tape& tape) {
  auto loaded = std::make_shared<Loaded>(engine, tape, alone);
  uint32_t seed = 7;
  for (int region = 0; region < REGIONS; region++) {
    Memory* m = engine->memory(loaded->program, region);
    for (int64_t i = 0; i < m->words; i++) seed = seed * 1664525u + 1013904223u, m->data[i] = (seed >> 8) / 16777216.f - 0.5f;
  }
  return [loaded] {
    loaded->written(Tape::weights);  // as an optimizer does: packed copies are made again
    loaded->run();
  };
}

static Work product(bool linear, bool transposeA, bool transposeB, int M, int K, int N) {
  Tape t;
  auto a = t.slot(Tape::data, transposeA ? std::vector<int>{K, M} : std::vector<int>{M, K});
  auto b = t.slot(Tape::weights, transposeB ? std::vector<int>{N, K} : std::vector<int>{K, N});
  auto bias = t.slot(Tape::state, {N}), y = t.slot(Tape::scratch, {M, N});
  if (linear) t.add(OP_LINEAR, {a, b, bias}, {y}, {});
  else t.add(OP_MATMUL, {a, b}, {y}, {transposeA, transposeB});
  return onTape(t);
}

/** A recurrent layer that gives its last output; with its gradient where it trains. */
static Work layer(int op, int gates, int B, int T, int D, int H, bool train, bool int8 = false) {
  Tape t;
  const Tape::Slot none;
  const int Hp = (H + 15) / 16 * 16;
  const bool lstm = op == OP_LSTM;
  auto x = t.slot(Tape::data, {B, T, D}), wx = t.slot(Tape::weights, {D, gates * H}), wh = t.slot(Tape::weights, {H, gates * H});
  auto b = t.slot(Tape::weights, {gates * H}), last = t.slot(Tape::scratch, {B, H});
  auto saved = t.slot(Tape::scratch, {T * B * 4 * Hp + 2 * (T + 1) * B * Hp});
  if (!lstm) saved.dims = {T * B * 4 * Hp + (T + 1) * B * Hp};
  std::vector<Tape::Slot> in = {x, wx, wh, b, none};
  if (lstm) in.push_back(none);  // c0
  in.insert(in.end(), {none, none, none, none});
  std::vector<Tape::Slot> out = {none, last, none};
  if (lstm) out.push_back(none);  // cT
  out.push_back(train ? saved : none);
  t.add(op, in, out, {1, 2, 0, 0, int8});
  if (train) {
    std::vector<Tape::Slot> back = {none, t.slot(Tape::data, {B, H}), none};
    if (lstm) back.push_back(none);
    back.insert(back.end(), in.begin(), in.end());
    back.push_back(saved);
    std::vector<Tape::Slot> slopes = {t.slot(Tape::scratch, {B, T, D}), t.slot(Tape::gradients, wx.dims), t.slot(Tape::gradients, wh.dims),
                                      t.slot(Tape::gradients, b.dims), none};
    if (lstm) slopes.push_back(none);
    t.add(op + 1, back, slopes, {1, 2, 0, 0, 0});
  }
  return onTape(t);
}

static Work crossEntropy(int rows, int V) {
  Tape t;
  auto x = t.slot(Tape::data, {rows, V}), loss = t.slot(Tape::scratch, {rows}), dLoss = t.slot(Tape::state, {rows}), dx = t.slot(Tape::scratch, {rows, V});
  auto labels = t.slot(Tape::optimizer, {rows}, true);
  t.add(OP_SPARSE_SOFTMAX_CROSS_ENTROPY, {x, labels}, {loss}, {});
  t.add(OP_SPARSE_SOFTMAX_CROSS_ENTROPY_BACK, {x, labels, dLoss}, {dx}, {});
  return onTape(t);
}

static Work adam(int n) {
  Tape t;
  auto g = t.slot(Tape::gradients, {n}), rate = t.slot(Tape::state, {1}), iteration = t.slot(Tape::data, {1});
  auto w = t.slot(Tape::weights, {n}), m = t.slot(Tape::optimizer, {n}), v = t.slot(Tape::optimizer, {n});
  const double betas[2] = {0.9, 0.999};
  const float epsilon = 1e-7f;
  int32_t words[5];
  memcpy(words, betas, 16);
  memcpy(words + 4, &epsilon, 4);
  t.add(OP_ADAM, {g, rate, iteration, Tape::Slot(), w, m, v}, {w, m, v}, std::vector<int32_t>(words, words + 5));
  return onTape(t);
}

/** rmsprop's formula: v ← v + (g² − v)·c; w ← w − g·r / √(v + ε). */
static Work chain(int n) {
  Tape t;
  auto g = t.slot(Tape::gradients, {n}), v = t.slot(Tape::optimizer, {n}), w = t.slot(Tape::weights, {n});
  auto c = t.slot(Tape::data, {1}), r = t.slot(Tape::data, {1}), epsilon = t.slot(Tape::data, {1});
  enum { square = 4, root = 3, add = 18, sub, mul, div };
  const std::vector<int32_t> code = {square, 0, 0, 0, sub, 6, 1, 0, mul, 7, 3, 0, add, 1, 8, 0, add, 9, 5, 0, root, 10, 0, 0, mul, 0, 4, 0, div, 12, 11, 0, sub, 2, 13, 0};
  std::vector<int32_t> words = {(int32_t)code.size()};
  words.insert(words.end(), code.begin(), code.end());
  words.insert(words.end(), {2, 3, 8});
  t.add(OP_CHAIN, {g, v, w, c, r, epsilon}, {v, w}, words);
  return onTape(t);
}

static Work unary(int fn, int n) {
  Tape t;
  auto x = t.slot(Tape::data, {n}), y = t.slot(Tape::scratch, {n});
  t.add(OP_UNARY, {x}, {y}, {fn});
  return onTape(t);
}

/** A batch of W1 and the others, scaled down: valgrind takes fifty times as long. */
static const struct {
  const char* name;
  double size;  // multiply-adds, or numbers
  Work (*make)();
} works[] = {
    {"linear 64x200x1400", 64 * 200 * 1400.0, [] { return product(true, false, false, 64, 200, 1400); }},
    {"weight gradient 200x64x1400", 64 * 200 * 1400.0, [] { return product(false, true, false, 200, 64, 1400); }},
    {"input gradient 64x1400x200", 64 * 200 * 1400.0, [] { return product(false, false, true, 64, 1400, 200); }},
    {"linear one row 1x150x283", 150 * 283.0, [] { return product(true, false, false, 1, 150, 283); }},
    {"lstm 24x6x128 of 128 predicts", 24 * 6 * 512 * 256.0, [] { return layer(OP_LSTM, 4, 24, 6, 128, 128, false); }},
    {"lstm 24x6x128 of 128 predicts, 8 bits", 24 * 6 * 512 * 256.0, [] { return layer(OP_LSTM, 4, 24, 6, 128, 128, false, true); }},
    {"lstm 24x6x128 of 128 trains", 3 * 24 * 6 * 512 * 256.0, [] { return layer(OP_LSTM, 4, 24, 6, 128, 128, true); }},
    {"lstm 24x6x128 of 100 trains", 3 * 24 * 6 * 400 * 228.0, [] { return layer(OP_LSTM, 4, 24, 6, 128, 100, true); }},
    {"lstm 1x6x128 of 128 predicts", 6 * 512 * 256.0, [] { return layer(OP_LSTM, 4, 1, 6, 128, 128, false); }},
    {"lstm 8x2x32 of 650 trains", 3 * 8 * 2 * 2600 * 682.0, [] { return layer(OP_LSTM, 4, 8, 2, 32, 650, true); }},
    {"gru 24x6x128 of 128 trains", 3 * 24 * 6 * 384 * 256.0, [] { return layer(OP_GRU, 3, 24, 6, 128, 128, true); }},
    {"simpleRnn 24x6x128 of 128 trains", 3 * 24 * 6 * 128 * 256.0, [] { return layer(OP_SIMPLE_RNN, 1, 24, 6, 128, 128, true); }},
    {"cross-entropy 16x10000", 16 * 10000.0, [] { return crossEntropy(16, 10000); }},
    {"adam 100000", 100000, [] { return adam(100000); }},
    {"chain of nine steps 100000", 9 * 100000.0, [] { return chain(100000); }},
    {"tanh 100000", 100000, [] { return unary(8, 100000); }},
};

/** What is counted. */
extern "C" __attribute__((noinline)) void measured(const Work& work) {
  work();
  asm volatile("" ::: "memory");
}

int main(int argc, char** argv) {
  for (const auto& w : works) {
    if (argc < 2) printf("%s\t%.0f\n", w.name, w.size);
    else if (w.name == std::string(argv[1])) {
      const char* set = argc > 2 ? argv[2] : "avx2";
      engine = cellstate_engine(set);
      if (!engine) return printf("this processor has no %s\n", set), 3;
      const Work work = w.make();
      work();
      for (int k = 0; k < (argc > 3 ? atoi(argv[3]) : 1); k++) measured(work);
      return 0;
    }
  }
  return argc < 2 ? 0 : 1;
}
