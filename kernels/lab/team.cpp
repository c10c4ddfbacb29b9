// Stress lab: teams of threads while weights are written. Two programs run at once, each from a thread of its own; others
// count writes to their weights at random moments, and write numbers there that the programs do not read. Between runs
// weights change. Every result must be, bit for bit, what one undisturbed thread gives: no thread waits for ever, no packed
// copy is stale. Under the thread sanitizer it also shows that the counts are read once for the whole team.
// Arguments: runs of each program (default 2000), seed (default 1). Builds with lab/build.sh; exits 1 on a failure.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "../choose.h"
#include "../threads.h"
#include "tape_builder.h"

struct Random {
  uint32_t s;
  uint32_t below(uint32_t n) {
    s = s * 1664525u + 1013904223u;
    return (s >> 8) % n;
  }
  float number() { return (float)below(1 << 16) / (1 << 15) - 1; }
};

/** Dense after lstm over [B, T, D]; with `trains` the program moves its own weights as well, also amid a run. */
struct Program {
  Tape tape;
  Tape::Slot x, wx, wh, b, w, ranged, y, z, moved;
  Loaded* loaded;

  Program(const Engine* engine, int threads, bool trains, uint32_t seed) {
    const int B = 3, T = 4, D = 20, H = 24;
    const Tape::Slot none;
    x = tape.slot(Tape::data, {B, T, D}), wx = tape.slot(Tape::weights, {D, 4 * H}), wh = tape.slot(Tape::weights, {H, 4 * H});
    b = tape.slot(Tape::weights, {4 * H}), w = tape.slot(Tape::weights, {H, 40}), ranged = tape.slot(Tape::weights, {1024});
    y = tape.slot(Tape::scratch, {B, H}), z = tape.slot(Tape::state, {B, 40}), moved = tape.slot(Tape::data, {H, 40});
    const auto lstm = [&] { tape.add(OP_LSTM, {x, wx, wh, b, none, none, none, none, none, none}, {none, y, none, none, none}, {1, 2, 0, 0, 0}); };
    lstm();
    tape.add(OP_LINEAR, {y, w}, {z}, {});
    if (trains) {
      tape.add(OP_ACCUMULATE, {moved}, {w}, {});
      lstm();
      tape.add(OP_LINEAR, {y, w}, {z}, {});
    }
    loaded = new Loaded(engine, tape, Settings{threads, true, true, false});
    Random random{seed};
    for (int region : {(int)Tape::weights, (int)Tape::data}) {
      Memory* m = engine->memory(loaded->program, region);
      for (int64_t i = 0; i < m->words; i++) m->data[i] = 0.3f * random.number();
    }
  }
  ~Program() { delete loaded; }
  void change(const Tape::Slot& s, float to, int64_t at) {
    loaded->at(s)[at] = to;
    countWrites(loaded->engine->memory(loaded->program, Tape::weights)->version, 1);
  }
};

static std::atomic<long> right{0}, wrong{0}, ended{0};
static std::atomic<bool> done{false};

static void runs(const Engine* engine, int threads, bool trains, long count, uint32_t seed) {
  Program team(engine, threads, trains, seed), alone(engine, 1, trains, seed);
  std::atomic<bool> over{false};
  std::thread writer([&] {
    Random random{seed + 77};
    Memory* m = engine->memory(team.loaded->program, Tape::weights);
    while (!over.load()) {
      for (volatile uint32_t k = random.below(2000); k > 0;) k = k - 1;
      team.loaded->at(team.ranged)[random.below(1024)] = random.number();
      countWrites(random.below(3) ? m->version : m->rangedVersion, 1);
    }
  });
  Random random{seed + 5};
  for (long k = 0; k < count; k++) {
    for (int changes = random.below(3); changes > 0; changes--) {
      const Tape::Slot* all[] = {&team.wx, &team.wh, &team.w};
      const Tape::Slot& s = *all[random.below(3)];
      const int64_t at = random.below((uint32_t)s.size());
      const float to = 0.3f * random.number();
      team.change(s, to, at);
      alone.change(s, to, at);
    }
    team.loaded->run();
    alone.loaded->run();
    const bool same = memcmp(team.loaded->at(team.z), alone.loaded->at(alone.z), team.z.size() * 4) == 0;
    (same ? right : wrong).fetch_add(1);
    ended.fetch_add(1);
  }
  over.store(true);
  writer.join();
}

int main(int argc, char** argv) {
  const long count = argc > 1 ? atol(argv[1]) : 2000;
  const uint32_t seed = argc > 2 ? (uint32_t)atol(argv[2]) : 1;
  const Engine* engines[4];
  const Engine* engine = cellstate_engines(engines) > 0 ? engines[0] : nullptr;
  if (!engine) return 1;
  std::thread watch([&] {  // a team that waits for ever is a failure, not a test that never ends
    for (long before = -1; !done.load();) {
      for (int k = 0; k < 600 && !done.load(); k++) std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (!done.load() && ended.load() == before) {
        printf("FAILED: a team has not ended in a minute, after %ld runs\n", before);
        fflush(stdout);
        _Exit(1);
      }
      before = ended.load();
    }
  });
  for (int threads : {2, 3, 4}) {
    std::thread other(runs, engine, threads, true, count, seed + 1000 + threads);
    runs(engine, threads, false, count, seed + threads);
    other.join();
  }
  done.store(true);
  watch.join();
  printf("%ld runs of teams while weights were written, %ld right, %ld wrong (seed %u)\n", right + wrong, right.load(), wrong.load(), seed);
  return wrong ? 1 : 0;
}
