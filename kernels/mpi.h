// MPI for the addon: loaded while running, so that no MPI is needed to build it. mpi.cpp says how.
#pragma once
#include <node_api.h>

/** Adds mpiStart, mpiSum, mpiGather, mpiBroadcast and mpiStop to the addon's functions. */
void addMpi(napi_env env, napi_value exports);
