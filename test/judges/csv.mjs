/** Tables as people have them (quotes, comments, missing values, marks in numbers, rows of other lengths), read here and by pandas. */
import { random } from "./random.mjs";

export const about = "parseCsv and columnNumbers beside pandas.read_csv";
export const script = "csv_tables.py";
export const listed = [
  /cells? on line \d+, one per column, received/, // pandas takes what is before the names for the rows' own, numbers of any kind too
];

export async function* sweep({ seeds, ask, cellstate, data, verbose }) {
  for (const seed of seeds) {
    const r = random(seed);
    const { text, options, ours, numbers, cells } = file(r);
    const bytes = [...new TextEncoder().encode(text)];
    if (verbose) console.log(JSON.stringify(text), options, ours, numbers);
    const wanted = await ask({ bytes, options }).catch((error) => error);
    if (wanted instanceof Error) {
      yield { seed, result: "none", why: wanted.message.slice(0, 120), cells };
      continue;
    }
    try {
      const why = await difference(text, ours, numbers, wanted.columns, data);
      yield { seed, cells, result: why ? "wrong" : "right", ...(why ? { why } : {}) };
    } catch (error) {
      const refused = error instanceof cellstate.CellstateError;
      yield { seed, cells, result: refused ? "refused" : "wrong", why: `${error.name}: ${error.message}` };
    }
  }
}

const missing = [
  "",
  "NA",
  "NaN",
  "nan",
  "null",
  "NULL",
  "None",
  "N/A",
  "n/a",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-nan",
  "-NaN",
  "<NA>",
].concat(["1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"]);

/** What stands where pandas has another answer, or null. */
async function difference(text, ours, numbers, columns, { parseCsv, columnNumbers, numericColumns }) {
  const table = await parseCsv(text, ours);
  const names = columns.map(({ name }) => name);
  if (JSON.stringify(table.columns) !== JSON.stringify(names))
    return `columns ${JSON.stringify(names)}, found ${JSON.stringify(table.columns)}`;
  const numeric = new Set(numericColumns(table, numbers));
  for (const [k, { name, kind, values }] of columns.entries()) {
    if (values.length !== table.rows.length) return `${values.length} rows, found ${table.rows.length}`;
    const all = values.every((value) => value === null); // a column of nothing is one of numbers for pandas
    if (kind === "text" || all) {
      if (numeric.has(name)) return `${name}: texts for pandas, numbers here: ${JSON.stringify(values.slice(0, 5))}`;
      const at = values.findIndex((value, i) => {
        const cell = table.rows[i][k];
        return value === null
          ? !missing.includes(cell)
          : String(value) !== cell && !(typeof value === "boolean" && /^(true|false)$/i.test(cell));
      });
      if (at >= 0)
        return `${name}, row ${at}: ${JSON.stringify(values[at])}, found ${JSON.stringify(table.rows[at][k])}`;
      continue;
    }
    const found = columnNumbers(table, [name], { ...numbers, missing: "nan" }).data;
    const at = values.findIndex((value, i) =>
      value === null ? !Number.isNaN(found[i]) : !same(Number(value), found[i]),
    );
    if (at >= 0) return `${name}, row ${at}: ${values[at]}, found ${found[at]} of ${JSON.stringify(table.rows[at][k])}`;
  }
  return null;
}

/** pandas rounds the last digit otherwise where numbers have marks. */
const same = (a, b) => a === b || Math.abs(a - b) <= 4 * Number.EPSILON * Math.abs(b);

/** A file, pandas's options and ours for it. */
function file(r) {
  const cells = [];
  const tried = (name, chance) => {
    if (!r.chance(chance)) return false;
    cells.push(name);
    return true;
  };
  const decimal = tried("decimal comma", 0.15) ? "," : ".";
  const delimiter = decimal === "," ? r.pick([";", "\t"]) : r.pick([",", ",", ",", ";", "\t", "|"]);
  const thousands = tried("thousands", 0.2) ? (decimal === "," ? "." : ",") : undefined;
  const comment = tried("comment", 0.2) ? "#" : undefined;
  const quote = tried("quotes as they stand", 0.12) ? null : '"';
  const end = r.pick(["\n", "\n", "\r\n", ...(comment ? [] : ["\r"])]); // pandas loses a row behind a comment that ends so
  const header = !tried("no header", 0.12);
  const trailing = header && tried("delimiter behind each row", 0.08);
  const index = header && !trailing && tried("names of rows", 0.08);
  const short = tried("rows that end early", 0.12);
  const blank = end !== "\r" && tried("blank lines", 0.2); // behind one that ends so pandas loses an empty first cell
  const odd = quote !== null && tried("quotes amid cells", 0.15);
  const width = r.integer(1, 5);
  const count = r.integer(1, 12);
  const kinds = Array.from({ length: width }, () => r.pick(["whole", "number", "text", "flag", "mixed"]));
  const write = (cell) => {
    const needs = [delimiter, '"', "\n", "\r", ...(comment ? [comment] : [])].some((sign) => cell.includes(sign));
    if (quote === null || (!needs && r.chance(0.9))) return cell;
    return `"${cell.replaceAll('"', '""')}"`;
  };
  const plain = (cell) =>
    quote === null
      ? cell
          .replaceAll(delimiter, "_")
          .replace(/[\r\n]/g, "_")
          .replaceAll(comment ?? "\n", "")
      : cell;
  const number = (whole) => {
    const size = r.pick([1, 10, 1000, 1e5, 1e7]);
    const value = whole ? Math.round(r.next() * size) : r.next() * size;
    const sign = r.chance(0.2) ? "-" : r.chance(0.05) ? "+" : "";
    const form = whole
      ? String(value)
      : r.pick([value.toFixed(r.integer(1, 4)), String(value), value.toExponential(3)]);
    const [digits, rest = ""] = form.split(/(?=[.e])(.*)/s);
    const grouped =
      thousands && /^\d+$/.test(digits) && r.chance(0.8) ? digits.replace(/\B(?=(\d{3})+$)/g, thousands) : digits;
    return `${sign}${grouped}${rest.replace(".", decimal)}`;
  };
  const texts = [
    "cat",
    "two words",
    "a,b",
    "a;b",
    'say "hi"',
    "line\nend",
    "line\r\nend",
    "été",
    "日本",
    "😀",
    "3 apples",
    "2020-01-02",
    "x|y",
    " padded ",
    "tab\there",
  ];
  const cell = (kind) => {
    if (r.chance(0.12)) return r.pick(missing);
    if (kind === "whole") return number(true);
    if (kind === "number") return number(false);
    if (kind === "flag") return r.pick(["True", "False"]);
    if (kind === "mixed" && r.chance(0.6)) return number(r.chance(0.5));
    const text = r.pick(texts);
    return comment ? text.replaceAll("#", "") : text;
  };
  const names = ["a", "b", "a", "value", "b", "Ünit", "", "a.1"];
  const lines = [];
  if (header)
    lines.push(
      Array.from({ length: width }, () => write(r.pick(width === 1 ? names.filter(Boolean) : names))).join(delimiter),
    );
  for (let i = 0; i < count; i++) {
    const row = kinds.map((kind) => {
      const one = cell(kind);
      if (odd && kind === "text" && r.chance(0.3)) return r.pick(['5" pipe', '"x"y', '"a"" b"c']);
      return write(plain(one));
    });
    if (short && i > 0 && width > 1 && r.chance(0.3)) row.length = r.integer(1, width);
    if (trailing) row.push("");
    if (index) row.unshift(`r${i}`);
    if (index && row.at(-1) === "") row[row.length - 1] = "0"; // all empty, they would be taken for delimiters behind each row
    // Behind a closing quote pandas takes the sign of a comment for a part of the cell.
    const aside = comment && !row.at(-1).endsWith('"') && r.chance(0.15) ? `${comment} said, aside` : "";
    lines.push(row.join(delimiter) + aside);
    if (blank && r.chance(0.3)) lines.push(r.pick(["", "", "  "]));
    if (comment && r.chance(0.15)) lines.push(`${comment} a line, of its own`);
  }
  if (comment && r.chance(0.3)) lines.unshift(`${comment} first`);
  const mark = tried("byte order mark", 0.1) ? "\ufeff" : "";
  const text = `${mark}${lines.join(end)}${r.chance(0.8) ? end : ""}`;
  const options = {
    sep: delimiter,
    decimal,
    ...(thousands ? { thousands } : {}),
    ...(comment ? { comment } : {}),
    ...(quote === null ? { quoting: 3 } : {}),
    ...(header ? {} : { header: null, names: kinds.map((_, k) => String(k + 1)) }),
    ...(trailing ? { index_col: false } : {}),
  };
  const ours = {
    delimiter,
    quote,
    ...(comment ? { comment } : {}),
    ...(header ? {} : { header: "none" }),
  };
  return { text, options, ours, numbers: { decimal, ...(thousands ? { thousands } : {}) }, cells };
}
