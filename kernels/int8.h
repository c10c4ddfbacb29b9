// Numbers rounded to 8 bits: whole ones from -127 to 127, and the factor that made them. They are kept as floats, and sums of their products
// are exact in f32 up to EXACT_DEPTH of them, in any order: so the multiply-adds of floats give the bits that integers would.
#pragma once
#include "simd.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

constexpr int EXACT_DEPTH = 1024;  // 1,024 · 127² < 2²⁴

/** The factor of numbers of which `largest` is the largest without its sign. */
INLINE V factorOf(V largest) { return set(127.f) / (largest + set(1e-7f)); }

/** The nearest whole number of one below 2²², halves to even: added to 1.5 · 2²³ it has no room for a fraction. */
INLINE V nearest(V x) { return (x + set(12582912.f)) - set(12582912.f); }

/** One row of n numbers as whole ones; returns their factor. May be in place. */
static float roundRow(float* to, const float* from, Index n) {
  V most = set(0.f);
  for (Index i = 0; i < n; i += LANES) most = larger(absolute(loadPart(from + i, (int)(n - i))), most);
  float largest = 0;
  for (int j = 0; j < LANES; j++) largest = most[j] > largest ? most[j] : largest;
  const V factor = factorOf(set(largest));
  for (Index i = 0; i < n; i += LANES) storePart(to + i, nearest(loadPart(from + i, (int)(n - i)) * factor), (int)(n - i));
  return factor[0];
}

/** Columns of a packed panel [depth][width] as whole numbers, in place; `scale` [width] gets their factors. */
static void roundColumns(float* panel, float* scale, Index depth, int width) {
  for (int j = 0; j < width; j += LANES) {
    V most = set(0.f);
    for (Index k = 0; k < depth; k++) most = larger(absolute(load(panel + k * width + j)), most);
    const V factor = factorOf(most);
    store(scale + j, factor);
    for (Index k = 0; k < depth; k++) store(panel + k * width + j, nearest(load(panel + k * width + j) * factor));
  }
}

/** Sums of products of whole numbers become what they stand for, plus `start`: to[j] = start[j] + sums[j] / (scale[j] · row). */
static void unround(float* to, const float* start, const float* sums, const float* scale, float row, int n) {
  for (int j = 0; j < n; j += LANES) store(to + j, load(sums + j) / (load(scale + j) * set(row)) + load(start + j));
}

}  // namespace
