/** Messages of `cellstate train` for input that nothing can be learned from: one message that tells what to do, and nothing is written. */
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeNpz } from "../../src/formats/index.ts";
import { everyOther } from "../thorough.ts";
import { speaker } from "./say.ts";

const { folder, say } = speaker("bad-input");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js";
});

const rows = (head: string, count: number, row: (i: number) => string) =>
  `${head}\n${Array.from({ length: count }, (_, i) => row(i)).join("\n")}\n`;

const files: Record<string, string | Uint8Array> = {
  "lines.txt": "the cell remembers the gate\n".repeat(6),
  "empty.txt": "",
  "blank.txt": "\n \n\n",
  "one.txt": "all that there is in one line\n",
  "latin.txt": Buffer.from("fine\ncafé\n", "latin1"),
  "wide.txt": Buffer.from("\ufefffine\n", "utf16le"),
  "binary.txt": Uint8Array.from({ length: 512 }, (_, i) => i),
  "zipped.txt": Buffer.from("PK\x03\x04\0\0\0"),
  "huge.txt": `${"word ".repeat(100_000)}\n`,
  "large.txt": "",
  "broken.jsonl": '{"text":"fine"}\n{"text":\n',
  "list.jsonl": '["fine"]\n',
  "lost.jsonl": '{"text":"fine"}\n{"txet":"lost"}\n',
  "step.jsonl": '{"sequence":"up","label":1}\n',
  "header.csv": "review,label\n",
  "row.csv": "review,label\na film,good\n",
  "nolabel.csv": "a,b\nx,y\nz,w\n",
  "lonely.csv": rows("review,label", 6, (i) => `a film,${i === 3 ? "bad" : "good"}`),
  "unlabelled.csv": "review,label\na,good\nb,\nc,bad\n",
  "untold.csv": "review,label\na,good\n ,bad\nc,bad\n",
  "ragged.csv": "review,label\na,good\nb\n",
  "quote.csv": 'review,label\n"a,good\n',
  "number.csv": "sales\n3\n",
  "gap.csv": rows("sales", 40, (i) => (i === 7 ? "NA" : `${i % 4}`)),
  "nan.csv": rows("sales", 40, (i) => (i === 7 ? "NaN" : `${i % 4}`)),
  "word.csv": rows("day,sales", 40, (i) => `${i},${i === 7 ? "many" : i % 4}`),
  "comma.csv": rows("sales;price", 40, (i) => `${i % 4},5;1,5`),
  "short.csv": rows("sales", 12, (i) => `${i % 4}`),
  "mixed.csv": "group,label,v\n1,up,1\n1,down,2\n2,down,3\n2,down,3\n",
  "holes.csv": "group,label,v\n1,up,1\n1,up,\n2,down,3\n2,down,3\n",
  "single.csv": "group,label,v\n1,up,1\n1,up,2\n2,down,3\n2,down,3\n",
  "bad.npz": "no zip at all",
};

beforeAll(async () => {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  truncateSync(join(folder, "large.txt"), 600 * 2 ** 20); // bytes, none of them on the disk
  mkdirSync(join(folder, "folder"));
  mkdirSync(join(folder, "taken.keras"));
  const x = { data: new Float32Array(24), shape: [4, 3, 2] };
  writeFileSync(join(folder, "unlabelled.npz"), await writeNpz({ x }));
  const y = { data: new Int32Array(3), shape: [3] };
  writeFileSync(join(folder, "fewer.npz"), await writeNpz({ x, y }));
  writeFileSync(join(folder, "cube.npz"), await writeNpz({ x }));
  const nan = { data: Float32Array.from({ length: 40 }, (_, i) => (i === 7 ? Number.NaN : i % 4)), shape: [40] };
  writeFileSync(join(folder, "nan.npz"), await writeNpz({ sales: nan }));
});

type Case = [words: string, message: RegExp, code?: 1 | 2];

const cases: Record<string, Case[]> = {
  text: [
    ["empty.txt", /empty\.txt: the file is empty/],
    ["blank.txt", /blank\.txt: the file is empty/],
    ["one.txt", /expected lines of text, received one\.\n {2}One long text is read with --scheme stream/],
    ["huge.txt", /expected lines of text, received one\.\n {2}One long text is read with --scheme stream/],
    ["large.txt", /expected at most 512 MB of text, received 600 MB\.\n {2}Cut it into parts/],
    ["latin.txt", /latin\.txt: expected UTF-8 on line 2, received other bytes\.\n.*--encoding windows-1252.*iconv/],
    ["wide.txt", /received a zero byte at 3: text in UTF-16\.\n {2}Say so: --encoding utf-16le/],
    [
      "latin.txt --encoding shift_jis",
      /latin\.txt: expected SHIFT_JIS on line 2.*\n {2}Say how it is written, windows-1252 by the look of it: --encoding windows-1252\.\n$/,
    ],
    ["lines.txt --encoding klingon", /'klingon' is invalid\. Expected an encoding/, 2],
    ["binary.txt", /expected text, received a zero byte at 0: a binary file\.\n {2}Give txt, csv/],
    ["zipped.txt", /received a zero byte at 4: a zip file/],
    ["folder", /folder: expected a file, received a folder\.\n {2}Name the files in it/],
    ["nowhere.txt", /nowhere\.txt: expected a file, received none of that name\.\n {2}Paths are relative to/],
    ["broken.jsonl", /broken\.jsonl: line 2: expected JSON.*\n {2}Write one object per line/],
    ["list.jsonl", /list\.jsonl: line 1: expected an object.*\n {2}Give each value a name/],
    [
      "lost.jsonl",
      /^.*lost\.jsonl: 1 line of text, reads text; leaves out txet\n1 row without a text left out, the first [^\n]*lost\.jsonl: line 2\n.*lost\.jsonl: expected lines of text, received one/,
    ],
    ["lines.txt --save model.h5", /model\.h5' is invalid\. Expected a file name that ends in \.keras/, 2],
    ["lines.txt --save nowhere/m.keras", /received a folder that does not exist\.\n {2}Make it first: mkdir -p/],
    ["lines.txt --save lines.txt/m.keras", /received a path through a file\.\n {2}Save elsewhere/],
    ["lines.txt --save taken.keras", /--save .*taken\.keras: expected a file, received a folder/],
    ["lines.txt --history nowhere/h.csv", /--history .*: expected a folder to write to/],
    ["lines.txt --log nowhere/l.csv", /--log .*: expected a folder to write to/],
    [
      "lines.txt --patience 3",
      /--patience: expected lines for validation, received none\.\n {2}Give --validation-split 0\.1/,
    ],
    [
      "lines.txt --validation-split 0.01",
      /--validation-split: expected lines for validation, received none: 0\.01 of \d+\.\n {2}Give a larger/,
    ],
    ["lines.txt --validation-split 1.5", /'1\.5' is invalid\. Expected a number from 0 to below 1/, 2],
    ["lines.txt --cell lstn", /'lstn' is invalid\. Allowed choices are lstm, gru, simpleRnn/, 2],
    ["lines.txt --learning-rate 0", /'0' is invalid\. Expected a number above 0/, 2],
    ["lines.txt --scheme stream --batch-size 9999", /expected a --batch-size from 1 to 36/],
  ],
  classify: [
    ["header.csv", /header\.csv: expected rows below the names of the columns, received none/],
    ["row.csv", /expected at least two classes, received only "good"/],
    ["nolabel.csv", /--text: expected the name of a column, received none\.\n {2}The file has a, b: give --text/],
    ["lines.txt", /--label: expected the name of a column, received none/],
    ["lonely.csv", /expected at least two rows of each class, received one of "bad"\.\n {2}Add rows of it/],
    ["lonely.csv --label lable", /expected a column of the file, received "lable"\.\n {2}Did you mean "label"/],
    ["unlabelled.csv", /line 3: expected a class, received an empty cell\.\n {2}Fill it/],
    ["untold.csv", /line 3: expected a text, received an empty cell\.\n {2}Fill it/],
    ["ragged.csv", /ragged\.csv: line 3: expected a class, received an empty cell\.\n.*--missing drop/],
    ["quote.csv", /quote\.csv: expected every quote closed in the row on line 2/],
    ["lonely.csv --class-weight good", /'good' is invalid\. Expected "balanced", or a weight by class/, 2],
  ],
  forecast: [
    ["number.csv", /expected a series of at least 4 rows, received 1\.\n {2}Give a longer series/],
    [
      "gap.csv",
      /gap\.csv: line 9: expected a number in column "sales", received NA; 1 value missing in all\.\n.*--missing interpolate/,
    ],
    ["nan.csv", /nan\.csv: line 9: .* received NaN; 1 value missing in all\.\n.*--missing drop/],
    ["nan.npz", /nan\.npz: line 8: expected a number in column "sales", received an empty cell/],
    ["gap.csv --missing guess", /'guess' is invalid\. Allowed choices are error, drop, ffill, bfill, interpolate/, 2],
    ["word.csv", /word\.csv: expected a number on line 9 in column "sales", received "many"\.\n {2}Fix it, or choose/],
    [
      "comma.csv --decimal .",
      /expected a number on line 2 in column "sales", received "0,5"\.\n {2}For decimal commas: --decimal ","/,
    ],
    [
      "comma.csv --columns sales --decimal .",
      /on line 2 in column "sales", received "0,5"\.\n {2}For decimal commas: --decimal ","/,
    ],
    ["nolabel.csv", /nolabel\.csv: expected a column of numbers, received none\.\n {2}The file has a, b/],
    [
      "short.csv --horizon 20",
      /expected a series of at least 24 rows, received 12\.\n.*shorter window, horizon or season/,
    ],
    ["short.csv --targets price", /targets among the columns, received "price"/],
    ["short.csv --horizon 0", /Expected a whole number above 0/, 2],
    ["bad.npz", /bad\.npz: expected a zip directory/],
    ["cube.npz", /cube\.npz: expected arrays \[N\] or \[N, D\], as long as each other, received x \[4, 3, 2\]/],
    ["folder", /folder: expected a file, received a folder/],
  ],
  sequence: [
    [
      "nolabel.csv",
      /--group: expected the column that says which .* received none\.\n {2}The file has a, b: give --group NAME/,
    ],
    ["mixed.csv", /line 3: expected class "up", as group "1" has it from [^\n]*line 2 on, received "down"/],
    ["holes.csv", /holes\.csv: line 3: expected a number in column "v", received an empty cell\.\n {2}Fill it/],
    ["single.csv", /expected at least two rows of each class, received one of/],
    ["unlabelled.npz", /--label: expected a column of classes, received none\.\n.*in npz an array y/],
    ["fewer.npz", /fewer\.npz: expected y \[4\], received \[3\]\.\n {2}Write it with numpy\.savez/],
    ["bad.npz", /bad\.npz: expected a zip directory/],
    ["step.jsonl", /line 1: expected a sequence as a list of rows.*received up\.\n {2}Write a list of numbers/],
    ["empty.txt", /empty\.txt: the file is empty/],
  ],
};

const isFile = (word: string) => /^(folder|[\w/.]+\.(txt|csv|jsonl|npz|keras|h5))$/.test(word);

describe.each(Object.entries(cases))("cellstate train %s", (kind, list) => {
  test.each(everyOther(list, 3))("%s", async (words, message, code = 1) => {
    const before = readdirSync(folder, { recursive: true });
    const given = words.split(" ").map((word) => (isFile(word) ? join(folder, word) : word));
    const save = given.includes("--save") ? [] : ["--save", join(folder, "model.keras")];
    const said = await say("train", kind, ...given, "--epochs", "1", "--units", "2", ...save);
    expect(said.err).toMatch(message);
    expect(said.err).not.toMatch(/\n\s+at |Error:.*\n.*Error:/s); // one message, no stack
    expect(said.code).toBe(code);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });
});
