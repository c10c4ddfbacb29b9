// The machine's own limit: fused multiply-adds on registers, all threads at once. Prints GFLOP/s for 1 thread and for argv[1] threads.
#include <chrono>
#include <cstdio>
#include <cstdlib>
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
static double once() {
  const long turns = 4000000;
  V a[12], x, y;
  for (int k = 0; k < lanes; k++) x[k] = 0.999f, y[k] = 1e-3f;
  for (auto& v : a) v = x;
  const auto from = std::chrono::steady_clock::now();
  for (long i = 0; i < turns; i++) {
#pragma GCC unroll 12
    for (int k = 0; k < 12; k++) a[k] = a[k] * x + y;
    asm volatile("" : "+v"(a[0]), "+v"(a[1]), "+v"(a[2]), "+v"(a[3]), "+v"(a[4]), "+v"(a[5]));
  }
  const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  volatile float keep = 0;
  for (auto& v : a) keep = keep + v[0];
  return 2.0 * lanes * 12 * turns / s / 1e9;
}
static double on(int threads) {
  std::vector<std::thread> all;
  std::vector<double> rate(threads);
  for (int t = 0; t < threads; t++) all.emplace_back([&, t] { rate[t] = once(); });
  double sum = 0;
  for (int t = 0; t < threads; t++) all[t].join(), sum += rate[t];
  return sum;
}
int main(int, char** argv) {
  on(1);
  std::printf("%.0f %.0f\n", on(1), on(std::atoi(argv[1])));
}
