// Updates in place over the whole parameter region, and gradient clipping.
#pragma once
#include "elementwise.h"
#include "reduce.h"

namespace CELLSTATE_NAMESPACE {

INLINE double doubleAttribute(const Instruction& q, int i) {
  return __builtin_bit_cast(double, (uint64_t)(uint32_t)q.attribute[i] | (uint64_t)(uint32_t)q.attribute[i + 1] << 32);
}
static __attribute__((noinline)) double wholePower(double base, double n) { return n <= 0 ? 1 : base <= 0 ? 0 : expDouble(n * logDouble(base)); }

/** Adam (Kingma & Ba 2015) as Keras computes it: ε is added to the uncorrected root. Squares of the gradient may be given. */
OP void adam(const Context& c, const Instruction& q, const Team& team) {
  const double beta1 = doubleAttribute(q, 0), beta2 = doubleAttribute(q, 2);
  const double t = c.at(q.in[2])[0], lr = c.at(q.in[1])[0];
  const double root = 1 - wholePower(beta2, t);
  const V rate = set((float)(lr * __builtin_sqrt(root > 0 ? root : 0) / (1 - wholePower(beta1, t))));
  const V new1 = set((float)(1 - beta1)), new2 = set((float)(1 - beta2)), epsilon = set(q.real(4));
  const bool given = q.in[3].present();
  const float *g = c.at(q.in[0]), *squares = given ? c.at(q.in[3]) : g;
  float *w = c.at(q.out[0]), *m = c.at(q.out[1]), *v = c.at(q.out[2]);
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  eachVector<3>({w, m, v, g, squares}, from, to, [=](float* const* p) {
    const V gi = load(p[3]), m0 = load(p[1]), v0 = load(p[2]);
    const V mi = flush(fma(gi - m0, new1, m0));
    const V vi = flush(fma(fma(load(p[4]), given ? set(1.f) : gi, negate(v0)), new2, v0));
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
  for (Index k = from; k < to; k++) c.workspace[k] = sumLanes(g + k * BLOCK, n - k * BLOCK < BLOCK ? n - k * BLOCK : BLOCK, true);
  team.meet();
  float total = 0;
  for (Index k = 0; k < blocks; k++) total += c.workspace[k];
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
