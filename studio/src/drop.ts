import { longestInput } from "../../src/studio/read-ask.ts";
import { about, notes, openFile, problem, show, type, view } from "./state.ts";

/** Endings of the files that are models, for those who choose one. */
export const modelEndings = ".keras, .h5, .safetensors, .onnx, .json";

/** Files of the reader's own: a model, with its weights where there are two files, or a text or table for the open one to read. */
export async function openFiles(files: ArrayLike<File> | null | undefined): Promise<void> {
  const all = Array.from(files ?? []);
  if (all.length === 0) return;
  const read = all.find(({ name }) => /\.(csv|tsv|txt)$/i.test(name));
  if (read && all.length === 1) return readFile(read);
  const pair = modelAndWeights(all);
  if (pair) return openFile(pair[0], pair[1]);
  problem.value = `Expected one model, or the JSON of one with its weights; received ${all.map(({ name }) => name).join(", ")}.`;
}

/** A model's file, and that of its weights: of two, the JSON is the architecture. Null for anything else. */
export function modelAndWeights(files: readonly File[]): readonly [model: File, weights?: File] | null {
  if (files.length === 1) return [files[0]];
  const json = files.find(({ name }) => /\.json$/i.test(name));
  const weights = files.find((file) => file !== json);
  return files.length === 2 && json && weights ? [json, weights] : null;
}

/** Puts a table or a text where the input is typed; of a long one the end, below the titles. */
async function readFile(file: File): Promise<void> {
  const now = about.value;
  if (!now || now.refusal) {
    problem.value = `${file.name} is something to read: open a model first.`;
    return;
  }
  const text = (await file.text()).replace(/\r\n?/g, "\n").trim();
  if (view.value !== "read") show("read");
  const table = now.input === "numbers";
  const kept = shortened(text, table);
  notes.value =
    kept === text
      ? []
      : [`${file.name} is longer than ${longestInput} characters: its ${table ? "end" : "beginning"} is read.`];
  type(kept);
}

/** At most as many characters as an input may have: of a table whole lines at its end and its first one, of a text its beginning. */
export function shortened(text: string, table: boolean): string {
  if (text.length <= longestInput) return text;
  if (!table) return text.slice(0, longestInput);
  const [titles, ...lines] = text.split("\n");
  const kept: string[] = [];
  let left = longestInput - titles.length;
  for (let k = lines.length - 1; k >= 0 && left > lines[k].length; k--) {
    kept.unshift(lines[k]);
    left -= lines[k].length + 1;
  }
  return [titles, ...kept].join("\n");
}
