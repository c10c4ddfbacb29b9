// The Node addon, plain Node-API: allocate, write, read, exchange, add, load, run, free, info, held; and those of mpi.cpp. src/backends/native/ is its only caller.
#include <node_api.h>
#include <stdio.h>
#include <string.h>

#include <utility>

#include "choose.h"
#include "mpi.h"
#include "threads.h"

#if !defined(CELLSTATE_KERNELS)
#define CELLSTATE_KERNELS "unknown"  // the build scripts say which: a hash of these files
#endif

// A memory or an executable held by JavaScript. An executable keeps its memories; a run keeps its executable.
struct Held {
  enum Kind { memory, executable } kind;
  int uses = 1;
  bool running = false;
  Memory* words = nullptr;
  const Engine* engine = nullptr;
  void* program = nullptr;
  Held* regions[7] = {nullptr};
  int64_t bytes = 0;  // as the garbage collector was told
};

namespace {

/** To the collector a handle is a few bytes; told what stands behind it, it collects dropped models in time. */
void tell(napi_env env, int64_t bytes) {
  int64_t all;
  napi_adjust_external_memory(env, bytes, &all);
}

// JavaScript holds a cell, so that free() and the garbage collector can come in any order.
struct Cell {
  Held* held;
};
void finalize(napi_env env, void* data, void*) {
  Cell* cell = (Cell*)data;
  letGo(env, cell->held);
  delete cell;
}

const napi_type_tag tag = {0x63656c6c73746174ull, 0x6b65726e656c7331ull};

napi_value complain(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

napi_value wrap(napi_env env, Held* held, int64_t before) {
  napi_value value;
  held->bytes = cellstate_taken() - before;
  tell(env, held->bytes);
  Cell* cell = new Cell{held};
  if (napi_create_external(env, cell, finalize, nullptr, &value) != napi_ok) {
    finalize(env, cell, nullptr);
    return complain(env, "no handle could be made");
  }
  napi_type_tag_object(env, value, &tag);
  return value;
}

Cell* cellOf(napi_env env, napi_value value) {
  bool ours = false;
  void* data = nullptr;
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external) return nullptr;
  if (napi_check_object_type_tag(env, value, &tag, &ours) != napi_ok || !ours) return nullptr;
  napi_get_value_external(env, value, &data);
  return (Cell*)data;
}
Held* heldOf(napi_env env, napi_value value, Held::Kind kind) {
  Cell* cell = cellOf(env, value);
  return cell && cell->held && cell->held->kind == kind ? cell->held : nullptr;
}

template <int N>
bool arguments(napi_env env, napi_callback_info info, napi_value (&list)[N]) {
  size_t n = N;
  return napi_get_cb_info(env, info, &n, list, nullptr, nullptr) == napi_ok && n >= N;
}
double numberOf(napi_env env, napi_value value) {
  double n = -1;
  napi_get_value_double(env, value, &n);
  return n;
}

/** allocate(words) */
napi_value allocate(napi_env env, napi_callback_info info) {
  napi_value a[1];
  if (!arguments(env, info, a)) return complain(env, "allocate takes a number of words");
  const double words = numberOf(env, a[0]);
  const int64_t before = cellstate_taken();
  Memory* m = words >= 0 && words < 4e12 ? cellstate_memory_new((int64_t)words) : nullptr;
  if (!m) return complain(env, "not enough memory");
  Held* h = new Held{Held::memory};
  h->words = m;
  return wrap(env, h, before);
}

/** write(memory, offset, Float32Array | Int32Array) */
napi_value write(napi_env env, napi_callback_info info) {
  napi_value a[3];
  if (!arguments(env, info, a)) return complain(env, "write takes a memory, an offset and numbers");
  Held* h = heldOf(env, a[0], Held::memory);
  if (!h) return complain(env, "the memory was freed");
  napi_typedarray_type type;
  size_t n = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, a[2], &type, &n, &data, nullptr, nullptr) != napi_ok || (type != napi_float32_array && type != napi_int32_array)) {
    return complain(env, "write takes a Float32Array or an Int32Array");
  }
  const double offset = numberOf(env, a[1]);
  if (!(offset >= 0) || offset + (double)n > (double)h->words->words) return complain(env, "the numbers do not fit the memory");
  if (n > 0) memcpy(h->words->data + (int64_t)offset, data, n * 4);
  countWrites(h->words->version, 1);
  return nullptr;
}

/** read(memory, offset, Float32Array | Int32Array to fill) */
napi_value read(napi_env env, napi_callback_info info) {
  napi_value a[3];
  if (!arguments(env, info, a)) return complain(env, "read takes a memory, an offset and an array");
  Held* h = heldOf(env, a[0], Held::memory);
  if (!h) return complain(env, "the memory was freed");
  napi_typedarray_type type;
  size_t n = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, a[2], &type, &n, &data, nullptr, nullptr) != napi_ok || (type != napi_float32_array && type != napi_int32_array)) {
    return complain(env, "read fills a Float32Array or an Int32Array");
  }
  const double offset = numberOf(env, a[1]);
  if (!(offset >= 0) || offset + (double)n > (double)h->words->words) return complain(env, "the memory is smaller than that");
  if (n > 0) memcpy(data, h->words->data + (int64_t)offset, n * 4);
  return nullptr;
}

/** Two memories of one size; null where they are not. */
bool bothOf(napi_env env, napi_callback_info info, Memory* (&both)[2]) {
  napi_value a[2];
  if (!arguments(env, info, a)) return false;
  for (int i = 0; i < 2; i++) {
    Held* h = heldOf(env, a[i], Held::memory);
    if (!h) return false;
    both[i] = h->words;
  }
  return both[0]->words == both[1]->words;
}

/** exchange(memory, memory): each has the other's numbers */
napi_value exchange(napi_env env, napi_callback_info info) {
  Memory* m[2];
  if (!bothOf(env, info, m)) return complain(env, "exchange takes two memories of one size");
  std::swap(m[0]->data, m[1]->data);
  for (Memory* each : m) countWrites(each->version, 1);
  return nullptr;
}

/** add(memory, memory): the second's numbers are added to the first's */
napi_value add(napi_env env, napi_callback_info info) {
  Memory* m[2];
  if (!bothOf(env, info, m)) return complain(env, "add takes two memories of one size");
  float* to = m[0]->data;
  const float* from = m[1]->data;
  for (int64_t i = 0; i < m[0]->words; i++) to[i] += from[i];
  countWrites(m[0]->version, 1);
  return nullptr;
}

/** load(tape Int32Array, seven memories, instruction set or "", threads, share padding, profile, tiles) */
napi_value load(napi_env env, napi_callback_info info) {
  napi_value a[7];
  if (!arguments(env, info, a)) return complain(env, "load takes a tape, memories and settings");
  napi_typedarray_type type;
  size_t n = 0;
  void* tape = nullptr;
  if (napi_get_typedarray_info(env, a[0], &type, &n, &tape, nullptr, nullptr) != napi_ok || type != napi_int32_array) {
    return complain(env, "a tape is an Int32Array");
  }
  char name[16] = {0};
  size_t length = 0;
  napi_get_value_string_utf8(env, a[2], name, sizeof name, &length);
  const Engine* engine = cellstate_engine(name);
  if (!engine) return complain(env, "this processor does not have that instruction set");
  Held* regions[7];
  Memory* memories[7];
  for (uint32_t i = 0; i < 7; i++) {
    napi_value item;
    if (napi_get_element(env, a[1], i, &item) != napi_ok || !(regions[i] = heldOf(env, item, Held::memory))) return complain(env, "a memory was freed");
    memories[i] = regions[i]->words;
  }
  Settings settings;
  const int threads = (int)numberOf(env, a[3]);  // negative: exactly so many, for tests
  settings.exactly = threads < 0;
  settings.threads = threads < 0 ? -threads : threads;
  if (settings.threads < 1) settings.threads = 1;
  if (settings.threads > 64) settings.threads = 64;
  napi_get_value_bool(env, a[4], &settings.sharePadding);
  napi_get_value_bool(env, a[5], &settings.profile);
  napi_get_value_bool(env, a[6], &settings.tiles);
  char error[160] = {0};
  const int64_t before = cellstate_taken();
  void* program = engine->load((const int32_t*)tape, (int64_t)n, memories, settings, error, sizeof error);
  if (!program) return complain(env, error);
  Held* h = new Held{Held::executable};
  h->engine = engine;
  h->program = program;
  for (int i = 0; i < 7; i++) {
    h->regions[i] = regions[i];
    regions[i]->uses++;
  }
  return wrap(env, h, before);
}

struct Work {
  napi_async_work work;
  napi_deferred promise;
  Held* held;
  uint32_t firstStep, times, seed;
  const char* error;
};
void execute(napi_env, void* data) {
  Work* w = (Work*)data;
  w->error = w->held->engine->run(w->held->program, w->firstStep, w->times, w->seed);
}
void settle(napi_env env, napi_deferred promise, const char* error) {
  napi_value value;
  if (error) {
    napi_value message;
    napi_create_string_utf8(env, error, NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, nullptr, message, &value);
    napi_reject_deferred(env, promise, value);
  } else {
    napi_get_undefined(env, &value);
    napi_resolve_deferred(env, promise, value);
  }
}
void complete(napi_env env, napi_status status, void* data) {
  Work* w = (Work*)data;
  w->held->running = false;
  settle(env, w->promise, status == napi_ok ? w->error : "the run was cancelled");
  napi_delete_async_work(env, w->work);
  letGo(env, w->held);
  delete w;
}

/** run(executable, first step, times, seed) → promise; the work happens on a thread pool, what is tiny here */
napi_value run(napi_env env, napi_callback_info info) {
  napi_value a[4], promise, name;
  if (!arguments(env, info, a)) return complain(env, "run takes an executable, a step, times and a seed");
  Held* h = heldOf(env, a[0], Held::executable);
  if (!h) return complain(env, "the executable was freed");
  if (h->running) return complain(env, "the executable is running already");
  uint32_t firstStep = 0, times = 0, seed = 0;
  napi_get_value_uint32(env, a[1], &firstStep);
  napi_get_value_uint32(env, a[2], &times);
  napi_get_value_uint32(env, a[3], &seed);
  Work* w = new Work{nullptr, nullptr, h, firstStep, times, seed, nullptr};
  napi_create_promise(env, &w->promise, &promise);
  if (h->engine->flops(h->program) * times < WORTH_THREADS) {
    execute(env, w);
    settle(env, w->promise, w->error);
    delete w;
    return promise;
  }
  napi_create_string_utf8(env, "cellstate", NAPI_AUTO_LENGTH, &name);
  h->uses++;
  h->running = true;
  if (napi_create_async_work(env, nullptr, name, execute, complete, w, &w->work) != napi_ok || napi_queue_async_work(env, w->work) != napi_ok) {
    complete(env, napi_generic_failure, w);
  }
  return promise;
}

/** free(memory or executable); again is harmless */
napi_value free(napi_env env, napi_callback_info info) {
  napi_value a[1];
  if (!arguments(env, info, a)) return nullptr;
  Cell* cell = cellOf(env, a[0]);
  if (!cell) return complain(env, "free takes a memory or an executable");
  letGo(env, cell->held);
  cell->held = nullptr;
  return nullptr;
}

/** held() → bytes of all memories and executables */
napi_value heldBytes(napi_env env, napi_callback_info) {
  napi_value bytes;
  napi_create_int64(env, cellstate_held(), &bytes);
  return bytes;
}

void setNumber(napi_env env, napi_value object, const char* key, double n) {
  napi_value value;
  napi_create_double(env, n, &value);
  napi_set_named_property(env, object, key, value);
}

/** info() → { instructionSets, kernels, cores, tiles, refusal }; info(executable) → [{ op, milliseconds, flops, runs, peak }] for each instruction */
napi_value describe(napi_env env, napi_callback_info info) {
  napi_value a[1], result, item;
  if (arguments(env, info, a)) {
    Held* h = heldOf(env, a[0], Held::executable);
    if (!h) return complain(env, "the executable was freed");
    napi_create_array(env, &result);
    const int n = h->engine->instructions(h->program);
    const double peak = h->engine->peak();
    for (int i = 0; i < n; i++) {
      const Profile p = h->engine->profile(h->program, i);
      napi_create_object(env, &item);
      setNumber(env, item, "op", p.op);
      setNumber(env, item, "milliseconds", p.milliseconds);
      setNumber(env, item, "flops", p.flops);
      setNumber(env, item, "runs", p.runs);
      setNumber(env, item, "peak", peak);
      napi_set_element(env, result, i, item);
    }
    return result;
  }
  napi_value names;
  napi_create_object(env, &result);
  napi_create_array(env, &names);
  const Engine* list[4];
  const int n = cellstate_engines(list);
  for (int i = 0; i < n; i++) {
    napi_create_string_utf8(env, list[i]->name, NAPI_AUTO_LENGTH, &item);
    napi_set_element(env, names, i, item);
  }
  napi_set_named_property(env, result, "instructionSets", names);
  napi_create_string_utf8(env, CELLSTATE_KERNELS, NAPI_AUTO_LENGTH, &item);
  napi_set_named_property(env, result, "kernels", item);
  setNumber(env, result, "cores", cellstate_cores());
  napi_get_boolean(env, cellstate_tiles()->bf16, &item);
  napi_set_named_property(env, result, "tiles", item);
  napi_create_string_utf8(env, cellstate_tiles()->refusal, NAPI_AUTO_LENGTH, &item);
  napi_set_named_property(env, result, "refusal", item);
  return result;
}

}  // namespace

void letGo(napi_env env, Held* h) {
  if (!h || --h->uses > 0) return;
  tell(env, -h->bytes);
  if (h->kind == Held::memory) {
    cellstate_memory_free(h->words);
  } else {
    h->engine->free(h->program);
    for (Held* r : h->regions) letGo(env, r);
  }
  delete h;
}

Held* keepMemory(napi_env env, napi_value value, Memory** memory) {
  Held* h = heldOf(env, value, Held::memory);
  if (!h) return nullptr;
  h->uses++;
  *memory = h->words;
  return h;
}

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback function;
  } all[] = {{"allocate", allocate}, {"write", write}, {"read", read}, {"load", load}, {"run", run}, {"free", free}, {"info", describe}, {"held", heldBytes}, {"exchange", exchange}, {"add", add}};
  for (const auto& f : all) {
    napi_value value;
    napi_create_function(env, f.name, NAPI_AUTO_LENGTH, f.function, nullptr, &value);
    napi_set_named_property(env, exports, f.name, value);
  }
  addMpi(env, exports);
  return exports;
}
