/** Class projects (a model, and beside it tokenizer, labels or scaler): what Keras answers, `bundleTask` does, and the file it saves. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { random } from "./random.mjs";

export const about = "models with what notebooks kept beside them, as tasks, beside Keras";
export const script = "projects.py";

export async function* sweep({ seeds, ask, cellstate, folder, verbose }) {
  for (const seed of seeds) {
    const spec = project(random(seed), seed, join(folder, String(seed)));
    mkdirSync(spec.folder, { recursive: true });
    if (verbose) console.log(JSON.stringify(spec));
    const cells = [
      `${spec.kind} / ${spec.cell} / ${spec.functional ? "functional" : "sequential"} / ${spec.file.split(".")[1]}`,
    ];
    const wanted = await ask(spec).catch((error) => error);
    if (wanted instanceof Error) {
      yield { seed, kind: spec.kind, result: "none", why: wanted.message.slice(0, 160), cells };
      continue;
    }
    try {
      const why = await difference(spec, wanted, cellstate);
      yield { seed, kind: spec.kind, cells, result: why ? "wrong" : "right", ...(why ? { why } : {}) };
    } catch (error) {
      const refused = error instanceof cellstate.CellstateError;
      yield {
        seed,
        kind: spec.kind,
        cells,
        result: refused ? "refused" : "wrong",
        why: `${error.name}: ${error.message}`,
      };
    }
  }
}

/** What stands where Keras has another answer, from the model or from the bundled file, or null. */
async function difference(spec, wanted, cellstate) {
  const beside = async (name) => cellstate.readPickle(join(spec.folder, name));
  const { length, padding, truncating, kind } = spec;
  const options =
    kind === "series"
      ? { scaler: await beside("scaler.pkl"), ...(spec.target === null ? {} : { target: spec.target }) }
      : { tokenizer: await beside("tokenizer.pickle"), ...(kind === "next word" ? {} : { padding, truncating }) };
  if (wanted.labels) options.labels = await beside("label_encoder.pkl");
  const bundle = await cellstate.bundleTask(join(spec.folder, spec.file), options);
  const file = join(spec.folder, "bundled.keras");
  await bundle.task.save(file);
  for (const [name, { task }] of [
    ["model", bundle],
    ["bundled file", await cellstate.loadTask(file)],
  ]) {
    const found = await answers(task, spec, wanted);
    const off = (v, i) =>
      wanted.flat[i] !== null && !(Math.abs(v - wanted.flat[i]) <= 2e-5 * Math.max(1, Math.abs(wanted.flat[i])));
    const at = found.findIndex(off); // null: the mean over no steps is NaN in Keras, zero here
    if (at >= 0 || found.length !== wanted.flat.length)
      return `${name} (${bundle.about}), ${length}: ${wanted.flat[at]}, found ${found[at]} at ${at} of ${found.length}`;
  }
  return null;
}

/** A task's numbers, flat, in the order of Keras's, which are put beside `wanted`. */
async function answers(task, spec, wanted) {
  if (spec.kind === "series") {
    wanted.flat = wanted.ahead.flat();
    const options = spec.target === null ? { horizon: spec.horizon } : {};
    return [...(await task.predict(spec.rows, options)).values.data];
  }
  wanted.flat = wanted.p.flat();
  if (spec.kind === "numbers") return [...(await task.predict(spec.asked)).data];
  if (spec.kind === "classes") {
    const all = await task.predict(spec.asked);
    const off = wanted.labels?.findIndex((label, i) => all[i].label !== label) ?? -1;
    if (off >= 0) throw new Error(`text ${off}: label ${wanted.labels[off]}, found ${all[off].label}`);
    return all.flatMap(({ probabilities }) => Object.values(probabilities).slice(spec.outputs === 1 ? 1 : 0));
  }
  const warn = () => {};
  const found = [];
  wanted.flat = [];
  for (const [i, text] of spec.asked.entries()) {
    if (task.reading.tokenizer.textsToSequences([text])[0].length === 0) continue; // nothing to continue
    for (const { token, probability } of await task.predict(text, { top: 1000, warn })) {
      found.push(probability);
      wanted.flat.push(wanted.p[i][wanted.index[token]]);
    }
  }
  return found;
}

const words = "the a cat dog sat ran Mat home it's well-known naïve ÉTÉ été 3,000 good Bad so not very film plot".split(
  " ",
);

function project(r, seed, folder) {
  const kind = r.pick(["classes", "classes", "numbers", "next word", "series", "series"]);
  const chars = kind !== "series" && r.chance(0.15);
  const text = (most) =>
    Array.from({ length: r.integer(1, most) }, () => r.pick(words)).join(r.pick([" ", " ", ", ", "  "]));
  const outputs = kind === "classes" ? r.pick([1, 1, 3, 5]) : 1;
  const logits = kind === "classes" && r.chance(0.2);
  const losses = { 1: ["binary_crossentropy", "BinaryCrossentropy"] };
  const [plain, withLogits] = losses[outputs] ?? ["sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"];
  const compiled = logits || r.chance(0.7);
  const shared = {
    ...{ kind, seed: seed % 2 ** 31, folder, logits, outputs },
    loss: !compiled
      ? null
      : kind === "classes"
        ? logits
          ? withLogits
          : plain
        : kind === "next word"
          ? "categorical_crossentropy"
          : "mse",
    cell: r.pick(["lstm", "gru", "rnn"]),
    units: r.integer(2, 6),
    both: r.chance(0.25),
    pool: r.chance(0.2),
    drop: r.chance(0.2),
    functional: r.chance(0.3),
    file: r.pick(["model.keras", "model.keras", "model.h5"]),
    length: r.integer(2, 9),
    padding: r.pick(["pre", "pre", "post"]),
    truncating: r.pick(["pre", "pre", "post"]),
  };
  if (kind === "series") {
    const width = r.integer(1, 3);
    const target = r.chance(0.5) ? r.integer(0, width - 1) : null;
    // One output of one column is the column; several outputs of several columns may be either.
    const horizon = target === null ? r.integer(1, 4) : width === 1 ? r.integer(2, 4) : r.pick([1, 4]);
    const size = r.pick([1, 100, 1e5]);
    const rows = Array.from({ length: 24 }, (_, t) =>
      Array.from({ length: width }, (_, k) => size * (k + 1) + size * Math.sin(t / (k + 2)) + size * 0.2 * r.next()),
    );
    return {
      ...shared,
      target,
      horizon,
      rows,
      scaler: r.pick(["minmax", "standard", "robust"]),
      compress: r.pick([0, 3]),
    };
  }
  return {
    ...shared,
    chars,
    padding: kind === "next word" ? "pre" : shared.padding,
    truncating: kind === "next word" ? "pre" : shared.truncating,
    one_hot: r.chance(0.2),
    masks: r.chance(0.3),
    num_words: r.chance(0.5) ? r.integer(4, 12) : null,
    oov: r.chance(0.5) ? "<OOV>" : null,
    lower: r.chance(0.85),
    protocol: r.pick([2, 4, 5]),
    texts: Array.from({ length: 6 }, () => text(8)),
    asked: Array.from({ length: 4 }, () => text(12)),
  };
}
