import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type CellstateError, DataError, FormatError, ShapeError } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { columnNumbers, type NumberOptions, numericColumns, unusualNumbers } from "./column-numbers.ts";
import { type CsvOptions, formatCsv, parseCsv, readCsv, writeCsv } from "./csv.ts";
import { numberStyle } from "./number-style.ts";
import { readJsonLines, readLines } from "./read-text.ts";
import { timeSeries } from "./time/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-csv-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, contents: string | Uint8Array) => {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
};

test("a byte order mark, any line ending, empty lines and blanks around names are no obstacle", async () => {
  const table = await parseCsv("\ufeffa, b\r\n1,2\n\n3,4\r\n   \r5,6\r\n");
  expect(table).toEqual({
    columns: ["a", "b"],
    rows: [
      ["1", "2"],
      ["3", "4"],
      ["5", "6"],
    ],
    lines: [2, 4, 6],
  });
});

test("quoted cells hold delimiters, quotes and line ends, and the lines after them keep their numbers", async () => {
  const table = await parseCsv('a,b\n"1,5","say ""hi"""\n"two\nlines",x\n3,4\n');
  expect(table.rows).toEqual([
    ["1,5", 'say "hi"'],
    ["two\nlines", "x"],
    ["3", "4"],
  ]);
  expect(table.lines).toEqual([2, 3, 5]);
});

test("the delimiter is found among comma, semicolon, tab and bar", async () => {
  for (const sign of [",", ";", "\t", "|"]) {
    const { columns, rows } = await parseCsv(["a b", "1 2", "3 4"].join("\n").replaceAll(" ", sign));
    expect([columns, ...rows]).toEqual([
      ["a", "b"],
      ["1", "2"],
      ["3", "4"],
    ]);
  }
  const european = await parseCsv("x;y\n1,5;2,5\n3,5;4,5\n");
  expect(columnNumbers(european, undefined, { decimal: "," }).toArray()).toEqual([
    [1.5, 2.5],
    [3.5, 4.5],
  ]);
  expect((await parseCsv("only\n1\n2\n")).rows).toEqual([["1"], ["2"]]);
});

test("a file without a header has numbered columns, or the names it is given", async () => {
  expect((await parseCsv("1,2\n3,4", { header: "none" })).columns).toEqual(["1", "2"]);
  const named = await parseCsv("1,2\n3,4", { header: ["x", "y"], columns: ["y"] });
  expect(named).toEqual({ columns: ["y"], rows: [["2"], ["4"]], lines: [1, 2] });
});

test("missing cells are refused, dropped, repeated or NaN, as one asks", async () => {
  const table = await parseCsv("a,b\nNA,1\n2,\n3,4\n,5\n");
  const numbers = (missing: NumberOptions["missing"]) => columnNumbers(table, ["a", "b"], { missing }).toArray();
  expect(numbers("drop")).toEqual([[3, 4]]);
  expect(numbers("previous")).toEqual([
    [3, 4],
    [3, 5],
  ]);
  expect(numbers("nan")).toEqual([
    [Number.NaN, 1],
    [2, Number.NaN],
    [3, 4],
    [Number.NaN, 5],
  ]);
  expect(() => numbers("refuse")).toThrow('a number on line 2 in column "a", received "NA"');
});

test("only columns of numbers count as such", async () => {
  const table = await parseCsv("day,t,hex,gaps\n2020-01-01,1e-3,0x10,\n2020-01-02,-.5,1,NA\n");
  expect(numericColumns(table)).toEqual(["t"]);
  expect(columnNumbers(table, ["t"]).toArray()).toEqual([[1e-3], [-0.5]]);
});

test("times, prices and ids come as they are written", async () => {
  const table = await parseCsv("time,id,price\n1700000030,9007199254740991,0.1\n");
  expect(columnNumbers(table).toArray()).toEqual([[1700000030, 9007199254740991, 0.1]]);
});

test("what is written reads back the same, whatever the cells", async () => {
  const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", ";", "é", " ", "1") }).map((text) => `x${text}`);
  const tables = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(tables, async (rows) => {
      const text = await formatCsv({ columns: ["a", "b"], rows });
      expect((await parseCsv(text, { delimiter: "," })).rows).toEqual(rows);
    }),
    { seed: 11, numRuns: 200 },
  );
});

test("numbers are written short and read back to the bit", async () => {
  const values = Float32Array.of(0.1, 1 / 3, -1e-30, 123456.79, 16777216, Number.NaN);
  const text = await formatCsv({ columns: ["a", "b"], rows: new NdArray(values, [3, 2]) });
  expect(text.split("\n").slice(0, 2)).toEqual(["a,b", "0.1,0.33333334"]);
  const back = columnNumbers(await parseCsv(text), undefined, { missing: "nan" });
  expect(Array.from(back.data, Math.fround)).toEqual(Array.from(values));
  expect(await formatCsv({ columns: ["a"], rows: [[0.1 + 0.2]] }, { delimiter: ";" })).toBe("a\n0.30000000000000004\n");
});

test("files are written and read, also in another encoding or as a Blob", async () => {
  const path = join(folder, "out.csv");
  await writeCsv(path, { columns: ["a", "b"], rows: [[1, "é"]] });
  expect((await readCsv(path)).rows).toEqual([["1", "é"]]);
  expect((await readCsv(new Blob(["a\n1\n"]))).rows).toEqual([["1"]]);
  const latin = file("latin.csv", Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a)); // "a\né\n"
  expect((await readCsv(latin, { encoding: "windows-1252" })).rows).toEqual([["é"]]);
  await expect(readCsv(latin)).rejects.toThrow('encoding: "windows-1252"');
});

test("lines keep their places, JSON lines name the one that is none", async () => {
  expect(await readLines(file("a.txt", "\ufeffone\r\n\r\nthree\n"))).toEqual(["one", "", "three"]);
  expect(await readLines(file("b.txt", ""))).toEqual([]);
  expect(await readJsonLines(file("a.jsonl", '{"a": 1}\n\n[2]\n'))).toEqual([{ a: 1 }, [2]]);
  await expect(readJsonLines(file("b.jsonl", '{"a": 1}\n{"a": }\n'))).rejects.toThrow("JSON on line 2");
});

const courseData = new URL("../../../shared/data/timeseries/", import.meta.url);
test.runIf(existsSync(courseData) || void console.warn("skipped: ../shared/data/timeseries is not here"))(
  "the course's series are read as they are",
  async () => {
    const [airline, stock, air] = await Promise.all(
      ["airline-passengers.csv", "Google_Stock_Price_Train.csv", "pollution.csv"].map((name) =>
        readCsv(new URL(name, courseData)),
      ),
    );
    expect(columnNumbers(airline, ["Passengers"]).shape).toEqual([144, 1]);
    expect(numericColumns(stock)).toEqual(["Open", "High", "Low", "Close", "Volume"]);
    expect(numericColumns(air)).not.toContain("cbwd");
    expect(() => columnNumbers(air, ["pm2.5"])).toThrow('line 2 in column "pm2.5", received "NA"');
    expect(columnNumbers(air, ["pm2.5", "TEMP"], { missing: "drop" }).shape).toEqual([43824 - 2067, 2]);
  },
);

type Wrong = [run: () => unknown, error: typeof CellstateError, message: RegExp];
const parse = (text: string, options: CsvOptions = {}) => parseCsv(text, options);
const numbers = async (text: string, names?: string[], options?: NumberOptions) =>
  columnNumbers(await parse(text), names, options);
const wrong: Wrong[] = [
  [() => parse(""), FormatError, /at least one row, received an empty text/],
  [() => parse("\n \n"), FormatError, /at least one row/],
  [() => parse("a,b\n1,2\n\n3,4,5\n"), FormatError, /2 cells on line 4, one per column, received 3/],
  [() => parse("x\n3,14\n2,5\n"), FormatError, /1 cells on line 2, one per column, received 2/],
  [() => parse("a,b\n1,2,3\n"), FormatError, /line 2, one per column, received 3/],
  [() => parse('a,b\n1,2\n"3,4\n5,6\n'), FormatError, /every quote closed in the row on line 3/],
  [() => parse("a\n1", { columns: ["A"] }), DataError, /column of the table, received "A"[\s\S]*"a"/],
  [() => parse("a\n1", { delimiter: "ab" }), DataError, /delimiter to be one character/],
  [() => parse("a\n1", { header: true as never }), DataError, /header "first", "none", "guess" or a list/],
  [() => parse(null as never), DataError, /a text, received null[\s\S]*readCsv/],
  [() => numbers("a,b\n1,x\n"), FormatError, /a number on line 2 in column "b", received "x"[\s\S]*numericColumns/],
  [() => numbers('a\n"1\n2"\n', ["a"]), FormatError, /line 2 in column "a"/],
  [() => numbers("a;b\n1,5;2\n", ["a"]), FormatError, /decimal: ","/],
  [() => numbers("a\nInfinity\n"), FormatError, /received "Infinity"/],
  [() => numbers("a\n1\n", ["b"]), DataError, /received "b"/],
  [() => numbers("a\n1\n", []), DataError, /at least one column/],
  [() => numbers("a\n1\n", ["a"], { missing: "zero" as never }), DataError, /known way for missing, received "zero"/],
  [() => numbers("a\n1\n", ["a"], { decimal: ":" as never }), DataError, /decimal "\." or ","/],
  [() => readCsv(join(folder, "absent.csv")), DataError, /a file at .*absent\.csv/],
  [() => readCsv("a,b\n1,2\n"), DataError, /a text of several lines[\s\S]*parseCsv/],
  [() => readCsv(3 as never), DataError, /a path, a URL or a Blob, received 3/],
  [() => readCsv(folder, { encoding: "klingon" }), DataError, /a file at|an encoding/],
  [() => readLines(file("c.txt", "a"), { encoding: "klingon" }), DataError, /an encoding as the web names it/],
  [() => formatCsv({ columns: ["a"], rows: [[1, 2]] }), ShapeError, /1 cells in row 0, one per column, received 2/],
  [() => formatCsv({ columns: ["a"], rows: new NdArray(new Float32Array(2)) }), ShapeError, /rows \[N, D\]/],
];

test("wrong files and options are refused by line, column and name", async () => {
  for (const [run, error, message] of wrong) {
    const thrown = await (async () => run())().then(
      () => null,
      (e: unknown) => e,
    );
    expect(thrown, String(message)).toBeInstanceOf(error);
    expect((thrown as Error).message).toMatch(message);
  }
});

test("an address that cannot be reached is told as such", async () => {
  const fetched = readCsv("http://127.0.0.1:1/rows.csv"); // a port that fetch refuses by itself
  await expect(fetched).rejects.toThrow(DataError);
  await expect(fetched).rejects.toThrow(
    /a file at http:\/\/127\.0\.0\.1:1\/rows\.csv, received .*\n {2}Check the address/,
  );
});

test("an empty cell in quotes is a row of a file of one column, an empty line is none", async () => {
  const table = await parseCsv('v\n"1"\n""\n\n"3"\n');
  expect(table).toMatchObject({ rows: [["1"], [""], ["3"]], lines: [2, 3, 5] });
  expect(columnNumbers(table, ["v"], { missing: "previous" }).toArray()).toEqual([[1], [1], [3]]);
});

test("line ends in quotes stay as they are, whatever ends the rows", async () => {
  // pandas.read_csv(io.BytesIO(...)) of the same bytes
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["a,b", '"x\r\ny",1', '"p\nq",2', '"r\rs ""t""",5" pipe', ""].join(end);
    const { rows, lines } = await parseCsv(text);
    expect(rows).toEqual([
      ["x\r\ny", "1"],
      ["p\nq", "2"],
      ['r\rs "t"', '5" pipe'],
    ]);
    expect(lines).toEqual([2, 4, 6]);
  }
});

test("the delimiter is the one that cuts every row alike", async () => {
  expect((await parseCsv("name,note; long; text\nann,x\nbob,y\n")).rows).toEqual([
    ["ann", "x"],
    ["bob", "y"],
  ]);
  expect((await parseCsv("day;temp\n1;20,5\n2;17,9\n")).rows[1]).toEqual(["2", "17,9"]);
  expect(await parseCsv("sep=|\na|b,c\n1|2\n")).toMatchObject({
    columns: ["a", "b,c"],
    rows: [["1", "2"]],
    lines: [3],
  }); // Excel's
});

test("columns are named as pandas names them", async () => {
  const names = async (line: string) => (await parseCsv(`${line}\n`)).columns;
  expect(await names("t,load,load,load")).toEqual(["t", "load", "load.1", "load.2"]);
  expect(await names("a,a,a.1,a")).toEqual(["a", "a.2", "a.1", "a.3"]);
  expect(await names(",a,,Unnamed: 0")).toEqual(["Unnamed: 0.1", "a", "Unnamed: 2", "Unnamed: 0"]);
});

test("rows that end early, delimiters behind each row, and rows with names of their own", async () => {
  const table = async (text: string, options = {}) => {
    const { columns, rows } = await parseCsv(text, options);
    return [columns, ...rows];
  };
  expect(await table("a,b,c\n1,2\n3\n")).toEqual([
    ["a", "b", "c"],
    ["1", "2", ""],
    ["3", "", ""],
  ]);
  expect(await table("a,b\n1,2,\n3,4,\n")).toEqual([
    ["a", "b"],
    ["1", "2"],
    ["3", "4"],
  ]);
  expect(await table("a,b\n1,5,6\n2,7,8\n")).toEqual([
    ["index", "a", "b"],
    ["1", "5", "6"],
    ["2", "7", "8"],
  ]);
});

test("comments and quotes are read as asked", async () => {
  const text = '# made by hand\na,b\n1,"2 # no" # yes\n#\n3,4\n';
  const { rows, lines } = await parseCsv(text, { comment: "#" });
  expect([rows, lines]).toEqual([
    [
      ["1", "2 # no "],
      ["3", "4"],
    ],
    [3, 5],
  ]);
  expect((await parseCsv('a\tb\n"oh\tx"y\n', { quote: null })).rows).toEqual([['"oh', 'x"y']]);
  expect((await parseCsv('a,b\n5" pipe,"x"y\n')).rows).toEqual([['5" pipe', "xy"]]);
});

test("a first row of numbers, dates or classes is data where the header is guessed", async () => {
  const named = async (text: string) => (await parseCsv(text, { header: "guess" })).named;
  expect(await named("1.5,2020-01-01\n2,3\n")).toBe(false);
  expect(await named("ham\thi there\nspam\twin now\nham\tok\nspam\tfree\nham\tsee you\nham\tbye\n")).toBe(false);
  expect(await named("label,text\nham,hi\nspam,win\n")).toBe(true);
  expect(await named("y,text\ny,hi\nn,win\ny,a\nn,b\n")).toBe(true);
  expect(await named("sales,month\n1,a\n2,b\n")).toBe(true);
});

test("marks between thousands are read where they are named, or where cells are evident", async () => {
  const one = async (cells: string, options: NumberOptions) =>
    columnNumbers(await parseCsv(`a\n${cells}\n`, { delimiter: "|" }), ["a"], options)
      .toArray<number[][]>()
      .flat();
  expect(await one("1,234,567.5\n$12,000\n-3\n1,00,000", { thousands: "," })).toEqual([1234567.5, 12000, -3, 100000]);
  expect(await one("1.234,5\n7", { thousands: ".", decimal: "," })).toEqual([1234.5, 7]);
  expect(await one("1 234\n1\u202f000", { thousands: " " })).toEqual([1234, 1000]);
  await expect(one("1,23", { thousands: "," })).rejects.toThrow(/received "1,23"/);
  await expect(one("1,234", {})).rejects.toThrow(/thousands: ","/);
  const style = async (cells: string) => {
    const {
      column: _,
      cell: __,
      ...found
    } = numberStyle(await parseCsv(`a\n${cells}\n`, { delimiter: "|" })) ?? { column: "", cell: "" };
    return found;
  };
  expect(await style("1,234\n2,345")).toEqual({}); // either
  expect(await style("1,234\n12,345.5")).toEqual({ thousands: "," });
  expect(await style("3,14\n2,5")).toEqual({ decimal: "," });
  expect(await style("1.234,5\n3,14")).toEqual({ decimal: ",", thousands: "." });
  expect(await style("1'234\n12")).toEqual({ thousands: "'" });
  expect(await style("3.14\n12")).toEqual({});
});

test("True and False are ones and zeros, in a column of them alone", async () => {
  const table = await parseCsv("a,b\nTrue,True\nNA,2\nfalse,3\n");
  expect(columnNumbers(table, ["a"], { missing: "nan" }).toArray()).toEqual([[1], [Number.NaN], [0]]);
  expect(() => columnNumbers(table, ["b"])).toThrow(/received "True"/);
  expect(numericColumns(table)).toEqual([]);
});

test("a file in windows-1252 is read with its quotes and dashes, and the encoding of another is guessed", async () => {
  const path = join(folder, "old.csv");
  writeFileSync(path, Buffer.from("text;n\r\nIt\x92s red \x96 5\x80;1\r\n", "latin1"));
  expect((await readCsv(path, { encoding: "windows-1252" })).rows).toEqual([["It’s red – 5€", "1"]]);
  await expect(readCsv(path)).rejects.toThrow('{ encoding: "windows-1252" }');
  writeFileSync(path, Buffer.from([0x82, 0xb1, 0x82, 0xcc, 0x89, 0x66, 0x89, 0xe6, 0x82, 0xcd, 0x0a])); // この映画は
  await expect(readCsv(path)).rejects.toThrow('{ encoding: "shift_jis" }');
});

describe("numbers that are not what stands there at first sight", () => {
  const read = async (cells: readonly string[]) => {
    const table = await parseCsv(`a\n${cells.map((cell) => `"${cell}"`).join("\n")}\n`);
    const style = numberStyle(table) ?? {};
    const told = unusualNumbers(table, ["a"], style).map(({ cell, number }) => `${cell} ${number}`);
    return {
      numbers: columnNumbers(table, ["a"], { ...style, missing: "nan" })
        .toArray<number[][]>()
        .flat(),
      told,
    };
  };

  test.for<[string[], number[], string[]]>([
    [["63.71K", "1.2M", "-", "0", "0.5B"], [63710, 1.2e6, Number.NaN, 0, 5e8], ["63.71K 63710"]],
    [["1.005k", "0.29M", "2 T"], [1005, 290000, 2e12], ["1.005k 1005"]],
    [["63,71K", "1,2M"], [63710, 1.2e6], ["63,71K 63710"]],
    [
      ["1,234.5K", "(2.5K)"],
      [1234500, -2500],
      ["1,234.5K 1234500", "(2.5K) -2500"],
    ],
    [["(3,5)", "4,25"], [-3.5, 4.25], ["(3,5) -3.5"]],
    [["(3.5)", "$(1,200.50)", "($2)", "(4 %)", "(5)%"], [-3.5, -1200.5, -2, -4, -5], ["(3.5) -3.5"]],
    [["1e300K", "1e25M"], [1e303, 1e31], ["1e300K 1e+303"]],
    [["3.5", "4 %"], [3.5, 4], []],
  ])("%j", async ([cells, numbers, told]) => {
    expect(await read(cells)).toEqual({ numbers, told });
  });

  test.for([
    ["63.71K", "12"],
    ["5KM", "2K"],
    ["(-3)", "2"],
    ["((3))", "2"],
    ["K", "2K"],
    ["12m", "3m"],
    ["(3", "2"],
  ])("%j is refused", async (cells) => {
    const table = await parseCsv(`a\n${cells.join("\n")}\n`);
    expect(numericColumns(table)).toEqual([]);
    expect(() => columnNumbers(table)).toThrow(/expected a number on line \d in column "a"/);
  });

  test("a file of Investing.com is read whole, and says so", async () => {
    const table = await parseCsv(
      '"Date","Price","Open","Vol.","Change %"\n"01/03/2024","1,250.30","1,249.00","63.71K","-0.53%"\n"01/02/2024","1,257.00","1,240.10","1.20M","1.25%"\n',
    );
    const { values, columns, notes } = timeSeries(table, {
      thousands: numberStyle(table)?.thousands,
      dateFormat: "month-first",
    });
    expect(columns).toEqual(["Price", "Open", "Vol.", "Change %"]);
    expect(values.toArray()).toEqual([
      [1257, 1240.1, 1_200_000, 1.25],
      [1250.3, 1249, 63710, -0.53],
    ]);
    expect(notes).toContain('"63.71K" in column Vol. is read as 63710');
  });
});
