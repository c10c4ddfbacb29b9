// Which copy of the kernels runs here: the widest the processor has by its feature bits, or a narrower one that was asked for.
#pragma once
#include <string.h>

#include "engine.h"
#include "processor.h"

#if defined(__x86_64__)
namespace avx512 { extern const Engine engine; }
namespace avx2 { extern const Engine engine; }
namespace generic { extern const Engine engine; }
#elif defined(__aarch64__)
namespace neon { extern const Engine engine; }
#else
namespace generic { extern const Engine engine; }
#endif

/** Engines that run on this processor, widest first; returns how many. */
static inline int cellstate_engines(const Engine** list) {
  int n = 0;
#if defined(__x86_64__)
  const Processor processor;
#if defined(CELLSTATE_WIDE_MODEL)
  const bool wide = processor.avx2;  // that copy is made of AVX2's instructions: lab/build.sh
#else
  const bool wide = processor.avx512;
#endif
  if (wide) list[n++] = &avx512::engine;
  if (processor.avx2) list[n++] = &avx2::engine;
  list[n++] = &generic::engine;
#elif defined(__aarch64__)
  list[n++] = &neon::engine;
#else
  list[n++] = &generic::engine;
#endif
  return n;
}

/** The engine called `name`, or the widest when there is no name; null when it does not run here. */
static inline const Engine* cellstate_engine(const char* name) {
  const Engine* list[4];
  const int n = cellstate_engines(list);
  if (!name || !*name) return list[0];
  for (int i = 0; i < n; i++) {
    if (strcmp(list[i]->name, name) == 0) return list[i];
  }
  return nullptr;
}
