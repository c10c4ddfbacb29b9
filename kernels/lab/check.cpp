// Correctness lab: elementary functions over their whole range in ulp, and every recurrent kernel against the plain loops of
// reference.h in double precision, whose gradients are compared with finite differences. Also that threads and instruction sets
// change no bit, and that shared padding gives the dense numbers. Builds with lab/build.sh; exits 1 on a failure.
//   ./check          everything, products of matrices too
//   ./check values   values and gradients on one instruction set, 1 and 3 threads: for a slow sanitizer
//   ./check hash     a hash of the recurrent results on each instruction set, to compare before and after a change
#include <array>
#include <cmath>
#include <string>

#include "../choose.h"
#include "../threads.h"
#include "recurrent_problems.h"
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

// Against the reference -------------------------------------------------------------------------------------------------
using Results = reference::Results<double>;
using Gradients = reference::Gradients<double>;

template <class Cell>
static void runLayer(const Numbers& n, const Results* d, Results* results, Gradients* gradients) {
  reference::Layer<Cell, double> layer(n);
  *results = layer.forward();
  if (d) *gradients = layer.backward(*d);
}
/** What reference.h gives; gradients too, when `d` has those of the results. */
static void runReference(const Problem& p, const Numbers& n, const Results* d, Results* results, Gradients* gradients) {
  if (p.op == OP_LSTM) runLayer<reference::Lstm>(n, d, results, gradients);
  else if (p.op == OP_GRU) runLayer<reference::Gru>(n, d, results, gradients);
  else runLayer<reference::SimpleRnn>(n, d, results, gradients);
}
/** Gradients of the results: the same numbers that runKernels puts on the tape. */
static Results slopesOf(const Problem& p) {
  const size_t BH = (size_t)p.B * p.H;
  Results d{std::vector<double>(BH * p.T), std::vector<double>(BH), std::vector<double>(BH), std::vector<double>(BH)};
  size_t k = 0;
  for (auto* v : {&d.y, &d.last, &d.hT}) {
    for (double& w : *v) w = weightOf(k++);
  }
  for (double& w : d.cT) w = p.op == OP_LSTM ? weightOf(k++) : 0;
  return d;
}
static double scalar(const Problem& p, const Numbers& n, const Results& d) {
  Results r;
  runReference(p, n, nullptr, &r, nullptr);
  double total = 0;
  for (auto part : {&Results::y, &Results::last, &Results::hT, &Results::cT}) {
    for (size_t i = 0; i < (r.*part).size(); i++) total += (r.*part)[i] * (d.*part)[i];
  }
  return total;
}

struct GradientOf {
  const char* name;
  std::vector<double> reference::Arguments<double>::*input;
  std::vector<double> Gradients::*want;
  std::vector<float> Ran::*got;
};
static const GradientOf gradientsOf[] = {{"dx", &Numbers::x, &Gradients::dx, &Ran::dx},         {"dwx", &Numbers::wx, &Gradients::dwx, &Ran::dwx},
                                         {"dwh", &Numbers::wh, &Gradients::dwh, &Ran::dwh},     {"db", &Numbers::b, &Gradients::db, &Ran::db},
                                         {"dh0", &Numbers::h0, &Gradients::dh0, &Ran::dh0},     {"dc0", &Numbers::c0, &Gradients::dc0, &Ran::dc0}};
static double sizeOf(const std::vector<double>& v) {
  double size = 1;
  for (double d : v) size = std::fmax(size, std::fabs(d));
  return size;
}

/** The reference's gradients against finite differences of it. */
static void checkReference(const Problem& p, Numbers n, const Results& d, const Gradients& gradients) {
  for (const GradientOf& g : gradientsOf) {
    std::vector<double>& v = n.*g.input;
    const std::vector<double>& want = gradients.*g.want;
    for (size_t i = 0; i < v.size(); i += v.size() / 23 + 1) {
      const double keep = v[i], step = 1e-5;
      v[i] = keep + step;
      const double up = scalar(p, n, d);
      v[i] = keep - step;
      const double slope = (up - scalar(p, n, d)) / (2 * step);
      v[i] = keep;
      const double error = std::fabs(want[i] - slope);
      expect(error < 1e-7 * sizeOf(want), "finite difference", p.name() + " " + g.name + " [" + std::to_string(i) + "]", error);  // step² and 1e-16 / step
    }
  }
}

/** Sums of dx over the rows that share a step, in the row with the longest prefix: where the kernels leave them. */
template <class Real>
static void sumShared(const Problem& p, const Numbers& n, std::vector<Real>& dx) {
  int longest = 0;
  for (int b = 0; b < p.B; b++) if (n.prefix[b] > n.prefix[longest]) longest = b;
  for (int b = 0; b < p.B; b++) {
    for (int i = 0; i < n.prefix[b] * p.D && b != longest; i++) {
      dx[(size_t)longest * p.T * p.D + i] += dx[(size_t)b * p.T * p.D + i];
      dx[(size_t)b * p.T * p.D + i] = 0;
    }
  }
}

static void checkAgainst(const Problem& p, const Results& want, const Gradients& gradients, const Ran& got) {
  size_t k = 0;
  double worst = 0, size = p.usual() ? 1 : sizeOf(want.y);  // usually below 1
  for (auto part : {&Results::y, &Results::last, &Results::hT, &Results::cT}) {
    if (part == &Results::cT && p.op != OP_LSTM) continue;
    for (double d : want.*part) {
      const double e = std::fabs(got.forward[k++] - d);
      if (!(e <= worst)) worst = e;
    }
  }
  expect(worst < 1e-5 * size, "values", p.name(), worst);  // f32, up to a few hundred terms a sum
  for (const GradientOf& g : gradientsOf) {
    const std::vector<float>& v = got.*g.got;
    const std::vector<double>& w = gradients.*g.want;
    worst = 0;
    for (size_t i = 0; i < v.size(); i++) {
      const double e = std::fabs(v[i] - w[i]);
      if (!(e <= worst)) worst = e;
    }
    expect(worst < 1e-5 * sizeOf(w), g.name, p.name(), worst / sizeOf(w));  // f32, sums of thousands
  }
}

static bool same(const Ran& a, const Ran& b) {
  auto eq = [](const std::vector<float>& x, const std::vector<float>& y) { return x.size() == y.size() && (x.empty() || memcmp(x.data(), y.data(), x.size() * 4) == 0); };
  return eq(a.forward, b.forward) && eq(a.inference, b.inference) && eq(a.dx, b.dx) && eq(a.dwx, b.dwx) && eq(a.dwh, b.dwh) && eq(a.db, b.db) && eq(a.dh0, b.dh0) && eq(a.dc0, b.dc0);
}

static bool thorough = true;  // else `values`

static void checkProblem(const Engine* const* engines, int count, const Problem& p, bool slopes) {
  const Numbers n = numbersFor(p);
  const Results d = slopesOf(p);
  Results want;
  Gradients gradients;
  runReference(p, n, &d, &want, &gradients);
  if (slopes && p.usual()) checkReference(p, n, d, gradients);
  if (p.prefix) sumShared(p, n, gradients.dx);
  const Ran one = runKernels(engines[0], 1, p, n, true);
  checkAgainst(p, want, gradients, one);
  expect(one.inference.size() == one.forward.size() && memcmp(one.inference.data(), one.forward.data(), one.forward.size() * 4) == 0, "inference differs from training", p.name(), 0);
  for (int e = 0; e < count; e++) {
    const bool fused = std::string(engines[e]->name) != "generic";
    if (!fused) checkAgainst(p, want, gradients, runKernels(engines[e], 2, p, n, true));
    for (int threads = thorough ? 1 : 3; fused && threads <= (thorough ? 4 : 3); threads++) {
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
    std::vector<float> sums = dense.dx;
    sumShared(p, n, sums);
    near(one.dx, sums, "shared dx");
  }
}

/** Of numbers rounded to 8 bits: the same bits for any number of threads and every instruction set, and about what the floats give. */
static void checkRounded(const Engine* const* engines, int count, Problem p) {
  const Numbers n = numbersFor(p);
  const Ran floats = runKernels(engines[0], 1, p, n, true);
  p.int8 = true;
  const Ran one = runKernels(engines[0], 1, p, n, true);
  double worst = 0;
  for (size_t i = 0; i < one.forward.size(); i++) worst = std::fmax(worst, std::fabs((double)one.forward[i] - floats.forward[i]));
  expect(worst < 0.2 && (p.D == 1 || one.forward != floats.forward), "far from the floats", p.name(), worst);  // a step's error below 1 / 127 of the largest, over steps
  for (int e = 0; e < count; e++) {
    const bool fused = std::string(engines[e]->name) != "generic";  // without fused multiply-adds gates round otherwise, and what is rounded to 8 bits after them
    const Ran own = fused ? one : runKernels(engines[e], 1, p, n, true);
    for (int threads = 1; threads <= 3; threads++) {
      const Ran other = runKernels(engines[e], threads, p, n, true);
      expect(own.forward == other.forward && own.forward == other.inference, "bits differ", p.name() + ", " + engines[e]->name + ", threads", threads);
      for (size_t i = 0; i < one.forward.size() && !fused; i++) expect(std::fabs((double)other.forward[i] - floats.forward[i]) < 0.2, "far from the floats", p.name() + ", generic", i);
    }
  }
}

/** Of numbers rounded to bfloat16, as floats and by tiles: the same bits for any number of threads, and about what the floats give. */
static void checkBf16(const Engine* const* engines, int count, Problem p) {
  const Numbers n = numbersFor(p);
  const Ran floats = runKernels(engines[0], 1, p, n, true);
  p.bf16 = true;
  const Ran plain = runKernels(engines[0], 1, p, n, true);
  for (int tiles = 0; tiles < 2; tiles++) {
    p.tiles = tiles;
    for (int e = 0; e < (tiles ? 1 : count); e++) {
      const bool fused = std::string(engines[e]->name) != "generic";
      const Ran one = runKernels(engines[e], 1, p, n, true);
      double worst = 0, apart = 0;
      for (size_t i = 0; i < one.forward.size(); i++) {
        worst = std::fmax(worst, std::fabs((double)one.forward[i] - floats.forward[i]));
        apart = std::fmax(apart, std::fabs((double)one.forward[i] - plain.forward[i]));
      }
      expect(worst < 0.1, "far from the floats", p.name() + ", " + engines[e]->name, worst);  // a step's error is 2^-9 of each factor, over steps
      expect(apart < 0.02, "far from rounded floats", p.name() + ", " + engines[e]->name, apart);
      expect(!fused || tiles || one.forward == plain.forward, "bits differ", p.name() + ", " + engines[e]->name, 0);
      for (int threads = 1; threads <= 3; threads++) {
        const Ran other = runKernels(engines[e], threads, p, n, true);
        expect(same(one, other) && one.forward == other.inference, "bits differ", p.name() + ", " + engines[e]->name + ", threads", threads);
      }
      for (const GradientOf& g : gradientsOf) {
        const std::vector<float>&v = one.*g.got, &w = plain.*g.got;
        double most = 1, off = 0;
        for (float x : w) most = std::fmax(most, std::fabs(x));
        for (size_t i = 0; i < v.size(); i++) {
          const double e = std::fabs(v[i] - w[i]);
          if (!(e <= off)) off = e;
        }
        expect(v.size() == w.size() && off < 0.02 * most, "far from rounded floats", p.name() + ", " + g.name + ", " + engines[e]->name, off / most);
      }
    }
  }
}

// Products in blocks ---------------------------------------------------------------------------------------------------
/** matmul and linear against sums in double precision: depths of several pieces, columns of several blocks, odd edges, operands that rest or do not. */
static void checkProduct(const Engine* const* engines, int count, int M, int K, int N, int kind) {
  const bool linear = kind == 0, transposeA = kind & 1, transposeB = kind & 2;
  const std::string name = "product " + std::to_string(M) + " x " + std::to_string(K) + " x " + std::to_string(N) + ", kind " + std::to_string(kind);
  std::vector<float> first;
  for (int e = 0; e < count; e++) {
    for (int threads : {1, 2, 3}) {
      Tape tape;
      auto a = tape.slot(Tape::data, transposeA ? std::vector<int>{K, M} : std::vector<int>{M, K});
      auto b = tape.slot(kind == 3 ? Tape::data : Tape::weights, transposeB ? std::vector<int>{N, K} : std::vector<int>{K, N});
      auto bias = tape.slot(Tape::state, {N}), y = tape.slot(Tape::scratch, {M, N});
      if (linear) tape.add(OP_LINEAR, {a, b, bias}, {y}, {});
      else tape.add(OP_MATMUL, {a, b}, {y}, {transposeA, transposeB});
      Loaded l(engines[e], tape, Settings{threads, true, true, false});
      size_t seed = 0;
      for (const auto& slot : {a, b, bias}) {
        for (int64_t i = 0; i < slot.size(); i++) l.at(slot)[i] = (float)weightOf(seed++);
      }
      l.run();
      const std::vector<float> got(l.at(y), l.at(y) + (size_t)M * N);
      double worst = 0;
      for (int i = 0; i < M * N && threads == 1; i += 1 + M * N / 4000) {
        const int m = i / N, n = i % N;
        double sum = linear ? l.at(bias)[n] : 0;
        for (int k = 0; k < K; k++) sum += (double)l.at(a)[transposeA ? k * M + m : m * K + k] * l.at(b)[transposeB ? n * K + k : k * N + n];
        worst = std::fmax(worst, std::fabs(got[i] - sum));
      }
      expect(worst < 1e-6 * (K + 1), "product", name + ", " + engines[e]->name, worst);  // f32, sums of K terms below 1
      const bool fused = std::string(engines[e]->name) != "generic";
      if (first.empty()) first = got;
      expect(!fused || memcmp(first.data(), got.data(), got.size() * 4) == 0, "bits differ", name + ", " + engines[e]->name + ", threads", threads);
    }
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

/** Of all numbers, and of those that layers of 8 bits give: to be compared with what other copies and other processors print. */
static void printHashes(const Engine* engine) {
  const uint64_t start = 14695981039346656037ull;  // FNV-1a
  uint64_t hash = start, rounded = start;
  const auto eat = [](uint64_t& hash, const std::vector<float>& v) {
    for (size_t i = 0; i < v.size() * 4; i++) hash = (hash ^ ((const unsigned char*)v.data())[i]) * 1099511628211ull;
  };
  for (int op : ops) {
    for (const auto& s : shapes) {
      for (const Problem& p : problemsOf(op, s)) {
        for (int threads : {1, 2, 3}) {
          const Ran r = runKernels(engine, threads, p, numbersFor(p), true);
          for (auto* v : {&r.forward, &r.dx, &r.dwx, &r.dwh, &r.db, &r.dh0, &r.dc0}) eat(hash, *v);
        }
        Problem q = p;
        q.int8 = true;
        if (!p.xDrop && !p.hDrop) eat(rounded, runKernels(engine, 2, q, numbersFor(q), true).forward);
      }
    }
  }
  printf("%-8s %016llx, 8 bits %016llx\n", engine->name, (unsigned long long)hash, (unsigned long long)rounded);
}

int main(int argc, char** argv) {
  thorough = argc == 1;
  const Engine* engines[4];
  if (argc > 1 && std::string(argv[1]) == "hash") {
    const int all = cellstate_engines(engines);
    for (int e = 0; e < all; e++) printHashes(engines[e]);
    return 0;
  }
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
  int problems = 0;
  for (int op : ops) {
    for (const auto& s : shapes) {
      const bool slopes = thorough && s[0] * s[1] * s[3] * (s[2] + s[3]) < 40000;
      std::vector<Problem> list = problemsOf(op, s);
      if (s[1] >= 2) list.push_back(list[8]), list.back().prefix = s[1] / 2;
      for (const Problem& p : list) {
        checkProblem(engines, count, p, slopes);
        problems++;
        if (p.xDrop || p.hDrop) continue;
        checkRounded(engines, count, p);
        checkBf16(engines, count, p);
        problems += 2;
      }
    }
  }
  for (int kind = 0; kind < 4; kind++) {  // linear, then matmul with the first, the second, both transposed
    for (const auto& s : {std::array{13, 1, 1}, std::array{1, 70, 283}, std::array{5, 3, 70}, std::array{61, 700, 530}, std::array{300, 70, 1100}, std::array{3, 0, 5}}) {
      checkProduct(engines, count, s[0], s[1], s[2], kind);
    }
  }
  printf("%d recurrent problems, %d failures\n", problems, failures);
  return failures ? 1 : 0;
}
