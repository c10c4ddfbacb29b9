// What the recurrent passes know of a cell, and how they reach its arithmetic.
#pragma once
#include "simd.h"

namespace CELLSTATE_NAMESPACE {

constexpr int NONE = -1;  // a slot without a gate

/**
 * What the passes know of a cell, said by name: CellKind::ofGates(3).inputSlots({2, 0, 1, NONE}).stateSlots({NONE, 0, 1, 2}).
 * A cell has such a `kind`, and says by `standard` whether tanh and sigmoid, the usual ones, are compiled for it.
 */
struct CellKind {
  int slots = 0;        // numbers kept of a unit and step: sums before, gates after
  int gates = 0;        // gates in the weights
  bool hasC = false;    // a cell state beside the output
  bool direct = false;  // the state before passes on without a product: its gradient starts from what the cell leaves in dh
  int xSlots[4] = {NONE, NONE, NONE, NONE};  // gate of wx for each slot
  int hSlots[4] = {NONE, NONE, NONE, NONE};  // gate of wh for each slot
  int xFrom = 0, xTo = 0;  // the slots that wx has a gate for lie side by side: no product is spent on the others
  int hFrom = 0, hTo = 0;  // likewise for wh

  static constexpr CellKind ofGates(int n) {
    CellKind k;
    k.gates = n;
    return k;
  }
  /** The gate of wx that each slot's columns come from. */
  template <int N>
  constexpr CellKind inputSlots(const int (&gateOf)[N]) const {
    CellKind k = *this;
    k.slots = N;
    fill(gateOf, k.xSlots, k.xFrom, k.xTo);
    return k;
  }
  /** The gate of wh that each slot's columns come from. */
  template <int N>
  constexpr CellKind stateSlots(const int (&gateOf)[N]) const {
    CellKind k = *this;
    k.slots = N;
    fill(gateOf, k.hSlots, k.hFrom, k.hTo);
    return k;
  }
  constexpr CellKind withCellState() const {
    CellKind k = *this;
    k.hasC = true;
    return k;
  }
  /** h is a part of the next h, not only of its sums. */
  constexpr CellKind withDirectState() const {
    CellKind k = *this;
    k.direct = true;
    return k;
  }

 private:
  template <int N>
  static constexpr void fill(const int (&gateOf)[N], int (&slots)[4], int& from, int& to) {
    for (int i = 0; i < N; i++) {
      slots[i] = gateOf[i];
      if (gateOf[i] == NONE) continue;
      if (to == 0) from = i;
      to = i + 1;
    }
  }
};

/** Rows of one panel: units lie side by side, rows `width` (gates) or `stride` (states) apart. */
struct CellRows {
  int rows, units, width;
  size_t stride;
  float* gates;
  const float *h, *c;  // before the step
  float *hNext, *cNext;  // after it; hNext is not read on the way back
  float *dh, *dc;
  int phi, sigma;
};
typedef void (*CellPass)(const CellRows&);

/** Units come in fours (layout.h, Shape): vectors of four have no shorter one behind them. */
constexpr bool TAIL = LANES > 4;

template <class Cell, class Act>
INLINE void forwardRows(const CellRows& a, const Act& act) {
  for (int r = 0; r < a.rows; r++) {
    float* z = a.gates + r * a.width;
    const size_t at = r * a.stride;
    int j = 0;
    for (; j + LANES <= a.units; j += LANES) Cell::forward(act, z + j, a.units, LANES, a.h + at + j, a.c + at + j, a.hNext + at + j, a.cNext + at + j);
    if (TAIL && j < a.units) Cell::forward(act, z + j, a.units, a.units - j, a.h + at + j, a.c + at + j, a.hNext + at + j, a.cNext + at + j);
  }
}
template <class Cell, class Act>
INLINE void backwardRows(const CellRows& a, const Act& act) {
  for (int r = 0; r < a.rows; r++) {
    float* z = a.gates + r * a.width;
    const size_t at = r * a.stride;
    int j = 0;
    for (; j + LANES <= a.units; j += LANES) {
      Cell::backward(act, z + j, a.units, LANES, a.h + at + j, a.c + at + j, a.cNext + at + j, a.dh + at + j, a.dc + at + j);
    }
    if (TAIL && j < a.units) Cell::backward(act, z + j, a.units, a.units - j, a.h + at + j, a.c + at + j, a.cNext + at + j, a.dh + at + j, a.dc + at + j);
  }
}

}  // namespace
