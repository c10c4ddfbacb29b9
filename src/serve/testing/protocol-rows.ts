/** Requests of the protocols and their answers, as plain rows: the conformance test asks them, and docs/serve-protocols.md lists them. */
import { expect } from "vitest";

/** A row of the model "numbers". */
export const steps = [
  [0.1, 0.2],
  [0.3, -0.1],
  [0.5, 0.4],
];
const anything = expect.anything();
/** A request and what must come back. */
export type ProtocolRow = [what: string, path: string, body: unknown, status: number, said: unknown];
/** The protocols, row by row. The models are those of small-server.ts. */
export const protocolRows: readonly ProtocolRow[] = [
  ["live", "/healthz", undefined, 200, "ok\n"],
  ["live, v2", "/v2/health/live", undefined, 200, "ok\n"],
  ["ready, v2", "/v2/health/ready", undefined, 200, "ready\n"],
  ["v2 server", "/v2", undefined, 200, { name: "cellstate", version: anything, extensions: anything }],
  ["v2 model ready", "/v2/models/numbers/ready", undefined, 200, { name: "numbers", ready: true }],
  [
    "v2 metadata",
    "/v2/models/numbers/versions/1",
    undefined,
    200,
    {
      ...{ name: "numbers", versions: ["1"], platform: "cellstate" },
      inputs: [{ name: "steps", datatype: "FP32", shape: [-1, -1, 2] }],
      outputs: [{ name: anything, datatype: "FP32", shape: [-1, 3] }],
    },
  ],
  ["v2 unknown model", "/v2/models/none", undefined, 404, { error: expect.stringContaining('no model "none"') }],
  ["v2 unknown version", "/v2/models/numbers/versions/7/infer", { inputs: [] }, 400, { error: anything }],
  [
    "v2 no such input",
    "/v2/models/numbers/infer",
    v2("other", [1, 3, 2], steps),
    400,
    { error: expect.stringContaining("steps") },
  ],
  [
    "v2 wrong size",
    "/v2/models/numbers/infer",
    v2("steps", [2, 3, 2], steps),
    400,
    { error: expect.stringContaining("12 values") },
  ],
  ["v2 wrong type", "/v2/models/numbers/infer", v2("steps", [1, 3, 2], steps, "FP31"), 400, { error: anything }],
  [
    "v2 no data",
    "/v2/models/numbers/infer",
    { inputs: [{ name: "steps" }] },
    400,
    { error: expect.stringContaining("inputs[0].shape") },
  ],
  [
    "v2 generate",
    "/v2/models/writer/generate",
    { text_input: "the cell", parameters: { max_tokens: 2, temperature: 0 } },
    200,
    { model_name: "writer", model_version: "1", text_output: anything },
  ],
  [
    "tf status",
    "/v1/models/numbers",
    undefined,
    200,
    { model_version_status: [{ version: "1", state: "AVAILABLE", status: { error_code: "OK", error_message: "" } }] },
  ],
  [
    "tf metadata",
    "/v1/models/numbers/metadata",
    undefined,
    200,
    { model_spec: anything, metadata: { signature_def: anything } },
  ],
  ["tf unknown", "/v1/models/none", undefined, 404, { error: "Servable not found for request: Latest(none)" }],
  [
    "tf unknown, predict",
    "/v1/models/none:predict",
    { instances: [[1]] },
    404,
    { error: "Servable not found for request: Latest(none)" },
  ],
  [
    "tf version",
    "/v1/models/numbers/versions/2:predict",
    { instances: [steps] },
    404,
    { error: "Servable not found for request: Specific(numbers, 2)" },
  ],
  ["tf neither", "/v1/models/numbers:predict", {}, 400, { error: expect.stringContaining("one of them") }],
  ["tf both", "/v1/models/numbers:predict", { instances: [steps], inputs: [steps] }, 400, { error: anything }],
  ["tf ragged", "/v1/models/numbers:predict", { instances: [[[1, 2], [3]]] }, 400, { error: anything }],
  [
    "tf texts",
    "/v1/models/sentiment:predict",
    { instances: ["so good", "bad"] },
    200,
    {
      predictions: [
        [anything, anything],
        [anything, anything],
      ],
    },
  ],
  [
    "openai models",
    "/v1/models",
    undefined,
    200,
    {
      object: "list",
      data: expect.arrayContaining([{ id: "writer", object: "model", created: anything, owned_by: "cellstate" }]),
    },
  ],
  [
    "openai completion",
    "/v1/completions",
    { model: "writer", prompt: "the cell", max_tokens: 2, temperature: 0 },
    200,
    {
      ...{ id: expect.stringMatching(/^cmpl-/), object: "text_completion", created: anything, model: "writer" },
      choices: [{ text: anything, index: 0, finish_reason: expect.stringMatching(/length|stop/), logprobs: null }],
      usage: { prompt_tokens: 2, completion_tokens: anything, total_tokens: anything },
    },
  ],
  [
    "openai unknown model",
    "/v1/completions",
    { model: "none", prompt: "a" },
    404,
    { error: { message: anything, type: "invalid_request_error", param: null, code: "model_not_found" } },
  ],
  [
    "openai wrong type",
    "/v1/completions",
    { model: "writer", prompt: "a", max_tokens: "2" },
    400,
    {
      error: {
        message: expect.stringContaining("max_tokens"),
        type: "invalid_request_error",
        param: "max_tokens",
        code: anything,
      },
    },
  ],
  [
    "openai wrong temperature",
    "/v1/completions",
    { model: "writer", prompt: "a", temperature: 3 },
    400,
    { error: expect.objectContaining({ param: "temperature" }) },
  ],
  [
    "openai wrong prompt",
    "/v1/completions",
    { model: "writer", prompt: 7 },
    400,
    { error: expect.objectContaining({ param: "prompt" }) },
  ],
  ["openai not a writer", "/v1/completions", { model: "numbers", prompt: "a" }, 400, { error: anything }],
  [
    "raw list",
    "/models",
    undefined,
    200,
    {
      models: expect.arrayContaining([
        { name: "writer", kind: "languageModel", answers: ["generate", "predict", "explain"], inputs: anything },
      ]),
    },
  ],
  [
    "raw misspelt field",
    "/models/sentiment/predict",
    { txt: "good" },
    400,
    { error: { code: "BAD_REQUEST", message: expect.stringContaining('Did you mean "text"?'), field: "txt" } },
  ],
  ["raw nothing", "/models/sentiment/predict", {}, 400, { error: anything }],
  [
    "raw path as inputs",
    "/models/numbers/predict",
    { inputs: "file:///etc/passwd" },
    400,
    { error: { code: "BAD_REQUEST", message: 'Expected numbers in lists as "inputs".' } },
  ],
  [
    "raw other kind",
    "/models/sentiment/forecast",
    { series: [1, 2] },
    400,
    { error: { code: "BAD_REQUEST", message: expect.stringContaining("predict, explain") } },
  ],
  ["raw sequences for texts", "/models/sentiment/predict", { sequence: [[1]] }, 400, { error: anything }],
  [
    "raw next words",
    "/models/writer/predict",
    { text: "the", top: 2 },
    200,
    { text: "the", next: [anything, anything] },
  ],
  ["raw unknown path", "/models/sentiment/train", {}, 404, { error: anything }],
  [
    "raw unknown model",
    "/models/none/predict",
    { text: "a" },
    404,
    { error: { code: "NOT_FOUND", message: expect.stringContaining("Models: ") } },
  ],
  [
    "raw horizon too long",
    "/models/airline/forecast",
    { series: Array(30).fill(0.5), horizon: 9 },
    400,
    { error: anything },
  ],
  [
    "raw explain",
    "/models/sentiment/explain",
    { text: "so good" },
    200,
    expect.objectContaining({ model: "sentiment", steps: anything, prediction: anything }),
  ],
  ["tf classify, which models of Keras do not have", "/v1/models/numbers:classify", {}, 404, { error: anything }],
  [
    "v2 a prototype as the model",
    "/v2/models/__proto__/infer",
    v2("steps", [1, 3, 2], steps),
    404,
    { error: anything },
  ],
  ["openai chat, which needs a model of dialogues", "/v1/chat/completions", {}, 404, { error: anything }],
  ["raw translate of another kind", "/models/sentiment/translate", { text: "a" }, 400, { error: anything }],
  ["raw transcribe of another kind", "/models/sentiment/transcribe", { frames: [[1]] }, 400, { error: anything }],
];

/** A body of v2 with one tensor. */
export function v2(name: string, shape: number[], data: unknown, datatype = "FP32") {
  return { inputs: [{ name, shape, datatype, data }] };
}
