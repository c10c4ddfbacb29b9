// The plain recurrent layer (Elman 1990): h = φ(x·wx + h₋₁·wh + b). One slot a unit.
#pragma once
#include "activation.h"
#include "cell.h"

namespace CELLSTATE_NAMESPACE {

struct SimpleRnnCell {
  static constexpr bool standard = false;
  static constexpr CellKind kind = {1, 1, false, false, {0, -1, -1, -1}, {0, -1, -1, -1}, 0, 1, 0, 1};

  template <class A>
  INLINE void forward(const A& act, float* z, int, int n, const float*, const float*, float* hNext, float*) {
    const V h = act.phi(loadAtLeast(z, n));
    storePart(z, h, n);
    store(hNext, h);
  }

  template <class A>
  INLINE void backward(const A& act, float* z, int, int n, const float*, const float*, const float*, float* dhAt, float*) {
    // forward:  h = φ(z)
    storePart(z, flush(load(dhAt) * act.phiSlope(loadAtLeast(z, n))), n);
  }
};

}  // namespace
