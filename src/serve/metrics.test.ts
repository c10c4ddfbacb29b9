import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";

test("labels are written as Prometheus reads them: backslash, quote and the end of a line are escaped", () => {
  const metrics = new Metrics();
  metrics.add("cellstate_requests_total", { route: 'a\\b"c\nd' });
  expect(metrics.toString()).toContain('cellstate_requests_total{route="a\\\\b\\"c\\nd"} 1\n');
});
