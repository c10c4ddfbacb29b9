import { type CsvTable, parseCsv, textDecoder } from "../../data/index.ts";
import { readTables } from "../readers/read-table.ts";
import { encodingOf } from "./explain-text.ts";
import { type Explain, few, type Inspected, lineCount, typed } from "./explanation.ts";

/** CSV, TSV and a JSON value a line, by the file's ending: rows, columns with what is in them, and the trainings that could use them. */
export const explainTable: Explain = async (source) => {
  const { file } = source;
  const ending = /\.(csv|tsv|jsonl|ndjson)$/i.exec(file)?.[1].toLowerCase();
  if (!ending) return null;
  const said: string[] = [];
  const large = source.size > largest;
  const { columns, rows } = large
    ? await beginningOf(source)
    : await readTables([file], { say: (line) => said.push(line.replace(`${file}: `, "")) });
  const count = large ? await lineCount(file) : rows.length;
  const kinds = columns.map((_, k) => kindOf(rows.slice(0, mostRows).map((row) => row[k] ?? "")));
  const named = (kind: Column["kind"]) => columns.filter((_, k) => kinds[k].kind === kind);
  const [numbers, texts, labels] = [named("numbers"), named("texts"), named("few values")];
  const group = labels.find((column) => /id$|user|group|subject|session/i.test(column));
  const label = labels.filter((column) => column !== group).at(-1);
  const name = typed(file);
  const option = (flag: string, value: string) => `${flag} ${typed(value)}`;
  return {
    kind: `${ending.startsWith("n") || ending === "jsonl" ? "a JSON value a line" : ending.toUpperCase()}: ${large ? "about " : ""}${count.toLocaleString("en-US")} rows of ${columns.length} columns`,
    lines: [...said, ...columns.map((column, k) => `${column}: ${kinds[k].shown}`)],
    next: [
      ...(texts.length > 0 && label !== undefined
        ? [
            [
              `cellstate train classify ${name} ${option("--text", texts[0])} ${option("--label", label)}`,
              "a classifier of texts",
            ] as const,
          ]
        : []),
      ...(texts.length > 0 && label === undefined
        ? [[`cellstate train text ${name}`, "a language model of them"] as const]
        : []),
      ...(numbers.length > 0
        ? [
            [
              `cellstate train forecast ${name} ${option("--columns", numbers[numbers.length - 1])}`,
              "a forecast of a column",
            ] as const,
          ]
        : []),
      ...(label !== undefined && group !== undefined && numbers.length > 0
        ? [
            [
              `cellstate train sequence ${name} ${option("--group", group)} ${option("--label", label)}`,
              "a classifier of sequences of rows",
            ] as const,
          ]
        : []),
      [`await readCsv(${JSON.stringify(file)})`, "of cellstate/data: its cells"],
    ].filter(([command]) => !(command.startsWith("await") && ending !== "csv" && ending !== "tsv")) as (readonly [
      string,
      string,
    ])[],
  };
};

const largest = 2 ** 25; // bytes of a table that is read whole

/** The rows at the beginning of a large table. */
async function beginningOf({ file, head, size }: Inspected): Promise<Pick<CsvTable, "columns" | "rows">> {
  const decoder = await textDecoder(await encodingOf(head, size));
  const text = decoder.decode(head);
  const lines = text.slice(0, text.lastIndexOf("\n"));
  if (/\.(csv|tsv)$/i.test(file)) return parseCsv(lines, /\.tsv$/i.test(file) ? { delimiter: "\t" } : {});
  const values = lines.split("\n").flatMap((line): Record<string, unknown>[] => {
    try {
      const value = JSON.parse(line);
      return typeof value === "object" && value !== null ? [value] : [];
    } catch {
      return []; // said where the file is used
    }
  });
  const columns = Object.keys(values[0] ?? {});
  return { columns, rows: values.map((value) => columns.map((name) => String(value[name] ?? ""))) };
}

const mostRows = 1000; // that are looked at for what a column holds
const mostValues = 20; // different ones of a column that may be a label

interface Column {
  readonly kind: "numbers" | "dates" | "texts" | "few values" | "values" | "nothing";
  readonly shown: string;
}

function kindOf(cells: readonly string[]): Column {
  const filled = cells.filter((cell) => cell.trim() !== "");
  const empty = filled.length < cells.length ? `, ${cells.length - filled.length} empty` : "";
  if (filled.length === 0) return { kind: "nothing", shown: "empty" };
  const fraction = (test: (cell: string) => boolean) => filled.filter(test).length / filled.length;
  const different = new Set(filled);
  const thousands = filled.every((cell) => /^[(-]?[\d.,]+ ?[KkMBT]\)?$|^-$/.test(cell.trim()));
  if (thousands || fraction((cell) => Number.isFinite(Number(cell.trim().replace(/[(),%$€£ ]/g, "")))) > 0.95) {
    const label =
      different.size <= mostValues &&
      different.size < filled.length / 2 &&
      filled.every((cell) => /^\d+$/.test(cell.trim()));
    return {
      kind: label ? "few values" : "numbers",
      shown: `${label ? `numbers ${few([...different].sort())}` : `numbers, such as ${few([...different], 3)}`}${empty}`,
    };
  }
  if (fraction((cell) => /^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([ T]\d|$)/.test(cell.trim())) > 0.9)
    return { kind: "dates", shown: `dates from ${filled[0]} to ${filled[filled.length - 1]}${empty}` };
  if (different.size <= mostValues && different.size < filled.length / 2)
    return { kind: "few values", shown: `${different.size} different values: ${few([...different])}${empty}` };
  const words = filled.reduce((n, cell) => n + cell.trim().split(/\s+/).length, 0) / filled.length;
  return words > 3 || fraction((cell) => cell.length > 30) > 0.5
    ? { kind: "texts", shown: `texts of ${words.toFixed(0)} words${empty}` }
    : { kind: "values", shown: `${different.size} different values, such as ${few([...different], 3)}${empty}` };
}
