// Counter-based random numbers: the same draws as src/tensor/random.ts (Philox 2x32 with 10 rounds, Salmon et al. 2011).
#pragma once
#include "elementwise.h"

namespace CELLSTATE_NAMESPACE {

enum RandomKind { UNIFORM, NORMAL, DROPOUT };

/** 16 draws of elements `element`.. */
static __attribute__((noinline)) void randomBits(uint32_t* out, uint32_t seed, uint32_t step, uint32_t stream, uint32_t element) {
  uint32_t hi[16], lo[16];
  uint32_t key = (seed * 0x9e3779b9u) ^ ((stream + 1) * 0x85ebca6bu);
  for (int i = 0; i < 16; i++) {
    hi[i] = step;
    lo[i] = element + i;
  }
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 16; i++) {
      const uint64_t product = (uint64_t)0xd256d193u * lo[i];
      lo[i] = (uint32_t)(product >> 32) ^ key ^ hi[i];
      hi[i] = (uint32_t)product;
    }
    key += 0x9e3779b9u;
  }
  for (int i = 0; i < 16; i++) out[i] = lo[i];
}
INLINE float uniformOf(uint32_t bits) { return (float)(bits >> 8) * 5.9604644775390625e-8f; }

OP void random(const Context& c, const Instruction& q, const Team& team) {
  const int kind = q.attribute[0];
  const float rate = q.real(1), keep = (float)(1.0 / (1.0 - (double)rate));
  const uint32_t stream = (uint32_t)q.attribute[2];
  float* y = c.at(q.out[0]);
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  for (Index i = from; i < to; i += 16) {
    uint32_t a[16];
    float u[16];
    randomBits(a, c.seed, c.step, stream, (uint32_t)i);
    for (int k = 0; k < 16; k++) u[k] = uniformOf(a[k]);
    if (kind == DROPOUT) {
      for (int k = 0; k < 16; k++) u[k] = u[k] < rate ? 0.f : keep;
    } else if (kind == NORMAL) {
      // Box and Muller 1958; the second uniform is the draw of element + 2^31
      randomBits(a, c.seed, c.step, stream, (uint32_t)i + 0x80000000u);
      for (int k = 0; k < 16; k += LANES) {
        float v[16];
        for (int j = 0; j < LANES; j++) v[j] = uniformOf(a[k + j]);
        const V r = squareRoot(set(-2.f) * fLog(set(1.f) - load(u + k)));
        store(u + k, r * fCos(set(6.283185307f) * load(v)));
      }
    }
    const int some = (int)(to - i < 16 ? to - i : 16);
    for (int k = 0; k < some; k++) y[i + k] = u[k];
  }
}

}  // namespace
