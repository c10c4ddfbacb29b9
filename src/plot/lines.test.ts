import { build } from "esbuild";
import { parseHTML } from "linkedom";
import { afterEach, expect, test, vi } from "vitest";
import { DataError } from "../errors.ts";
import { type LinePanel, plotLines } from "./lines.ts";

const panel: LinePanel = {
  title: "Gates",
  xLabel: "Time (s)",
  yLabel: "Activation",
  series: [
    { name: "input", y: [1, 2, 4] },
    { name: "forget", y: [4, 3, 2], dashed: true },
  ],
};

afterEach(() => vi.unstubAllGlobals());

function read(svg: string) {
  const root = parseHTML(`<body>${svg}</body>`).document.querySelector("svg") as unknown as SVGElement;
  const all = (selector: string) => [...root.querySelectorAll(selector)];
  return { root, all, texts: all("text").map((element) => element.textContent) };
}

/** Pixel positions of every curve, in the order drawn. */
function curves(svg: string): number[][][] {
  const paths = read(svg).all('[aria-label="line"] path');
  return paths.map((path) =>
    [...path.getAttribute("d")!.matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map((m) => [+m[1], +m[2]]),
  );
}

test("curves keep the proportions of the data, upward and to the right", async () => {
  const [input, forget] = curves(await plotLines([panel]));
  expect(input.length).toBe(3);
  expect(input[1][0] - input[0][0]).toBeCloseTo(input[2][0] - input[1][0], 1); // pixels, written with three decimals
  expect((input[0][1] - input[1][1]) * 2).toBeCloseTo(input[1][1] - input[2][1], 1);
  expect(input[0][1]).toBeGreaterThan(input[2][1]);
  expect(forget[0]).toEqual([input[0][0], input[2][1]]); // both are 4, at the first and at the last x
});

test("labels, title and names of the curves are written out", async () => {
  const { texts, root, all } = read(await plotLines([panel], { title: "A <b> & c" }));
  for (const words of ["A <b> & c", "Gates", "Time (s)", "Activation", "input", "forget"])
    expect(texts).toContain(words);
  expect(root.getAttribute("aria-label")).toBe("A <b> & c. Gates: input from 1 to 4, forget from 4 to 2.");
  expect(all("[stroke-dasharray]").length).toBe(2); // the dashed curve and its sample in the legend
});

test("the drawing is dark on a white ground of its full size, whatever page it is put on", async () => {
  const { root, all } = read(await plotLines([panel, panel, panel]));
  const ground = all("rect")[0];
  expect([ground.getAttribute("width"), ground.getAttribute("height")]).toEqual(["900", String(12 + 2 * 350)]);
  expect(ground.getAttribute("fill")).toBe("#ffffff");
  expect(root.getAttribute("color")).toBe("#1f2328");
  expect(root.getAttribute("viewBox")).toBe("0 0 900 712");
});

test("the same data give the same text", async () => {
  expect(await plotLines([panel])).toBe(await plotLines([panel]));
});

test("values that are not finite leave a gap, a point between two of them gets a dot, and the legend counts them", async () => {
  const y = [Number.NaN, 1, Number.NaN, 3, 4, Number.POSITIVE_INFINITY, ...Array.from({ length: 40 }, () => 2)];
  const svg = await plotLines([{ ...panel, series: [{ name: "input", y }] }]);
  const { all, texts } = read(svg);
  expect(svg.replace("input from NaN to 2", "")).not.toMatch(/NaN|Infinity/);
  expect(texts).toContain("input (3 of 46 not a number)");
  expect(all('[aria-label="dot"] circle').length).toBe(1); // 46 points are too many to mark each
  expect(curves(svg)[0].filter(([x]) => Number.isFinite(x)).length).toBe(43);
});

test("one point, equal points and no finite point at all still make a chart with finite coordinates", async () => {
  for (const y of [[0.5], [0, 0, 0], [7, 7], [Number.NaN, Number.NaN], [1e30, 2e30], [1e-12, 3e-12]]) {
    const svg = await plotLines([{ ...panel, series: [{ name: "a", y }] }]);
    expect(svg.replace("from NaN to NaN", "")).not.toMatch(/NaN|Infinity|undefined/);
    expect(read(svg).all('[aria-label="dot"] circle').length).toBe(y.filter(Number.isFinite).length);
  }
});

test("x may be any ascending numbers", async () => {
  const svg = await plotLines([{ ...panel, series: [{ name: "a", x: [0.5, 1, 2.5], y: [1, 2, 3] }] }]);
  const [[a, b, c]] = curves(svg);
  expect((b[0] - a[0]) * 3).toBeCloseTo(c[0] - b[0], 1);
  const single = await plotLines([{ ...panel, series: [{ name: "a", x: [0.25], y: [1] }] }]);
  expect(single).not.toMatch(/NaN|undefined/);
});

test("a panel without curves, a curve without values and x of another length are errors with names", async () => {
  await expect(plotLines([])).rejects.toThrow(DataError);
  await expect(plotLines([{ ...panel, series: [] }])).rejects.toThrow(/plot "Gates": expected at least one curve/);
  await expect(plotLines([{ ...panel, series: [{ name: "a", y: [] }] }])).rejects.toThrow(/values for "a"/);
  await expect(plotLines([{ ...panel, series: [{ name: "a", x: [1], y: [1, 2] }] }])).rejects.toThrow(
    /2 finite x for "a"/,
  );
});

test("where there is a page its own document draws", async () => {
  const page = parseHTML("<body></body>").document;
  const create = vi.spyOn(page, "createElementNS");
  vi.stubGlobal("document", page);
  const svg = await plotLines([panel]);
  expect(create).toHaveBeenCalled();
  vi.unstubAllGlobals();
  expect(svg).toBe(await plotLines([panel]));
});

test("a browser bundle holds no other document than the page's", async () => {
  const entry = new URL("./index.ts", import.meta.url).pathname;
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    splitting: true,
    minify: true,
    outdir: "bundle",
    logLevel: "silent",
  });
  const inputs = Object.keys(result.metafile.inputs);
  expect(inputs.some((path) => path.includes("@observablehq/plot"))).toBe(true);
  expect(inputs.filter((path) => path.includes("linkedom"))).toEqual([]);
  const start = result.outputFiles.find((file) => file.path.endsWith("index.js"))!;
  expect(start.contents.length).toBeLessThan(47_000); // bytes: Plot itself is a chunk of its own, loaded on first use
});
