// Which digits are written side by side? Columns of an image are steps, and nobody says where a digit ends.
//   npm run example written-digits
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { NdArray } from "cellstate";
import { readIdx } from "cellstate/data";
import { imageColumns, sequenceTranscriber } from "cellstate/transcribe";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/mnist` },
    seed: { type: "string", default: "1" },
    epochs: { type: "string", default: "10" },
    quick: { type: "boolean", default: false }, // two epochs of a small network: it runs, it hardly learns
  },
});
const read = async (name: string) => readIdx(gunzipSync(await readFile(`${values.path}/${name}`)), name);

export async function main() {
  const [images, labels] = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];
  if (!existsSync(`${values.path}/${images}`))
    return void console.log(
      `skipped: no ${images} in ${values.path}; --path FOLDER names it (see docs/labs/README.md)`,
    );
  const [pixels, digits] = [await read(images), await read(labels)];
  let state = Number(values.seed);
  const below = (n: number) => {
    state = (state * 48_271) % 2_147_483_647; // Park and Miller's generator
    return Math.floor((state / 2_147_483_647) * n);
  };
  /** Strings of 3 to 5 of the digits from `from` on, side by side. */
  const strings = (from: number, to: number, count: number) =>
    Array.from({ length: count }, () => {
      const picked = Array.from({ length: 3 + below(3) }, () => from + below(to - from));
      const columns = picked.flatMap((k) => Array.from(imageColumns(pixels.row(k)).data));
      const input = new NdArray(Float32Array.from(columns), [columns.length / 28, 28]);
      return { input, transcript: picked.map((k) => digits.data[k]).join("") };
    });
  const test = strings(8000, 10_000, values.quick ? 10 : 300);
  const transcriber = sequenceTranscriber({ units: values.quick ? 8 : 96, window: 4, stride: 2 });
  await transcriber.fit(() => strings(0, 8000, values.quick ? 40 : 1500), {
    epochs: values.quick ? 2 : Number(values.epochs),
    batchSize: 32,
    verbose: values.quick ? 0 : 2,
  });
  const { cer, exact } = await transcriber.evaluate(test);
  console.log(
    `character error rate ${(100 * cer).toFixed(1)} %, ${(100 * exact).toFixed(1)} % of the strings all right`,
  );
  const [{ transcript }] = await transcriber.transcribe([test[0].input]);
  console.log(`${test[0].transcript} is read as ${transcript}`);
  return cer;
}

await main();
