/** Training on several ranks of mpirun (Open MPI): bits, kills, and what is said where something is missing. `npm run soak -- mpi --count 30` kills more. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { killRanks, onRanks, whyNoMpi } from "../soak/mpi.mjs";

const why = whyNoMpi();
if (why) console.log(`training on MPI is not tried: ${why}`);

const folder = mkdtempSync(join(tmpdir(), "cellstate-mpi-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const dist = join(import.meta.dirname, "../../dist");

/** Prints the bits of the weights of a tagger with dropout after two epochs in so many blocks, and the rank. */
const program = `
import { createHash } from "node:crypto";
import { adam, dense, embedding, input, lstm, sequential } from "${dist}/index.js";
import { mpi } from "${dist}/parallel/index.js";
const [blocks, batchSize] = process.argv.slice(2).map(Number);
const x = Array.from({ length: 21 }, (_, i) => Array.from({ length: 6 }, (_, t) => (t < i % 5 ? 0 : 1 + ((i * 5 + t) % 9))));
const y = x.map((row, i) => row.map((_, t) => (i + t) % 3));
const layers = [input([6], { dtype: "i32" }), embedding(10, 4, { maskZero: true }), lstm(5, { returnSequences: true, dropout: 0.2 })];
const model = sequential([...layers, dense(3, { activation: "softmax" })]);
model.compile({ loss: "sparseCategoricalCrossentropy", optimizer: adam({ clipnorm: 0.5 }) });
const parallel = mpi();
await model.fit(x, y, { epochs: 2, batchSize, blocks, parallel, verbose: 0 });
const { rank } = await parallel.start();
const bits = createHash("sha256");
for (const w of model.getWeights()) bits.update(new Uint8Array(w.data.buffer, w.data.byteOffset, w.data.byteLength));
process.stdout.write("bits " + rank + " " + bits.digest("hex") + "\\n");
`;
const file = join(folder, "train.mjs");
writeFileSync(file, program);

const train = async (ranks: number, blocks: number, batchSize = 8) => {
  const { code, out, err } = await onRanks(ranks, [process.execPath, file, `${blocks}`, `${batchSize}`], {
    cwd: folder,
  });
  expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining("Error") });
  const found = [...out.matchAll(/bits (\d+) (\w+)/g)].map(([, rank, bits]) => ({ rank: Number(rank), bits }));
  expect(found.map(({ rank }) => rank).sort()).toEqual(Array.from({ length: ranks }, (_, k) => k));
  return [...new Set(found.map(({ bits }) => bits))];
};

describe.skipIf(why !== null)("training on mpirun", { timeout: 180_000 }, () => {
  test("1, 2 and 3 ranks give the same bits, also where the last batch is short or ranks have no rows", async () => {
    const one = await train(1, 3);
    expect(one.length).toBe(1);
    expect(await train(2, 3)).toEqual(one);
    expect(await train(3, 3)).toEqual(one);
    expect(await train(3, 8, 2)).toEqual(await train(1, 8, 2));
  });

  test("a killed rank ends all, and --resume on another number of ranks leaves the files of one process", async () => {
    const { right, says } = await killRanks({ count: 3, seed: 5, epochs: 6 });
    expect({ right, says }).toEqual({ right: true, says: expect.any(String) });
  });

  test("what is wrong is said once, with what to do", async () => {
    const command = [process.execPath, join(dist, "cli/main.js"), "train", "text"];
    const nothing = await onRanks(2, [...command, "nothing.txt"], { cwd: folder });
    expect(nothing.code).toBe(1);
    expect(nothing.err.match(/expected a file, received none of that name/g)?.length).toBe(1);
    const other = await onRanks(2, ["env", "CELLSTATE_MPI=libm.so.6", ...command, "nothing.txt"], { cwd: folder });
    expect(other.err).toContain("mpi: expected a library of a known kind, received a library without MPI's functions.");
    const none = await onRanks(2, ["env", "CELLSTATE_MPI=libnone.so", ...command, "nothing.txt"], { cwd: folder });
    expect(none.err).toContain("apt-get install openmpi-bin");
  });
});
