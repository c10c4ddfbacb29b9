// Recurrent layers over random numbers, with every option, run by the kernels on a tape: for check.cpp.
#pragma once
#include <cmath>
#include <string>

#include "../reference.h"
#include "tape_builder.h"

struct Problem {
  int op, B, T, D, H;
  bool state, mask, reverse, zeroOutput, twoBiases;
  int xDrop;
  bool hDrop;
  int prefix;  // 0: none; else rows share up to so many steps
  int activation = 1, recurrentActivation = 2;
  bool int8 = false, bf16 = false, tiles = false;
  bool usual() const { return activation == 1 && recurrentActivation == 2; }
  int gates() const { return op == OP_LSTM ? 4 : op == OP_GRU ? 3 : 1; }
  std::string name() const {
    char t[160];
    snprintf(t, sizeof t, "op %d B=%d T=%d D=%d H=%d%s%s%s%s%s xDrop=%d hDrop=%d prefix=%d%s%s", op, B, T, D, H, state ? " state" : "", mask ? " mask" : "",
             reverse ? " reverse" : "", zeroOutput ? " zero" : "", twoBiases ? " 2 biases" : "", xDrop, hDrop, prefix, usual() ? "" : " other activations", int8 ? " int8" : bf16 ? tiles ? " bf16 by tiles" : " bf16" : "");
    return t;
  }
};
struct Numbers : reference::Arguments<double> {
  std::vector<int> prefix;
};
static Numbers numbersFor(const Problem& p) {
  Numbers n;
  n.B = p.B, n.T = p.T, n.D = p.D, n.H = p.H;
  n.activation = p.activation, n.recurrentActivation = p.recurrentActivation;
  n.reverse = p.reverse, n.zeroOutput = p.zeroOutput;
  const int G = p.gates(), N = G * p.H;
  uint32_t s = 12345;
  auto fill = [&](std::vector<double>& v, size_t size, double scale) {
    v.resize(size);
    for (double& d : v) {
      s = s * 1664525u + 1013904223u;
      d = (float)(((s >> 8) / 16777216.0 - 0.5) * 2 * scale);
    }
  };
  fill(n.x, (size_t)p.B * p.T * p.D, 1);
  fill(n.wx, (size_t)p.D * N, 0.7 / std::sqrt(p.D) * 2);
  fill(n.wh, (size_t)p.H * N, 0.7 / std::sqrt(p.H) * 2);
  fill(n.b, (size_t)N * (p.twoBiases ? 2 : 1), 0.5);
  fill(n.h0, p.state ? (size_t)p.B * p.H : 0, 0.8);
  fill(n.c0, p.state && p.op == OP_LSTM ? (size_t)p.B * p.H : 0, 0.8);
  auto drop = [&](std::vector<double>& v, size_t size) {
    v.resize(size);
    for (double& d : v) {
      s = s * 1664525u + 1013904223u;
      d = (s >> 16) % 5 == 0 ? 0 : 1.25;
    }
  };
  drop(n.xDrop, (size_t)p.xDrop * p.B * p.D);
  drop(n.hDrop, p.hDrop ? (size_t)G * p.B * p.H : 0);
  if (p.mask) {
    n.mask.resize((size_t)p.B * p.T);
    for (int b = 0; b < p.B; b++) {
      for (int t = 0; t < p.T; t++) {
        s = s * 1664525u + 1013904223u;
        n.mask[b * p.T + t] = b % 4 == 3 ? 0 : b % 4 == 0 ? t < p.T - b % p.T : (s >> 16) % 3 != 0;
      }
    }
  }
  if (p.prefix) {
    n.prefix.resize(p.B);
    for (int b = 0; b < p.B; b++) {
      n.prefix[b] = (b * 7 + 3) % (p.prefix + 1);
      for (int t = 0; t < n.prefix[b]; t++) {
        for (int d = 0; d < p.D; d++) n.x[((size_t)b * p.T + t) * p.D + d] = n.x[d];
      }
    }
    for (int b = 0; b < p.B; b++) {
      for (int t = 0; t < n.prefix[b]; t++) {
        for (int d = 0; d < p.D; d++) n.x[((size_t)b * p.T + t) * p.D + d] = (float)std::sin(1.0 + d);
      }
    }
  }
  return n;
}
struct Ran {
  std::vector<float> forward, inference;  // y, last, hT, cT one after another; the same without `saved`
  std::vector<float> dx, dwx, dwh, db, dh0, dc0;
};
/** Weights of the scalar whose slopes the gradients are. */
static double weightOf(size_t i) { return (float)std::sin(0.7 * i + 0.4); }

static Ran runKernels(const Engine* engine, int threads, const Problem& p, const Numbers& n, bool share) {
  const int G = p.gates(), N = G * p.H, Hp = (p.H + 15) / 16 * 16;
  const bool c = p.op == OP_LSTM;
  Tape tape;
  const Tape::Slot none;
  auto slot = [&](std::vector<int> dims, bool wanted = true) { return wanted ? tape.slot(Tape::data, dims) : none; };
  auto x = slot({p.B, p.T, p.D}), wx = slot({p.D, N}), wh = slot({p.H, N}), b = p.twoBiases ? slot({2, N}) : slot({N});
  auto h0 = slot({p.B, p.H}, p.state), c0 = slot({p.B, p.H}, p.state && c), mask = slot({p.B, p.T}, p.mask);
  auto xDrop = slot({p.xDrop, p.B, p.D}, p.xDrop), hDrop = slot({G, p.B, p.H}, p.hDrop), prefix = p.prefix ? tape.slot(Tape::data, {p.B}, true) : none;
  const int words = p.op == OP_SIMPLE_RNN ? 2 * (p.T + 1) * p.B * Hp : p.T * p.B * 4 * Hp + (c ? 2 : 1) * (p.T + 1) * p.B * Hp;
  auto saved = tape.slot(Tape::scratch, {words});
  auto y = tape.slot(Tape::state, {p.B, p.T, p.H}), last = tape.slot(Tape::state, {p.B, p.H}), hT = tape.slot(Tape::state, {p.B, p.H}), cT = tape.slot(Tape::state, {p.B, p.H});
  auto dy = slot({p.B, p.T, p.H}), dLast = slot({p.B, p.H}), dhT = slot({p.B, p.H}), dcT = slot({p.B, p.H});
  std::vector<Tape::Slot> in = {x, wx, wh, b, h0};
  if (c) in.push_back(c0);
  for (auto& s : {mask, xDrop, hDrop, prefix}) in.push_back(s);
  std::vector<Tape::Slot> out = {y, last, hT};
  if (c) out.push_back(cT);
  std::vector<int32_t> attributes = {p.activation};
  if (p.op != OP_SIMPLE_RNN) attributes.push_back(p.recurrentActivation);
  attributes.push_back(p.reverse);
  attributes.push_back(p.zeroOutput);
  attributes.push_back(p.int8 ? INT8 : p.bf16 ? BF16 : PLAIN);
  // once for inference, without `saved`, whose numbers must be the same; then for training
  auto y2 = tape.slot(Tape::state, {p.B, p.T, p.H}), last2 = tape.slot(Tape::state, {p.B, p.H}), hT2 = tape.slot(Tape::state, {p.B, p.H}), cT2 = tape.slot(Tape::state, {p.B, p.H});
  std::vector<Tape::Slot> out2 = {y2, last2, hT2};
  if (c) out2.push_back(cT2);
  out2.push_back(none);
  tape.add(p.op, in, out2, attributes);
  out.push_back(saved);
  tape.add(p.op, in, out, attributes);
  auto dx = tape.slot(Tape::gradients, x.dims), dwx = tape.slot(Tape::gradients, wx.dims), dwh = tape.slot(Tape::gradients, wh.dims), db = tape.slot(Tape::gradients, b.dims);
  auto dh0 = tape.slot(Tape::gradients, {p.B, p.H}), dc0 = tape.slot(Tape::gradients, {p.B, p.H});
  std::vector<Tape::Slot> back = {dy, dLast, dhT};
  if (c) back.push_back(dcT);
  back.insert(back.end(), in.begin(), in.end());
  back.push_back(saved);
  std::vector<Tape::Slot> outBack = {dx, dwx, dwh, db, p.state ? dh0 : none};
  if (c) outBack.push_back(p.state ? dc0 : none);
  tape.add(p.op + 1, back, outBack, attributes);

  Loaded l(engine, tape, Settings{threads, true, share, false, p.tiles});
  auto put = [&](const Tape::Slot& s, const std::vector<double>& v) {
    for (size_t i = 0; i < v.size(); i++) l.at(s)[i] = (float)v[i];
  };
  put(x, n.x);
  for (size_t i = 0; i < n.mask.size(); i++) {
    for (int d = 0; d < p.D && !n.mask[i]; d++) l.at(x)[i * p.D + d] = NAN;  // a masked step costs nothing: nobody reads it
  }
  put(wx, n.wx), put(wh, n.wh), put(b, n.b);
  if (p.state) put(h0, n.h0);
  if (p.state && c) put(c0, n.c0);
  if (p.xDrop) put(xDrop, n.xDrop);
  if (p.hDrop) put(hDrop, n.hDrop);
  for (size_t i = 0; i < n.mask.size(); i++) l.at(mask)[i] = n.mask[i];
  for (size_t i = 0; i < n.prefix.size(); i++) ((int32_t*)l.at(prefix))[i] = n.prefix[i];
  size_t k = 0;
  for (auto* s : {&dy, &dLast, &dhT, &dcT}) {
    for (int64_t i = 0; i < s->size(); i++) l.at(*s)[i] = (float)weightOf(k++);
  }
  // what was in the outputs before must not matter
  for (int region : {(int)Tape::state, (int)Tape::gradients, (int)Tape::scratch}) {
    Memory* m = engine->memory(l.program, region);
    for (int64_t i = 0; i < m->words; i++) m->data[i] = NAN;
  }
  l.run();
  Ran r;
  auto take = [&](const Tape::Slot& s) { return std::vector<float>(l.at(s), l.at(s) + s.size()); };
  for (auto* s : {&y, &last, &hT, &cT}) {
    if (s == &cT && !c) continue;
    auto v = take(*s);
    r.forward.insert(r.forward.end(), v.begin(), v.end());
  }
  for (auto* s : {&y2, &last2, &hT2, &cT2}) {
    if (s == &cT2 && !c) continue;
    auto v = take(*s);
    r.inference.insert(r.inference.end(), v.begin(), v.end());
  }
  r.dx = take(dx), r.dwx = take(dwx), r.dwh = take(dwh), r.db = take(db);
  if (p.state) r.dh0 = take(dh0);
  if (p.state && c) r.dc0 = take(dc0);
  return r;
}

/** The problems of one shape: plain, with a state, a mask, dropout, a shared prefix, other activations. */
static std::vector<Problem> problemsOf(int op, const int (&s)[4]) {
  std::vector<Problem> list(10, Problem{op, s[0], s[1], s[2], s[3], false, false, false, false, false, 0, false, 0});
  list[1].state = list[1].reverse = true;
  list[2].mask = true;
  list[3].mask = list[3].state = list[3].reverse = list[3].zeroOutput = true;
  list[4].xDrop = 1;
  list[5].xDrop = list[5].gates(), list[5].hDrop = true;
  list[6].xDrop = list[6].gates(), list[6].hDrop = list[6].mask = list[6].state = true;
  list[7].hDrop = true;
  list[8].prefix = s[1];
  list[9].activation = 3, list[9].recurrentActivation = 4;
  if (op == OP_GRU) for (size_t i = 0; i < list.size(); i += 2) list[i].twoBiases = true;
  return list;
}
static const int shapes[][4] = {{1, 1, 1, 1},   {1, 7, 3, 5},    {3, 5, 4, 3},   {5, 9, 17, 19},  {9, 6, 20, 33},
                                {33, 4, 16, 64}, {2, 40, 130, 70}, {40, 3, 5, 200}, {3, 2, 100, 257}, {70, 12, 17, 17}};
static const int ops[] = {OP_LSTM, OP_GRU, OP_SIMPLE_RNN};
