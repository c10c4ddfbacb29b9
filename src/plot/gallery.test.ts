/** The pictures of `npm run gallery`, checked as far as a program can. */
import { expect, test } from "vitest";
import { svgToPng } from "./png.ts";
import { displayWidth } from "./terminal.ts";
import { figures } from "./testing/figures.ts";
import { overlaps } from "./testing/layout.ts";

const all = await figures();
const pictures = all.filter((figure) => figure.svg !== undefined);
const Resvg = await import("@resvg/resvg-js").then(
  (library) => library.Resvg,
  () => null,
);
if (Resvg === null) console.warn("skipped: @resvg/resvg-js has no binary here");

test("no label lies on another", () => {
  expect(pictures.length).toBeGreaterThan(10);
  for (const { name, svg } of pictures) expect(overlaps(svg!), name).toEqual([]);
  const text = (x: number) => `<text x="${x}" y="20">label</text>`;
  expect(overlaps(`<svg>${text(0)}${text(10)}${text(60)}</svg>`)).toEqual(['"label" and "label"']);
});

test.runIf(Resvg)("nothing is cut off at an edge, drawn with this system's fonts", () => {
  const outside = (svg: string) => {
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const box = new Resvg!(svg.replace(/<rect [^>]*fill="#ffffff"\/>/, "")).getBBox()!;
    return [box.x, box.y, width - box.x - box.width, height - box.y - box.height].filter((room) => !(room >= 1));
  };
  for (const { name, svg } of pictures) expect(outside(svg!), name).toEqual([]);
  const cut =
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect x="9" y="3" width="12" height="3"/></svg>';
  expect(outside(cut)).toEqual([-1]);
});

test.runIf(Resvg)("every picture is XML that another program draws, twice as large as said", async () => {
  for (const { name, svg } of pictures) {
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg!)!.map(Number);
    const png = await svgToPng(svg!);
    const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
    expect([view.getUint32(0), view.getUint32(16), view.getUint32(20)], name).toEqual([
      0x89504e47,
      2 * width,
      2 * height,
    ]);
  }
});

test("every picture says in words what it shows", () => {
  for (const { name, svg } of pictures) expect(/aria-label="([^"]{20,})"/.test(svg!), name).toBe(true);
});

test("the same data give the same text", async () => {
  expect(await figures()).toEqual(all);
});

test("no terminal chart is wider than 80 columns, and none has colour codes unless asked", () => {
  for (const { name, text } of all.filter((figure) => figure.text !== undefined)) {
    expect(Math.max(...text!.split("\n").map(displayWidth)), name).toBeLessThanOrEqual(80);
    expect(text, name).not.toContain("\x1b");
    expect(text, name).not.toMatch(/ $/m);
  }
});
