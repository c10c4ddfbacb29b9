// Sums, maxima and minima. A sum over a run of numbers uses 16 lanes on every instruction set, in blocks of fixed size.
#pragma once
#include "moves.h"

namespace CELLSTATE_NAMESPACE {

enum ReduceFn { SUM, R_MAX, R_MIN };
constexpr int BLOCK = 4096, VECTORS = 16 / LANES;

/** The sum of 16 lanes, always in the same tree. */
static __attribute__((noinline)) float acrossLanes(const V* lanes) {
  float t[16];
  for (int k = 0; k < VECTORS; k++) store(t + k * LANES, lanes[k]);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) t[i] += t[i + half];
  }
  return t[0];
}

/** Σ v, or Σ v², over p[0..n-1] in 16 lanes. */
static __attribute__((noinline)) float sumLanes(const float* p, Index n, bool squares) {
  V sum[VECTORS];
  for (int k = 0; k < VECTORS; k++) sum[k] = set(0.f);
  for (Index i = 0; i < n; i += 16) {
    for (int k = 0; k < VECTORS && i + k * LANES < n; k++) {
      const Index left = n - i - k * LANES;
      const V v = loadPart(p + i + k * LANES, (int)(left < LANES ? left : LANES));
      sum[k] = sum[k] + (squares ? v * v : v);
    }
  }
  return acrossLanes(sum);
}
/** The same over any length, in blocks of fixed size. */
static float sumBlocks(const float* p, Index n, bool squares) {
  float total = 0;
  for (Index i = 0; i < n; i += BLOCK) total += sumLanes(p + i, n - i < BLOCK ? n - i : BLOCK, squares);
  return total;
}

static __attribute__((noinline)) float maxOf(const float* p, Index n) {
  V most = set(-__builtin_inff());
  for (Index i = 0; i + LANES <= n; i += LANES) most = choose((I)(load(p + i) > most) | (I)(load(p + i) != load(p + i)), load(p + i), most);
  float t[LANES];
  store(t, most);
  float m = t[0];
  for (int k = 1; k < LANES; k++) m = t[k] > m || t[k] != t[k] ? t[k] : m;
  for (Index i = n / LANES * LANES; i < n; i++) m = p[i] > m || p[i] != p[i] ? p[i] : m;
  return m;
}

INLINE float sumOf(float a, float b) { return a + b; }
INLINE int32_t sumOf(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
template <class T>
INLINE T combine(int fn, T a, T b) {
  if (b != b) return b;
  return fn == SUM ? sumOf(a, b) : fn == R_MAX ? (b > a ? b : a) : (b < a ? b : a);
}

/** Any set of axes, one output at a time; also integers. */
template <class T>
static void reduceAny(const Team& team, const Instruction& q, T* y, const T* x, const bool* gone) {
  const Slot& in = q.in[0];
  Index strides[MAX_RANK];
  rowStrides(in, strides);
  Index outer = 1, inner = 1;
  for (int i = 0; i < in.rank; i++) (gone[i] ? inner : outer) *= in.dims[i];
  Index from, to;
  team.share(outer, 1, &from, &to);
  for (Index o = from; o < to; o++) {
    Index base = 0, rest = o;
    for (int i = in.rank - 1; i >= 0; i--) {
      if (gone[i]) continue;
      base += rest % in.dims[i] * strides[i];
      rest /= in.dims[i];
    }
    T total = 0;
    for (Index k = 0; k < inner; k++) {
      Index at = base;
      rest = k;
      for (int i = in.rank - 1; i >= 0; i--) {
        if (!gone[i]) continue;
        at += rest % in.dims[i] * strides[i];
        rest /= in.dims[i];
      }
      total = k == 0 && q.attribute[0] != SUM ? x[at] : combine(q.attribute[0], total, x[at]);
    }
    y[o] = total;
  }
}

OP void reduce(const Context& c, const Instruction& q, const Team& team) {
  const Slot& in = q.in[0];
  const int fn = q.attribute[0];
  bool gone[MAX_RANK] = {false};
  for (int i = 0; i < q.attribute[1]; i++) gone[q.attribute[2 + i]] = true;
  if (in.integer) return reduceAny(team, q, c.integers(q.out[0]), c.integers(in), gone);
  // Neighbouring axes of one kind are one: [outer kept, reduced, inner kept] covers almost everything.
  Index sizes[3] = {1, 1, 1};
  int stage = 0;
  bool simple = true;
  for (int i = 0; i < in.rank; i++) {
    if (in.dims[i] == 1) continue;
    if (stage == 0 && gone[i]) stage = 1;
    else if (stage == 1 && !gone[i]) stage = 2;
    else if (stage == 2 && gone[i]) simple = false;
    sizes[stage] *= in.dims[i];
  }
  float* y = c.at(q.out[0]);
  const float* x = c.at(in);
  if (!simple || (sizes[2] == 1 && fn == R_MIN)) return reduceAny(team, q, y, x, gone);
  const Index outer = sizes[0], n = sizes[1], inner = sizes[2];
  Index from, to;
  if (inner == 1) {
    if (outer >= team.count || n <= BLOCK) {
      team.share(outer, 1, &from, &to);
      for (Index o = from; o < to; o++) y[o] = fn == SUM ? sumBlocks(x + o * n, n, false) : maxOf(x + o * n, n);
      return;
    }
    const Index blocks = (n + BLOCK - 1) / BLOCK;  // few long rows: threads share their blocks
    team.share(outer * blocks, 1, &from, &to);
    for (Index k = from; k < to; k++) {
      const Index at = k % blocks * BLOCK, some = n - at < BLOCK ? n - at : BLOCK;
      const float* p = x + k / blocks * n + at;
      c.workspace[k] = fn == SUM ? sumLanes(p, some, false) : maxOf(p, some);
    }
    team.meet();
    if (team.index == 0) {
      for (Index o = 0; o < outer; o++) {
        float total = fn == SUM ? 0 : c.workspace[o * blocks];
        for (Index k = 0; k < blocks; k++) total = combine(fn, total, c.workspace[o * blocks + k]);
        y[o] = total;
      }
    }
    return;
  }
  const Index strips = (inner + 63) / 64;
  team.share(outer * strips, 1, &from, &to);
  for (Index task = from; task < to; task++) {
    const Index o = task / strips, j0 = task % strips * 64, j1 = j0 + 64 < inner ? j0 + 64 : inner;
    for (Index j = j0; j < j1; j += LANES) {
      const int some = (int)(j1 - j < LANES ? j1 - j : LANES);
      const float* p = x + o * n * inner + j;
      V total = fn == SUM || n == 0 ? set(0.f) : loadPart(p, some);
      for (Index k = 0; k < n; k++) {
        const V v = loadPart(p + k * inner, some);
        if (fn == SUM) total = total + v;
        else total = choose((fn == R_MAX ? (I)(v > total) : (I)(v < total)) | (I)(v != v), v, total);
      }
      storePart(y + o * inner + j, total, some);
    }
  }
}

OP void argmax(const Context& c, const Instruction& q, const Team& team) {
  const Index n = q.in[0].dim(-1);
  Index from, to;
  team.share(q.out[0].size, 1, &from, &to);
  for (Index r = from; r < to; r++) {
    int32_t best = 0;
    if (q.in[0].integer) {
      const int32_t* x = c.integers(q.in[0]) + r * n;
      for (Index j = 1; j < n; j++) if (x[j] > x[best]) best = (int32_t)j;
    } else {
      const float* x = c.at(q.in[0]) + r * n;
      const float most = n > 0 ? maxOf(x, n) : __builtin_nanf("");
      if (most == most) {
        while (x[best] != most) best++;
      } else {  // with not-a-number among them: as comparisons one by one have it
        for (Index j = 1; j < n; j++) if (x[j] > x[best]) best = (int32_t)j;
      }
    }
    c.integers(q.out[0])[r] = best;
  }
}

}  // namespace
