// Builds small tapes by hand for the lab: slots, instructions, and an lstm with its gradient.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../engine.h"
#include "../tape_ops.h"

struct Tape {
  enum { weights, gradients, optimizer, state, data, feed, scratch };
  std::vector<int32_t> body;
  int64_t sizes[7] = {0};
  int count = 0;

  struct Slot {
    int region = -1;
    int64_t offset = 0;
    bool integer = false;
    std::vector<int> dims;
    int64_t size() const {
      int64_t n = 1;
      for (int d : dims) n *= d;
      return n;
    }
  };
  Slot slot(int region, std::vector<int> dims, bool integer = false) {
    Slot s{region, sizes[region], integer, dims};
    sizes[region] += (s.size() + 15) / 16 * 16;
    return s;
  }
  void add(int op, const std::vector<Slot>& in, const std::vector<Slot>& out, const std::vector<int32_t>& attributes) {
    const size_t start = body.size();
    for (int v : {op, 0, (int)in.size(), (int)out.size(), (int)attributes.size()}) body.push_back(v);
    for (const auto* list : {&in, &out}) {
      for (const Slot& s : *list) {
        body.push_back(s.region);
        body.push_back((int32_t)s.offset);
        body.push_back((int32_t)(s.offset >> 32));
        body.push_back(s.integer);
        body.push_back((int32_t)s.dims.size());
        for (int d : s.dims) body.push_back(d);
      }
    }
    for (int32_t v : attributes) body.push_back(v);
    body[start + 1] = (int32_t)(body.size() - start);
    count++;
  }
  std::vector<int32_t> words() const {
    std::vector<int32_t> all = {MAGIC, VERSION, count, (int32_t)sizes[feed], REGIONS};
    for (int64_t n : sizes) all.push_back((int32_t)n);
    all.insert(all.end(), body.begin(), body.end());
    return all;
  }
};

/** A loaded tape with its own memories. */
struct Loaded {
  const Engine* engine;
  void* program = nullptr;
  Loaded(const Engine* e, const Tape& tape, Settings settings) : engine(e) {
    Memory* none[7] = {nullptr};
    char error[160];
    const std::vector<int32_t> words = tape.words();
    program = engine->load(words.data(), (int64_t)words.size(), none, settings, error, sizeof error);
    if (!program) {
      fprintf(stderr, "load: %s\n", error);
      abort();
    }
  }
  Loaded(const Loaded&) = delete;
  ~Loaded() { engine->free(program); }
  float* at(const Tape::Slot& s) { return engine->memory(program, s.region)->data + s.offset; }
  void written(int region) { engine->memory(program, region)->version++; }
  void run(uint32_t seed = 1) {
    if (const char* error = engine->run(program, 0, 1, seed)) {
      fprintf(stderr, "run: %s\n", error);
      abort();
    }
  }
};

/** An lstm over random numbers; with its gradient when training. `words`: rows have so many steps of their own on average, after shared padding; 0: none. */
struct Lstm {
  Tape tape;
  Loaded* loaded;
  Lstm(const Engine* engine, int B, int T, int D, int H, bool train, bool drop, int threads, int words = 0) {
    const int Hp = (H + 15) / 16 * 16;
    const Tape::Slot none;
    auto x = tape.slot(Tape::data, {B, T, D}), wx = tape.slot(Tape::weights, {D, 4 * H}), wh = tape.slot(Tape::weights, {H, 4 * H});
    auto b = tape.slot(Tape::weights, {4 * H}), y = tape.slot(Tape::scratch, {B, T, H}), last = tape.slot(Tape::scratch, {B, H});
    auto xDrop = drop ? tape.slot(Tape::data, {4, B, D}) : none, hDrop = drop ? tape.slot(Tape::data, {4, B, H}) : none;
    auto saved = tape.slot(Tape::scratch, {T * B * 4 * Hp + 2 * (T + 1) * B * Hp});
    auto prefix = words ? tape.slot(Tape::state, {B}, true) : none;
    const std::vector<Tape::Slot> in = {x, wx, wh, b, none, none, none, xDrop, hDrop, prefix};
    tape.add(OP_LSTM, in, {train ? none : none, last, none, none, train ? saved : none}, {1, 2, 0, 0, 0});
    if (train) {
      auto dLast = tape.slot(Tape::data, {B, H});
      auto dx = tape.slot(Tape::scratch, {B, T, D}), dwx = tape.slot(Tape::gradients, {D, 4 * H}), dwh = tape.slot(Tape::gradients, {H, 4 * H});
      auto db = tape.slot(Tape::gradients, {4 * H});
      std::vector<Tape::Slot> back = {none, dLast, none, none};
      back.insert(back.end(), in.begin(), in.end());
      back.push_back(saved);
      tape.add(OP_LSTM_BACK, back, {dx, dwx, dwh, db, none, none}, {1, 2, 0, 0, 0});
      // as an optimizer would: the weights change, so they are packed again
      tape.add(OP_ASSIGN, {b}, {b}, {});
    }
    loaded = new Loaded(engine, tape, Settings{threads, false, true, getenv("CELLSTATE_PROFILE") != nullptr});
    uint32_t s = 7;
    for (int region : {(int)Tape::weights, (int)Tape::data}) {
      Memory* m = engine->memory(loaded->program, region);
      for (int64_t i = 0; i < m->words; i++) {
        s = s * 1664525u + 1013904223u;
        m->data[i] = ((s >> 8) / 16777216.f - 0.5f) * (region == Tape::weights ? 0.2f : 1.f);
      }
    }
    for (int i = 0; words && i < B; i++) {  // lengths fall off exponentially, as those of sentences' beginnings do
      s = s * 1664525u + 1013904223u;
      const int own = 1 + (int)(-(words - 0.5) * log(((s >> 8) + 1) / 16777216.0));
      ((int32_t*)loaded->at(prefix))[i] = T - (own < T ? own : T);
    }
    (void)y;
  }
  ~Lstm() { delete loaded; }
  void run() { loaded->run(); }
  void printProfile() {
    for (int i = 0; i < loaded->engine->instructions(loaded->program); i++) {
      const Profile p = loaded->engine->profile(loaded->program, i);
      printf("    op %2d  %8.3f ms  %6.1f GF/s\n", p.op, p.milliseconds / p.runs, p.flops * p.runs / p.milliseconds * 1e-6);
    }
  }
};
