import { showShape } from "../../errors.ts";
import type { AnyModel } from "../../index.ts";
import { readIds, readSteps } from "./numbers.ts";
import { noReader, type Reader } from "./reading.ts";

/** Reads ids or numbers for a model that came without its preprocessing; y = (value − shift) / scale. */
export function bareReader(model: AnyModel, { shift = 0, scale = 1 }: { shift?: number; scale?: number }): Reader {
  const [place, second] = model.inputs ?? [];
  const shape = place?.shape;
  if (!shape) return noReader("The shape of its input is not known.");
  if (second) return noReader("It has several inputs.");
  const limit = model.idLimit;
  const width = shape[1] ?? null;
  if (shape.length === 2 && limit !== undefined) {
    const ids = Array.from({ length: Math.min(8, width ?? 8) }, (_, k) => 1 + ((k * 7) % Math.max(1, limit - 1)));
    return { input: "ids", example: ids.join(" "), read: (input, replace) => readIds(input, limit, width, replace) };
  }
  const features = shape[2];
  if (shape.length !== 3 || typeof features !== "number")
    return noReader(`Its input ${showShape(shape)} is no sequence [rows, steps, features].`);
  const count = Math.min(width ?? 12, 60);
  const scaled = (value: number) => (value - shift) / scale;
  return {
    input: "numbers",
    features,
    scaled: (value) => value * scale + shift,
    example: Array.from({ length: width ?? count }, (_, t) =>
      Array.from({ length: features }, (_, d) => (Math.sin(t / 2 + d) * scale + shift).toFixed(2)).join(" "),
    ).join(features === 1 ? " " : "; "),
    read: (input, replace) => readSteps(input, features, { width, scaled }, replace),
  };
}
