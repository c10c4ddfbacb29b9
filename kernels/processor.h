// What this processor can do, asked of it or of the system directly: __builtin_cpu_supports is missing from the runtime that cross-built addons carry.
#pragma once
#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

struct Processor {
  bool avx2 = false;    // with FMA
  bool avx512 = false;  // F, DQ, BW and VL
  bool tileBf16 = false, tileInt8 = false;  // AMX, where the system keeps its registers; a process must ask it for them besides
  bool bytes = false;       // products of fours of bytes (AVX512-VNNI)
  bool bytes256 = false;    // the same in AVX2's registers (AVX-VNNI)

  Processor() {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    const bool fma = c >> 12 & 1, saves = c >> 27 & 1;  // OSXSAVE: the system says which registers it keeps
    if (!fma || !saves) return;
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x6) != 0x6) return;  // XMM, YMM
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    avx2 = b >> 5 & 1;
    const unsigned wanted = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
#if defined(__APPLE__)
    const bool keeps512 = true;  // macOS keeps ZMM from a thread's first use on, and only then says so
#else
    const bool keeps512 = (low & 0xe0) == 0xe0;  // masks, ZMM
#endif
    avx512 = avx2 && keeps512 && (b & wanted) == wanted;
    bytes = avx512 && (c >> 11 & 1);
    const bool keepsTiles = avx512 && (low & 0x60000) == 0x60000 && (d >> 24 & 1);
    tileBf16 = keepsTiles && (d >> 22 & 1);
    tileInt8 = keepsTiles && (d >> 25 & 1);
    if (a < 1 || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return;
    bytes256 = avx2 && (a >> 4 & 1);
  }
};
#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) int IsProcessorFeaturePresent(unsigned long feature);
#endif

struct Processor {
#if defined(__ARM_FEATURE_DOTPROD) || defined(__APPLE__)  // each of Apple's that runs macOS
  bool bytes = true;  // products of fours of bytes (SDOT)
#elif defined(__linux__)
  bool bytes = getauxval(AT_HWCAP) >> 20 & 1;  // HWCAP_ASIMDDP
#elif defined(_WIN32)
  bool bytes = IsProcessorFeaturePresent(43);  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
#else
  bool bytes = false;
#endif
  bool bytes256 = false;
};
#endif
