// LSTM, GRU and simple RNN as plain loops, forward and backward: what the fast kernels must give. README.md says the same in words.
// Real is float or double; lab/check.cpp compares the kernels with it in double precision. Nothing here is fast.
#pragma once
#include <cmath>
#include <vector>

namespace reference {

// Activations, numbered as on the tape ---------------------------------------------------------------------------------
template <class Real>
Real activate(int kind, Real x) {
  const auto clip = [](Real v) { return v < 0 ? Real(0) : v > 1 ? Real(1) : v; };
  switch (kind) {
    case 1: return std::tanh(x);
    case 2: return 1 / (1 + std::exp(-x));
    case 3: return x > 0 ? x : Real(0);
    case 4: return clip(x / 6 + Real(0.5));
    case 5: return clip(Real(0.2) * x + Real(0.5));
    default: return x;
  }
}
/** dy/dx from y = activate(kind, x). */
template <class Real>
Real slope(int kind, Real y) {
  switch (kind) {
    case 1: return 1 - y * y;
    case 2: return y * (1 - y);
    case 3: return y > 0 ? Real(1) : Real(0);
    case 4: return y > 0 && y < 1 ? Real(1) / 6 : Real(0);
    case 5: return y > 0 && y < 1 ? Real(0.2) : Real(0);
    default: return 1;
  }
}

// One unit, one step --------------------------------------------------------------------------------------------------
// zx and zh: what x·wx + b and h₋₁·wh give for each gate; dzx and dzh: their gradients. h and c: before the step, then after it;
// dh and dc: gradients of those after it, then of those before, as far as they do not pass through a product.
template <class Real>
struct Unit {
  Real zx[4], zh[4], h, c;
  Real dzx[4], dzh[4], dh, dc;
};

/** Hochreiter & Schmidhuber 1997, Gers et al. 2000. Gates i f g o: c = f ∘ c₋₁ + i ∘ g, h = o ∘ φ(c). */
struct Lstm {
  static constexpr int gates = 4;
  static constexpr bool hasC = true;

  template <class Real>
  static void forward(Unit<Real>& u, int phi, int sigma) {
    const Real i = activate(sigma, u.zx[0] + u.zh[0]), f = activate(sigma, u.zx[1] + u.zh[1]);
    const Real g = activate(phi, u.zx[2] + u.zh[2]), o = activate(sigma, u.zx[3] + u.zh[3]);
    u.c = f * u.c + i * g;
    u.h = o * activate(phi, u.c);
  }
  template <class Real>
  static void backward(Unit<Real>& u, int phi, int sigma) {
    const Real i = activate(sigma, u.zx[0] + u.zh[0]), f = activate(sigma, u.zx[1] + u.zh[1]);
    const Real g = activate(phi, u.zx[2] + u.zh[2]), o = activate(sigma, u.zx[3] + u.zh[3]);
    const Real t = activate(phi, f * u.c + i * g);
    // forward:  h = o ∘ φ(c)
    const Real dO = u.dh * t, dc = u.dc + u.dh * o * slope(phi, t);
    // forward:  c = f ∘ c₋₁ + i ∘ g
    const Real df = dc * u.c, di = dc * g, dg = dc * i;
    u.dc = dc * f;
    u.dh = 0;
    // forward:  i = σ(zᵢ)  f = σ(z_f)  g = φ(z_g)  o = σ(z_o)
    const Real dz[] = {di * slope(sigma, i), df * slope(sigma, f), dg * slope(phi, g), dO * slope(sigma, o)};
    for (int k = 0; k < 4; k++) u.dzx[k] = u.dzh[k] = dz[k];
  }
};

/** Cho et al. 2014, the reset gate after the product. Gates z r g: g = φ(x̂ + r ∘ ĥ), h = z ∘ h₋₁ + (1 − z) ∘ g. */
struct Gru {
  static constexpr int gates = 3;
  static constexpr bool hasC = false;

  template <class Real>
  static void forward(Unit<Real>& u, int phi, int sigma) {
    const Real z = activate(sigma, u.zx[0] + u.zh[0]), r = activate(sigma, u.zx[1] + u.zh[1]);
    const Real g = activate(phi, u.zx[2] + r * u.zh[2]);
    u.h = z * u.h + (1 - z) * g;
  }
  template <class Real>
  static void backward(Unit<Real>& u, int phi, int sigma) {
    const Real z = activate(sigma, u.zx[0] + u.zh[0]), r = activate(sigma, u.zx[1] + u.zh[1]);
    const Real g = activate(phi, u.zx[2] + r * u.zh[2]);
    // forward:  h = z ∘ h₋₁ + (1 − z) ∘ g
    const Real dz = u.dh * (u.h - g), dg = u.dh * (1 - z);
    u.dh = u.dh * z;
    // forward:  g = φ(x̂ + r ∘ ĥ)
    u.dzx[2] = dg * slope(phi, g);
    u.dzh[2] = u.dzx[2] * r;
    const Real dr = u.dzx[2] * u.zh[2];
    // forward:  z = σ(…)  r = σ(…)
    u.dzx[0] = u.dzh[0] = dz * slope(sigma, z);
    u.dzx[1] = u.dzh[1] = dr * slope(sigma, r);
  }
};

/** Elman 1990: h = φ(z). */
struct SimpleRnn {
  static constexpr int gates = 1;
  static constexpr bool hasC = false;

  template <class Real>
  static void forward(Unit<Real>& u, int phi, int) {
    u.h = activate(phi, u.zx[0] + u.zh[0]);
  }
  template <class Real>
  static void backward(Unit<Real>& u, int phi, int) {
    u.dzx[0] = u.dzh[0] = u.dh * slope(phi, activate(phi, u.zx[0] + u.zh[0]));
    u.dh = 0;
  }
};

// A whole sequence ----------------------------------------------------------------------------------------------------
/** What a recurrent op is given; an empty vector: absent. */
template <class Real>
struct Arguments {
  int B, T, D, H;
  int activation = 1, recurrentActivation = 2;
  bool reverse = false, zeroOutput = false;
  std::vector<Real> x, wx, wh, b;     // [B,T,D] [D,G·H] [H,G·H] [G·H], or [2,G·H]: of the input and of the state
  std::vector<Real> h0, c0;           // [B,H]
  std::vector<Real> xDrop, hDrop;     // [1 or G,B,D] [G,B,H]
  std::vector<int> mask;              // [B,T], 0: the step is left out
};
template <class Real>
struct Results {
  std::vector<Real> y, last, hT, cT;  // [B,T,H] [B,H] [B,H] [B,H]
};
template <class Real>
struct Gradients {
  std::vector<Real> dx, dwx, dwh, db, dh0, dc0;
};

template <class Cell, class Real>
class Layer {
 public:
  explicit Layer(const Arguments<Real>& arguments) : a(arguments), G(Cell::gates), N(Cell::gates * arguments.H) {}

  Results<Real> forward() {
    const auto zeros = [](size_t n) { return std::vector<Real>(n); };
    const size_t BH = (size_t)a.B * a.H;
    Results<Real> r{zeros(BH * a.T), zeros(BH), zeros(BH), zeros(BH)};
    units.assign(BH * a.T, Unit<Real>());
    std::vector<Real> h(a.H), c(a.H);
    for (int b = 0; b < a.B; b++) {
      for (int j = 0; j < a.H; j++) {
        h[j] = a.h0.empty() ? Real(0) : a.h0[b * a.H + j];
        c[j] = a.c0.empty() ? Real(0) : a.c0[b * a.H + j];
      }
      for (int i = 0; i < a.T; i++) {
        Real* y = &r.y[((size_t)b * a.T + i) * a.H];
        if (!valid(b, i)) {
          for (int j = 0; j < a.H; j++) y[j] = a.zeroOutput || i == 0 ? Real(0) : y[j - a.H];
          continue;
        }
        Unit<Real>* step = &units[((size_t)b * a.T + i) * a.H];
        for (int j = 0; j < a.H; j++) step[j] = sums(b, i, j, h, c[j]);
        for (int j = 0; j < a.H; j++) {
          Unit<Real> u = step[j];  // the kept one shows the state before the step
          Cell::forward(u, a.activation, a.recurrentActivation);
          y[j] = h[j] = u.h;
          c[j] = u.c;
        }
      }
      for (int j = 0; j < a.H; j++) {
        r.last[b * a.H + j] = r.y[((size_t)b * a.T + a.T - 1) * a.H + j];
        r.hT[b * a.H + j] = h[j];
        r.cT[b * a.H + j] = c[j];
      }
    }
    return r;
  }

  /** After forward(): gradients of all that it was given, from those of its results. */
  Gradients<Real> backward(const Results<Real>& d) {
    const auto zeros = [](size_t n) { return std::vector<Real>(n); };
    const size_t BH = (size_t)a.B * a.H;
    gradients = {zeros(a.x.size()), zeros(a.wx.size()), zeros(a.wh.size()), zeros(a.b.size()), zeros(BH), zeros(BH)};
    for (int b = 0; b < a.B; b++) {
      std::vector<Real> dh(&d.hT[b * a.H], &d.hT[b * a.H] + a.H), dc(&d.cT[b * a.H], &d.cT[b * a.H] + a.H), dy(a.H);
      for (int i = a.T - 1; i >= 0; i--) {
        for (int j = 0; j < a.H; j++) {
          dy[j] += d.y[((size_t)b * a.T + i) * a.H + j];
          // forward:  last = y of the last step
          if (i == a.T - 1) dy[j] += d.last[b * a.H + j];
        }
        // forward:  y of a masked step is the y before, or 0
        if (!valid(b, i) && !a.zeroOutput) continue;
        if (valid(b, i)) stepBack(b, i, dy, dh, dc);
        for (Real& v : dy) v = 0;
      }
      for (int j = 0; j < a.H; j++) {
        gradients.dh0[b * a.H + j] = dh[j];
        gradients.dc0[b * a.H + j] = dc[j];
      }
    }
    return gradients;
  }

 private:
  const Arguments<Real>& a;
  const int G, N;
  std::vector<Unit<Real>> units;  // [B,T,H] as they were before each step
  Gradients<Real> gradients;

  int timeOf(int i) const { return a.reverse ? a.T - 1 - i : i; }
  bool valid(int b, int i) const { return a.mask.empty() || a.mask[b * a.T + timeOf(i)] != 0; }
  size_t xAt(int b, int i) const { return ((size_t)b * a.T + timeOf(i)) * a.D; }
  Real xDropOf(int gate, int b, int k) const {
    const int row = a.xDrop.size() == (size_t)a.B * a.D ? 0 : gate;  // one mask for all gates, or one each
    return a.xDrop.empty() ? Real(1) : a.xDrop[((size_t)row * a.B + b) * a.D + k];
  }
  Real hDropOf(int gate, int b, int k) const { return a.hDrop.empty() ? Real(1) : a.hDrop[((size_t)gate * a.B + b) * a.H + k]; }
  bool twoBiases() const { return a.b.size() == 2 * (size_t)N; }

  /** zx = b + (x ∘ m) · wx,  zh = b' + (h ∘ m') · wh  for unit j. */
  Unit<Real> sums(int b, int i, int j, const std::vector<Real>& h, Real c) const {
    Unit<Real> u = {};
    u.h = h[j];
    u.c = c;
    for (int gate = 0; gate < G; gate++) {
      const int n = gate * a.H + j;
      u.zx[gate] = a.b.empty() ? Real(0) : a.b[n];
      u.zh[gate] = twoBiases() ? a.b[N + n] : Real(0);
      for (int k = 0; k < a.D; k++) u.zx[gate] += a.x[xAt(b, i) + k] * xDropOf(gate, b, k) * a.wx[(size_t)k * N + n];
      for (int k = 0; k < a.H; k++) u.zh[gate] += h[k] * hDropOf(gate, b, k) * a.wh[(size_t)k * N + n];
    }
    return u;
  }

  /** dh and dc: of the state after the step, then of that before. */
  void stepBack(int b, int i, const std::vector<Real>& dy, std::vector<Real>& dh, std::vector<Real>& dc) {
    Unit<Real>* step = &units[((size_t)b * a.T + i) * a.H];
    for (int j = 0; j < a.H; j++) {
      step[j].dh = dh[j] + dy[j];
      step[j].dc = dc[j];
      Cell::backward(step[j], a.activation, a.recurrentActivation);
      dh[j] = step[j].dh;
      dc[j] = step[j].dc;
    }
    for (int j = 0; j < a.H; j++) {
      for (int gate = 0; gate < G; gate++) {
        const int n = gate * a.H + j;
        const Real dzx = step[j].dzx[gate], dzh = step[j].dzh[gate];
        // forward:  zx = b + (x ∘ m) · wx
        if (!a.b.empty()) gradients.db[n] += dzx;
        for (int k = 0; k < a.D; k++) {
          const Real m = xDropOf(gate, b, k);
          gradients.dwx[(size_t)k * N + n] += a.x[xAt(b, i) + k] * m * dzx;
          gradients.dx[xAt(b, i) + k] += a.wx[(size_t)k * N + n] * m * dzx;
        }
        // forward:  zh = b' + (h₋₁ ∘ m') · wh
        if (twoBiases()) gradients.db[N + n] += dzh;
        for (int k = 0; k < a.H; k++) {
          const Real m = hDropOf(gate, b, k);
          gradients.dwh[(size_t)k * N + n] += step[k].h * m * dzh;
          dh[k] += a.wh[(size_t)k * N + n] * m * dzh;
        }
      }
    }
  }
};

}  // namespace reference
