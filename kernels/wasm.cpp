// The WASM build: the kernels without an operating system. An allocator, a team of workers that share one memory, and the
// functions src/backends/wasm/ calls. No library: nothing is linked but this file and the interpreter.
#include "engine.h"
#include "team.h"

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace kernels { extern const Engine engine; }
using kernels::engine;

extern "C" {
void* memset(void* to, int byte, size_t n) { return __builtin_memset(to, byte, n); }
void* memcpy(void* to, const void* from, size_t n) { return __builtin_memcpy(to, from, n); }
void* memmove(void* to, const void* from, size_t n) { return __builtin_memmove(to, from, n); }
__attribute__((import_module("env"), import_name("now"))) double hostNow(void);  // ms
}

// Memory -------------------------------------------------------------------------------------------------------------
// Only the thread that loads programs allocates; runs never do.
namespace {
struct Block {
  size_t size;  // bytes, with this header
  Block* next;  // of the free ones, by address
};
const size_t line = 64, page = 65536;
Block* freeBlocks = nullptr;
size_t top = 0;
}  // namespace
extern "C" unsigned char __heap_base;

extern "C" void* cellstate_allocate(size_t bytes) {
  if (bytes > 0xf0000000u) return nullptr;
  const size_t wanted = (bytes + line + 256 + line - 1) / line * line;  // kernels may read up to a vector beyond the end
  if (top == 0) top = ((size_t)&__heap_base + line - 1) / line * line;
  Block** link = &freeBlocks;
  while (*link && (*link)->size < wanted) link = &(*link)->next;
  Block* b = *link;
  const bool used = b != nullptr;  // fresh memory is zero
  if (b) {
    if (b->size - wanted >= 4 * line) {
      Block* rest = (Block*)((char*)b + wanted);
      rest->size = b->size - wanted;
      rest->next = b->next;
      b->size = wanted;
      *link = rest;
    } else {
      *link = b->next;
    }
  } else {
    const size_t have = (size_t)__builtin_wasm_memory_size(0) * page;
    if (wanted > 0xffff0000u - top) return nullptr;
    if (top + wanted > have || have == 0) {
      if (__builtin_wasm_memory_grow(0, (top + wanted - have + page - 1) / page) == (size_t)-1) return nullptr;
    }
    b = (Block*)top;
    b->size = wanted;
    top += wanted;
  }
  void* p = (char*)b + line;
  if (used) __builtin_memset(p, 0, b->size - line);
  return p;
}

extern "C" void cellstate_release(void* p) {
  if (!p) return;
  Block* b = (Block*)((char*)p - line);
  Block** link = &freeBlocks;
  Block* before = nullptr;
  while (*link && *link < b) {
    before = *link;
    link = &(*link)->next;
  }
  b->next = *link;
  *link = b;
  if (b->next && (char*)b + b->size == (char*)b->next) {
    b->size += b->next->size;
    b->next = b->next->next;
  }
  if (before && (char*)before + before->size == (char*)b) {
    before->size += b->size;
    before->next = b->next;
  }
}

Memory* cellstate_memory_new(int64_t words) {
  if (words < 0 || words > 0x3c000000) return nullptr;
  Memory* m = (Memory*)cellstate_allocate(sizeof(Memory));
  if (!m) return nullptr;
  m->data = (float*)cellstate_allocate((size_t)words * 4);
  m->words = words;
  if (m->data) return m;
  cellstate_release(m);
  return nullptr;
}
void cellstate_memory_free(Memory* m) {
  if (!m) return;
  cellstate_release(m->data);
  cellstate_release(m);
}
extern "C" const Caches* cellstate_caches() {
  static const Caches caches{32768, 524288};  // nobody tells
  return &caches;
}
extern "C" uint64_t cellstate_now() { return (uint64_t)(hostNow() * 1e6); }

// Threads ------------------------------------------------------------------------------------------------------------
// The leader runs instructions like every helper; it is itself a worker, so it may sleep while it waits.
struct Barrier {
  int arrived, turn, sleeping;
};
namespace {
struct Pool {
  int job, finished, helpers, sleeping, finisher;
  bool alone;  // the run in progress shall wait for nobody
  Barrier barrier;
  void (*work)(void*, const Team&);
  void* context;
  int count;
} pool;

int get(int* p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
void waitWhile(int* word, int value, int* sleeping, int spins) {
  for (int i = 0; i < spins; i++) {
    if (get(word) != value) return;
  }
  __atomic_fetch_add(sleeping, 1, __ATOMIC_SEQ_CST);
  while (get(word) == value) __builtin_wasm_memory_atomic_wait32(word, value, -1);
  __atomic_fetch_sub(sleeping, 1, __ATOMIC_SEQ_CST);
}
}  // namespace

extern "C" void cellstate_meet(Barrier* b, int count) {
  const int turn = get(&b->turn);
  if (__atomic_fetch_add(&b->arrived, 1, __ATOMIC_SEQ_CST) == count - 1) {
    __atomic_store_n(&b->arrived, 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&b->turn, 1, __ATOMIC_SEQ_CST);
    if (get(&b->sleeping)) __builtin_wasm_memory_atomic_notify(&b->turn, 0xffffffffu);
  } else {
    waitWhile(&b->turn, turn, &b->sleeping, 20000);
  }
}

void cellstate_parallel(int count, void (*work)(void*, const Team&), void* context) {
  const int helpers = get(&pool.helpers);
  if (count > helpers + 1) count = helpers + 1;
  if (pool.alone) count = 1;
  if (count <= 1) return work(context, Team{0, 1, nullptr});
  pool.work = work;
  pool.context = context;
  pool.count = count;
  __atomic_store_n(&pool.finished, 0, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&pool.job, 1, __ATOMIC_SEQ_CST);
  if (get(&pool.sleeping)) __builtin_wasm_memory_atomic_notify(&pool.job, 0xffffffffu);
  work(context, Team{0, count, &pool.barrier});
  for (int done = get(&pool.finished); done < helpers; done = get(&pool.finished)) waitWhile(&pool.finished, done, &pool.finisher, 20000);
}

/** A helper's whole life; index from 1. */
EXPORT(help) void help(int index) {
  int seen = get(&pool.job);
  __atomic_fetch_add(&pool.helpers, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    waitWhile(&pool.job, seen, &pool.sleeping, 20000);
    seen++;
    if (index < pool.count) pool.work(pool.context, Team{index, pool.count, &pool.barrier});
    __atomic_fetch_add(&pool.finished, 1, __ATOMIC_SEQ_CST);
    if (get(&pool.finisher)) __builtin_wasm_memory_atomic_notify(&pool.finished, 1);
  }
}
EXPORT(helpers) int helpers() { return get(&pool.helpers); }
/** Memory for a worker's stack; returns its upper end. */
EXPORT(stack) char* stack(int bytes) {
  char* p = (char*)cellstate_allocate(bytes);
  return p ? p + bytes / 64 * 64 : nullptr;
}

// What the backend calls ---------------------------------------------------------------------------------------------
EXPORT(room) void* room(double bytes) { return bytes >= 0 && bytes < 3.9e9 ? cellstate_allocate((size_t)bytes) : nullptr; }
EXPORT(release) void release(void* p) { cellstate_release(p); }
EXPORT(allocate) Memory* allocate(double words) { return words >= 0 && words < 1e9 ? cellstate_memory_new((int64_t)words) : nullptr; }
EXPORT(data) float* data(Memory* m) { return m->data; }
EXPORT(written) void written(Memory* m) { countWrites(m->version, 1); }
EXPORT(drop) void drop(Memory* m) { cellstate_memory_free(m); }

EXPORT(load) void* load(const int32_t* tape, int words, Memory* const* regions, int threads, int sharePadding, int profile, char* error, int errorSize) {
  Settings s;
  s.exactly = threads < 0;
  s.threads = threads < 0 ? -threads : threads;
  s.sharePadding = sharePadding;
  s.profile = profile;
  return engine.load(tape, words, regions, s, error, errorSize);
}
/** `alone`: without helpers; a page's main thread may not sleep while it waits for them. */
EXPORT(run) const char* run(void* executable, unsigned firstStep, unsigned times, unsigned seed, int alone) {
  pool.alone = alone;
  return engine.run(executable, firstStep, times, seed);
}
EXPORT(unload) void unload(void* executable) { engine.free(executable); }
EXPORT(flops) double flops(void* executable) { return engine.flops(executable); }
EXPORT(profile) void profile(void* executable, int index, double* out) {
  const Profile p = engine.profile(executable, index);
  out[0] = p.op, out[1] = p.milliseconds, out[2] = p.flops, out[3] = p.runs;
}
