import { type Arrays, asNdArray, type NdArray, type Prediction } from "../../index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Fields, Schema } from "../http/schema.ts";
import type { ServedModel } from "../served/served-model.ts";
import { type Ask, json, plainError, type Route } from "./route.ts";
import { checkInputs, checkRows } from "./rows-asked.ts";

const body: Schema = {
  type: "object",
  properties: {
    signature_name: { type: "string", enum: ["serving_default", ""] },
    instances: {
      type: "array",
      minItems: 1,
      description: "Rows: [N, ...], or an object for each row of several inputs.",
    },
    inputs: { description: "Columns: [N, ...], or an array for each input by name." },
  },
};

/** Of versions there is one: "1". */
const versioned = ["/v1/models/{model}", "/v1/models/{model}/versions/{version}", "/v1/models/{model}/labels/{label}"];

/** TensorFlow Serving's REST API: predict, status, metadata. */
export const tensorflowServing: readonly Route[] = versioned.flatMap((path): Route[] => [
  {
    method: "POST",
    path: `${path}:predict`,
    summary: "TensorFlow Serving: outputs for rows (instances) or columns (inputs).",
    body,
    queues: true,
    errors: plainError,
    answer: async (ask) => json(await predicted(servable(ask), ask.body, ask)),
  },
  {
    method: "GET",
    path,
    summary: "TensorFlow Serving: status of a model.",
    errors: plainError,
    answer: (ask) => {
      servable(ask);
      const state = ask.serving.ready ? "AVAILABLE" : "UNLOADING";
      const status = { error_code: "OK", error_message: "" };
      return json({ model_version_status: [{ version: "1", state, status }] });
    },
  },
  {
    method: "GET",
    path: `${path}/metadata`,
    summary: "TensorFlow Serving: names, types and shapes of inputs and outputs.",
    errors: plainError,
    answer: (ask) => {
      const { name, model } = servable(ask);
      const signature_def = { signature_def: { serving_default: signatureOf(model) } };
      return json({ model_spec: { name, signature_name: "", version: "1" }, metadata: { signature_def } });
    },
  },
]);

function servable({ serving, path }: Ask): ServedModel {
  const { model, version = "1", label } = path;
  const known = serving.names().includes(model);
  if (known && version === "1" && label === undefined) return serving.model(model);
  const specific = label === undefined ? `Specific(${model}, ${version})` : `Specific(${model}, ${label})`;
  const asked = version === "1" && label === undefined ? `Latest(${model})` : specific;
  throw new HttpProblem(404, `Servable not found for request: ${asked.slice(0, 200)}`);
}

function signatureOf(model: ServedModel["model"]) {
  const info = (name: string, dtype: string, shape: readonly (number | null)[]) => ({
    name: `${name}:0`,
    dtype,
    tensor_shape: { dim: shape.map((d) => ({ size: String(d ?? -1), name: "" })), unknown_rank: false },
  });
  const types = { f32: "DT_FLOAT", i32: "DT_INT32" };
  const inputs = (model.inputs ?? []).map(({ name, dtype, shape, texts }) => [
    name,
    info(name, texts ? "DT_STRING" : types[dtype], shape),
  ]);
  const outputs = (model.outputs ?? []).map(({ name, shape }) => [name, info(name, "DT_FLOAT", shape)]);
  const method_name = "tensorflow/serving/predict";
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs), method_name };
}

async function predicted(served: ServedModel, { instances, inputs }: Fields, ask: Ask): Promise<unknown> {
  if ((instances === undefined) === (inputs === undefined))
    throw new HttpProblem(400, 'Expected "instances" or "inputs", one of them.');
  if (instances === undefined) {
    const { names, arrays } = await outputsOf(served, inputs, ask);
    const outputs = arrays.map((a) => a.toArray());
    return { outputs: outputs.length === 1 ? outputs[0] : Object.fromEntries(names.map((n, k) => [n, outputs[k]])) };
  }
  const rows = instances as readonly unknown[];
  checkRows(rows, ask.serving.limits, "instances");
  if (rows.every((row) => typeof row === "string") && served.kind === "textClassifier") {
    const found = (await served.rows!.predict(rows, ask)) as Prediction[];
    return { predictions: found.map(({ probabilities }) => Object.values(probabilities)) };
  }
  const { names, arrays } = await outputsOf(served, columnsOf(rows), ask);
  const outputs = arrays.map((a) => a.toArray() as unknown[]);
  if (outputs.length === 1) return { predictions: outputs[0] };
  return { predictions: rows.map((_, i) => Object.fromEntries(names.map((name, k) => [name, outputs[k][i]]))) };
}

/** Rows that name their inputs, as columns. */
function columnsOf(rows: readonly unknown[]): unknown {
  const named = rows.filter((row) => typeof row === "object" && row !== null && !Array.isArray(row)) as Fields[];
  if (named.length === 0) return rows;
  const names = Object.keys(named[0]);
  const alike = named.every(
    (row) => names.every((name) => Object.hasOwn(row, name)) && Object.keys(row).length === names.length,
  );
  if (named.length !== rows.length || !alike)
    throw new HttpProblem(400, "Expected the same inputs by name in every instance.");
  return Object.fromEntries(names.map((name) => [name, named.map((row) => row[name])]));
}

async function outputsOf(served: ServedModel, given: unknown, { serving, signal, begun }: Ask) {
  const { model } = served;
  checkInputs(model, given, serving.limits);
  const found = await served.numbers.predict(arraysOf(model, given), { signal, begun });
  const arrays: NdArray[] = Array.isArray(found) ? found : [found as NdArray];
  return { names: model.outputNames, arrays };
}

/** Columns of JSON as arrays. A value in braces, `{ "b64": ... }`, is bytes, which no model here reads. */
function arraysOf(model: ServedModel["model"], given: unknown): Arrays {
  const one = (value: unknown, name: string) => {
    if (Array.isArray(value)) {
      const texts = model.inputs?.find((place) => place.name === name)?.texts;
      return texts ? (value as string[]) : asNdArray(value as number[], { who: name });
    }
    throw new HttpProblem(400, `Expected numbers in lists as "${name.slice(0, 60)}".`);
  };
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return one(given, model.inputs?.[0].name ?? "x") as Arrays;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, one(value, name)])) as Arrays;
}
