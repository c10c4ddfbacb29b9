// Connectionist temporal classification (Graves et al. 2006): loss and slope of whole rows; src/ops/ctc.ts defines it. Threads split the rows.
// Native only; the bits are those of its definition. α and β are log-probabilities, `never` the logarithm of 0; of a row α lies in the workspace, β of one step at a time.
#pragma once
#include "softmax.h"

#if CELLSTATE_CHAINS
namespace CELLSTATE_NAMESPACE {

constexpr float NEVER = -1e30f;
constexpr int MARGIN = 16;  // places of `never` beside the states, for neighbours that are none and for whole vectors

struct CtcShape {
  Index B, T, K, U, S, row;  // S states; `row` floats for those of a step, with margins
  CtcShape(const Instruction& q) {
    B = q.in[0].dims[0], T = q.in[0].dims[1], K = q.in[0].dims[2], U = q.in[1].dims[1], S = 2 * U + 1;
    row = (S + 15) / 16 * 16 + 2 * MARGIN;
  }
  Index words() const { return row * (T + 5) + 2 * T + K; }  // of one thread
};

/** y = log(eᵃ + eᵇ + eᶜ) */
INLINE V logSum(V a, V b, V c) {
  const V m = larger(larger(a, b), c);
  return m + log(exp(a - m) + exp(b - m) + exp(c - m));
}
static void fillNever(float* p, Index n) {
  for (Index i = 0; i < n; i++) p[i] = NEVER;
}

/** One row of the batch. */
struct CtcRow {
  const CtcShape& z;
  const float* x;
  const int32_t* labels;
  const float* mask;
  int blank;
  float *alpha, *begin, *emitted, *skips, *beta, *here;  // each behind its margin
  float *most, *shift, *sums;  // [T], [T]: log p = x − most − shift; [K]

  CtcRow(const CtcShape& z, const float* x, const int32_t* labels, const float* mask, int blank, float* workspace)
      : z(z), x(x), labels(labels), mask(mask), blank(blank) {
    fillNever(workspace, z.row * (z.T + 5));
    alpha = workspace + MARGIN;
    begin = alpha + z.row * z.T;
    emitted = begin + z.row;
    skips = emitted + z.row;
    beta = skips + z.row;
    here = beta + z.row;
    most = workspace + z.row * (z.T + 5);
    shift = most + z.T;
    sums = shift + z.T;
    for (Index s = 3; s < z.S; s += 2) {
      const int label = labels[s / 2];
      if (label != blank && label != labels[s / 2 - 1]) skips[s] = 0;
    }
  }
  bool valid(Index t) const { return !mask || mask[t] != 0; }
  int path(Index s) const { return s % 2 == 0 ? blank : labels[s / 2]; }

  void emit(Index t) {
    const float* xt = x + t * z.K;
    for (Index s = 0; s < z.S; s++) {
      const int label = path(s);
      emitted[s] = label >= 0 && label < z.K ? xt[label] - most[t] - shift[t] : __builtin_nanf("");
    }
  }
  /** α of every step; returns that of the last. */
  const float* forward() {
    begin[0] = 0;
    const float* before = begin;
    for (Index t = 0; t < z.T; t++) {
      if (!valid(t)) continue;
      emit(t);
      float* now = alpha + t * z.row;
      for (Index s = 0; s < z.S; s += LANES) {
        const V sum = logSum(load(before + s), load(before + s - 1), load(before + s - 2) + load(skips + s));
        store(now + s, sum + load(emitted + s));
      }
      fillNever(now + z.S, MARGIN);
      before = now;
    }
    return before;
  }
  /** β, from the last step back; takes the share of each class from the slope, whose rows hold probabilities. */
  void backward(Index count, float* slope) {
    fillNever(beta, z.S);
    beta[2 * count] = 0;
    if (count > 0) beta[2 * count - 1] = 0;
    for (Index t = z.T - 1; t >= 0; t--) {
      if (!valid(t)) continue;
      const float* a = alpha + t * z.row;
      for (Index s = 0; s < z.S; s += LANES) store(here + s, load(a + s) + load(beta + s));
      divideRow(here, z.S, expRow(here, here, z.S, maxOf(here, z.S)));
      for (Index k = 0; k < z.K; k++) sums[k] = 0;
      for (Index s = 0; s < z.S; s++) {
        const int label = path(s);
        if (label >= 0 && label < z.K) sums[label] += here[s];
      }
      for (Index k = 0; k < z.K; k++) slope[t * z.K + k] -= sums[k];
      emit(t);
      for (Index s = 0; s < z.S; s += LANES) store(here + s, load(beta + s) + load(emitted + s));
      fillNever(here + z.S, MARGIN);
      // forward:  α[t, s] = log(e^α[t−1, s] + e^α[t−1, s−1] + e^(α[t−1, s−2] + skip[s])) + e[t, s]
      for (Index s = 0; s < z.S; s += LANES)
        store(beta + s, logSum(load(here + s), load(here + s + 1), load(here + s + 2) + load(skips + s + 2)));
      fillNever(beta + z.S, MARGIN);
    }
  }
};

OP void ctc(const Context& c, const Instruction& q, const Team& team) {
  const CtcShape z(q);
  float* slopes = q.outputs > 1 ? c.at(q.out[1]) : nullptr;
  const float* mask = q.inputs > 2 ? c.at(q.in[2]) : nullptr;
  float* workspace = c.workspace + (Index)team.index * z.words();
  Index from, to;
  team.share(z.B, 1, &from, &to);
  for (Index b = from; b < to; b++) {
    CtcRow r(z, c.at(q.in[0]) + b * z.T * z.K, c.integers(q.in[1]) + b * z.U, mask ? mask + b * z.T : nullptr, q.attribute[0], workspace);
    float* slope = slopes ? slopes + b * z.T * z.K : nullptr;
    for (Index t = 0; t < z.T; t++) {
      const float *xt = r.x + t * z.K, most = maxOf(xt, z.K), sum = expRow(slope ? slope + t * z.K : nullptr, xt, z.K, most);
      if (slope) divideRow(slope + t * z.K, z.K, sum);
      r.most[t] = most;
      r.shift[t] = logOf(sum);
    }
    Index count = 0;
    for (Index u = 0; u < z.U; u++) count += r.labels[u] != r.blank;
    const float* last = r.forward();
    const V ends = logSum(set(last[2 * count]), set(count > 0 ? last[2 * count - 1] : NEVER), set(NEVER));
    const float logProbability = ends[0];
    const bool fits = !(logProbability <= NEVER / 10);
    if (float* loss = c.at(q.out[0])) loss[b] = fits ? -logProbability : __builtin_inff();
    if (!slope) continue;
    if (fits) r.backward(count, slope);
    for (Index t = 0; t < z.T; t++)
      if (!fits || !r.valid(t)) for (Index k = 0; k < z.K; k++) slope[t * z.K + k] = 0;
  }
}

}  // namespace
#endif
