// The plain recurrent layer (Elman 1990): h = φ(x·wx + h₋₁·wh + b). One slot a unit.
#pragma once
#include "activation.h"

namespace CELLSTATE_NAMESPACE {

struct SimpleRnnCell {
  static constexpr int SLOTS = 1, GATES = 1;
  static constexpr bool HAS_C = false, DIRECT = false;
  static constexpr int xSlots[4] = {0, -1, -1, -1}, hSlots[4] = {0, -1, -1, -1};

  template <class A>
  INLINE void forward(const A& act, float* z, int, int n, const float*, const float*, float* hNext, float*) {
    const V h = activate(act.phi, load(z));
    storePart(z, h, n);
    store(hNext, h);
  }

  template <class A>
  INLINE void backward(const A& act, float* z, int, int n, const float*, const float*, const float*, float* dhAt, float*) {
    // forward:  h = φ(z)
    storePart(z, flush(load(dhAt) * slope(act.phi, load(z))), n);
  }
};

}  // namespace
