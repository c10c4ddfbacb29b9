// What lstm, gru and simpleRnn share: packed weights, the forward pass over a whole sequence and its reverse.
//
// Who does what. A member owns rows of the batch and takes them through all steps without a barrier; where there are too few
// rows, or the recurrent weights do not fit its cache, members own panels instead and meet after each step. The chains of sums
// are the same either way. Weight gradients are products over all rows of a chunk of steps; members split their panels.
//
// The chain that rows with padding share is one more row (schedule.h): where all rows of a step are taken together, it costs no
// pass over the weights of its own, and rows join it as they begin.
#pragma once
#include "cell.h"
#include "gemm.h"
#include "layout.h"
#include "pack.h"
#include "schedule.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

struct Recurrent {
  const RecurrentArguments& a;
  const Team& team;
  const CellKind& kind;
  CellPass forwardPass, backwardPass;
  Shape s;
  Schedule* plan;
  int* planWords;
  // packed weights
  float *wx, *wh, *bias, *whT, *wxT;
  // gates and states of all rows (saved), or of one chunk and two steps (kept within the call)
  float *gates, *h, *c;
  Index gateRows;
  bool ring;
  float *hFinal, *cFinal;   // by place
  float *xs;                // x of a chunk in the order of its rows, [rows][Dp], or [rows][Dp][4] times each gate's mask
  Index xsRows;
  float *hMasked;           // h before this step and the next times its mask, [2][B][Hp], or [2][B][Hp][4] for each gate's
  float *xMasks, *hMasks;   // masks of the gates side by side: [B][D][4], [B][H][4]
  // backward
  float *rowsA, *acc, *accBias, *dh = nullptr, *dc = nullptr, *spare;
  Index aRows;

  Recurrent(const RecurrentArguments& arguments, const Team& t, const CellKind& k, CellPass forward, CellPass back)
      : a(arguments), team(t), kind(k), forwardPass(forward), backwardPass(back),
        s(arguments.B, arguments.T, arguments.D, arguments.H, k.slots, arguments.xDrops, arguments.hDrop != nullptr) {}

  void layoutPacked(float* memory, bool back) {
    wx = memory;
    wh = wx + s.columns * s.D;
    bias = wh + s.columns * s.H;
    if (back) {
      whT = memory;
      wxT = whT + s.columns * s.Hp;
    }
  }

  /** Places in the saved buffer: gates, then h, then c. */
  void layoutSaved() {
    gates = a.saved;
    h = gates + s.T * s.B * kind.slots * s.Hp;
    c = kind.hasC ? h + (s.T + 1) * s.B * s.Hp : nullptr;
    ring = false;
    gateRows = plan->total;
    hFinal = h + plan->total * s.Hp;
    cFinal = c ? c + plan->total * s.Hp : nullptr;
  }

  void layoutPlan(Carver& w) {
    plan = (Schedule*)w.take((sizeof(Schedule) + 3) / 4);
    planWords = (int*)w.take(Schedule::words(s.B, s.T));
  }

  void layoutMasks(Carver& w) {
    xMasks = s.gateX ? w.take(4 * s.B * s.D) : nullptr;
    hMasks = s.gateH ? w.take(4 * s.B * s.H) : nullptr;
  }

  void layoutForward(Carver& w) {
    layoutPlan(w);
    xsRows = s.chunkRows(Shape::FORWARD);
    xs = w.take((s.gateX ? 4 : 1) * xsRows * s.Dp);
    hMasked = a.hDrop ? w.take((s.gateH ? 4 : 1) * 2 * s.B * s.Hp) : nullptr;
    layoutMasks(w);
    spare = w.take((Index)team.count * ROWS * PANEL) + team.index * ROWS * PANEL * (w.memory != nullptr);
    if (a.saved) return;
    ring = true;
    gateRows = xsRows;
    gates = w.take(xsRows * s.columns);
    h = w.take(2 * (s.B + 1) * s.Hp);
    c = kind.hasC ? w.take(2 * (s.B + 1) * s.Hp) : nullptr;
    hFinal = w.take((s.B + 1) * s.Hp);
    cFinal = kind.hasC ? w.take((s.B + 1) * s.Hp) : nullptr;
  }

  void layoutBack(Carver& w) {
    layoutPlan(w);
    aRows = s.chunkRows(s.backwardRows());
    rowsA = w.take(s.variants * aRows * s.ldA());
    acc = w.take(s.columns * (s.D + s.H));
    accBias = w.take(s.columns + PANEL);
    dh = w.take((s.B + 1) * s.Hp);
    dc = w.take((s.B + 1) * s.Hp);
    spare = w.take((Index)team.count * 2 * ROWS * PANEL) + team.index * 2 * ROWS * PANEL * (w.memory != nullptr);
  }

  void makePlan() {
    if (team.index == 0) {
      schedule(*plan, a.B, a.T, a.mask, a.prefix, a.reverse, planWords);
    }
    team.meet();
  }

  // Places -----------------------------------------------------------------------------------------------------------
  Index rowInChunk(int chunkStart, int step, int r) const { return plan->row(step, r) - plan->offset[chunkStart]; }
  float* gateAt(int p, int chunkStart, int step, int r) const {
    return gates + (Index)p * PANEL * gateRows + (ring ? rowInChunk(chunkStart, step, r) : plan->row(step, r)) * s.width(p);
  }
  /** State before `step` of place r; rows that are not active then have theirs in the finals. */
  float* stateAt(float* all, float* finals, int step, int r) const {
    if (!plan->active(step, r)) return finals + (Index)r * s.Hp;
    return all + (ring ? (step & 1) * (s.B + 1) + r : plan->row(step, r)) * s.Hp;
  }
  float* hAt(int step, int r) const { return stateAt(h, hFinal, step, r); }
  float* cAt(int step, int r) const { return kind.hasC ? stateAt(c, cFinal, step, r) : nullptr; }
  bool hasChain(int step, int r0) const { return r0 == 0 && step < plan->chain; }
  const float* xAt(int step, int r) const {
    const int i = plan->timeOf(r, step);
    return a.x + ((Index)plan->order[r] * s.T + (a.reverse ? s.T - 1 - i : i)) * s.D;
  }
  /** Whether members own panels, and meet after each step. */
  bool panelsSplit() const {
    const Index weights = s.columns * s.H * 4;  // bytes
    const bool few = plan->rows < 4 * team.count || plan->chain > 0;
    return team.count > 1 && s.panels >= team.count && ((few && weights >= 65536 && !team.crowded) || weights > 786432);
  }
  /** Whether all rows of a step are taken together, by one member or by all. */
  bool together() const { return team.count == 1 || panelsSplit(); }
  int panelsFrom(int member) const { return s.panels * member / team.count; }

  // Forward ----------------------------------------------------------------------------------------------------------
  void pack() {
    if (a.packed) return;
    packSlots(team, wx, a.wx, s.D, s, kind.xSlots, kind.gates);
    packSlots(team, wh, a.wh, s.H, s, kind.hSlots, kind.gates);
    if (team.index != 0) return;
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

  /** Masks of the gates side by side; a slot without a gate gets zeros. */
  void sideBySide() {
    interleave(xMasks, a.xDrop, s.D, kind.xSlots);
    interleave(hMasks, a.hDrop, s.H, kind.hSlots);
  }
  void interleave(float* to, const float* masks, Index n, const int* slotGate) {
    if (!to) return;
    Index from, end;
    team.share(s.B * n, 16, &from, &end);
    for (Index i = from; i < end; i++) {
      for (int slot = 0; slot < 4; slot++) to[4 * i + slot] = slotGate[slot] < 0 ? 0 : masks[slotGate[slot] * s.B * n + i];
    }
  }

  void setInitial() {
    Index from, to;
    team.share(plan->rows, 1, &from, &to);
    for (Index r = from; r < to; r++) {
      if (plan->start[r] > 0) continue;  // joins the chain
      const Index b = plan->order[r];
      zeroWords(hAt(0, (int)r), s.Hp);
      if (a.h0) copyWords(hAt(0, (int)r), a.h0 + b * s.H, s.H);
      if (kind.hasC) zeroWords(cAt(0, (int)r), s.Hp);
      if (kind.hasC && a.c0) copyWords(cAt(0, (int)r), a.c0 + b * s.H, s.H);
      if (hMasked) maskState(0, (int)r, (int)r + 1, 0, s.H);
    }
  }
  /** Rows whose own steps begin after `step` take over what the chain has reached, units j0..j1. */
  void joinChain(int step, Index j0, Index j1) {
    for (int r = plan->joined(step); r < plan->joined(step + 1); r++) {
      copyWords(hAt(step + 1, r) + j0, hAt(step + 1, 0) + j0, j1 - j0);
      if (kind.hasC) copyWords(cAt(step + 1, r) + j0, cAt(step + 1, 0) + j0, j1 - j0);
    }
  }

  /** h before `step` times each gate's mask, units j0..j1. */
  void maskState(int step, int r0, int r1, Index j0, Index j1) {
    for (int r = r0; r < r1 && r < plan->until[step]; r++) {
      const Index row = ((step & 1) * s.B + r) * s.Hp + j0, mask = (Index)plan->order[r] * s.H + j0;
      if (s.gateH) multiplyGates(hMasked + 4 * row, hAt(step, r) + j0, hMasks + 4 * mask, j1 - j0);
      else multiplyWords(hMasked + row, hAt(step, r) + j0, a.hDrop + mask, j1 - j0);
    }
  }

  void packX(int chunkStart, int step, int r0, int r1) {
    for (int r = r0; r < r1; r++) {
      const float* x = xAt(step, r);
      const Index row = rowInChunk(chunkStart, step, r) * s.Dp, mask = (Index)plan->order[r] * s.D;
      if (s.gateX) multiplyGates(xs + 4 * row, x, xMasks + 4 * mask, s.D);
      else if (a.xDrop) multiplyWords(xs + row, x, a.xDrop + mask, s.D);
      else copyWords(xs + row, x, s.D);
    }
  }

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

  float* firstGate(int p, int chunkStart) const { return gateAt(p, chunkStart, chunkStart, plan->from[chunkStart]); }
  /** Rows row0.. of a chunk: z = b + x · wx for panel p, k from k0. */
  void inputProduct(int p, int chunkStart, Index row0, int rows, int k0, int depth) {
    Product q;
    const int each = s.gateX ? 4 : 1;
    q.a = xs + each * (row0 * s.Dp + k0);
    q.aRow = each * s.Dp;
    q.aK = each;
    q.aGate = s.gateX;
    const Columns some = xColumns(p);
    float* z = firstGate(p, chunkStart) + row0 * s.width(p);
    q.b = wx + (Index)p * PANEL * s.D + (Index)k0 * s.width(p) + some.from;
    q.bRow = s.width(p);
    q.c = z + some.from;
    q.cRow = s.width(p);
    q.rows = rows;
    q.width = some.count;
    q.depth = depth;
    q.start = k0 == 0 ? Start::bias : Start::add;
    q.bias = bias + p * PANEL + some.from;
    product(q);
    if (k0 > 0) return;
    for (int r = 0; r < rows; r++) {  // slots that only the state's product adds to
      for (int j = some.from + some.count; j < s.width(p); j += LANES) store(z + r * s.width(p) + j, load(bias + p * PANEL + j));
    }
  }

  /** The cell's arithmetic for rows r0..r1 of one panel; rows that end at this step, and the chain, leave their state elsewhere. */
  void cellRows(int chunkStart, int step, int r0, int r1, int p, CellPass pass) {
    const Index unit = (Index)p * s.unitsPerPanel;
    const int bounds[] = {plan->from[step + 1], plan->until[step + 1], r1};
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
        q.dh = dhAt(r0) + unit;
        q.dc = dcAt(r0) + unit;
      }
      q.phi = a.activation;
      q.sigma = a.recurrentActivation;
      pass(q);
      r0 = end;
    }
  }

  /** One step of rows r0..r1 for panels p0..p1: z += h · wh, then the gates. */
  void stepRows(int chunkStart, int step, int r0, int r1, int p0, int p1) {
    const bool zeroState = step == 0 && !a.h0;
    for (int p = p0; p < p1; p++) {
      const int width = s.width(p);
      float* z = gateAt(p, chunkStart, step, r0);
      if (!zeroState) {
        Product q;
        const int each = s.gateH ? 4 : 1;
        q.a = hMasked ? hMasked + each * ((step & 1) * s.B + r0) * s.Hp : hAt(step, r0);
        q.aGate = s.gateH;
        q.aRow = each * s.Hp;
        q.aK = each;
        const Columns some = hColumns(p);
        q.b = wh + (Index)p * PANEL * s.H + some.from;
        q.bRow = width;
        q.c = z + some.from;
        q.cRow = width;
        q.rows = r1 - r0;
        q.width = some.count;
        q.depth = (int)s.H;
        q.start = Start::add;
        product(q);
      }
      cellRows(chunkStart, step, r0, r1, p, forwardPass);
    }
    // What this step leaves: y, the masked copies the next step multiplies, and where others go on from.
    const Index j0 = (Index)p0 * s.unitsPerPanel, end = (Index)p1 * s.unitsPerPanel, j1 = end < s.H ? end : s.H;
    if (hMasked && step + 1 < plan->steps) maskState(step + 1, r0, r1, j0, j1);
    if (hasChain(step, r0)) joinChain(step, j0, j1);
    if (!a.y) return;
    for (int r = r0; r < r1; r++) {
      copyWords(a.y + ((Index)plan->order[r] * s.T + plan->timeOf(r, step)) * s.H + j0, hAt(step + 1, r) + j0, j1 - j0);
    }
  }

  void forwardSteps() {
    setInitial();
    team.meet();
    const bool split = panelsSplit(), all = together();
    const bool ownInput = !split && !plan->chain && plan->rows >= 6 * team.count;
    const Owned own = owned(team, *plan);
    const int* until = plan->until;
    for (int s0 = 0, s1; s0 < plan->steps; s0 = s1) {
      s1 = plan->chunkEnd(s0, Shape::FORWARD);
      if (ownInput) {
        for (int step = s0; step < s1; step++) {
          FOR_OWNED(own, until[step], r0, r1) packX(s0, step, r0, r1);
        }
        for (int p = 0; p < s.panels; p++) {
          for (int k = 0; k < s.D; k += DEPTH) {
            const int depth = s.D - k < DEPTH ? (int)s.D - k : DEPTH;
            for (int step = s0; step < s1; step++) {
              FOR_OWNED(own, until[step], r0, r1) inputProduct(p, s0, rowInChunk(s0, step, r0), r1 - r0, k, depth);
            }
          }
        }
      } else {
        for (int step = s0 + team.index; step < s1; step += team.count) packX(s0, step, plan->from[step], until[step]);
        team.meet();
        const Index rows = plan->offset[s1] - plan->offset[s0], bands = (rows + 47) / 48;
        Index from, to;
        team.share(bands * s.panels, 1, &from, &to);
        for (Index task = from; task < to; task++) {
          const Index row0 = task % bands * 48;
          for (int k = 0; k < s.D; k += DEPTH) {
            inputProduct((int)(task / bands), s0, row0, (int)(rows - row0 < 48 ? rows - row0 : 48), k, s.D - k < DEPTH ? (int)s.D - k : DEPTH);
          }
        }
        team.meet();
      }
      if (all) {
        for (int step = s0; step < s1; step++) {
          stepRows(s0, step, plan->from[step], until[step], panelsFrom(team.index), panelsFrom(team.index + 1));
          team.meetStep();
        }
        continue;
      }
      for (int step = s0; step < s1 && step < plan->chain && team.index == 0; step++) stepRows(s0, step, 0, 1, 0, s.panels);
      if (s0 < plan->chain) team.meet();
      for (int step = s0; step < s1; step++) {
        FOR_OWNED(own, until[step], r0, r1) stepRows(s0, step, r0, r1, 0, s.panels);
      }
      if (!plan->even || (ring && !ownInput)) team.meet();  // the chunk's buffers are free again
    }
    team.meet();
  }

  /** Outputs beside the steps' own: repeated y, last, final states. */
  void finish() {
    Index from, to;
    const int first = plan->chain > 0;
    team.share(s.B, 1, &from, &to);
    for (Index r = first + from; r < first + to; r++) {
      const Index b = plan->order[r];
      const float* hEnd = hFinal + r * s.Hp;
      if (a.hT) copyWords(a.hT + b * s.H, hEnd, s.H);
      if (a.cT && kind.hasC) copyWords(a.cT + b * s.H, cFinal + r * s.Hp, s.H);
      if (a.last) {
        if (showsLast((int)r)) copyWords(a.last + b * s.H, hEnd, s.H);
        else zeroWords(a.last + b * s.H, s.H);
      }
      const int n = plan->length[r];
      if (!a.y || n == s.T) continue;
      float* y = a.y + b * s.T * s.H;
      if (plan->chain) {
        const float* shared = a.y + plan->order[0] * s.T * s.H;
        if (y != shared) copyWords(y, shared, plan->start[r] * s.H);
        continue;
      }
      for (int i = 0, k = 0; i < s.T; i++, y += s.H) {
        if (k < n && plan->timeOf((int)r, k) == i) k++;
        else if (a.zeroOutput || i == 0) zeroWords(y, s.H);
        else copyWords(y, y - s.H, s.H);
      }
    }
  }
  /** Whether `last` shows the row's final state. */
  bool showsLast(int r) const {
    if (plan->chain) return true;
    const int n = plan->length[r];
    return n > 0 && (!a.zeroOutput || plan->timeOf(r, n - 1) == s.T - 1);
  }

  void forward(float* packedMemory, float* workspace) {
    Carver w{workspace};
    layoutPacked(packedMemory, false);
    layoutForward(w);
    makePlan();
    if (a.saved) layoutSaved();
    pack();
    sideBySide();
    team.meet();
    forwardSteps();
    finish();
  }

#include "recurrent_back.inc"
};

}  // namespace
