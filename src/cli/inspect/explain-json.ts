import { encoderFromJson } from "../../data/index.ts";
import { modelFromJson, Tokenizer } from "../../index.ts";
import { type ModelSource, modelExplanation } from "./explain-model.ts";
import { tokenizer } from "./explain-pickle.ts";
import { type Explain, type Explanation, few, typed } from "./explanation.ts";

const largest = 2 ** 28; // bytes of JSON that are parsed

/** JSON: a Tokenizer, an architecture, TensorFlow.js, a scaler or encoder of ours, labels, word numbers, rows; else its keys. */
export const explainJson =
  (options: ModelSource): Explain =>
  async (source) => {
    const { file, head, size } = source;
    const first = new TextDecoder().decode(head.subarray(0, 64)).trimStart()[0];
    if ((first !== "{" && first !== "[" && first !== '"') || size > largest) return null;
    const text = new TextDecoder().decode(await source.bytes());
    const parsed = parse(text);
    if (parsed === undefined && /\.json$/i.test(file) && parse(text.split("\n", 1)[0]) === undefined)
      return { kind: "begins as JSON and is none: damaged, or cut short" };
    if (parsed === undefined) return null; // a value a line, or text
    const value = typeof parsed === "string" ? (parse(parsed) ?? parsed) : parsed; // json.dump(tokenizer.to_json()) encodes it twice
    if (Array.isArray(value)) return listed(value, file);
    if (typeof value !== "object" || value === null)
      return { kind: `JSON: one ${value === null ? "null" : typeof value}` };
    const object = value as Record<string, unknown>;
    if (object.class_name === "Tokenizer") {
      const program = [`Tokenizer.fromJson(await readFile(${JSON.stringify(file)}, "utf8"))`, "in a program"] as const;
      return { ...tokenizer(Tokenizer.fromJson(JSON.stringify(object)), file, program), writer: "Keras" };
    }
    if (isTfjs(object) || (isArchitecture(object) && options.weights !== undefined))
      return modelExplanation(source, options);
    return isArchitecture(object) ? architecture(text, file) : others(object, file);
  };

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
};

const isTfjs = ({ modelTopology, weightsManifest }: Record<string, unknown>) =>
  Boolean(modelTopology && weightsManifest);
const isArchitecture = ({ class_name, config }: Record<string, unknown>) =>
  typeof class_name === "string" && Boolean(config);

async function architecture(text: string, file: string): Promise<Explanation> {
  const model = await modelFromJson(text);
  const lines: string[] = [];
  if (model.built) model.summary({ print: (line) => lines.push(line) });
  const name = JSON.stringify(file);
  return {
    kind: "the architecture of a model, without weights (Keras's model.to_json())",
    writer: "Keras",
    lines,
    next: [
      [
        `cellstate convert ${typed(file)} model.keras --weights model.weights.h5`,
        "with the weights, a model in one file",
      ],
      [`await loadModel(${name}, { weights: "model.weights.h5" })`, "in a program"],
      [`await modelFromJson(await readFile(${name}, "utf8"))`, "a new model, to be trained"],
    ],
  };
}

function others(object: Record<string, unknown>, file: string): Explanation {
  const name = typed(file);
  const keys = Object.keys(object);
  if (Array.isArray(object.cells) && object.nbformat !== undefined)
    return {
      kind: `a Jupyter notebook of ${object.cells.length} cells`,
      lines: ["Not read here: inspect the files that it saves."],
    };
  if (typeof object.encoder === "string") {
    const kind = object.encoder === "label" ? "a LabelEncoder" : "a OneHotEncoder";
    encoderFromJson(object as never); // throws where it is none
    return { kind, writer: "Cellstate", next: [["encoderFromJson(JSON.parse(text))", "of cellstate/data"]] };
  }
  if (typeof object.kind === "string" && Array.isArray(object.center) && Array.isArray(object.scale))
    return {
      kind: `a scaler (${object.kind}) of ${object.center.length} columns`,
      writer: "Cellstate",
      next: [
        [`cellstate forecast MODEL DATA --scaler ${name}`, "scales the series with it"],
        ["scalerFromJson(JSON.parse(text))", "of cellstate/data"],
      ],
    };
  if (Array.isArray(object.intents))
    return {
      kind: `intents of a chatbot: ${object.intents.length} classes of texts`,
      next: [[`cellstate train classify ${name}`, "a classifier of what people say"]],
    };
  if (typeof object.model === "object" && object.model !== null && "vocab" in object.model)
    return {
      kind: "a tokenizer of Hugging Face's tokenizers (tokenizer.json)",
      lines: ["Not read here: Tokenizer splits texts as Keras does."],
    };
  const values = Object.values(object);
  if (keys.length > 0 && values.every((value) => typeof value === "number"))
    return {
      kind: `names and numbers, ${keys.length}: a word index, or the numbers of classes`,
      lines: [few(keys)],
      next: [
        [`cellstate predict MODEL "a text" --tokenizer ${name}`, "if they are words"],
        [`cellstate predict MODEL DATA --labels ${name}`, "if they are classes"],
        ["Tokenizer.fromWordIndex(JSON.parse(text))", "in a program, if they are words"],
      ],
    };
  return {
    kind: `JSON, an object of ${keys.length} keys`,
    lines: [`keys: ${few(keys)}`, "Of no kind that is known here."],
  };
}

function listed(list: unknown[], file: string): Explanation {
  const name = typed(file);
  if (list.length > 0 && list.every((value) => typeof value === "string"))
    return {
      kind: `a list of ${list.length} texts`,
      lines: [few(list as string[])],
      next: [
        [`cellstate predict MODEL DATA --labels ${name}`, "if they are the names of classes"],
        [`cellstate predict MODEL "a text" --tokenizer ${name}`, "if they are words, the first of which has id 1"],
      ],
    };
  const fields =
    list.length > 0 && list.every((value) => typeof value === "object" && value !== null && !Array.isArray(value))
      ? Object.keys(list[0] as object)
      : null;
  if (fields)
    return {
      kind: `${list.length.toLocaleString("en-US")} rows with the fields ${few(fields)}`,
      next: [
        [`cellstate train classify ${name}`, "a classifier of their texts"],
        [`cellstate train forecast ${name}`, "a forecast of their numbers"],
      ],
    };
  return { kind: `JSON, a list of ${list.length}` };
}
