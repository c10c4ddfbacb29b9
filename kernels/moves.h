// Ops that move numbers without computing: slice, pad, concat, transpose, reverse, broadcast, gather, gatherBack, oneHot.
#pragma once
#include "words.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

/** A box in two row-major arrays: rank, sizes and each side's strides. Runs of the last axis are copied whole. */
struct Box {
  int rank;
  Index size[MAX_RANK], to[MAX_RANK], from[MAX_RANK];  // strides in numbers; may be 0 or negative
};

static void copyBox(const Team& team, float* y, const float* x, const Box& b) {
  Index rows = 1;
  for (int i = 0; i + 1 < b.rank; i++) rows *= b.size[i];
  const Index n = b.rank ? b.size[b.rank - 1] : 1, sy = b.rank ? b.to[b.rank - 1] : 1, sx = b.rank ? b.from[b.rank - 1] : 1;
  Index first, last;
  team.share(rows, n >= 1024 ? 1 : 1 + 1024 / (n > 0 ? n : 1), &first, &last);
  for (Index row = first; row < last; row++) {
    Index rest = row, iy = 0, ix = 0;
    for (int i = b.rank - 2; i >= 0; i--) {
      iy += rest % b.size[i] * b.to[i];
      ix += rest % b.size[i] * b.from[i];
      rest /= b.size[i];
    }
    if (sy == 1 && sx == 1) copyWords(y + iy, x + ix, n);
    else for (Index j = 0; j < n; j++) y[iy + j * sy] = x[ix + j * sx];
  }
}

static void rowStrides(const Slot& s, Index* strides) {
  Index step = 1;
  for (int i = s.rank - 1; i >= 0; i--) {
    strides[i] = step;
    step *= s.dims[i];
  }
}

OP void copyAll(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  if (c.at(q.out[0]) != c.at(q.in[0])) copyWords(c.at(q.out[0]) + from, c.at(q.in[0]) + from, to - from);
}

OP void slice(const Context& c, const Instruction& q, const Team& team) {
  Box b{q.out[0].rank, {}, {}, {}};
  rowStrides(q.out[0], b.to);
  rowStrides(q.in[0], b.from);
  Index begin = 0;
  for (int i = 0; i < b.rank; i++) {
    b.size[i] = q.out[0].dims[i];
    begin += q.attribute[1 + i] * b.from[i];
  }
  copyBox(team, c.at(q.out[0]), c.at(q.in[0]) + begin, b);
}

OP void pad(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  zeroWords(c.at(q.out[0]) + from, to - from);
  team.meet();
  Box b{q.in[0].rank, {}, {}, {}};
  rowStrides(q.out[0], b.to);
  rowStrides(q.in[0], b.from);
  Index begin = 0;
  for (int i = 0; i < b.rank; i++) {
    b.size[i] = q.in[0].dims[i];
    begin += q.attribute[1 + i] * b.to[i];
  }
  copyBox(team, c.at(q.out[0]) + begin, c.at(q.in[0]), b);
}

OP void concat(const Context& c, const Instruction& q, const Team& team) {
  const int axis = q.attribute[0];
  Index inner = 1, at = 0, outer = 1;
  for (int i = axis; i < q.out[0].rank; i++) inner *= q.out[0].dims[i];
  for (int i = 0; i < axis; i++) outer *= q.out[0].dims[i];
  for (int k = 0; k < q.inputs; k++) {
    const Index n = outer > 0 ? q.in[k].size / outer : 0;
    Box b{2, {outer, n}, {inner, 1}, {n, 1}};
    copyBox(team, c.at(q.out[0]) + at, c.at(q.in[k]), b);
    at += n;
  }
}

OP void transpose(const Context& c, const Instruction& q, const Team& team) {
  Box b{q.out[0].rank, {}, {}, {}};
  Index strides[MAX_RANK];
  rowStrides(q.out[0], b.to);
  rowStrides(q.in[0], strides);
  for (int i = 0; i < b.rank; i++) {
    b.size[i] = q.out[0].dims[i];
    b.from[i] = strides[q.attribute[1 + i]];
  }
  copyBox(team, c.at(q.out[0]), c.at(q.in[0]), b);
}

OP void reverse(const Context& c, const Instruction& q, const Team& team) {
  const int axis = q.attribute[0];
  Box b{q.out[0].rank, {}, {}, {}};
  rowStrides(q.out[0], b.to);
  rowStrides(q.in[0], b.from);
  for (int i = 0; i < b.rank; i++) b.size[i] = q.out[0].dims[i];
  const float* x = c.at(q.in[0]) + (b.size[axis] - 1) * b.from[axis];
  b.from[axis] = -b.from[axis];
  copyBox(team, c.at(q.out[0]), x, b);
}

OP void broadcast(const Context& c, const Instruction& q, const Team& team) {
  const Slot &x = q.in[0], &y = q.out[0];
  Box b{y.rank, {}, {}, {}};
  Index strides[MAX_RANK];
  rowStrides(y, b.to);
  rowStrides(x, strides);
  for (int i = 0; i < b.rank; i++) {
    const int own = i - (y.rank - x.rank);
    b.size[i] = y.dims[i];
    b.from[i] = own >= 0 && x.dims[own] != 1 ? strides[own] : 0;
  }
  copyBox(team, c.at(y), c.at(x), b);
}

OP void gather(const Context& c, const Instruction& q, const Team& team) {
  const Index V_ = q.in[0].dims[0], n = V_ > 0 ? q.in[0].size / V_ : 0;
  const int32_t* ids = c.integers(q.in[1]);
  const float* table = c.at(q.in[0]);
  float* y = c.at(q.out[0]);
  Index from, to;
  team.share(q.in[1].size, 1, &from, &to);
  for (Index i = from; i < to; i++) {
    if (ids[i] >= 0 && ids[i] < V_) {
      copyWords(y + i * n, table + ids[i] * n, n);
    } else {
      for (Index j = 0; j < n; j++) y[i * n + j] = __builtin_nanf("");  // data is checked where it enters; here only memory is kept safe
    }
  }
}

enum Gathered { TOTAL, SQUARES, SIZES };
static __attribute__((noinline)) void addGathered(float* sum, const float* sent, Index n, int kind) {
  for (Index j = 0; j < n; j += LANES) {
    const int some = (int)(n - j < LANES ? n - j : LANES);
    const V v = loadPart(sent + j, some), before = loadPart(sum + j, some);
    storePart(sum + j, kind == SQUARES ? fma(v, v, before) : before + (kind == SIZES ? absolute(v) : v), some);
  }
}
/**
 * Adds to each row of a table what the rows taken from it send back, or their squares or sizes, in order; threads own columns, of narrow
 * tables rows. A step that rows share (prefix) counts once, with its sum over them.
 */
OP void gatherBack(const Context& c, const Instruction& q, const Team& team) {
  const Index V_ = q.out[0].dims[0], n = V_ > 0 ? q.out[0].size / V_ : 0;
  const int32_t *ids = c.integers(q.in[0]), *prefix = q.inputs > 2 && q.in[2].present() ? c.integers(q.in[2]) : nullptr;
  const Index rows = prefix ? q.in[0].dims[0] : 1, T = rows > 0 ? q.in[0].size / rows : 0;
  Index from = 0, to = n, first = 0, last = V_;
  if (n < LANES * team.count) team.share(V_, 1, &first, &last);
  else team.share(n, LANES, &from, &to);
  const float* dy = c.at(q.in[1]) + from;
  float *table = c.at(q.out[0]) + from, *sum = c.workspace + from;
  const auto shares = [&](Index b, Index t) { return prefix && (Index)prefix[b] > t; };
  for (Index i = first; i < last; i++) zeroWords(table + i * n, to - from);
  for (Index t = 0; first == 0 && last > 0 && t < T; t++) {
    Index sharing = 0;
    for (Index b = 0; b < rows; b++) {
      if (!shares(b, t)) continue;
      if (sharing++ == 0) zeroWords(sum, to - from);
      addWords(sum, dy + (b * T + t) * n, to - from);
    }
    if (sharing == 0) break;
    addGathered(table, sum, to - from, q.attribute[0]);
  }
  for (Index b = 0; b < rows; b++) {
    for (Index t = 0; t < T; t++) {
      const Index i = b * T + t;
      if (ids[i] >= first && ids[i] < last && !shares(b, t)) addGathered(table + ids[i] * n, dy + i * n, to - from, q.attribute[0]);
    }
  }
}

/** Leading zeros of each row of ids. */
OP void commonPrefix(const Context& c, const Instruction& q, const Team& team) {
  const Index T = q.in[0].dims[1];
  Index from, to;
  team.share(q.out[0].size, 1, &from, &to);
  for (Index b = from; b < to; b++) {
    const int32_t* ids = c.integers(q.in[0]) + b * T;
    int32_t n = 0;
    while (n < T && ids[n] == 0) n++;
    c.integers(q.out[0])[b] = n;
  }
}

OP void oneHot(const Context& c, const Instruction& q, const Team& team) {
  const Index depth = q.out[0].dim(-1);
  const int32_t* ids = c.integers(q.in[0]);
  float* y = c.at(q.out[0]);
  Index from, to;
  team.share(q.in[0].size, 1, &from, &to);
  for (Index i = from; i < to; i++) {
    zeroWords(y + i * depth, depth);
    if (ids[i] >= 0 && ids[i] < depth) y[i * depth + ids[i]] = 1;
  }
}

}  // namespace
