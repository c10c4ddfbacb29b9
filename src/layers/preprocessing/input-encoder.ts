import { DataError, problem, ShapeError, showShape, showValue } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { asNdArray } from "../../tensor/nd-array.ts";
import { type PartialShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Layer } from "../layer.ts";

/** Texts of one input: a list of them, or a list of rows of them. */
export type Texts = readonly string[] | readonly (readonly string[])[];

/** The values given to an input: texts or numbers one after the other, and their shape. */
export interface Values {
  /** Row by row. */
  readonly data: readonly (string | number)[];
  /** Rows first. */
  readonly shape: Shape;
}

/**
 * A layer that reads an input of the model itself, texts or whole numbers, and makes the numbers of them that the model
 * computes with. It does so before the model runs: programs have no texts, and no integers of 64 bits.
 */
export abstract class InputEncoder extends Layer {
  /** The numbers of one input's values. Throws DataError for values that it does not know. */
  abstract encode(values: Values, who: string): NdArray;
  /** Whether it has learned, or was given, what it needs to encode. */
  get ready(): boolean {
    return true;
  }
  override build(): void {
    if (this.ready) return;
    const next = "Call adapt(data) or setVocabulary(words) before it joins a model.";
    throw new DataError(problem(this.label, "a vocabulary", "none", next));
  }
  /** Refuses: what it reads is encoded before the model runs. */
  override forward(_x: Tensor): Tensor {
    const next = 'It reads an input of the outermost model: input([1], { dtype: "string" }) and then this layer.';
    throw new DataError(
      problem(this.label, "an input of the model before it", "another layer, or another model", next),
    );
  }
}

/** Texts or numbers as an input of this shape has them. Throws ShapeError or DataError. */
export function valuesOf(given: unknown, shape: PartialShape, texts: boolean, who: string): Values {
  if (!texts) {
    const array = asNdArray(given as never, { who });
    const bad = array.data.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) throw new DataError(problem(who, "finite numbers", `${array.data[bad]}`));
    return shaped({ data: Array.from(array.data), shape: array.shape }, shape, who);
  }
  const data: string[] = [];
  const sizes: number[] = [];
  const visit = (value: unknown, axis: number): void => {
    if (typeof value === "string") {
      if (axis === 0) throw new DataError(problem(who, "a list of texts", "one text", "Put it in brackets: [text]."));
      if (sizes.length > axis) throw new ShapeError(problem(who, "rows of one depth", "a text beside lists"));
      data.push(value);
      return;
    }
    if (!Array.isArray(value) || axis >= 8)
      throw new DataError(problem(who, "texts", showValue(value), "Turn numbers into texts: String(value)."));
    if (sizes.length === axis) sizes.push(value.length);
    if (sizes[axis] !== value.length)
      throw new ShapeError(problem(who, `${sizes[axis]} texts in each row, as in the first`, `${value.length}`));
    for (const entry of value) visit(entry, axis + 1);
  };
  visit(given, 0);
  if (data.length !== sizeOf(sizes)) throw new ShapeError(problem(who, "rows of one depth", "lists beside texts"));
  return shaped({ data, shape: sizes }, shape, who);
}

/** As for arrays of numbers, an axis of one at the end may be left out. */
function shaped({ data, shape }: Values, wanted: PartialShape, who: string): Values {
  const given = shape.length === wanted.length - 1 && wanted.at(-1) === 1 ? [...shape, 1] : shape;
  const fits =
    given.length === wanted.length && given.every((d, i) => i === 0 || wanted[i] === null || wanted[i] === d);
  if (!fits) throw new ShapeError(problem(who, `values ${showShape(wanted)}`, showShape(shape)));
  if (given[0] === 0) throw new DataError(problem(who, "at least one row", "none", "Check filters and input files."));
  return { data, shape: given };
}
