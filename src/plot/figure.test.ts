import { expect, test } from "vitest";
import { History, NdArray } from "../index.ts";
import { figure } from "./index.ts";

type Shown = Record<symbol, () => Record<string, string>>;
const shown = async (value: Parameters<typeof figure>[0]) =>
  ((await figure(value)) as unknown as Shown)[Symbol.for("Jupyter.display")]();

test("a history shows its curves in a notebook, and words before the first epoch", async () => {
  const history = new History();
  expect(await shown(history)).toEqual({ "text/plain": "a history of no epochs" });
  history.record(0, { loss: 2, val_loss: 3 });
  history.record(1, { loss: 1, val_loss: 2.5 });
  const forms = await shown(history);
  expect(forms["image/svg+xml"]).toMatch(/^<svg .*Model loss.*<\/svg>\s*$/s);
  expect(forms["text/plain"]).toContain("validation 2.5");
});

test("an array shows itself as a table of its first rows and columns", async () => {
  const forms = await shown(new NdArray(new Float32Array([1, 2.5, -3, 1 / 3]), [2, 2]));
  expect(forms["text/html"]).toBe(
    "<table><tr><th></th><th>0</th><th>1</th></tr><tr><th>0</th><td>1</td><td>2.5</td></tr>" +
      "<tr><th>1</th><td>-3</td><td>0.333333</td></tr></table><p>NdArray f32 [2, 2]</p>",
  );
  const long = await shown(new NdArray(new Float32Array(5000), [100, 50]));
  expect(long["text/html"].match(/<tr>/g)).toHaveLength(21);
  expect(long["text/html"].match(/<td>/g)).toHaveLength(240);
  expect((await shown([7]))["text/html"]).toContain("<tr><th>0</th><td>7</td></tr>");
  for (const shape of [[2, 2, 1], [0], []]) {
    const array = new NdArray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
    expect(Object.keys(await shown(array))).toEqual(["text/plain"]);
  }
});

test("a plot shows its SVG; what is no result is refused", async () => {
  expect(await shown("<svg/>")).toEqual({ "image/svg+xml": "<svg/>", "text/plain": "a figure" });
  expect(String(await figure("<svg/>"))).toBe("a figure");
  await expect(figure([["a"]] as never)).rejects.toThrow("figure");
});

test("histories and arrays show themselves without a call", async () => {
  const history = new History();
  history.record(0, { loss: 2 });
  history.record(1, { loss: 1 });
  const array = new NdArray(Float32Array.of(1, 2), [2, 1]);
  for (const result of [history, array])
    expect(await (result as unknown as Shown)[Symbol.for("Jupyter.display")]()).toEqual((await figure(result)).forms);
});
