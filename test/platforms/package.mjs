/**
 * The package as it is installed, on a foreign Node: doctor, a training, every kind of model file written and read again in a folder whose
 * name has spaces, and the command line. `node package.mjs PACKAGE FOLDER OUT.json`; numbers are compared by scripts/platforms.mjs.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [home, where, out] = process.argv.slice(2);
const door = (name) => import(pathToFileURL(resolve(home, "dist", name)).href);
const found = { platform: `${process.platform}-${process.arch}`, node: process.version, steps: {} };
const step = async (name, body) => {
  try {
    found.steps[name] = (await body()) ?? "ok";
  } catch (error) {
    found.steps[name] = `FAILED: ${error?.message ?? error}`;
  }
};

const folder = join(where, "my models", "a b");
mkdirSync(folder, { recursive: true });
const { chooseBackend, dense, dropout, embedding, loadModel, lstm, sequential } = await door("index.js");
found.backend = (await chooseBackend()).description;

const ids = Array.from({ length: 48 }, (_, b) => Array.from({ length: 20 }, (_, t) => (b * 7 + t * t + (b % 3)) % 30));
const labels = ids.map((row) => (row[0] + row[19]) % 2);
const model = sequential([embedding(30, 24), lstm(40), dropout(0.2), dense(1, { activation: "sigmoid" })]);
model.compile({ optimizer: "adam", loss: "binaryCrossentropy" });
const { history } = await model.fit(ids, labels, { epochs: 3, batchSize: 16, verbose: 0 });
const y = await model.predict(ids.slice(0, 8));
found.loss = [...history.loss];
found.predictions = [...y.data];

for (const name of ["m.keras", "m.h5", "m.json", "m.onnx"]) {
  await step(`file ${name}`, async () => {
    const path = join(folder, name);
    await model.save(path);
    const again = await (await loadModel(path)).predict(ids.slice(0, 8));
    const apart = Math.max(...again.data.map((v, k) => Math.abs(v - y.data[k])));
    if (apart > (name.endsWith(".onnx") ? 1e-6 : 0)) throw new Error(`predictions differ by ${apart}`);
  });
}

await step("no temporary files are left", () => {
  const strange = readdirSync(folder).filter((name) => !/^(m\.|group|weights)/.test(name));
  if (strange.length > 0) throw new Error(strange.join(", "));
});
writeFileSync(out, JSON.stringify(found));
process.exit(0);
