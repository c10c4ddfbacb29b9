// Processes that train together, over MPI: Open MPI, or a library with MPICH's binary interface (MPICH, Intel MPI, MVAPICH). It is
// loaded by its name when it is asked for; handles are pointers to symbols in the one and numbers in the other, both passed as a word.
#include "mpi.h"

#if defined(_WIN32)
void addMpi(napi_env, napi_value) {}  // there is no MPI that is tried here
#else

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include <string>
#include <vector>

namespace {

typedef intptr_t Handle;

struct Mpi {
  int (*initialized)(int*);
  int (*init)(int*, char***, int, int*);
  int (*rank)(Handle, int*);
  int (*size)(Handle, int*);
  int (*version)(char*, int*);
  int (*alltoallv)(const void*, const int*, const int*, Handle, void*, const int*, const int*, Handle, Handle);
  int (*allgatherv)(const void*, int, Handle, void*, const int*, const int*, Handle, Handle);
  int (*allgather)(const void*, int, Handle, void*, int, Handle, Handle);
  int (*broadcast)(void*, int, Handle, int, Handle);
  int (*finalize)();
  Handle world, floats, bytes;
  int self = 0, ranks = 1;
  std::string name;
};
Mpi* mpi = nullptr;
bool ended = false;

napi_value complain(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

template <class F>
bool find(void* library, const char* name, F& function) {
  function = (F)dlsym(library, name);
  return function != nullptr;
}

/** The library's first line about itself. */
std::string versionOf(const Mpi& m) {
  char text[8192] = {0};  // Open MPI 256, MPICH 8192
  int length = 0;
  m.version(text, &length);
  const std::string all(text, strnlen(text, sizeof text));
  return all.substr(0, all.find('\n'));
}

/** Fills in the handles; false for a library of neither kind. */
bool handlesOf(void* library, Mpi& m) {
  if (void* world = dlsym(library, "ompi_mpi_comm_world")) {
    m.world = (Handle)world;
    m.floats = (Handle)dlsym(library, "ompi_mpi_float");
    m.bytes = (Handle)dlsym(library, "ompi_mpi_byte");
    return m.floats && m.bytes;
  }
  for (const char* kin : {"MPICH", "Intel", "MVAPICH"}) {
    if (m.name.find(kin) == std::string::npos) continue;
    m.world = 0x44000000;  // fixed by the MPICH ABI Compatibility Initiative
    m.floats = 0x4c00040a;
    m.bytes = 0x4c00010d;
    return true;
  }
  return false;
}

/** mpiStart(library) → { rank, size, name }. Throws "load: …" where there is no such library, "kind: …" where it is of neither kind. */
napi_value start(napi_env env, napi_callback_info info) {
  size_t n = 1;
  napi_value a[1], result, value;
  char path[4096] = {0};
  napi_get_cb_info(env, info, &n, a, nullptr, nullptr);
  if (n < 1 || napi_get_value_string_utf8(env, a[0], path, sizeof path, &n) != napi_ok) return complain(env, "mpiStart takes a library");
  if (!mpi) {
    void* library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);  // global: Open MPI's plugins look for its symbols
    if (!library) return complain(env, std::string("load: ") + dlerror());
    Mpi m;
    const bool whole = find(library, "MPI_Initialized", m.initialized) && find(library, "MPI_Init_thread", m.init) && find(library, "MPI_Comm_rank", m.rank) &&
                       find(library, "MPI_Comm_size", m.size) && find(library, "MPI_Get_library_version", m.version) && find(library, "MPI_Alltoallv", m.alltoallv) &&
                       find(library, "MPI_Allgatherv", m.allgatherv) && find(library, "MPI_Allgather", m.allgather) && find(library, "MPI_Bcast", m.broadcast) &&
                       find(library, "MPI_Finalize", m.finalize);
    if (!whole) return complain(env, "kind: a library without MPI's functions");
    m.name = versionOf(m);
    if (!handlesOf(library, m)) return complain(env, "kind: " + m.name);
    int begun = 0, level = 0;
    m.initialized(&begun);
    const int serialized = 2;  // calls come from the threads of the pool, one at a time
    if (!begun && m.init(nullptr, nullptr, serialized, &level) != 0) return complain(env, "start: MPI_Init failed");
    m.rank(m.world, &m.self);
    m.size(m.world, &m.ranks);
    mpi = new Mpi(m);
  }
  napi_create_object(env, &result);
  napi_create_int32(env, mpi->self, &value);
  napi_set_named_property(env, result, "rank", value);
  napi_create_int32(env, mpi->ranks, &value);
  napi_set_named_property(env, result, "size", value);
  napi_create_string_utf8(env, mpi->name.c_str(), NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "name", value);
  return result;
}

// A call under way on the thread pool; the arrays and memories it uses are held until it is done.
struct Call {
  napi_async_work work;
  napi_deferred promise;
  std::vector<napi_ref> kept;
  std::vector<Held*> memories;
  void (*act)(Call&);
  // sum: this rank's pieces [words] each; every rank's pieces by their blocks [from, to); where the sum goes
  std::vector<const float*> pieces;
  std::vector<int> counts, bounds;
  float* sum = nullptr;
  Memory* sumIn = nullptr;  // where that is a memory
  int64_t words = 0;
  // gather, broadcast
  const uint8_t* from = nullptr;
  uint8_t* to = nullptr;
  int length = 0;
  bool failed = false;
};

void execute(napi_env, void* data) {
  Call* c = (Call*)data;
  c->act(*c);
}
void forget(napi_env env, Call* c) {
  for (napi_ref ref : c->kept) napi_delete_reference(env, ref);
  for (Held* held : c->memories) letGo(env, held);
  delete c;
}
void complete(napi_env env, napi_status status, void* data) {
  Call* c = (Call*)data;
  if (c->sumIn) countWrites(c->sumIn->version, 1);
  napi_value value;
  if (status != napi_ok || c->failed) {
    napi_create_string_utf8(env, "MPI could not exchange the numbers", NAPI_AUTO_LENGTH, &value);
    napi_create_error(env, nullptr, value, &value);
    napi_reject_deferred(env, c->promise, value);
  } else {
    napi_get_undefined(env, &value);
    napi_resolve_deferred(env, c->promise, value);
  }
  napi_delete_async_work(env, c->work);
  forget(env, c);
}
napi_value queue(napi_env env, Call* c) {
  napi_value promise, name;
  napi_create_promise(env, &c->promise, &promise);
  napi_create_string_utf8(env, "cellstate mpi", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, execute, complete, c, &c->work);
  napi_queue_async_work(env, c->work);
  return promise;
}

/** The memory of a typed array, kept while the call lasts; null where it is of another type. */
void* held(napi_env env, Call& c, napi_value value, napi_typedarray_type wanted, size_t& length) {
  napi_typedarray_type type;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok || type != wanted) return nullptr;
  napi_ref ref;
  napi_create_reference(env, value, 1, &ref);
  c.kept.push_back(ref);
  static float nothing;
  return data ? data : &nothing;  // an empty array may have no memory
}
napi_value refuse(napi_env env, Call* c, const char* message) {
  forget(env, c);
  return complain(env, message);
}

/** Numbers of a memory or of a Float32Array, kept while the call lasts; null for anything else. */
float* numbers(napi_env env, Call& c, napi_value value, int64_t& words, Memory** in = nullptr) {
  Memory* memory = nullptr;
  if (Held* held = keepMemory(env, value, &memory)) {
    c.memories.push_back(held);
    if (in) *in = memory;
    words = memory->words;
    return memory->data;
  }
  size_t length = 0;
  float* data = (float*)held(env, c, value, napi_float32_array, length);
  words = (int64_t)length;
  return data;
}

/** Room for numbers that are exchanged, kept from call to call: there is one at a time. */
struct Room {
  float* data = nullptr;
  int64_t words = 0;
  float* of(int64_t wanted) {
    if (wanted <= words) return data;
    cellstate_release(data);
    data = (float*)cellstate_allocate((size_t)wanted * 4);
    words = data ? wanted : 0;
    return data;
  }
};
Room sent, received;

int64_t cut(int64_t words, int part, int parts) { return words * part / parts; }

// The sum of the blocks [from, from + size) in the fixed tree: that of the lower half and that of the upper, down to pieces that came summed.
struct Tree {
  const std::vector<int>& bounds;
  std::vector<float*> pieces;
  int64_t words;
  int total;
  size_t next = 0;

  float* sum(int from, int size) {
    const int end = from + size < total ? from + size : total;
    if (next < pieces.size() && bounds[2 * next] == from && bounds[2 * next + 1] == end) return pieces[next++];
    if (size <= 1) return nullptr;
    float* lower = sum(from, size / 2);
    float* upper = from + size / 2 < total ? sum(from + size / 2, size / 2) : nullptr;
    if (lower && upper) {
      for (int64_t i = 0; i < words; i++) lower[i] += upper[i];
    }
    return lower;
  }
};

/** Each rank sums a stretch of the words over all pieces, in the tree's order, and all get all stretches. */
void sumAll(Call& c) {
  const int ranks = mpi->ranks, self = mpi->self, own = (int)c.pieces.size();
  std::vector<int> sendCounts(ranks), sendAt(ranks), receiveCounts(ranks), receiveAt(ranks), lengths(ranks), at(ranks);
  for (int r = 0; r < ranks; r++) {
    at[r] = (int)cut(c.words, r, ranks);
    lengths[r] = (int)(cut(c.words, r + 1, ranks) - at[r]);
    sendCounts[r] = own * lengths[r];
  }
  const float* send = own == 1 ? c.pieces[0] : nullptr;
  if (own == 1) {
    sendAt = at;
  } else {
    float* packed = sent.of((int64_t)own * c.words + 1);
    c.failed = !packed;
    if (c.failed) return;
    int64_t to = 0;
    for (int r = 0; r < ranks; r++) {
      sendAt[r] = (int)to;
      for (int p = 0; p < own; p++, to += lengths[r]) memcpy(packed + to, c.pieces[p] + at[r], (size_t)lengths[r] * 4);
    }
    send = packed;
  }
  int64_t all = 0;
  int pieces = 0;
  for (int r = 0; r < ranks; r++) {
    receiveAt[r] = (int)all;
    receiveCounts[r] = c.counts[r] * lengths[self];
    all += receiveCounts[r];
    pieces += c.counts[r];
  }
  float* others = received.of(all + 1);
  c.failed = !others || mpi->alltoallv(send, sendCounts.data(), sendAt.data(), mpi->floats, others, receiveCounts.data(), receiveAt.data(), mpi->floats, mpi->world) != 0;
  if (c.failed) return;
  Tree tree{c.bounds, {}, lengths[self], c.bounds.back()};
  for (int p = 0; p < pieces; p++) tree.pieces.push_back(others + (int64_t)p * lengths[self]);
  int size = 1;
  while (size < tree.total) size *= 2;
  const float* sum = tree.sum(0, size);
  c.failed = mpi->allgatherv(sum ? sum : others, lengths[self], mpi->floats, c.sum, lengths.data(), at.data(), mpi->floats, mpi->world) != 0;
}

/**
 * mpiSum(pieces, counts, bounds, sum): pieces of every rank, by its number of them and the blocks [from, to) of each → promise.
 * Pieces and sum are memories or Float32Arrays; the sum may go where a piece lies.
 */
napi_value sum(napi_env env, napi_callback_info info) {
  size_t n = 4, length = 0;
  napi_value a[4], item;
  napi_get_cb_info(env, info, &n, a, nullptr, nullptr);
  if (!mpi || ended || n < 4) return complain(env, "mpiSum takes pieces, counts, bounds and a sum, after mpiStart");
  Call* c = new Call();
  c->act = sumAll;
  c->sum = numbers(env, *c, a[3], c->words, &c->sumIn);
  if (!c->sum) return refuse(env, c, "mpiSum sums into a memory or a Float32Array");
  uint32_t own = 0;
  napi_get_array_length(env, a[0], &own);
  for (uint32_t k = 0; k < own; k++) {
    napi_get_element(env, a[0], k, &item);
    int64_t words = 0;
    const float* piece = numbers(env, *c, item, words);
    if (!piece || words != c->words) return refuse(env, c, "pieces are memories or Float32Arrays as long as the sum");
    c->pieces.push_back(piece);
  }
  const int* counts = (const int*)held(env, *c, a[1], napi_int32_array, length);
  if (!counts || (int)length != mpi->ranks) return refuse(env, c, "counts are an Int32Array, one for each rank");
  c->counts.assign(counts, counts + length);
  int64_t pieces = 0;
  for (int count : c->counts) pieces += count >= 0 ? count : 1 << 30;
  const int* bounds = (const int*)held(env, *c, a[2], napi_int32_array, length);
  const bool fits = bounds && pieces > 0 && (int64_t)length == 2 * pieces && c->counts[mpi->self] == (int)own && pieces * c->words < INT32_MAX;
  if (!fits) return refuse(env, c, "bounds are an Int32Array, two for each piece");
  c->bounds.assign(bounds, bounds + length);
  return queue(env, c);
}

/** mpiGather(bytes, all): every rank's bytes, as many of each, one rank after the other → promise */
napi_value gather(napi_env env, napi_callback_info info) {
  size_t n = 2, length = 0, room = 0;
  napi_value a[2];
  napi_get_cb_info(env, info, &n, a, nullptr, nullptr);
  if (!mpi || ended || n < 2) return complain(env, "mpiGather takes bytes and where they go, after mpiStart");
  Call* c = new Call();
  c->act = [](Call& it) { it.failed = mpi->allgather(it.from, it.length, mpi->bytes, it.to, it.length, mpi->bytes, mpi->world) != 0; };
  c->from = (const uint8_t*)held(env, *c, a[0], napi_uint8_array, length);
  c->to = (uint8_t*)held(env, *c, a[1], napi_uint8_array, room);
  if (!c->from || !c->to || room != length * mpi->ranks || length > INT32_MAX) return refuse(env, c, "mpiGather takes two Uint8Arrays, one for each rank in the second");
  c->length = (int)length;
  return queue(env, c);
}

/** mpiBroadcast(bytes): those of rank 0, for all → promise */
napi_value broadcast(napi_env env, napi_callback_info info) {
  size_t n = 1, length = 0;
  napi_value a[1];
  napi_get_cb_info(env, info, &n, a, nullptr, nullptr);
  if (!mpi || ended || n < 1) return complain(env, "mpiBroadcast takes bytes, after mpiStart");
  Call* c = new Call();
  c->act = [](Call& it) { it.failed = mpi->broadcast(it.to, it.length, mpi->bytes, 0, mpi->world) != 0; };
  c->to = (uint8_t*)held(env, *c, a[0], napi_uint8_array, length);
  if (!c->to || length > INT32_MAX) return refuse(env, c, "mpiBroadcast takes a Uint8Array");
  c->length = (int)length;
  return queue(env, c);
}

/** mpiStop(): this rank is done; waits for the others */
napi_value stop(napi_env, napi_callback_info) {
  if (mpi && !ended) {
    ended = true;
    mpi->finalize();
  }
  return nullptr;
}

}  // namespace

void addMpi(napi_env env, napi_value exports) {
  const struct {
    const char* name;
    napi_callback function;
  } all[] = {{"mpiStart", start}, {"mpiSum", sum}, {"mpiGather", gather}, {"mpiBroadcast", broadcast}, {"mpiStop", stop}};
  for (const auto& f : all) {
    napi_value value;
    napi_create_function(env, f.name, NAPI_AUTO_LENGTH, f.function, nullptr, &value);
    napi_set_named_property(env, exports, f.name, value);
  }
}
#endif
