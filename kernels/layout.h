// Where everything of a recurrent layer lies: shapes, panels, slots and the pieces of the workspace.
//
// A panel holds 64 columns of the gate matrix: 16 units × 4 slots side by side (64 × 1 for one slot), so that a step
// reads all it needs of a unit at once; the last panel holds the units left over, rounded up to 4 (to 16 when dropout masks or
// single slots need whole vectors). Gates lie in [panel][row of all steps][64]; states before each step in [row of all steps][Hp].
#pragma once
#include "cell.h"
#include "gemm.h"
#include "schedule.h"

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
  float* seen[5];                                    // gates of all steps, in the order of the weights, then c; each may be null
  const float *dy, *dLast, *dhT, *dcT;
  float *dx, *dwx, *dwh, *db, *dh0, *dc0;
  bool int8;                                         // products of numbers rounded to 8 bits
  bool bf16;                                         // products of numbers rounded to bfloat16
  bool tiles;                                        // by tiles (tile_product.h), where that fits
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
  /** With `int8` each matrix has its columns' factors too, and what their sums begin with. */
  int64_t packedWords(bool int8) const { return (int64_t)columns * (D + H + (int8 ? 5 : 1)) + 16; }
  int64_t packedBackWords() const { return (int64_t)columns * (Hp + Dp) + 16; }
};

/** Hands out pieces of a workspace, each on its own cache line; without memory it only counts. */
struct Arena {
  float* memory;
  int64_t used = 0;
  float* take(int64_t words) {
    float* p = memory ? memory + used : nullptr;
    used += (words + 15) / 16 * 16 + 16;
    return p;
  }
};

/** What forward.h and backward.h share: the call, its sizes, which rows are active when, and where gates and states lie. */
struct Layout {
  const RecurrentArguments& a;
  const Team& team;
  const CellKind& kind;
  CellPass arithmetic;      // of the cell, forward or backward
  Shape s;
  Schedule* schedule;
  int* scheduleWords;
  // gates and states of all rows (saved), or of one chunk and two steps (kept within the call)
  float *gates, *h, *c;
  Index gateRows;
  bool doubleBuffered;      // states of two steps only, by turns
  float *hFinal, *cFinal;   // of each sorted row

  Layout(const RecurrentArguments& arguments, const Team& t, const CellKind& k, CellPass pass)
      : a(arguments), team(t), kind(k), arithmetic(pass),
        s(arguments.B, arguments.T, arguments.D, arguments.H, k.slots, arguments.xDrops, arguments.hDrop != nullptr) {}

  void layoutSchedule(Arena& arena) {
    schedule = (Schedule*)arena.take((sizeof(Schedule) + 3) / 4);
    scheduleWords = (int*)arena.take(Schedule::words(s.B, s.T));
  }

  /** All steps, in the saved buffer: gates, then h, then c. */
  void layoutSaved() {
    gates = a.saved;
    h = gates + s.T * s.B * kind.slots * s.Hp;
    c = kind.hasC ? h + (s.T + 1) * s.B * s.Hp : nullptr;
    doubleBuffered = false;
    gateRows = schedule->total;
    hFinal = h + schedule->total * s.Hp;
    cFinal = c ? c + schedule->total * s.Hp : nullptr;
  }

  /** Gates of a chunk of `rows` rows and the states of two steps, in the workspace. */
  void layoutTwoSteps(Arena& arena, Index rows) {
    doubleBuffered = true;
    gateRows = rows;
    gates = arena.take(rows * s.columns);
    h = arena.take(2 * (s.B + 1) * s.Hp);
    c = kind.hasC ? arena.take(2 * (s.B + 1) * s.Hp) : nullptr;
    hFinal = arena.take((s.B + 1) * s.Hp);
    cFinal = kind.hasC ? arena.take((s.B + 1) * s.Hp) : nullptr;
  }

  void prepareSchedule() {
    if (team.index == 0) {
      buildSchedule(*schedule, a.B, a.T, a.mask, a.prefix, a.reverse, scheduleWords);
    }
    team.meet();
  }

  Index rowInChunk(int chunkStart, int step, int r) const { return schedule->row(step, r) - schedule->offset[chunkStart]; }
  float* gateAt(int p, int chunkStart, int step, int r) const {
    return gates + (Index)p * PANEL * gateRows + (doubleBuffered ? rowInChunk(chunkStart, step, r) : schedule->row(step, r)) * s.width(p);
  }
  /** State before `step` of sorted row r; rows that are not active then have theirs in the finals. */
  float* stateAt(float* all, float* finals, int step, int r) const {
    if (!schedule->active(step, r)) return finals + (Index)r * s.Hp;
    return all + (doubleBuffered ? (step & 1) * (s.B + 1) + r : schedule->row(step, r)) * s.Hp;
  }
  float* hAt(int step, int r) const { return stateAt(h, hFinal, step, r); }
  float* cAt(int step, int r) const { return kind.hasC ? stateAt(c, cFinal, step, r) : nullptr; }
  bool hasPrefix(int step, int r0) const { return r0 == 0 && step < schedule->prefixSteps; }
  const float* xAt(int step, int r) const {
    const int i = schedule->timeOf(r, step);
    return a.x + ((Index)schedule->order[r] * s.T + (a.reverse ? s.T - 1 - i : i)) * s.D;
  }
  /** Whether threads own panels, and meet after each step. */
  bool panelsSplit() const {
    const Index weights = s.columns * s.H * 4;  // bytes
    const bool few = schedule->rows < 4 * team.count || schedule->prefixSteps > 0;
    return team.count > 1 && s.panels >= team.count && ((few && weights >= 65536 && !team.crowded) || weights > 786432);
  }
  /** Whether all rows of a step are taken together, by one thread or by all. */
  bool together() const { return team.count == 1 || panelsSplit(); }
  int panelsFrom(int thread) const { return s.panels * thread / team.count; }

  /** Columns of panel p that one product is for: `count` from `from` on, whole vectors; all of them under dropout. */
  struct Columns {
    int from, count;
  };
  Columns columns(int p, int slotFrom, int slotTo, bool gated) const {
    const int u = s.units(p);
    if (gated || u % 16 != 0) return {0, s.width(p)};
    return {slotFrom * u, (slotTo - slotFrom) * u};
  }
  Columns xColumns(int p) const { return columns(p, kind.xFrom, kind.xTo, s.variants > 1); }
  Columns hColumns(int p) const { return columns(p, kind.hFrom, kind.hTo, s.variants > 1); }

  /** Whether `last` shows the row's final state. */
  bool showsLast(int r) const {
    if (schedule->prefixSteps) return true;
    const int n = schedule->length[r];
    return n > 0 && (!a.zeroOutput || schedule->timeOf(r, n - 1) == s.T - 1);
  }

  /** The cell's arithmetic for rows r0..r1 of one panel; rows that end at this step, and the prefix row, leave their state elsewhere. */
  void cellRows(int chunkStart, int step, int r0, int r1, int p, float* dh, float* dc) {
    const Index unit = (Index)p * s.unitsPerPanel;
    const int bounds[] = {schedule->from[step + 1], schedule->until[step + 1], r1};
    for (int bound : bounds) {
      const int end = bound < r1 ? bound : r1;
      if (r0 >= end) continue;
      CellRows q;
      q.rows = end - r0;
      q.units = s.units(p);
      q.width = s.width(p);
      q.stride = s.Hp;
      q.gates = gateAt(p, chunkStart, step, r0);
      q.h = q.c = hAt(step, r0) + unit;
      q.hNext = q.cNext = hAt(step + 1, r0) + unit;
      if (kind.hasC) {
        q.c = cAt(step, r0) + unit;
        q.cNext = cAt(step + 1, r0) + unit;
      }
      q.dh = q.dc = nullptr;
      if (dh) {
        q.dh = dh + (Index)r0 * s.Hp + unit;
        q.dc = dc + (Index)r0 * s.Hp + unit;
      }
      q.phi = a.activation;
      q.sigma = a.recurrentActivation;
      arithmetic(q);
      r0 = end;
    }
  }
};

}  // namespace
