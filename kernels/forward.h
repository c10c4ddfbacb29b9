// The forward pass of a recurrent layer over a whole sequence.
//
// Who does what. A thread owns rows of the batch and takes them through all steps without a barrier; where there are too few
// rows, or the recurrent weights do not fit its cache, threads own panels instead and meet after each step. Sums are added in the
// same order either way.
//
// The prefix that padded rows share is one more row (schedule.h): where all rows of a step are taken together, it costs no
// pass over the weights of its own, and rows branch off it as they begin.
#pragma once
#include "layout.h"
#include "pack.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

struct Forward : Layout {
  PackedWeights packed;
  float *xs;                // x of a chunk in the order of its rows, [rows][Dp], or [rows][Dp][4] times each gate's mask
  Index xsRows;
  float *hMasked;           // h before this step and the next times its mask, [2][B][Hp], or [2][B][Hp][4] for each gate's
  float *xMasks, *hMasks;   // masks of the gates side by side: [B][D][4], [B][H][4]
  // Of products of rounded numbers (int8.h): x of a chunk in words, its rows' factors, and, for each thread, h before a step and its rows' factors.
  int32_t *xRounded, *hRounded;
  float* hBf16;             // h before a step as bfloat16, for each thread
  float *xFactors, *hFactors;

  using Layout::Layout;

  void run(float* packedMemory, float* workspace) {
    Arena arena{workspace};
    layout(arena);
    packed.place(s, packedMemory);
    prepareSchedule();
    if (a.saved) layoutSaved();
    packed.pack(*this);
    interleaveMasks(team, xMasks, a.xDrop, s.B * s.D, kind.xSlots);
    interleaveMasks(team, hMasks, a.hDrop, s.B * s.H, kind.hSlots);
    team.meet();
    steps();
#if CELLSTATE_TILES
    if (a.tiles || (a.int8 && (byTiles(s.D) || byTiles(s.H)))) tileRelease();
#endif
    finish();
  }

  COMPACT void layout(Arena& arena) {
    layoutSchedule(arena);
    xsRows = s.chunkRows(Shape::FORWARD);
    xs = arena.take(a.int8 ? xsRows * wholeRow(s.D) : (s.gateX ? 4 : 1) * xsRows * s.Dp);
    xRounded = (int32_t*)xs;
    hMasked = a.hDrop ? arena.take((s.gateH ? 4 : 1) * 2 * s.B * s.Hp) : nullptr;
    xMasks = s.gateX ? arena.take(4 * s.B * s.D) : nullptr;
    hMasks = s.gateH ? arena.take(4 * s.B * s.H) : nullptr;
    if (a.int8) {
      xFactors = arena.take(xsRows);
      hRounded = (int32_t*)arena.take(team.count * threadRows() * wholeRow(s.H)) + team.index * threadRows() * wholeRow(s.H);
      hFactors = arena.take(team.count * threadRows()) + team.index * threadRows();
    }
    hBf16 = a.bf16 && !a.hDrop ? arena.take(team.count * threadRows() * s.Hp) + team.index * threadRows() * s.Hp : nullptr;
    if (!a.saved) layoutTwoSteps(arena, xsRows);
  }
  Index threadRows() const { return (s.B + 16) / 16 * 16; }  // and the prefix's; no two threads on a line

  void steps() {
    setInitial();
    team.meet();
    const bool all = together();
    const Owned own = owned(team, *schedule);
    const int* until = schedule->until;
    for (int s0 = 0, s1; s0 < schedule->steps; s0 = s1) {
      s1 = schedule->chunkEnd(s0, Shape::FORWARD);
      inputProducts(s0, s1);
      if (all) {
        for (int step = s0; step < s1; step++) {
          stepRows(s0, step, schedule->from[step], until[step], panelsFrom(team.index), panelsFrom(team.index + 1));
          team.meetStep();
        }
        continue;
      }
      for (int step = s0; step < s1 && step < schedule->prefixSteps && team.index == 0; step++) stepRows(s0, step, 0, 1, 0, s.panels);
      if (s0 < schedule->prefixSteps) team.meet();
      for (int step = s0; step < s1; step++) {
        FOR_OWNED(own, until[step], r0, r1) stepRows(s0, step, r0, r1, 0, s.panels);
      }
      if (!schedule->even || (doubleBuffered && !ownInput())) team.meet();  // the chunk's buffers are free again
    }
    team.meet();
  }

  /** Whether a thread computes the input products of its own rows, without meeting the others. */
  bool ownInput() const { return !panelsSplit() && !schedule->prefixSteps && schedule->rows >= 6 * team.count; }

  /** z = b + x · wx for all rows of the chunk of steps s0..s1. */
  void inputProducts(int s0, int s1) {
    const int* until = schedule->until;
    const Index depthOfX = a.int8 || a.tiles ? s.D : evenPiece(s.D, pieceDepth());
    if (ownInput()) {
      const Owned own = owned(team, *schedule);
      for (int step = s0; step < s1; step++) {
        FOR_OWNED(own, until[step], r0, r1) packX(s0, step, r0, r1);
      }
      for (int p = 0; p < s.panels; p++) {
        for (int k = 0; k < s.D; k += depthOfX) {
          const int depth = (int)(s.D - k < depthOfX ? s.D - k : depthOfX);
          for (int step = s0; step < s1; step++) {
            FOR_OWNED(own, until[step], r0, r1) inputProduct(p, s0, rowInChunk(s0, step, r0), r1 - r0, k, depth);
          }
        }
      }
      return;
    }
    for (int step = s0 + team.index; step < s1; step += team.count) packX(s0, step, schedule->from[step], until[step]);
    team.meet();
    const Index rows = schedule->offset[s1] - schedule->offset[s0], bands = (rows + 47) / 48;
    Index from, to;
    team.share(bands * s.panels, 1, &from, &to);
    for (Index task = from; task < to; task++) {
      const Index row0 = task % bands * 48;
      for (int k = 0; k < s.D; k += depthOfX) {
        inputProduct((int)(task / bands), s0, row0, (int)(rows - row0 < 48 ? rows - row0 : 48), k, (int)(s.D - k < depthOfX ? s.D - k : depthOfX));
      }
    }
    team.meet();
  }

  void setInitial() {
    Index from, to;
    team.share(schedule->rows, 1, &from, &to);
    for (Index r = from; r < to; r++) {
      if (schedule->start[r] > 0) continue;  // branches off the prefix later
      const Index b = schedule->order[r];
      zeroWords(hAt(0, (int)r), s.Hp);
      if (a.h0) copyWords(hAt(0, (int)r), a.h0 + b * s.H, s.H);
      if (kind.hasC) zeroWords(cAt(0, (int)r), s.Hp);
      if (kind.hasC && a.c0) copyWords(cAt(0, (int)r), a.c0 + b * s.H, s.H);
      if (hMasked) maskState(0, (int)r, (int)r + 1, 0, s.H);
    }
  }
  void packX(int chunkStart, int step, int r0, int r1) {
    const Index each = s.gateX ? 4 : 1;
    for (int r = r0; r < r1; r++) {
      const float* x = xAt(step, r);
      const Index at = rowInChunk(chunkStart, step, r), row = at * s.Dp, mask = (Index)schedule->order[r] * s.D;
      if (a.int8) xFactors[at] = roundRow(xRounded + at * wholeRow(s.D), x, s.D);
      else if (s.gateX) multiplyGates(xs + 4 * row, x, xMasks + 4 * mask, s.D);
      else if (a.xDrop) multiplyWords(xs + row, x, a.xDrop + mask, s.D);
      else if (!a.bf16) copyWords(xs + row, x, s.D);
      const float* from = a.xDrop ? xs + each * row : x;
#if CELLSTATE_TILES
      if (a.tiles) {
        tileRow(xs + row, from, s.D);
        continue;
      }
#endif
      if (a.bf16) roundWords(xs + each * row, from, each * s.D);
    }
  }

  float* firstGate(int p, int chunkStart) const { return gateAt(p, chunkStart, chunkStart, schedule->from[chunkStart]); }
  /** Rows row0.. of a chunk: z = b + x · wx for panel p, k from k0. */
  void inputProduct(int p, int chunkStart, Index row0, int rows, int k0, int depth) {
    if (a.int8) return wholeInputProduct(p, chunkStart, row0, rows);
#if CELLSTATE_TILES
    if (a.tiles) {
      const Columns some = xColumns(p);
      const int width = s.width(p);
      float* z = firstGate(p, chunkStart) + row0 * width;
      tileProduct({xs + row0 * s.Dp, s.Dp, packed.wx + (Index)p * PANEL * s.D + some.from, width, z + some.from, width, packed.bias + p * PANEL + some.from, 0, rows, some.count, tileWords(s.D)});
      return startOthers(p, z, rows, some);
    }
#endif
    Product q;
    const int each = s.gateX ? 4 : 1;
    q.a = xs + each * (row0 * s.Dp + k0);
    q.aRow = each * s.Dp;
    q.aK = each;
    q.aGate = s.gateX;
    const Columns some = xColumns(p);
    float* z = firstGate(p, chunkStart) + row0 * s.width(p);
    q.b = packed.wx + (Index)p * PANEL * s.D + (Index)k0 * s.width(p) + some.from;
    q.bRow = s.width(p);
    q.c = z + some.from;
    q.cRow = s.width(p);
    q.rows = rows;
    q.width = some.count;
    q.depth = depth;
    q.start = k0 > 0 ? Start::add : Start::bias;
    q.bias = packed.bias + p * PANEL + some.from;
    product(q);
    if (k0 == 0) startOthers(p, z, rows, some);
  }
  /** Slots that only the state's product adds to begin with their bias. */
  void startOthers(int p, float* z, int rows, const Columns& some) {
    for (int r = 0; r < rows; r++) {
      for (int j = some.from + some.count; j < s.width(p); j += LANES) store(z + r * s.width(p) + j, load(packed.bias + p * PANEL + j));
    }
  }
  /** The same of rounded numbers, over all of k. */
  void wholeInputProduct(int p, int chunkStart, Index row0, int rows) {
    const Columns some = xColumns(p);
    const int width = s.width(p);
    float* z = firstGate(p, chunkStart) + row0 * width;
    WholeProduct q{xRounded + row0 * wholeRow(s.D), wholeRow(s.D), xFactors + row0};
    wholeWeights(q, packed.wx + (Index)p * PANEL * s.D, packed.xScale, packed.xBegin, p, some);
    q.c = z + some.from;
    q.start = packed.bias + p * PANEL + some.from;
    q.startRow = 0;
    q.rows = rows;
    q.depth = wholeWords(s.D);
#if CELLSTATE_TILES
    q.tiles = byTiles(s.D);
#endif
    product(q);
    startOthers(p, z, rows, some);
  }
  void wholeWeights(WholeProduct& q, const float* panel, const float* scale, const int32_t* begin, int p, const Columns& some) {
    q.b = panel + some.from;
    q.bRow = q.cRow = s.width(p);
    q.scale = scale + p * PANEL + some.from;
    if (fours()) q.begin = begin + p * PANEL + some.from;
    q.width = some.count;
  }

  /** One step of rows r0..r1 for panel p: z += h · wh. */
  void stateProduct(int chunkStart, int step, int r0, int r1, int p) {
    const int width = s.width(p);
#if CELLSTATE_TILES
    if (a.tiles) {
      const Columns some = hColumns(p);
      float* z = gateAt(p, chunkStart, step, r0) + some.from;
      return tileProduct({hBf16 + r0 * s.Hp, s.Hp, packed.wh + (Index)p * PANEL * s.H + some.from, width, z, width, z, width, r1 - r0, some.count, tileWords(s.H)});
    }
#endif
    Product q;
    const int each = s.gateH ? 4 : 1;
    q.a = hMasked ? hMasked + each * ((step & 1) * s.B + r0) * s.Hp : hBf16 ? hBf16 + r0 * s.Hp : hAt(step, r0);
    q.aGate = s.gateH;
    q.aRow = each * s.Hp;
    q.aK = each;
    const Columns some = hColumns(p);
    q.b = packed.wh + (Index)p * PANEL * s.H + some.from;
    q.bRow = width;
    q.c = gateAt(p, chunkStart, step, r0) + some.from;
    q.cRow = width;
    q.rows = r1 - r0;
    q.width = some.count;
    q.depth = (int)s.H;
    q.start = Start::add;
    product(q);
  }
  void wholeStateProduct(int chunkStart, int step, int r0, int r1, int p) {
    const Columns some = hColumns(p);
    WholeProduct q{hRounded + r0 * wholeRow(s.H), wholeRow(s.H), hFactors + r0};
    wholeWeights(q, packed.wh + (Index)p * PANEL * s.H, packed.hScale, packed.hBegin, p, some);
    q.c = gateAt(p, chunkStart, step, r0) + some.from;
    q.start = q.c;
    q.startRow = q.cRow;
    q.rows = r1 - r0;
    q.depth = wholeWords(s.H);
#if CELLSTATE_TILES
    q.tiles = byTiles(s.H);
#endif
    product(q);
  }

  /** One step of rows r0..r1 for panels p0..p1: z += h · wh, then the gates. */
  void stepRows(int chunkStart, int step, int r0, int r1, int p0, int p1) {
    const bool zeroState = step == 0 && !a.h0;
    for (int r = r0; r < r1 && a.int8 && !zeroState; r++) hFactors[r] = roundRow(hRounded + r * wholeRow(s.H), hAt(step, r), s.H);
    for (int r = r0; r < r1 && hBf16 && !zeroState; r++) {
#if CELLSTATE_TILES
      if (a.tiles) {
        tileRow(hBf16 + r * s.Hp, hAt(step, r), s.H);
        continue;
      }
#endif
      roundWords(hBf16 + r * s.Hp, hAt(step, r), s.Hp);
    }
    for (int p = p0; p < p1; p++) {
      if (!zeroState && a.int8) wholeStateProduct(chunkStart, step, r0, r1, p);
      else if (!zeroState) stateProduct(chunkStart, step, r0, r1, p);
      cellRows(chunkStart, step, r0, r1, p, nullptr, nullptr);
      show(chunkStart, step, r0, r1, p);
    }
    // What this step leaves: y, the masked copies the next step multiplies, and the states that others continue from.
    const Index j0 = (Index)p0 * s.unitsPerPanel, end = (Index)p1 * s.unitsPerPanel, j1 = end < s.H ? end : s.H;
    if (hMasked && step + 1 < schedule->steps) maskState(step + 1, r0, r1, j0, j1);
    if (hasPrefix(step, r0)) branchOff(step, j0, j1);
    if (!a.y) return;
    for (int r = r0; r < r1; r++) copyWords(a.y + stepOf(step, r) + j0, hAt(step + 1, r) + j0, j1 - j0);
  }
  /** Place of a step's numbers in an output [B, T, H]. */
  Index stepOf(int step, int r) const { return ((Index)schedule->order[r] * s.T + schedule->timeOf(r, step)) * s.H; }

  /** The gates of one panel, and the cell states, for whoever looks at them. */
  void show(int chunkStart, int step, int r0, int r1, int p) {
    for (int slot = 0; slot <= s.slots; slot++) {
      const int gate = slot < s.slots ? kind.xSlots[slot] : kind.gates;
      if (gate < 0 || !a.seen[gate]) continue;
      const Index j0 = (Index)p * s.unitsPerPanel;
      for (int r = r0; r < r1; r++) {
        const float* from = slot < s.slots ? gateAt(p, chunkStart, step, r) + slot * s.units(p) : cAt(step + 1, r) + j0;
        copyWords(a.seen[gate] + stepOf(step, r) + j0, from, s.realUnits(p));
      }
    }
  }

  /** Rows whose own steps begin after `step` take over the state that the prefix row has reached, units j0..j1. */
  void branchOff(int step, Index j0, Index j1) {
    for (int r = schedule->branched(step); r < schedule->branched(step + 1); r++) {
      copyWords(hAt(step + 1, r) + j0, hAt(step + 1, 0) + j0, j1 - j0);
      if (kind.hasC) copyWords(cAt(step + 1, r) + j0, cAt(step + 1, 0) + j0, j1 - j0);
    }
  }

  /** h before `step` times each gate's mask, units j0..j1. */
  void maskState(int step, int r0, int r1, Index j0, Index j1) {
    const Index each = s.gateH ? 4 : 1;
    for (int r = r0; r < r1 && r < schedule->until[step]; r++) {
      const Index row = ((step & 1) * s.B + r) * s.Hp + j0, mask = (Index)schedule->order[r] * s.H + j0;
      if (s.gateH) multiplyGates(hMasked + 4 * row, hAt(step, r) + j0, hMasks + 4 * mask, j1 - j0);
      else multiplyWords(hMasked + row, hAt(step, r) + j0, a.hDrop + mask, j1 - j0);
      if (a.bf16) roundWords(hMasked + each * row, hMasked + each * row, each * (j1 - j0));
    }
  }

  /** Outputs beside the steps' own: repeated y, last, final states. */
  void finish() {
    Index from, to;
    const int first = schedule->prefixSteps > 0;
    team.share(s.B, 1, &from, &to);
    for (Index r = first + from; r < first + to; r++) {
      const Index b = schedule->order[r];
      const float* hEnd = hFinal + r * s.Hp;
      if (a.hT) copyWords(a.hT + b * s.H, hEnd, s.H);
      if (a.cT && kind.hasC) copyWords(a.cT + b * s.H, cFinal + r * s.Hp, s.H);
      if (a.last) {
        if (showsLast((int)r)) copyWords(a.last + b * s.H, hEnd, s.H);
        else zeroWords(a.last + b * s.H, s.H);
      }
      complete(a.y, (int)r, a.zeroOutput);
      for (float* seen : a.seen) complete(seen, (int)r, true);
    }
  }
  /** The steps of sorted row r in an output [B, T, H] that are not its own: those of the prefix, or masked ones. */
  void complete(float* all, int r, bool zeros) {
    const int n = schedule->length[r];
    if (!all || n == s.T) return;
    float* y = all + schedule->order[r] * s.T * s.H;
    if (schedule->prefixSteps) {
      const float* shared = all + schedule->order[0] * s.T * s.H;
      if (y != shared) copyWords(y, shared, schedule->start[r] * s.H);
      return;
    }
    for (int i = 0, k = 0; i < s.T; i++, y += s.H) {
      if (k < n && schedule->timeOf(r, k) == i) k++;
      else if (zeros || i == 0) zeroWords(y, s.H);
      else copyWords(y, y - s.H, s.H);
    }
  }
};

}  // namespace
