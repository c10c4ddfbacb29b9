// The products inside an LSTM, run alone. Compiled once for each instruction set, as interpreter.cpp is.
#include "products.h"

#include <vector>

#include "../engine.h"
#include "../peak.h"
#include "../recurrent_ops.h"

namespace CELLSTATE_NAMESPACE {

struct AloneLayer {
  int threads;
  RecurrentArguments a = RecurrentArguments();
  std::vector<float> numbers, packed, packedBack, workspace;

  AloneLayer(const Sizes& s, int count) : threads(count) {
    a.B = s.B, a.T = s.T, a.D = s.D, a.H = s.H;
    a.activation = TANH, a.recurrentActivation = SIGMOID;
    const Index Hp = (s.H + 15) / 16 * 16, rows = (Index)s.B * s.T;
    const Index sizes[] = {rows * s.D, (Index)s.D * 4 * s.H, (Index)s.H * 4 * s.H, 4 * s.H, rows * 4 * Hp + 2 * (rows + s.B) * Hp,
                           (Index)s.B * s.H,  // up to here with numbers
                           rows * s.D, (Index)s.D * 4 * s.H, (Index)s.H * 4 * s.H, 4 * s.H};
    Index total = 0;
    for (Index n : sizes) total += n + 64;
    numbers.resize(total);
    uint32_t seed = 7;
    for (float& v : numbers) seed = seed * 1664525u + 1013904223u, v = (seed >> 8) / 16777216.f - 0.5f;
    float* at = numbers.data();
    float* part[10];
    for (int i = 0; i < 10; i++) part[i] = at, at += sizes[i] + 64;
    a.x = part[0], a.wx = part[1], a.wh = part[2], a.b = part[3], a.saved = part[4], a.dLast = part[5];
    a.dx = part[6], a.dwx = part[7], a.dwh = part[8], a.db = part[9];
    const Team team{0, threads, nullptr};
    Arena forward{nullptr}, backward{nullptr};
    Forward f(a, team, LstmCell::kind, cellForward<LstmCell>);
    Backward b(a, team, LstmCell::kind, cellBackward<LstmCell>);
    f.layout(forward);
    b.layout(backward);
    workspace.resize((forward.used > backward.used ? forward.used : backward.used) + 64);
    packed.resize(f.s.packedWords(false) + 64);
    packedBack.resize(b.s.packedBackWords() + 64);
    run([](AloneLayer& l, const Team& t) { Forward(l.a, t, LstmCell::kind, cellForward<LstmCell>).run(l.packed.data(), l.workspace.data()); });
    a.packed = true;
  }
  void run(void (*work)(AloneLayer& layer, const Team& team)) {
    struct Job {
      AloneLayer& layer;
      void (*work)(AloneLayer&, const Team&);
    } job{*this, work};
    cellstate_parallel(threads, [](void* j, const Team& team) { ((Job*)j)->work(((Job*)j)->layer, team); }, &job);
  }
  Forward forward(const Team& team) {
    Forward f(a, team, LstmCell::kind, cellForward<LstmCell>);
    Arena arena{workspace.data()};
    f.layout(arena);
    f.packed.place(f.s, packed.data());
    f.prepareSchedule();
    f.layoutSaved();
    return f;
  }
};

static void inputProducts(AloneLayer& l, const Team& team) {
  Forward f = l.forward(team);
  for (int s0 = 0, s1; s0 < f.schedule->steps; s0 = s1) {
    s1 = f.schedule->chunkEnd(s0, Shape::FORWARD);
    f.inputProducts(s0, s1);
  }
}

static void recurrentProducts(AloneLayer& l, const Team& team) {
  Forward f = l.forward(team);
  const bool split = f.panelsSplit();
  const Owned own = owned(team, *f.schedule);
  for (int s0 = 0, s1; s0 < f.schedule->steps; s0 = s1) {
    s1 = f.schedule->chunkEnd(s0, Shape::FORWARD);
    for (int step = s0 > 0 ? s0 : 1; step < s1; step++) {
      if (split) {
        for (int p = f.panelsFrom(team.index); p < f.panelsFrom(team.index + 1); p++) f.stateProduct(s0, step, 0, f.schedule->until[step], p);
        team.meetStep();
      } else {
        for (int p = 0; p < f.s.panels; p++) f.stateProduct(s0, step, own.from, own.from + own.size, p);
      }
    }
  }
}

static void weightProducts(AloneLayer& l, const Team& team) {
  Backward b(l.a, team, LstmCell::kind, cellBackward<LstmCell>);
  Arena arena{l.workspace.data()};
  b.layout(arena);
  b.prepareSchedule();
  b.layoutSaved();
  const Owned own = owned(team, *b.schedule);
  for (int s1 = b.schedule->steps, s0; s1 > 0; s1 = s0) {
    s0 = b.schedule->chunkStart(s1, b.s.backwardRows());
    for (int step = s0; step < s1; step++) b.packA(s0, step, own.from, own.from + own.size);
    team.meet();
    b.weightGradients(s0, b.schedule->offset[s1] - b.schedule->offset[s0], s1 == b.schedule->steps);
    team.meet();
  }
}

/** As peak.h, by any clock: twelve sums by name, for a compiler puts arrays of them into memory. */
static double spin(long turns) {
  const V x = set(0.999f), y = set(1e-3f);
  V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
  for (long n = 0; n < turns; n++) {
    a = fma(a, x, y), b = fma(b, x, y), c = fma(c, x, y), d = fma(d, x, y), e = fma(e, x, y), f = fma(f, x, y);
    g = fma(g, x, y), h = fma(h, x, y), i = fma(i, x, y), j = fma(j, x, y), k = fma(k, x, y), l = fma(l, x, y);
    HOLD(a); HOLD(b); HOLD(c); HOLD(d); HOLD(e); HOLD(f);
    HOLD(g); HOLD(h); HOLD(i); HOLD(j); HOLD(k); HOLD(l);
  }
  return 2.0 * LANES * 12 * turns;
}

extern const Parts parts;
const Parts parts = {
    [](const Sizes& sizes, int threads) -> void* { return new AloneLayer(sizes, threads); },
    [](void* layer) { ((AloneLayer*)layer)->run(inputProducts); },
    [](void* layer) { ((AloneLayer*)layer)->run(recurrentProducts); },
    [](void* layer) { ((AloneLayer*)layer)->run(weightProducts); },
    [](void* layer) { delete (AloneLayer*)layer; },
    spin,
};

}  // namespace CELLSTATE_NAMESPACE
