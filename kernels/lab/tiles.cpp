// Tiles against plain loops of what tiles.h says of them, bit for bit: the processor's own, or with WIDE_MODEL=1 the scalar model of them.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "../processor.h"
#include "../tiles.h"

#if CELLSTATE_TILES
using namespace CELLSTATE_NAMESPACE;

static uint32_t state = 1;
static uint32_t draw() { return state = state * 1664525u + 1013904223u; }
/** A number of 16 bits: most near 1, some far, tiny, denormal or 0. */
static uint16_t half() {
  const uint32_t kind = draw() >> 24, sign = draw() >> 31 << 15, fraction = draw() >> 25;
  const uint32_t exponent = kind < 200 ? 120 + (draw() >> 28) : kind < 230 ? draw() >> 25 : kind < 240 ? 0 : 60 + (draw() >> 26);
  return (uint16_t)(sign | exponent << 7 | fraction);
}
static float flushed(float x) { return std::fabs(x) < 1.17549435e-38f ? std::copysign(0.f, x) : x; }
static float wide(uint16_t h) {
  const uint32_t word = (uint32_t)h << 16;
  float x;
  memcpy(&x, &word, 4);
  return flushed(x);
}

struct Case {
  int rows, columns, pairs;
  uint32_t a[16][16], b[16][16], c[16][16], got[16][16];
  void run(int kind) {
    TileShapes shapes;
    shapes.set(0, rows, columns * 4);
    shapes.set(1, rows, pairs * 4);
    shapes.set(2, pairs, columns * 4);
    memcpy(got, c, sizeof c);
    tileConfigure(shapes);
    tileLoad<0>(got, 64);
    tileLoad<1>(a, 64);
    tileLoad<2>(b, 64);
    if (kind == 0) tileBf16<0, 1, 2>();
    else if (kind == 1) tileInt8<0, 1, 2>();
    else tileBytes<0, 1, 2>();
    tileStore<0>(got, 64);
    tileRelease();
  }
  uint32_t floatAt(int r, int j) const {
    float sums[2] = {0, 0}, start;
    for (int k = 0; k < pairs; k++) {
      for (int i = 0; i < 2; i++) sums[i] = flushed(std::fma(wide((uint16_t)(a[r][k] >> 16 * i)), wide((uint16_t)(b[k][j] >> 16 * i)), sums[i]));
    }
    memcpy(&start, &c[r][j], 4);
    const float sum = flushed(flushed(start) + flushed(sums[0] + sums[1]));
    uint32_t word;
    memcpy(&word, &sum, 4);
    return word;
  }
  uint32_t wholeAt(int r, int j, bool bytes) const {
    uint32_t sum = c[r][j];
    for (int k = 0; k < pairs; k++) {
      for (int i = 0; i < 4; i++) sum += (uint32_t)((bytes ? (int)(a[r][k] >> 8 * i & 255) : (int8_t)(a[r][k] >> 8 * i)) * (int8_t)(b[k][j] >> 8 * i));
    }
    return sum;
  }
};

int main() {
#if !defined(CELLSTATE_WIDE_MODEL)
  if (!Processor().avx512) return printf("no AVX-512 here\n"), 0;
#endif
  const Tiles here = tilesHere();
  printf("bf16 %d, int8 %d%s%s\n", here.bf16, here.int8, *here.refusal ? ": " : "", here.refusal);
  int failures = 0, checked = 0;
  const char* names[] = {"bf16", "int8", "bytes"};
  for (int kind = 0; kind < 3; kind++) {
    if (!(kind == 0 ? here.bf16 : here.int8)) continue;
    for (int n = 0; n < 300; n++) {
      Case p;
      p.rows = 1 + draw() % 16, p.columns = 1 + (draw() >> 8) % 16, p.pairs = 1 + (draw() >> 16) % 16;
      for (int r = 0; r < 16; r++) {
        for (int j = 0; j < 16; j++) {
          p.a[r][j] = kind == 0 ? half() | (uint32_t)half() << 16 : draw();
          p.b[r][j] = kind == 0 ? half() | (uint32_t)half() << 16 : draw();
          p.c[r][j] = kind == 0 ? (uint32_t)half() << 16 | (draw() & 0xffff) : draw();
        }
      }
      p.run(kind);
      for (int r = 0; r < p.rows; r++) {
        for (int j = 0; j < p.columns; j++, checked++) {
          const uint32_t want = kind == 0 ? p.floatAt(r, j) : p.wholeAt(r, j, kind == 2);
          if (p.got[r][j] != want && failures++ < 5) printf("FAILED %s %d x %d x %d at %d, %d: %08x, not %08x\n", names[kind], p.rows, p.columns, p.pairs, r, j, p.got[r][j], want);
        }
      }
    }
  }
  printf("%d sums of tiles, %d failures\n", checked, failures);
  return failures ? 1 : 0;
}
#else
int main() { return printf("no tiles on this system\n"), 0; }
#endif
