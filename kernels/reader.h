// Reads a tape into instructions (README.md says what lies where). Every count, offset and size is checked before anything runs.
#pragma once
#include "check.h"
#include "engine.h"
#include "tape.h"

namespace CELLSTATE_NAMESPACE {

struct Reader {
  const int32_t* tape;
  int64_t words, at = 0;
  char *nodes, *nodesEnd;  // where slots and instructions go
  Memory* const* regions;
  int64_t feedWords;
  const char* problem = nullptr;

  bool fail(const char* what) {
    if (!problem) problem = what;
    return false;
  }
  int32_t word() {
    if (at >= words) {
      fail("it ends too early");
      return 0;
    }
    return tape[at++];
  }
  int size(int most) {
    const int32_t n = word();
    if (n < 0 || n > most) {
      fail("a count is out of range");
      return 0;
    }
    return n;
  }
  template <class T>
  T* make(int64_t n) {
    char* p = nodes;
    const int64_t bytes = (n * (int64_t)sizeof(T) + 15) / 16 * 16;
    if (n < 0 || bytes > nodesEnd - nodes) {
      fail("a count is out of range");
      return nullptr;
    }
    nodes += bytes;
    T* list = (T*)p;
    for (int64_t i = 0; i < n; i++) list[i] = T();
    return list;
  }
  bool slots(Slot* list, int n) {
    for (int i = 0; i < n && !problem; i++) {
      Slot& s = list[i];
      s.region = word();
      const uint32_t lo = (uint32_t)word();
      s.offset = (int64_t)((uint64_t)(uint32_t)word() << 32 | lo);
      s.integer = word() != 0;
      s.rank = size(MAX_RANK);
      s.size = 1;
      int64_t extent = 1;  // the size with 1 for 0, so that no product of some of the dimensions overflows
      for (int k = 0; k < s.rank; k++) {
        s.dims[k] = word();
        if (s.dims[k] < 0) return fail("a dimension is negative");
        if (s.dims[k] > 0 && extent > ((int64_t)1 << 40) / s.dims[k]) return fail("a tensor is too large");
        if (s.dims[k] > 0) extent *= s.dims[k];
        s.size *= s.dims[k];
      }
      if (s.region < -1 || s.region >= REGIONS) return fail("a region does not exist");
      if (s.region < 0) continue;
      const int64_t words = s.region == FEED ? feedWords : regions[s.region] ? regions[s.region]->words : 0;
      if (s.offset < 0 || s.offset > words || s.size > words - s.offset) return fail("a tensor lies outside its region");
    }
    return !problem;
  }
  Instruction* list(int n);
  bool instruction(Instruction& q);
};

Instruction* Reader::list(int n) {
  Instruction* instructions = make<Instruction>(n);
  for (int i = 0; i < n && !problem; i++) instruction(instructions[i]);
  return instructions;
}

COMPACT bool Reader::instruction(Instruction& q) {
  const int64_t start = at;
  q.op = word();
  const int64_t length = word();
  q.inputs = size(1 << 16);
  q.outputs = size(64);
  q.attributes = size(1 << 24);
  if (q.op < 0 || q.op >= OP_COUNT) return fail("an op does not exist");
  q.in = make<Slot>(q.inputs);
  q.out = make<Slot>(q.outputs);
  if (problem || !slots(q.in, q.inputs) || !slots(q.out, q.outputs)) return false;
  if (q.attributes > words - at) return fail("it ends too early");
  q.attribute = tape + at;
  at += q.attributes;
  if (const char* what = check(q)) return fail(what);
  if (q.op == OP_SCAN) {
    Body* b = make<Body>(1);
    if (problem) return false;
    b->carries = q.attribute[0];
    b->sequences = q.attribute[1];
    b->results = q.outputs - b->carries;
    b->carry = make<Slot>(b->carries);
    b->next = make<Slot>(b->carries);
    b->slice = make<Slot>(b->sequences);
    b->result = make<Slot>(b->results);
    if (problem || !slots(b->carry, b->carries) || !slots(b->next, b->carries) || !slots(b->slice, b->sequences) || !slots(b->result, b->results)) return false;
    const int64_t length = q.attribute[3];
    for (int i = 0; i < b->carries; i++) {
      if (!b->carry[i].present() || !b->next[i].present()) return fail("a slot of a scan is missing");
      if (b->carry[i].size != b->next[i].size || b->carry[i].size != q.in[i].size) return fail("a carry of a scan changes its size");
      if (q.out[i].present() && q.out[i].size != b->carry[i].size) return fail("a carry of a scan changes its size");
    }
    for (int i = 0; i < b->sequences; i++) {
      const Slot& x = q.in[b->carries + i];
      if (!b->slice[i].present()) return fail("a slot of a scan is missing");
      if (x.rank < 2 || x.dims[1] != length || !isProduct(x.size, b->slice[i].size, length)) return fail("a sequence of a scan has another length");
    }
    for (int i = 0; i < b->results; i++) {
      const Slot& y = q.out[b->carries + i];
      if (y.present() && (!b->result[i].present() || y.rank < 2 || y.dims[1] != length || !isProduct(y.size, b->result[i].size, length))) return fail("a result of a scan has another length");
    }
    b->count = size(1 << 20);
    b->instructions = list(b->count);
    q.body = b;
  }
  if (length != at - start) return fail("an instruction has another length than it says");
  return !problem;
}

}  // namespace
