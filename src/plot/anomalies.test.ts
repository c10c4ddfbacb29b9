import { expect, test } from "vitest";
import { plotAnomalies } from "./anomalies.ts";

const values = Array.from({ length: 5000 }, (_, t) => Math.sin(t / 20) + (t === 3000 ? 9 : 0));
const alarms = [{ from: 3000, to: 3000 }];

test("an alarm of one row is shaded, and a spike among many rows is drawn", async () => {
  const svg = await plotAnomalies(
    { values, alarms, scores: values.map(Math.abs), threshold: 4 },
    { columns: ["load"] },
  );
  expect(svg).toContain("load");
  expect(svg).toContain("threshold");
  expect(svg.match(/fill-opacity="0.4"/g)).toHaveLength(2); // in both panels
  expect(svg.length).toBeLessThan(150_000); // bytes: 5,000 rows are not drawn one by one
  const [, width] = /fill-opacity="0.4"[^>]*><rect[^>]* width="([\d.]+)"/.exec(svg)!;
  expect(Number(width)).toBeGreaterThan(2); // pixels
  const calm = await plotAnomalies({ values: values.map((v) => Math.min(v, 1)), alarms: [] });
  expect(calm).not.toContain('fill-opacity="0.4"');
});

test("several columns have a panel each, and dates mark the axis", async () => {
  const dates = Array.from({ length: 48 }, (_, t) => new Date(Date.UTC(2024, 0, 1, t)).toISOString().slice(0, 16));
  const rows = dates.map((_, t) => [t, -t]);
  const svg = await plotAnomalies({ values: rows, alarms: [], dates, usual: [dates.map((_, t) => t)] });
  expect(svg).toContain("column 1");
  expect(svg).toContain("2024-01-01");
  expect(svg).toContain("usual");
});

test("scores of another length and an empty series are refused", async () => {
  await expect(plotAnomalies({ values, alarms, scores: [1] })).rejects.toThrow("5000 scores, one for each row");
  await expect(plotAnomalies({ values: [], alarms })).rejects.toThrow("a series with rows");
});
