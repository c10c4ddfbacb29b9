// From a tape instruction to the recurrent kernels: which slot is what, how much memory they need.
#pragma once
#include "backward.h"
#include "forward.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

static bool isStandard(const CellRows& a) { return a.phi == TANH && a.sigma == SIGMOID; }
template <class Cell>
static void cellForward(const CellRows& a) {
  if (Cell::standard && isStandard(a)) forwardRows<Cell>(a, Standard());
  else forwardRows<Cell>(a, Chosen{a.phi, a.sigma});
}
template <class Cell>
static void cellBackward(const CellRows& a) {
  if (Cell::standard && isStandard(a)) backwardRows<Cell>(a, Standard());
  else backwardRows<Cell>(a, Chosen{a.phi, a.sigma});
}

/** A cell as ops see it: its opcodes follow one another, forward and back. */
struct CellOps {
  const CellKind* kind;
  CellPass forward, backward;
};
#define CELL_OPS(NAME, CELL) {&CELL::kind, cellForward<CELL>, cellBackward<CELL>},
static const CellOps cellOps[] = {CELLS(CELL_OPS)};
constexpr int FIRST_CELL = OP_SCAN + 1, CELL_COUNT = sizeof cellOps / sizeof *cellOps;
INLINE bool isRecurrent(int op) { return (unsigned)(op - FIRST_CELL) < 2 * CELL_COUNT; }
INLINE bool isBack(int op) { return (op - FIRST_CELL) & 1; }
INLINE const CellOps& cellOf(int op) { return cellOps[(op - FIRST_CELL) >> 1]; }

/** Positions of the inputs of the forward op within this instruction's inputs. */
struct RecurrentInputs {
  int x, wx, wh, b, h0, c0, mask, xDrop, hDrop, prefix, saved;
  RecurrentInputs(const CellKind& k, bool back) {
    int at = back ? (k.hasC ? 4 : 3) : 0;
    x = at++, wx = at++, wh = at++, b = at++, h0 = at++;
    c0 = k.hasC ? at++ : -1;
    mask = at++, xDrop = at++, hDrop = at++, prefix = at++;
    saved = at++;
  }
  int count(bool back) const { return back ? saved + 1 : prefix + 1; }
};

static COMPACT void recurrentArguments(RecurrentArguments& r, const Context* c, const Instruction& q) {
  const CellKind& k = *cellOf(q.op).kind;
  const bool back = isBack(q.op);
  const RecurrentInputs at(k, back);
  auto in = [&](int i) -> const float* { return i >= 0 && q.in[i].present() ? (c ? c->at(q.in[i]) : (const float*)1) : nullptr; };
  auto out = [&](int i) -> float* { return i < q.outputs && q.out[i].present() ? (c ? c->at(q.out[i]) : (float*)1) : nullptr; };
  r = RecurrentArguments();
  const Slot& x = q.in[at.x];
  r.B = x.dims[0], r.T = x.dims[1], r.D = x.dims[2], r.H = q.in[at.wh].dims[0];
  const int32_t* a = q.attribute;
  r.activation = a[0];
  if (k.slots > 1) {
    r.recurrentActivation = a[1];
    a++;
  }
  r.reverse = a[1], r.zeroOutput = a[2], r.int8 = a[3] == INT8, r.bf16 = a[3] == BF16;
  r.x = in(at.x), r.wx = in(at.wx), r.wh = in(at.wh), r.b = in(at.b), r.h0 = in(at.h0), r.c0 = in(at.c0);
  r.mask = (const int32_t*)in(at.mask), r.xDrop = in(at.xDrop), r.hDrop = in(at.hDrop);
  r.prefix = !c || c->sharePadding ? (const int32_t*)in(at.prefix) : nullptr;
  if (r.h0 || r.c0 || r.mask || r.xDrop || r.hDrop || r.reverse) r.prefix = nullptr;
  r.xDrops = r.xDrop ? q.in[at.xDrop].dims[0] : 0;
  r.biasRows = !r.b ? 0 : q.in[at.b].rank == 2 ? q.in[at.b].dims[0] : 1;
  if (!back) {
    r.y = out(0), r.last = out(1), r.hT = out(2);
    if (k.hasC) r.cT = out(3);
    r.saved = out(k.hasC ? 4 : 3);
    for (int i = 0; i <= k.gates; i++) r.seen[i] = out(i + (k.hasC ? 5 : 4));
  } else {
    r.dy = in(0), r.dLast = in(1), r.dhT = in(2);
    if (k.hasC) r.dcT = in(3);
    r.saved = (float*)in(at.saved);
    r.dx = out(0), r.dwx = out(1), r.dwh = out(2), r.db = out(3), r.dh0 = out(4);
    if (k.hasC) r.dc0 = out(5);
  }
}

static COMPACT void measureRecurrent(Instruction& q, int threads) {
  RecurrentArguments r;
  recurrentArguments(r, nullptr, q);
  const CellOps& o = cellOf(q.op);
  const bool back = isBack(q.op);
  const Team team{0, threads, nullptr};
  Forward forward(r, team, *o.kind, o.forward);
  Backward backward(r, team, *o.kind, o.backward);
  Arena arena{nullptr};
  if (back) backward.layout(arena);
  else forward.layout(arena);
  q.workspaceWords = arena.used;
  q.packedWords = back ? backward.s.packedBackWords() : forward.s.packedWords(r.int8);
  q.flops = (back ? 4.0 : 2.0) * r.B * r.T * o.kind->gates * r.H * ((double)r.D + r.H);
}

OP void recurrent(const Context& c, Instruction& q, const Team& team, bool packed) {
  RecurrentArguments r;
  recurrentArguments(r, &c, q);
  r.packed = packed;
  r.tiles = c.tiles && r.bf16 && r.xDrops < 2 && !r.hDrop && r.D >= 16 && r.H >= 16;
  const CellOps& o = cellOf(q.op);
  if (isBack(q.op)) Backward(r, team, *o.kind, o.backward).run(q.packed, c.workspace);
  else Forward(r, team, *o.kind, o.forward).run(q.packed, c.workspace);
}

}  // namespace
