// A formula over tensors of one size, place by place, in pieces that stay in the first-level cache (src/backends/native/chains.ts makes them).
// Its operations are those of elementwise.h, so the bits are those of one pass after the other.
#pragma once
#include "elementwise.h"
#include "words.h"

#if CELLSTATE_CHAINS
namespace CELLSTATE_NAMESPACE {

constexpr int PIECE = 256, MOST_STEPS = 24, MOST_INPUTS = 3 * MOST_STEPS, CODE = 4;  // a step: function, three operands
constexpr int WHERE_CODE = UNARY_KERNELS + BINARY_KERNELS;

/** y[i] = f(a[i], b[i]) by whole vectors: y has room for them, and what lies behind an operand's end may be read. */
template <class F>
INLINE void eachOfPiece(float* y, Index n, const Run& a, const Run& b, F f) {
  const V one = set(*a.p), two = set(*b.p);
  const auto vector = [n](const float* p, Index i) { return loadAtLeast(p + i, n - i < LANES ? (int)(n - i) : LANES); };
  if (a.same && b.same) for (Index i = 0; i < n; i += LANES) store(y + i, f(one, two));
  else if (a.same) for (Index i = 0; i < n; i += LANES) store(y + i, f(one, vector(b.p, i)));
  else if (b.same) for (Index i = 0; i < n; i += LANES) store(y + i, f(vector(a.p, i), two));
  else for (Index i = 0; i < n; i += LANES) store(y + i, f(vector(a.p, i), vector(b.p, i)));
}
/** One operation on one piece. */
static void pieceStep(int fn, float* y, Index n, const Run& a, const Run& b, const Run& e) {
  if (fn < UNARY_KERNELS) {
    const OneOfOne f = unaryKernels[fn];
    if (f == fSqrt) return eachOfPiece(y, n, a, a, [](V v, V) { return squareRoot(v); });
    if (f == fSquare) return eachOfPiece(y, n, a, a, [](V v, V) { return v * v; });
    return eachOfPiece(y, n, a, a, [=](V v, V) { return f(v); });
  }
  switch (fn - UNARY_KERNELS) {
    case ADD: return eachOfPiece(y, n, a, b, [](V l, V r) { return l + r; });
    case SUB: return eachOfPiece(y, n, a, b, [](V l, V r) { return l - r; });
    case MUL: return eachOfPiece(y, n, a, b, [](V l, V r) { return l * r; });
    case DIV: return eachOfPiece(y, n, a, b, [](V l, V r) { return l / r; });
    case WHERE_CODE - UNARY_KERNELS:
      for (Index i = 0; i < n; i += LANES) {
        const int some = n - i < LANES ? (int)(n - i) : LANES;
        store(y + i, chosen(a.at(i, some), b.at(i, some), e.at(i, some), setI(0x7fffffff)));
      }
      return;
  }
  const OneOfTwo f = binaryKernels[fn - UNARY_KERNELS];
  eachOfPiece(y, n, a, b, [=](V l, V r) { return f(l, r); });
}

OP void chain(const Context& c, const Instruction& q, const Team& team) {
  const int steps = q.attribute[0] / CODE;
  const int32_t *code = q.attribute + 1, *results = code + steps * CODE + 1;
  float* values = c.workspace + (Index)team.index * MOST_STEPS * PIECE;
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  for (Index at = from; at < to; at += PIECE) {
    const Index n = to - at < PIECE ? to - at : PIECE;
    auto operand = [&](int k) {
      if (k >= q.inputs) return Run{values + (k - q.inputs) * PIECE, false};
      const bool one = q.in[k].size == 1;
      return Run{c.at(q.in[k]) + (one ? 0 : at), one};
    };
    for (int s = 0; s < steps; s++) {
      const int32_t* step = code + s * CODE;
      pieceStep(step[0], values + s * PIECE, n, operand(step[1]), operand(step[2]), operand(step[3]));
    }
    // every place is read before it is written: results may take the place of inputs
    for (int k = 0; k < q.outputs; k++) copyWords(c.at(q.out[k]) + at, values + results[k] * PIECE, n);
  }
}

}  // namespace
#endif
