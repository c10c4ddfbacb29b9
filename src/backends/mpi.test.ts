/** What starts processes without an MPI that joins them, and a world of one. With mpirun: test/e2e/mpi.test.ts. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const variables = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "SLURM_STEP_NUM_TASKS", "CELLSTATE_MPI"];
beforeEach(() => {
  vi.resetModules(); // a process belongs to one world
  for (const name of variables) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.resetModules(); // other files of tests run in this process
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
const start = async () => (await import("./mpi.ts")).mpi().start();

test("started by nobody it is a world of one, which needs no MPI", async () => {
  const { rank, size, description, sum, gather, broadcast } = await start();
  expect({ rank, size, description }).toEqual({ rank: 0, size: 1, description: "one process" });
  const piece = Float32Array.of(1, 2);
  expect(await sum([piece], [[[0, 2]]], 2)).toBe(piece);
  expect(await gather(Uint8Array.of(7))).toEqual([Uint8Array.of(7)]);
  expect(await broadcast(Uint8Array.of(7))).toEqual(Uint8Array.of(7));
});

test("one task of Slurm is a world of one", async () => {
  vi.stubEnv("SLURM_STEP_NUM_TASKS", "1");
  expect((await start()).size).toBe(1);
});

for (const [how, rank] of [
  ["srun without MPI", undefined],
  ["srun with PMIx", "0"],
] as const)
  test(`several tasks of ${how} are told how they are joined`, async () => {
    vi.stubEnv("SLURM_STEP_NUM_TASKS", "4");
    vi.stubEnv("PMIX_RANK", rank);
    await expect(start()).rejects.toThrow(`expected processes of mpirun, received 4 of ${how}.`);
    vi.resetModules();
    await expect(start()).rejects.toThrow(/CELLSTATE_MPI set to the library/);
    vi.resetModules();
    vi.stubEnv("CELLSTATE_MPI", "none");
    expect((await start()).size).toBe(1);
  });

test("on Windows mpiexec's processes are told where they train together", async () => {
  vi.stubEnv("PMI_SIZE", "2");
  vi.spyOn(process, "platform", "get").mockReturnValue("win32");
  await expect(start()).rejects.toThrow(/expected Linux or macOS, received Windows.*\n.*under WSL with Open MPI/s);
});
