/** A graph as Python answers it (onnx_ops.py) run here: right, wrong, or refused by an error of ours. */

/**
 * f32: the largest sums are of some 60 products, in another order than ONNX Runtime's; half precision rounds to 2⁻¹¹ at every
 * step there, where ours computes in f32.
 */
const tolerance = (arrays) => (arrays.some(({ type }) => type === "float16") ? 4e-3 : 1e-5);

/** The numbers of an array of onnx_ops.py. */
export function numbersOf({ data }) {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return new Float64Array(bytes.buffer);
}

/** Backends by turns: what a graph is made of has a kernel on each. */
const backends = ["native", "js", "native", "wasm"];

export async function compared({ seed, model, inputs, outputs, tolerance: given, steps }, { cellstate, formats }) {
  const bytes = Uint8Array.from(Buffer.from(model, "base64"));
  let found;
  try {
    const graph = formats.readOnnxGraph(bytes, "graph.onnx");
    const arrays = inputs.map((array) => [array.name, arrayOf(array, cellstate)]);
    found = await graph.run(Object.fromEntries(arrays), { backend: backends[seed % backends.length] });
  } catch (error) {
    if (error instanceof cellstate.CellstateError) return { result: "refused", why: error.message };
    return { result: "wrong", why: `an error that is not ours: ${error?.stack ?? error}` };
  }
  const most = given ?? tolerance([...inputs, ...outputs]);
  for (const wanted of outputs) {
    const why = difference(found[wanted.name], wanted, most, steps);
    if (why) return { result: "wrong", why: `${wanted.name}: ${why}` };
  }
  return { result: "right" };
}

/** The same graph as a model with an open batch, its rows predicted one by one where they are said to be apart. */
export async function comparedAsModel({ seed, opened, inputs, outputs, steps }, { cellstate, formats }) {
  try {
    const model = await formats.openModel({ bytes: Uint8Array.from(Buffer.from(opened, "base64")), who: "model.onnx" });
    const xs = inputs.map((array) => arrayOf(array, cellstate));
    const options = model.rowsTogether ? {} : { batchSize: 1 + (seed % 2) };
    const found = [await model.predict(xs.length > 1 ? xs : xs[0], options)].flat();
    const most = tolerance([...inputs, ...outputs]);
    const why = outputs.map((wanted, k) => difference(found[k], wanted, most, steps)).find((one) => one);
    return why ? { result: "wrong", why } : { result: "right" };
  } catch (error) {
    if (error instanceof cellstate.CellstateError) return { result: "refused", why: error.message };
    return { result: "wrong", why: `an error that is not ours: ${error?.stack ?? error}` };
  }
}

export function arrayOf({ type, shape, ...packed }, { NdArray }) {
  const numbers = numbersOf(packed);
  return new NdArray((/^float|^double/.test(type) ? Float32Array : Int32Array).from(numbers), shape);
}

/** Where an array differs from the one wanted: its shape, a number by more than `most` of the largest finite one (of 1 at least), or an integer by more than `steps`. */
export function difference(found, wanted, most, steps = 0) {
  if (String(found.shape) !== String(wanted.shape)) return `shape [${wanted.shape}] wanted, [${found.shape}] found`;
  const numbers = numbersOf(wanted);
  const scale = numbers.reduce((top, v) => (Number.isFinite(v) ? Math.max(top, Math.abs(v)) : top), 1);
  const allowed = /^u?int|^bool/.test(wanted.type) ? steps : most * scale;
  const at = numbers.findIndex((v, k) => !near(found.data[k], v, allowed));
  return at < 0 ? null : `number ${at}: ${numbers[at]} wanted, ${found.data[at]} found`;
}

const near = (a, b, allowed) =>
  Number.isFinite(b) ? Math.abs(a - b) <= allowed : Number.isNaN(b) ? Number.isNaN(a) : a === b;

/** Seeds some at a time. */
export function* batches(seeds, size) {
  let batch = [];
  for (const seed of seeds) {
    batch.push(seed);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
