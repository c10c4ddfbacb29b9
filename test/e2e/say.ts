/** `cellstate …` run inside the test: what it says, and its exit code. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { expect } from "vitest";
import { cellstate, run } from "../../src/cli/program.ts";
import type { Screen } from "../../src/cli/screen/screen.ts";
import { tone, wavBytes } from "../../src/data/testing/wav-bytes.ts";
import { writeNpz } from "../../src/formats/index.ts";

export interface Said {
  code: number;
  out: string;
  err: string;
}

/** A folder of its own; names of files among the words, and of a folder, stand for those in it. */
export function speaker(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `cellstate-${name}-`));
  const file = (name: string) => join(folder, name);
  const placed = (words: readonly string[]) =>
    words.flatMap((word, k) => {
      if (words[k - 1] === "--folder" && !isAbsolute(word)) return file(word);
      if (word === "recordings/*.wav") return readdirSync(file("recordings")).map((name) => file(`recordings/${name}`));
      return /^[\w-]+\.(txt|iob|conll|csv|tsv|jsonl|npz|keras|h5|svg|png|html|wav|pickle|pkl|json|pth)(\.gz)?$/.test(
        word,
      )
        ? file(word)
        : word;
    });
  const sayTo = async (input: Iterable<string> | AsyncIterable<string>, ...words: string[]): Promise<Said> => {
    const said = { out: "", err: "" };
    const screen: Screen = {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      input: async function* () {
        yield* input;
      },
      terminal: false,
      code: 0,
    };
    const code = await run(cellstate(screen), ["node", "cellstate", ...placed(words)], screen);
    return { code, ...said };
  };
  return { folder, file, placed, sayTo, say: (...words: string[]) => sayTo([], ...words) };
}

/** Models of class projects and what lies beside them (test/judges/make-projects.py), by the names that examples have. */
export function placeProjects({ file }: ReturnType<typeof speaker>): void {
  const made = join(import.meta.dirname, "../fixtures/projects");
  const copied = {
    "model.h5": "sentiment/model.h5",
    "tokenizer.pickle": "sentiment/tokenizer.pickle",
    "next_word.keras": "next-word/next_word.keras",
    "words.pickle": "next-word/tokenizer.pickle",
    "lstm.h5": "series/lstm.h5",
    "scaler.pkl": "series/scaler.pkl",
    "prices.csv": "series/prices.csv",
  };
  for (const [name, from] of Object.entries(copied)) copyFileSync(join(made, from), file(name));
  writeFileSync(file("labels.txt"), "bad\ngood\n");
}

/** Trained once in a worker, for the files of tests that follow each other there. */
const trained = new Map<string, Uint8Array>();
const models = ["writer", "sentiment", "sales", "speaker", "digits", "slots"];

/** Tiny files and tiny models, one of each kind if not said which. */
export async function trainModels({ file, say }: ReturnType<typeof speaker>, wanted = models): Promise<void> {
  process.env.CELLSTATE_BACKEND = "js"; // tiny models; the same everywhere
  writeFileSync(file("lines.txt"), "the cell remembers the gate\nthe gate opens slowly\n".repeat(3));
  writeFileSync(file("prompts.txt"), "the cell\nthe gate\n");
  const reviews = Array.from({ length: 12 }, (_, i) => (i % 2 ? "a good film,good" : "a bad film,bad"));
  writeFileSync(file("reviews.csv"), `review,label\n${reviews.join("\n")}\n`);
  writeFileSync(
    file("series.csv"),
    `sales\n${Array.from({ length: 40 }, (_, i) => 10 + (i % 4) + i / 10).join("\n")}\n`,
  );
  const hours = Array.from({ length: 480 }, (_, t) => {
    const at = new Date(Date.UTC(2024, 0, 1, t)).toISOString().slice(0, 16);
    const load = 50 + 20 * Math.sin((2 * Math.PI * t) / 24) + ((t * t * 37) % 11) + (t === 450 ? 80 : 0);
    return `${at},${load.toFixed(2)}`;
  });
  writeFileSync(file("hours.csv"), `time,load\n${hours.join("\n")}\n`);
  writeFileSync(file("week.csv"), "sales\n14\n15.1\n16.2\n");
  writeFileSync(file("other.csv"), "sales,sales low,sales high\n14,13,15\n15,14,16\n16,15,17\n");
  const steps = Array.from({ length: 36 }, (_, i) => {
    const id = Math.floor(i / 3);
    return `${id},${id % 2 ? "up" : "down"},${(id % 2 ? 1 : -1) * (i % 3)}`;
  });
  writeFileSync(file("steps.csv"), `id,label,v\n${steps.join("\n")}\n`);
  const cities = ["boston", "denver", "dallas"];
  const asked = cities.flatMap((a) => cities.map((b) => `from ${a} to ${b}`));
  writeFileSync(file("slots.iob"), asked.map((text) => `${text}\tO B-from O B-to\n`).join(""));
  const cells = asked.flatMap((text, n) => text.split(" ").map((word, k) => `${n},${word},${k % 2 ? "CITY" : "WORD"}`));
  writeFileSync(file("tokens.csv"), `sentence,token,label\n${cells.join("\n")}\n`);
  const numbers = ["one two\teins zwei", "two one\tzwei eins", "one\teins", "two\tzwei"];
  writeFileSync(file("pairs.tsv"), `${numbers.join("\n")}\n`);
  for (const [k, name] of ["en.txt", "de.txt"].entries())
    writeFileSync(file(name), `${numbers.map((pair) => pair.split("\t")[k]).join("\n")}\n`);
  mkdirSync(file("recordings"));
  for (let i = 0; i < 8; i++)
    writeFileSync(file(`recordings/${i % 2}_ann_${i}.wav`), wavBytes([tone(i % 2 ? 400 : 1500, 400 + 30 * i)]));
  const calls = Array.from({ length: 8 }, (_, i) => `recordings/${i % 2}_ann_${i}.wav,${i % 2 ? "l" : "h"}`);
  writeFileSync(file("calls.csv"), `path,transcript\n${calls.join("\n")}\n`);
  const moves = Array.from({ length: 8 }, (_, k) =>
    Array.from({ length: 3 * 16 }, (_, p) => Number(p % 4 === (k % 2 ? 3 - Math.floor(p / 16) : Math.floor(p / 16)))),
  );
  const x = { data: Float32Array.from(moves.flat()), shape: [8, 3, 4, 4] };
  const y = { data: Int32Array.from(moves, (_, k) => k % 2), shape: [8] };
  writeFileSync(file("clips.npz"), await writeNpz({ x, y }));
  writeFileSync(file("one.wav"), wavBytes([tone(400, 500)]));
  writeFileSync(file("two.wav"), wavBytes([tone(1500, 600)]));
  const small = ["--epochs", "2", "--units", "4", "--quiet", "--save"];
  for (const words of [
    ["text", "lines.txt", ...small, "writer.keras"],
    ["classify", "reviews.csv", ...small, "sentiment.keras"],
    ["forecast", "series.csv", "--horizon", "3", ...small, "sales.keras"],
    ["sequence", "steps.csv", "--group", "id", ...small, "speaker.keras"],
    ["tag", "slots.iob", ...small, "slots.keras"],
    ["translate", "pairs.tsv", ...small, "german.keras"],
    ["sequence", "recordings/*.wav", "--label-from", "name", "--mels", "12", ...small, "digits.keras"],
  ])
    if (wanted.some((name) => words.at(-1) === `${name}.keras`)) {
      const model = words.at(-1)!;
      const known = trained.get(model);
      if (known) writeFileSync(file(model), known);
      else expect(await say("train", ...words)).toMatchObject({ code: 0, err: "" });
      trained.set(model, known ?? readFileSync(file(model)));
    }
}
