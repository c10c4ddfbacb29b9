// Tiles of numbers of 16 and 8 bits (AMX): whether there are any here, how they are set up, and a scalar model behind the same names, with
// which the lab runs such kernels on any processor (WIDE_MODEL=1).
//
// A tile is up to 16 rows of 64 bytes, eight of them exist. tileBf16<C, A, B> adds products of pairs: A holds rows of 32 numbers, B holds at row k
// the numbers 2k and 2k + 1 of 16 columns side by side, C holds 16 floats a row. The sum of a row and a column is C + (even + odd), where `even` and
// `odd` start from 0 and take the products of even and odd numbers one by one, with one rounding each; denormals count as 0. tileInt8 does the same
// with fours of signed numbers of 8 bits, those of tileBytes with fours without a sign in A; their sums are exact.
#pragma once
#include "engine.h"
#include "simd.h"
#include "team.h"
#if defined(CELLSTATE_WIDE_MODEL)
#define CELLSTATE_TILES 1
#include <string.h>
#elif defined(__AVX512F__) && defined(__linux__)
#define CELLSTATE_TILES 1
#else
#define CELLSTATE_TILES 0
#endif

#if CELLSTATE_TILES
namespace CELLSTATE_NAMESPACE {

/** What the instruction that sets up tiles reads: rows and bytes a row of each. */
struct alignas(64) TileShapes {
  uint8_t palette = 1, first = 0, unused[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
  void set(int tile, int rowsOfIt, int bytesOfIt) { rows[tile] = (uint8_t)rowsOfIt, bytes[tile] = (uint16_t)bytesOfIt; }
};

#if defined(CELLSTATE_WIDE_MODEL)
struct TileModel {
  TileShapes shapes;
  float words[8][16][16];
};
static TileModel& tileModel() {
  static thread_local TileModel model;
  return model;
}
static inline void tileConfigure(const TileShapes& shapes) {
  tileModel() = TileModel();
  tileModel().shapes = shapes;
}
static inline void tileRelease() { tileModel() = TileModel(); }
template <int T>
static inline void tileLoad(const void* from, Index bytesApart) {
  TileModel& m = tileModel();
  memset(m.words[T], 0, sizeof m.words[T]);
  for (int r = 0; r < m.shapes.rows[T]; r++) memcpy(m.words[T][r], (const char*)from + r * bytesApart, m.shapes.bytes[T]);
}
template <int T>
static inline void tileStore(void* to, Index bytesApart) {
  const TileModel& m = tileModel();
  for (int r = 0; r < m.shapes.rows[T]; r++) memcpy((char*)to + r * bytesApart, m.words[T][r], m.shapes.bytes[T]);
}
/** A float of 16 bits, as one of 32; denormals are 0. */
static inline float wideOf(uint16_t half) {
  const uint32_t word = (uint32_t)((half & 0x7f80) == 0 ? half & 0x8000 : half) << 16;
  return __builtin_bit_cast(float, word);
}
template <int C, int A, int B>
static inline void tileBf16() {
  TileModel& m = tileModel();
  for (int r = 0; r < m.shapes.rows[C]; r++) {
    for (int j = 0; j < m.shapes.bytes[C] / 4; j++) {
      float sums[2] = {0, 0};
      for (int k = 0; k < m.shapes.bytes[A] / 4; k++) {
        uint16_t a[2], b[2];
        memcpy(a, &m.words[A][r][k], 4);
        memcpy(b, &m.words[B][k][j], 4);
        for (int i = 0; i < 2; i++) sums[i] = __builtin_fmaf(wideOf(a[i]), wideOf(b[i]), sums[i]);
      }
      m.words[C][r][j] += sums[0] + sums[1];
    }
  }
}
template <typename Left, int C, int A, int B>
static inline void tileFours() {
  TileModel& m = tileModel();
  for (int r = 0; r < m.shapes.rows[C]; r++) {
    for (int j = 0; j < m.shapes.bytes[C] / 4; j++) {
      uint32_t sum;
      memcpy(&sum, &m.words[C][r][j], 4);
      for (int k = 0; k < m.shapes.bytes[A] / 4; k++) {
        Left a[4];
        int8_t b[4];
        memcpy(a, &m.words[A][r][k], 4);
        memcpy(b, &m.words[B][k][j], 4);
        for (int i = 0; i < 4; i++) sum += (uint32_t)(a[i] * b[i]);
      }
      memcpy(&m.words[C][r][j], &sum, 4);
    }
  }
}
template <int C, int A, int B>
static inline void tileInt8() { tileFours<int8_t, C, A, B>(); }
template <int C, int A, int B>
static inline void tileBytes() { tileFours<uint8_t, C, A, B>(); }
static inline Tiles tilesHere() { return {true, true, ""}; }
#else
// Written as assembly: the compiler's own functions for tiles do not say that they touch memory.
static inline void tileConfigure(const TileShapes& shapes) { asm volatile("ldtilecfg %0" : : "m"(shapes) : "memory"); }
static inline void tileRelease() { asm volatile("tilerelease" : : : "memory"); }
template <int T>
INLINE void tileLoad(const void* from, Index bytesApart) { asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(bytesApart), "i"(T) : "memory"); }
template <int T>
INLINE void tileStore(void* to, Index bytesApart) { asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(bytesApart), "i"(T) : "memory"); }
template <int C, int A, int B>
INLINE void tileBf16() { asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B)); }
template <int C, int A, int B>
INLINE void tileInt8() { asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B)); }
template <int C, int A, int B>
INLINE void tileBytes() { asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B)); }
static inline Tiles tilesHere() { return *cellstate_tiles(); }
#endif

}  // namespace
#endif
