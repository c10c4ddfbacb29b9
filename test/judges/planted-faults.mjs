/**
 * What planted.mjs plants: each fault replaces one place of a file of src/, found by its text, which stands there once
 * (test/house/planted-faults.test.ts); `by` is the sweep that must find it.
 */
const written = "model.weightStore.write(p, new NdArray(numbersFor(weight, v)!, p.shape), who);";

const kerasModels = {
  "the gates i and f of an LSTM swapped": {
    file: "formats/keras/weights.ts",
    from: written,
    to: `const floats = numbersFor(weight, v)!;
      const units = p.layer.className === "LSTM" ? p.shape.at(-1)! / 4 : 0;
      const swapped = floats.map((_, k) => floats[k + (k % (4 * units) < units ? units : k % (4 * units) < 2 * units ? -units : 0)]);
      model.weightStore.write(p, new NdArray(units ? swapped : floats, p.shape), who);`,
  },
  "the weights of a layer in another order": {
    file: "formats/keras/weights.ts",
    from: "if (!error) fill(weight, group.variables[k], who);",
    to: "if (!error) fill(weight, group.variables[weights.length - 1 - k], who);",
  },
  "weights left as they were": {
    file: "formats/keras/weights.ts",
    from: written,
    to: `if (weight.name !== "bias") ${written}`,
  },
  "mask_zero not read": { file: "layers/core/embedding.ts", from: '"mask_zero", "embeddings', to: '"embeddings' },
  "mask_value not read": { file: "layers/core/masking.ts", from: '["mask_value"]', to: "[]" },
  "the mask not seen by an average over the steps": {
    file: "layers/convolution/global-pooling1d.ts",
    from: "if (!x.mask) return mean",
    to: "if (true) return mean",
  },
  "go_backwards not read": { file: "layers/keras-form.ts", from: '"go_backwards", ', to: "" },
  "reset_after not read": {
    file: "layers/recurrent/gru.ts",
    from: '[...gatedCellKeys, "reset_after", ...recurrentKeys]',
    to: "[...gatedCellKeys, ...recurrentKeys]",
  },
  "recurrent_activation not read": {
    file: "layers/keras-form.ts",
    from: '[...cellKeys, "recurrent_activation"]',
    to: "[...cellKeys]",
  },
  "use_bias of recurrent layers not read": {
    file: "layers/keras-form.ts",
    from: '"use_bias", "kernel_initializer", "recurrent_initializer"',
    to: '"kernel_initializer", "recurrent_initializer"',
  },
  "zero_output_for_mask not read": { file: "layers/keras-form.ts", from: ', "zero_output_for_mask"', to: "" },
  "merge_mode not read": {
    file: "formats/keras/recurrent-layers.ts",
    from: "{ mergeMode: c.merge_mode as never }",
    to: "{}",
  },
  "the way back not turned round": {
    file: "layers/wrappers/bidirectional.ts",
    from: "sequences ? reverse(last, 1) : last",
    to: "last",
  },
  "Keras 2's hard_sigmoid in files of Keras 3": {
    file: "formats/keras/values.ts",
    from: 'name === "hard_sigmoid" && major < 3',
    to: 'name === "hard_sigmoid"',
  },
  "epsilon outside the root of a batch normalization": {
    file: "layers/normalization/batch-normalization.ts",
    from: "sqrt(add(variance, this.epsilon))",
    to: "add(sqrt(variance), this.epsilon)",
  },
  "regularizers and constraints not read": {
    file: "formats/keras/values.ts",
    from: "if (value === undefined || value === null) return null;\n  const object = objectOr(value);\n  const given",
    to: "return null;\n  const object = objectOr(value);\n  const given",
  },
  "the optimizer's slots dropped": {
    file: "formats/keras/optimizer-state.ts",
    from: "await model.restoreOptimizer({ iterations, slots });",
    to: "",
  },
  "steps taken not read": {
    file: "formats/keras/optimizer-state.ts",
    from: "await model.restoreOptimizer({ iterations, slots });",
    to: "await model.restoreOptimizer({ iterations: 0, slots });",
  },
  "the odd step of padding before the others": {
    file: "layers/convolution/windows.ts",
    from: "before: Math.floor(total / 2), total",
    to: "before: Math.ceil(total / 2), total",
  },
  "padding of a Conv2D not read": {
    file: "layers/convolution/conv2d.ts",
    from: '["strides", "padding", ',
    to: '["strides", ',
  },
};

const ourModels = {
  "go_backwards not written": {
    file: "layers/recurrent/recurrent.ts",
    from: "go_backwards: o.goBackwards ?? false",
    to: "go_backwards: false",
  },
  "mask_zero not written": {
    file: "layers/core/embedding.ts",
    from: "mask_zero: this.maskZero,",
    to: "mask_zero: false,",
  },
  "weights written in another order": {
    file: "formats/keras/weights.ts",
    from: "weights.map((w) => variableOf(w, read(w)))",
    to: "[...weights].reverse().map((w) => variableOf(w, read(w)))",
  },
  "padding of a Conv2D not written": {
    file: "layers/convolution/window-grid.ts",
    from: "padding: grid[0].padding,",
    to: 'padding: "valid",',
  },
};

const histories = {
  "sample weights left out": {
    file: "train/losses/reduce.ts",
    from: "const weighted = weight ? weighed(values, weight) : values;",
    to: "const weighted = values;",
  },
  "the loss of padded steps counted": {
    file: "train/losses/reduce.ts",
    from: "const total = sum(m ? counted(weighted, m) : weighted);",
    to: "const total = sum(weighted);",
  },
  "the way to reduce a loss not read": {
    file: "formats/keras/compile.ts",
    from: "...(usual ? {} : { reduction })",
    to: "",
  },
};

const textTools = {
  "the vocabulary of a textVectorization in another order": {
    file: "text/vocabulary.ts",
    from: "m - n || -compare(a, b)",
    to: "m - n || compare(a, b)",
  },
  "[UNK] without its weight": {
    file: "text/text-vectorization.ts",
    from: "this.#specials().map(() => meanOf(weights))",
    to: "this.#specials().map(() => 1)",
  },
  "num_words one too many": {
    file: "text/tokenizer.ts",
    from: "!this.numWords || id < this.numWords",
    to: "!this.numWords || id <= this.numWords",
  },
  "words of one count in alphabetical order": {
    file: "text/tokenizer.ts",
    from: "sort((a, b) => b[1] - a[1])",
    to: "sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))",
  },
  "sequences cut at the other end": {
    file: "text/pad-sequences.ts",
    from: 'truncating === "pre" ? lengthOf(row) - kept : 0',
    to: 'truncating === "post" ? lengthOf(row) - kept : 0',
  },
};

const inputLayers = {
  "the empty token counted in the ids of a lookup": {
    file: "layers/preprocessing/lookup.ts",
    from: 'this.options.maskToken != null && this.mode === "int" ? 1 : 0',
    to: "this.options.maskToken != null ? 1 : 0",
  },
  "the empty token in the vocabulary of a lookup": {
    file: "layers/preprocessing/lookup.ts",
    from: "if (this.options.maskToken != null) counts.delete(this.options.maskToken as Token);",
    to: "",
  },
};

const onnxOut = {
  "the gates o and f of an LSTM swapped in ONNX files": {
    file: "formats/gates.ts",
    from: "onnx: { 4: [0, 2, 3, 1]",
    to: "onnx: { 4: [0, 1, 3, 2]",
  },
  "the mask of a recurrent layer not written": {
    file: "formats/onnx/recurrent.ts",
    from: '...matrices(w, node), mask ? mask.lengths : "", ...begin]',
    to: '...matrices(w, node), "", ...begin]',
  },
  "the initial state not written": {
    file: "formats/onnx/recurrent.ts",
    from: '(s ? b.node("Unsqueeze", [w.value(s), b.ints([0])]) : "")',
    to: '""',
  },
  "the initial state lost in rows without a step": {
    file: "formats/onnx/recurrent.ts",
    from: "const before = mask && state[k];",
    to: "const before = null;",
  },
  "linear_before_reset not written": {
    file: "formats/onnx/recurrent.ts",
    from: "attrs.resetAfter === false ? 0 : 1",
    to: "1",
  },
  "a masked sequence read backwards put back from its end": {
    file: "formats/onnx/masks.ts",
    from: 'reverse ? b.node("Sub", [count, ones])',
    to: 'false ? b.node("Sub", [count, ones])',
  },
  "the padding of a formula at the other end": {
    file: "formats/onnx/formula-nodes.ts",
    from: "[...begin, ...after]",
    to: "[...after, ...begin]",
  },
  "the largest along an axis as the smallest": {
    file: "formats/onnx/formula-nodes.ts",
    from: 'b.node("ReduceMax", [x]',
    to: 'b.node("ReduceMin", [x]',
  },
  "the output before a masked step lost in a file of one step": {
    file: "formats/onnx/step.ts",
    from: "held ? where(reshape(x.mask!, [rows, 1]), ran.last, begin[0]) : ran.last",
    to: "ran.last",
  },
  "the second bias of a recurrent layer not read back": {
    file: "formats/onnx/cells.ts",
    from: "rb: bias(k, 1),",
    to: "rb: bias(k, 0),",
  },
};

const csv = {
  "null is no missing value": { file: "data/column-numbers.ts", from: '"nan", "null", "none"', to: '"nan", "none"' },
  "the decimal comma not read": {
    file: "data/column-numbers.ts",
    from: 'decimal === "," ? joined.replace(",", ".") : joined',
    to: "joined",
  },
  "quotes within quotes lost": { file: "data/csv-cells.ts", from: "parts.join(quote!)", to: 'parts.join("")' },
  "a row that ends early begins with empty cells": {
    file: "data/csv.ts",
    from: '[...row, ...Array<string>(width - row.length).fill("")]',
    to: '[...Array<string>(width - row.length).fill(""), ...row]',
  },
};

const torchFiles = {
  "the gates r and z of PyTorch's GRU swapped": {
    file: "formats/gates.ts",
    from: "torch: { 4: [0, 1, 2, 3], 3: [1, 0, 2]",
    to: "torch: { 4: [0, 1, 2, 3], 3: [0, 1, 2]",
  },
  "PyTorch's second bias left out": {
    file: "formats/gates.ts",
    from: "if (gates !== 3) return a.map((v, k) => v + b[k]);",
    to: "if (gates !== 3) return a;",
  },
  "the way back with the weights of the way there": {
    file: "formats/torch/names.ts",
    from: "tensors.slice(k * counts[0], k * counts[0] + counts[k])",
    to: "tensors.slice(0, counts[k])",
  },
};

const projects = {
  "the padding of a bundled classifier not kept": {
    file: "tasks/bundle/classifier-data.ts",
    from: "{ ...usualBundled, padding, threshold }",
    to: "{ ...usualBundled, threshold }",
  },
  "the cut end of a bundled classifier not kept": {
    file: "tasks/bundle/classifier-data.ts",
    from: 'keep: truncating === "post" ? "start" : "end"',
    to: 'keep: "end"',
  },
};

const dates = {
  "the day taken to be first where the dates do not tell": {
    file: "data/time/day-month-order.ts",
    from: "if (orders.length === 1 || (alike(texts, orders) && onOneDay(texts, orders[0]))) return orders[0];",
    to: "return orders[0];",
  },
  "a month of 13 taken for one": {
    file: "data/time/day-month-order.ts",
    from: "return month >= 1 && month <= 12",
    to: "return month >= 1 && month <= 31",
  },
  "the hour that comes twice always the first": {
    file: "data/time/parse-dates.ts",
    from: "last = later.find((instant) => (instant - last) % step === 0) ?? later[0] ?? found[0];",
    to: "last = found[0];",
  },
  "a month's end always on its 28th": {
    file: "data/time/calendar.ts",
    from: 'return day === "last" ? last :',
    to: 'return day === "last" ? first + 27 :',
  },
};

const foundBy = {
  "keras-models": kerasModels,
  "our-models": ourModels,
  histories,
  "text-tools": textTools,
  "input-layers": inputLayers,
  "onnx-out": onnxOut,
  csv,
  dates,
  "torch-files": torchFiles,
  projects,
};

/** By name: { by, file, from, to }. */
export const faults = Object.fromEntries(
  Object.entries(foundBy).flatMap(([by, some]) =>
    Object.entries(some).map(([what, fault]) => [what, { by, ...fault }]),
  ),
);

/** A file's text with the fault in it. Throws where its place is not there once. */
export function withFault(text, { file, from, to }) {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`src/${file}: expected once, found ${places} times: ${from}`);
  return text.replace(from, () => to);
}
