// softmax, logSoftmax and the cross-entropies over the last axis. Threads split the rows.
#pragma once
#include "elementwise.h"
#include "reduce.h"

namespace CELLSTATE_NAMESPACE {

/** y = exp(x − max); returns the sum of y. Without y, only the sum. */
static __attribute__((noinline)) float expRow(float* y, const float* x, Index n, float most) {
  V sum[VECTORS];
  for (int k = 0; k < VECTORS; k++) sum[k] = set(0.f);
  const V m = set(most);
  for (Index i = 0; i < n; i += LANES) {
    const int some = (int)(n - i < LANES ? n - i : LANES);
    V e = exp(loadPart(x + i, some) - m);
    if (some < LANES) {
      float t[LANES];
      store(t, e);
      e = loadPart(t, some);  // lanes beyond the row count as 0
    }
    if (y) storePart(y + i, e, some);
    V& s = sum[i / LANES % VECTORS];
    s = s + e;
  }
  return acrossLanes(sum);
}
static float logOf(float x) { return fLog(set(x))[0]; }

static __attribute__((noinline)) void divideRow(float* y, Index n, float by) {
  mapOne(y, y, 0, n, [=](V v) { return v / set(by); });
}

OP void softmax(const Context& c, const Instruction& q, const Team& team) {
  const Index n = q.in[0].dim(-1), rows = n > 0 ? q.in[0].size / n : 0;
  Index from, to;
  team.share(rows, 1, &from, &to);
  for (Index r = from; r < to; r++) {
    const float* x = c.at(q.in[0]) + r * n;
    float* y = c.at(q.out[0]) + r * n;
    divideRow(y, n, expRow(y, x, n, maxOf(x, n)));
  }
}

OP void logSoftmax(const Context& c, const Instruction& q, const Team& team) {
  const Index n = q.in[0].dim(-1), rows = n > 0 ? q.in[0].size / n : 0;
  Index from, to;
  team.share(rows, 1, &from, &to);
  for (Index r = from; r < to; r++) {
    const float* x = c.at(q.in[0]) + r * n;
    const float most = maxOf(x, n), shift = logOf(expRow(nullptr, x, n, most));
    mapOne(c.at(q.out[0]) + r * n, x, 0, n, [=](V v) { return v - set(most) - set(shift); });
  }
}

OP void softmaxBack(const Context& c, const Instruction& q, const Team& team) {
  const Index n = q.in[0].dim(-1), rows = n > 0 ? q.in[0].size / n : 0;
  Index from, to;
  team.share(rows, 1, &from, &to);
  for (Index r = from; r < to; r++) {
    const float *y = c.at(q.in[0]) + r * n, *dy = c.at(q.in[1]) + r * n;
    float* dx = c.at(q.out[0]) + r * n;
    // forward:  y = exp(x) / Σ exp(x)
    mapPair(dx, y, dy, 0, n, [](V a, V b) { return a * b; });
    const V dot = set(sumLanes(dx, n, false));
    mapPair(dx, y, dy, 0, n, [=](V a, V b) { return a * (b - dot); });
  }
}

/**
 * loss = −Σ t · (x − max − log Σ); and back, dx = (softmax(x) − t) · dLoss, which may lie where x does. Targets are rows of numbers,
 * or one label each.
 */
OP void softmaxCrossEntropy(const Context& c, const Instruction& q, const Team& team) {
  const Index n = q.in[0].dim(-1), rows = n > 0 ? q.in[0].size / n : 0;
  const bool sparse = q.in[1].integer, back = q.inputs > 2;
  Index from, to;
  team.share(rows, 1, &from, &to);
  for (Index r = from; r < to; r++) {
    const float *x = c.at(q.in[0]) + r * n, *t = c.at(q.in[1]) + (sparse ? r : r * n);
    float* y = c.at(q.out[0]) + (back ? r * n : r);
    const float most = maxOf(x, n), sum = expRow(back ? y : nullptr, x, n, most), shift = logOf(sum), d = back ? c.at(q.in[2])[r] : 0;
    const int32_t label = sparse ? *(const int32_t*)t : -1;
    const bool known = (uint64_t)(uint32_t)label < (uint64_t)n;
    const float own = !known ? __builtin_nanf("") : back ? (y[label] / sum - 1) * d : shift - (x[label] - most);
    V total[VECTORS];
    for (int k = 0; k < VECTORS; k++) total[k] = set(0.f);
    for (Index i = 0; i < n && (back || !sparse); i += LANES) {
      const int some = (int)(n - i < LANES ? n - i : LANES);
      const V target = sparse ? set(0.f) : loadPart(t + i, some);
      V& s = total[i / LANES % VECTORS];
      const V v = loadPart((back ? y : x) + i, some);
      if (back) storePart(y + i, (v / set(sum) - target) * set(d), some);
      else s = fma(target, set(shift) - (v - set(most)), s);
    }
    if (!back) *y = sparse ? own : acrossLanes(total);
    else if (known) y[label] = own;
  }
}

}  // namespace
