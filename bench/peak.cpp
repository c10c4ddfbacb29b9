// The machine's own limit, GFLOP/s for 1 thread and for argv[1] threads: fused multiply-adds on registers, all threads at once, or the
// product of two matrices by OpenBLAS where it is installed and faster.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <thread>
#include <vector>
#if defined(__AVX512F__)
enum { lanes = 16 };
#elif defined(__AVX2__)
enum { lanes = 8 };
#else
enum { lanes = 4 };
#endif
typedef float V __attribute__((vector_size(lanes * 4)));
#if defined(__AVX512F__)
#define HOLD(a) asm volatile("" : "+v"(a))
#elif defined(__x86_64__)
#define HOLD(a) asm volatile("" : "+x"(a))
#else
#define HOLD(a) asm volatile("" : "+w"(a))
#endif
// Twelve sums that do not wait for each other: a multiply-add takes about 4 cycles and two begin in each.
static double once() {
  const long turns = 3000000;
  V x = {}, y = {};
  x += 0.999f, y += 1e-3f;
  V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
  const auto from = std::chrono::steady_clock::now();
  for (long n = 0; n < turns; n++) {
    a = a * x + y, b = b * x + y, c = c * x + y, d = d * x + y, e = e * x + y, f = f * x + y;
    g = g * x + y, h = h * x + y, i = i * x + y, j = j * x + y, k = k * x + y, l = l * x + y;
    HOLD(a); HOLD(b); HOLD(c); HOLD(d); HOLD(e); HOLD(f);
    HOLD(g); HOLD(h); HOLD(i); HOLD(j); HOLD(k); HOLD(l);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  return 2.0 * lanes * 12 * turns / seconds / 1e9;
}
static double on(int threads) {
  std::vector<std::thread> all;
  std::vector<double> rate(threads);
  for (int t = 0; t < threads; t++) all.emplace_back([&, t] { rate[t] = once(); });
  double sum = 0;
  for (int t = 0; t < threads; t++) all[t].join(), sum += rate[t];
  return sum;
}
// A product of [n x n] matrices by OpenBLAS; 0 where there is none.
static double product(int threads) {
  static void* library = dlopen("libopenblas.so.0", RTLD_NOW);
  if (!library) return 0;
  typedef void (*Multiply)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
  const Multiply multiply = (Multiply)dlsym(library, "cblas_sgemm");
  void (*const use)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  if (!multiply || !use) return 0;
  use(threads);
  const int n = 1024, rows = 101, plain = 111;
  static std::vector<float> a(n * n, 0.5f), b(n * n, 0.25f), c(n * n);
  const auto from = std::chrono::steady_clock::now();
  multiply(rows, plain, plain, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
  return 2.0 * n * n * n / std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count() / 1e9;
}
// The best of many short tries: what the machine can, not what others left of it.
static double best(int threads) {
  double most = 0;
  for (int k = 0; k < 10; k++) {
    const double rate = product(threads);
    if (rate > most) most = rate;
  }
  for (int k = 0; k < 30; k++) {
    const double rate = on(threads);
    if (rate > most) most = rate;
  }
  return most;
}
int main(int, char** argv) {
  const double one = best(1);
  std::printf("%.0f %.0f\n", one, best(std::atoi(argv[1])));
}
