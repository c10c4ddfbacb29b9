/** The parts of the site that need no browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cellsOf, kerasLines } from "../../site/build/keras-lines.ts";
import { deadLinks } from "../../site/build/links.ts";
import { slugger } from "../../site/build/slug.ts";
import { roads, tenLines } from "../../site/build/start-page.ts";
import { linked, linkTo } from "../../site/client/link.ts";
import { shown } from "../../site/sandbox/shown.ts";
import { readHandIn } from "../../site/shared/hand-in.ts";
import { bounds, readTold } from "../../site/shared/messages.ts";

const root = join(import.meta.dirname, "../..");

test("headings have the addresses that GitHub gives them", () => {
  const slug = slugger();
  expect(["What each gate does", "`npm start`, again!", "What each gate does", "RNN → LSTM"].map(slug)).toEqual([
    "what-each-gate-does",
    "npm-start-again",
    "what-each-gate-does-1",
    "rnn--lstm",
  ]);
});

test("Keras's program is the column of the lab's table, with the steps as comments", () => {
  const lines = kerasLines(readFileSync(join(root, "docs/labs/pass-fail.md"), "utf8"))!;
  expect(lines).toContain('# one probability\nmodel.add(Dense(1, activation="sigmoid"))');
  expect(lines.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toHaveLength(9);
  expect(cellsOf("| a `x|y` | b \\| c |")).toEqual(["a `x|y`", "b | c"]);
  expect(kerasLines("# A page without a table\n")).toBeNull();
});

test("a link to a page or a heading that is not there is named", () => {
  const pages = new Map([
    [
      "index.html",
      '<a href="labs/a.html#here">x</a><a href="labs/a.html#gone">x</a><img src="b.svg"><a href="https://example.org">x</a>',
    ],
    ["labs/a.html", '<h2 id="here">x</h2><a href="../index.html">x</a><a href="c.html">x</a><a href="#nowhere">x</a>'],
  ]);
  expect(deadLinks(pages, new Set())).toEqual([
    "index.html: labs/a.html#gone",
    "index.html: b.svg",
    "labs/a.html: c.html",
    "labs/a.html: #nowhere",
  ]);
});

test("the README's first screen has both roads and the ten lines, which the start page shows", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  expect(readme.indexOf("npm install cellstate")).toBeLessThan(1500);
  expect(roads(readme)).toMatch(/npm install cellstate[\s\S]*npm ci && npm start/);
  expect(tenLines(readme)).toContain('await model.save("pass-fail.keras")');
  expect(() => roads("```\nnpm ci\n```")).toThrow("both roads");
});

test("values are shown as Node shows them", () => {
  expect(shown("a 'b'")).toBe("a 'b'");
  expect(shown([[0.5, -0], ["x"]])).toBe("[ [ 0.5, -0 ], [ 'x' ] ]");
  expect(shown({ a: 1, "b-c": [true, null, undefined] })).toBe("{ a: 1, 'b-c': [ true, null, undefined ] }");
  expect(shown(new Float32Array([1, 2]))).toBe("Float32Array(2) [ 1, 2 ]");
  expect(shown(new Map([["a", new Set([1])]]))).toBe("Map(1) { 'a' => Set(1) { 1 } }");
  const circle: { me?: object } = {};
  circle.me = circle;
  expect(shown(circle)).toBe("{ me: [Circular] }");
  expect(shown(Array.from({ length: 200 }, (_, i) => i))).toMatch(
    /^\[\n {2}0, 1, .*\n[\s\S]*\.\.\. 100 more items\n\]$/,
  );
  expect(shown(new RangeError("too far"))).toBe("RangeError: too far");
});

test("a link carries code and gives it back; a damaged, long or foreign hash gives none", async () => {
  Object.assign(globalThis, { location: { href: "https://example.org/labs/a.html#old" } });
  try {
    const code = 'const a: number = 1; // "é" 漢字\n'.repeat(30);
    const link = await linkTo(3, code);
    expect(link.length).toBeLessThan(300);
    const hash = new URL(link).hash;
    expect(await linked(hash)).toEqual({ cell: 3, code });
    const bomb = new URL(await linkTo(1, "a".repeat(5_000_000))).hash;
    for (const bad of ["", "#examples", "#cell=1&code=", hash.slice(0, -9), `${hash}!`, "#cell=1&code=AAAA", bomb])
      expect(await linked(bad), bad.slice(0, 40)).toBeNull();
  } finally {
    Reflect.deleteProperty(globalThis, "location");
  }
});

test("what a cell's worker says is taken only in its form and within bounds", () => {
  expect(readTold({ kind: "lines", lines: ["a", 5, "x".repeat(bounds.line + 1)] })).toEqual({
    kind: "lines",
    lines: ["a"],
  });
  expect(readTold({ kind: "file", name: "../..\\evil name?.keras", bytes: new Uint8Array(2) })).toMatchObject({
    name: "__.._evil name_.keras",
  });
  expect(readTold({ kind: "epoch", epoch: 1, epochs: 3, logs: { loss: 0.5, evil: "x" } })).toEqual({
    kind: "epoch",
    epoch: 1,
    epochs: 3,
    logs: { loss: 0.5 },
  });
  const bad = [
    null,
    5,
    "done",
    {},
    { kind: "eval" },
    { kind: "figure", svg: 5 },
    { kind: "lines", lines: "a" },
    { kind: "done", seconds: "1" },
    { kind: "figure", svg: "x".repeat(bounds.svg + 1) },
  ];
  for (const data of bad) expect(readTold(data)).toBeNull();
});

test("a hand-in is read; what is none is refused in a sentence", () => {
  const cell = { number: 1, label: "Program 1", code: "1", changed: true, output: "1\n", seconds: 0.1 };
  const good = {
    format: "cellstate-lab",
    version: 1,
    lab: "memory",
    name: "Ada",
    answers: "f",
    saved: "2026-01-01",
    cells: [cell, { number: "x" }],
  };
  expect(readHandIn(JSON.stringify(good))).toEqual({ ...good, cells: [cell] });
  expect(readHandIn("{")).toContain("not JSON");
  expect(readHandIn("null")).toContain("not a hand-in");
  expect(readHandIn(JSON.stringify({ ...good, version: 2 }))).toContain("version 2");
  expect(readHandIn(JSON.stringify({ ...good, name: 5 }))).toContain("missing");
  expect(readHandIn(" ".repeat(6e6))).toContain("5 MB");
});
