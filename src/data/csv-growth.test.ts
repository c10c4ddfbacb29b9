/** Sizes at which a scan inside a loop would take minutes: time grows as the text does. */
import { expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { columnNumbers, numericColumns } from "./column-numbers.ts";
import { parseCsv } from "./csv.ts";

test("a cell of half a million digits and a letter is no number, and is found out at once", async () => {
  for (const cell of [
    `${"1".repeat(500_000)}x`,
    `${"1".repeat(250_000)}.${"1".repeat(250_000)}x`,
    `${" ".repeat(500_000)}x`,
  ])
    expect(numericColumns(await parseCsv(`a,b\n${cell},1\n`))).toEqual(["b"]);
  const digits = await parseCsv(`a\n${"1".repeat(500_000)}e\n`);
  expect(() => columnNumbers(digits)).toThrow(/a number on line 2 in column "a"/);
});

const columns = thorough ? 200_000 : 40_000;

test(`${columns} columns are read, chosen and told apart by their names`, async () => {
  const names = Array.from({ length: columns }, (_, i) => `c${i}`);
  const line = names.map((_, i) => i).join();
  const table = await parseCsv(`${names.join()}\n${line}\n`);
  expect(columnNumbers(table).shape).toEqual([1, columns]);
  const turned = await parseCsv(`${names.join()}\n${line}\n`, { columns: names.toReversed() });
  expect(turned.rows[0].slice(0, 2)).toEqual([`${columns - 1}`, `${columns - 2}`]);
  expect((await parseCsv(`${names.join()},c9\n`)).columns.at(-1)).toBe("c9.1");
  const same = await parseCsv(`${"a,".repeat(columns)}a.${columns}\n`);
  expect(same.columns.slice(-2)).toEqual([`a.${columns - 1}`, `a.${columns}`]);
});

test("quotes without number, empty lines and lone delimiters cost no more than their bytes", async () => {
  const n = thorough ? 300_000 : 60_000;
  expect((await parseCsv(`a\n"${'""'.repeat(n)}"\n`)).rows[0][0]).toHaveLength(n);
  expect((await parseCsv(`a\n${"\n".repeat(n)}1\n`)).lines).toEqual([n + 2]);
  expect((await parseCsv(`a\n${'"x"\n'.repeat(n)}`)).rows).toHaveLength(n);
  await expect(parseCsv(`a\n"${"x\n".repeat(n)}`)).rejects.toThrow(/every quote closed/);
  await expect(parseCsv(`a\n${",".repeat(n)}\n`)).rejects.toThrow(/1 cells on line 2/);
});
