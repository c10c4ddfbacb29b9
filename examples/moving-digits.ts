// Which digit moves, and where to? Convolutions look at each frame, an LSTM at the frames in order.
//   npm run example moving-digits -- --cell convLstm2d
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { readIdx } from "cellstate/data";
import { movingDigits, type VideoClassifierOptions, videoClassifier } from "cellstate/video";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/mnist` },
    cell: { type: "string", default: "lstm" },
    clips: { type: "string", default: "4000" },
    epochs: { type: "string", default: "6" },
    quick: { type: "boolean", default: false }, // few clips, a small network: it runs, it hardly learns
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
  const clips = (from: number, to: number, count: number) =>
    movingDigits(pixels.slice(from, to), digits.slice(from, to), { count });
  const train = clips(0, 8000, values.quick ? 120 : Number(values.clips));
  const test = clips(8000, 10_000, values.quick ? 20 : 1000);
  const found: number[] = [];
  for (const question of ["digits", "directions"] as const) {
    const cell = values.cell as NonNullable<VideoClassifierOptions["cell"]>;
    const video = videoClassifier({ cell, ...(values.quick ? { units: 4, convolution: [4] } : {}) });
    await video.fit(train.clips, train[question], {
      epochs: values.quick ? 1 : Number(values.epochs),
      validationSplit: 0,
      verbose: values.quick ? 0 : 2,
    });
    const { accuracy } = await video.evaluate(test.clips, test[question]);
    const [{ label }] = await video.predict([test.clips.row(0)]);
    console.log(
      `${question}: ${(100 * accuracy).toFixed(1)} % right; the first, ${test[question][0]}, is read as ${label}`,
    );
    found.push(accuracy);
  }
  return found;
}

await main();
