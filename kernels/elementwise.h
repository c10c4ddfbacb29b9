// Element by element: unary, binary, where, cast, fill, assign, accumulate, binaryCrossEntropy; NumPy's broadcasting.
#pragma once
#include "activation.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

enum BinaryFn { ADD, SUB, MUL, DIV, MAX, MIN, POW, EQUAL, GREATER, GREATER_EQUAL };

static __attribute__((noinline)) void takeRest(float** p, float* rest, int arrays, int n) {
  for (int k = 0; k < arrays; k++, rest += LANES) {
    store(rest, set(0.f));
    moveFew(rest, p[k], n);
    p[k] = rest;
  }
}
static __attribute__((noinline)) void giveRest(float* const* arrays, Index at, const float* rest, int count, int n) {
  for (int k = 0; k < count; k++) moveFew(arrays[k] + at, rest + k * LANES, n);
}
/** f(one place in each of N arrays) for every vector of from..to; the last, shorter one lies in copies. f writes to the first OUT. */
template <int OUT, int N, class F>
INLINE void eachVector(const float* const (&arrays)[N], Index from, Index to, F f) {
  float* p[N];
  float rest[N][LANES];
  for (int k = 0; k < N; k++) p[k] = (float*)arrays[k] + from;
  for (Index left = to - from; left > 0; left -= LANES) {
    if (left < LANES) takeRest(p, rest[0], N, (int)left);
    f(p);
    if (left < LANES) return giveRest((float* const*)arrays, to - left, rest[0], OUT, (int)left);
    for (int k = 0; k < N; k++) p[k] += LANES;
  }
}

/** y[i] = f(x[i]) for i in from..to. */
template <class F>
INLINE void mapOne(float* y, const float* x, Index from, Index to, F f) {
  eachVector<1>({y, x}, from, to, [&](float* const* p) { store(p[0], f(load(p[1]))); });
}
/** y[i] = f(a[i], b[i]) for i in 0..n. */
template <class F>
INLINE void mapPair(float* y, const float* a, const float* b, Index from, Index to, F f) {
  eachVector<1>({y, a, b}, from, to, [&](float* const* p) { store(p[0], f(load(p[1]), load(p[2]))); });
}

// One function of one vector each, reached by pointer: the functions are long, the call is not.
typedef V (*OneOfOne)(V);
static V fNeg(V v) { return negate(v); }
static V fExp(V v) { return exp(v); }
static V fLog(V v) { return log(v); }
static V fSqrt(V v) { return squareRoot(v); }
static V fSquare(V v) { return v * v; }
static V fAbs(V v) { return absolute(v); }
static V fSign(V v) { return choose((I)(v > set(0.f)), set(1.f), choose((I)(v < set(0.f)), set(-1.f), v)); }
static V fReciprocal(V v) { return set(1.f) / v; }
static V fRelu(V v) { return larger(set(0.f), v); }
static V fLog1p(V v) { return log1p(v); }
static V fSoftplus(V v) { return larger(set(0.f), v) + fLog1p(fExp(negate(absolute(v)))); }
static V fExpm1(V v) { return expm1(v); }
LONG V fSine(V v, int quarter) { return sine(v, quarter); }
static V fSin(V v) { return fSine(v, 0); }
static V fCos(V v) { return fSine(v, 1); }
static V fFloor(V v) { return floorOf(v); }
static V fRound(V v) { return roundEven(v); }

/** In the order of src/program/functions.ts. */
static const OneOfOne unaryKernels[] = {fNeg, fExp, fLog, fSqrt, fSquare, fAbs, fSign, fReciprocal, fTanh, fSigmoid, fRelu, fSoftplus, fLog1p, fExpm1, fSin, fCos, fFloor, fRound};
constexpr int UNARY_KERNELS = sizeof unaryKernels / sizeof *unaryKernels;

OP void unary(const Context& c, const Instruction& q, const Team& team) {
  const OneOfOne f = unaryKernels[q.attribute[0]];
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  mapOne(c.at(q.out[0]), c.at(q.in[0]), from, to, [=](V v) { return f(v); });
}

/** Up to three operands against an output shape: axes merged where all operands run on evenly, then rows of the last axis. */
struct Spread {
  int rank = 0;
  Index dims[MAX_RANK], strides[3][MAX_RANK];
  Index rows = 1, inner = 1;
  int operands;

  Spread(const Slot& out, const Slot* const* in, int n) : operands(n) {
    for (int axis = 0; axis < out.rank; axis++) {
      if (out.dims[axis] == 1) continue;
      Index stride[3];
      for (int k = 0; k < n; k++) {
        const Slot& s = *in[k];
        const int own = axis - (out.rank - s.rank);
        stride[k] = 0;
        if (own >= 0 && s.dims[own] != 1) {
          stride[k] = 1;
          for (int later = own + 1; later < s.rank; later++) stride[k] *= s.dims[later];
        }
      }
      bool merge = rank > 0;
      for (int k = 0; k < n && merge; k++) merge = strides[k][rank - 1] == stride[k] * out.dims[axis];
      if (merge) dims[rank - 1] *= out.dims[axis];
      else dims[rank++] = out.dims[axis];
      for (int k = 0; k < n; k++) strides[k][rank - 1] = stride[k];
    }
    if (rank == 0) {
      rank = 1;
      dims[0] = 1;
      for (int k = 0; k < n; k++) strides[k][0] = 0;
    }
    for (int axis = 0; axis + 1 < rank; axis++) rows *= dims[axis];
    inner = dims[rank - 1];
  }
  Index offset(int operand, Index row) const {
    Index at = 0;
    for (int axis = rank - 2; axis >= 0; axis--) {
      at += row % dims[axis] * strides[operand][axis];
      row /= dims[axis];
    }
    return at;
  }
  Index step(int operand) const { return strides[operand][rank - 1]; }
  /** Calls back with runs of the last axis: start in the output, starts in the operands, count, for this thread's part. */
  typedef void (*Visit)(void* context, Index out, const Index* at, Index n);
  __attribute__((noinline)) void eachRun(const Team& team, Visit visit, void* context) const {
    Index from, to, at[3] = {0, 0, 0};
    const bool byRow = rows >= 4 * team.count;
    team.share(byRow ? rows : inner, byRow ? 1 : 1024, &from, &to);
    for (Index row = byRow ? from : 0; row < (byRow ? to : rows); row++) {
      const Index i = byRow ? 0 : from, n = byRow ? inner : to - from;
      if (n <= 0) continue;
      for (int k = 0; k < operands; k++) at[k] = offset(k, row) + i * step(k);
      visit(context, row * inner + i, at, n);
    }
  }
  template <class F>
  void each(const Team& team, const F& f) const {
    eachRun(team, [](void* context, Index out, const Index* at, Index n) { (*(const F*)context)(out, at, n); }, (void*)&f);
  }
};

/** Operand of one row: a run of numbers or one number throughout. */
struct Run {
  const float* p;
  bool same;
  V at(Index i, int n) const { return same ? set(*p) : loadPart(p + i, n); }
};

template <class F>
INLINE void mapTwo(const Team& team, const Spread& s, float* y, const float* a, const float* b, F f) {
  s.each(team, [&](Index out, const Index* at, Index n) {
    const Run l{a + at[0], s.step(0) == 0}, r{b + at[1], s.step(1) == 0};
    for (Index i = 0; i < n; i += LANES) {
      const int some = n - i < LANES ? (int)(n - i) : LANES;
      storePart(y + out + i, f(l.at(i, some), r.at(i, some)), some);
    }
  });
}

typedef V (*OneOfTwo)(V, V);
static V fAdd(V l, V r) { return l + r; }
static V fSub(V l, V r) { return l - r; }
static V fMul(V l, V r) { return l * r; }
static V fDiv(V l, V r) { return l / r; }
static V fMax(V l, V r) { return choose((I)(l != l), l, choose((I)(l > r), l, r)); }
static V fMin(V l, V r) { return choose((I)(l != l), l, choose((I)(l < r), l, r)); }
static V fPow(V l, V r) {
  for (int i = 0; i < LANES; i++) l[i] = power(l[i], r[i]);
  return l;
}
static V fEqual(V l, V r) { return choose((I)(l == r), set(1.f), set(0.f)); }
static V fGreater(V l, V r) { return choose((I)(l > r), set(1.f), set(0.f)); }
static V fGreaterEqual(V l, V r) { return choose((I)(l >= r), set(1.f), set(0.f)); }
/** In the order of src/program/functions.ts. */
static const OneOfTwo binaryKernels[] = {fAdd, fSub, fMul, fDiv, fMax, fMin, fPow, fEqual, fGreater, fGreaterEqual};
constexpr int BINARY_KERNELS = sizeof binaryKernels / sizeof *binaryKernels;

/** Whole numbers one at a time; comparisons give the bits of 0 or 1 in f32. */
static int32_t binaryWhole(int fn, int32_t l, int32_t r) {
  const int32_t one = 0x3f800000;
  switch (fn) {
    case ADD: return (int32_t)((uint32_t)l + (uint32_t)r);
    case SUB: return (int32_t)((uint32_t)l - (uint32_t)r);
    case MUL: return (int32_t)((uint32_t)l * (uint32_t)r);
    case MAX: return l > r ? l : r;
    case MIN: return l < r ? l : r;
    case EQUAL: return l == r ? one : 0;
    case GREATER: return l > r ? one : 0;
    default: return l >= r ? one : 0;
  }
}

OP void binary(const Context& c, const Instruction& q, const Team& team) {
  const Slot* in[2] = {&q.in[0], &q.in[1]};
  const Spread s(q.out[0], in, 2);
  float* y = c.at(q.out[0]);
  const int fn = q.attribute[0];
  if (q.in[0].integer) {
    const int32_t *a = c.integers(q.in[0]), *b = c.integers(q.in[1]);
    int32_t* yi = (int32_t*)y;
    s.each(team, [&](Index out, const Index* at, Index n) {
      for (Index i = 0; i < n; i++) yi[out + i] = binaryWhole(fn, a[at[0] + i * s.step(0)], b[at[1] + i * s.step(1)]);
    });
    return;
  }
  const float *a = c.at(q.in[0]), *b = c.at(q.in[1]);
  if (fn == ADD) return mapTwo(team, s, y, a, b, [](V l, V r) { return l + r; });
  if (fn == MUL) return mapTwo(team, s, y, a, b, [](V l, V r) { return l * r; });
  const OneOfTwo f = binaryKernels[fn];
  mapTwo(team, s, y, a, b, [=](V l, V r) { return f(l, r); });
}

/** a where the bits of the condition that `mask` leaves are not 0, else b. */
INLINE V chosen(V condition, V a, V b, I mask) { return choose((I)((bits(condition) & mask) != setI(0)), a, b); }

OP void where(const Context& c, const Instruction& q, const Team& team) {
  const Slot* in[3] = {&q.in[0], &q.in[1], &q.in[2]};
  const Spread s(q.out[0], in, 3);
  // Numbers are only moved, so integers go the same way; an integer condition is 0 exactly when its bits are.
  float* y = c.at(q.out[0]);
  const float *k = c.at(q.in[0]), *a = c.at(q.in[1]), *b = c.at(q.in[2]);
  const I mask = setI(q.in[0].integer ? -1 : 0x7fffffff);
  s.each(team, [&](Index out, const Index* at, Index n) {
    const Run t{k + at[0], s.step(0) == 0}, l{a + at[1], s.step(1) == 0}, r{b + at[2], s.step(2) == 0};
    for (Index i = 0; i < n; i += LANES) {
      const int some = n - i < LANES ? (int)(n - i) : LANES;
      storePart(y + out + i, chosen(t.at(i, some), l.at(i, some), r.at(i, some), mask), some);
    }
  });
}

OP void cast(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  if (q.in[0].integer == q.out[0].integer) {
    for (Index i = from; i < to; i++) c.integers(q.out[0])[i] = c.integers(q.in[0])[i];
  } else if (q.in[0].integer) {
    for (Index i = from; i < to; i++) c.at(q.out[0])[i] = (float)c.integers(q.in[0])[i];
  } else {
    for (Index i = from; i < to; i++) {
      const float v = c.at(q.in[0])[i];
      c.integers(q.out[0])[i] = v >= 2147483648.f ? 2147483647 : v >= -2147483648.f ? (int32_t)v : v == v ? (int32_t)0x80000000 : 0;
    }
  }
}

OP void fill(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  const V value = q.out[0].integer ? number(setI((int32_t)q.real(0))) : set(q.real(0));
  float* y = c.at(q.out[0]);
  mapOne(y, y, from, to, [=](V) { return value; });
}

OP void accumulate(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  float* y = c.at(q.out[0]);
  const float* x = c.at(q.in[0]);
  mapPair(y, y, x, from, to, [](V a, V b) { return a + b; });
}

/** max(x, 0) − x·z + log1p(exp(−|x|)) */
OP void binaryCrossEntropy(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  const float *x = c.at(q.in[0]), *z = c.at(q.in[1]);
  float* y = c.at(q.out[0]);
  mapPair(y, x, z, from, to, [](V v, V t) { return larger(set(0.f), v) - v * t + fLog1p(fExp(negate(absolute(v)))); });
}

}  // namespace
