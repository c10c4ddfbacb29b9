#include "threads.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Sleeping until a word changes. Spinning comes first: a step of an LSTM is shorter than a sleep. It must end soon all the
// same: with a third process on the machine, a thread that only spins keeps the one it waits for from running.
static inline void rest() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

#if defined(__linux__)
static void sleepWhile(std::atomic<int>& word, int value) {
  syscall(SYS_futex, (int*)&word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}
static void wakeAll(std::atomic<int>& word) { syscall(SYS_futex, (int*)&word, FUTEX_WAKE_PRIVATE, 1 << 30, nullptr, nullptr, 0); }
#else
static std::mutex sleepLock;
static std::condition_variable sleepers;
static void sleepWhile(std::atomic<int>& word, int value) {
  std::unique_lock<std::mutex> lock(sleepLock);
  sleepers.wait(lock, [&] { return word.load() != value; });
}
static void wakeAll(std::atomic<int>&) {
  std::lock_guard<std::mutex> lock(sleepLock);
  sleepers.notify_all();
}
#endif

struct Barrier {
  alignas(64) std::atomic<int> arrived{0};
  alignas(64) std::atomic<int> turn{0};
  std::atomic<int> sleeping{0};
  std::atomic<int> naps{0};  // at the ends of steps, in the run in progress
};

/** Whether it had to sleep. */
static bool waitWhile(std::atomic<int>& word, int value, std::atomic<int>& sleeping, int spins) {
  for (int i = 0; i < spins; i++) {
    if (word.load(std::memory_order_acquire) != value) return false;
    rest();
  }
  sleeping.fetch_add(1);
  while (word.load() == value) sleepWhile(word, value);
  sleeping.fetch_sub(1);
  return true;
}

static bool meet(Barrier* barrier, int count) {
  const int turn = barrier->turn.load(std::memory_order_relaxed);
  if (barrier->arrived.fetch_add(1, std::memory_order_acq_rel) == count - 1) {
    barrier->arrived.store(0, std::memory_order_relaxed);
    barrier->turn.store(turn + 1);
    if (barrier->sleeping.load()) wakeAll(barrier->turn);
    return false;
  }
  return waitWhile(barrier->turn, turn, barrier->sleeping, 4000);
}
extern "C" void cellstate_meet(Barrier* barrier, int count) { meet(barrier, count); }
extern "C" void cellstate_meet_step(Barrier* barrier, int count) {
  if (meet(barrier, count)) barrier->naps.fetch_add(1, std::memory_order_relaxed);
}

namespace {

/** Denormals count as zero while this lives. */
struct FlushDenormals {
#if defined(__x86_64__)
  unsigned before = _mm_getcsr();
  FlushDenormals() { _mm_setcsr((before & ~0x6000u) | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before); }
#elif defined(__aarch64__)
  uint64_t before;
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(before));
    asm volatile("msr fpcr, %0" : : "r"(before | (1ull << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(before)); }
#endif
};

enum { MOST_THREADS = 64 };

struct Pool {
  std::mutex one;  // one run at a time
  int started = 1;
  alignas(64) std::atomic<int> job{0};
  std::atomic<int> sleeping{0};
  alignas(64) std::atomic<int> finished{0};
  Barrier barrier;
  void (*work)(void*, const Team&) = nullptr;
  void* context = nullptr;
  int count = 1;
  // A step of a sequence is far shorter than a nap, so after a run with naps the next `apart` runs do not share steps; then one tries.
  int apart = 0, patience = 16;
  bool crowded = false;
};

Pool& pool() {
  static Pool* p = new Pool;  // never destroyed: helpers may still sleep in it when the process ends
  return *p;
}

void helper(int index, int seen) {
  Pool& p = pool();
  FlushDenormals flush;
  for (;;) {
    waitWhile(p.job, seen, p.sleeping, 4000);
    seen++;
    if (index < p.count) p.work(p.context, Team{index, p.count, &p.barrier, p.crowded});
    p.finished.fetch_add(1, std::memory_order_acq_rel);
  }
}

/** Starts helpers up to `count` threads in all; returns how many there are (fewer when the system refuses). */
int grow(Pool& p, int count) {
  while (p.started < count) {
    const int index = p.started;
    const int job = p.job.load();
    try {
      std::thread(helper, index, job).detach();
    } catch (...) {
      break;
    }
    p.started++;
  }
  return p.started < count ? p.started : count;
}

}  // namespace

int cellstate_cores() {
  int usable = 0;
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    bool counted[1024] = {false};
    for (int cpu = 0; cpu < 1024 && cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &set)) continue;
      char path[96];
      snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
      int first = cpu;
      if (FILE* f = fopen(path, "r")) {
        if (fscanf(f, "%d", &first) != 1) first = cpu;
        fclose(f);
      }
      if (first < 0 || first >= 1024 || counted[first]) continue;
      counted[first] = true;
      usable++;
    }
  }
#elif defined(__APPLE__)
  // Of two kinds of cores the fast ones: the others would keep each step waiting.
  size_t size = sizeof usable;
  if (sysctlbyname("hw.perflevel0.physicalcpu", &usable, &size, nullptr, 0) != 0) sysctlbyname("hw.physicalcpu", &usable, &size, nullptr, 0);
#elif defined(_WIN32)
  SYSTEM_LOGICAL_PROCESSOR_INFORMATION list[512];
  DWORD bytes = sizeof list;
  DWORD_PTR mine = 0, all = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &mine, &all) && GetLogicalProcessorInformation(list, &bytes)) {
    for (DWORD i = 0; i < bytes / sizeof list[0]; i++) usable += list[i].Relationship == RelationProcessorCore && (list[i].ProcessorMask & mine);
  }
#endif
  if (usable == 0) usable = (int)std::thread::hardware_concurrency();
  return usable < 1 ? 1 : usable;
}

void cellstate_parallel(int count, void (*work)(void*, const Team&), void* context) {
  FlushDenormals flush;
  if (count <= 1) return work(context, Team{0, 1, nullptr});  // needs no helpers, so it waits for nobody
  Pool& p = pool();
  std::lock_guard<std::mutex> lock(p.one);
  count = grow(p, count < MOST_THREADS ? count : MOST_THREADS);
  if (count <= 1) return work(context, Team{0, 1, nullptr});
  p.work = work;
  p.context = context;
  p.count = count;
  p.crowded = p.apart > 0;
  p.barrier.naps.store(0);
  p.finished.store(0);
  p.job.fetch_add(1);
  if (p.sleeping.load()) wakeAll(p.job);
  work(context, Team{0, count, &p.barrier, p.crowded});
  for (int spins = 0; p.finished.load(std::memory_order_acquire) < p.started - 1; spins++) {
    if (spins < 20000) rest();
    else std::this_thread::yield();
  }
  if (p.crowded) {
    p.apart--;
  } else if (p.barrier.naps.load() > 4) {
    p.apart = p.patience;
    p.patience = p.patience < 1024 ? 2 * p.patience : 1024;
  } else {
    p.patience = 16;
  }
}
