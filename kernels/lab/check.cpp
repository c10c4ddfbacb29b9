// Correctness lab: elementary functions over their whole range in ulp, and every recurrent kernel against a plain
// double-precision version, with gradients against finite differences of it. Also that threads and instruction sets change no
// bit, and that shared padding gives the dense numbers. Builds with lab/build.sh; exits 1 on a failure.
#include <cmath>
#include <string>

#include "../choose.h"
#include "../threads.h"
#include "tape_builder.h"

static int failures = 0;
static void expect(bool ok, const char* what, const std::string& where, double seen) {
  if (ok) return;
  failures++;
  printf("FAILED %s: %s: %g\n", where.c_str(), what, seen);
}

// Elementary functions -----------------------------------------------------------------------------------------------
static double ulps(float got, double want) {
  if (std::isnan(want)) return std::isnan(got) ? 0 : 1e9;
  const float w = (float)want;
  if (std::isinf(w)) return got == w ? 0 : 1e9;
  if (std::fabs(want) < 1.1754944e-38) return std::fabs(got) <= 1.1754944e-38 ? 0 : 1e9;  // denormals are flushed
  return std::fabs((double)got - want) / (std::nextafterf(std::fabs(w), INFINITY) - std::fabs(w));
}
static void checkFunction(const Engine* engine, const char* name, int fn, double (*exact)(double), double low, double high, double limit) {
  const int n = 1 << 16;
  Tape tape;
  auto x = tape.slot(Tape::data, {n}), y = tape.slot(Tape::state, {n});
  tape.add(OP_UNARY, {x}, {y}, {fn});
  Loaded l(engine, tape, Settings{1, false, true, false});
  double worst = 0, at = 0;
  // evenly over the range, and evenly over the exponents
  for (int pass = 0; pass < 24; pass++) {
    for (int i = 0; i < n; i++) {
      const double t = (i + pass / 24.0) / n;
      double v = low + (high - low) * t;
      if (pass & 1) v = (i & 1 ? -1 : 1) * std::exp(std::log(1e-30) + t * (std::log(std::fmax(std::fabs(low), high)) - std::log(1e-30)));
      l.at(x)[i] = (float)(v < low ? low : v > high ? high : v);
    }
    l.run();
    for (int i = 0; i < n; i++) {
      const double e = ulps(l.at(y)[i], exact(l.at(x)[i]));
      if (e > worst) worst = e, at = l.at(x)[i];
    }
  }
  printf("  %-9s %-8s worst %.2f ulp at %.9g\n", engine->name, name, worst, at);
  expect(worst <= limit, "ulp", std::string(engine->name) + " " + name, worst);
}
static double sigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }
static double softplusOf(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }

// Recurrent cells in double precision --------------------------------------------------------------------------------
struct Problem {
  int op, B, T, D, H;
  bool state, mask, reverse, zeroOutput, twoBiases;
  int xDrop;
  bool hDrop;
  int prefix;  // 0: none; else rows share up to so many steps
  int gates() const { return op == OP_LSTM ? 4 : op == OP_GRU ? 3 : 1; }
  std::string name() const {
    char t[160];
    snprintf(t, sizeof t, "op %d B=%d T=%d D=%d H=%d%s%s%s%s%s xDrop=%d hDrop=%d prefix=%d", op, B, T, D, H, state ? " state" : "", mask ? " mask" : "",
             reverse ? " reverse" : "", zeroOutput ? " zero" : "", twoBiases ? " 2 biases" : "", xDrop, hDrop, prefix);
    return t;
  }
};
struct Numbers {
  std::vector<double> x, wx, wh, b, h0, c0, xDrop, hDrop;
  std::vector<int> mask, prefix;
};
static Numbers numbersFor(const Problem& p) {
  Numbers n;
  const int G = p.gates(), N = G * p.H;
  uint32_t s = 12345;
  auto fill = [&](std::vector<double>& v, size_t size, double scale) {
    v.resize(size);
    for (double& d : v) {
      s = s * 1664525u + 1013904223u;
      d = (float)(((s >> 8) / 16777216.0 - 0.5) * 2 * scale);
    }
  };
  fill(n.x, (size_t)p.B * p.T * p.D, 1);
  fill(n.wx, (size_t)p.D * N, 0.7 / std::sqrt(p.D) * 2);
  fill(n.wh, (size_t)p.H * N, 0.7 / std::sqrt(p.H) * 2);
  fill(n.b, (size_t)N * (p.twoBiases ? 2 : 1), 0.5);
  fill(n.h0, p.state ? (size_t)p.B * p.H : 0, 0.8);
  fill(n.c0, p.state && p.op == OP_LSTM ? (size_t)p.B * p.H : 0, 0.8);
  auto drop = [&](std::vector<double>& v, size_t size) {
    v.resize(size);
    for (double& d : v) {
      s = s * 1664525u + 1013904223u;
      d = (s >> 16) % 5 == 0 ? 0 : 1.25;
    }
  };
  drop(n.xDrop, (size_t)p.xDrop * p.B * p.D);
  drop(n.hDrop, p.hDrop ? (size_t)G * p.B * p.H : 0);
  if (p.mask) {
    n.mask.resize((size_t)p.B * p.T);
    for (int b = 0; b < p.B; b++) {
      for (int t = 0; t < p.T; t++) {
        s = s * 1664525u + 1013904223u;
        n.mask[b * p.T + t] = b % 4 == 3 ? 0 : b % 4 == 0 ? t < p.T - b % p.T : (s >> 16) % 3 != 0;
      }
    }
  }
  if (p.prefix) {
    n.prefix.resize(p.B);
    for (int b = 0; b < p.B; b++) {
      n.prefix[b] = (b * 7 + 3) % (p.prefix + 1);
      for (int t = 0; t < n.prefix[b]; t++) {
        for (int d = 0; d < p.D; d++) n.x[((size_t)b * p.T + t) * p.D + d] = n.x[d];
      }
    }
    for (int b = 0; b < p.B; b++) {
      for (int t = 0; t < n.prefix[b]; t++) {
        for (int d = 0; d < p.D; d++) n.x[((size_t)b * p.T + t) * p.D + d] = (float)std::sin(1.0 + d);
      }
    }
  }
  return n;
}
struct Outputs {
  std::vector<double> y, last, hT, cT;
};
static Outputs forward(const Problem& p, const Numbers& n) {
  const int G = p.gates(), H = p.H, N = G * H;
  Outputs o;
  o.y.assign((size_t)p.B * p.T * H, 0);
  o.last.assign((size_t)p.B * H, 0);
  o.hT.assign((size_t)p.B * H, 0);
  o.cT.assign((size_t)p.B * H, 0);
  std::vector<double> h(H), c(H), zx(N), zh(N), before(H);
  for (int b = 0; b < p.B; b++) {
    for (int j = 0; j < H; j++) {
      h[j] = p.state ? n.h0[b * H + j] : 0;
      c[j] = p.state && p.op == OP_LSTM ? n.c0[b * H + j] : 0;
    }
    for (int i = 0; i < p.T; i++) {
      const int t = p.reverse ? p.T - 1 - i : i;
      double* y = &o.y[((size_t)b * p.T + i) * H];
      if (p.mask && !n.mask[b * p.T + t]) {
        for (int j = 0; j < H; j++) y[j] = p.zeroOutput || i == 0 ? 0 : y[j - H];
        continue;
      }
      for (int g = 0; g < G; g++) {
        for (int j = 0; j < H; j++) {
          double sx = n.b[g * H + j], sh = p.twoBiases ? n.b[N + g * H + j] : 0;
          for (int d = 0; d < p.D; d++) {
            const double m = p.xDrop ? n.xDrop[((size_t)(p.xDrop == 1 ? 0 : g) * p.B + b) * p.D + d] : 1;
            sx += n.x[((size_t)b * p.T + t) * p.D + d] * m * n.wx[(size_t)d * N + g * H + j];
          }
          for (int k = 0; k < H; k++) sh += h[k] * (p.hDrop ? n.hDrop[((size_t)g * p.B + b) * H + k] : 1) * n.wh[(size_t)k * N + g * H + j];
          zx[g * H + j] = sx;
          zh[g * H + j] = sh;
        }
      }
      before = h;
      for (int j = 0; j < H; j++) {
        if (p.op == OP_LSTM) {
          auto z = [&](int g) { return zx[g * H + j] + zh[g * H + j]; };
          c[j] = sigmoidOf(z(1)) * c[j] + sigmoidOf(z(0)) * std::tanh(z(2));
          h[j] = sigmoidOf(z(3)) * std::tanh(c[j]);
        } else if (p.op == OP_GRU) {
          const double z = sigmoidOf(zx[j] + zh[j]), r = sigmoidOf(zx[H + j] + zh[H + j]);
          h[j] = z * before[j] + (1 - z) * std::tanh(zx[2 * H + j] + r * zh[2 * H + j]);
        } else {
          h[j] = std::tanh(zx[j] + zh[j]);
        }
        y[j] = h[j];
      }
    }
    for (int j = 0; j < H; j++) {
      o.last[b * H + j] = o.y[((size_t)b * p.T + p.T - 1) * H + j];
      o.hT[b * H + j] = h[j];
      o.cT[b * H + j] = c[j];
    }
  }
  return o;
}

struct Ran {
  std::vector<float> forward;                                     // y, last, hT, cT one after another
  std::vector<float> dx, dwx, dwh, db, dh0, dc0;
};
/** Weights of the scalar whose slopes the gradients are. */
static double weightOf(size_t i) { return (float)std::sin(0.7 * i + 0.4); }

static Ran runKernels(const Engine* engine, int threads, const Problem& p, const Numbers& n, bool share) {
  const int G = p.gates(), N = G * p.H, Hp = (p.H + 15) / 16 * 16;
  const bool c = p.op == OP_LSTM;
  Tape tape;
  const Tape::Slot none;
  auto slot = [&](std::vector<int> dims, bool wanted = true) { return wanted ? tape.slot(Tape::data, dims) : none; };
  auto x = slot({p.B, p.T, p.D}), wx = slot({p.D, N}), wh = slot({p.H, N}), b = p.twoBiases ? slot({2, N}) : slot({N});
  auto h0 = slot({p.B, p.H}, p.state), c0 = slot({p.B, p.H}, p.state && c), mask = slot({p.B, p.T}, p.mask);
  auto xDrop = slot({p.xDrop, p.B, p.D}, p.xDrop), hDrop = slot({G, p.B, p.H}, p.hDrop), prefix = p.prefix ? tape.slot(Tape::data, {p.B}, true) : none;
  const int words = p.op == OP_SIMPLE_RNN ? 2 * (p.T + 1) * p.B * Hp : p.T * p.B * 4 * Hp + (c ? 2 : 1) * (p.T + 1) * p.B * Hp;
  auto saved = tape.slot(Tape::scratch, {words});
  auto y = tape.slot(Tape::state, {p.B, p.T, p.H}), last = tape.slot(Tape::state, {p.B, p.H}), hT = tape.slot(Tape::state, {p.B, p.H}), cT = tape.slot(Tape::state, {p.B, p.H});
  auto dy = slot({p.B, p.T, p.H}), dLast = slot({p.B, p.H}), dhT = slot({p.B, p.H}), dcT = slot({p.B, p.H});
  std::vector<Tape::Slot> in = {x, wx, wh, b, h0};
  if (c) in.push_back(c0);
  for (auto& s : {mask, xDrop, hDrop, prefix}) in.push_back(s);
  std::vector<Tape::Slot> out = {y, last, hT};
  if (c) out.push_back(cT);
  std::vector<int32_t> attributes = {1};
  if (p.op != OP_SIMPLE_RNN) attributes.push_back(2);
  attributes.push_back(p.reverse);
  attributes.push_back(p.zeroOutput);
  // once for inference, without `saved`, whose numbers must be the same; then for training
  auto y2 = tape.slot(Tape::state, {p.B, p.T, p.H}), last2 = tape.slot(Tape::state, {p.B, p.H}), hT2 = tape.slot(Tape::state, {p.B, p.H}), cT2 = tape.slot(Tape::state, {p.B, p.H});
  std::vector<Tape::Slot> out2 = {y2, last2, hT2};
  if (c) out2.push_back(cT2);
  out2.push_back(none);
  tape.add(p.op, in, out2, attributes);
  out.push_back(saved);
  tape.add(p.op, in, out, attributes);
  auto dx = tape.slot(Tape::gradients, x.dims), dwx = tape.slot(Tape::gradients, wx.dims), dwh = tape.slot(Tape::gradients, wh.dims), db = tape.slot(Tape::gradients, b.dims);
  auto dh0 = tape.slot(Tape::gradients, {p.B, p.H}), dc0 = tape.slot(Tape::gradients, {p.B, p.H});
  std::vector<Tape::Slot> back = {dy, dLast, dhT};
  if (c) back.push_back(dcT);
  back.insert(back.end(), in.begin(), in.end());
  back.push_back(saved);
  std::vector<Tape::Slot> outBack = {dx, dwx, dwh, db, p.state ? dh0 : none};
  if (c) outBack.push_back(p.state ? dc0 : none);
  tape.add(p.op + 1, back, outBack, attributes);

  Loaded l(engine, tape, Settings{threads, true, share, false});
  auto put = [&](const Tape::Slot& s, const std::vector<double>& v) {
    for (size_t i = 0; i < v.size(); i++) l.at(s)[i] = (float)v[i];
  };
  put(x, n.x);
  for (size_t i = 0; i < n.mask.size(); i++) {
    for (int d = 0; d < p.D && !n.mask[i]; d++) l.at(x)[i * p.D + d] = NAN;  // a masked step costs nothing: nobody reads it
  }
  put(wx, n.wx), put(wh, n.wh), put(b, n.b);
  if (p.state) put(h0, n.h0);
  if (p.state && c) put(c0, n.c0);
  if (p.xDrop) put(xDrop, n.xDrop);
  if (p.hDrop) put(hDrop, n.hDrop);
  for (size_t i = 0; i < n.mask.size(); i++) l.at(mask)[i] = n.mask[i];
  for (size_t i = 0; i < n.prefix.size(); i++) ((int32_t*)l.at(prefix))[i] = n.prefix[i];
  size_t k = 0;
  for (auto* s : {&dy, &dLast, &dhT, &dcT}) {
    for (int64_t i = 0; i < s->size(); i++) l.at(*s)[i] = (float)weightOf(k++);
  }
  // what was in the outputs before must not matter
  for (int region : {(int)Tape::state, (int)Tape::gradients, (int)Tape::scratch}) {
    Memory* m = engine->memory(l.program, region);
    for (int64_t i = 0; i < m->words; i++) m->data[i] = NAN;
  }
  l.run();
  Ran r;
  auto take = [&](const Tape::Slot& s) { return std::vector<float>(l.at(s), l.at(s) + s.size()); };
  for (auto* s : {&y, &last, &hT, &cT}) {
    if (s == &cT && !c) continue;
    auto v = take(*s);
    r.forward.insert(r.forward.end(), v.begin(), v.end());
  }
  std::vector<float> again;
  for (auto* s : {&y2, &last2, &hT2, &cT2}) {
    if (s == &cT2 && !c) continue;
    auto v = take(*s);
    again.insert(again.end(), v.begin(), v.end());
  }
  expect(memcmp(again.data(), r.forward.data(), again.size() * 4) == 0, "inference differs from training", p.name(), 0);
  r.dx = take(dx), r.dwx = take(dwx), r.dwh = take(dwh), r.db = take(db);
  if (p.state) r.dh0 = take(dh0);
  if (p.state && c) r.dc0 = take(dc0);
  return r;
}

static double scalar(const Problem& p, const Numbers& n) {
  const Outputs o = forward(p, n);
  double total = 0;
  size_t k = 0;
  for (const auto* v : {&o.y, &o.last, &o.hT}) {
    for (double d : *v) total += d * weightOf(k++);
  }
  if (p.op == OP_LSTM) {
    for (double d : o.cT) total += d * weightOf(k++);
  }
  return total;
}
static void checkGradient(const Problem& p, Numbers n, std::vector<double> Numbers::* which, const std::vector<float>& got, const char* name) {
  std::vector<double>& v = n.*which;
  const size_t stride = v.size() / 23 + 1;
  double size = 1;
  for (float g : got) size = std::fmax(size, std::fabs(g));
  for (size_t i = 0; i < v.size(); i += stride) {
    const double keep = v[i], step = 1e-5;
    v[i] = keep + step;
    const double up = scalar(p, n);
    v[i] = keep - step;
    const double slope = (up - scalar(p, n)) / (2 * step);
    v[i] = keep;
    expect(std::fabs(got[i] - slope) < 2e-5 * size, name, p.name() + " [" + std::to_string(i) + "]", got[i] - slope);  // f32, sums of thousands
  }
}
static bool same(const Ran& a, const Ran& b) {
  auto eq = [](const std::vector<float>& x, const std::vector<float>& y) { return x.size() == y.size() && (x.empty() || memcmp(x.data(), y.data(), x.size() * 4) == 0); };
  return eq(a.forward, b.forward) && eq(a.dx, b.dx) && eq(a.dwx, b.dwx) && eq(a.dwh, b.dwh) && eq(a.db, b.db) && eq(a.dh0, b.dh0) && eq(a.dc0, b.dc0);
}

static bool thorough = true;  // else only values and gradients on 1 and 3 threads of one instruction set, for a slow sanitizer

static void checkProblem(const Engine* const* engines, int count, const Problem& p, bool slopes) {
  const Numbers n = numbersFor(p);
  const Outputs want = forward(p, n);
  const Ran one = runKernels(engines[0], 1, p, n, true);
  size_t k = 0;
  double worst = 0;
  std::vector<const std::vector<double>*> parts = {&want.y, &want.last, &want.hT};
  if (p.op == OP_LSTM) parts.push_back(&want.cT);
  for (const auto* v : parts) {
    for (double d : *v) {
      const double e = std::fabs(one.forward[k++] - d);
      if (!(e <= worst)) worst = e;
    }
  }
  expect(worst < 1e-5, "values", p.name(), worst);  // f32, up to a few hundred terms a sum
  if (slopes) {
    if (!p.prefix) checkGradient(p, n, &Numbers::x, one.dx, "dx");
    checkGradient(p, n, &Numbers::wx, one.dwx, "dwx");
    checkGradient(p, n, &Numbers::wh, one.dwh, "dwh");
    checkGradient(p, n, &Numbers::b, one.db, "db");
    if (p.state) checkGradient(p, n, &Numbers::h0, one.dh0, "dh0");
    if (p.state && p.op == OP_LSTM) checkGradient(p, n, &Numbers::c0, one.dc0, "dc0");
  }
  for (int e = 0; e < count; e++) {
    for (int threads = thorough ? 1 : 3; threads <= (thorough ? 4 : 3); threads++) {
      if (std::string(engines[e]->name) == "generic") continue;  // no fused multiply-add
      expect(same(one, runKernels(engines[e], threads, p, n, true)), "bits differ", p.name() + ", " + engines[e]->name + ", threads", threads);
    }
  }
  if (p.prefix) {  // shared padding against the dense way: the same up to the order of sums
    const Ran dense = runKernels(engines[0], 2, p, n, false);
    auto near = [&](const std::vector<float>& a, const std::vector<float>& b, const char* what) {
      double worst = 0, size = 1;
      for (float v : b) size = std::fmax(size, std::fabs(v));
      for (size_t i = 0; i < a.size(); i++) worst = std::fmax(worst, std::fabs((double)a[i] - b[i]));
      expect(worst < 2e-6 * size * 4, what, p.name(), worst);
    };
    expect(one.forward.size() == dense.forward.size() && memcmp(one.forward.data(), dense.forward.data(), one.forward.size() * 4) == 0, "shared values", p.name(), 0);
    near(one.dwx, dense.dwx, "shared dwx");
    near(one.dwh, dense.dwh, "shared dwh");
    near(one.db, dense.db, "shared db");
    // dx of a shared step: the sum over the rows that share it, in the row with the longest prefix
    int longest = 0;
    for (int b = 0; b < p.B; b++) if (n.prefix[b] > n.prefix[longest]) longest = b;
    std::vector<float> sums = dense.dx;
    for (int b = 0; b < p.B; b++) {
      for (int i = 0; i < n.prefix[b] * p.D && b != longest; i++) {
        sums[(size_t)longest * p.T * p.D + i] += dense.dx[(size_t)b * p.T * p.D + i];
        sums[(size_t)b * p.T * p.D + i] = 0;
      }
    }
    near(one.dx, sums, "shared dx");
  }
}

// Floating-point state ------------------------------------------------------------------------------------------------
static volatile float tiny = 1e-30f;
static void checkDenormals() {
  const float before = tiny * 1e-10f;
  for (int threads : {1, 3}) {
    float seen[3] = {1, 1, 1};
    cellstate_parallel(threads, [](void* context, const Team& team) { ((float*)context)[team.index] = tiny * 1e-10f; }, seen);
    for (int i = 0; i < threads; i++) expect(seen[i] == 0, "a denormal was not flushed, thread", std::to_string(threads) + " threads", i);
  }
  expect(before > 0 && tiny * 1e-10f == before, "the caller's denormals", "after a run", tiny * 1e-10f);
}

int main(int argc, char**) {
  thorough = argc == 1;
  const Engine* engines[4];
  checkDenormals();
  const int count = thorough ? cellstate_engines(engines) : cellstate_engines(engines) > 0;
  for (int e = 0; e < count && thorough; e++) {
    const double plain = std::string(engines[e]->name) == "generic" ? 1 : 0;  // without fused multiply-add
    checkFunction(engines[e], "exp", 1, std::exp, -87.33, 88.72, 1 + plain);
    checkFunction(engines[e], "log", 2, std::log, 1.2e-38, 3.4e38, 1);
    checkFunction(engines[e], "tanh", 8, std::tanh, -30, 30, 1.6);
    checkFunction(engines[e], "sigmoid", 9, sigmoidOf, -87.32, 87.32, 2.5);
    checkFunction(engines[e], "softplus", 11, softplusOf, -87, 87, 2);
    checkFunction(engines[e], "log1p", 12, std::log1p, -0.99999994, 3e38, 1.6);
    checkFunction(engines[e], "expm1", 13, std::expm1, -90, 88.72, 1.6 + plain);
    checkFunction(engines[e], "sqrt", 3, std::sqrt, 0, 3.4e38, 0.51);
  }
  const int shapes[][4] = {{1, 1, 1, 1}, {1, 7, 3, 5}, {3, 5, 4, 3}, {5, 9, 17, 19}, {9, 6, 20, 33}, {33, 4, 16, 64}, {2, 40, 130, 70}, {40, 3, 5, 200}, {3, 2, 100, 257}};
  int problems = 0;
  for (int op : {(int)OP_LSTM, (int)OP_GRU, (int)OP_SIMPLE_RNN}) {
    for (const auto& s : shapes) {
      const bool slopes = thorough && s[0] * s[1] * s[3] * (s[2] + s[3]) < 40000;
      auto base = [&] { return Problem{op, s[0], s[1], s[2], s[3], false, false, false, false, false, 0, false, 0}; };
      std::vector<Problem> list(9, base());
      list[1].state = list[1].reverse = true;
      list[2].mask = true;
      list[3].mask = list[3].state = list[3].reverse = list[3].zeroOutput = true;
      list[4].xDrop = 1;
      list[5].xDrop = list[5].gates(), list[5].hDrop = true;
      list[6].xDrop = list[6].gates(), list[6].hDrop = list[6].mask = list[6].state = true;
      list[7].hDrop = true;
      list[8].prefix = s[1];
      if (op == OP_GRU) for (size_t i = 0; i < list.size(); i += 2) list[i].twoBiases = true;
      for (const Problem& p : list) {
        checkProblem(engines, count, p, slopes);
        problems++;
      }
      Problem part = base();
      part.prefix = s[1] / 2;
      if (part.prefix) checkProblem(engines, count, part, slopes);
    }
  }
  printf("%d recurrent problems, %d failures\n", problems, failures);
  return failures ? 1 : 0;
}
