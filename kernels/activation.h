// Activations of recurrent cells, and their derivatives as functions of their results.
#pragma once
#include "simd.h"

namespace CELLSTATE_NAMESPACE {

enum Activation { LINEAR, TANH, SIGMOID, RELU, HARD_SIGMOID, HARD_SIGMOID_2 };

INLINE V activate(int kind, V x) {
  const V zero = set(0.f), one = set(1.f);
  switch (kind) {
    case TANH: return tanh(x);
    case SIGMOID: return sigmoid(x);
    case RELU: return larger(zero, x);
    case HARD_SIGMOID: return smaller(one, larger(zero, x * set(1.f / 6.f) + set(0.5f)));
    case HARD_SIGMOID_2: return smaller(one, larger(zero, x * set(0.2f) + set(0.5f)));
    default: return x;
  }
}

/** dy/dx from y. */
INLINE V slope(int kind, V y) {
  const V zero = set(0.f), one = set(1.f);
  switch (kind) {
    case TANH: return fma(negate(y), y, one);
    case SIGMOID: return y * (one - y);
    case RELU: return choose((I)(y > zero), one, zero);
    case HARD_SIGMOID: return choose((I)(y > zero) & (I)(y < one), set(1.f / 6.f), zero);
    case HARD_SIGMOID_2: return choose((I)(y > zero) & (I)(y < one), set(0.2f), zero);
    default: return one;
  }
}

// Inlined where that is fast; WASM must stay small.
#if defined(__wasm__)
#define LONG static __attribute__((noinline))
#else
#define LONG INLINE
#endif
LONG V fTanh(V v) { return tanh(v); }
LONG V fSigmoid(V v) { return sigmoid(v); }
static __attribute__((noinline)) V activateAny(int kind, V x) {
  return kind == TANH ? fTanh(x) : kind == SIGMOID ? fSigmoid(x) : activate(kind == TANH || kind == SIGMOID ? (int)LINEAR : kind, x);
}
static __attribute__((noinline)) V slopeAny(int kind, V y) { return slope(kind, y); }

/** Keras's defaults, known to the compiler: phi is the candidate's and the output's, sigma the gates'. */
struct Standard {
  V phi(V x) const { return fTanh(x); }
  V sigma(V x) const { return fSigmoid(x); }
  V phiSlope(V y) const { return slope(TANH, y); }
  V sigmaSlope(V y) const { return slope(SIGMOID, y); }
};
/** Any other pair. */
struct Chosen {
  int phiKind, sigmaKind;
  V phi(V x) const { return activateAny(phiKind, x); }
  V sigma(V x) const { return activateAny(sigmaKind, x); }
  V phiSlope(V y) const { return slopeAny(phiKind, y); }
  V sigmaSlope(V y) const { return slopeAny(sigmaKind, y); }
};

}  // namespace
