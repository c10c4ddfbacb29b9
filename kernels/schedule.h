// Who is active when. A masked step does not exist: each row is the list of its valid steps, rows are sorted by how many they
// have, so that the rows active at step s are always the first count[s]. Rows that begin with the same padding share one
// chain of states: the chain is a group of its own with one row, from whose states the others start.
#pragma once
#include "simd.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

/** Rows that run together. Step s of sorted row r has number first + offset[s] + r among all rows of all groups. */
struct Group {
  int rows = 0, steps = 0;
  bool even = true;            // all rows have the same length
  Index first = 0;           // number of the group's first row of step 0
  Index finals = 0;          // number of the final state of sorted row 0, after all steps of all groups
  int* order = nullptr;        // [rows] sorted position -> row of the batch
  int* length = nullptr;       // [rows]
  int* start = nullptr;        // [rows] steps of the chain taken before the first own step
  int* count = nullptr;        // [steps + 1]
  int* offset = nullptr;       // [steps + 1]
  int* when = nullptr;         // [rows][T] processing index of each own step
};

struct Schedule {
  int B, T;
  Index total;               // rows of all steps of both groups
  Group chain, main;

  static Index words(Index B, Index T) { return 3 * B + 3 + 5 * (T + 2) + (B + 1) * T + 16; }
};

/** `mask` [B, T] in words (a float or an integer, 0 is masked), `prefix` [B] or null, `memory`: Schedule::words numbers. */
static void schedule(Schedule& s, int B, int T, const int32_t* mask, const int32_t* prefix, bool reverse, int* memory) {
  s.B = B;
  s.T = T;
  auto take = [&](Index n) {
    int* p = memory;
    memory += n;
    return p;
  };
  s.chain = Group();
  s.main = Group();
  Group& m = s.main;
  Group& c = s.chain;
  m.order = take(B), m.length = take(B), m.start = take(B), m.count = take(T + 1), m.offset = take(T + 1), m.when = take((Index)B * T);
  c.order = take(1), c.length = take(1), c.start = take(1), c.count = take(T + 1), c.offset = take(T + 1), c.when = take(T);
  int* perLength = take(T + 2);

  // The chain: as long as the longest prefix, if at least two rows take part.
  int shared = 0;
  if (prefix) {
    for (int b = 0; b < B; b++) {
      if (prefix[b] <= 0) continue;
      shared++;
      const int n = prefix[b] < T ? prefix[b] : T;
      if (n > c.steps) {
        c.steps = n;
        c.order[0] = b;
      }
    }
    if (shared < 2) c.steps = 0;
  }
  if (c.steps) {
    c.rows = 1;
    c.length[0] = c.steps;
    c.start[0] = 0;
    for (int k = 0; k <= c.steps; k++) {
      c.count[k] = k < c.steps;
      c.offset[k] = k;
      if (k < c.steps) c.when[k] = k;
    }
  }

  // Rows by length, longest first; equal ones keep their order.
  auto startOf = [&](int b) { return c.steps && prefix[b] > 0 ? (prefix[b] < T ? prefix[b] : T) : 0; };
  auto valid = [&](int b, int i) { return !mask || (mask[(Index)b * T + (reverse ? T - 1 - i : i)] & 0x7fffffff) != 0; };
  for (int n = 0; n <= T + 1; n++) perLength[n] = 0;
  int* lengthOf = m.when;  // borrowed: [B] lengths before sorting
  for (int b = 0; b < B; b++) {
    int n = 0;
    if (mask) {
      for (int i = 0; i < T; i++) n += valid(b, i);
    } else {
      n = T - startOf(b);
    }
    if (B * (Index)T > 0) lengthOf[b] = n;
    perLength[n]++;
  }
  int at = 0;
  for (int n = T; n >= 0; n--) {
    const int many = perLength[n];
    perLength[n] = at;
    at += many;
  }
  for (int b = 0; b < B; b++) {
    const int n = T > 0 ? lengthOf[b] : 0;
    const int r = perLength[n]++;
    m.order[r] = b;
    m.length[r] = n;
    m.start[r] = startOf(b);
  }
  for (int r = 0; r < B; r++) {
    int* when = m.when + (Index)r * T;
    if (mask) {
      int n = 0;
      for (int i = 0; i < T; i++) {
        if (valid(m.order[r], i)) when[n++] = i;
      }
    } else {
      for (int k = 0; k < m.length[r]; k++) when[k] = m.start[r] + k;
    }
  }
  m.rows = B;
  m.steps = B > 0 ? m.length[0] : 0;
  m.even = B > 0 && m.length[B - 1] == m.steps;
  int n = B, offset = 0;
  for (int k = 0; k <= m.steps; k++) {
    while (n > 0 && m.length[n - 1] <= k) n--;
    m.count[k] = k < m.steps ? n : 0;
    m.offset[k] = offset;
    offset += m.count[k];
  }
  m.first = c.steps;
  s.total = c.steps + offset;
  c.finals = s.total;
  m.finals = s.total + (c.steps ? 1 : 0);
}

/** The sorted rows that one member owns through a whole group: [from, from + size), again every `stride`. */
struct Owned {
  int from, size, stride;
};
static Owned owned(const Team& team, const Group& g) {
  if (g.even || team.count == 1) {
    const int from = (int)((Index)g.rows * team.index / team.count), to = (int)((Index)g.rows * (team.index + 1) / team.count);
    return {from, to - from, 1 << 30};
  }
  return {4 * team.index, 4, 4 * team.count};
}
#define FOR_OWNED(own, n, r0, r1)                                                                    \
  for (Index r0##_ = (own).from; r0##_ < (n) && (own).size > 0; r0##_ += (own).stride)             \
    if (int r0 = (int)r0##_, r1 = (int)(r0##_ + (own).size < (n) ? r0##_ + (own).size : (n)); r1 > r0)

}  // namespace
