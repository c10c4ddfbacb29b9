// MPI for the addon: loaded while running, so that no MPI is needed to build it. mpi.cpp says how.
#pragma once
#include <node_api.h>

#include "engine.h"

/** Adds mpiStart, mpiSum, mpiGather, mpiBroadcast and mpiStop to the addon's functions. */
void addMpi(napi_env env, napi_value exports);

/** A memory that JavaScript holds, kept until it is let go; null for anything else. */
struct Held;
Held* keepMemory(napi_env env, napi_value value, Memory** memory);
void letGo(napi_env env, Held* held);
