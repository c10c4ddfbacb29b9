// Weights of a recurrent layer into panels and their transposes, and gradients out of them.
#pragma once
#include "int8.h"
#include "tile_product.h"
#include "layout.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

/** wx or wh [K, gates·H] → [panel][K][width]; slots without a gate are zero. */
static void packSlots(const Team& team, float* out, const float* w, Index K, const Shape& s, const int* slotGate, int gates) {
  Index from, to;
  team.share(K, 1, &from, &to);
  for (Index k = from; k < to; k++) {  // a row of w is read as it lies
    for (int p = 0; p < s.panels; p++) {
      const int u = s.units(p), real = s.realUnits(p);
      float* row = out + (Index)p * PANEL * K + k * s.width(p);
      for (int slot = 0; slot < s.slots; slot++) {
        const float* in = w + k * gates * s.H + slotGate[slot] * s.H + (Index)p * s.unitsPerPanel;
        copyOrZero(row + slot * u, in, slotGate[slot] < 0 ? 0 : real, u);
      }
    }
  }
}

/** The transpose for gradients: [panel of K][packed column][width of that panel]. */
static void packSlotsTransposed(const Team& team, float* out, const float* w, Index K, const Shape& s, const int* slotGate, int gates) {
  const Index panels = panelCount(K);
  Index from, to;
  team.share(panels * s.panels, 1, &from, &to);
  for (Index task = from; task < to; task++) {
    const Index n = task / s.panels;
    const int p = (int)(task % s.panels);
    const int width = panelWidth(K, n), u = s.units(p), real = s.realUnits(p);
    float* to = out + n * PANEL * s.columns + (Index)p * PANEL * width;
    const Index rows = K - n * PANEL < width ? K - n * PANEL : width;
    if (rows < width || real < u || gates < s.slots) {
      for (Index i = 0; i < (Index)s.width(p) * width; i++) to[i] = 0;
    }
    for (int slot = 0; slot < s.slots; slot++) {
      if (slotGate[slot] < 0) continue;
      transpose(to + (Index)slot * u * width, width, w + n * PANEL * gates * s.H + slotGate[slot] * s.H + (Index)p * s.unitsPerPanel,
                (Index)gates * s.H, rows, real);
    }
  }
}

/** Sums over slots back to natural order: acc [panel][M rows][width], rows `skip`.. → dw [K, gates·H] (overwritten). */
static void unpackSlots(const Team& team, float* dw, const float* acc, Index M, Index skip, Index K, const Shape& s, const int* slotGate,
                        int gates) {
  Index from, to;
  team.share(K, 1, &from, &to);
  for (Index k = from; k < to; k++) {
    for (int p = 0; p < s.panels; p++) {
      const int u = s.units(p), real = s.realUnits(p);
      const float* row = acc + (Index)p * PANEL * M + (skip + k) * s.width(p);
      for (int slot = 0; slot < s.slots; slot++) {
        if (slotGate[slot] < 0) continue;
        float* out = dw + k * gates * s.H + slotGate[slot] * s.H + (Index)p * s.unitsPerPanel;
        copyOrZero(out, row + slot * u, real, real);
      }
    }
  }
}

/** Packed weights as whole numbers, each column by itself, in place; `scale` and `begin` are as roundColumns leaves them. */
static void roundPanels(const Team& team, float* packed, float* scale, int32_t* begin, Index K, const Shape& s) {
  Index from, to;
  team.share(s.panels, 1, &from, &to);
  for (Index p = from; p < to; p++) roundColumns(packed + p * PANEL * K, packed + p * PANEL * K, scale + p * PANEL, begin + p * PANEL, K, s.width((int)p), false);
}

/** Weights as the forward pass reads them: panels of wx and wh, the sum of the biases; of rounded ones the factors of their columns and what sums begin with. */
struct PackedWeights {
  float *wx, *wh, *bias, *xScale, *hScale;
  int32_t *xBegin, *hBegin;

  void place(const Shape& s, float* memory) {
    wx = memory;
    wh = wx + s.columns * s.D;
    bias = wh + s.columns * s.H;
    xScale = bias + s.columns;
    hScale = xScale + s.columns;
    xBegin = (int32_t*)hScale + s.columns;
    hBegin = xBegin + s.columns;
  }
  void pack(const Layout& l) const {
    const RecurrentArguments& a = l.a;
    const CellKind& kind = l.kind;
    const Shape& s = l.s;
    if (a.packed) return;
    packSlots(l.team, wx, a.wx, s.D, s, kind.xSlots, kind.gates);
    packSlots(l.team, wh, a.wh, s.H, s, kind.hSlots, kind.gates);
    if (a.bf16) {
      l.team.meet();
      roundShare(l.team, wx, wx, s.columns * (s.D + s.H));
#if CELLSTATE_TILES
      if (a.tiles) {
        l.team.meet();
        Index from, to;
        l.team.share(s.panels, 1, &from, &to);
        for (Index p = from; p < to; p++) {
          float *x = wx + p * PANEL * s.D, *h = wh + p * PANEL * s.H;
          tilePanel(x, x, s.D, s.width((int)p));
          tilePanel(h, h, s.H, s.width((int)p));
        }
      }
#endif
    }
    if (a.int8) {
      l.team.meet();
      roundPanels(l.team, wx, xScale, xBegin, s.D, s);
      roundPanels(l.team, wh, hScale, hBegin, s.H, s);
    }
    if (l.team.index != 0) return;
    for (int p = 0; p < s.panels; p++) {
      const int u = s.units(p);
      for (int slot = 0; slot < s.slots; slot++) {
        for (int j = 0; j < u; j++) {
          float sum = 0;
          const Index unit = (Index)p * s.unitsPerPanel + j;
          if (a.b && unit < s.H) {
            if (kind.xSlots[slot] >= 0) sum += a.b[kind.xSlots[slot] * s.H + unit];
            if (a.biasRows == 2 && kind.hSlots[slot] >= 0) sum += a.b[(kind.gates + kind.hSlots[slot]) * s.H + unit];
          }
          bias[p * PANEL + slot * u + j] = sum;
        }
      }
    }
  }
};

/** Weights as the backward pass reads them. */
struct PackedTransposes {
  float *whT, *wxT;

  void place(const Shape& s, float* memory) {
    whT = memory;
    wxT = whT + s.columns * s.Hp;
  }
  void pack(const Layout& l) const {
    if (l.a.packed) return;
    packSlotsTransposed(l.team, whT, l.a.wh, l.s.H, l.s, l.kind.hSlots, l.kind.gates);
    packSlotsTransposed(l.team, wxT, l.a.wx, l.s.D, l.s, l.kind.xSlots, l.kind.gates);
    if (!l.a.bf16) return;
    l.team.meet();
    roundShare(l.team, whT, whT, l.s.columns * (l.s.Hp + l.s.Dp));
#if CELLSTATE_TILES
    if (!l.a.tiles) return;
    l.team.meet();
    tilePanels(l.team, whT, l.s.H, l.s);
    tilePanels(l.team, wxT, l.s.D, l.s);
#endif
  }
#if CELLSTATE_TILES
  /** Of each panel of K the gates' panels, one after another, become words: those of their own columns. */
  static void tilePanels(const Team& team, float* w, Index K, const Shape& s) {
    Index from, to;
    team.share(panelCount(K), 1, &from, &to);
    for (Index n = from; n < to; n++) {
      const int width = panelWidth(K, n);
      float* panel = w + n * PANEL * s.columns;
      for (int p = 0; p < s.panels; p++) tilePanel(panel + tileWords(PANEL) * p * width, panel + (Index)PANEL * p * width, s.width(p), width);
    }
  }
#endif
};

/** Masks of the gates side by side, to[i][slot] of masks[gate][n]; a slot without a gate gets zeros. */
static void interleaveMasks(const Team& team, float* to, const float* masks, Index n, const int* slotGate) {
  if (!to) return;
  Index from, end;
  team.share(n, 16, &from, &end);
  for (Index i = from; i < end; i++) {
    for (int slot = 0; slot < 4; slot++) to[4 * i + slot] = slotGate[slot] < 0 ? 0 : masks[slotGate[slot] * n + i];
  }
}

}  // namespace
