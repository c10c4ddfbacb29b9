// The native thread pool: persistent helpers that spin briefly and then sleep; the caller works too.
#pragma once
#include "team.h"

/** Cores this process may use, counting hyperthreads of one core once. */
int cellstate_cores();
/** Sets the number of threads of the pool (1..64; the caller is one of them). Call before the first run. */
void cellstate_set_threads(int count);
int cellstate_threads();
/** Runs work(context, team) on `count` threads of the pool with denormals flushed, and restores the caller's modes. */
void cellstate_parallel(int count, void (*work)(void* context, const Team& team), void* context);
