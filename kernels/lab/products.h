// The products inside an LSTM: what parts.cpp runs, compiled once for each instruction set, and products.cpp times.
#pragma once

/** Rows of a batch, steps, inputs, units. */
struct Sizes {
  int B, T, D, H;
};

/** One kind of product over all steps of a layer, as its kernels take it, without the rest of the layer. */
struct Parts {
  void* (*open)(const Sizes& sizes, int threads);
  void (*input)(void* layer);      // z = b + x · wx for all steps, chunk by chunk
  void (*recurrent)(void* layer);  // z += h · wh, step by step, without the gates
  void (*weights)(void* layer);    // d[wx; wh] += [x | h]ᵀ · dz, chunk by chunk
  void (*close)(void* layer);
  double (*spin)(long turns);      // nothing but fused multiply-adds; returns how many operations
};

#if defined(__x86_64__)
namespace avx512 { extern const Parts parts; }
namespace avx2 { extern const Parts parts; }
#endif
namespace generic { extern const Parts parts; }
