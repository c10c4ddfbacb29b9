#!/bin/sh
# Builds the lab's programs into build/lab (or build/$OUT): bench and products (speed), check (correctness against double precision),
# team (threads and writes), counts (instructions, for the guard).
# WIDE_MODEL=1 makes the 512-bit copy out of AVX2's instructions, so that it is checked on processors without AVX-512 (slow).
# EXTRA adds compiler flags: EXTRA="-O1 -fsanitize=address,undefined -fno-sanitize-recover=all" OUT=sanitized sh build.sh check
set -e
cd "$(dirname "$0")"
out=../../build/${OUT:-lab}
mkdir -p $out
wide="-mavx2 -mfma -mavx512f -mavx512dq -mavx512bw -mavx512vl -mprefer-vector-width=512"
model=
if [ -n "$WIDE_MODEL" ]; then model=-DCELLSTATE_WIDE_MODEL wide="-mavx2 -mfma -DCELLSTATE_WIDE_MODEL"; fi
flags="-std=c++17 -O3 -fPIC -ffp-contract=off -fno-math-errno -Wall -Wno-psabi -Wno-uninitialized -Wno-maybe-uninitialized $EXTRA"
compile() { # compile SET OBJECT SOURCE FLAGS...: one copy for an instruction set
  set=$1 object=$out/$1$2.o source=$3
  shift 3
  g++ $flags -fno-rtti -DCELLSTATE_NAMESPACE=$set "$@" -c $source -o $object
}
kernels() {
  compile avx512 "$@" $wide &
  beside=$!
  compile avx2 "$@" -mavx2 -mfma
  compile generic "$@"
  wait $beside
}
kernels "" ../interpreter.cpp -fno-exceptions
for program in ${@:-bench check team products}; do
  more=
  if [ $program = products ]; then
    kernels .parts parts.cpp -Wno-unused-function
    more="$out/avx512.parts.o $out/avx2.parts.o $out/generic.parts.o -ldl"
  fi
  if [ $program = tiles ]; then model="-DCELLSTATE_NAMESPACE=tiles $wide -Wno-unused-function"; fi
  if [ $program = counts ]; then more=-DCELLSTATE_FIXED_CACHES; fi
  g++ $flags $model $program.cpp ../memory.cpp ../threads.cpp $out/avx512.o $out/avx2.o $out/generic.o $more -pthread -o $out/$program
done
