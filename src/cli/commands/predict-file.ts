import { createReadStream, existsSync, fsync } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { counted, DataError, fault, problem } from "../../errors.ts";
import { fileProblem } from "../../system-problem.ts";
import { linesOf } from "../readers/lines-of.ts";
import type { openAnyTask } from "../readers/open-task.ts";
import { textColumn } from "../readers/read-table.ts";
import { groupsOf } from "../screen/line-groups.ts";
import { interruptible, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkOutput } from "../screen/write-result.ts";
import { type Asked, answerEach, type PredictOptions, type Reader, readingKept, textsIn } from "./predict-texts.ts";
import { isPattern, type Shard, shardsOf } from "./shards.ts";

type Opened = Awaited<
  ReturnType<
    typeof openAnyTask<
      | "textClassifier"
      | "languageModel"
      | "sequenceClassifier"
      | "regressor"
      | "sequenceTagger"
      | "translator"
      | "multiLabelClassifier"
    >
  >
>;

const groupRows = 256; // computed together
const compared = 16; // answers of a run before that are given again, to see that they are this model's
const window = 2; // groups under way: one is read and split into words while another is computed

/**
 * Answers every text of a file with a line of JSON in another, without holding either, or of the files that a pattern names. Until it is whole the
 * other file is called `FILE.part`; with `--resume` it is continued after its last whole line, to the same bytes as in one go.
 */
export async function predictFile(
  opened: Opened,
  given: readonly string[],
  o: PredictOptions,
  screen: Screen,
): Promise<void> {
  const [out, file] = [o.out!, o.file];
  if (file === undefined || given.length > 0) {
    const next = "Give the texts in a file: --file texts.jsonl --out answers.jsonl.";
    throw new DataError(problem("--out", "--file beside it, and no text", file ? "a text" : "no --file", next));
  }
  const reader = readerOf(opened);
  if (!isPattern(file) || existsSync(file)) {
    if (o.shard) {
      const next = "Cut it into parts (split -l), and name them all: --file 'part-*.jsonl' --out 'answers-*.jsonl'.";
      throw new DataError(problem("--shard", "several files", file, next));
    }
    return answerFile(reader, { file, out }, o, screen);
  }
  for (const shard of await shardsOf({ file, out }, o.shard, notes(o, screen))) {
    await answerFile(reader, shard, o, screen);
    if (screen.code === 130) return; // interrupted
  }
}

async function answerFile(reader: Reader, { file, out }: Shard, o: PredictOptions, screen: Screen): Promise<void> {
  await checkOutput("--out", out);
  await checkApart([file], { "--out": out });
  const part = `${out}.part`;
  const done = await doneBefore(out, part, o);
  if (done !== 0) await checkSame(done === null ? out : part, file, { reader, o, screen });
  if (done === null) return notes(o, screen)(`${out}: whole already`);
  if (done > 0) notes(o, screen)(`${part}: ${counted(done, "line")} from before, continued`);
  const asked = await asksIn(file, reader, o);
  const handle = await open(part, "a");
  try {
    let size = (await handle.stat()).size;
    const write = async (text: string) => {
      size += (await handle.write(text)).bytesWritten;
    };
    const count = await interruptible((signal) =>
      writeAnswers(skipped(asked, done), { reader, o, screen, signal }, write),
    );
    if (count === null) {
      screen.code = 130;
      screen.err(`interrupted: ${part} has what was answered; the same command with --resume continues\n`);
      return;
    }
    await checkAlone(part, size, await handle.stat());
    await promisify(fsync)(handle.fd); // files of Yarn's Plug'n'Play have no `sync`
    await rename(part, out);
    notes(o, screen)(`${out}: ${counted(done + count, "line")}`);
  } finally {
    await handle.close();
  }
}

/** Throws DataError where a file is not the one, or not as long, as this process has made it: a job that was thought dead may still write. */
async function checkAlone(
  part: string,
  size: number,
  own: { readonly size: number; readonly ino: number },
): Promise<void> {
  const named = await stat(part).catch(() => null);
  if (own.size === size && named?.ino === own.ino) return;
  const next = `End the other, then begin again: rm '${part}'.`;
  throw new DataError(fault(part, "another process writes it too, or has moved it", next));
}

function readerOf(opened: Opened): Reader {
  if (opened.kind === "sequenceClassifier" || (opened.kind === "regressor" && opened.task.reads === "sequences")) {
    const next = "Sequences are answered on standard output: leave --out away, and add > answers.jsonl.";
    throw new DataError(problem("--out", "a model that reads texts", "one that reads sequences", next));
  }
  return opened as Reader;
}

/** Whole lines of a run that did not end; null where there is nothing to do. What comes after the last whole line is cut off. */
async function doneBefore(out: string, part: string, o: PredictOptions): Promise<number | null> {
  const there = await stat(part).catch(() => null);
  if (!there) {
    return o.resume && (await stat(out).catch(() => null)) ? null : 0;
  }
  if (!o.resume) {
    const next = `Continue it: --resume. Or begin again: rm '${part}'.`;
    throw new DataError(fault(part, "a run before did not end", next));
  }
  const handle = await open(part, "r+");
  try {
    let [lines, whole, at] = [0, 0, 0];
    for await (const bytes of handle.createReadStream({ autoClose: false, start: 0 }) as AsyncIterable<Buffer>) {
      for (let k = bytes.indexOf(10); k >= 0; k = bytes.indexOf(10, k + 1)) {
        lines++;
        whole = at + k + 1;
      }
      at += bytes.length;
    }
    await handle.truncate(whole);
    return lines;
  } finally {
    await handle.close();
  }
}

/** Throws DataError where the first answers there are not those that this model gives to the first texts. */
async function checkSame(path: string, file: string, { reader, o, screen }: Omit<Work, "signal">): Promise<void> {
  const there: string[] = [];
  for await (const line of linesOf(createReadStream(path))) {
    if (line !== "" && there.push(line) === compared) break;
  }
  const asked: Asked[] = [];
  for await (const one of await asksIn(file, reader, o)) {
    if (asked.length >= there.length) break;
    asked.push(one);
  }
  const now = (await answersTo(asked, reader, o, screen)).text.split("\n");
  const other = there.findIndex((line, k) => line !== now[k]);
  if (other < 0) return;
  const what = "the answer is not that of this run: it has another model, other texts or other options";
  const next = `Take those that it began with. Or begin again: rm '${path}'.`;
  throw new DataError(fault(`${path}, line ${other + 1}`, what, next));
}

/** The texts of a file: jsonl and txt line by line, others as a whole. */
async function asksIn(
  file: string,
  reader: Reader,
  o: PredictOptions,
): Promise<AsyncIterable<Asked> | Iterable<Asked>> {
  if (!/\.(jsonl|ndjson|txt)$/i.test(file)) return textsIn(file, o, readingKept(reader));
  await stat(file).catch((error) => {
    throw new DataError(fileProblem(file, "read", error), { cause: error });
  });
  return streamedAsks(file, reader, o);
}

async function* streamedAsks(file: string, reader: Reader, o: PredictOptions): AsyncGenerator<Asked, void, undefined> {
  const plain = /\.txt$/i.test(file);
  let name = o.text ?? readingKept(reader)?.text;
  let line = 0;
  for await (const text of linesOf(createReadStream(file), o.encoding)) {
    line++;
    if (text.trim() === "") continue;
    const broken = text.includes("\ufffd");
    if (plain) {
      yield { text: text.trim(), line, broken };
      continue;
    }
    const row = fieldsOf(text);
    if (row === null) {
      yield { text: "", line, wrong: `expected an object, {"text": "..."}, received ${text.slice(0, 40)}` };
      continue;
    }
    name ??= textColumn({ columns: Object.keys(row), rows: [], lines: [], files: [] }) ?? "text";
    const found = Object.hasOwn(row, name) ? row[name] : undefined;
    const wrong =
      typeof found === "string" ? {} : { wrong: `expected a text in "${name}"; --text names another field` };
    yield { text: typeof found === "string" ? found : "", line, broken, ...wrong };
  }
}

function fieldsOf(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

async function* skipped(
  asked: AsyncIterable<Asked> | Iterable<Asked>,
  count: number,
): AsyncGenerator<Asked, void, undefined> {
  let k = 0;
  for await (const one of asked) if (k++ >= count) yield one;
}

interface Work {
  readonly reader: Reader;
  readonly o: PredictOptions;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** A line for each text of a group. */
async function answersTo(group: readonly Asked[], reader: Reader, o: PredictOptions, screen: Screen) {
  const said: string[] = [];
  const own: Screen = { ...screen, code: 0, out: (text) => void said.push(text) };
  await answerEach(group, reader, { ...o, json: true }, own);
  return { text: said.join(""), code: own.code };
}

/** A line for each text, in their order; how many there were, or null where it was interrupted. */
async function writeAnswers(
  asked: AsyncIterable<Asked>,
  { reader, o, screen, signal }: Work,
  write: (text: string) => Promise<void>,
): Promise<number | null> {
  const answered = async (group: readonly Asked[]) => {
    const { text, code } = await answersTo(group, reader, o, screen);
    if (code !== 0) screen.code = code; // a line that could not be answered: told in its place
    return { text, count: group.length };
  };
  const pending: Promise<{ text: string; count: number }>[] = [];
  let count = 0;
  const settle = async () => {
    const { text, count: lines } = await pending.shift()!;
    await write(text);
    count += lines;
  };
  for await (const group of groupsOf(asked, reader.kind === "languageModel" ? 1 : groupRows)) {
    if (signal.aborted) break;
    pending.push(answered(group));
    pending.at(-1)!.catch(() => {}); // it is awaited in its turn
    if (pending.length >= window) await settle();
  }
  while (pending.length > 0) await settle();
  return signal.aborted ? null : count;
}
