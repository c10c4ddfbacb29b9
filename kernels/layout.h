// Where everything of a recurrent layer lies: shapes, panels, slots and the pieces of the workspace.
//
// A panel holds 64 columns of the gate matrix: 16 units × 4 slots side by side (64 × 1 for one slot), so that a step
// reads all it needs of a unit at once; the last panel holds the units left over, rounded up to 4 (to 16 when dropout masks or
// single slots need whole vectors). Gates lie in [panel][row of all steps][64]; states before each step in [row of all steps][Hp].
#pragma once
#include "gemm.h"

namespace CELLSTATE_NAMESPACE {

struct RecurrentArguments {
  int B, T, D, H;
  int activation, recurrentActivation;
  bool reverse, zeroOutput;
  int xDrops;                                        // masks for x: 0, 1 or one for each gate
  int biasRows;                                      // 0, 1, or 2 (GRU: input and recurrent bias)
  const float *x, *wx, *wh, *b, *h0, *c0, *xDrop, *hDrop;
  const int32_t *mask, *prefix;
  float *y, *last, *hT, *cT, *saved;
  const float *dy, *dLast, *dhT, *dcT;
  float *dx, *dwx, *dwh, *db, *dh0, *dc0;
  bool packed;                                       // the packed weights are those of the last call
};

/** Sizes that follow from the shapes alone. */
struct Shape {
  Index B, T, D, H;
  int slots, unitsPerPanel, panels, fullPanels, tailUnits, columns;  // columns: of all panels, as packed
  Index Hp, Dp;
  int variants;                                      // copies of A in weight gradients: one for each gate under dropout, else 1
  bool gateX, gateH;                                 // x, or h, has one mask for each gate

  Shape(Index B_, Index T_, Index D_, Index H_, int slots_, int xDrops, bool hDrop) : B(B_), T(T_), D(D_), H(H_), slots(slots_) {
    gateX = xDrops > 1;
    gateH = hDrop && slots > 1;
    variants = gateX || gateH ? 4 : 1;
    unitsPerPanel = PANEL / slots;
    fullPanels = (int)(H / unitsPerPanel);
    const int left = (int)(H - (Index)fullPanels * unitsPerPanel);
    const int unit = variants > 1 || slots == 1 ? 16 : 4;
    tailUnits = (left + unit - 1) / unit * unit;
    panels = fullPanels + (left > 0);
    columns = fullPanels * PANEL + tailUnits * slots;
    Hp = (H + 15) / 16 * 16;
    Dp = (D + 15) / 16 * 16;
  }
  int units(int p) const { return p < fullPanels ? unitsPerPanel : tailUnits; }
  int width(int p) const { return units(p) * slots; }
  /** Units of panel p that exist. */
  int realUnits(int p) const {
    const Index left = H - (Index)p * unitsPerPanel;
    return (int)(left < unitsPerPanel ? left : unitsPerPanel);
  }
  // Rows of a chunk of steps, unless one step alone has more; on the way back their [x | h] must stay in the second-level cache.
  static constexpr Index FORWARD = 256;
  Index backwardRows() const { return 512 / variants; }
  Index chunkRows(Index most) const {
    const Index all = B * T < most ? B * T : most;
    return all > B ? all : B;
  }
  Index ldA() const {  // distance of rows of [x | h]: an odd number of lines, so that rows do not compete for the same cache sets
    const Index lines = (D + H + 15) / 16;
    return (lines | 1) * 16;
  }
  int64_t packedWords() const { return (int64_t)columns * (D + H + 1) + 16; }
  int64_t packedBackWords() const { return (int64_t)columns * (Hp + Dp) + 16; }
};

/** Hands out pieces of a workspace, each on its own cache line; without memory it only counts. */
struct Carver {
  float* memory;
  int64_t used = 0;
  float* take(int64_t words) {
    float* p = memory ? memory + used : nullptr;
    used += (words + 15) / 16 * 16 + 16;
    return p;
  }
};

}  // namespace
