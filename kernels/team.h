// What a kernel sees of the threads that run it: every thread executes the same instruction, takes its share and meets the
// others at barriers. Shares decide who computes an element, never how: results are the same bits for any count.
#pragma once
#include <stddef.h>
#include <stdint.h>

/** Counts and offsets of numbers: as wide as a pointer. */
typedef ptrdiff_t Index;

struct Barrier;  // threads.h (native) or wasm.cpp
extern "C" void cellstate_meet(struct Barrier* barrier, int count);
extern "C" void cellstate_meet_step(struct Barrier* barrier, int count);  // native only

// A function of its own in every object file: one shared by all would be the copy of whichever instruction set the linker met first.
static __attribute__((noinline, unused)) void partOf(int index, int count, Index n, Index grain, Index* from, Index* to) {
  const Index pieces = (n + grain - 1) / grain;
  *from = pieces * index / count * grain;
  *to = pieces * (index + 1) / count * grain;
  if (*from > n) *from = n;
  if (*to > n) *to = n;
}

struct Team {
  int index;
  int count;
  struct Barrier* barrier;
#if defined(__wasm__)
  static constexpr bool crowded = false;
  void meetStep() const { meet(); }
#else
  bool crowded = false;  // other programs hold the cores: meeting at every step of a sequence would wait for them each time
  /** Where a step of a sequence ends; these tell whether it is crowded. */
  void meetStep() const {
    if (count > 1) cellstate_meet_step(barrier, count);
  }
#endif

  __attribute__((always_inline)) void meet() const {
    if (count > 1) cellstate_meet(barrier, count);
  }
  /** This thread's part of 0..n-1 in units of `grain`. */
  __attribute__((always_inline)) void share(Index n, Index grain, Index* from, Index* to) const { partOf(index, count, n, grain, from, to); }
};
