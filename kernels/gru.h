// Gated recurrent unit with the reset gate after the product (Keras's reset_after). Slots of a unit: z r x̂ ĥ, where the
// candidate is φ(x̂ + r ∘ ĥ), x̂ the input's part and ĥ the state's.
#pragma once
#include "activation.h"
#include "cell.h"

namespace CELLSTATE_NAMESPACE {

struct GruCell {
  static constexpr CellKind kind = {4, 3, false, true, {0, 1, 2, -1}, {0, 1, -1, 2}};

  /** Leaves z, r, the candidate and ĥ. */
  template <class A>
  INLINE void forward(const A& act, float* at, int u, int n, const float* h, const float*, float* hNext, float*) {
    const V z = act.sigma(loadAtLeast(at, n)), r = act.sigma(loadAtLeast(at + u, n));
    const V g = act.phi(fma(r, loadAtLeast(at + 3 * u, n), loadAtLeast(at + 2 * u, n)));
    storePart(at, z, n);
    storePart(at + u, r, n);
    storePart(at + 2 * u, g, n);
    store(hNext, fma(z, load(h) - g, g));
  }

  template <class A>
  INLINE void backward(const A& act, float* at, int u, int n, const float* h, const float*, const float*, float* dhAt, float*) {
    const V z = loadAtLeast(at, n), r = loadAtLeast(at + u, n), g = loadAtLeast(at + 2 * u, n), hHat = loadAtLeast(at + 3 * u, n);
    const V dh = flush(load(dhAt));
    // forward:  h = z ∘ h₋₁ + (1 − z) ∘ g
    const V dz = dh * (load(h) - g), dg = dh * (set(1.f) - z);
    store(dhAt, dh * z);
    // forward:  g = φ(x̂ + r ∘ ĥ)
    const V dSum = flush(dg * act.phiSlope(g));
    const V dr = dSum * hHat;
    storePart(at, flush(dz * act.sigmaSlope(z)), n);
    storePart(at + u, flush(dr * act.sigmaSlope(r)), n);
    storePart(at + 2 * u, dSum, n);
    storePart(at + 3 * u, flush(dSum * r), n);
  }
};

}  // namespace
