#!/bin/sh
# Builds the lab's programs into build/lab (or build/$OUT): bench (speed), check (correctness against double precision), team (threads and writes).
# EXTRA adds compiler flags: EXTRA="-O1 -fsanitize=address,undefined -fno-sanitize-recover=all" OUT=sanitized sh build.sh check
set -e
cd "$(dirname "$0")"
out=../../build/${OUT:-lab}
mkdir -p $out
flags="-std=c++17 -O3 -fPIC -ffp-contract=off -fno-math-errno -Wall -Wno-psabi -Wno-uninitialized -Wno-maybe-uninitialized $EXTRA"
kernels() { g++ $flags -fno-exceptions -fno-rtti -DCELLSTATE_NAMESPACE="$@" -c ../interpreter.cpp; }
kernels avx512 -mavx2 -mfma -mavx512f -mavx512dq -mavx512bw -mavx512vl -mprefer-vector-width=512 -o $out/avx512.o &
kernels avx2 -mavx2 -mfma -o $out/avx2.o
kernels generic -o $out/generic.o
wait
for program in ${@:-bench check team}; do
  g++ $flags $program.cpp ../memory.cpp ../threads.cpp $out/avx512.o $out/avx2.o $out/generic.o -pthread -o $out/$program
done
