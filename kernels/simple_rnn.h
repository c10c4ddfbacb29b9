// The plain recurrent layer (Elman 1990): h = φ(x·wx + h₋₁·wh + b). One slot a unit.
#pragma once
#include "activation.h"
#include "cell.h"

namespace CELLSTATE_NAMESPACE {

struct SimpleRnnCell {
  static constexpr bool standard = false;
  static constexpr CellKind kind = CellKind::ofGates(1).inputSlots({0}).stateSlots({0});

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
