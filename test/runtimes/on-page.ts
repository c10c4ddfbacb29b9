/** For a page: the numbers of each backend, and those of a model that was kept in the page's private files (OPFS) and opened again. */
import { modelBytes } from "../../src/formats/index.ts";
import { dense, loadModel, lstm, sequential } from "../../src/index.ts";
import { allBackends } from "./small-model.ts";

async function keptInPrivateFiles(): Promise<{ before: number[]; after: number[] }> {
  const x = [[[1, 2], [3, 4], [5, 6]]]; // biome-ignore format: one line
  const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 7 });
  const folder = await navigator.storage.getDirectory();
  const writable = await (await folder.getFileHandle("m.keras", { create: true })).createWritable();
  await writable.write((await modelBytes(model, "m.keras")) as Uint8Array<ArrayBuffer>);
  await writable.close();
  const file = await (await folder.getFileHandle("m.keras")).getFile();
  const again = await loadModel(new Uint8Array(await file.arrayBuffer()));
  const [before, after] = [await model.predict(x), await again.predict(x)].map(({ data }) => [...data]);
  return { before, after };
}

const answers = async () => ({
  isolated: crossOriginIsolated,
  numbers: await allBackends(["js", "wasm"]),
  kept: await keptInPrivateFiles(),
});
const answer = JSON.stringify(await answers().catch((error) => ({ error: String(error) })));
Object.assign(globalThis, { answer });
