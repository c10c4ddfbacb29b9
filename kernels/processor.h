// What this x86-64 processor can do, asked of it directly: __builtin_cpu_supports is missing from the runtime that cross-built addons carry.
#pragma once
#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

struct Processor {
  bool avx2 = false;    // with FMA
  bool avx512 = false;  // F, DQ, BW and VL

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
  }
};
#endif
