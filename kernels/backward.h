// The backward pass of a recurrent layer: from the gradients of its outputs to those of its inputs, weights and first state.
//
// Weight gradients are products over all rows of a chunk of steps; threads split their panels. Who owns what is as in forward.h.
#pragma once
#include "layout.h"
#include "multiply.h"
#include "pack.h"
#include "words.h"

namespace CELLSTATE_NAMESPACE {

struct Backward : Layout {
  PackedTransposes packed;
  float *rowsA, *acc, *accBias, *dh, *dc, *blocks, *scratch;
  Index aRows;
  // By tiles (tile_product.h): dz of a chunk's rows in words, panel after panel; rowsA's columns; for each thread, rows of a panel of dz.
  float *dzTiles, *aTiles, *bTiles;
  Index chunkRow;           // first row of the chunk

  using Layout::Layout;

  void run(float* packedMemory, float* workspace) {
    Arena arena{workspace};
    layout(arena);
    packed.place(s, packedMemory);
    prepareSchedule();
    layoutSaved();
    packed.pack(*this);
    zeroUnused();
    team.meet();
    if (schedule->total == 0) {
      zeroShare(acc, s.columns * (s.D + s.H));
      zeroShare(accBias, s.columns);
    }
    steps();
    // forward:  rows start from h0, c0
    if (a.dh0 || a.dc0) {
      Index from, to;
      team.share(s.B, 1, &from, &to);
      for (Index r = from; r < to; r++) {
        const Index b = schedule->order[r];
        if (a.dh0) copyWords(a.dh0 + b * s.H, dhAt((int)r), s.H);
        if (a.dc0) copyWords(a.dc0 + b * s.H, dcAt((int)r), s.H);
      }
    }
#if CELLSTATE_TILES
    if (a.tiles) tileRelease();
#endif
    team.meet();
    const Index M = s.D + s.H;
    if (a.dwx) unpackSlots(team, a.dwx, acc, M, 0, s.D, s, kind.xSlots, kind.gates);
    if (a.dwh) unpackSlots(team, a.dwh, acc, M, s.D, s.H, s, kind.hSlots, kind.gates);
    if (a.db) unpackSlots(team, a.db, accBias, 1, 0, 1, s, kind.xSlots, kind.gates);
    if (a.db && a.biasRows == 2) {
      unpackSlots(team, a.db + kind.gates * s.H, accBias, 1, 0, 1, s, kind.hSlots, kind.gates);
    }
  }
  COMPACT void layout(Arena& arena) {
    layoutSchedule(arena);
    aRows = s.chunkRows(s.backwardRows());
    rowsA = arena.take(s.variants * aRows * s.ldA());
    acc = arena.take(s.columns * (s.D + s.H));
    accBias = arena.take(s.columns + PANEL);
    dh = arena.take((s.B + 1) * s.Hp);
    dc = arena.take((s.B + 1) * s.Hp);
    const Index words = (Blocks::mostWords(s.D + s.H, aRows, s.columns) + 31) / 16 * 16;
    blocks = arena.take(team.count * words) + team.index * words * (arena.memory != nullptr);
    scratch = arena.take((Index)team.count * 2 * ROWS * PANEL) + team.index * 2 * ROWS * PANEL * (arena.memory != nullptr);
#if CELLSTATE_TILES
    if (!a.bf16) return;
    const Index panel = tileWords(aRows) * PANEL;
    dzTiles = arena.take(aRows * dzWords());
    aTiles = arena.take((s.D + s.H) * aTilesRow(aRows));
    bTiles = arena.take(team.count * panel) + team.index * panel * (arena.memory != nullptr);
#endif
  }
#if CELLSTATE_TILES
  /** Words of dz of a row. */
  Index dzWords() const { return tileWords(PANEL) * s.fullPanels + (s.tailUnits ? tileWords(s.tailUnits * s.slots) : 0); }
  /** Distance of rows of aTiles: an odd number of lines, as ldA. */
  static Index aTilesRow(Index rows) { return (tileWords(rows) / 16 | 1) * 16; }
#endif

  void zeroShare(float* p, Index n) {
    Index from, to;
    team.share(n, 16, &from, &to);
    zeroWords(p + from, to - from);
  }

  void steps() {
    setFinal();
    team.meet();
    const bool split = panelsSplit(), all = together();
    const Owned own = owned(team, *schedule);
    const bool weights = a.dwx || a.dwh || a.db;
    const int *start = schedule->from, *until = schedule->until;
    for (int s1 = schedule->steps, s0; s1 > 0; s1 = s0) {
      s0 = schedule->chunkStart(s1, s.backwardRows());
      chunkRow = schedule->offset[s0];
      for (int step = s0; step < s1 && weights; step++) {
        if (split || schedule->prefixSteps) {
          if (step % team.count == team.index) packA(s0, step, start[step], until[step]);
        } else {
          FOR_OWNED(own, until[step], r0, r1) packA(s0, step, r0, r1);
        }
      }
      for (int step = s1 - 1; step >= s0; step--) {
        if (split) {
          const Index sixteens = s.Hp / 16, thread = team.index;
          backGates(step, start[step], until[step], panelsFrom(team.index), panelsFrom(team.index + 1));
          team.meetStep();
          if (onward(step)) {
            backState(step, start[step], until[step], sixteens * thread / team.count * 16, sixteens * (thread + 1) / team.count * 16);
          }
          team.meetStep();
        } else if (all) {
          backRows(step, start[step], until[step]);
        } else {
          FOR_OWNED(own, until[step], r0, r1) backRows(step, r0, r1);
        }
      }
      team.meet();
      if (!all && s0 < schedule->prefixSteps) {
        const int last = s1 < schedule->prefixSteps ? s1 : schedule->prefixSteps;
        for (int step = last - 1; step >= s0 && team.index == 0; step--) backRows(step, 0, 1);
        team.meet();
      }
      if (weights) weightGradients(s0, schedule->offset[s1] - schedule->offset[s0], s1 == schedule->steps);
      if (a.dx) inputGradients(s0, s1);
      team.meet();
    }
  }

  /** Zeros in dx where no step of a row took place (masked) or another row carries the sum (shared). */
  void zeroUnused() {
    if (!a.dx || schedule->total == s.B * s.T) return;
    const int first = schedule->prefixSteps > 0;
    Index from, to;
    team.share(s.B, 1, &from, &to);
    for (Index r = first + from; r < first + to; r++) {
      const Index b = schedule->order[r];
      if (first && b == schedule->order[0]) continue;
      for (int i = 0, k = 0; i < s.T; i++) {
        const bool own = first ? i >= schedule->start[r] : k < schedule->length[r] && schedule->timeOf((int)r, k) == i;
        k += own;
        if (!own) zeroWords(a.dx + (b * s.T + (a.reverse ? s.T - 1 - i : i)) * s.D, s.D);
      }
    }
  }

  /** Gradients that enter at the end of each row. */
  void setFinal() {
    Index from, to;
    team.share(schedule->rows, 1, &from, &to);
    for (Index r = from; r < to; r++) {
      const Index b = schedule->order[r];
      float* d = dhAt((int)r);
      zeroWords(d, s.Hp);
      zeroWords(dcAt((int)r), s.Hp);
      if (r < (schedule->prefixSteps > 0)) continue;
      if (a.dhT) addWords(d, a.dhT + b * s.H, s.H);
      if (a.dLast && showsLast((int)r)) addWords(d, a.dLast + b * s.H, s.H);
      if (a.dcT) addWords(dcAt((int)r), a.dcT + b * s.H, s.H);
    }
  }
  float* dhAt(int r) const { return dh + (Index)r * s.Hp; }
  float* dcAt(int r) const { return dc + (Index)r * s.Hp; }

  /** Adds the gradients of the outputs that show the state after `step`: y there and at masked steps that repeat it. */
  void addOutputs(int step, int r0, int r1, Index j0, Index j1) {
    if (hasPrefix(step, r0)) addBranches(step, j0, j1), r0++;
    if (!a.dy) return;
    for (int r = r0; r < r1; r++) {
      const int first = schedule->timeOf(r, step);
      const int end = a.zeroOutput || !a.mask ? first + 1 : step + 1 < schedule->length[r] ? schedule->timeOf(r, step + 1) : (int)s.T;
      for (int i = first; i < end; i++) addWords(dhAt(r) + j0, a.dy + ((Index)schedule->order[r] * s.T + i) * s.H + j0, j1 - j0);
    }
  }

  // forward:  a row starts from the prefix row's state after start[r] steps; y of a shared step is the prefix row's h
  void addBranches(int step, Index j0, Index j1) {
    const int branched = schedule->branched(step);
    for (int r = branched; a.dy && r < schedule->rows; r++) addWords(dhAt(0) + j0, a.dy + ((Index)schedule->order[r] * s.T + step) * s.H + j0, j1 - j0);
    for (int r = branched; r < schedule->branched(step + 1); r++) {
      addWords(dhAt(0) + j0, dhAt(r) + j0, j1 - j0);
      if (kind.hasC) addWords(dcAt(0) + j0, dcAt(r) + j0, j1 - j0);
    }
  }

  /** The gates of rows r0..r1 and panels p0..p1 become gradients of their sums. */
  void backGates(int step, int r0, int r1, int p0, int p1) {
    const Index j0 = (Index)p0 * s.unitsPerPanel, end = (Index)p1 * s.unitsPerPanel, j1 = end < s.H ? end : s.H;
    addOutputs(step, r0, r1, j0, j1);
    for (int p = p0; p < p1; p++) {
      cellRows(0, step, r0, r1, p, dh, dc);
      float* dz = gateAt(p, 0, step, r0);
      if (a.bf16) roundWords(dz, dz, (r1 - r0) * (Index)s.width(p));
#if CELLSTATE_TILES
      for (int r = r0; r < r1 && a.tiles; r++) {
        tileRow(dzTiles + (schedule->row(step, r) - chunkRow) * dzWords() + tileWords(PANEL) * p, dz + (r - r0) * (Index)s.width(p), s.width(p));
      }
#endif
    }
  }

  /** Columns of a packed transpose: `width` numbers from `packed` on, in rows of `row`. */
  struct Piece {
    const float* packed;
    int row, width;
  };
  /** out [rows, width] = start + dz · piece, over the columns of the slots from `slotFrom` to below `slotTo`; dz from its row `row` on. */
  void throughTranspose(Index row, int rows, Piece piece, int slotFrom, int slotTo, float* out, size_t outRow, Start start) {
#if CELLSTATE_TILES
    if (a.tiles) {  // all slots: weights of a slot without a gate are zeros
      const bool adds = start == Start::add;
      return tileProduct({dzTiles + (row - chunkRow) * dzWords(), dzWords(), piece.packed, piece.row, out, (Index)outRow, adds ? out : zeros, adds ? (Index)outRow : 0, rows, piece.width, dzWords()});
    }
#endif
    Product q;
    q.aK = 1;
    q.bRow = piece.row;
    q.c = out;
    q.cRow = outRow;
    q.rows = rows;
    q.width = piece.width;
    q.start = start;
    for (int p = 0; p < s.panels; p++) {
      const int from = slotFrom * s.units(p);
      q.a = dzAt(p, row) + from;
      q.aRow = s.width(p);
      q.depth = (slotTo - slotFrom) * s.units(p);
      q.b = piece.packed + ((Index)p * PANEL + from) * piece.row;
      product(q);
      q.start = Start::add;
    }
  }
  /** The same for one gate alone (all panels are whole then). */
  void throughGate(Index row, int rows, Piece piece, int slot, float* out, size_t outRow) {
    Product q;
    q.a = dzAt(0, row) + slot * 16;
    q.aRow = PANEL;
    q.aK = 1;
    q.b = piece.packed + (Index)slot * 16 * piece.row;
    q.bRow = piece.row;
    q.c = out;
    q.cRow = outRow;
    q.rows = rows;
    q.width = piece.width;
    q.depth = 16;
    q.blocks = s.panels;
    q.aJump = PANEL * gateRows;
    q.bJump = (size_t)PANEL * piece.row;
    q.start = Start::zero;
    product(q);
  }
  float* dzAt(int p, Index row) const { return gates + (Index)p * PANEL * gateRows + row * s.width(p); }

  // forward:  z = … + h₋₁ · wh      (under dropout: z_g = … + (h₋₁ ∘ m_g) · wh_g)
  void backState(int step, int r0, int r1, Index j0, Index j1) {  // units, in sixteens
    while (j0 < j1) {
      const Index n = j0 / PANEL, first = j0 - n * PANEL;
      const int row = panelWidth(s.H, n);
      const Index width = n * PANEL + row < j1 ? n * PANEL + row - j0 : j1 - j0;
      backStatePiece(step, r0, r1, j0, Piece{packed.whT + n * PANEL * s.columns + first, row, (int)width});
      j0 += width;
    }
  }
  void backStatePiece(int step, int r0, int r1, Index j0, Piece piece) {
    if (!a.hDrop) {
      const Start start = kind.direct ? Start::add : Start::zero;
      throughTranspose(schedule->row(step, r0), r1 - r0, piece, kind.hFrom, kind.hTo, dhAt(r0) + j0, s.Hp, start);
      return;
    }
    const int real = (int)(s.H - j0 < piece.width ? s.H - j0 : piece.width);
    for (int q0 = r0; q0 < r1; q0 += ROWS) {
      const int rows = r1 - q0 < ROWS ? r1 - q0 : ROWS;
      const Index row = schedule->row(step, q0);
      bool first = !kind.direct;
      for (int slot = 0; slot < s.slots; slot++) {
        const int gate = kind.hSlots[slot];
        if (gate < 0) continue;
        if (s.gateH) throughGate(row, rows, piece, slot, scratch, PANEL);
        else throughTranspose(row, rows, piece, kind.hFrom, kind.hTo, scratch, PANEL, Start::zero);
        for (int r = 0; r < rows; r++) {
          const float* m = a.hDrop + ((Index)gate * s.B + schedule->order[q0 + r]) * s.H + j0;
          addMasked(dhAt(q0 + r) + j0, scratch + r * PANEL, m, real, first);
        }
        first = false;
      }
    }
  }
  static void addMasked(float* to, const float* from, const float* mask, int n, bool first) {
    for (int j = 0; j < n; j += LANES) {
      const int some = n - j;
      const V m = loadPart(mask + j, some);
      const V sum = first ? load(from + j) * m : fma(load(from + j), m, loadPart(to + j, some));
      storePart(to + j, sum, some);
    }
  }

  /** n numbers times the gate's mask; zeros for a slot without a gate. */
  void packPart(float* to, const float* from, Index n, const float* drop, int gate, Index b) {
    if (drop && gate < 0) return zeroWords(to, n);
    if (drop) multiplyWords(to, from, drop + (gate * s.B + b) * n, n);
    if (a.bf16) roundWords(to, drop ? to : from, n);
    else if (!drop) copyWords(to, from, n);
  }
  /** Rows of [x | h₋₁], one copy for each gate under dropout: what the sums were products of. */
  void packA(int chunkStart, int step, int r0, int r1) {
    const Index ld = s.ldA();
    for (int r = r0; r < r1; r++) {
      const float *x = xAt(step, r), *hp = hAt(step, r);
      float* to = rowsA + rowInChunk(chunkStart, step, r) * ld;
      for (int slot = 0; slot < s.variants; slot++, to += aRows * ld) {
        packPart(to, x, s.D, a.xDrop, s.gateX ? kind.xSlots[slot] : 0, schedule->order[r]);
        packPart(to + s.D, hp, s.H, a.hDrop, s.gateH ? kind.hSlots[slot] : 0, schedule->order[r]);
      }
    }
  }

  // forward:  z = b + [x | h₋₁] · [wx; wh]   over all rows of the chunk: d[wx; wh] += [x | h₋₁]ᵀ · dz,  db += Σ dz
  void weightGradients(int s0, Index rows, bool first) {
    const Index M = s.D + s.H, row0 = schedule->offset[s0];
    Multiplication m;
    m.aRow = 1;
    m.aK = s.ldA();
    m.b = gates;
    m.bSkip = row0;
    m.bPanel = PANEL * gateRows;
    m.cPanel = PANEL * M;
    m.apart = true;
    m.start = first ? Start::zero : Start::add;
    m.K = rows;
    m.N = s.columns;
    // rows of [wx; wh] and the slots that they have gates for
    const auto part = [&](Index from, Index to, int slotFrom, int slotTo) {
      m.a = rowsA + (s.variants > 1 ? slotFrom * aRows * s.ldA() : 0) + from;
      m.c = acc;
      m.cSkip = from;
      m.M = to - from;
      m.from = slotFrom * s.unitsPerPanel;
      m.to = slotTo * s.unitsPerPanel;
      multiply(team, m, blocks);
    };
#if CELLSTATE_TILES
    if (a.tiles) {
      weightsByTiles(row0, rows, first);
    } else
#endif
    if (s.variants > 1) {  // the slots one after another, each with its own copy of A
      for (int slot = 0; slot < s.slots; slot++) part(0, M, slot, slot + 1);
    } else if (kind.xFrom == kind.hFrom && kind.xTo == kind.hTo) {
      part(0, M, kind.xFrom, kind.xTo);
    } else {
      part(0, s.D, kind.xFrom, kind.xTo);
      part(s.D, M, kind.hFrom, kind.hTo);
    }
    Index p, end;
    team.share(s.panels, 1, &p, &end);
    for (; p < end; p++) {
      const int width = s.width((int)p);
      const float* dz = dzAt((int)p, row0);
      for (int j = 0; j < width; j += LANES) {
        V sum = first ? set(0.f) : load(accBias + p * PANEL + j);
        for (Index k = 0; k < rows; k++) sum = sum + load(dz + k * width + j);
        store(accBias + p * PANEL + j, sum);
      }
    }
  }

#if CELLSTATE_TILES
  /** The same sums of products of all slots; those of a slot without a gate are nobody's. */
  void weightsByTiles(Index row0, Index rows, bool first) {
    const Index M = s.D + s.H, words = tileWords(rows), apart = aTilesRow(rows);
    Index from, to;
    team.share(M, 16, &from, &to);
    for (Index m = from; m < to; m += 16) tileColumns(aTiles + m * apart, apart, rowsA + m, s.ldA(), rows, (int)(to - m < 16 ? to - m : 16), bTiles);
    team.meet();
    team.share(s.panels, 1, &from, &to);
    for (Index p = from; p < to; p++) {
      const int width = s.width((int)p);
      float* sums = acc + p * PANEL * M;
      tilePanel(bTiles, dzAt((int)p, row0), rows, width);
      tileProduct({aTiles, apart, bTiles, width, sums, width, first ? zeros : sums, first ? 0 : width, (int)M, width, words});
    }
  }
#endif

  // forward:  z = … + x · wx      (under dropout: z_g = … + (x ∘ m_g) · wx_g)
  void inputGradients(int s0, int s1) {
    const Index rows = schedule->offset[s1] - schedule->offset[s0];
    // rows of dx, dz and a piece of wxᵀ fit the first-level cache together; as many for each thread
    const Index most = a.tiles ? 64 : 48, grain = a.tiles ? 16 : 6;
    const Index turns = (rows + most * team.count - 1) / (most * team.count) * team.count, height = ((rows + turns - 1) / turns + grain - 1) / grain * grain;
    const Index bands = (rows + height - 1) / height;
    Index from, to;
    team.share(bands, 1, &from, &to);
    for (Index band = from; band < to; band++) {
      const Index row0 = band * height, row = schedule->offset[s0] + row0;
      const int some = (int)(rows - row0 < height ? rows - row0 : height);
      for (Index n = 0; n < panelCount(s.D); n++) {
        const int width = panelWidth(s.D, n);
        const int real = (int)(s.D - n * PANEL < width ? s.D - n * PANEL : width);
        const Piece piece{packed.wxT + n * PANEL * s.columns, width, width};
        float* part = scratch + ROWS * PANEL;
        if (!s.gateX) throughTranspose(row, some, piece, kind.xFrom, kind.xTo, part, PANEL, Start::zero);
        bool done = !s.gateX;
        for (int slot = 0; slot < s.slots && !done; slot++) {
          if (kind.xSlots[slot] < 0) continue;
          throughGate(row, some, piece, slot, scratch, PANEL);
          scatterX(s0, s1, row0, some, n, [&](float*, int k, Index b) {
            addMasked(part + k * PANEL, scratch + k * PANEL, a.xDrop + ((Index)kind.xSlots[slot] * s.B + b) * s.D + n * PANEL, real, slot == 0);
          });
        }
        scatterX(s0, s1, row0, some, n, [&](float* dx, int k, Index b) {
          if (a.xDrop && !s.gateX) multiplyWords(dx, part + k * PANEL, a.xDrop + b * s.D + n * PANEL, real);
          else copyWords(dx, part + k * PANEL, real);
        });
      }
    }
  }
  /** Calls f(row of dx, row within the band, row of the batch) for rows row0.. of the chunk. */
  template <class F>
  void scatterX(int s0, int s1, Index row0, int some, Index n, F f) {
    int step = s0;
    while (step + 1 < s1 && schedule->offset[step + 1] - schedule->offset[s0] <= row0) step++;
    int r = (int)(row0 - (schedule->offset[step] - schedule->offset[s0])) + schedule->from[step];
    for (int k = 0; k < some; k++) {
      const int i = schedule->timeOf(r, step);
      const Index b = schedule->order[r];
      f(a.dx + (b * s.T + (a.reverse ? s.T - 1 - i : i)) * s.D + n * PANEL, k, b);
      if (++r == schedule->until[step]) r = schedule->from[++step];
    }
  }

  /** One step of sorted rows r0..r1 back through all panels. */
  void backRows(int step, int r0, int r1) {
    backGates(step, r0, r1, 0, s.panels);
    if (onward(step)) backState(step, r0, r1, 0, s.Hp);
  }
  bool onward(int step) const { return step > 0 || a.dh0; }
};

}  // namespace
