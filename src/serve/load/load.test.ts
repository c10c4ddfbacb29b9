/** What a server does under load: who waits, for how long, and who is refused. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Lane, refuseWait } from "./lanes.ts";
import { Places } from "./places.ts";
import { Slices } from "./slices.ts";

let now = 0; // ms
const pass = (ms: number) => {
  now += ms;
};
const caught = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error;
  }
};
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.useFakeTimers({ toFake: ["setImmediate"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the wait follows from what waits and how fast requests began lately", () => {
  const lane = new Lane();
  const tickets = Array.from({ length: 20 }, () => lane.enter(100));
  expect(lane.wait).toBe(0); // nobody knows yet
  for (const { begin } of tickets.slice(0, 10)) {
    pass(50);
    begin();
  }
  expect(lane.wait).toBeCloseTo(10 * 0.05, 6);
  pass(400); // none begins: it takes longer than it did
  expect(lane.wait).toBeGreaterThan(0.8);
  for (const { leave } of tickets) leave();
  expect(lane.wait).toBe(0);
  pass(60_000); // an idle hour is no slow one
  lane.enter(100);
  expect(lane.wait).toBeLessThan(0.2);
});

test("a large body counts for as much as many small ones", () => {
  const lane = new Lane();
  for (let k = 0; k < 10; k++) {
    const { begin } = lane.enter(100);
    pass(10);
    begin();
  }
  lane.enter(1000);
  expect(lane.wait).toBeCloseTo(0.1, 6);
});

test("batches that begin together are a rate, not a moment", () => {
  const lane = new Lane();
  const queue = Array.from({ length: 640 }, () => lane.enter(100));
  for (let batch = 0; batch < 5; batch++) {
    pass(200);
    for (const { begin } of queue.splice(0, 64)) begin();
  }
  expect(queue).toHaveLength(320);
  expect(lane.wait).toBeCloseTo(1, 1);
});

test("who would wait too long is refused, and told how long", () => {
  const lane = new Lane();
  const queue = Array.from({ length: 40 }, () => lane.enter(100));
  for (const { begin } of queue.slice(0, 8)) {
    pass(100);
    begin();
  }
  expect(() => refuseWait(lane, 4)).not.toThrow();
  expect(caught(() => refuseWait(lane, 3))).toMatchObject({ status: 429, headers: { "Retry-After": "4" } });
});

test("after a moment of work the event loop has a turn, and answers come before requests", async () => {
  const slices = new Slices();
  const done: string[] = [];
  const work = async (of: "answer" | "request", k: number) => {
    await slices.next(of);
    pass(2); // ms that it takes
    done.push(`${of} ${k}`);
  };
  const all = [1, 2, 3].flatMap((k) => [work("request", k), work("answer", k)]);
  for (let tick = 0; tick < 50; tick++) await null;
  expect(done).toEqual(["request 1", "answer 1"]);
  vi.runOnlyPendingTimers();
  for (let tick = 0; tick < 50; tick++) await null;
  expect(done.slice(2)).toEqual(["answer 2", "answer 3"]);
  for (let turn = 0; turn < 3; turn++) {
    vi.runOnlyPendingTimers();
    for (let tick = 0; tick < 50; tick++) await null;
  }
  await Promise.all(all);
  expect(done.slice(4)).toEqual(["request 2", "request 3"]);
});

test("a place that is given back goes to who waits longest; who left meanwhile has none", async () => {
  const places = new Places(1);
  const { signal } = new AbortController();
  const gone = new AbortController();
  const leave = await places.take(signal);
  const [second, third] = [places.take(gone.signal), places.take(signal)];
  gone.abort(new Error("left"));
  leave();
  leave(); // twice is once
  await expect(second).rejects.toThrow("left");
  (await third)();
  const [one, other] = [await places.take(signal), places.take(signal)];
  one();
  (await other)();
});
