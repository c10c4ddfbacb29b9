// Every op on the tape, in the order of src/backends/tape.ts: its opcode, what runs it, what its slots must fit (check.h). The
// version counts changes of the order and of what an op gives.
#pragma once
#include "cells.h"

constexpr int MAGIC = 0x4c535443, VERSION = 5, REGIONS = 7;

/** What the products of an instruction multiply: numbers as they are, or rounded to 8 bits or to bfloat16. */
enum Precision { PLAIN, INT8, BF16 };

#if defined(__wasm__)  // must stay small
#define CELLSTATE_CHAINS 0
#define NATIVE_OPS(OP)
#else
#define CELLSTATE_CHAINS 1
#define NATIVE_OPS(OP) \
  OP(CHAIN, chain(c, q, t), checkChain) \
  OP(CTC, ctc(c, q, t), checkCtc)
#endif

#define OPS(OP, CELL) \
  OP(UNARY, unary(c, q, t), checkUnary) \
  OP(BINARY, binary(c, q, t), checkBinary) \
  OP(WHERE, where(c, q, t), checkWhere) \
  OP(CAST, cast(c, q, t), checkUnary) \
  OP(FILL, fill(c, q, t), checkFill) \
  OP(REDUCE, reduce(c, q, t), checkReduce) \
  OP(ARGMAX, argmax(c, q, t), checkArgmax) \
  OP(SLICE, slice(c, q, t), checkSlice) \
  OP(PAD, pad(c, q, t), checkSlice) \
  OP(CONCAT, concat(c, q, t), checkConcat) \
  OP(TRANSPOSE, transpose(c, q, t), checkTranspose) \
  OP(REVERSE, reverse(c, q, t), checkReverse) \
  OP(BROADCAST, broadcast(c, q, t), checkBroadcast) \
  OP(COPY, copyAll(c, q, t), checkUnary) \
  OP(GATHER, gather(c, q, t), checkGather) \
  OP(GATHER_BACK, gatherBack(c, q, t), checkGatherBack) \
  OP(ONE_HOT, oneHot(c, q, t), checkArgmax) \
  OP(MATMUL, product(q, t), checkMatmul) \
  OP(LINEAR, product(q, t), checkMatmul) \
  OP(SOFTMAX, softmax(c, q, t), checkSoftmax) \
  OP(LOG_SOFTMAX, logSoftmax(c, q, t), checkSoftmax) \
  OP(SOFTMAX_BACK, softmaxBack(c, q, t), checkSoftmaxBack) \
  OP(SOFTMAX_CROSS_ENTROPY, softmaxCrossEntropy(c, q, t), checkSoftmaxCrossEntropy) \
  OP(SPARSE_SOFTMAX_CROSS_ENTROPY, softmaxCrossEntropy(c, q, t), checkSoftmaxCrossEntropy) \
  OP(BINARY_CROSS_ENTROPY, binaryCrossEntropy(c, q, t), checkSoftmaxBack) \
  OP(RANDOM, random(c, q, t), checkRandom) \
  OP(ASSIGN, copyAll(c, q, t), checkUnary) \
  OP(ACCUMULATE, accumulate(c, q, t), checkUnary) \
  OP(SCAN, scan(q), checkScan) \
  CELLS(CELL) \
  OP(ADAM, adam(c, q, t), checkAdam) \
  OP(SGD, sgd(c, q, t), checkSgd) \
  OP(CLIP_BY_NORM, clipByNorm(c, q, t), checkClipByNorm) \
  OP(CLIP_BY_GLOBAL_NORM, clipByGlobalNorm(c, q, t), checkClipByGlobalNorm) \
  OP(COMMON_PREFIX, commonPrefix(c, q, t), checkCommonPrefix) \
  OP(SOFTMAX_CROSS_ENTROPY_BACK, softmaxCrossEntropy(c, q, t), checkSoftmaxCrossEntropy) \
  OP(SPARSE_SOFTMAX_CROSS_ENTROPY_BACK, softmaxCrossEntropy(c, q, t), checkSoftmaxCrossEntropy) \
  OP(LINEAR_INT8, wholeLinear(q, t), checkLinearInt8) \
  NATIVE_OPS(OP)

#define ONE_CODE(NAME, RUN, CHECK) OP_##NAME,
#define TWO_CODES(NAME, CELL) OP_##NAME, OP_##NAME##_BACK,
enum Op { OPS(ONE_CODE, TWO_CODES) OP_COUNT };
