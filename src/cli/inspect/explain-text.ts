import { guessEncoding, textDecoder } from "../../data/index.ts";
import { type Explain, type Explanation, few, type Inspected, lineCount, typed } from "./explanation.ts";

/** Text: word vectors, a list of names, or prose; in another encoding, which. Null for what is no text. */
export const explainText: Explain = async (source) => {
  const { file, head, size } = source;
  if (size === 0) return { kind: "an empty file" };
  const vectors = await explainVectors(source);
  if (vectors) return vectors;
  if (head.includes(0) && !/^(\xff\xfe|\xfe\xff)/.test(String.fromCharCode(head[0], head[1]))) return null;
  const encoding = await encodingOf(head, size);
  const decoder = await textDecoder(encoding);
  const text = decoder
    .decode(head)
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if ((text.match(/[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]/g) ?? []).length > text.length / 100) return null;
  const lines = await lineCount(file);
  const first = text.split("\n").filter((line) => line.trim() !== "");
  const flag = encoding === "utf-8" ? "" : ` --encoding ${encoding}`;
  const shape = { lines, first, words: text.split(/\s+/).length, flag, whole: size <= head.length };
  return named(file, first) ?? prose(typed(file), shape, encoding);
};

/** GloVe, word2vec, fastText: a word and its numbers on each line, or a line of counts before them. */
export async function explainVectors({ file, head }: Pick<Inspected, "file" | "head">): Promise<Explanation | null> {
  const start = new TextDecoder().decode(head);
  const [first, second = ""] = start.split("\n", 2);
  const header = /^(\d+) (\d+) ?\r?$/.exec(first);
  const numbersIn = (line: string) => {
    const [, ...cells] = line.trimEnd().split(" ");
    return cells.length >= 10 && cells.every((cell) => /^-?\d*\.?\d+(e-?\d+)?$/i.test(cell)) ? cells.length : 0;
  };
  const next = [
    [
      `await readWordVectors(${JSON.stringify(file)}, { words: tokenizer.wordIndex.keys() })`,
      "of cellstate/data; then .matrixFor(tokenizer)",
    ],
  ] as const;
  if (header && Number(header[2]) >= 2 && Number(header[2]) <= 10_000) {
    const text = numbersIn(second) === Number(header[2]);
    if (!text && !head.includes(0)) return null;
    const kind = text ? "word vectors as text (word2vec or fastText)" : "word vectors, binary (word2vec)";
    return { kind: `${kind}: ${Number(header[1]).toLocaleString("en-US")} of ${header[2]} numbers`, next };
  }
  const dimension = numbersIn(first);
  if (dimension === 0 || numbersIn(second) !== dimension) return null;
  const packed = /\.gz$/i.test(file);
  const count = packed ? "" : `${(await lineCount(file)).toLocaleString("en-US")} of `;
  return { kind: `word vectors as text (GloVe): ${count}${dimension} numbers`, next };
}

/** The encoding of a text, by its first bytes. */
export async function encodingOf(head: Uint8Array, size: number): Promise<string> {
  // The head may end inside a character.
  for (let cut = 0; cut < (head.length < size ? 4 : 1); cut++)
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(head.subarray(0, head.length - cut));
      return "utf-8";
    } catch {}
  return guessEncoding(head);
}

/** Files whose ending says more than their text. */
function named(file: string, lines: readonly string[]): Explanation | null {
  const ending = /\.(\w+)$/.exec(file)?.[1].toLowerCase() ?? "";
  const programs: Record<string, string> = {
    py: "Python",
    r: "R",
    js: "JavaScript",
    ts: "TypeScript",
    sh: "shell",
    ipynb: "Jupyter",
  };
  if (lines[0]?.startsWith("@problemName") || lines.some((line) => /^@data\s*$/i.test(line)))
    return {
      kind: "time series of the UCR and UEA archives (.ts)",
      next: [["parseTs(text)", "of cellstate/data: its rows and classes"]],
    };
  if (!Object.hasOwn(programs, ending) || ending === "ts") return null;
  return { kind: `a ${programs[ending]} program`, lines: ["No data, and no model."] };
}

interface Shape {
  lines: number;
  first: readonly string[];
  words: number;
  flag: string;
  whole: boolean;
}

function prose(name: string, { lines, first, words, flag, whole }: Shape, encoding: string): Explanation {
  const count = `${lines.toLocaleString("en-US")} lines${whole ? `, ${words.toLocaleString("en-US")} words` : ""}`;
  const kind = `text in ${encoding.toUpperCase()}: ${count}`;
  const short = lines <= 1000 && first.every((line) => line.length <= 40);
  const cells = [",", ";", "\t"].filter(
    (sign) =>
      first.length > 1 &&
      new Set(first.slice(0, 20).map((line) => line.split(sign).length)).size === 1 &&
      first[0].includes(sign) &&
      first[0].length < 25 * first[0].split(sign).length,
  );
  return {
    kind,
    lines: short ? [few(first)] : [],
    next: [
      ...(cells.length > 0
        ? [
            [
              `mv ${name} ${name.replace(/(\.\w+)?$/, cells[0] === "\t" ? ".tsv" : ".csv")}`,
              "its lines have cells: a table is read by its ending",
            ] as const,
          ]
        : []),
      ...(short
        ? [
            [`cellstate predict MODEL DATA --labels ${name}`, "if they are the names of classes"] as const,
            [
              `cellstate predict MODEL "a text" --tokenizer ${name}`,
              "if they are words, the first of which has id 1",
            ] as const,
          ]
        : []),
      [`cellstate train text ${name}${flag}`, "a language model of it"],
      [`cellstate predict MODEL --file ${name}${flag}`, "the class of each line"],
    ],
  };
}
