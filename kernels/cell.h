// What the recurrent passes know of a cell, and how they reach its arithmetic.
#pragma once
#include "simd.h"

namespace CELLSTATE_NAMESPACE {

/** A cell has such a `kind`, and says by `standard` whether tanh and sigmoid, the usual ones, are compiled for it. */
struct CellKind {
  int slots;       // numbers kept of a unit and step: sums before, gates after
  int gates;       // gates in the weights
  bool hasC;       // a cell state beside the output
  bool direct;     // the state before passes on without a product: its gradient starts from what the cell leaves in dh
  int xSlots[4];   // gate of wx for each slot, -1: none
  int hSlots[4];   // gate of wh for each slot
  int xFrom, xTo;  // the slots that wx has a gate for lie side by side: no product is spent on the others
  int hFrom, hTo;  // likewise for wh
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
