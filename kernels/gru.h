// Gated recurrent unit with the reset gate after the product (Keras's reset_after). Slots of a unit: x̂ z r ĥ, where the
// candidate is φ(x̂ + r ∘ ĥ), x̂ the input's part and ĥ the state's; so each product's slots lie side by side.
#pragma once
#include "activation.h"
#include "cell.h"

namespace CELLSTATE_NAMESPACE {

struct GruCell {
#if defined(__wasm__)  // must stay small
  static constexpr bool standard = false;
#else
  static constexpr bool standard = true;
#endif
  static constexpr CellKind kind = CellKind::ofGates(3).inputSlots({2, 0, 1, NONE}).stateSlots({NONE, 0, 1, 2}).withDirectState();

  /** Leaves the candidate, z, r and ĥ. */
  template <class A>
  INLINE void forward(const A& act, float* at, int u, int n, const float* h, const float*, float* hNext, float*) {
    const V z = act.sigma(loadAtLeast(at + u, n)), r = act.sigma(loadAtLeast(at + 2 * u, n));
    const V g = act.phi(fma(r, loadAtLeast(at + 3 * u, n), loadAtLeast(at, n)));
    storePart(at, g, n);
    storePart(at + u, z, n);
    storePart(at + 2 * u, r, n);
    store(hNext, fma(z, load(h) - g, g));
  }

  template <class A>
  INLINE void backward(const A& act, float* at, int u, int n, const float* h, const float*, const float*, float* dhAt, float*) {
    const V g = loadAtLeast(at, n), z = loadAtLeast(at + u, n), r = loadAtLeast(at + 2 * u, n), hHat = loadAtLeast(at + 3 * u, n);
    const V dh = flush(load(dhAt));
    // forward:  h = z ∘ h₋₁ + (1 − z) ∘ g
    const V dz = dh * (load(h) - g), dg = dh * (set(1.f) - z);
    store(dhAt, dh * z);
    // forward:  g = φ(x̂ + r ∘ ĥ)
    const V dSum = flush(dg * act.phiSlope(g));
    const V dr = dSum * hHat;
    storePart(at, dSum, n);
    storePart(at + u, flush(dz * act.sigmaSlope(z)), n);
    storePart(at + 2 * u, flush(dr * act.sigmaSlope(r)), n);
    storePart(at + 3 * u, flush(dSum * r), n);
  }
};

}  // namespace
