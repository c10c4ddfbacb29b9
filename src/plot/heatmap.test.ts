import { expect, test } from "vitest";
import { DataError, ShapeError } from "../errors.ts";
import { plotHeatmap } from "./index.ts";

const rectangles = (svg: string) =>
  [...svg.matchAll(/<rect [^>]*width="(\d+)"[^>]*fill="(#[0-9a-f]{6})"\/>/g)].slice(1);

test("the largest value is darkest, the smallest is left white, equal neighbours are one rectangle", async () => {
  const drawn = rectangles(await plotHeatmap([[0, 1, 1, 0.5]]));
  expect(drawn.map(([, width]) => Number(width))).toEqual([72, 36]);
  expect(drawn.map(([, , fill]) => fill)).toEqual(["#005488", "#80aac4"]);
});

test("a range of one's own says what is darkest", async () => {
  const [[, , fill]] = rectangles(await plotHeatmap([[0, 0.5]], { range: [0, 1] }));
  expect(fill).toBe("#80aac4");
});

test("values that are all the same break nothing", async () => {
  expect(await plotHeatmap([[3, 3]])).not.toContain("NaN");
});

test("words stand at their rows and columns; without words a few numbers do", async () => {
  const svg = await plotHeatmap([[1], [2]], { rowLabels: ["je", "dors"], columnLabels: ["sleep"], xLabel: "English" });
  for (const word of ["je", "dors", "sleep", "English"]) expect(svg).toContain(`>${word}</text>`);
  const numbered = await plotHeatmap([Array.from({ length: 60 }, (_, j) => j)]);
  expect(numbered).toContain(">50</text>");
  expect(numbered).not.toContain(">7</text>");
});

test("what is no table of finite numbers is refused by its place", async () => {
  await expect(plotHeatmap([1, 2])).rejects.toThrow(ShapeError);
  await expect(plotHeatmap([1, 2])).rejects.toThrow("[row]");
  await expect(plotHeatmap([[1], [Number.NaN]])).rejects.toThrow("[1][0]");
  await expect(plotHeatmap([[1]], { rowLabels: ["a", "b"] })).rejects.toThrow(DataError);
  await expect(plotHeatmap([[1]], { rowLabels: ["a", "b"] })).rejects.toThrow(/1 rowLabels, received 2\.\n {2}Give ""/);
});
