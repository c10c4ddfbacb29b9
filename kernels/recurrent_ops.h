// From a tape instruction to the recurrent kernels: which slot is what, how much memory they need.
#pragma once
#include "gru.h"
#include "lstm.h"
#include "recurrent.h"
#include "simple_rnn.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

struct RecurrentKind {
  bool back, hasC;
  int slots, gates;
};
INLINE RecurrentKind kindOf(int op) {
  switch (op) {
    case OP_LSTM: return {false, true, 4, 4};
    case OP_LSTM_BACK: return {true, true, 4, 4};
    case OP_GRU: return {false, false, 4, 3};
    case OP_GRU_BACK: return {true, false, 4, 3};
    case OP_SIMPLE_RNN: return {false, false, 1, 1};
    default: return {true, false, 1, 1};
  }
}
INLINE bool isRecurrent(int op) { return op >= OP_LSTM && op <= OP_SIMPLE_RNN_BACK; }

/** Positions of the inputs of the forward op within this instruction's inputs. */
struct RecurrentInputs {
  int x, wx, wh, b, h0, c0, mask, xDrop, hDrop, prefix, saved;
  explicit RecurrentInputs(RecurrentKind k) {
    int at = k.back ? (k.hasC ? 4 : 3) : 0;
    x = at++, wx = at++, wh = at++, b = at++, h0 = at++;
    c0 = k.hasC ? at++ : -1;
    mask = at++, xDrop = at++, hDrop = at++, prefix = at++;
    saved = at++;
  }
  int count(RecurrentKind k) const { return k.back ? saved + 1 : prefix + 1; }
};

static void recurrentArguments(RecurrentArguments& r, const Context* c, const Instruction& q) {
  const RecurrentKind k = kindOf(q.op);
  const RecurrentInputs at(k);
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
  r.reverse = a[1], r.zeroOutput = a[2];
  r.x = in(at.x), r.wx = in(at.wx), r.wh = in(at.wh), r.b = in(at.b), r.h0 = in(at.h0), r.c0 = in(at.c0);
  r.mask = (const int32_t*)in(at.mask), r.xDrop = in(at.xDrop), r.hDrop = in(at.hDrop);
  r.prefix = !c || c->sharePadding ? (const int32_t*)in(at.prefix) : nullptr;
  if (r.h0 || r.c0 || r.mask || r.xDrop || r.hDrop || r.reverse) r.prefix = nullptr;
  r.xDrops = r.xDrop ? q.in[at.xDrop].dims[0] : 0;
  r.biasRows = !r.b ? 0 : q.in[at.b].rank == 2 ? q.in[at.b].dims[0] : 1;
  if (!k.back) {
    r.y = out(0), r.last = out(1), r.hT = out(2);
    if (k.hasC) r.cT = out(3);
    r.saved = out(k.hasC ? 4 : 3);
  } else {
    r.dy = in(0), r.dLast = in(1), r.dhT = in(2);
    if (k.hasC) r.dcT = in(3);
    r.saved = (float*)in(at.saved);
    r.dx = out(0), r.dwx = out(1), r.dwh = out(2), r.db = out(3), r.dh0 = out(4);
    if (k.hasC) r.dc0 = out(5);
  }
}

static bool isStandard(const CellRows& a) { return a.phi == TANH && a.sigma == SIGMOID; }
static void lstmForward(const CellRows& a) {
  if (isStandard(a)) forwardRows<LstmCell>(a, Standard());
  else forwardRows<LstmCell>(a, Chosen{a.phi, a.sigma});
}
static void lstmBackward(const CellRows& a) {
  if (isStandard(a)) backwardRows<LstmCell>(a, Standard());
  else backwardRows<LstmCell>(a, Chosen{a.phi, a.sigma});
}
#if defined(__wasm__)  // must stay small
static void gruForward(const CellRows& a) { forwardRows<GruCell>(a, Chosen{a.phi, a.sigma}); }
static void gruBackward(const CellRows& a) { backwardRows<GruCell>(a, Chosen{a.phi, a.sigma}); }
#else
static void gruForward(const CellRows& a) {
  if (isStandard(a)) forwardRows<GruCell>(a, Standard());
  else forwardRows<GruCell>(a, Chosen{a.phi, a.sigma});
}
static void gruBackward(const CellRows& a) {
  if (isStandard(a)) backwardRows<GruCell>(a, Standard());
  else backwardRows<GruCell>(a, Chosen{a.phi, a.sigma});
}
#endif
static void simpleRnnForward(const CellRows& a) { forwardRows<SimpleRnnCell>(a, Chosen{a.phi, LINEAR}); }
static void simpleRnnBackward(const CellRows& a) { backwardRows<SimpleRnnCell>(a, Chosen{a.phi, LINEAR}); }

static Recurrent recurrentFor(const RecurrentArguments& r, const Team& team, RecurrentKind k) {
  if (k.hasC) return Recurrent(r, team, LstmCell::kind, lstmForward, lstmBackward);
  if (k.slots == 4) return Recurrent(r, team, GruCell::kind, gruForward, gruBackward);
  return Recurrent(r, team, SimpleRnnCell::kind, simpleRnnForward, simpleRnnBackward);
}

static void measureRecurrent(Instruction& q, int threads) {
  RecurrentArguments r;
  recurrentArguments(r, nullptr, q);
  const RecurrentKind k = kindOf(q.op);
  const Team team{0, threads, nullptr};
  Recurrent cell = recurrentFor(r, team, k);
  Carver w{nullptr};
  if (k.back) cell.layoutBack(w);
  else cell.layoutForward(w);
  q.spareWords = w.used;
  q.packedWords = k.back ? cell.s.packedBackWords() : cell.s.packedWords();
  q.flops = (k.back ? 4.0 : 2.0) * r.B * r.T * k.gates * r.H * ((double)r.D + r.H);
}

OP void recurrent(const Context& c, Instruction& q, const Team& team, bool packed) {
  RecurrentArguments r;
  recurrentArguments(r, &c, q);
  r.packed = packed;
  const RecurrentKind k = kindOf(q.op);
  Recurrent cell = recurrentFor(r, team, k);
  if (k.back) cell.backward(q.packed, c.spare);
  else cell.forward(q.packed, c.spare);
}

}  // namespace
