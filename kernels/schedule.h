// Which rows are active at which step. A masked step does not exist: each row is the list of its valid steps, and rows are sorted
// by how many they have, so that the rows active at a step lie side by side ("sorted row" r: the r-th in that order). Rows that begin
// with the same padding share a prefix, which is computed once, as one more sorted row, the first: the prefix row. Steps are then
// those of the sequence, and a row branches off at its first own step, from the state that the prefix row has reached.
#pragma once
#include "simd.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

struct Schedule {
  int B, T;
  int prefixSteps = 0;   // steps of the shared prefix; 0: there is none
  int rows = 0;          // sorted rows: B, and one for the prefix
  int steps = 0;
  bool even = true;      // all rows have the same length
  Index total = 0;       // rows of all steps
  int* order;            // [rows] sorted row -> row of the batch; for the prefix row the one that shows it
  int* length;           // [rows] own steps
  int* start;            // [rows] steps of the prefix taken before the first own step
  int* from;             // [steps + 1] sorted rows from..until-1 are active at a step
  int* until;            // [steps + 1]
  int* offset;           // [steps + 1] rows of all steps before
  int* when;             // [B][T] processing index of each own step; null: the step itself

  static Index words(Index B, Index T) { return 4 * (B + 1) + 4 * (T + 2) + B * T; }

  /** Number of sorted row r at this step among the rows of all steps. */
  Index row(int step, int r) const { return offset[step] + r - from[step]; }
  bool active(int step, int r) const { return r >= from[step] && r < until[step]; }
  int timeOf(int r, int step) const { return when ? when[(Index)r * T + step] : step; }
  /** With a prefix: sorted rows below are active at `step`, or were before. */
  int branched(int step) const { return step < T ? until[step] : rows; }
  /** Where the chunk of steps that begins at `step` ends: `most` rows, at least one step. */
  int chunkEnd(int step, Index most) const {
    int end = step + 1;
    while (end < steps && offset[end + 1] - offset[step] <= most) end++;
    return end;
  }
  /** Where the chunk that ends at `end` began. */
  int chunkStart(int end, Index most) const {
    int begin = 0;
    for (int next = chunkEnd(0, most); next < end; next = chunkEnd(begin, most)) begin = next;
    return begin;
  }
};

/** `mask` [B, T] in words (a float or an integer, 0 is masked), `prefix` [B] or null, `memory`: Schedule::words numbers. */
static void buildSchedule(Schedule& s, int B, int T, const int32_t* mask, const int32_t* prefix, bool reverse, int* memory) {
  auto take = [&](Index n) {
    int* p = memory;
    memory += n;
    return p;
  };
  s = Schedule();
  s.B = B;
  s.T = T;
  s.order = take(B + 1), s.length = take(B + 1), s.start = take(B + 1);
  s.from = take(T + 1), s.until = take(T + 1), s.offset = take(T + 1);
  int *lengthOf = take(B + 1), *perLength = take(T + 2);
  s.when = mask ? take((Index)B * T) : nullptr;

  // The prefix: as long as the longest prefix, if at least two rows take part.
  auto startOf = [&](int b) { return prefix[b] <= 0 ? 0 : prefix[b] < T ? prefix[b] : T; };
  int sharing = 0;
  for (int b = 0; prefix && b < B; b++) {
    const int n = startOf(b);
    sharing += n > 0;
    if (n > s.prefixSteps) s.prefixSteps = n, s.order[0] = b;
  }
  if (sharing < 2) s.prefixSteps = 0;
  const int first = s.prefixSteps > 0;
  s.rows = B + first;
  if (first) s.length[0] = s.prefixSteps, s.start[0] = 0;

  // Rows by length, longest first; equal ones keep their order.
  auto valid = [&](int b, int i) { return (mask[(Index)b * T + (reverse ? T - 1 - i : i)] & 0x7fffffff) != 0; };
  for (int n = 0; n <= T; n++) perLength[n] = 0;
  for (int b = 0; b < B; b++) {
    int n = T - (s.prefixSteps ? startOf(b) : 0);
    if (mask) {
      n = 0;
      for (int i = 0; i < T; i++) n += valid(b, i);
    }
    lengthOf[b] = n;
    perLength[n]++;
  }
  int at = first;
  for (int n = T; n >= 0; n--) {
    const int many = perLength[n];
    perLength[n] = at;
    at += many;
  }
  for (int b = 0; b < B; b++) {
    const int n = lengthOf[b], r = perLength[n]++;
    s.order[r] = b;
    s.length[r] = n;
    s.start[r] = s.prefixSteps ? T - n : 0;
    for (int i = 0, k = 0; mask && i < T; i++) {
      if (valid(b, i)) s.when[(Index)r * T + k++] = i;
    }
  }

  s.steps = B == 0 ? 0 : s.prefixSteps ? T : s.length[0];
  s.even = B > 0 && !s.prefixSteps && s.length[B - 1] == s.steps;
  int n = s.prefixSteps ? first : B;
  for (int k = 0; k <= s.steps; k++) {
    if (s.prefixSteps) {
      while (n < s.rows && s.start[n] <= k) n++;
    } else {
      while (n > 0 && s.length[n - 1] <= k) n--;
    }
    s.from[k] = k >= s.prefixSteps && k < s.steps ? first : 0;
    s.until[k] = k < s.steps ? n : 0;
    s.offset[k] = (int)s.total;
    s.total += s.until[k] - s.from[k];
  }
}

/** The sorted rows that one thread owns through all steps: [from, from + size), again every `stride`. The prefix row is nobody's. */
struct Owned {
  int from, size, stride;
};
static Owned owned(const Team& team, const Schedule& s) {
  if (s.even || team.count == 1) {
    const int from = (int)((Index)s.rows * team.index / team.count), to = (int)((Index)s.rows * (team.index + 1) / team.count);
    return {from, to - from, 1 << 30};
  }
  return {4 * team.index + (s.prefixSteps > 0), 4, 4 * team.count};
}
#define FOR_OWNED(own, n, r0, r1)                                                                    \
  for (Index r0##_ = (own).from; r0##_ < (n) && (own).size > 0; r0##_ += (own).stride)             \
    if (int r0 = (int)r0##_, r1 = (int)(r0##_ + (own).size < (n) ? r0##_ + (own).size : (n)); r1 > r0)

}  // namespace
