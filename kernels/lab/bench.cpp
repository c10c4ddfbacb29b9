// Performance lab: the recurrent kernels alone, beside the machine's own FMA peak measured in the same run.
//   ./bench [threads] [isa] [workload]        builds with lab/build.sh
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../choose.h"
#include "../threads.h"
#include "tape_builder.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

#if defined(__x86_64__)
__attribute__((target("avx512f"), noinline)) static double spin512(long n) {
  const __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-3f);
  __m512 a0 = _mm512_set1_ps(1.f), a1 = _mm512_set1_ps(2.f), a2 = _mm512_set1_ps(3.f), a3 = _mm512_set1_ps(4.f), a4 = _mm512_set1_ps(5.f), a5 = _mm512_set1_ps(6.f), a6 = _mm512_set1_ps(7.f), a7 = _mm512_set1_ps(8.f), a8 = _mm512_set1_ps(9.f), a9 = _mm512_set1_ps(10.f), a10 = _mm512_set1_ps(11.f), a11 = _mm512_set1_ps(12.f);
  for (long i = 0; i < n; i++) {
    a0 = _mm512_fmadd_ps(a0, x, y);
    a1 = _mm512_fmadd_ps(a1, x, y);
    a2 = _mm512_fmadd_ps(a2, x, y);
    a3 = _mm512_fmadd_ps(a3, x, y);
    a4 = _mm512_fmadd_ps(a4, x, y);
    a5 = _mm512_fmadd_ps(a5, x, y);
    a6 = _mm512_fmadd_ps(a6, x, y);
    a7 = _mm512_fmadd_ps(a7, x, y);
    a8 = _mm512_fmadd_ps(a8, x, y);
    a9 = _mm512_fmadd_ps(a9, x, y);
    a10 = _mm512_fmadd_ps(a10, x, y);
    a11 = _mm512_fmadd_ps(a11, x, y);
    asm volatile("" : "+v"(a0), "+v"(a1), "+v"(a2), "+v"(a3), "+v"(a4), "+v"(a5), "+v"(a6), "+v"(a7), "+v"(a8), "+v"(a9), "+v"(a10), "+v"(a11));
  }
  return 12.0 * 32 * n;
}
__attribute__((target("avx2,fma"), noinline)) static double spin256(long n) {
  const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
  __m256 a0 = _mm256_set1_ps(1.f), a1 = _mm256_set1_ps(2.f), a2 = _mm256_set1_ps(3.f), a3 = _mm256_set1_ps(4.f), a4 = _mm256_set1_ps(5.f), a5 = _mm256_set1_ps(6.f), a6 = _mm256_set1_ps(7.f), a7 = _mm256_set1_ps(8.f), a8 = _mm256_set1_ps(9.f), a9 = _mm256_set1_ps(10.f), a10 = _mm256_set1_ps(11.f), a11 = _mm256_set1_ps(12.f);
  for (long i = 0; i < n; i++) {
    a0 = _mm256_fmadd_ps(a0, x, y);
    a1 = _mm256_fmadd_ps(a1, x, y);
    a2 = _mm256_fmadd_ps(a2, x, y);
    a3 = _mm256_fmadd_ps(a3, x, y);
    a4 = _mm256_fmadd_ps(a4, x, y);
    a5 = _mm256_fmadd_ps(a5, x, y);
    a6 = _mm256_fmadd_ps(a6, x, y);
    a7 = _mm256_fmadd_ps(a7, x, y);
    a8 = _mm256_fmadd_ps(a8, x, y);
    a9 = _mm256_fmadd_ps(a9, x, y);
    a10 = _mm256_fmadd_ps(a10, x, y);
    a11 = _mm256_fmadd_ps(a11, x, y);
    asm volatile("" : "+x"(a0), "+x"(a1), "+x"(a2), "+x"(a3), "+x"(a4), "+x"(a5), "+x"(a6), "+x"(a7), "+x"(a8), "+x"(a9), "+x"(a10), "+x"(a11));
  }
  return 12.0 * 16 * n;
}
/** GFLOP/s of `threads` threads doing nothing but fused multiply-adds. */
static double peak(int threads, bool wide) {
  struct Job {
    bool wide;
    double flops[64];
  } job{wide, {0}};
  const uint64_t from = cellstate_now();
  cellstate_parallel(threads, [](void* c, const Team& team) {
    Job& j = *(Job*)c;
    j.flops[team.index] = j.wide ? spin512(1000000) : spin256(1000000);
    team.meet();
  }, &job);
  double total = 0;
  for (double f : job.flops) total += f;
  return total / (cellstate_now() - from);
}
#else
static double peak(int, bool) { return 1; }
#endif

struct Work {
  const char* name;
  int B, T, D, H;
  bool drop;
  int words;  // steps of a row's own, on average, after padding that rows share; 0: all are
};

int main(int argc, char** argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : cellstate_cores();
  const std::string isa = argc > 2 ? argv[2] : "";
  const Engine* engine = cellstate_engine(isa.c_str());
  if (!engine) return puts("this processor does not have that instruction set"), 1;
  const bool wide = std::string(engine->name) == "avx512";
  for (int i = 0; i < 3; i++) peak(threads, wide);
  const Work list[] = {{"W1", 64, 200, 128, 128, false}, {"W1 dropouts", 64, 200, 128, 128, true}, {"W2", 64, 500, 128, 100, false},
                       {"W4 lstm", 64, 60, 50, 200, false}, {"W1 batch 1", 1, 200, 128, 128, false}, {"W7 layer", 20, 35, 650, 650, false},
                       {"W6 a layer", 1, 1, 150, 150, false},    {"W4 shared", 64, 85, 50, 200, false, 10},         {"W3 shared", 32, 56, 100, 150, false, 10}};
  for (const Work& w : list) {
    if (argc > 3 && !strstr(w.name, argv[3])) continue;
    Lstm train(engine, w.B, w.T, w.D, w.H, true, w.drop, threads, w.words), infer(engine, w.B, w.T, w.D, w.H, false, false, threads, w.words);
    // The machine's speed changes from moment to moment (other tenants), so each time is compared with peaks just before and after.
    std::vector<double> a, b, p, share[2];
    const double flops = 2.0 * w.B * w.T * 4 * w.H * (w.D + w.H) * 1e-6;  // MFLOP forward
    const int inner = w.T == 1 ? 2000 : 1;
    double before = peak(threads, wide);
    for (int k = 0; k < 21; k++) {
      for (int which = 0; which < 2; which++) {
        const uint64_t t = cellstate_now();
        for (int i = 0; i < inner; i++) (which ? infer : train).run();
        const double ms = (cellstate_now() - t) * 1e-6 / inner;
        const double after = peak(threads, wide);
        (which ? b : a).push_back(ms);
        share[which].push_back((which ? 1 : 3) * flops / ms / ((before + after) / 2));
        p.push_back(after);
        before = after;
      }
    }
    printf("%-12s %s x%d  train %8.3f ms (best %8.3f) %6.1f GF/s %3.0f %%   infer %8.3f ms (best %8.3f) %6.1f GF/s %3.0f %%   of peak %.0f\n", w.name, engine->name,
           threads, median(a), *std::min_element(a.begin(), a.end()), 3 * flops / median(a), 100 * median(share[0]), median(b),
           *std::min_element(b.begin(), b.end()), flops / median(b), 100 * median(share[1]), median(p));
    if (getenv("CELLSTATE_PROFILE")) train.printProfile();
    fflush(stdout);
  }
}
