// Long short-term memory: one step of one vector of units. Slots of a unit: i f g o.
#pragma once
#include "activation.h"
#include "cell.h"

namespace CELLSTATE_NAMESPACE {

struct LstmCell {
  static constexpr bool standard = true;
  static constexpr CellKind kind = CellKind::ofGates(4).inputSlots({0, 1, 2, 3}).stateSlots({0, 1, 2, 3}).withCellState();

  /** z: the four sums, `u` numbers apart; they become the gates. n: units that exist of this vector. */
  template <class A>
  INLINE void forward(const A& act, float* z, int u, int n, const float*, const float* c, float* hNext, float* cNext) {
    const V i = act.sigma(loadAtLeast(z, n)), f = act.sigma(loadAtLeast(z + u, n));
    const V g = act.phi(loadAtLeast(z + 2 * u, n)), o = act.sigma(loadAtLeast(z + 3 * u, n));
    const V next = fma(f, load(c), i * g);
    storePart(z, i, n);
    storePart(z + u, f, n);
    storePart(z + 2 * u, g, n);
    storePart(z + 3 * u, o, n);
    store(cNext, next);
    store(hNext, o * act.phi(next));
  }

  /** The gates at z become the gradients of their sums; dc becomes that of the c before. */
  template <class A>
  INLINE void backward(const A& act, float* z, int u, int n, const float*, const float* c, const float* cNext, float* dhAt, float* dcAt) {
    const V i = loadAtLeast(z, n), f = loadAtLeast(z + u, n), g = loadAtLeast(z + 2 * u, n), o = loadAtLeast(z + 3 * u, n);
    const V dh = load(dhAt);
    // forward:  h = o ∘ φ(c)
    const V t = act.phi(load(cNext));
    const V dO = dh * t;
    const V dc = flush(fma(dh * o, act.phiSlope(t), load(dcAt)));
    // forward:  c = f ∘ c₋₁ + i ∘ g
    const V di = dc * g, df = dc * load(c), dg = dc * i;
    store(dcAt, dc * f);
    // forward:  i = σ(zᵢ)  f = σ(z_f)  g = φ(z_c)  o = σ(z_o)
    storePart(z, flush(di * act.sigmaSlope(i)), n);
    storePart(z + u, flush(df * act.sigmaSlope(f)), n);
    storePart(z + 2 * u, flush(dg * act.phiSlope(g)), n);
    storePart(z + 3 * u, flush(dO * act.sigmaSlope(o)), n);
  }
};

}  // namespace
