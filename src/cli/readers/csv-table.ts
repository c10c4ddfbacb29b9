import { type CsvTable, parseCsv } from "../../data/index.ts";
import { counted } from "../../errors.ts";
import { told } from "./read-text-file.ts";
import type { TableOptions } from "./table-options.ts";

/** The cells of csv or tsv as pandas reads them; what is guessed (no header, comments above) is said in a line. */
export async function csvTable(text: string, file: string, options: TableOptions): Promise<CsvTable> {
  const { delimiter, header, comment, say = () => {} } = options;
  const above = comment === undefined ? commentsAbove(text) : 0;
  if (above > 0)
    say(`${file}: ${counted(above, "line")} that begin${above === 1 ? "s" : ""} with # above the table left out`);
  const given = {
    delimiter: /\.tsv$/i.test(file) ? "\t" : delimiter,
    header: header === undefined ? "guess" : header ? "first" : "none",
    ...(comment === undefined ? {} : { comment }),
  } as const;
  const quote = options.quote === false ? null : '"';
  const cells = withoutLines(text, above);
  const table = await told("parseCsv", file, () => parseCsv(cells, { ...given, quote }));
  const again = table.columns.filter(
    (name) => /\.\d+$/.test(name) && table.columns.includes(name.replace(/\.\d+$/, "")),
  );
  if (again.length > 0) say(`${file}: several columns have one name; the later ones are renamed ${again.join(", ")}`);
  return table.named === false ? unnamed(table, file, say) : table;
}

/** Lines of comments above a table: that begin with #, and are not its header. */
function commentsAbove(text: string): number {
  const lines = text.slice(0, 65_536).split("\n");
  const count = lines.findIndex((line) => !/^\s*#/.test(line));
  if (count < 1) return 0;
  const cells = (line: string) => line.split(/[,;\t|]/).length;
  const [last, next] = [cells(lines[count - 1]), cells(lines[count])];
  return last === next && last > 1 ? count - 1 : count; // `#date,sales` names columns
}

/** The first lines empty, so that the others keep their places. */
const withoutLines = (text: string, count: number): string =>
  count === 0 ? text : "\n".repeat(count) + text.split("\n").slice(count).join("\n");

/** A table whose first line is data; a column of classes beside one of texts is called `label`, the other `text`. */
function unnamed(table: CsvTable, file: string, say: (line: string) => void): CsvTable {
  const width = table.columns.length;
  const advice = "--header if it has names";
  const distinct = table.columns.map((_, k) => new Set(table.rows.map((row) => row[k])).size);
  const text = (k: number) => table.rows.some((row) => row[k].trim() !== "" && !Number.isFinite(Number(row[k])));
  const [few, many] = distinct[0] < distinct[1] ? [0, 1] : [1, 0];
  if (
    width === 2 &&
    text(many) &&
    distinct[few] <= Math.max(2, table.rows.length / 3) &&
    distinct[few] < distinct[many]
  ) {
    say(`${file}: its first line is data; column ${few + 1} is called label, column ${many + 1} text; ${advice}`);
    return { ...table, columns: few === 0 ? ["label", "text"] : ["text", "label"] };
  }
  const names = width > 1 ? `columns are called 1 to ${width}` : "its column is called 1";
  const numbers = table.rows[0].every((cell) => /^[+-]?\d/.test(cell.trim()));
  say(`${file}: its first line is ${numbers ? "of numbers, so it is data" : "data"} and ${names}; ${advice}`);
  return table;
}
