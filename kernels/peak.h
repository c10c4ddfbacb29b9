// The processor's own limit: fused multiply-adds on registers. For profiles only, so WASM does without.
#pragma once
#include "engine.h"
#include "simd.h"

namespace CELLSTATE_NAMESPACE {

#if defined(__wasm__)
static double peak() { return 0; }
#else
#if defined(__AVX512F__)
#define HOLD(a) asm volatile("" : "+v"(a))
#elif defined(CELLSTATE_WIDE_MODEL)
#define HOLD(a) asm volatile("" : "+m"(a))
#elif defined(__x86_64__)
#define HOLD(a) asm volatile("" : "+x"(a))
#else
#define HOLD(a) asm volatile("" : "+w"(a))
#endif

/** GFLOP/s of one thread, the best of a few short tries; 3 ms in all. */
static double peak() {
  enum { SUMS = 12, TURNS = 20000 };  // a multiply-add takes about 4 cycles and two begin in each: 8 or more must not wait for each other
  const V x = set(0.999f), y = set(1e-3f);
  double best = 0;
  for (int attempt = 0; attempt < 40; attempt++) {
    V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
    const uint64_t from = cellstate_now();
    for (int n = 0; n < TURNS; n++) {
      a = fma(a, x, y), b = fma(b, x, y), c = fma(c, x, y), d = fma(d, x, y), e = fma(e, x, y), f = fma(f, x, y);
      g = fma(g, x, y), h = fma(h, x, y), i = fma(i, x, y), j = fma(j, x, y), k = fma(k, x, y), l = fma(l, x, y);
      HOLD(a); HOLD(b); HOLD(c); HOLD(d); HOLD(e); HOLD(f);
      HOLD(g); HOLD(h); HOLD(i); HOLD(j); HOLD(k); HOLD(l);
    }
    const double rate = 2.0 * LANES * SUMS * TURNS / (double)(cellstate_now() - from + 1);
    if (rate > best) best = rate;
  }
  return best;
}
#endif

}  // namespace CELLSTATE_NAMESPACE
