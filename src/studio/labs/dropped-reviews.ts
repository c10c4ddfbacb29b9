import { parseCsv } from "../../data/index.ts";
import { DataError, problem, showValue } from "../../errors.ts";

interface Review {
  readonly text: string;
  readonly positive: boolean;
}

const textNames = ["text", "review", "sentence"];
const classNames = ["label", "sentiment", "class"];
/** Rows that are read at most. */
const mostRows = 100_000;

/** Reviews of JSON lines, or of a table, by the names of their columns. Throws DataError naming file and line. */
export async function parseReviews(name: string, text: string): Promise<Review[]> {
  const rows = /\.jsonl$/i.test(name) ? jsonRows(name, text) : await tableRows(name, text);
  const reviews = rows.slice(0, mostRows).map(({ line, text, label }) => {
    const positive = classOf(label);
    if (positive === null) {
      const expected = "a class: 1 or positive, 0 or negative";
      throw new DataError(problem(`${name}, line ${line}`, expected, showValue(label)));
    }
    return { text: plain(text), positive };
  });
  const classes = new Set(reviews.map(({ positive }) => positive)).size;
  if (classes === 2) return reviews;
  throw new DataError(problem(name, "reviews of both classes", reviews.length === 0 ? "no review" : "one class alone"));
}

interface Row {
  readonly line: number;
  readonly text: string;
  readonly label: unknown;
}

function jsonRows(name: string, text: string): Row[] {
  const rows: Row[] = [];
  text.split("\n").forEach((line, k) => {
    if (line.trim() === "" || rows.length >= mostRows) return;
    const row = parsed(line);
    const found = textNames.map((name) => row?.[name]).find((value) => typeof value === "string");
    if (!row || found === undefined) {
      const expected = '{ "text": "...", "label": 0 or 1 }';
      throw new DataError(problem(`${name}, line ${k + 1}`, expected, JSON.stringify(line.slice(0, 60))));
    }
    rows.push({
      line: k + 1,
      text: String(found),
      label: classNames.map((name) => row[name]).find((v) => v !== undefined),
    });
  });
  return rows;
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

async function tableRows(name: string, text: string): Promise<Row[]> {
  const { columns, rows, lines } = await parseCsv(text);
  const [textAt, classAt] = placesIn(columns);
  if (textAt < 0 || classAt < 0) {
    const expected = `columns of text (${textNames.join(", ")}) and class (${classNames.join(", ")})`;
    throw new DataError(problem(name, expected, columns.slice(0, 10).join(", ").slice(0, 200)));
  }
  return rows.map((row, k) => ({ line: lines[k], text: row[textAt], label: row[classAt] }));
}

/** Where the columns of text and class are; -1 for one that is not there. */
const placesIn = (columns: readonly string[]): readonly [text: number, label: number] => {
  const at = (names: readonly string[]) => columns.findIndex((column) => names.includes(column.trim().toLowerCase()));
  return [at(textNames), at(classNames)];
};

/** Whether a table with such columns has reviews. */
export const tableOfReviews = (columns: readonly string[]): boolean => placesIn(columns).every((at) => at >= 0);

function classOf(label: unknown): boolean | null {
  const name = String(label).trim().toLowerCase();
  if (["1", "positive", "pos"].includes(name)) return true;
  return ["0", "negative", "neg"].includes(name) ? false : null;
}

const plain = (text: string): string => text.replace(/<br\s*\/?>/g, " ").replace(/[’‘]/g, "'");
