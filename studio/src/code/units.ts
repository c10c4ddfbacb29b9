import type { UnitsSeen } from "../../../src/studio/messages.ts";
import { fileOf, type Shown } from "./shown.ts";

/** The units of a text model over lines, as the page looked at them. */
export interface UnitsShown {
  readonly seen: UnitsSeen;
}

const loaders: Readonly<Record<string, string>> = {
  textClassifier: "loadTextClassifier",
  languageModel: "loadLanguageModel",
  regressor: "loadRegressor",
};
const negations = "/^(not|no|never|nothing|nobody|none|neither|nor|cannot|without|\\w+n't)$/";

const listOf = (seen: UnitsSeen, space: string): string =>
  seen.lines.map(({ text }) => `${space}${JSON.stringify(text)},`).join("\n");

/** The report of the units in TypeScript: each line traced by itself, then all together. */
export function typescriptUnits(shown: Shown, { seen }: UnitsShown): string {
  const load = loaders[shown.about?.task ?? ""] ?? "loadTask";
  const task = load === "loadTask" ? "const { task } = await loadTask" : `const task = await ${load}`;
  return `import { ${[load, "NdArray"].sort().join(", ")} } from "cellstate";
import { factors, linearProbe, nearestStates, trace, units } from "cellstate/explain";

// "Save as .keras" on the studio's Model page gives the file.
${task}(${JSON.stringify(fileOf(shown))});
const lines = [
${listOf(seen, "  ")}
];
const read = [];
for (const line of lines) {
  const { x, steps } = task.modelInput(line);
  const { layers } = await trace(task.model, x);
  const layer = layers.find(({ name }) => name === ${JSON.stringify(seen.cell)});
  const from = steps.findIndex((token) => token !== ""); // padding stands before, or behind
  read.push({ layer, from, words: steps.slice(from, steps.findLastIndex((token) => token !== "") + 1) });
}
const longest = Math.max(...read.map(({ words }) => words.length));
const along = (number) => {
  const all = new NdArray(new Float32Array(read.length * longest), [read.length, longest]);
  for (const [row, { words }] of read.entries())
    for (const t of words.keys()) all.data[row * longest + t] = number(words, t);
  return all;
};
const values = {};
for (const name of Object.keys(read[0].layer.values)) {
  const size = read[0].layer.values[name].shape[2];
  const all = new Float32Array(read.length * longest * size).fill(Number.NaN);
  for (const [row, { layer, from, words }] of read.entries())
    all.set(layer.values[name].data.subarray(from * size, (from + words.length) * size), row * longest * size);
  values[name] = new NdArray(all, [read.length, longest, size]);
}
const layer = { ...read[0].layer, ...values, values, mask: along(() => 1), initial: null };
const negation = ${negations};
const features = {
  "length of the word": along((words, t) => words[t].length),
  "after a negation": along((words, t) => Number(words.slice(0, t + 1).some((word) => negation.test(word)))),
  "a word seen before in the line": along((words, t) => Number(words.slice(0, t).includes(words[t]))),
  "length of the line": new NdArray(Float32Array.from(read, ({ words }) => words.length), [read.length]),
};
const report = units(layer, { value: ${JSON.stringify(seen.value)}, features });
for (const { name, unit, correlation, chance, found } of report.features)
  console.log(\`\${name}: unit \${unit + 1}, correlation \${correlation}, chance \${chance}\${found ? "" : ": nothing found"}\`);
console.log("factors explain", factors(layer).explained);
const label = features["after a negation"];
if (new Set(label.data).size > 1) console.log("linear probe", linearProbe(layer, label));
console.log("nearest to the first line's end", nearestStates(layer, { row: 0, step: read[0].words.length - 1, count: 3 }));
`;
}

/** Correlations of the outputs with the length of the word, in Keras: its layers give no cell states. */
export function kerasUnits(shown: Shown, { seen }: UnitsShown): string {
  return `import json
import zipfile

import keras
import numpy as np

# "Save as .keras" on the studio's Model page gives the file, with its words beside the layers.
path = ${JSON.stringify(fileOf(shown))}
with zipfile.ZipFile(path) as file:
    index = json.loads(json.loads(file.read("assets/cellstate/tokenizer.json"))["config"]["word_index"])
model = keras.models.load_model(path)
lines = [
${listOf(seen, "    ")}
]
layer = model.get_layer(${JSON.stringify(seen.cell.split("/")[0])})
below = layer.input[0] if isinstance(layer.input, list) else layer.input  # a mask comes beside it
each = type(layer).from_config({**layer.get_config(), "return_sequences": True, "name": "each_step"})
inputs = keras.Model(model.inputs[0], below)
masked = any(getattr(other, "mask_zero", False) for other in model.layers)
length = model.inputs[0].shape[1]
numbers, outputs = [], []
for line in lines:
    words = [word for word in line.lower().split() if word in index]
    words = words[-length:] if length else words
    if not words:
        continue
    x = keras.utils.pad_sequences([[index[word] for word in words]], maxlen=length)
    read = inputs(x)
    if not each.built:
        each.build(read.shape)
        each.set_weights(layer.get_weights())
    found = each(read, mask=x != 0) if masked else each(read)
    outputs.append(keras.ops.convert_to_numpy(found)[0, -len(words) :])
    numbers += [len(word) for word in words]
h = np.concatenate(outputs)  # the outputs of all units at every step: Keras has no call for cell states
correlations = [np.corrcoef(h[:, unit], numbers)[0, 1] for unit in range(h.shape[1])]
best = int(np.argmax(np.abs(correlations)))
print("length of the word: unit", best + 1, "correlation", correlations[best])
`;
}
