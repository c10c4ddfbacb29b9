// The native thread pool: persistent helpers that spin briefly and then sleep; the caller works too.
#pragma once
#include "team.h"

/** Cores this process may use, counting hyperthreads of one core once. */
int cellstate_cores();
/** Runs work(context, team) on `count` threads (at most 64, fewer when the system refuses more) with denormals flushed, and restores the caller's modes. */
void cellstate_parallel(int count, void (*work)(void* context, const Team& team), void* context);
