/** A training in bfloat16 keeps the order of its sums, of which its bits depend. */
import { expect, test } from "vitest";
import { type BackendName, chooseBackend } from "../../backends/choose.ts";
import { dense, lstm, NdArray, sequential } from "../../index.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";

const x = new NdArray(
  Float32Array.from({ length: 8 * 5 * 16 }, (_, i) => Math.sin(i)),
  [8, 5, 16],
);
const y = Float32Array.from({ length: 8 }, (_, i) => i % 2);

function fit(backend: BackendName, dtype: "float32" | "mixedBfloat16", from?: Uint8Array, epochs = 1) {
  const model = sequential([lstm(16), dense(1)], { seed: 3 });
  model.compile({ loss: "mse", backend, dtype });
  let bytes = new Uint8Array() as Uint8Array;
  const callback = {
    onTrainBegin: async (state: { resume(bytes: Uint8Array): Promise<void> }) => from && state.resume(from),
    onEpochEnd: (_: number, __: unknown, state: { checkpoint(): Uint8Array }) => {
      bytes = state.checkpoint();
    },
  };
  return model
    .fit(x, y, { epochs, verbose: 0, callbacks: [callback as never] })
    .then(() => ({ bytes, weights: model.getWeights() }));
}
const orderIn = (bytes: Uint8Array) => (decodeCheckpoint(bytes) as { bf16?: string }).bf16;

test("floats are the order of a checkpoint that names none, and another order than the backend's is refused by name", async () => {
  const { bytes } = await fit("wasm", "mixedBfloat16");
  expect(orderIn(bytes)).toBeUndefined();
  const { weights } = await fit("wasm", "mixedBfloat16", bytes, 2);
  expect(weights).toEqual((await fit("wasm", "mixedBfloat16", undefined, 2)).weights);
  const other = encodeCheckpoint({ ...(decodeCheckpoint(bytes) as object), bf16: "tiles" } as never);
  await expect(fit("wasm", "mixedBfloat16", other, 2)).rejects.toThrow(
    "fit: expected sums of bfloat16 by tiles, as training began, received by floats.\n  Set CELLSTATE_BF16=tiles, on a processor with AMX, to get the same bits.",
  );
  const wrong = encodeCheckpoint({ ...(decodeCheckpoint(bytes) as object), bf16: "pairs" } as never);
  await expect(fit("wasm", "mixedBfloat16", wrong, 2)).rejects.toThrow('"bf16" of another form');
});

const native = await chooseBackend("native").catch(() => null);
const skipped = native?.bf16 !== "tiles";
if (skipped) console.warn("a training by tiles skipped: no AMX here, or CELLSTATE_BF16=floats");

test.skipIf(skipped)(
  "by tiles: recorded, resumed to the same bits, refused where there are none; float32 has no order",
  async () => {
    const { bytes } = await fit("native", "mixedBfloat16");
    expect(orderIn(bytes)).toBe("tiles");
    const { weights } = await fit("native", "mixedBfloat16", bytes, 2);
    expect(weights).toEqual((await fit("native", "mixedBfloat16", undefined, 2)).weights);
    await expect(fit("wasm", "mixedBfloat16", bytes, 2)).rejects.toThrow(
      "by tiles, as training began, received by floats",
    );
    const plain = await fit("native", "float32");
    expect(orderIn(plain.bytes)).toBeUndefined();
  },
);
