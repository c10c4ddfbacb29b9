// The seam between the kernels, compiled once for each instruction set, and what surrounds them (node.cpp, wasm.cpp, lab/).
#pragma once
#include <stddef.h>
#include <stdint.h>

/** A region's numbers. `version` counts writes, so that packed copies of weights know when they are stale. */
struct Memory {
  float* data;
  int64_t words;
  uint64_t version;
  // Writes that are known to fall within a range, as states kept among the weights: what is packed from elsewhere stays fresh.
  uint64_t rangedVersion;
  int64_t rangedFrom, rangedTo;
};

// Writes may come from a thread that is not the run's: counts are read and raised as one.
static inline uint64_t countOf(const uint64_t& version) { return __atomic_load_n(&version, __ATOMIC_SEQ_CST); }
static inline void countWrites(uint64_t& version, uint64_t n) { __atomic_fetch_add(&version, n, __ATOMIC_SEQ_CST); }

struct Settings {
  int threads;        // at most; small programs take fewer
  bool exactly;       // all threads for every instruction, however small (tests)
  bool sharePadding;  // CELLSTATE_SHARE_PADDING
  bool profile;       // CELLSTATE_PROFILE
  bool tiles = false; // products of bfloat16 by tiles (tiles.h), where there are any
};

/**
 * Operations of a step from which a second thread pays: below, meeting costs more than sharing gains (on a busy machine far
 * more). A run below it takes well under 0.2 ms, so it happens on the calling thread: the way to another costs as much.
 */
static const double WORTH_THREADS = 2e6;

/** Operations of a step below which it is tried with and without helpers, and the faster way taken. */
static const double LIGHT = 2e8;

struct Profile {
  int32_t op;
  double milliseconds, flops, runs;  // flops of one run
};

struct Engine {
  const char* name;
  /** Null and a sentence in `error` when the tape is not sound. regions[i] may be null: allocated and owned by the executable. */
  void* (*load)(const int32_t* tape, int64_t words, Memory* const* regions, const Settings& settings, char* error, int errorSize);
  /** Null, or what went wrong. */
  const char* (*run)(void* executable, uint32_t firstStep, uint32_t times, uint32_t seed);
  Memory* (*memory)(void* executable, int region);
  void (*free)(void* executable);
  int (*instructions)(void* executable);
  Profile (*profile)(void* executable, int index);
  /** Arithmetic of one step, for choosing how many threads. */
  double (*flops)(void* executable);
  /** GFLOP/s that one thread could do at most; 0 where it cannot be measured. */
  double (*peak)();
};

// Given by the surroundings:
extern "C" void* cellstate_allocate(size_t bytes);  // zeroed, on a cache line of its own; null when there is none
extern "C" void cellstate_release(void* p);
extern "C" uint64_t cellstate_now();                // ns
/** Bytes of a core's data caches, for the sizes of blocks: they change the speed, never a bit. */
struct Caches {
  int64_t level1, level2;
};
extern "C" const Caches* cellstate_caches();
/** Tiles of numbers of 16 and 8 bits (tiles.h): whether this process may use them, asked once; native only. */
struct Tiles {
  bool bf16, int8;
  const char* refusal;  // why the processor has them and the process does not; else ""
};
extern "C" const Tiles* cellstate_tiles();
struct Team;
void cellstate_parallel(int count, void (*work)(void* context, const Team& team), void* context);

int64_t cellstate_held();   // bytes that all threads hold; native only
int64_t cellstate_taken();  // bytes that this thread took, less those it gave back; native only

Memory* cellstate_memory_new(int64_t words);
void cellstate_memory_free(Memory* memory);
