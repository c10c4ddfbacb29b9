// Updates in place over the whole parameter region, and gradient clipping.
#pragma once
#include "elementwise.h"
#include "reduce.h"

namespace CELLSTATE_NAMESPACE {

INLINE double doubleAttribute(const Instruction& q, int i) {
  return __builtin_bit_cast(double, (uint64_t)(uint32_t)q.attribute[i] | (uint64_t)(uint32_t)q.attribute[i + 1] << 32);
}
static __attribute__((noinline)) double wholePower(double base, double n) { return n <= 0 ? 1 : base <= 0 ? 0 : expDouble(n * logDouble(base)); }

/** Adam (Kingma & Ba 2015) as Keras computes it: ε is added to the uncorrected root. */
OP void adam(const Context& c, const Instruction& q, const Team& team) {
  const double beta1 = doubleAttribute(q, 0), beta2 = doubleAttribute(q, 2);
  const double t = c.at(q.in[2])[0], lr = c.at(q.in[1])[0];
  const double root = 1 - wholePower(beta2, t);
  const V rate = set((float)(lr * __builtin_sqrt(root > 0 ? root : 0) / (1 - wholePower(beta1, t))));
  const V new1 = set((float)(1 - beta1)), new2 = set((float)(1 - beta2)), epsilon = set(q.real(4));
  const float* g = c.at(q.in[0]);
  float *w = c.at(q.out[0]), *m = c.at(q.out[1]), *v = c.at(q.out[2]);
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  eachVector<3>({w, m, v, g}, from, to, [=](float* const* p) {
    const V gi = load(p[3]), m0 = load(p[1]), v0 = load(p[2]);
    const V mi = flush(fma(gi - m0, new1, m0));
    const V vi = flush(fma(fma(gi, gi, negate(v0)), new2, v0));
    store(p[1], mi);
    store(p[2], vi);
    store(p[0], load(p[0]) - mi * rate / (squareRoot(vi) + epsilon));
  });
}

OP void sgd(const Context& c, const Instruction& q, const Team& team) {
  const V rate = set(c.at(q.in[1])[0]), momentum = set(q.real(0));
  const float* g = c.at(q.in[0]);
  float *w = c.at(q.out[0]), *m = q.outputs > 1 ? c.at(q.out[1]) : nullptr;
  const bool nesterov = q.attribute[1];
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  if (!m) return mapPair(w, w, g, from, to, [=](V wi, V gi) { return wi - gi * rate; });
  eachVector<2>({w, m, g}, from, to, [=](float* const* p) {
    const V step = load(p[2]) * rate;
    const V mi = flush(fma(momentum, load(p[1]), negate(step)));
    store(p[1], mi);
    store(p[0], load(p[0]) + (nesterov ? fma(momentum, mi, negate(step)) : mi));
  });
}

/** outputs: weights, velocity, then momentum and average as far as they are there. */
OP void rmsprop(const Context& c, const Instruction& q, const Team& team) {
  const V rho = set(q.real(0)), fresh = set(q.real(1)), epsilon = set(q.real(2)), momentum = set(q.real(3));
  const bool centered = q.attribute[4] != 0;
  const V rate = set(c.at(q.in[1])[0]);
  const float* g = c.at(q.in[0]);
  float *w = c.at(q.out[0]), *v = c.at(q.out[1]), *m = nullptr, *a = nullptr;
  for (int k = q.outputs - 1; k >= 2; k--) {
    if (!q.out[k].present()) continue;
    if (centered && !a) a = c.at(q.out[k]);
    else m = c.at(q.out[k]);
  }
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  // an absent momentum or average is the velocity again, which nothing reads or writes then
  eachVector<4>({w, v, m ? m : v, a ? a : v, g}, from, to, [=](float* const* p) {
    const V gi = load(p[4]);
    const V vi = flush(fma(rho, load(p[1]), fresh * gi * gi));
    V under = vi + epsilon;
    if (a) {
      const V ai = flush(fma(rho, load(p[3]), fresh * gi));
      store(p[3], ai);
      under = vi - ai * ai + epsilon;
    }
    V step = gi * rate / squareRoot(under);
    if (m) {
      step = flush(fma(momentum, load(p[2]), step));
      store(p[2], step);
    }
    store(p[1], vi);
    if (!m) store(p[2], vi);
    if (!a) store(p[3], vi);
    store(p[0], load(p[0]) - step);
  });
}

/** norm / |g| where |g| is larger, else 1. */
INLINE float shrinkTo(float norm, float sumOfSquares) {
  const float length = squareRoot(set(sumOfSquares))[0];
  return length > norm ? norm / length : 1;
}

OP void clipByGlobalNorm(const Context& c, const Instruction& q, const Team& team) {
  const float* g = c.at(q.in[0]);
  const Index n = q.in[0].size, blocks = (n + BLOCK - 1) / BLOCK;
  Index from, to;
  team.share(blocks, 1, &from, &to);
  for (Index k = from; k < to; k++) c.spare[k] = sumLanes(g + k * BLOCK, n - k * BLOCK < BLOCK ? n - k * BLOCK : BLOCK, true);
  team.meet();
  float total = 0;
  for (Index k = 0; k < blocks; k++) total += c.spare[k];
  const V by = set(shrinkTo(q.real(0), total));
  team.share(n, 1024, &from, &to);
  mapOne(c.at(q.out[0]), g, from, to, [=](V v) { return v * by; });
}

/** attributes: norm, count, offsets…, count, sizes… */
OP void clipByNorm(const Context& c, const Instruction& q, const Team& team) {
  const float* g = c.at(q.in[0]);
  float* y = c.at(q.out[0]);
  const int count = q.attribute[1];
  const int32_t *offsets = q.attribute + 2, *sizes = q.attribute + 3 + count;
  Index from, to;
  team.share(q.in[0].size, 1024, &from, &to);
  if (y != g) mapOne(y, g, from, to, [](V v) { return v; });
  team.meet();
  team.share(count, 1, &from, &to);
  for (Index k = from; k < to; k++) {
    const V by = set(shrinkTo(q.real(0), sumBlocks(g + offsets[k], sizes[k], true)));
    mapOne(y, g, offsets[k], (Index)offsets[k] + sizes[k], [=](V v) { return v * by; });
  }
}

}  // namespace
