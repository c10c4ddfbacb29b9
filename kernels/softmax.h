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

/** loss = −Σ t · (x − max − log Σ), probabilities. Targets are rows of numbers, or one label each. */
OP void softmaxCrossEntropy(const Context& c, const Instruction& q, const Team& team) {
  const Index n = q.in[0].dim(-1), rows = n > 0 ? q.in[0].size / n : 0;
  const bool sparse = q.op == OP_SPARSE_SOFTMAX_CROSS_ENTROPY;
  float *loss = c.at(q.out[0]), *probabilities = q.outputs > 1 ? c.at(q.out[1]) : nullptr;
  Index from, to;
  team.share(rows, 1, &from, &to);
  for (Index r = from; r < to; r++) {
    const float* x = c.at(q.in[0]) + r * n;
    float* y = probabilities ? probabilities + r * n : nullptr;
    const float most = maxOf(x, n), sum = expRow(y, x, n, most), shift = logOf(sum);
    if (y) divideRow(y, n, sum);
    if (!loss) continue;
    if (sparse) {
      const int32_t label = c.integers(q.in[1])[r];
      loss[r] = label >= 0 && label < n ? shift - (x[label] - most) : __builtin_nanf("");
    } else {
      const float* t = c.at(q.in[1]) + r * n;
      V total[VECTORS];
      for (int k = 0; k < VECTORS; k++) total[k] = set(0.f);
      for (Index i = 0; i < n; i += LANES) {
        const int some = (int)(n - i < LANES ? n - i : LANES);
        V& s = total[i / LANES % VECTORS];
        s = fma(loadPart(t + i, some), set(shift) - (loadPart(x + i, some) - set(most)), s);
      }
      loss[r] = acrossLanes(total);
    }
  }
}

}  // namespace
