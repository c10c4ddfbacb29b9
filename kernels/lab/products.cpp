// Performance lab: single products at the benchmark's shapes, beside the multiply-add peak measured in the same moment, and OpenBLAS
// where it is installed. bench/products.mjs asks; by hand: echo '{"ask":"linear","sizes":[700,650,10000,0]}' | ./products [threads] [isa]
//   linear, matmulTA, matmulTB, openblas and openblasTA, openblasTB: M, K, N     input, recurrent, weights (inside an LSTM): B, T, D, H
// The answer is {"ms", "flops", "peak"}: the best of many runs, and the peak in GFLOP/s. On one thread the clock is processor time, so
// that a neighbour's share of the core does not count.
#include <dlfcn.h>
#include <time.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../choose.h"
#include "../threads.h"
#include "products.h"
#include "tape_builder.h"

static int threads = 1;
static double now() {  // ms
  timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static const Parts& partsOf(const std::string& name) {
#if defined(__x86_64__)
  if (name == "avx512") return avx512::parts;
  if (name == "avx2") return avx2::parts;
#endif
  return generic::parts;
}

/** GFLOP/s of all threads doing nothing but multiply-adds, for about 2 ms. */
static double peakOnce(const Parts& parts) {
  struct Job {
    const Parts& parts;
    double flops[64];
  } job{parts, {0}};
  const double from = now();
  cellstate_parallel(threads, [](void* c, const Team& team) {
    Job& j = *(Job*)c;
    j.flops[team.index] = j.parts.spin(600000);
    team.meet();
  }, &job);
  double total = 0;
  for (double f : job.flops) total += f;
  return total / (now() - from) * 1e-6;
}

typedef std::function<void()> Work;

/** linear or matmul by the tape, its second operand written before each run, as an optimizer does. */
static Work onTape(const Engine* engine, bool linear, bool transposeA, bool transposeB, const int* s) {
  const int M = s[0], K = s[1], N = s[2];
  Tape tape;
  auto a = tape.slot(Tape::data, transposeA ? std::vector<int>{K, M} : std::vector<int>{M, K});
  auto b = tape.slot(Tape::weights, transposeB ? std::vector<int>{N, K} : std::vector<int>{K, N});
  auto bias = tape.slot(Tape::state, {N}), y = tape.slot(Tape::scratch, {M, N});
  if (linear) tape.add(OP_LINEAR, {a, b, bias}, {y}, {});
  else tape.add(OP_MATMUL, {a, b}, {y}, {transposeA, transposeB});
  auto loaded = std::make_shared<Loaded>(engine, tape, Settings{threads, false, true, false});
  uint32_t seed = 7;
  for (const auto& slot : {a, b, bias}) {
    for (int64_t i = 0; i < slot.size(); i++) seed = seed * 1664525u + 1013904223u, loaded->at(slot)[i] = (seed >> 8) / 16777216.f - 0.5f;
  }
  return [loaded] {
    loaded->written(Tape::weights);
    loaded->run();
  };
}

static Work inLayer(const Parts& parts, void (*part)(void*), const int* s) {
  auto layer = std::shared_ptr<void>(parts.open(Sizes{s[0], s[1], s[2], s[3]}, threads), parts.close);
  return [layer, part] { part(layer.get()); };
}

static Work byOpenBlas(bool transposeA, bool transposeB, const int* s) {
  static void* library = dlopen("libopenblas.so.0", RTLD_NOW);
  typedef void (*Multiply)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
  const Multiply multiply = library ? (Multiply)dlsym(library, "cblas_sgemm") : nullptr;
  void (*const use)(int) = library ? (void (*)(int))dlsym(library, "openblas_set_num_threads") : nullptr;
  if (!multiply || !use) return nullptr;
  use(threads);
  const int M = s[0], K = s[1], N = s[2];
  auto a = std::make_shared<std::vector<float>>((size_t)M * K, 0.5f), b = std::make_shared<std::vector<float>>((size_t)K * N, 0.25f);
  auto c = std::make_shared<std::vector<float>>((size_t)M * N);
  return [=] {
    multiply(101, transposeA ? 112 : 111, transposeB ? 112 : 111, M, N, K, 1, a->data(), transposeA ? M : K, b->data(), transposeB ? K : N, 0, c->data(), N);
  };
}

static Work workFor(const Engine* engine, const std::string& ask, const int* s, double* flops) {
  const Parts& parts = partsOf(engine->name);
  *flops = 2.0 * s[0] * s[1] * s[2];
  if (ask == "linear") return onTape(engine, true, false, false, s);
  if (ask == "matmulTA") return onTape(engine, false, true, false, s);
  if (ask == "matmulTB") return onTape(engine, false, false, true, s);
  if (ask == "openblas") return byOpenBlas(false, false, s);
  if (ask == "openblasTA") return byOpenBlas(true, false, s);
  if (ask == "openblasTB") return byOpenBlas(false, true, s);
  const double rows = 2.0 * s[0] * s[1] * 4 * s[3];
  *flops = rows * (ask == "input" ? s[2] : ask == "recurrent" ? s[3] * (s[1] - 1.0) / s[1] : s[2] + s[3]);
  if (ask == "input") return inLayer(parts, parts.input, s);
  if (ask == "recurrent") return inLayer(parts, parts.recurrent, s);
  if (ask == "weights") return inLayer(parts, parts.weights, s);
  return nullptr;
}

int main(int argc, char** argv) {
  threads = argc > 1 ? atoi(argv[1]) : cellstate_cores();
  const Engine* engine = cellstate_engine(argc > 2 ? argv[2] : "");
  if (!engine) return puts("{\"fails\":\"this processor does not have that instruction set\"}"), 1;
  printf("{\"version\":\"%s, %d thread%s\"}\n", engine->name, threads, threads == 1 ? "" : "s");
  fflush(stdout);
  for (char line[256]; fgets(line, sizeof line, stdin);) {
    char ask[32] = "";
    int s[4] = {0};
    double flops = 0;
    sscanf(line, "{\"ask\":\"%31[^\"]\",\"sizes\":[%d,%d,%d,%d", ask, s, s + 1, s + 2, s + 3);
    if (Work work = workFor(engine, ask, s, &flops)) {
      double best = 1e30, peak = 0, spent = 0;
      work();
      for (int k = 0; k < 200 && (k < 5 || spent < 150); k++) {
        const int inner = best < 0.1 ? 10 : 1;
        const double from = now();
        for (int i = 0; i < inner; i++) work();
        const double ms = (now() - from) / inner;
        spent += ms * inner;
        if (ms < best) best = ms;
        if (k % 4 > 0 && ms < 10) continue;
        const double rate = peakOnce(partsOf(engine->name));
        if (rate > peak) peak = rate;
      }
      printf("{\"ms\":%.5g,\"flops\":%.5g,\"peak\":%.4g}\n", best, flops, peak);
    } else {
      printf("{\"fails\":\"not here\"}\n");
    }
    fflush(stdout);
  }
}
