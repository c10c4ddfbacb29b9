// The tape as the interpreter holds it. README.md describes the words; src/backends/tape.ts writes them.
#pragma once
#include "simd.h"
#include "tape_ops.h"
#include "team.h"

namespace CELLSTATE_NAMESPACE {

constexpr int WEIGHTS = 0, FEED = 5, MAX_RANK = 8;


/** An op's kernel: a function of its own in every build. */
#define OP static __attribute__((noinline))

struct Slot {
  int region = -1;  // -1: absent
  int64_t offset = 0;
  bool integer = false;
  int rank = 0;
  int dims[MAX_RANK] = {0};
  int64_t size = 1;
  bool present() const { return region >= 0; }
  int dim(int axis) const { return dims[axis < 0 ? rank + axis : axis]; }
};

struct Instruction;
struct Body {
  int carries, sequences, results, count;
  Slot *carry, *next, *slice, *result;
  Instruction* instructions;
};

struct Instruction {
  int op = 0, inputs = 0, outputs = 0, attributes = 0;
  Slot *in = nullptr, *out = nullptr;
  const int32_t* attribute = nullptr;
  Body* body = nullptr;
  bool solo = false;          // too small to share: the first thread does it alone
  int64_t workspaceWords = 0;  // of the common workspace
  int64_t packedWords = 0;    // kept for this instruction alone
  float* packed = nullptr;
  uint64_t packedVersion = 0;  // of the weights it was made from
  double flops = 0;           // a step
  // profile
  uint64_t nanoseconds = 0, runs = 0;

  float real(int i) const { return __builtin_bit_cast(float, attribute[i]); }
};

/** How often each region was written, and how often the weights within a known range. */
struct Versions {
  uint64_t of[REGIONS] = {0}, ranged = 0;
  int64_t rangedFrom = 0, rangedTo = 0;
};

/** What an op sees while it runs. */
struct Context {
  float* base[REGIONS];
  float* workspace;
  uint32_t seed, step;
  bool sharePadding;
  bool tiles = false;  // whether products of bfloat16 go by tiles

  float* at(const Slot& s) const { return s.region < 0 ? nullptr : base[s.region] + s.offset; }
  int32_t* integers(const Slot& s) const { return (int32_t*)at(s); }
};

}  // namespace
