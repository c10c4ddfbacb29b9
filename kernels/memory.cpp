// Memory for the native build: zeroed, aligned to cache lines; large blocks on huge pages where the system has them.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <atomic>
#include <new>
#if defined(__SANITIZE_ADDRESS__)
#include <stdio.h>

#include <map>
#include <mutex>
#endif

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#endif

#include "engine.h"
#include "processor.h"

namespace {
struct alignas(64) Header {
  void* start;
  size_t mapped;  // bytes; 0: from the heap
  size_t bytes;   // as they are counted
};

std::atomic<int64_t> held{0};      // bytes, of all threads
thread_local int64_t taken = 0;    // bytes taken less those given back, by this thread
void count(int64_t bytes) {
  held.fetch_add(bytes, std::memory_order_relaxed);
  taken += bytes;
}

#if defined(__SANITIZE_ADDRESS__)
const size_t large = (size_t)1 << 47;  // everything from the heap, which the sanitizer watches
// It cannot tell reads beyond the end, which are allowed, from writes: the place is marked, and the mark looked at in the end.
std::map<void*, unsigned char*> marks;
std::mutex marksLock;
void guard(void* end, void* start) {
  memset(end, 0xa5, 256);
  std::lock_guard<std::mutex> lock(marksLock);
  marks[start] = (unsigned char*)end;
}
void checkGuard(void* start) {
  std::lock_guard<std::mutex> lock(marksLock);
  const unsigned char* end = marks[start];
  for (int i = 0; i < 256; i++) {
    if (end[i] != 0xa5) fprintf(stderr, "kernels: a write %d bytes beyond the end of a block\n", i), abort();
  }
  marks.erase(start);
}
#else
const size_t large = 2u << 20;
void guard(void*, void*) {}
void checkGuard(void*) {}
#endif
}  // namespace

extern "C" void* cellstate_allocate(size_t bytes) {
  if (bytes > ((size_t)1 << 46)) return nullptr;
  const size_t wanted = bytes + sizeof(Header) + 256;  // kernels may read (never write) up to a vector beyond the end
#if defined(__unix__) || defined(__APPLE__)
  if (wanted >= large) {
    const size_t mapped = (wanted + 2 * large - 1) / large * large;
    void* start = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    char* at = (char*)(((uintptr_t)start + large - 1) / large * large);
#if defined(MADV_HUGEPAGE)
    madvise(at, mapped - (at - (char*)start), MADV_HUGEPAGE);
#endif
    *(Header*)at = Header{start, mapped, wanted};
    count((int64_t)wanted);
    return at + sizeof(Header);
  }
#endif
  void* start = malloc(wanted + 64);
  if (!start) return nullptr;
  char* at = (char*)(((uintptr_t)start + 63) / 64 * 64);
  memset(at, 0, wanted);
  *(Header*)at = Header{start, 0, wanted};
  count((int64_t)wanted);
  guard(at + sizeof(Header) + bytes, start);
  return at + sizeof(Header);
}

extern "C" void cellstate_release(void* p) {
  if (!p) return;
  const Header h = *(Header*)((char*)p - sizeof(Header));
  count(-(int64_t)h.bytes);
#if defined(__unix__) || defined(__APPLE__)
  if (h.mapped) {
    munmap(h.start, h.mapped);
    return;
  }
#endif
  checkGuard(h.start);
  free(h.start);
}

int64_t cellstate_held() { return held.load(std::memory_order_relaxed); }
int64_t cellstate_taken() { return taken; }

extern "C" uint64_t cellstate_now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

Memory* cellstate_memory_new(int64_t words) {
  if (words < 0 || words > ((int64_t)1 << 42)) return nullptr;
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

[[maybe_unused]] static Caches readCaches() {
  Caches found{0, 0};
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  found = {sysconf(_SC_LEVEL1_DCACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE)};
#elif defined(__APPLE__)
  size_t size = sizeof found.level1;
  if (sysctlbyname("hw.l1dcachesize", &found.level1, &size, nullptr, 0) != 0) found.level1 = 0;
  size = sizeof found.level2;
  if (sysctlbyname("hw.l2cachesize", &found.level2, &size, nullptr, 0) != 0) found.level2 = 0;
#endif
  // a system that says nothing, or nothing likely: what nearly every processor has
  if (found.level1 < 16384 || found.level1 > 1 << 20) found.level1 = 32768;
  if (found.level2 < 131072 || found.level2 > 1 << 28) found.level2 = 524288;
  return found;
}
#if !defined(CELLSTATE_FIXED_CACHES)  // the lab counts instructions with sizes of its own
extern "C" const Caches* cellstate_caches() {
  static const Caches caches = readCaches();
  return &caches;
}
#endif

static Tiles readTiles() {
#if defined(__linux__) && defined(__x86_64__)
  const Processor processor;
  if (!processor.tileBf16 && !processor.tileInt8) return {false, false, ""};
  const long askFor = 0x1023, tileData = 18;  // ARCH_REQ_XCOMP_PERM, for all threads of the process
  if (syscall(SYS_arch_prctl, askFor, tileData) != 0) return {false, false, "the system does not let this process use the processor's tiles (AMX)"};
  return {processor.tileBf16, processor.tileInt8, ""};
#else
  return {false, false, ""};
#endif
}
extern "C" const Tiles* cellstate_tiles() {
  static const Tiles tiles = readTiles();
  return &tiles;
}
