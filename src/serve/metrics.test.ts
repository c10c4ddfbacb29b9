import { expect, test } from "vitest";
import { dense, input, sequential } from "../index.ts";
import { inferenceServer } from "./inference-server.ts";
import { listen } from "./listen.ts";
import { Metrics } from "./metrics.ts";

test("labels are written as Prometheus reads them: backslash, quote and the end of a line are escaped", () => {
  const metrics = new Metrics();
  metrics.add("cellstate_requests_total", { route: 'a\\b"c\nd' });
  expect(metrics.toString()).toContain('cellstate_requests_total{route="a\\\\b\\"c\\nd"} 1\n');
});

test("a bucket of a histogram has all values up to its bound, as Prometheus counts", () => {
  const metrics = new Metrics();
  for (const rows of [1, 2, 3, 128, 300]) metrics.observe("cellstate_batch_rows", { model: "m" }, rows);
  const buckets = [...metrics.toString().matchAll(/cellstate_batch_rows_bucket\{model="m",le="(.+)"\} (\d+)/g)];
  const counts = { 1: 1, 2: 2, 4: 3, 8: 3, 16: 3, 32: 3, 64: 3, 128: 4, "+Inf": 5 };
  expect(Object.fromEntries(buckets.map(([, bound, count]) => [bound, Number(count)]))).toEqual(counts);
  expect(metrics.toString()).toContain('cellstate_batch_rows_sum{model="m"} 434\n');
});

test("a server on a port tells how late its event loop comes", async () => {
  const models = { one: sequential([input([1]), dense(1)]) };
  const { address, close } = await listen(() => inferenceServer({ models }), { port: 0 });
  try {
    const counted = async () => {
      const text = await (await fetch(`${address}/metrics`)).text();
      return Number(/cellstate_event_loop_delay_seconds_count (\d+)/.exec(text)?.[1] ?? 0);
    };
    while ((await counted()) < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await counted()).toBeGreaterThan(1);
  } finally {
    await close();
  }
});
