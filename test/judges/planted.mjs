/**
 * The sweeps themselves on trial: faults planted in copies of our code, compiled file by file, one at a time. A fault counts as
 * found where a model that was right without it is wrong, or refused, with it. `--count` says how many models may be tried for each.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as kerasModels from "./keras-models.mjs";
import * as ourModels from "./our-models.mjs";
import { given, fixed as pastFailures } from "./sweep-models.mjs";

export const about = "faults planted in copies of our code, found by keras-models and our-models";
export const script = "keras_models.py";

const reading = { by: kerasModels };
const writing = { by: ourModels };
const recurrentReaders = "formats/keras-recurrent-layers.js";

/** Each replaces one place, found by its text, in a file that tsc made. */
const faults = {
  "the gates i and f of an LSTM swapped": {
    ...reading,
    file: "formats/keras-weights.js",
    from: "model.weightStore.write(p, new NdArray(numbersFor(weight, v), p.shape), who);",
    to: `const floats = numbersFor(weight, v);
        const units = p.layer.className === "LSTM" ? p.shape.at(-1) / 4 : 0;
        const swapped = floats.map((v, k) => floats[k + (k % (4 * units) < units ? units : k % (4 * units) < 2 * units ? -units : 0)]);
        model.weightStore.write(p, new NdArray(units ? swapped : floats, p.shape), who);`,
  },
  "the weights of a layer in another order": {
    ...reading,
    file: "formats/keras-weights.js",
    from: "fill(weight, group.variables[k],",
    to: "fill(weight, group.variables[weights.length - 1 - k],",
  },
  "weights left as they were": {
    ...reading,
    file: "formats/keras-weights.js",
    from: "model.weightStore.write(p, new NdArray(numbersFor(weight, v), p.shape), who);",
    to: 'if (weight.name !== "bias") model.weightStore.write(p, new NdArray(numbersFor(weight, v), p.shape), who);',
  },
  "mask_zero not read": { ...reading, file: "formats/keras-plain-layers.js", from: '"mask_zero", ', to: "" },
  "mask_value not read": { ...reading, file: "formats/keras-plain-layers.js", from: '["mask_value"]', to: "[]" },
  "the mask not seen by an average over the steps": {
    ...reading,
    file: "layers/global-pooling1d.js",
    from: "if (!x.mask)",
    to: "if (true)",
  },
  "go_backwards not read": { ...reading, file: recurrentReaders, from: '"go_backwards", ', to: "" },
  "reset_after not read": { ...reading, file: recurrentReaders, from: '[...gated, "reset_after"]', to: "[...gated]" },
  "recurrent_activation not read": {
    ...reading,
    file: recurrentReaders,
    from: '[...cell, "recurrent_activation"]',
    to: "[...cell]",
  },
  "use_bias not read": { ...reading, file: recurrentReaders, from: '["activation", "use_bias",', to: '["activation",' },
  "zero_output_for_mask not read": { ...reading, file: recurrentReaders, from: ', "zero_output_for_mask"', to: "" },
  "merge_mode not read": { ...reading, file: recurrentReaders, from: "{ mergeMode: c.merge_mode }", to: "{}" },
  "the way back not turned round": {
    ...reading,
    file: "layers/bidirectional.js",
    from: "sequences ? reverse(last, 1) : last",
    to: "last",
  },
  "Keras 2's hard_sigmoid in files of Keras 3": {
    ...reading,
    file: "formats/keras-values.js",
    from: 'name === "hard_sigmoid" && major < 3',
    to: 'name === "hard_sigmoid"',
  },
  "epsilon outside the root of a batch normalization": {
    ...reading,
    file: "layers/batch-normalization.js",
    from: "sqrt(add(variance, this.epsilon))",
    to: "add(sqrt(variance), this.epsilon)",
  },
  "regularizers and constraints not read": {
    ...reading,
    file: "formats/keras-values.js",
    from: "if (value === undefined || value === null)\n        return null;\n    const object = objectOr(value);\n    const given",
    to: "return null;\n    const object = objectOr(value);\n    const given",
  },
  "the optimizer's slots dropped": {
    ...reading,
    file: "formats/optimizer-state.js",
    from: "await model.restoreOptimizer({ iterations, slots });",
    to: "",
  },
  "steps taken not read": {
    ...reading,
    file: "formats/optimizer-state.js",
    from: "await model.restoreOptimizer({ iterations, slots });",
    to: "await model.restoreOptimizer({ iterations: 0, slots });",
  },
  "go_backwards not written": {
    ...writing,
    file: "layers/recurrent.js",
    from: "go_backwards: o.goBackwards ?? false",
    to: "go_backwards: false",
  },
  "mask_zero not written": {
    ...writing,
    file: "layers/embedding.js",
    from: /mask_zero: [^,]+,/,
    to: "mask_zero: false,",
  },
  "weights written in another order": {
    ...writing,
    file: "formats/keras-weights.js",
    from: "weights.map((w) => variableOf(w, read(w)))",
    to: "[...weights].reverse().map((w) => variableOf(w, read(w)))",
  },
};

export const fixed = Object.keys(faults);

export async function* sweep({ seeds, cellstate, ...context }) {
  const all = [...seeds];
  const chosen = all.filter((seed) => typeof seed === "string");
  const numbers = all.filter((seed) => typeof seed === "number");
  const sound = new Map();
  for (const what of chosen) {
    const fault = faults[what];
    const broken = await plant(fault, context.folder);
    const found =
      broken &&
      (await finds(fault.by, broken, [...(numbers.length > 0 ? numbers : first(60)), ...pastFailures], {
        sound,
        cellstate,
        ...context,
      }));
    const why = broken ? `${numbers.length} models do not show it` : `${fault.file} has no ${fault.from}`;
    yield { seed: what, result: found ? "right" : "wrong", why };
    if (found) console.log(`found after ${found.models} models: ${what} (${found.kind}: ${found.why.slice(0, 100)})`);
  }
}

const first = (count) => Array.from({ length: count }, (_, k) => k + 1);

/** The library with the fault; null where the place is not there (any more). */
async function plant({ file, from, to }, folder) {
  const home = join(folder, `planted-${Math.random().toString(36).slice(2)}`);
  const root = fileURLToPath(new URL("../..", import.meta.url));
  cpSync(process.env.CELLSTATE_DIST ?? compiled(root, join(folder, "file-by-file")), join(home, "dist"), {
    recursive: true,
  });
  for (const beside of ["build", "kernels", "node_modules", "package.json"])
    symlinkSync(join(root, beside), join(home, beside));
  const path = join(home, "dist", file);
  const text = readFileSync(path, "utf8");
  const planted = text.replace(from, () => to);
  if (planted === text) return null;
  writeFileSync(path, planted);
  return import(pathToFileURL(join(home, "dist/index.js")));
}

/** src, a file for a file: dist is bundled. */
function compiled(root, outDir) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const words = ["-p", join(root, "tsconfig.build.json"), "--emitDeclarationOnly", "false", "--declaration", "false"];
  if (!existsSync(outDir)) execFileSync(process.execPath, [tsc, ...words, "--outDir", outDir]);
  return outDir;
}

/** The first model that shows the fault. */
async function finds({ about: script, tried }, broken, seeds, { sound, cellstate, ...context }) {
  for (const [k, seed] of seeds.entries()) {
    const key = `${script} ${seed}`;
    const model = given(seed);
    if (!sound.has(key)) sound.set(key, await tried(model, { ...context, cellstate }));
    const right = sound.get(key).filter(({ result }) => result === "right");
    if (right.length === 0) continue;
    const now = await tried(model, { ...context, cellstate: broken });
    const wrong = now.find(({ kind, result }) => result !== "right" && right.some((r) => r.kind === kind));
    if (wrong) return { ...wrong, models: k + 1 };
  }
  return null;
}
