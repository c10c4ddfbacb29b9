/** The studio's page without a browser: links, colours, bins. */
import { describe, expect, test } from "vitest";
import { binned, rowOf, unitOf } from "../../studio/src/bins.ts";
import { blueOrange, cividis, limitFor, placeIn } from "../../studio/src/colours.ts";
import { readLink, writeLink } from "../../studio/src/link.ts";

describe("links", () => {
  test("what is written is read again, whatever the text", () => {
    const link = { view: "read", lab: "sentiment", input: 'é & "#=%\n<b>', step: 3, unit: 7, cell: null } as const;
    expect(readLink(writeLink(link))).toEqual({ link, notes: [] });
  });
  test("a stranger's link is read as far as it is sound", () => {
    const { link, notes } = readLink("#v=2&lab=sentiment&view=read&step=1e9&unit=0&cell=-1&x=<img>");
    expect(link).toEqual({ view: "read", lab: "sentiment", input: null, step: null, unit: null, cell: null });
    expect(notes).toHaveLength(5);
    for (let seed = 1; seed < 500; seed++) {
      const noise = Array.from({ length: 40 }, (_, k) =>
        String.fromCharCode(33 + (((seed * (k + 7) * 2654435761) >>> 9) % 94)),
      );
      expect(["start", "train"]).toContain(readLink(`#${noise.join("")}`).link.view);
    }
  });
  test("an address without a link says nothing", () => {
    expect(readLink("").notes).toEqual([]);
  });
});

describe("colours", () => {
  test("zero is white and its neighbours have their sides, whatever the data", () => {
    const at = (value: number) => [...blueOrange.subarray(placeIn(value, 5) * 4, placeIn(value, 5) * 4 + 3)];
    const [below, zero, above] = [at(-2), at(0), at(2)];
    expect(Math.min(...zero)).toBeGreaterThan(240);
    expect(below[2]).toBeGreaterThan(below[0]);
    expect(above[0]).toBeGreaterThan(above[2]);
  });
  test("cividis grows lighter with the value", () => {
    const light = (place: number) =>
      0.2126 * cividis[place * 4] + 0.7152 * cividis[place * 4 + 1] + 0.0722 * cividis[place * 4 + 2];
    for (let place = 4; place < 256; place += 4) expect(light(place)).toBeGreaterThan(light(place - 4));
  });
  test("a scale is one of few, and not the data's own", () => {
    expect([0.01, 1, 1.01, 4, 70, 1500].map((v) => limitFor(Float32Array.of(0, -v)))).toEqual([
      1, 1, 2, 5, 100, 10_000,
    ]);
  });
});

test("1,024 units become bins of their smallest and largest values", () => {
  const values = Float32Array.from({ length: 2 * 1024 }, (_, k) => k % 1024);
  const bins = binned(values, 1024);
  expect([bins.rows, bins.size]).toEqual([512, 4]);
  expect([...bins.values.subarray(0, 4)]).toEqual([0, 3, 4, 7]);
  expect([...bins.values.subarray(1022)]).toEqual([1020, 1023]);
  expect([rowOf(5, bins), unitOf(3, bins)]).toEqual([2, 4]);
  expect(binned(values, 512).size).toBe(1);
});
