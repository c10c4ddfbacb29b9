import { open, readdir, stat } from "node:fs/promises";
import { readBytes } from "../readers/read-text-file.ts";
import { explainArrays } from "./explain-arrays.ts";
import { explainGzip, explainRecording, explainZip } from "./explain-container.ts";
import { explainJson } from "./explain-json.ts";
import { explainModel, type ModelSource } from "./explain-model.ts";
import { explainPickle } from "./explain-pickle.ts";
import { explainSignature } from "./explain-signature.ts";
import { explainTable } from "./explain-table.ts";
import { explainText } from "./explain-text.ts";
import { asJson, type Explanation, few, type Inspected, megabytes, printed, typed } from "./explanation.ts";

const headBytes = 1 << 16;

/** `cellstate inspect FILE`: what a file is, who wrote it, what can be done with it, and what to type. */
export async function inspect(
  file: string,
  { json, ...options }: ModelSource & { json?: boolean },
  write: (text: string) => void,
): Promise<void> {
  const found = await stat(file).catch(() => null);
  const explained = found?.isDirectory() ? await explainFolder(file) : await explain(file, options);
  write(json ? asJson(file, explained) : printed(file, explained));
}

async function explain(file: string, options: ModelSource): Promise<Explanation> {
  const source = await opened(file);
  // Of those that fit the first one counts: what a file begins with before what its name says, known kinds before any text.
  const explainers = [
    ...[
      explainArrays,
      explainRecording,
      explainZip,
      explainModel(options),
      explainPickle,
      explainGzip,
      explainSignature,
    ],
    ...[explainTable, explainJson(options), explainText],
  ];
  for (const one of explainers) {
    const said = await one(source);
    if (said) return said;
  }
  const { head, size } = source;
  const start = Array.from(head.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return {
    kind: `unknown: ${megabytes(size)} of no kind that is known here, and no text`,
    lines: [`it begins with ${start}`],
  };
}

/** A file's first bytes; the others are read when they are asked for. */
async function opened(file: string): Promise<Inspected> {
  let all: Promise<Uint8Array> | undefined;
  const bytes = () => {
    all ??= readBytes(file);
    return all;
  };
  const handle = await open(file).catch(() => null);
  if (!handle) {
    const head = await bytes(); // says why
    return { file, head, size: head.length, bytes };
  }
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(headBytes), 0, headBytes, 0);
    return { file, head: buffer.subarray(0, bytesRead), size: (await handle.stat()).size, bytes };
  } finally {
    await handle.close();
  }
}

async function explainFolder(folder: string): Promise<Explanation> {
  const names = (await readdir(folder)).sort();
  const name = typed(folder.replace(/\/$/, ""));
  if (names.includes("saved_model.pb"))
    return {
      kind: "a TensorFlow SavedModel (a folder)",
      writer: "TensorFlow",
      lines: ['Not read here. In Python: tf.keras.models.load_model(folder).save("model.keras").'],
    };
  if (names.includes("training.checkpoint"))
    return {
      kind: "the folder of an interrupted training",
      writer: "Cellstate",
      lines: ["Type the command that was interrupted again, with --resume: it continues from here."],
    };
  return {
    kind: `a folder of ${names.length} files`,
    lines: [few(names, 12)],
    next: names.includes("model.json")
      ? [[`cellstate inspect ${name}/model.json`, "a TensorFlow.js model, perhaps"]]
      : [],
  };
}
