import { FormatError, problem } from "../errors.ts";

/** One sequence of a file and its class. */
export interface TsRow {
  /** Steps of one number for each channel, [T, D]. */
  readonly sequence: number[][];
  /** The class, as the file writes it. */
  readonly label: string;
}

/**
 * The rows of a text in the .ts format of the UEA and UCR archive (Bagnall et al. 2018, arXiv:1811.00075): on each line channels
 * of numbers with commas between them, colons between channels, the class last; lines that begin with @ or # are about the
 * file. Rows may differ in length. Throws FormatError naming the line for channels of unlike lengths, what is no number (a
 * gap, `?`, among them), and a text without rows.
 *
 *   parseTs("@data\n1,2,3:10,20,30:walking\n"); // [{ sequence: [[1, 10], [2, 20], [3, 30]], label: "walking" }]
 */
export function parseTs(text: string, who = "parseTs"): TsRow[] {
  const rows = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "" || /^[@#]/.test(line)) return [];
    return [rowOf(line.trim(), `${who}: line ${i + 1}`)];
  });
  if (rows.length > 0) return rows;
  throw new FormatError(problem(who, "rows such as 1,2:3,4:label", "none", "Is it another format?"));
}

function rowOf(line: string, who: string): TsRow {
  const parts = line.split(":");
  const label = parts.at(-1)!.trim();
  const columns = parts.slice(0, -1).map((part) => part.split(",")); // [D][T]
  if (columns.length === 0 || label === "") {
    const next = "Colons separate the channels and precede the class.";
    throw new FormatError(problem(who, "channels and a class, 1,2:3,4:label", line.slice(0, 40), next));
  }
  const steps = columns[0].length;
  const other = columns.findIndex((column) => column.length !== steps);
  if (other >= 0) {
    const next = "All channels of a row have the same steps.";
    throw new FormatError(problem(who, `${steps} numbers in channel ${other + 1}`, `${columns[other].length}`, next));
  }
  return { sequence: columns[0].map((_, t) => columns.map((column) => numberOf(column[t], who))), label };
}

function numberOf(cell: string, who: string): number {
  const value = Number(cell);
  if (cell.trim() !== "" && Number.isFinite(value)) return value;
  throw new FormatError(problem(who, "numbers", JSON.stringify(cell), "Fill the missing value, or leave the row out."));
}
