// Long short-term memory: one step of one vector of units. Slots of a unit: i f g o.
#pragma once
#include "activation.h"

namespace CELLSTATE_NAMESPACE {

struct LstmCell {
  static constexpr int SLOTS = 4, GATES = 4;
  static constexpr bool HAS_C = true, DIRECT = false;
  static constexpr int xSlots[4] = {0, 1, 2, 3}, hSlots[4] = {0, 1, 2, 3};

  /** z: the four sums, `u` numbers apart; they become the gates. n: units that exist of this vector. */
  template <class A>
  INLINE void forward(const A& act, float* z, int u, int n, const float*, const float* c, float* hNext, float* cNext) {
    const V i = activate(act.sigma, load(z)), f = activate(act.sigma, load(z + u));
    const V g = activate(act.phi, load(z + 2 * u)), o = activate(act.sigma, load(z + 3 * u));
    const V next = fma(f, load(c), i * g);
    storePart(z, i, n);
    storePart(z + u, f, n);
    storePart(z + 2 * u, g, n);
    storePart(z + 3 * u, o, n);
    store(cNext, next);
    store(hNext, o * activate(act.phi, next));
  }

  /** The gates at z become the gradients of their sums; dc becomes that of the c before. */
  template <class A>
  INLINE void backward(const A& act, float* z, int u, int n, const float*, const float* c, const float* cNext, float* dhAt, float* dcAt) {
    const V i = load(z), f = load(z + u), g = load(z + 2 * u), o = load(z + 3 * u);
    const V dh = load(dhAt);
    // forward:  h = o ∘ φ(c)
    const V t = activate(act.phi, load(cNext));
    const V dO = dh * t;
    const V dc = flush(fma(dh * o, slope(act.phi, t), load(dcAt)));
    // forward:  c = f ∘ c₋₁ + i ∘ g
    const V di = dc * g, df = dc * load(c), dg = dc * i;
    store(dcAt, dc * f);
    // forward:  i = σ(zᵢ)  f = σ(z_f)  g = φ(z_c)  o = σ(z_o)
    storePart(z, flush(di * slope(act.sigma, i)), n);
    storePart(z + u, flush(df * slope(act.sigma, f)), n);
    storePart(z + 2 * u, flush(dg * slope(act.phi, g)), n);
    storePart(z + 3 * u, flush(dO * slope(act.sigma, o)), n);
  }
};

}  // namespace
