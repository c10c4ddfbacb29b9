// Runs of words: copied, cleared, multiplied, added.
#pragma once
#include "simd.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

/** The first `real` of n numbers, zeros behind them. */
INLINE void copyOrZero(float* to, const float* from, int real, int n) {
  int j = 0;
  for (; j + LANES <= real; j += LANES) store(to + j, load(from + j));
  for (; j < real; j++) to[j] = from[j];
  for (; j < n; j++) to[j] = 0;
}
static __attribute__((noinline)) void copyWords(float* to, const float* from, Index n) {
  Index i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, load(from + i));
  for (; i < n; i++) to[i] = from[i];
}
static __attribute__((noinline)) void zeroWords(float* to, Index n) {
  Index i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, set(0.f));
  for (; i < n; i++) to[i] = 0;
}
static __attribute__((noinline)) void multiplyWords(float* to, const float* a, const float* b, Index n) {
  Index i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, load(a + i) * load(b + i));
  for (; i < n; i++) to[i] = a[i] * b[i];
}
/** Numbers as bfloat16 holds them; `to` may be `from`. */
static __attribute__((noinline)) void roundWords(float* to, const float* from, Index n) {
  Index i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, toBf16(load(from + i)));
  if (i < n) storePart(to + i, toBf16(loadPart(from + i, (int)(n - i))), (int)(n - i));
}
/** By the whole team, each thread its share. */
static void roundShare(const Team& team, float* to, const float* from, Index n) {
  Index a, b;
  team.share(n, 16, &a, &b);
  roundWords(to + a, from + a, b - a);
}

/** to[4i + g] = x[i] · masks[4i + g] */
static __attribute__((noinline)) void multiplyGates(float* to, const float* x, const float* masks, Index n) {
  for (Index i = 0; i < n; i++) *(Four*)(to + 4 * i) = *(const Four*)(masks + 4 * i) * x[i];
}
static __attribute__((noinline)) void addWords(float* to, const float* from, Index n) {
  Index i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, load(to + i) + load(from + i));
  for (; i < n; i++) to[i] += from[i];
}

}  // namespace
