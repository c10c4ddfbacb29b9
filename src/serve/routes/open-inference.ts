import { type Arrays, NdArray } from "../../index.ts";
import { version } from "../../version.ts";
import { HttpProblem, toldOf } from "../http/problem.ts";
import type { Fields, Schema } from "../http/schema.ts";
import { event, eventStream, streamed, type Write } from "../http/streams.ts";
import type { ServedModel } from "../served/served-model.ts";
import { inferenceOf } from "./open-inference-binary.ts";
import { fieldsOf, requestedOutputs, tensorOf } from "./open-inference-tensors.ts";
import { placed, written } from "./raw-generate.ts";
import { type Ask, json, plainError, type Route } from "./route.ts";
import { checkInputs } from "./rows-asked.ts";

const inferBody: Schema = {
  type: "object",
  required: ["inputs"],
  properties: {
    id: { type: "string" },
    parameters: {
      type: "object",
      description: "sequence_id, sequence_start, sequence_end: states carried between requests.",
    },
    inputs: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["name", "shape", "datatype", "data"],
        properties: {
          name: { type: "string" },
          shape: { type: "array", items: { type: "integer", minimum: 0 }, maxItems: 8 },
          datatype: { type: "string" },
          data: {
            type: "array",
            description: "Row-major, flat or nested; or in bytes behind the JSON, as parameters.binary_data_size says.",
          },
        },
      },
    },
    outputs: { type: "array", items: { type: "object", required: ["name"], properties: { name: { type: "string" } } } },
  },
};

const generateBody: Schema = {
  type: "object",
  required: ["text_input"],
  properties: {
    text_input: { type: "string" },
    parameters: {
      type: "object",
      properties: {
        max_tokens: { type: "integer", minimum: 0 },
        temperature: { type: "number", minimum: 0, maximum: 100 },
        top_k: { type: "integer", minimum: 1 },
        top_p: { type: "number", minimum: 0, maximum: 1 },
        seed: { type: "integer", minimum: 0 },
        stop: { type: "array", items: { type: "string" }, maxItems: 100 },
      },
    },
  },
};

const served = ({ serving, path }: Ask): ServedModel => {
  const { model, version = "1" } = path;
  if (version !== "1") throw new HttpProblem(404, `There is one version of "${model.slice(0, 60)}": 1.`);
  return serving.model(model);
};

/** Open Inference Protocol v2 (KServe, Triton). */
export const openInference: readonly Route[] = [
  {
    method: "GET",
    path: "/v2",
    summary: "Open Inference Protocol: the server.",
    errors: plainError,
    answer: () => json({ name: "cellstate", version, extensions: ["generate", "sequence"] }),
  },
  ...["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap((path): Route[] => [
    {
      method: "GET",
      path,
      summary: "Open Inference Protocol: names, types and shapes of inputs and outputs; -1 is any size.",
      errors: plainError,
      answer: (ask) => json(metadataOf(served(ask))),
    },
    {
      method: "GET",
      path: `${path}/ready`,
      summary: "Open Inference Protocol: whether a model answers.",
      open: true,
      errors: plainError,
      answer: (ask) => {
        const { name } = served(ask);
        return json({ name, ready: ask.serving.ready }, ask.serving.ready ? 200 : 503);
      },
    },
    {
      method: "POST",
      path: `${path}/infer`,
      summary: "Open Inference Protocol: outputs for tensors; with a sequence_id the states are carried.",
      body: inferBody,
      read: inferenceOf,
      queues: true,
      errors: plainError,
      answer: async (ask) => json(await inferred(served(ask), ask)),
    },
    {
      method: "POST",
      path: `${path}/generate`,
      summary: "Open Inference Protocol: a text that continues another.",
      body: generateBody,
      queues: true,
      errors: plainError,
      answer: async (ask) => {
        const of = served(ask);
        const tokens: string[] = [];
        await placed(of, ask);
        for await (const token of texts(of, ask)) tokens.push(token);
        const { charLevel } = of.writer("generate").reading.tokenizer;
        return json({ model_name: of.name, model_version: "1", text_output: tokens.join(charLevel ? "" : " ") });
      },
    },
    {
      method: "POST",
      path: `${path}/generate_stream`,
      summary: "Open Inference Protocol: the same, an event for each token.",
      body: generateBody,
      queues: true,
      errors: plainError,
      answer: async (ask) => {
        const of = served(ask);
        await placed(of, ask);
        const source = texts(of, ask);
        const begun = await source.next(); // what is refused is refused before the stream
        const work = async (write: Write, signal: AbortSignal) => {
          for (let next = begun; !next.done; next = await source.next()) {
            signal.throwIfAborted();
            await write(event({ model_name: of.name, model_version: "1", text_output: next.value }));
          }
        };
        return streamed(eventStream, work, (error) => event({ error: toldOf(error).message }), ask.signal);
      },
    },
  ]),
];

function texts(of: ServedModel, ask: Ask): AsyncGenerator<string, void, undefined> {
  const { text_input, parameters = {} } = ask.body as { text_input: string; parameters?: Fields };
  const { max_tokens = 16, temperature, top_k, top_p, seed, stop } = parameters as Record<string, never>;
  const { maxTokens } = ask.serving.limits;
  if ((max_tokens as number) > maxTokens) throw new HttpProblem(400, `Expected max_tokens up to ${maxTokens}.`);
  const given = { words: max_tokens, temperature, topK: top_k, topP: top_p, seed, stop };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return written(of, text_input, options, ask);
}

const types = { f32: "FP32", i32: "INT32" } as const;

function metadataOf({ name, model }: ServedModel) {
  const shape = (sizes: readonly (number | null)[]) => sizes.map((d) => d ?? -1);
  return {
    name,
    versions: ["1"],
    platform: "cellstate",
    inputs: (model.inputs ?? []).map((place) => ({
      name: place.name,
      datatype: place.texts ? "BYTES" : types[place.dtype],
      shape: shape(place.shape),
    })),
    outputs: (model.outputs ?? []).map((place) => ({ name: place.name, datatype: "FP32", shape: shape(place.shape) })),
  };
}

async function inferred(of: ServedModel, ask: Ask): Promise<unknown> {
  const { body, owner, serving, signal, begun } = ask;
  const inputs = (body.inputs as readonly Fields[]).map((given) => tensorOf(given, serving.limits.maxRows));
  const { model } = of;
  const known = (model.inputs ?? []).map(({ name }) => name);
  const named = Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
  const unknown = inputs.find(({ name }) => !known.includes(name));
  if (unknown || inputs.length !== known.length || Object.keys(named).length !== known.length)
    throw new HttpProblem(
      400,
      `Expected the inputs ${known.join(", ")}; received ${inputs
        .map(({ name }) => name)
        .join(", ")
        .slice(0, 200)}.`,
    );
  const x = known.length === 1 ? inputs[0].value : (named as Arrays);
  checkInputs(model, x, serving.limits);
  const sequence = fieldsOf(body.parameters);
  const id = sequence.sequence_id;
  if (id !== undefined && id !== 0 && id !== "") {
    if (!(x instanceof NdArray) || x.shape[0] !== 1)
      throw new HttpProblem(400, "A sequence is continued by one row: shape [1, T, ...].");
    const [start, end] = [sequence.sequence_start === true, sequence.sequence_end === true];
    const part = { owner, id: String(id), start, end, x };
    const answer = await serving.sequences.ask(of, part);
    serving.metrics.set("cellstate_sequences", {}, serving.sequences.size);
    return answered(of, [answer], body);
  }
  const found = await of.numbers.predict(x as Arrays, { signal, begun });
  return answered(of, Array.isArray(found) ? found : [found as NdArray], body);
}

function answered(of: ServedModel, arrays: readonly NdArray[], body: Fields): unknown {
  const all = arrays.map((a, k) => ({
    name: of.model.outputNames[k],
    shape: a.shape,
    datatype: "FP32",
    data: Array.from(a.data),
  }));
  const outputs = requestedOutputs(all, body.outputs as readonly Fields[] | undefined);
  return { model_name: of.name, model_version: "1", ...(body.id === undefined ? {} : { id: body.id }), outputs };
}
